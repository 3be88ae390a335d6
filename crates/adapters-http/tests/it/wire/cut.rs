//! Connections that end too early: before the answer, within its head, within its body.

use cxda_ports::error::ApiErrorKind;

use super::peer::{ACTION, Ask, Peer, ok, tenant};

/// What each kind of request ends with when every answer is lost, and after how many attempts. A create is not sent
/// again where nobody can be asked whether it happened.
const LOST: [(Ask, ApiErrorKind, u32); 4] = [
    (Ask::Read, ApiErrorKind::Unavailable, 4),
    (Ask::Create, ApiErrorKind::OutcomeUnknown, 1),
    (Ask::Delete, ApiErrorKind::OutcomeUnknown, 4),
    (Ask::Relay, ApiErrorKind::OutcomeUnknown, 1),
];

/// A server that resets the connection under every request; only listings are answered, where `listing` is one.
async fn resetting(listing: Option<&'static str>) -> Peer {
    Peer::start(move |mut line| async move {
        let request = line.request().await.unwrap_or_default();
        match listing {
            Some(listing) if request.contains("?page=") => line.say(ok(listing)).await,
            _ => line.reset(),
        }
    })
    .await
}

#[tokio::test]
async fn h_04_a_reset_before_the_answer_leaves_writes_unknown() {
    for (ask, kind, attempts) in LOST {
        let peer = resetting(None).await;
        let error = ask.fails(&tenant(&peer.base())).await;
        let ended = (error.kind, error.cost.attempts);
        assert_eq!(ended, (kind, attempts), "{ask:?}");
        assert_eq!(peer.requests_of(ask), attempts as usize, "{ask:?}");
    }
}

#[tokio::test]
async fn h_04_a_create_that_was_reset_is_sent_again_under_its_key() {
    let peer = resetting(Some(r#"{"entities":[],"total":0}"#)).await;
    let error = Ask::Create.fails(&tenant(&peer.base())).await;
    let ended = (&error.kind, error.cost.attempts);
    assert_eq!(ended, (&ApiErrorKind::OutcomeUnknown, 4), "{error}");
    assert_eq!(peer.requests_of(Ask::Create), 4);
    let mut posts = peer.requests();
    posts.retain(|request| request.starts_with("POST "));
    for post in &posts {
        assert!(post.contains("idempotency-key: k\r\n"), "{post}");
        assert_eq!(post, &posts[0]);
    }
    assert!(
        error.detail.starts_with("the connection was reset"),
        "{error}"
    );
}

#[tokio::test]
async fn h_04_a_connection_that_is_dropped_at_once_is_never_taken_for_an_answer() {
    for reset in [true, false] {
        let peer = Peer::start(move |line| async move {
            if reset {
                line.reset();
            }
        })
        .await;
        let error = Ask::Relay.fails(&tenant(&peer.base())).await;
        // Chance decides whether a part of the request was on its way; the client knows.
        match error.kind {
            ApiErrorKind::Unreachable => {
                let words = "the server closed the connection to new requests";
                assert!(error.detail.contains(words), "{error}");
                assert_eq!(error.cost.attempts, 4);
            }
            kind => assert_eq!(kind, ApiErrorKind::OutcomeUnknown),
        }
        assert_eq!(peer.requests(), [""; 0]);
    }
}

#[tokio::test]
async fn h_04_the_attempt_after_a_reset_is_answered() {
    let peer = Peer::start(|mut line| async move {
        line.request().await;
        match line.nth {
            1 => line.reset(),
            _ => line.say(ok(ACTION)).await,
        }
    })
    .await;
    assert_eq!(Ask::Read.of(&tenant(&peer.base())).await, Ok(2));
}

/// Answers that are cut, and what is said of them.
fn cut_answers() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n");
    let gzip = include_bytes!("../fixtures/nine_megabytes.json.gz");
    let mut half = format!("{head}Content-Encoding: gzip\r\n\r\n").into_bytes();
    half.extend_from_slice(&gzip[..gzip.len() / 2]);
    let text = |text: String| text.into_bytes();
    let closed = "the connection was closed before the answer";
    let cut = "the answer was cut off";
    let broken = "the answer's body is broken";
    vec![
        ("nothing", Vec::new(), closed),
        ("a byte", b"H".to_vec(), closed),
        ("half a status line", b"HTTP/1.1 20".to_vec(), closed),
        ("half a head", text(head.into()), closed),
        (
            "no body",
            text(format!("{head}Content-Length: 21\r\n\r\n")),
            cut,
        ),
        (
            "a byte short",
            text(format!("{head}Content-Length: 22\r\n\r\n{ACTION}")),
            cut,
        ),
        ("no chunk", text(chunked.clone()), cut),
        ("half a chunk size", text(format!("{chunked}1")), cut),
        (
            "half a chunk",
            text(format!("{chunked}15\r\n{{\"id\"")),
            cut,
        ),
        (
            "no last chunk",
            text(format!("{chunked}15\r\n{ACTION}\r\n")),
            cut,
        ),
        (
            "half a last chunk",
            text(format!("{chunked}15\r\n{ACTION}\r\n0\r\n")),
            cut,
        ),
        (
            "half a trailer",
            text(format!("{chunked}15\r\n{ACTION}\r\n0\r\nX: ")),
            cut,
        ),
        (
            "no chunk size",
            text(format!("{chunked}zz\r\n{ACTION}\r\n0\r\n\r\n")),
            broken,
        ),
        (
            "a chunk size over 64 bits",
            text(format!("{chunked}fffffffffffffffff\r\n")),
            broken,
        ),
        (
            "a negative chunk size",
            text(format!("{chunked}-1\r\n{ACTION}")),
            broken,
        ),
        ("half a gzip stream", half, cut),
    ]
}

#[tokio::test]
async fn h_05_a_cut_answer_is_lost_and_no_part_of_it_is_read() {
    for (label, answer, words) in cut_answers() {
        let peer = Peer::saying(answer).await;
        let error = Ask::Read.fails(&tenant(&peer.base())).await;
        let ended = (
            error.kind.clone(),
            error.cost.attempts,
            error.detail.as_str(),
        );
        let said = format!("{words}; 4 attempts failed");
        assert_eq!(
            ended,
            (ApiErrorKind::Unavailable, 4, said.as_str()),
            "case: {label}"
        );
        assert_eq!(peer.requests().len(), 4, "case: {label}");
    }
}

#[tokio::test]
async fn h_05_a_write_whose_answer_was_cut_is_not_taken_for_done_or_failed() {
    for (ask, kind, attempts) in LOST {
        // Nobody looks at the body of what is only relayed, and yet the answer has to be whole.
        for status in ["200 OK", "201 Created", "202 Accepted", "422 Invalid"] {
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 1000\r\n\r\n{ACTION}");
            let peer = Peer::saying(answer).await;
            let error = ask.fails(&tenant(&peer.base())).await;
            let ended = (error.kind, error.cost.attempts);
            assert_eq!(ended, (kind.clone(), attempts), "{ask:?} {status}");
        }
    }
}

#[tokio::test]
async fn h_05_a_reset_within_the_body_is_a_lost_answer() {
    let peer = Peer::start(|mut line| async move {
        line.request().await;
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
        line.say(format!("{head}{ACTION}")).await;
        // The head has to be there before the reset, which would overtake it.
        tokio::task::yield_now().await;
        line.reset();
    })
    .await;
    let error = Ask::Read.fails(&tenant(&peer.base())).await;
    assert_eq!(error.kind, ApiErrorKind::Unavailable);
    assert!(
        error.detail.starts_with("the connection was reset"),
        "{error}"
    );
}
