//! What is made of single faults of the matrix.

use cxda_domain::request::Operation::{
    CreateAction, CreateView, DeleteView, GetAction, ReplaceAction, Token,
};
use http::header::{HeaderName, RETRY_AFTER};

use super::*;

/// What a create with a key comes to.
fn keyed(status: u16, headers: &[(HeaderName, &'static str)], body: &'static str) -> Verdict {
    let key = HeaderValue::from_static("k");
    let call = call(CreateAction).header(IDEMPOTENCY_KEY, key);
    let screen = Screen::default();
    let judge = Judge {
        call: &call,
        screen: &screen,
        now: UtcMillis::from_epoch_millis(0),
    };
    judge.verdict(Ok(reply(status, headers, body)), &origin())
}

#[test]
fn h_22_a_key_that_belongs_to_another_payload_is_final_and_our_mistake() {
    let body = r#"{"message":"the idempotency key was used for another payload"}"#;
    let later = [(RETRY_AFTER, "3")];
    for (status, headers) in [(400, &[][..]), (409, &[]), (409, &later), (422, &[])] {
        let Verdict::Final(error) = keyed(status, headers, body) else {
            panic!("HTTP {status} is final");
        };
        assert_eq!(error.kind, ApiErrorKind::KeyMismatch, "HTTP {status}");
        assert_eq!(error.code(), "key_mismatch");
    }
    insta::assert_snapshot!(
        match keyed(422, &[], body) {
            Verdict::Final(error) => error.to_string(),
            other => format!("{other:?}"),
        },
        @"create action failed: its key was used for another payload: the idempotency key was used for another payload (HTTP 422)"
    );
    // Where no key was sent, none can be to blame.
    let unkeyed = error(CreateAction, Ok(reply(409, &[], body)));
    assert_eq!(unkeyed.kind, ApiErrorKind::AlreadyExists);
}

#[test]
fn h_19_a_conflict_that_says_when_is_never_taken_for_a_name_that_is_taken() {
    for when in ["3", "0", "-1", "soon", "Sun, 06 Nov 1994 08:49:37 GMT"] {
        let headers = [(RETRY_AFTER, when)];
        for status in [409, 423] {
            let Verdict::Again(again) = keyed(status, &headers, r#"{"message":"wait"}"#) else {
                panic!("HTTP {status}, {when} is not final");
            };
            let found = (again.cause, again.received);
            assert_eq!(found, (Cause::Busy, Received::No), "case: {when}");
        }
    }
}

#[test]
fn h_37_a_proxy_that_asks_for_credentials_gets_none() {
    let table = table(|_| Ok(reply(407, &[], "user canary?")));
    assert_eq!(table, "  unreachable: every operation");
    let error = error(CreateAction, Ok(reply(407, &[], "user canary?")));
    insta::assert_snapshot!(error, @"create action failed: the tenant cannot be reached at https://a.example: a proxy asks for credentials; cxda goes through none (HTTP 407)");
}

#[test]
fn h_13_a_token_path_that_is_none_is_named() {
    for status in [404, 405] {
        let error = error(Token, Ok(reply(status, &[], r#"{"message":"no route"}"#)));
        assert_eq!(error.kind, ApiErrorKind::Unauthenticated);
        let detail =
            "there is no token endpoint at that path, check token_path and auth_url: no route";
        assert_eq!(error.detail, detail, "HTTP {status}");
    }
    for (status, kind) in [
        (429, ApiErrorKind::RateLimited { retry_after: None }),
        (500, ApiErrorKind::Unavailable),
        (503, ApiErrorKind::Unavailable),
        (302, ApiErrorKind::Unauthenticated),
        (401, ApiErrorKind::Unauthenticated),
    ] {
        let error = error(Token, Ok(reply(status, &[], "")));
        assert_eq!(error.kind, kind, "HTTP {status}");
    }
}

#[test]
fn h_16_the_challenge_that_names_a_scope_is_found_among_several() {
    let basic = (WWW_AUTHENTICATE, "Basic realm=x");
    let bearer = (
        WWW_AUTHENTICATE,
        r#"Bearer error="insufficient_scope", scope="a:write""#,
    );
    let mut headers = HeaderMap::new();
    for (name, value) in [basic, bearer] {
        headers.append(name, HeaderValue::from_static(value));
    }
    let challenged = Reply {
        headers,
        ..reply(403, &[], "")
    };
    let said = reply(
        403,
        &[],
        r#"{"error":"insufficient_scope","scope":"a:write"}"#,
    );
    for refusal in [challenged, said] {
        let error = error(ReplaceAction, Ok(refusal));
        let scope = Some("a:write".to_owned());
        assert_eq!(error.kind, ApiErrorKind::PermissionDenied { scope });
    }
}

#[test]
fn h_21_the_status_counts_and_not_what_the_body_says_of_it() {
    let body =
        r#"{"title":"\u001b[31mInvalid","status":200,"detail":"too\nlong","unknown":{"x":1}}"#;
    let refused = error(CreateAction, Ok(reply(422, &[], body)));
    assert_eq!(refused.status, Some(422));
    insta::assert_snapshot!(refused, @"create action failed: the tenant found it invalid; [31mInvalid: too long (HTTP 422)");

    let detail = "x".repeat(5_000_000);
    let mut long = reply(400, &[], "");
    long.body = format!(r#"{{"detail":"{detail}","errors":[{{"field":"{detail}"}}]}}"#).into();
    let refused = error(CreateAction, Ok(long));
    assert!(refused.to_string().len() < 3 * 2_048, "cut");
}

#[test]
fn h_30_another_success_than_the_promised_one_settles_no_write() {
    for (operation, status) in [
        (CreateAction, 200),
        (CreateAction, 202),
        (CreateAction, 204),
        (CreateAction, 207),
        (CreateView, 200),
        (ReplaceAction, 202),
        (DeleteView, 202),
    ] {
        let body = r#"{"id":"a","name":"n"}"#;
        let error = error(operation, Ok(reply(status, &[], body)));
        assert_eq!(error.kind, ApiErrorKind::OutcomeUnknown, "HTTP {status}");
        assert_eq!(error.status, Some(status));
    }
    let read = error(GetAction, Ok(reply(202, &[], "")));
    assert_eq!(read.kind, ApiErrorKind::Malformed);
}

#[test]
fn t_04_what_a_token_call_is_answered_is_not_quoted() {
    let text = HeaderName::from_static("content-type");
    let answers = [
        reply(200, &[(text, "text/plain")], "the-new-token"),
        reply(
            302,
            &[(LOCATION, "https://b.example/#access_token=the-new-token")],
            "",
        ),
        reply(
            302,
            &[(LOCATION, "https://b.example/?code=the-new-token")],
            "",
        ),
    ];
    for answer in answers {
        let call = Call::new(
            Token,
            Method::POST,
            "/x".into(),
            (200, AnswerForm::Json),
            Permission::Role,
            Duration::from_secs(1),
        );
        let screen = Screen::default();
        let judge = Judge {
            call: &call,
            screen: &screen,
            now: UtcMillis::from_epoch_millis(0),
        };
        let verdict = format!("{:?}", judge.verdict(Ok(answer), &origin()));
        assert!(verdict.contains("Final"), "{verdict}");
        assert!(!verdict.contains("the-new-token"), "{verdict}");
    }
}
