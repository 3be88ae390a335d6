//! Answers that are not what the API promises, and what refusals say.

use cxda_domain::request::Operation;
use cxda_domain::secret::SecretText;
use cxda_domain::violation::FieldPath;
use cxda_ports::error::{ApiErrorKind, Problem};

use crate::bench::{Bench, Setup, action_body, id, key};

/// A tenant that answers every call of `operation` so.
async fn answering(operation: &str, answer: &str) -> Bench {
    let rule = format!(r#"{{"operation":"{operation}","fault":{{"kind":"answer",{answer}}}}}"#);
    Setup::new().actions(1).faults(&rule).start().await
}

#[tokio::test]
async fn h_07_an_answer_that_cannot_be_read_is_asked_for_once_more_and_never_written_again() {
    for body in ["", "{", "\u{feff}{}", "{} {}", "null", "[]", "{}"] {
        let body = serde_json_text(body);
        let json = r#""headers":{"Content-Type":"application/json"}"#;
        let bench = answering(
            "getAction",
            &format!(r#""status":200,{json},"body":{body}"#),
        )
        .await;
        let error = bench.actions().read(&id("action-0")).await.unwrap_err();
        assert_eq!(
            (error.kind, error.cost.attempts),
            (ApiErrorKind::Malformed, 2),
            "{body}"
        );

        let bench = answering(
            "createAction",
            &format!(r#""status":201,{json},"body":{body}"#),
        )
        .await;
        let error = bench
            .actions()
            .create(&action_body("score"), &key("k"))
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind, error.cost.attempts),
            (ApiErrorKind::OutcomeUnknown, 1),
            "{body}"
        );
    }
}

/// `text` as a JSON string.
fn serde_json_text(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\\\""))
}

#[tokio::test]
async fn h_08_what_is_not_json_is_never_read_as_json() {
    let page =
        r#""status":200,"headers":{"Content-Type":"text/html"},"body":"<html>\u001b[31m sign in""#;
    let bench = answering("getAction", page).await;
    let error = bench.actions().read(&id("action-0")).await.unwrap_err();
    assert_eq!(
        (&error.kind, error.cost.attempts),
        (&ApiErrorKind::Malformed, 1)
    );
    insta::assert_snapshot!(error, @r#"get action failed: the answer is not what the API promises: its content type is text/html, and it begins with "<html>[31m sign in" (HTTP 200, request 2)"#);
}

#[tokio::test]
async fn h_11_redirects_are_refused_and_named() {
    for status in [301, 302, 303, 307, 308] {
        let redirect = format!(
            r#""status":{status},"headers":{{"Location":"https://evil.example/\u0080?x=1"}}"#
        );
        let bench = answering("getAction", &redirect.replace("\\u0080", "")).await;
        let error = bench.actions().read(&id("action-0")).await.unwrap_err();
        assert_eq!(
            (&error.kind, error.cost.attempts),
            (&ApiErrorKind::Malformed, 1)
        );
        assert!(
            error.detail.contains("https://evil.example/?x=1"),
            "{error}"
        );
    }
    let redirect = r#""status":307,"headers":{"Location":"/elsewhere"}"#;
    let bench = answering("createAction", redirect).await;
    let error = bench
        .actions()
        .create(&action_body("score"), &key("k"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ApiErrorKind::OutcomeUnknown);
}

#[tokio::test]
async fn h_12_nothing_is_sent_to_where_a_redirect_points() {
    let target = Setup::new().start().await;
    let redirect = format!(
        r#""status":307,"headers":{{"Location":"{}/api/v2/dataactions"}}"#,
        target.sim.base_url()
    );
    let bench = answering("createAction", &redirect).await;
    bench
        .actions()
        .create(&action_body("score"), &key("k"))
        .await
        .unwrap_err();
    assert!(target.sim.log().is_empty());
}

#[tokio::test]
async fn h_16_a_403_names_the_scope_that_is_missing() {
    let scope = |named: &str| ApiErrorKind::PermissionDenied {
        scope: Some(named.to_owned()),
    };
    for (answer, named) in [
        (r#""status":403"#, "dataactions:read"),
        (
            r#""status":403,"headers":{"WWW-Authenticate":"Bearer error=\"insufficient_scope\", scope=\"a:b c:d\""}"#,
            "a:b c:d",
        ),
        (
            r#""status":403,"body":{"error":{"required_scope":"e:f"}}"#,
            "e:f",
        ),
    ] {
        let bench = answering("getAction", answer).await;
        let error = bench.actions().read(&id("action-0")).await.unwrap_err();
        assert_eq!((error.kind, error.cost.attempts), (scope(named), 1));
        assert_eq!(
            bench.sent(Operation::Token).len(),
            1,
            "no other token is fetched"
        );
    }
}

#[tokio::test]
async fn h_21_every_problem_of_a_refusal_is_kept_clean_and_without_secrets() {
    let refusal = r##""status":422,"headers":{"Content-Type":"application/problem+json"},"body":{"title":"Invalid","status":200,
        "detail":"2 fields","errors":[{"pointer":"#/name","detail":"\u001b[31mtoo long"},{"field":"value","message":"not canary-value"}]}"##;
    let bench = answering("createAction", refusal).await;
    bench.tenant.redact_also([SecretText::new("canary-value")]);
    let error = bench
        .actions()
        .create(&action_body("score"), &key("k"))
        .await
        .unwrap_err();
    let problem = |field: &str, path: &str, message: &str| Problem {
        path: Some(FieldPath::from(path)),
        place: None,
        field: Some(field.into()),
        message: message.into(),
    };
    let problems = vec![
        problem("#/name", "metadata.name", "[31mtoo long"),
        problem("value", "spec.value", "not <redacted>"),
    ];
    assert_eq!(error.kind, ApiErrorKind::Rejected { problems });
    assert_eq!(
        (error.status, error.detail.as_str()),
        (Some(422), "Invalid: 2 fields")
    );

    let silent = answering("createAction", r#""status":400"#).await;
    let error = silent
        .actions()
        .create(&action_body("score"), &key("k"))
        .await
        .unwrap_err();
    insta::assert_snapshot!(error, @"create action failed: the tenant found it invalid; it did not say why (HTTP 400, request 2)");
}

#[tokio::test]
async fn h_30_only_the_promised_status_means_success() {
    for status in [200, 202, 204, 207] {
        let answer = format!(r#""status":{status}"#);
        let bench = answering("createAction", &answer).await;
        let error = bench
            .actions()
            .create(&action_body("score"), &key("k"))
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind, error.cost.attempts),
            (ApiErrorKind::OutcomeUnknown, 1)
        );
    }
    let bench = answering("getAction", r#""status":204"#).await;
    let error = bench.actions().read(&id("action-0")).await.unwrap_err();
    assert_eq!(error.kind, ApiErrorKind::Malformed);
}

#[tokio::test]
async fn h_31_an_answer_about_something_else_is_not_taken() {
    let other = r#""status":200,"headers":{"Content-Type":"application/json"},"body":{"id":"other","name":"n"}"#;
    let bench = answering("getAction", other).await;
    let error = bench.actions().read(&id("action-0")).await.unwrap_err();
    assert_eq!(error.kind, ApiErrorKind::Malformed);

    let nameless = r#""status":201,"headers":{"Content-Type":"application/json"},"body":{"id":"../x","name":"score"}"#;
    let bench = answering("createAction", nameless).await;
    let error = bench
        .actions()
        .create(&action_body("score"), &key("k"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ApiErrorKind::OutcomeUnknown);
}

#[tokio::test]
async fn h_31_two_entity_tags_are_none() {
    let two = r#""status":200,"headers":{"Content-Type":"application/json","ETag":["\"a\"","\"b\""]},"body":{"id":"action-0","name":"n"}"#;
    let bench = answering("getAction", two).await;
    assert_eq!(
        bench
            .actions()
            .read(&id("action-0"))
            .await
            .unwrap()
            .value
            .tag,
        None
    );
    let weak = r#""status":200,"headers":{"Content-Type":"application/json","ETag":"W/\"a b\""},"body":{"id":"action-0","name":"n"}"#;
    let bench = answering("getAction", weak).await;
    let tag = bench
        .actions()
        .read(&id("action-0"))
        .await
        .unwrap()
        .value
        .tag;
    assert_eq!(tag.unwrap().as_str(), "W/\"a b\"");
}
