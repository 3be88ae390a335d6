//! What each status means for each kind of operation.

mod rows;

use bytes::Bytes;
use cxda_domain::request::Operation::{
    self, BuildIndexes, CreateAction, CreateView, DeleteAction, DeleteView, GetAction, GetTable,
    ListActions, RelayWebhook, ReplaceAction, ReplaceView, TestAction, Token,
};
use http::Method;
use http::header::{HeaderName, RETRY_AFTER};

use super::*;
use crate::base_url::{BaseUrl, PlainHttp};
use crate::call::AnswerForm;

const KINDS: [Operation; 14] = [
    Token,
    GetTable,
    ListActions,
    GetAction,
    CreateView,
    CreateAction,
    ReplaceView,
    ReplaceAction,
    DeleteView,
    DeleteAction,
    BuildIndexes,
    TestAction,
    RelayWebhook,
    Operation::ListTables,
];

fn call(operation: Operation) -> Call {
    let (method, done) = match operation {
        CreateView | CreateAction => (Method::POST, 201),
        ReplaceView | ReplaceAction => (Method::PUT, 200),
        DeleteView | DeleteAction => (Method::DELETE, 204),
        BuildIndexes | RelayWebhook => (Method::POST, 202),
        TestAction | Token => (Method::POST, 200),
        _ => (Method::GET, 200),
    };
    let permission = Permission::Scope("needed");
    let answer = (done, AnswerForm::Ignored);
    Call::new(
        operation,
        method,
        "/x".into(),
        answer,
        permission,
        Duration::from_secs(1),
    )
}

fn reply(status: u16, headers: &[(HeaderName, &'static str)], body: &'static str) -> Reply {
    let headers = headers
        .iter()
        .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
    Reply {
        status,
        headers: headers.collect(),
        body: Bytes::from_static(body.as_bytes()),
        size: BodySize::Whole,
    }
}

fn origin() -> Origin {
    let base = BaseUrl::parse("https://a.example", PlainHttp::Refused);
    base.unwrap().origin()
}

/// The error that ends a call of `operation` to which this came back.
fn error(operation: Operation, outcome: Result<Reply, Lost>) -> ApiError {
    let call = call(operation);
    let screen = Screen::default();
    let judge = Judge {
        call: &call,
        screen: &screen,
        now: UtcMillis::from_epoch_millis(0),
    };
    match judge.verdict(outcome, &origin()) {
        Verdict::Done(reply) => judge.unusable(&reply, "its id is missing"),
        Verdict::Unauthorized(error) | Verdict::Final(error) => error,
        Verdict::Again(again) => again.error,
    }
}

fn verdict(operation: Operation, outcome: Result<Reply, Lost>) -> String {
    let call = call(operation);
    let screen = Screen::default();
    let judge = Judge {
        call: &call,
        screen: &screen,
        now: UtcMillis::from_epoch_millis(0),
    };
    match judge.verdict(outcome, &origin()) {
        Verdict::Done(_) => "done".into(),
        Verdict::Unauthorized(_) => "renew the token".into(),
        Verdict::Final(error) => error.code().into(),
        Verdict::Again(again) => {
            let (cause, received) = (again.cause, again.received);
            format!(
                "again ({cause:?}, received: {received:?}), then {}",
                again.error.code()
            )
        }
    }
}

/// The verdicts on one answer, one line for each, with the operations that share it.
fn table(answer: impl Fn(Operation) -> Result<Reply, Lost>) -> String {
    let mut lines: Vec<(String, Vec<&str>)> = Vec::new();
    for operation in KINDS {
        let verdict = verdict(operation, answer(operation));
        match lines.iter_mut().find(|(known, _)| *known == verdict) {
            Some((_, operations)) => operations.push(operation.words()),
            None => lines.push((verdict, vec![operation.words()])),
        }
    }
    let lines = lines.into_iter().map(|(verdict, operations)| {
        if operations.len() == KINDS.len() {
            format!("  {verdict}: every operation")
        } else {
            format!("  {verdict}: {}", operations.join(", "))
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_status_has_one_meaning_for_each_operation() {
    let statuses = [
        200, 206, 301, 308, 400, 401, 402, 403, 404, 405, 408, 409, 410, 412, 413, 422, 423, 425,
        429, 451, 500, 501, 502, 503, 504, 505, 507, 599,
    ];
    let tables =
        statuses.map(|status| format!("HTTP {status}\n{}", table(|_| Ok(reply(status, &[], "")))));
    insta::assert_snapshot!(tables.join("\n"), @"
    HTTP 200
      done: fetch token, get table, list actions, get action, replace view, replace action, test action, list tables
      outcome_unknown: create view, create action, delete view, delete action, build indexes, relay webhook
    HTTP 206
      unauthenticated: fetch token
      malformed_answer: get table, list actions, get action, list tables
      outcome_unknown: create view, create action, replace view, replace action, delete view, delete action, build indexes, test action, relay webhook
    HTTP 301
      unauthenticated: fetch token
      malformed_answer: get table, list actions, get action, list tables
      outcome_unknown: create view, create action, replace view, replace action, delete view, delete action, build indexes, test action, relay webhook
    HTTP 308
      unauthenticated: fetch token
      malformed_answer: get table, list actions, get action, list tables
      outcome_unknown: create view, create action, replace view, replace action, delete view, delete action, build indexes, test action, relay webhook
    HTTP 400
      unauthenticated: fetch token
      rejected: get table, list actions, get action, create view, create action, replace view, replace action, delete view, delete action, build indexes, test action, relay webhook, list tables
    HTTP 401
      unauthenticated: fetch token
      renew the token: get table, list actions, get action, create view, create action, replace view, replace action, delete view, delete action, build indexes, test action, relay webhook, list tables
    HTTP 402
      unauthenticated: fetch token
      refused: get table, list actions, get action, create view, create action, replace view, replace action, delete view, delete action, build indexes, test action, relay webhook, list tables
    HTTP 403
      unauthenticated: fetch token
      permission_denied: get table, list actions, get action, create view, create action, replace view, replace action, delete view, delete action, build indexes, test action, relay webhook, list tables
    HTTP 404
      unauthenticated: fetch token
      not_found: get table, get action, replace view, replace action, delete view, delete action, build indexes, test action
      refused: list actions, create view, create action, relay webhook, list tables
    HTTP 405
      unauthenticated: fetch token
      refused: get table, list actions, get action, create view, create action, replace view, replace action, delete view, delete action, build indexes, test action, relay webhook, list tables
    HTTP 408
      again (Transient, received: Maybe), then unavailable: every operation
    HTTP 409
      unauthenticated: fetch token
      refused: get table, list actions, get action, build indexes, test action, relay webhook, list tables
      already_exists: create view, create action
      version_mismatch: replace view, replace action, delete view, delete action
    HTTP 410
      unauthenticated: fetch token
      refused: get table, list actions, get action, create view, create action, replace view, replace action, delete view, delete action, build indexes, test action, relay webhook, list tables
    HTTP 412
      unauthenticated: fetch token
      refused: get table, list actions, get action, build indexes, test action, relay webhook, list tables
      already_exists: create view, create action
      version_mismatch: replace view, replace action, delete view, delete action
    HTTP 413
      unauthenticated: fetch token
      refused: get table, list actions, get action, create view, create action, replace view, replace action, delete view, delete action, build indexes, test action, relay webhook, list tables
    HTTP 422
      unauthenticated: fetch token
      rejected: get table, list actions, get action, create view, create action, replace view, replace action, delete view, delete action, build indexes, test action, relay webhook, list tables
    HTTP 423
      unauthenticated: fetch token
      busy: get table, list actions, get action, create view, create action, replace view, replace action, delete view, delete action, build indexes, test action, relay webhook, list tables
    HTTP 425
      again (Transient, received: No), then unavailable: every operation
    HTTP 429
      again (Throttled, received: No), then rate_limited: every operation
    HTTP 451
      unauthenticated: fetch token
      refused: get table, list actions, get action, create view, create action, replace view, replace action, delete view, delete action, build indexes, test action, relay webhook, list tables
    HTTP 500
      again (Transient, received: Maybe), then unavailable: every operation
    HTTP 501
      unavailable: every operation
    HTTP 502
      again (Transient, received: Maybe), then unavailable: every operation
    HTTP 503
      again (Transient, received: Maybe), then unavailable: every operation
    HTTP 504
      again (Transient, received: Maybe), then unavailable: every operation
    HTTP 505
      unavailable: every operation
    HTTP 507
      unavailable: fetch token, get table, list actions, get action, list tables
      outcome_unknown: create view, create action, replace view, replace action, delete view, delete action, build indexes, test action, relay webhook
    HTTP 599
      unavailable: fetch token, get table, list actions, get action, list tables
      outcome_unknown: create view, create action, replace view, replace action, delete view, delete action, build indexes, test action, relay webhook
    ");
}

#[test]
fn conflicts_with_a_time_or_a_state_mean_not_now() {
    let timed = table(|_| Ok(reply(409, &[(RETRY_AFTER, "3")], "")));
    let locked = table(|_| Ok(reply(423, &[(RETRY_AFTER, "3")], "")));
    let moving = table(|_| {
        Ok(reply(
            409,
            &[],
            r#"{"message":"wait","state":"PUBLISHING"}"#,
        ))
    });
    let still = table(|_| Ok(reply(409, &[], r#"{"message":"no","state":"PUBLISHED"}"#)));
    insta::assert_snapshot!(
        format!("Retry-After\n{timed}\nlocked\n{locked}\nPUBLISHING\n{moving}\nPUBLISHED\n{still}"),
        @"
        Retry-After
          unauthenticated: fetch token
          again (Busy, received: No), then busy: get table, list actions, get action, create view, create action, replace view, replace action, delete view, delete action, build indexes, test action, relay webhook, list tables
        locked
          unauthenticated: fetch token
          again (Busy, received: No), then busy: get table, list actions, get action, create view, create action, replace view, replace action, delete view, delete action, build indexes, test action, relay webhook, list tables
        PUBLISHING
          unauthenticated: fetch token
          busy: get table, list actions, get action, create view, create action, replace view, replace action, delete view, delete action, build indexes, test action, relay webhook, list tables
        PUBLISHED
          unauthenticated: fetch token
          refused: get table, list actions, get action, build indexes, test action, relay webhook, list tables
          already_exists: create view, create action
          version_mismatch: replace view, replace action, delete view, delete action
        "
    );
}

#[test]
fn lost_answers_are_told_apart_by_what_was_sent() {
    let not_sent = table(|_| Err(Lost::NotSent("refused".into())));
    let tls = table(|_| Err(Lost::Tls("bad certificate".into())));
    let unanswered = table(|_| Err(Lost::Unanswered("reset".into())));
    insta::assert_snapshot!(
        format!("not sent\n{not_sent}\nTLS\n{tls}\nunanswered\n{unanswered}"),
        @"
        not sent
          again (Transient, received: No), then unreachable: every operation
        TLS
          unreachable: every operation
        unanswered
          again (Transient, received: Maybe), then unavailable: every operation
        "
    );
}

#[test]
fn the_promised_status_is_done() {
    for operation in KINDS {
        let done = call(operation).done;
        assert_eq!(
            verdict(operation, Ok(reply(done, &[], ""))),
            "done",
            "{operation:?}"
        );
    }
}

#[test]
fn json_is_told_by_its_content_type() {
    for (kind, fits) in [
        ("application/json", true),
        ("application/json; charset=utf-8", true),
        ("Application/JSON", true),
        ("application/vnd.nice+json", true),
        ("application/problem+json;v=1", true),
        ("text/html", false),
        ("text/json-like", false),
        ("application/jsonp", false),
        ("", false),
    ] {
        assert_eq!(is_json(kind), fits, "case: {kind:?}");
    }
}

#[test]
fn h_16_scopes_are_read_out_of_challenges() {
    for (challenge, want) in [
        (
            r#"Bearer error="insufficient_scope", scope="a:b c""#,
            Some("a:b c"),
        ),
        (r#"Bearer Scope="a""#, Some("a")),
        (r#"Bearer scope="""#, None),
        ("Bearer", None),
        (r#"Bearer scope="open"#, Some("open")),
        (r"Bearer scope=a:b, error=insufficient_scope", Some("a:b")),
        (r"Bearer scope=", None),
    ] {
        assert_eq!(
            challenged_scope(challenge).as_deref(),
            want,
            "case: {challenge}"
        );
    }
}

#[test]
fn with_access_keys_a_403_is_about_the_role() {
    let mut call = call(GetAction);
    call.permission = Permission::Role;
    let screen = Screen::default();
    let judge = Judge {
        call: &call,
        screen: &screen,
        now: UtcMillis::from_epoch_millis(0),
    };
    let refusal = reply(403, &[], r#"{"message":"no"}"#);
    let Verdict::Final(error) = judge.verdict(Ok(refusal), &origin()) else {
        panic!("a 403 is final");
    };
    assert_eq!(error.kind, ApiErrorKind::PermissionDenied { scope: None });
    insta::assert_snapshot!(error, @"get action failed: the credentials do not permit it: the role of the access key lacks the permission: no (HTTP 403)");
}

#[test]
fn t_07_request_ids_are_clean_and_short() {
    let long = "x".repeat(300);
    for (value, want) in [("abc-1", 5), ("a\u{9}b", 3), (long.as_str(), 128)] {
        let mut headers = HeaderMap::new();
        headers.insert("x-correlation-id", HeaderValue::from_str(value).unwrap());
        let call = call(GetAction);
        let screen = Screen::default();
        let judge = Judge {
            call: &call,
            screen: &screen,
            now: UtcMillis::from_epoch_millis(0),
        };
        assert_eq!(judge.request_id(&headers).unwrap().len(), want);
    }
}

#[test]
fn messages_name_what_to_look_at() {
    let messages = [
        error(ListActions, Err(Lost::NotSent("connection refused".into()))),
        error(GetTable, Err(Lost::Tls("certificate expired".into()))),
        error(
            ListActions,
            Ok(reply(404, &[], r#"{"message":"no route"}"#)),
        ),
        error(GetAction, Ok(reply(404, &[], r#"{"message":"no action"}"#))),
        error(CreateAction, Ok(reply(201, &[], "{}"))),
        error(ReplaceAction, Ok(reply(302, &[], ""))),
        error(CreateAction, Err(Lost::Unanswered("reset".into()))),
    ];
    let messages = messages.map(|error| error.to_string());
    insta::assert_snapshot!(messages.join("\n"), @r#"
    list actions failed: the tenant cannot be reached at https://a.example: connection refused
    get table failed: the tenant cannot be reached at https://a.example: TLS: certificate expired
    list actions failed: the tenant refused it: there is no such path, check base_url and the paths of the API profile: no route (HTTP 404)
    get action failed: not found on the tenant: no action (HTTP 404)
    create action failed: sent, but the answer is unusable, the outcome is unknown: its id is missing (HTTP 201)
    replace action failed: sent, but the answer is unusable, the outcome is unknown: a redirect to "", which is not followed (HTTP 302)
    create action failed: the tenant is unavailable: reset
    "#);
}
