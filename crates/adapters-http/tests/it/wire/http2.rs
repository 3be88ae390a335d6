//! HTTP/2 over TLS: streams that are refused, reset or flooded, and connections that go away or die.

use cxda_ports::error::ApiErrorKind;

use super::frames::{
    CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, Frames, HEADERS,
    INTERNAL_ERROR, NO_ERROR, PING, PUSH_PROMISE, REFUSED_STREAM, SETTINGS, WINDOW_UPDATE, field,
    head,
};
use super::peer::{ACTION, Ask, SOON};

/// What a server gets to push before a client that is awake stops it, buffers included.
const BOUND: usize = 32_000_000;

#[tokio::test]
async fn h_35_one_connection_carries_many_requests() {
    let (peer, tenant) = Frames::start(|mut frames| async move {
        while let Some(stream) = frames.request().await {
            frames.answer(stream, "200", ACTION).await;
        }
    })
    .await;
    for _ in 0..5 {
        assert_eq!(Ask::Read.of(&tenant).await, Ok(1));
    }
    assert_eq!((peer.connections(), peer.requests().len()), (1, 5));
}

#[tokio::test]
async fn h_35_a_refused_stream_was_not_looked_at_and_is_tried_again_in_the_open() {
    // Once, and the next one is answered.
    let (peer, tenant) = Frames::start(|mut frames| async move {
        while let Some(stream) = frames.request().await {
            match stream {
                1 => frames.reset(stream, REFUSED_STREAM).await,
                _ => frames.answer(stream, "202", "{}").await,
            }
        }
    })
    .await;
    assert_eq!(Ask::Relay.of(&tenant).await, Ok(2));
    assert_eq!(peer.requests().len(), 2);
    // Always: as many requests as attempts, for the client tries nothing again by itself.
    let (peer, tenant) = Frames::start(|mut frames| async move {
        while let Some(stream) = frames.request().await {
            frames.reset(stream, REFUSED_STREAM).await;
        }
    })
    .await;
    let error = Ask::Relay.fails(&tenant).await;
    assert_eq!(
        (&error.kind, error.cost.attempts),
        (&ApiErrorKind::Unreachable, 4)
    );
    assert_eq!(peer.requests().len(), 4);
    assert!(
        error
            .detail
            .contains("closed the connection to new requests"),
        "{error}"
    );
}

#[tokio::test]
async fn h_35_a_connection_that_goes_away_before_a_request_costs_it_nothing() {
    let (peer, tenant) = Frames::start(|mut frames| async move {
        let Some(stream) = frames.request().await else {
            return;
        };
        frames.answer(stream, "202", "{}").await;
        frames.go_away(stream, NO_ERROR).await;
        frames.rest().await;
    })
    .await;
    for nth in 1..=3 {
        let attempts = Ask::Relay.of(&tenant).await.unwrap();
        assert!(attempts <= 2, "{attempts}");
        assert_eq!(peer.requests().len(), nth);
    }
}

#[tokio::test]
async fn h_35_a_request_beyond_the_last_one_of_a_connection_that_goes_away_is_tried_again() {
    let (peer, tenant) = Frames::start(|mut frames| async move {
        let Some(stream) = frames.request().await else {
            return;
        };
        match frames.nth {
            1 => frames.go_away(0, NO_ERROR).await,
            _ => frames.answer(stream, "202", "{}").await,
        }
        frames.rest().await;
    })
    .await;
    assert_eq!(Ask::Relay.of(&tenant).await, Ok(2));
    assert_eq!((peer.connections(), peer.requests().len()), (2, 2));
}

#[tokio::test]
async fn h_35_a_request_that_a_connection_going_away_took_up_is_not_sent_twice() {
    for code in [NO_ERROR, ENHANCE_YOUR_CALM] {
        let (peer, tenant) = Frames::start(if code == NO_ERROR {
            |frames| taken_up(frames, NO_ERROR)
        } else {
            |frames| taken_up(frames, ENHANCE_YOUR_CALM)
        })
        .await;
        let error = Ask::Relay.fails(&tenant).await;
        let ended = (&error.kind, error.cost.attempts);
        assert_eq!(ended, (&ApiErrorKind::OutcomeUnknown, 1), "{code}: {error}");
        assert_eq!(peer.requests().len(), 1, "{code}");
    }
}

/// Takes a request up, says goodbye and is gone without an answer.
async fn taken_up(mut frames: Frames, code: u32) {
    if let Some(stream) = frames.request().await {
        frames.go_away(stream, code).await;
    }
}

#[tokio::test]
async fn h_35_a_connection_that_goes_away_still_answers_what_it_took_up() {
    let (peer, tenant) = Frames::start(|mut frames| async move {
        let Some(stream) = frames.request().await else {
            return;
        };
        frames.go_away(stream, NO_ERROR).await;
        frames.answer(stream, "202", "{}").await;
        frames.rest().await;
    })
    .await;
    assert_eq!(Ask::Relay.of(&tenant).await, Ok(1));
    assert_eq!(peer.requests().len(), 1);
}

#[tokio::test]
async fn h_35_a_connection_that_goes_away_in_anger_leaves_writes_unknown() {
    let (peer, tenant) = Frames::start(|mut frames| async move {
        frames.request().await;
        frames.go_away(0, ENHANCE_YOUR_CALM).await;
        frames.rest().await;
    })
    .await;
    let error = Ask::Relay.fails(&tenant).await;
    assert_eq!(
        (&error.kind, error.cost.attempts),
        (&ApiErrorKind::OutcomeUnknown, 1)
    );
    assert_eq!(peer.requests().len(), 1);
}

#[tokio::test]
async fn h_35_a_stream_that_is_reset_is_a_lost_answer() {
    for serve in [
        |frames| reset_with(frames, INTERNAL_ERROR, ""),
        |frames| reset_with(frames, INTERNAL_ERROR, "head"),
        |frames| reset_with(frames, INTERNAL_ERROR, "body"),
        |frames| reset_with(frames, CANCEL, ""),
        // Too late: what was answered in part was looked at.
        |frames| reset_with(frames, REFUSED_STREAM, "head"),
        |frames| reset_with(frames, REFUSED_STREAM, "body"),
    ] {
        let (peer, tenant) = Frames::start(serve).await;
        let error = Ask::Relay.fails(&tenant).await;
        let ended = (&error.kind, error.cost.attempts);
        assert_eq!(ended, (&ApiErrorKind::OutcomeUnknown, 1), "{error}");
        assert_eq!(peer.requests().len(), 1);
        let error = Ask::Read.fails(&tenant).await;
        assert_eq!(
            (&error.kind, error.cost.attempts),
            (&ApiErrorKind::Unavailable, 4)
        );
    }
}

/// Resets every stream, after a part of the answer.
async fn reset_with(mut frames: Frames, code: u32, after: &'static str) {
    while let Some(stream) = frames.request().await {
        if !after.is_empty() {
            frames
                .send(HEADERS, END_HEADERS, stream, &head("202"))
                .await;
        }
        if after == "body" {
            frames.send(DATA, 0, stream, b"{").await;
        }
        frames.reset(stream, code).await;
    }
}

#[tokio::test]
async fn h_35_a_body_that_is_reset_as_if_it_had_ended_is_not_taken_for_whole() {
    // Without a length it is an end to the HTTP client, for servers are allowed to answer early. No JSON object is whole
    // then.
    let announced: &'static [u8] = [head("200"), field("content-length", "21")].concat().leak();
    let silent: &'static [u8] = head("200").leak();
    for (code, head, kind, attempts) in [
        (NO_ERROR, announced, ApiErrorKind::Unavailable, 4),
        (CANCEL, announced, ApiErrorKind::Unavailable, 4),
        (NO_ERROR, silent, ApiErrorKind::Malformed, 2),
        (CANCEL, silent, ApiErrorKind::Unavailable, 4),
    ] {
        let (_peer, tenant) = Frames::start(move |mut frames| async move {
            while let Some(stream) = frames.request().await {
                frames.send(HEADERS, END_HEADERS, stream, head).await;
                let half = &ACTION.as_bytes()[..ACTION.len() - 1];
                frames.send(DATA, 0, stream, half).await;
                frames.reset(stream, code).await;
            }
        })
        .await;
        let error = Ask::Read.fails(&tenant).await;
        assert_eq!(
            (error.kind, error.cost.attempts),
            (kind, attempts),
            "{code}"
        );
    }
}

#[tokio::test]
async fn h_35_a_connection_that_died_silently_is_found_out_by_a_ping() {
    let (peer, tenant) = Frames::start_for(6 * SOON, |mut frames| async move {
        if let Some(stream) = frames.request().await {
            frames.answer(stream, "200", ACTION).await;
        }
        // No ping is answered any more.
        frames.rest().await;
    })
    .await;
    assert_eq!(Ask::Read.of(&tenant).await, Ok(1));
    assert_eq!(Ask::Read.of(&tenant).await, Ok(2));
    assert_eq!(peer.connections(), 2);
}

#[tokio::test]
async fn h_35_a_flood_of_continuations_is_stopped() {
    for piece in [
        Vec::new(),
        field("x", "y"),
        field("x", &"y".repeat(120)).repeat(100),
    ] {
        let piece: &'static [u8] = piece.leak();
        let (peer, tenant) = Frames::start(move |mut frames| async move {
            let Some(stream) = frames.request().await else {
                return;
            };
            frames.send(HEADERS, 0, stream, &head("202")).await;
            frames.pour(CONTINUATION, 0, stream, piece).await;
        })
        .await;
        let error = Ask::Relay.fails(&tenant).await;
        let ended = (&error.kind, error.cost.attempts);
        assert_eq!(ended, (&ApiErrorKind::OutcomeUnknown, 1), "{error}");
        assert!(peer.bytes() < BOUND, "{} bytes sent", peer.bytes());
    }
}

#[tokio::test]
async fn h_09_headers_over_http_2_have_at_most_64_kilobytes() {
    // Each costs 32 bytes besides.
    for (headers, fits) in [(300, true), (600, false)] {
        let fields: &'static [u8] = field("x", &"y".repeat(100)).repeat(headers).leak();
        let (_peer, tenant) = Frames::start(move |mut frames| async move {
            while let Some(stream) = frames.request().await {
                frames.send(HEADERS, 0, stream, &head("200")).await;
                for part in fields.chunks(16_384) {
                    frames.send(CONTINUATION, 0, stream, part).await;
                }
                frames.send(CONTINUATION, END_HEADERS, stream, &[]).await;
                frames
                    .send(DATA, END_STREAM, stream, ACTION.as_bytes())
                    .await;
            }
        })
        .await;
        let read = Ask::Read.of(&tenant).await;
        assert_eq!(read.is_ok(), fits, "{headers} headers: {read:?}");
    }
}

#[tokio::test]
async fn h_35_floods_of_frames_that_say_nothing_end_with_the_request() {
    for (kind, stream, payload) in [
        (PING, 0, &[0; 8][..]),
        (SETTINGS, 0, &[]),
        (DATA, 1, &[]),
        (WINDOW_UPDATE, 0, &[0, 0, 0, 1]),
        (0xfa, 1, &[0; 100]),
    ] {
        let (_peer, tenant) = Frames::start_for(2 * SOON, move |mut frames| async move {
            frames.request().await;
            if kind == DATA {
                frames
                    .send(HEADERS, END_HEADERS, stream, &head("202"))
                    .await;
            }
            frames.pour(kind, 0, stream, payload).await;
        })
        .await;
        let error = Ask::Relay.fails(&tenant).await;
        let ended = (&error.kind, error.cost.attempts);
        assert_eq!(
            ended,
            (&ApiErrorKind::OutcomeUnknown, 1),
            "kind {kind}: {error}"
        );
    }
}

#[tokio::test]
async fn h_35_frames_against_the_rules_end_the_connection_and_no_more() {
    let upper = [field(":status", "202"), field("X-Upper", "y")].concat();
    let line_break = [field(":status", "202"), field("x", "a\r\nb")].concat();
    let no_status = field("x", "y");
    let two = [field(":status", "202"), field(":status", "500")].concat();
    let zero = field(":status", "000");
    let switched = field(":status", "101");
    for (label, kind, flags, stream, payload) in [
        ("a push", PUSH_PROMISE, END_HEADERS, 1, vec![0, 0, 0, 2]),
        ("data without a stream", DATA, 0, 0, b"{}".to_vec()),
        ("data before headers", DATA, 0, 1, b"{}".to_vec()),
        ("another stream", HEADERS, END_HEADERS, 99, head("202")),
        (
            "a continuation of nothing",
            CONTINUATION,
            END_HEADERS,
            1,
            head("202"),
        ),
        ("a frame over the limit", DATA, 0, 1, vec![0; 100_000]),
        ("half a setting", SETTINGS, 0, 0, vec![0; 5]),
        ("an empty window", WINDOW_UPDATE, 0, 0, vec![0; 4]),
        (
            "a window over 31 bits",
            WINDOW_UPDATE,
            0,
            0,
            vec![0x7f, 0xff, 0xff, 0xff],
        ),
        (
            "an index beyond the table",
            HEADERS,
            END_HEADERS | END_STREAM,
            1,
            vec![0xfe],
        ),
        (
            "an upper case name",
            HEADERS,
            END_HEADERS | END_STREAM,
            1,
            upper,
        ),
        (
            "a line break in a value",
            HEADERS,
            END_HEADERS | END_STREAM,
            1,
            line_break,
        ),
        ("no status", HEADERS, END_HEADERS | END_STREAM, 1, no_status),
        ("two statuses", HEADERS, END_HEADERS | END_STREAM, 1, two),
        ("status 000", HEADERS, END_HEADERS | END_STREAM, 1, zero),
        ("status 101", HEADERS, END_HEADERS | END_STREAM, 1, switched),
    ] {
        let payload: &'static [u8] = payload.leak();
        let (peer, tenant) = Frames::start(move |mut frames| async move {
            frames.request().await;
            frames.send(kind, flags, stream, payload).await;
            frames.rest().await;
        })
        .await;
        let error = Ask::Relay.fails(&tenant).await;
        let ended = (&error.kind, error.cost.attempts);
        assert_eq!(
            ended,
            (&ApiErrorKind::OutcomeUnknown, 1),
            "{label}: {error}"
        );
        assert_eq!(peer.requests().len(), 1, "{label}");
    }
}
