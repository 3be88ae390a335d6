//! Answers whose framing or headers break the rules of HTTP, or bend them as far as they go.

use cxda_ports::error::ApiErrorKind;

use super::peer::{ACTION, Ask, Peer, name_of, ok, tenant};

/// The name that a read finds when the server says `answer` and closes; else what it ends with.
async fn read(answer: impl Into<Vec<u8>>) -> Result<String, ApiErrorKind> {
    let peer = Peer::saying(answer).await;
    let read = name_of(&tenant(&peer.base())).await;
    assert!(peer.requests().len() <= 4);
    read.map_err(|error| error.kind)
}

/// The answer with `headers` besides and no framing but theirs.
fn framed(headers: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{headers}\r\n{body}")
}

const CHUNKED: &str = "15\r\n{\"id\":\"a\",\"name\":\"n\"}\r\n0\r\n\r\n";

#[tokio::test]
async fn an_answer_with_two_lengths_is_refused_unless_they_agree() {
    let taken = [
        "Content-Length: 21\r\nContent-Length: 21\r\n",
        "content-length: 21\r\nCONTENT-LENGTH: 21\r\n",
    ];
    for headers in taken {
        assert_eq!(
            read(framed(headers, ACTION)).await.as_deref(),
            Ok("n"),
            "{headers:?}"
        );
    }
    for headers in [
        "Content-Length: 21\r\nContent-Length: 22\r\n",
        "Content-Length: 2\r\nContent-Length: 21\r\n",
        "Content-Length: 21, 2\r\n",
        "Content-Length: +21\r\n",
        "Content-Length: -21\r\n",
        "Content-Length: 0x15\r\n",
        "Content-Length: 21 21\r\n",
        "Content-Length: 18446744073709551637\r\n",
        "Content-Length: abc\r\n",
        "Content-Length:\r\n",
    ] {
        let read = read(framed(headers, ACTION)).await;
        assert_eq!(read, Err(ApiErrorKind::Unavailable), "{headers:?}");
    }
}

#[tokio::test]
async fn where_both_framings_are_there_the_chunks_count_and_nothing_is_smuggled() {
    let other = ok(r#"{"id":"a","name":"smuggled"}"#);
    for headers in [
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 100000\r\nTransfer-Encoding: chunked\r\n",
    ] {
        let answer = framed(headers, &format!("{CHUNKED}{other}"));
        let peer = Peer::start(move |mut line| {
            let answer = answer.clone();
            async move {
                while line.request().await.is_some() {
                    line.say(&answer).await;
                }
            }
        })
        .await;
        let tenant = tenant(&peer.base());
        for _ in 0..3 {
            let name = name_of(&tenant).await;
            assert!(
                name.as_deref() == Ok("n")
                    || name
                        .as_ref()
                        .is_err_and(|error| error.kind == ApiErrorKind::Unavailable),
                "{headers:?}: {name:?}"
            );
        }
    }
}

#[tokio::test]
async fn transfer_encodings_other_than_chunked_are_not_unpacked() {
    for (headers, fits) in [
        ("Transfer-Encoding: chunked\r\n", true),
        ("TRANSFER-ENCODING: CHUNKED\r\n", true),
        ("Transfer-Encoding: gzip, chunked\r\n", true),
        ("Transfer-Encoding: chunked, gzip\r\n", false),
        ("Transfer-Encoding: identity\r\n", false),
        ("Transfer-Encoding: xchunked\r\n", false),
        ("Transfer-Encoding : chunked\r\n", false),
    ] {
        let read = read(framed(headers, CHUNKED)).await;
        assert_eq!(read.is_ok(), fits, "{headers:?}: {read:?}");
    }
}

#[tokio::test]
async fn h_31_headers_that_hold_line_breaks_are_refused_or_headers_of_their_own() {
    let length = format!("Content-Length: {}\r\n", ACTION.len());
    for (headers, fits) in [
        ("X: a\nY: b\r\n", true),
        ("X: a\rb\r\n", false),
        ("X: a\0b\r\n", false),
        ("X: a\r\n folded\r\n", false),
        ("X: a\r\n\tfolded\r\n", false),
        (" X: a\r\n", false),
        ("X : a\r\n", false),
        ("X\r\n", false),
        (": a\r\n", false),
        ("X Y: a\r\n", false),
        ("X\u{e9}: a\r\n", false),
        ("X: \u{e9}\r\n", true),
        ("X:\r\n", true),
    ] {
        let read = read(framed(&format!("{length}{headers}"), ACTION)).await;
        assert_eq!(read.is_ok(), fits, "{headers:?}: {read:?}");
    }
}

#[tokio::test]
async fn h_31_an_entity_tag_of_bytes_that_no_request_carries_is_none() {
    use cxda_ports::actions::ActionsApi;
    for (tag, taken) in [
        ("\"1\"", true),
        ("\"\u{e9}\"", false),
        ("\"\u{1}\"", false),
        ("", false),
    ] {
        let headers = format!("ETag: {tag}\r\nContent-Length: {}\r\n", ACTION.len());
        let peer = Peer::saying(framed(&headers, ACTION)).await;
        let read = ActionsApi::read(&tenant(&peer.base()), &crate::bench::id("a")).await;
        let found = read.ok().and_then(|answer| answer.value.tag);
        assert_eq!(found.is_some(), taken, "{tag:?}");
    }
}

#[tokio::test]
async fn statuses_and_versions_out_of_bounds_are_no_answer() {
    for start in [
        "HTTP/1.1 000 Zero",
        "HTTP/1.1 099 Low",
        "HTTP/1.1 1000 High",
        "HTTP/1.1 20 Short",
        "HTTP/1.1 2e2 Text",
        "HTTP/1.1 -20 Negative",
        "HTTP/1.1  200 OK",
        "HTTP/1.1",
        "HTTP/2.0 200 OK",
        "HTTP/0.9 200 OK",
        "HTTP/1.2 200 OK",
        "http/1.1 200 OK",
        "ICY 200 OK",
        "{\"id\":\"a\",\"name\":\"n\"}",
    ] {
        let answer = ok(ACTION).replace("HTTP/1.1 200 OK", start);
        assert_eq!(
            read(answer).await,
            Err(ApiErrorKind::Unavailable),
            "{start:?}"
        );
    }
    assert_eq!(
        read(ACTION).await,
        Err(ApiErrorKind::Unavailable),
        "HTTP/0.9"
    );
}

#[tokio::test]
async fn unheard_of_statuses_are_final_and_leave_writes_unknown() {
    for status in [299, 399, 506, 599, 600, 999] {
        let answer = ok(ACTION).replace("200 OK", &format!("{status} Whatever"));
        let peer = Peer::saying(answer).await;
        let error = Ask::Create.fails(&tenant(&peer.base())).await;
        let ended = (&error.kind, error.cost.attempts, error.status);
        assert_eq!(ended, (&ApiErrorKind::OutcomeUnknown, 1, Some(status)));
        let error = Ask::Read.fails(&tenant(&peer.base())).await;
        assert_ne!(error.kind, ApiErrorKind::OutcomeUnknown, "{status}");
        assert_eq!(error.cost.attempts, 1, "{status}");
    }
}

#[tokio::test]
async fn spellings_that_the_rules_allow_are_read() {
    let plain = ok(ACTION);
    for answer in [
        plain.clone(),
        plain.replace("HTTP/1.1", "HTTP/1.0"),
        plain.replace("200 OK", "200"),
        plain.replace("200 OK", "200 "),
        plain.replace("200 OK", "200 Everything is in perfect order"),
        plain
            .replace("Content-Length", "CONTENT-length")
            .replace("Content-Type", "cOnTeNt-TyPe"),
        plain.replace("Content-Length: 21", "Content-Length:21"),
        plain.replace("Content-Length: 21", "Content-Length: \t21 \t"),
        plain.replace("Content-Length: 21", "Connection: close"),
        plain.replace("\r\n", "\n"),
        format!("\r\n{plain}"),
    ] {
        assert_eq!(read(answer.clone()).await.as_deref(), Ok("n"), "{answer:?}");
    }
}

#[tokio::test]
async fn an_answer_of_http_1_0_ends_the_connection() {
    let peer = Peer::start(|mut line| async move {
        while line.request().await.is_some() {
            line.say(ok(ACTION).replace("HTTP/1.1", "HTTP/1.0")).await;
        }
    })
    .await;
    let tenant = tenant(&peer.base());
    for nth in 1..=3 {
        assert_eq!(Ask::Read.of(&tenant).await, Ok(1));
        assert_eq!(peer.connections(), nth);
    }
}

#[tokio::test]
async fn what_a_server_wants_remembered_is_forgotten() {
    let peer = Peer::start(|mut line| async move {
        while line.request().await.is_some() {
            let planted = "Set-Cookie: session=planted; Path=/\r\nSet-Cookie2: a=planted\r\n\
                Alt-Svc: h3=\":443\"\r\nStrict-Transport-Security: max-age=1000\r\nETag: \"planted\"\r\n\
                Cache-Control: max-age=1000\r\nLast-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n";
            line.say(framed(&format!("{planted}Content-Length: 21\r\n"), ACTION)).await;
        }
    })
    .await;
    let tenant = tenant(&peer.base());
    for _ in 0..3 {
        assert_eq!(Ask::Read.of(&tenant).await, Ok(1));
    }
    let requests = peer.requests();
    assert_eq!(requests.len(), 3, "nothing is answered from a cache");
    for request in &requests {
        assert_eq!(request, &requests[0]);
        assert!(!request.contains("planted"), "{request}");
    }
}

#[tokio::test]
async fn a_request_says_no_more_than_it_has_to() {
    let peer = Peer::saying(ok(ACTION)).await;
    Ask::Read.of(&tenant(&peer.base())).await.unwrap();
    let request = peer.requests()[0].replace(&peer.address.to_string(), "<host>");
    insta::assert_snapshot!(request.replace("\r\n", "\n"), @r"
    GET /api/v2/dataactions/a HTTP/1.1
    authorization: Bearer canary-token
    accept: application/json
    user-agent: cxda-test
    accept-encoding: gzip
    host: <host>
    ");
}
