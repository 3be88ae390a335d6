//! `cxda doctor`: what it finds on tenants of all kinds, that one failure hides no other, and that it only looks.

use std::io::Read;
use std::net::TcpListener;
use std::time::Instant;

use serde_json::{Value, json};

use crate::stage::{Answer, Asked, Ended, Project, Scripted, Simulated};

const ACTION: &str = "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {name: alpha}\nspec:\n  description: first\n  script: {content: 'function main() {}'}\n";
const NEEDED: &str = "data_actions:read data_actions:write dataactions:read dataactions:write";

/// A project with one action on the tenant at `base_url`.
fn project(base_url: &str) -> Project {
    let project = Project::on(base_url);
    project.write("a.cxda.yaml", ACTION);
    project
}

fn token(scope: &str) -> Answer {
    let body = json!({"access_token": "a-token", "token_type": "Bearer", "expires_in": 3600, "scope": scope});
    Answer::json(200, body.to_string())
}

/// A tenant without any resource whose token may do what `scope` says.
fn tenant(
    scope: &'static str,
    respond: impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static,
) -> Scripted {
    Scripted::start(move |asked| match respond(asked) {
        Some(answer) => answer,
        None if asked.wants_token() => token(scope),
        None => Answer::empty_page(),
    })
}

/// What `doctor` finds, which ends with `code`.
#[track_caller]
fn report(project: &Project, code: i32) -> Value {
    let words = ["doctor", "-o", "json"];
    project.cxda_signed_in(&words).run().exits(code).json()
}

/// The check `name`.
#[track_caller]
fn check(report: &Value, name: &str) -> Value {
    let checks = report["checks"].as_array().unwrap();
    let found = checks.iter().find(|check| check["name"] == name);
    found
        .unwrap_or_else(|| panic!("no check {name}: {report:#}"))
        .clone()
}

/// Makes sure that the check `name` ended with `status` and says `words`.
#[track_caller]
fn finds(report: &Value, name: &str, status: &str, words: &str) {
    let check = check(report, name);
    assert_eq!(check["status"], status, "{name}: {report:#}");
    let said = format!("{} {}", check["detail"], check["remedy"]);
    assert!(
        said.contains(words),
        "{name} does not say {words:?}: {said}"
    );
    let needs_remedy = ["warning", "failed"].contains(&status);
    assert_eq!(
        check["remedy"].is_string(),
        needs_remedy,
        "{name}: {check:#}"
    );
}

#[test]
fn each_check_stands_once_in_the_same_order_whatever_fails() {
    let names = |report: &Value| -> Vec<String> {
        let checks = report["checks"].as_array().unwrap();
        let name = |check: &Value| check["name"].as_str().unwrap().to_owned();
        checks.iter().map(name).collect()
    };
    let served = Simulated::start();
    let sound = names(&report(&project(&served.base_url()), 0));
    assert_eq!(
        sound,
        [
            "settings",
            "manifests",
            "scripts",
            "tenant",
            "credentials",
            "pause",
            "name",
            "connection",
            "TLS",
            "token",
            "clock",
            "views",
            "actions",
            "tables",
            "scopes",
            "rate limit",
            "entity tags",
            "store",
            "audit log",
        ]
    );
    let unreachable = project("http://127.0.0.1:9");
    assert_eq!(names(&report(&unreachable, 12)), sound);
    let ended = unreachable.cxda(&["doctor", "-o", "json"]).run().exits(4);
    assert_eq!(names(&ended.json()), sound, "without credentials");
    let nameless = Project::empty();
    assert_eq!(names(&report(&nameless, 3)), sound, "without a tenant");
    nameless.write("cxda.toml", "[tenant.it]\nbase = 1\n");
    let broken = report(&nameless, 3);
    assert_eq!(names(&broken), sound, "with unreadable settings");
    finds(&broken, "settings", "failed", "cxda.toml:2:1");
}

#[test]
fn a_server_that_never_answers_is_given_up_soon() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    // It takes connections, reads, and keeps them open in silence.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || {
                let _ = stream.map(|mut stream| stream.read_to_end(&mut Vec::new()));
            });
        }
    });
    let began = Instant::now();
    let found = report(&project(&base_url), 12);
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
    finds(&found, "connection", "ok", "takes connections");
    finds(&found, "token", "failed", "");
    finds(&found, "views", "skipped", "");
    finds(&found, "store", "ok", "");
}

#[test]
fn a_refused_token_leaves_everything_else_to_be_looked_at() {
    let server = tenant(NEEDED, |asked| {
        let refused = || Answer::json(401, r#"{"error":"invalid_client"}"#);
        asked.wants_token().then(refused)
    });
    let found = report(&project(server.base_url()), 4);
    finds(&found, "token", "failed", "client id and secret");
    finds(&found, "clock", "ok", "");
    for name in ["views", "actions", "tables", "scopes", "entity tags"] {
        finds(&found, name, "skipped", "no token");
    }
    finds(&found, "store", "ok", "");
    finds(&found, "audit log", "ok", "");
}

#[test]
fn a_listing_that_is_not_permitted_leaves_the_others_alone() {
    let server = tenant(
        "data_actions:write dataactions:read dataactions:write",
        |asked| {
            let refused = || Answer::json(403, r#"{"message":"no"}"#);
            asked.path.ends_with("/views").then(refused)
        },
    );
    let found = report(&project(server.base_url()), 4);
    finds(&found, "views", "failed", "data_actions:read");
    finds(&found, "actions", "ok", "can be listed");
}

#[test]
fn t_19_scopes_are_held_against_what_the_commands_need() {
    for (scope, code, status, words) in [
        (NEEDED, 0, "ok", "no more"),
        (
            "data_actions:read dataactions:read",
            4,
            "failed",
            "missing: data_actions:write for writing views (`apply`)",
        ),
        (
            "data_actions:read data_actions:write dataactions:read dataactions:write dataactions:delete",
            0,
            "warning",
            "`apply --prune`",
        ),
    ] {
        let server = tenant(scope, |_| None);
        let found = report(&project(server.base_url()), code);
        finds(&found, "scopes", status, words);
    }
    let silent = tenant(NEEDED, |asked| {
        asked.wants_token().then(|| Answer::token("t"))
    });
    finds(
        &report(&project(silent.base_url()), 0),
        "scopes",
        "skipped",
        "unknown",
    );
}

#[test]
fn a_clock_that_is_hours_off_is_a_failure() {
    let late = tenant(NEEDED, |asked| {
        let answer = if asked.wants_token() {
            token(NEEDED)
        } else {
            Answer::empty_page()
        };
        Some(answer.header("date", "Thu, 01 Jan 2015 00:00:00 GMT"))
    });
    finds(
        &report(&project(late.base_url()), 1),
        "clock",
        "failed",
        "ahead",
    );
}

#[test]
fn what_the_tenant_says_of_its_limit_is_compared() {
    for (limit, status) in [("60", "warning"), ("100", "ok")] {
        let server = tenant(NEEDED, move |asked| {
            let limited = || Answer::empty_page().header("x-ratelimit-limit", limit);
            (!asked.wants_token()).then(limited)
        });
        let found = report(&project(server.base_url()), 0);
        finds(&found, "rate limit", status, limit);
    }
}

#[test]
fn missing_entity_tags_are_a_warning() {
    for (tag, status) in [(None, "warning"), (Some("\"v1\""), "ok")] {
        let server = tenant(NEEDED, move |asked| {
            let one = r#"{"id":"a-1","name":"alpha","state":"PUBLISHED"}"#;
            match (asked.path.as_str(), tag) {
                ("/api/v2/dataactions", _) => {
                    let page =
                        format!(r#"{{"entities":[{one}],"total":1,"page":1,"pageSize":100}}"#);
                    Some(Answer::json(200, page))
                }
                ("/api/v2/dataactions/a-1", Some(tag)) => {
                    Some(Answer::json(200, one).header("etag", tag))
                }
                ("/api/v2/dataactions/a-1", None) => Some(Answer::json(200, one)),
                _ => None,
            }
        });
        let found = report(&project(server.base_url()), 0);
        finds(&found, "entity tags", status, "");
    }
}

#[test]
fn h_02_a_server_without_tls_is_told_from_one_that_is_not_there() {
    let server = tenant(NEEDED, |_| None);
    let project = project(&server.base_url().replace("http://", "https://"));
    let words = ["doctor", "-o", "json"];
    let ended = project.cxda_signed_in(&words).run();
    assert_ne!(ended.code, 0);
    let found = ended.json();
    finds(&found, "connection", "ok", "");
    finds(&found, "TLS", "failed", "");
    finds(&found, "token", "skipped", "");
    assert_eq!(server.asked().len(), 0);
}

#[test]
fn it_sends_nothing_that_writes_and_writes_no_file() {
    let server = tenant(NEEDED, |_| None);
    let remote = project(server.base_url());
    let built_in = Project::on_simulator();
    built_in.write("a.cxda.yaml", ACTION);
    for project in [&remote, &built_in] {
        let before = project.files();
        let _ = report(project, 0);
        assert_eq!(project.files(), before);
    }
    let lines: Vec<String> = server.asked().iter().map(Asked::line).collect();
    assert_eq!(
        lines,
        [
            "POST /oauth/token",
            "GET /api/v2/data/actions/views",
            "GET /api/v2/dataactions",
            "GET /api/v2/data/actions/tables",
        ]
    );
}

#[test]
fn people_read_it_in_80_columns() {
    let projects = [Project::quickstart(), project("http://127.0.0.1:9")];
    for project in projects {
        let Ended { stdout, .. } = project.cxda(&["doctor"]).run();
        for line in stdout.lines() {
            let is_word = !line.trim().contains(' ');
            let short = line.chars().count() <= 80;
            assert!(short || is_word || line.contains('/'), "{line}");
        }
        assert!(stdout.contains(" ok, "), "{stdout}");
    }
}
