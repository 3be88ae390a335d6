//! Answers that are too much: the client stops reading, so a server cannot push more than the limit and some buffers.

use cxda_ports::actions::ActionsApi;
use cxda_ports::error::ApiErrorKind;
use tokio::net::TcpStream;

use super::peer::{ACTION, Ask, Line, Peer, name_of, tenant};

/// Of one resource.
const LIMIT: usize = 8_000_000;
/// Of a page of a listing.
const LISTING_LIMIT: usize = 32_000_000;
/// What lies in the kernel's buffers between the two, and in the client's.
const BUFFERS: usize = 8_000_000;

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
const TOO_LONG: &str = "the answer has more than 8000000 bytes";

/// A server that sends `head` and then `part` as long as anybody listens.
async fn pouring(head: String, part: Vec<u8>) -> Peer {
    Peer::start(move |mut line: Line<TcpStream>| {
        let (head, part) = (head.clone(), part.clone());
        async move {
            line.request().await;
            line.say(head).await;
            line.pour(&part).await;
        }
    })
    .await
}

fn chunk(bytes: usize) -> Vec<u8> {
    format!("{bytes:x}\r\n{}\r\n", " ".repeat(bytes)).into_bytes()
}

#[tokio::test]
async fn h_09_an_announced_length_over_the_limit_is_not_read_at_all() {
    for length in ["8000001", "10000000000", "9223372036854775807"] {
        let head = format!("{HEAD}Content-Length: {length}\r\n\r\n");
        let peer = pouring(head, vec![b' '; 65_536]).await;
        let error = Ask::Read.fails(&tenant(&peer.base())).await;
        let ended = (&error.kind, error.cost.attempts, error.detail.as_str());
        assert_eq!(ended, (&ApiErrorKind::Malformed, 1, TOO_LONG), "{length}");
        assert!(peer.bytes() < BUFFERS, "{} bytes sent", peer.bytes());
    }
}

#[tokio::test]
async fn h_09_a_body_without_an_end_is_cut_at_the_limit() {
    let chunked = "Transfer-Encoding: chunked\r\n\r\n";
    for (label, rest, part) in [
        ("no length", "\r\n", vec![b' '; 65_536]),
        ("large chunks", chunked, chunk(65_536)),
        ("small chunks", chunked, chunk(2_048).repeat(32)),
        (
            "one endless chunk",
            "Transfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n",
            vec![b' '; 65_536],
        ),
    ] {
        let peer = pouring(format!("{HEAD}{rest}"), part).await;
        let error = Ask::Read.fails(&tenant(&peer.base())).await;
        let ended = (&error.kind, error.cost.attempts, error.detail.as_str());
        assert_eq!(ended, (&ApiErrorKind::Malformed, 1, TOO_LONG), "{label}");
        let bound = LIMIT + BUFFERS;
        assert!(peer.bytes() < bound, "{label}: {} bytes sent", peer.bytes());
    }
}

#[tokio::test]
async fn h_09_a_listing_may_have_more_and_has_an_end_too() {
    let peer = pouring(format!("{HEAD}\r\n"), vec![b' '; 65_536]).await;
    let error = ActionsApi::list(&tenant(&peer.base()), None)
        .await
        .unwrap_err();
    assert_eq!(error.detail, "the answer has more than 32000000 bytes");
    assert!(peer.bytes() > LISTING_LIMIT, "{} bytes sent", peer.bytes());
    assert!(
        peer.bytes() < LISTING_LIMIT + BUFFERS,
        "{} bytes sent",
        peer.bytes()
    );
}

#[tokio::test]
async fn h_09_a_body_at_the_limit_is_read_and_one_beyond_it_is_not() {
    let padding = LIMIT - ACTION.len();
    for (more, fits) in [(0, true), (1, false)] {
        for framing in ["Content-Length", "close"] {
            let body = format!("{ACTION}{}", " ".repeat(padding + more));
            let head = match framing {
                "close" => "\r\n".to_owned(),
                length => format!("{length}: {}\r\n\r\n", body.len()),
            };
            let peer = Peer::saying(format!("{HEAD}{head}{body}")).await;
            let read = name_of(&tenant(&peer.base())).await;
            assert_eq!(read.is_ok(), fits, "{framing}, {more} more");
        }
    }
}

#[tokio::test]
async fn h_09_chunk_extensions_and_trailers_are_bounded() {
    let chunked = "Transfer-Encoding: chunked\r\n\r\n";
    for (label, start, part) in [
        ("extension", "1;x=", "y"),
        ("trailer", "0\r\nX: ", "y"),
        ("trailers", "0\r\n", "X: y\r\n"),
    ] {
        let head = format!("{HEAD}{chunked}{start}");
        let peer = pouring(head, part.repeat(8_192).into_bytes()).await;
        let error = Ask::Read.fails(&tenant(&peer.base())).await;
        assert_eq!(error.kind, ApiErrorKind::Unavailable, "{label}");
        assert!(
            peer.bytes() < 4 * BUFFERS,
            "{label}: {} bytes sent",
            peer.bytes()
        );
    }
}

#[tokio::test]
async fn h_09_a_gzip_bomb_is_cut_where_it_is_unpacked() {
    // 9 MB in 9 KB; the client stops a megabyte earlier.
    let bomb = include_bytes!("../fixtures/nine_megabytes.json.gz");
    for framing in [String::new(), format!("Content-Length: {}\r\n", bomb.len())] {
        let head = format!("{HEAD}Content-Encoding: gzip\r\n{framing}\r\n");
        let peer = Peer::saying([head.as_bytes(), bomb].concat()).await;
        let error = Ask::Read.fails(&tenant(&peer.base())).await;
        assert_eq!(error.detail, TOO_LONG);
    }
}

#[tokio::test]
async fn h_09_other_and_nested_encodings_are_not_unpacked() {
    let bomb = include_bytes!("../fixtures/nine_megabytes.json.gz");
    for encoding in [
        "gzip, gzip",
        "gzip,gzip",
        "identity, gzip",
        "br",
        "deflate",
        "zstd",
        "x",
    ] {
        let head = format!("{HEAD}Content-Encoding: {encoding}\r\n\r\n");
        let peer = Peer::saying([head.as_bytes(), bomb].concat()).await;
        let error = Ask::Read.fails(&tenant(&peer.base())).await;
        let ended = (&error.kind, error.cost.attempts);
        assert_eq!(ended, (&ApiErrorKind::Malformed, 2), "{encoding}");
        assert!(
            error.detail.contains("not valid UTF-8"),
            "{encoding}: {error}"
        );
    }
}

#[tokio::test]
async fn h_09_two_content_encoding_headers_are_unpacked_at_most_once() {
    let bomb = include_bytes!("../fixtures/nine_megabytes.json.gz");
    let twice = format!("{HEAD}Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n\r\n");
    let peer = Peer::saying([twice.as_bytes(), bomb].concat()).await;
    let error = Ask::Read.fails(&tenant(&peer.base())).await;
    assert_eq!(error.kind, ApiErrorKind::Malformed);
}

#[tokio::test]
async fn what_says_gzip_and_is_none_is_a_lost_answer() {
    for body in [ACTION, "", "\u{1f}"] {
        let head = format!(
            "{HEAD}Content-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let peer = Peer::saying(head + body).await;
        let error = Ask::Create.fails(&tenant(&peer.base())).await;
        assert_eq!(error.kind, ApiErrorKind::OutcomeUnknown, "{body:?}");
    }
}

/// What a read comes to when the answer has these headers.
async fn with_headers(headers: &str) -> Result<String, (ApiErrorKind, String)> {
    let length = ACTION.len();
    let answer = format!("{HEAD}Content-Length: {length}\r\n{headers}\r\n{ACTION}");
    let peer = Peer::saying(answer).await;
    let read = name_of(&tenant(&peer.base())).await;
    read.map_err(|error| (error.kind, error.detail))
}

#[tokio::test]
async fn h_09_at_most_256_headers_are_taken() {
    // Two are there already.
    for (more, fits) in [(253, true), (254, true), (255, false), (5_000, false)] {
        let headers: Vec<String> = (0..more).map(|n| format!("X-{n}: y\r\n")).collect();
        let read = with_headers(&headers.concat()).await;
        assert_eq!(read.is_ok(), fits, "{} headers: {read:?}", more + 2);
    }
}

#[tokio::test]
async fn h_09_headers_have_at_most_64_kilobytes() {
    // The names and values that are there already.
    let there = "content-type".len() + "application/json".len() + "content-length".len() + 2;
    let room = 64 * 1_024 - there - "x".len();
    for (bytes, fits) in [
        (room - 1, true),
        (room, true),
        (room + 1, false),
        (600_000, false),
    ] {
        let read = with_headers(&format!("X: {}\r\n", "y".repeat(bytes))).await;
        assert_eq!(read.is_ok(), fits, "{bytes} bytes");
        if let Err((kind, words)) = read {
            assert_eq!(kind, ApiErrorKind::Unavailable);
            assert!(words.contains("too large"), "{words}");
        }
    }
}

#[tokio::test]
async fn h_09_a_head_without_an_end_is_given_up() {
    for part in ["y", "X: y\r\n", "\t"] {
        let head = "HTTP/1.1 200 OK\r\nX: ".to_owned();
        let peer = pouring(head, part.repeat(8_192).into_bytes()).await;
        let error = Ask::Read.fails(&tenant(&peer.base())).await;
        assert_eq!(error.kind, ApiErrorKind::Unavailable);
        assert!(peer.bytes() < 4 * BUFFERS, "{} bytes sent", peer.bytes());
    }
}
