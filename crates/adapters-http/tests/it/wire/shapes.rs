//! JSON that is too deep, too wide, ambiguous or no text, in every kind of answer: refused without a crash.

use cxda_adapters_http::HttpTenant;
use cxda_adapters_http::credentials::Credentials;
use cxda_domain::secret::SecretText;
use cxda_ports::actions::ActionsApi;
use cxda_ports::error::{ApiError, ApiErrorKind};
use cxda_ports::views::{TablesApi, ViewsApi};

use super::peer::{Ask, Peer, ok, tenant, tenant_with};
use crate::bench::id;

/// What every kind of answer needs, and `member`.
fn with(member: &str) -> Vec<u8> {
    let needed = r#""id":"a","name":"n","access_token":"t","entities":[],"total":0"#;
    format!("{{{needed},{member}}}").into_bytes()
}

/// Answers that nobody should take.
fn shapes() -> Vec<(&'static str, Vec<u8>)> {
    let nested = |open: &str, close: &str, depth: usize| {
        with(&format!(
            r#""x":{}1{}"#,
            open.repeat(depth),
            close.repeat(depth)
        ))
    };
    let keys: Vec<String> = (0..100_001).map(|n| format!(r#""k{n}":0"#)).collect();
    let mut not_utf_8 = with(r#""x":"?""#);
    let at = not_utf_8.iter().rposition(|byte| *byte == b'?').unwrap();
    not_utf_8[at] = 0xff;
    vec![
        ("lists of depth 65", nested("[", "]", 65)),
        ("lists of depth 100000", nested("[", "]", 100_000)),
        ("objects of depth 100000", nested(r#"{"a":"#, "}", 100_000)),
        ("lists that never close", nested("[", "", 100_000)),
        ("too many keys", with(&keys.join(","))),
        (
            "too many items",
            with(&format!(r#""x":[{}0]"#, "0,".repeat(100_000))),
        ),
        ("a key twice", with(r#""x":1,"x":2"#)),
        ("a key twice, once escaped", with(r#""x":1,"\u0078":2"#)),
        ("the id twice", with(r#""id":"b""#)),
        ("a key twice within", with(r#""y":[{"x":1,"x":2}]"#)),
        ("bad UTF-8", not_utf_8),
        ("a lone surrogate as a key", with(r#""\ud800":1"#)),
        ("a NUL", with("\"x\":\"\0\"")),
        (
            "a byte order mark",
            [b"\xef\xbb\xbf".to_vec(), with(r#""x":1"#)].concat(),
        ),
        (
            "UTF-16",
            "{\"id\":\"a\"}"
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect(),
        ),
        (
            "trailing garbage",
            [with(r#""x":1"#), b"]".to_vec()].concat(),
        ),
        ("two values", [with(r#""x":1"#), b"{}".to_vec()].concat()),
        ("NaN", with(r#""x":NaN"#)),
        ("a comment", with(r#""x":1/**/"#)),
    ]
}

fn answer(status: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// A server whose every answer of `status` has this body.
async fn saying(status: &str, body: &[u8]) -> (Peer, HttpTenant) {
    let peer = Peer::saying(answer(status, body)).await;
    let tenant = tenant(&peer.base());
    (peer, tenant)
}

#[tokio::test]
async fn the_same_answers_in_a_good_shape_are_taken() {
    let good = with(r#""x":1"#);
    let (_peer, tenant) = saying("200 OK", &good).await;
    ActionsApi::read(&tenant, &id("a")).await.unwrap();
    ActionsApi::list(&tenant, None).await.unwrap();
    ViewsApi::list(&tenant, None).await.unwrap();
    TablesApi::list(&tenant, None).await.unwrap();
}

#[tokio::test]
async fn h_10_no_answer_that_should_hold_something_is_taken_in_a_bad_shape() {
    for (label, body) in shapes() {
        let (_peer, tenant) = saying("200 OK", &body).await;
        let ended: [(&str, Result<(), ApiError>); 5] = [
            (
                "resource",
                ActionsApi::read(&tenant, &id("a")).await.map(drop),
            ),
            ("listing", ActionsApi::list(&tenant, None).await.map(drop)),
            ("views", ViewsApi::list(&tenant, None).await.map(drop)),
            ("tables", TablesApi::list(&tenant, None).await.map(drop)),
            (
                "sandbox",
                ActionsApi::test(&tenant, &id("a"), "{}").await.map(drop),
            ),
        ];
        for (kind, ended) in ended {
            let error = ended.unwrap_err();
            let writes = kind == "sandbox";
            let expected = if writes {
                ApiErrorKind::OutcomeUnknown
            } else {
                ApiErrorKind::Malformed
            };
            assert_eq!(error.kind, expected, "{label} as {kind}: {error}");
            assert!(error.detail.len() < 300, "{label} as {kind}: {error}");
        }
        let (_peer, tenant) = saying("201 Created", &body).await;
        let error = Ask::Create.fails(&tenant).await;
        assert_eq!(error.kind, ApiErrorKind::OutcomeUnknown, "{label}: {error}");
    }
}

#[tokio::test]
async fn h_10_a_million_keys_or_items_are_refused_wherever_they_fit() {
    let keys: Vec<String> = (0..1_000_000).map(|n| format!(r#""k{n}":0"#)).collect();
    let keys = format!(r#"{{"entities":[],"total":0,{}}}"#, keys.join(","));
    let items = format!(
        r#"{{"entities":[],"x":[{}0],"total":0}}"#,
        "0,".repeat(1_000_000)
    );
    for body in [keys, items] {
        let (_peer, tenant) = saying("200 OK", body.as_bytes()).await;
        let error = ActionsApi::list(&tenant, None).await.unwrap_err();
        assert_eq!(
            (&error.kind, error.cost.attempts),
            (&ApiErrorKind::Malformed, 2)
        );
    }
}

#[tokio::test]
async fn h_10_no_token_is_taken_from_a_bad_shape() {
    for (label, body) in shapes() {
        let peer = Peer::saying(answer("200 OK", &body)).await;
        let credentials = Credentials::ClientCredentials {
            client_id: SecretText::new("client"),
            client_secret: SecretText::new("canary-secret"),
            style: None,
        };
        let tenant = tenant_with(&peer.base(), credentials, |_| {});
        let error = Ask::Read.fails(&tenant).await;
        assert_eq!(
            error.kind,
            ApiErrorKind::Unauthenticated,
            "{label}: {error}"
        );
        let asked = |request: &String| request.starts_with("POST /");
        assert!(peer.requests().iter().all(asked), "{label}");
    }
}

#[tokio::test]
async fn h_10_a_refusal_in_a_bad_shape_is_a_refusal_all_the_same() {
    for (label, body) in shapes() {
        for (status, kind) in [
            ("403 Forbidden", None),
            ("404 Not Found", Some(ApiErrorKind::NotFound)),
            ("409 Conflict", Some(ApiErrorKind::AlreadyExists)),
            ("422 Invalid", None),
        ] {
            let (peer, tenant) = saying(status, &body).await;
            let ask = if status.starts_with("404") {
                Ask::Read
            } else {
                Ask::Create
            };
            let error = ask.fails(&tenant).await;
            assert_eq!(peer.requests().len(), 1, "{label} as {status}");
            assert!(
                kind.is_none_or(|kind| error.kind == kind),
                "{label}: {error}"
            );
            assert!(error.to_string().len() < 3_000, "{label} as {status}");
        }
    }
}

#[tokio::test]
async fn h_10_the_deepest_answer_that_is_taken() {
    let lists = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    for (depth, fits) in [(62, true), (63, true), (64, false)] {
        let body = format!(r#"{{"id":"a","name":"n","x":{}}}"#, lists(depth));
        let peer = Peer::saying(ok(&body)).await;
        let read = Ask::Read.of(&tenant(&peer.base())).await;
        assert_eq!(read.is_ok(), fits, "depth {}", depth + 1);
    }
}

#[tokio::test]
async fn h_08_what_is_not_said_to_be_json_is_not_read_as_json() {
    let body = r#"{"id":"a","name":"n"}"#;
    for (kind, fits) in [
        ("application/json", true),
        ("APPLICATION/JSON;charset=utf-8", true),
        ("application/problem+json", true),
        ("text/html", false),
        ("text/plain; charset=utf-8", false),
        ("text/json", false),
        ("application/jsonp", false),
        ("application/javascript", false),
        ("application/octet-stream", false),
        ("multipart/form-data; boundary=x", false),
        ("json", false),
    ] {
        let peer = Peer::saying(ok(body).replace("application/json", kind)).await;
        let tenant = tenant(&peer.base());
        let read = Ask::Read.of(&tenant).await;
        assert_eq!(read.is_ok(), fits, "{kind}");
        if let Err(error) = read {
            assert_eq!(error.kind, ApiErrorKind::Malformed);
            assert!(error.detail.contains(kind), "{error}");
            let created = Ask::Create.fails(&tenant).await;
            assert_eq!(created.kind, ApiErrorKind::OutcomeUnknown);
        }
    }
}

#[tokio::test]
async fn h_08_a_captive_portal_is_shown_in_a_line_of_plain_text() {
    let page = "<html>\r\n\u{1b}]0;owned\u{7}<title>Hotel\u{202e} Wi-Fi</title>".to_owned()
        + &"<p>".repeat(10_000);
    let peer = Peer::saying(ok(&page).replace("application/json", "text/html")).await;
    let error = Ask::Read.fails(&tenant(&peer.base())).await;
    assert_eq!(
        (&error.kind, error.cost.attempts),
        (&ApiErrorKind::Malformed, 1)
    );
    insta::assert_snapshot!(error, @r#"get action failed: the answer is not what the API promises: its content type is text/html, and it begins with "<html> ]0;owned<title>Hotel Wi-Fi</title><p><p><p><p><p><p><p><p><p><p><p><p><p>" (HTTP 200)"#);
}
