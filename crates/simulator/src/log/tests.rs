//! Nothing secret reaches the log.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, Method};

use super::*;

fn request(path: &str, headers: &[(&'static str, &'static str)], body: &str) -> Request {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, HeaderValue::from_static(value));
    }
    Request {
        method: Method::POST,
        path: path.to_owned(),
        query: query.to_owned(),
        headers: map,
        origin: None,
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

fn logged(request: &Request, operation: Option<Operation>) -> LogEntry {
    let mut log = RequestLog::new(1);
    log.note(request, operation, UtcMillis::from_epoch_millis(0));
    log.entries().remove(0)
}

fn body(entry: &LogEntry) -> &str {
    entry.body.as_deref().map_or("", RawValue::get)
}

#[test]
fn of_a_token_request_only_the_harmless_is_kept() {
    let form = "grant_type=client_credentials&client_id=me&client_secret=hunter2&hunter3";
    let entry = logged(&request("/oauth/token", &[], form), Some(Operation::Token));
    insta::assert_snapshot!(
        body(&entry),
        @r#"{"client_id":"<redacted>","client_secret":"<redacted>","grant_type":"client_credentials"}"#
    );
    let json = r#"{"grant_type":"client_credentials","scope":"a","client_secret":"hunter2","x":"hunter3"}"#;
    let entry = logged(&request("/oauth/token", &[], json), Some(Operation::Token));
    insta::assert_snapshot!(
        body(&entry),
        @r#"{"client_secret":"<redacted>","grant_type":"client_credentials","scope":"a"}"#
    );
    let query = "/oauth/token?grant_type=client_credentials&client_secret=hunter2&hunter3=1";
    let entry = logged(&request(query, &[], ""), Some(Operation::Token));
    assert_eq!(
        entry.query,
        "grant_type=client_credentials&client_secret=%3Credacted%3E"
    );
}

#[test]
fn of_credentials_in_headers_only_the_scheme_is_kept() {
    for (value, kept) in [
        ("Bearer hunter2", "Bearer"),
        ("basic aHVudGVyMg==", "Basic"),
        ("hunter2", REDACTED),
        ("hunter2 x", REDACTED),
    ] {
        let headers = [
            ("authorization", value),
            ("if-match", "\"v1\""),
            ("cookie", "hunter2"),
        ];
        let entry = logged(&request("/", &headers, ""), None);
        assert_eq!(entry.headers["authorization"], kept);
        assert_eq!(entry.headers["if-match"], "\"v1\"");
        assert_eq!(entry.headers.len(), 2);
    }
}

#[test]
fn encrypted_values_are_redacted_whatever_form_the_variables_have() {
    let cases = [
        (
            r#"{"variables":[{"name":"a","value":"3"},{"name":"t","value":"hunter2","encrypted":true}],"n":1.0}"#,
            r#"{"n":1.0,"variables":[{"name":"a","value":"3"},{"encrypted":true,"name":"t","value":"<redacted>"}]}"#,
        ),
        (
            r#"{"variables":[{"value":"hunter2","encrypted":"yes"}]}"#,
            r#"{"variables":[{"encrypted":"yes","value":"<redacted>"}]}"#,
        ),
        (
            r#"{"variables":{"variables":[{"value":"hunter2","encrypted":true}]}}"#,
            r#"{"variables":"<redacted>"}"#,
        ),
        (r#"["hunter2"]"#, ""),
        ("hunter2", ""),
    ];
    for (sent, kept) in cases {
        let entry = logged(&request("/", &[], sent), Some(Operation::CreateAction));
        assert_eq!(body(&entry), kept);
        assert_eq!(entry.body_bytes, sent.len());
    }
}

#[test]
fn of_a_request_to_nowhere_neither_query_nor_body_is_kept() {
    let entry = logged(
        &request("/nowhere?client_secret=hunter2", &[], r#"{"a":"hunter2"}"#),
        None,
    );
    assert_eq!((entry.query.as_str(), body(&entry)), ("", ""));
}

#[test]
fn the_oldest_requests_are_dropped_and_still_counted() {
    let mut log = RequestLog::new(2);
    for _ in 0..3 {
        log.note(
            &request("/", &[], ""),
            None,
            UtcMillis::from_epoch_millis(0),
        );
    }
    log.answered(1, StatusCode::OK);
    log.answered(3, StatusCode::NOT_FOUND);
    let kept: Vec<_> = log.entries().iter().map(|e| (e.number, e.status)).collect();
    assert_eq!(kept, [(2, None), (3, Some(404))]);
    assert_eq!(log.received, 3);
}
