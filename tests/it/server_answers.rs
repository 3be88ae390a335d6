//! What a server may answer instead of what the API promises: the exit code, the message, and what is kept.

use cxda_domain::request::Operation;
use cxda_simulator::config::{Credentials, ScopePolicy, SimConfig};
use serde_json::{Value, json};

use crate::stage::{Answer, Project, Recorder, Scripted, Simulated, config};

const ACTION: &str = "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {name: alpha}\nspec: {description: x, script: {content: 'function main() {}'}}\n";

/// A label, an answer to everything but the token, and the words of the error.
type Case<'a> = (&'a str, fn() -> Answer, &'a [&'a str]);

fn project(base_url: &str) -> Project {
    let project = Project::on(base_url);
    project.write("a.cxda.yaml", ACTION);
    project
}

#[test]
fn h_01_a_host_that_refuses_connections_exits_12() {
    let project = project("http://127.0.0.1:9");
    for words in [&["plan"][..], &["apply", "--yes"], &["get", "actions"]] {
        let _ = project
            .cxda_signed_in(words)
            .run()
            .exits(12)
            .says(&["127.0.0.1:9", "cannot be reached"]);
    }
}

#[test]
fn wrong_credentials_exit_4_and_are_not_tried_again() {
    let exactly = Credentials::Exactly {
        id: "the-client-id".into(),
        secret: "another".into(),
    };
    let tenant = Simulated::with(
        SimConfig {
            credentials: exactly,
            ..config()
        },
        Simulated::fresh(),
    );
    let _ = project(&tenant.base_url())
        .cxda_signed_in(&["plan"])
        .run()
        .exits(4)
        .says(&["credentials"]);
    assert_eq!(tenant.count(Operation::Token), 1);
}

#[test]
fn h_16_a_missing_scope_exits_4_and_is_named() {
    let scopes = ScopePolicy::Granted(vec!["dataactions:read".into()]);
    let tenant = Simulated::with(SimConfig { scopes, ..config() }, Simulated::fresh());
    let project = project(&tenant.base_url());
    let _ = project.cxda_signed_in(&["plan"]).run().exits(0);
    let ended = project
        .cxda_signed_in(&["apply", "--yes", "-o", "json"])
        .run()
        .exits(4);
    assert!(
        ended.both().contains("dataactions:write"),
        "{}",
        ended.both()
    );
    assert_eq!(
        tenant.count(Operation::CreateAction),
        1,
        "a 403 is not tried again"
    );
    assert_eq!(
        tenant.count(Operation::Token),
        2,
        "one for each command: no new token after a 403"
    );
    let phases: Vec<Value> = project
        .audit()
        .iter()
        .map(|record| record["phase"].clone())
        .collect();
    assert_eq!(phases, [json!("intended"), json!("failed")]);
}

#[test]
fn a_token_that_is_refused_twice_exits_4_after_one_renewal() {
    let server = Scripted::with_token(|_| Answer::json(401, r#"{"message":"no"}"#));
    let _ = project(server.base_url())
        .cxda_signed_in(&["plan"])
        .run()
        .exits(4);
    let tokens = server
        .asked()
        .iter()
        .filter(|asked| asked.wants_token())
        .count();
    assert_eq!((tokens, server.asked().len()), (2, 4));
}

#[test]
fn h_07_h_08_answers_that_are_no_answers_exit_12() {
    let cases: [Case<'_>; 8] = [
        (
            "truncated JSON",
            || Answer::json(200, r#"{"entities":["#),
            &["list actions"],
        ),
        ("empty", || Answer::json(200, ""), &["list actions"]),
        ("no JSON", || Answer::json(200, "hello"), &["list actions"]),
        (
            "another shape",
            || Answer::json(200, "[]"),
            &["list actions"],
        ),
        (
            "entities of another type",
            || Answer::json(200, r#"{"entities":{},"total":0}"#),
            &["list actions"],
        ),
        (
            "an entity without a name",
            || Answer::json(200, r#"{"entities":[{"id":"a"}],"total":1}"#),
            &["list actions"],
        ),
        (
            "a page of a portal",
            || Answer::html(200, "<html><h1>Sign in</h1></html>"),
            &["text/html", "Sign in"],
        ),
        (
            "no content",
            || Answer::json(204, ""),
            &["list actions", "204"],
        ),
    ];
    for (label, answer, words) in cases {
        let server = Scripted::with_token(move |_| answer());
        let project = project(server.base_url());
        for command in [&["plan"][..], &["apply", "--yes"], &["get", "actions"]] {
            let ended = project.cxda_signed_in(command).run();
            assert_eq!(
                ended.code,
                12,
                "case: {label}, {command:?}\n{}",
                ended.both()
            );
            assert!(!ended.stderr.contains("panicked"));
            let _ = ended.says(words);
        }
    }
}

#[test]
fn a_base_path_that_does_not_exist_is_told() {
    let tenant = Simulated::start();
    let project = project(&format!("{}/wrong/base", tenant.base_url()));
    let ended = project.cxda_signed_in(&["plan"]).run();
    assert!(
        ended.code != 0 && ended.stderr.contains("404"),
        "{ended:#?}"
    );
    let _ = ended.says(&["base_url", "token path"]);
}

#[test]
fn a_listing_that_is_not_found_is_told_with_its_status() {
    let server = Scripted::with_token(|_| Answer::json(404, r#"{"message":"no such path"}"#));
    let project = project(server.base_url());
    let _ = project
        .cxda_signed_in(&["plan"])
        .run()
        .exits(1)
        .says(&["list actions", "404"]);
    let project = Project::on(server.base_url());
    project.write(
        "v.cxda.yaml",
        "apiVersion: cxda/v1\nkind: MaterializedView\nmetadata: {name: view_one}\nspec:\n  description: A view of a table\n  source: {table: 12345678-1234-1234-1234-123456789012}\n  columns: [{name: a}]\n  refresh: {intervalMinutes: 5}\n",
    );
    let _ = project
        .cxda_signed_in(&["plan"])
        .run()
        .exits(1)
        .says(&["list views", "404"]);
}

#[test]
fn h_11_h_12_h_13_redirects_are_followed_by_nobody() {
    let elsewhere = Recorder::start();
    for status in [301, 302, 303, 307, 308] {
        let target = format!("{}/stolen?code=1", elsewhere.base_url());
        let answer = {
            let target = target.clone();
            move || Answer::json(status, "").header("location", &target)
        };
        let again = answer.clone();
        let listing = Scripted::with_token(move |_| answer());
        let _ = project(listing.base_url())
            .cxda_signed_in(&["plan"])
            .run()
            .exits(12)
            .says(&["redirect"]);
        let token = Scripted::start(move |_| again());
        let ended = project(token.base_url()).cxda_signed_in(&["plan"]).run();
        assert!(matches!(ended.code, 4 | 12), "{status}: {ended:#?}");
        let _ = ended.says(&["redirect"]);
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn h_21_a_rejected_create_exits_3_and_what_else_is_refused_by_its_cause() {
    let tenant = Simulated::start();
    let cases = [
        (
            400,
            3,
            json!({"message": "line 1: compile error"}),
            "compile error",
        ),
        (
            422,
            3,
            json!({"message": "bad", "errors": [{"field": "script", "message": "too odd"}]}),
            "too odd",
        ),
        (404, 1, json!({"message": "nowhere"}), "404"),
        (413, 1, json!({"message": "too large"}), "413"),
        (
            403,
            4,
            json!({"message": "scope missing"}),
            "dataactions:write",
        ),
    ];
    for (status, code, body, words) in cases {
        let project = project(&tenant.base_url());
        let fault = json!({"kind": "answer", "status": status, "body": body});
        tenant.faults(&json!([{"operation": "createAction", "fault": fault}]));
        let before = tenant.count(Operation::CreateAction);
        let ended = project.cxda_signed_in(&["apply", "--yes"]).run();
        assert_eq!(ended.code, code, "case: {status}\n{}", ended.both());
        let _ = ended.says(&[words, "action/alpha"]);
        assert_eq!(
            tenant.count(Operation::CreateAction) - before,
            1,
            "case: {status}"
        );
        let audit = project.audit();
        assert_eq!(audit.len(), 2, "case: {status}");
        assert_eq!(audit[1]["phase"], "failed", "case: {status}");
        assert!(audit[1]["error"].is_string(), "case: {status}");
    }
    tenant.faults(&json!([]));
    let _ = project(&tenant.base_url())
        .cxda_signed_in(&["apply", "--yes"])
        .run()
        .exits(0);
}

#[test]
fn transient_failures_are_retried_and_counted() {
    let tenant = Simulated::start();
    let project = project(&tenant.base_url());
    tenant.faults(&json!([
        {"operation": "listActions", "nth": 1, "fault": {"kind": "answer", "status": 503}},
        {"operation": "createAction", "nth": 1, "fault": {"kind": "drop"}},
    ]));
    let applied = project
        .cxda_signed_in(&["apply", "--yes", "-o", "json"])
        .run()
        .exits(0)
        .json();
    assert_eq!(applied["summary"]["created"], 1);
    assert_eq!(applied["requests"]["retried"], 2);
    assert_eq!(applied["results"][0]["attempts"], 2);
    assert_eq!(tenant.names("actions"), ["alpha"]);
    let log = tenant.log();
    let keys: Vec<&String> = log
        .iter()
        .filter(|entry| entry.operation == Some(Operation::CreateAction))
        .map(|entry| &entry.headers["idempotency-key"])
        .collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1], "the same key in every attempt");
}

#[test]
fn h_09_a_body_without_an_end_is_cut() {
    let server = Scripted::with_token(|_| {
        Answer::json(
            200,
            format!(
                r#"{{"entities":[],"total":0,"x":"{}"}}"#,
                "a".repeat(40 << 20)
            ),
        )
    });
    let _ = project(server.base_url())
        .cxda_signed_in(&["plan"])
        .run()
        .exits(12);
}

#[test]
fn t_06_escapes_of_a_server_never_reach_the_terminal() {
    let evil = "\u{1b}]8;;http://x\u{7}\u{1b}[31mred\u{202e}\u{9b}2J";
    let body = json!({"message": evil}).to_string();
    let server = Scripted::with_token(move |_| Answer::json(400, body.clone()));
    let ended = project(server.base_url())
        .cxda_signed_in(&["plan"])
        .run()
        .exits(3);
    for bad in ['\u{1b}', '\u{7}', '\u{202e}', '\u{9b}'] {
        assert!(!ended.both().contains(bad), "{bad:?}");
    }
    let members = json!({"id": "a-1", "name": format!("x{evil}"), "state": evil}).to_string();
    let page = format!(r#"{{"entities":[{members}],"total":1,"page":1,"pageSize":100}}"#);
    let server = Scripted::with_token(move |_| Answer::json(200, page.clone()));
    let project = project(server.base_url());
    let ended = project.cxda_signed_in(&["get", "actions"]).run().exits(0);
    for bad in ['\u{1b}', '\u{7}', '\u{202e}', '\u{9b}'] {
        assert!(!ended.both().contains(bad), "{bad:?}");
    }
}
