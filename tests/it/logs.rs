//! The log on stderr: what a person learns from `-v`, and that a program can read every line of it as JSON.

use serde_json::{Value, json};

use crate::stage::{Ended, Project, Simulated};

const SECRET: &str = "canary-of-the-log-4711";
const ACTION: &str = "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {name: alpha}\nspec:\n  description: first\n  script: {content: 'function main() {}'}\n  variables:\n    - {name: token, type: string, encrypted: true, valueFrom: {env: ALPHA_TOKEN}}\n";

/// An apply of one action that is told to wait once, logged as `words` say.
fn apply(words: &[&str]) -> (Project, Ended) {
    let tenant = Simulated::start();
    let later = json!({"kind": "answer", "status": 503, "headers": {"Retry-After": "1"}});
    tenant.faults(&json!([{"operation": "createAction", "nth": 1, "fault": later}]));
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", ACTION);
    let words = [words, &["apply", "--yes"]].concat();
    let call = project.cxda_signed_in(&words).env("ALPHA_TOKEN", SECRET);
    let ended = call.run().exits(0);
    (project, ended)
}

/// Every line on stderr as the object that it is.
#[track_caller]
fn objects(ended: &Ended) -> Vec<Value> {
    let lines = ended.stderr.lines();
    let parse = |line: &str| -> Value {
        let object: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line:?}"));
        for member in ["timestamp", "level", "message"] {
            assert!(object[member].is_string(), "no {member}: {line}");
        }
        object
    };
    lines.map(parse).collect()
}

/// The member `name` of the innermost span that has it.
fn in_spans<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let spans = object["spans"].as_array()?;
    spans.iter().rev().find_map(|span| span.get(name))
}

#[test]
fn t_04_every_line_of_a_json_log_is_an_object_that_names_what_was_asked_and_no_secret() {
    let (project, ended) = apply(&["-vv", "--log-format", "json"]);
    let objects = objects(&ended);
    let run = project.audit()[0]["runId"].clone();
    let creating = |object: &&Value| {
        in_spans(object, "operation").is_some_and(|operation| operation == "create action")
    };
    let statuses: Vec<u64> = objects
        .iter()
        .filter(creating)
        .filter_map(|object| {
            assert_eq!(in_spans(object, "run"), Some(&run), "{object}");
            let status = in_spans(object, "status")?.as_u64()?;
            for member in ["attempt", "latency_ms"] {
                assert!(in_spans(object, member).unwrap().is_number(), "{object}");
            }
            assert!(
                in_spans(object, "request_id").unwrap().is_string(),
                "{object}"
            );
            Some(status)
        })
        .collect();
    assert!(
        statuses.first() == Some(&503) && statuses.last() == Some(&201),
        "{statuses:?}"
    );
    let told = [
        "the run begins",
        "waits before the next attempt",
        "the run ends",
    ];
    for message in told {
        let said = objects.iter().any(|object| object["message"] == message);
        assert!(said, "{message:?} is missing: {}", ended.stderr);
    }
    let _ = ended.never_says(&[SECRET, "the-client-secret", "Bearer"]);
}

#[test]
fn t_12_errors_hints_and_remarks_are_objects_too() {
    let project = Project::on("http://127.0.0.1:9");
    project.write("a.cxda.yaml", ACTION);
    let json = ["--log-format", "json"];
    let words = [&json[..], &["plan"]].concat();
    let call = project
        .cxda_signed_in(&words)
        .env("ALPHA_TOKEN", "line\nfeed");
    let ended = call.run().exits(12);
    let failed = objects(&ended).pop().unwrap();
    assert_eq!(failed["level"], "ERROR", "{failed}");
    assert!(failed["hint"].is_string(), "{failed}");

    let built_in = Project::quickstart();
    let words = [&json[..], &["plan", "--out", "saved.plan"]].concat();
    let ended = built_in.cxda(&words).run().exits(0);
    let said = objects(&ended);
    let remark = |object: &Value| object["message"].as_str().unwrap().starts_with("Saved to ");
    assert!(said.iter().any(remark), "{}", ended.stderr);
    let words = [&["-q"], &words[..]].concat();
    assert_eq!(built_in.cxda(&words).run().exits(0).stderr, "");
    let words = [&json[..], &["--env-file", "absent", "plan"]].concat();
    let refused = objects(&built_in.cxda(&words).run().exits(3));
    assert_eq!(refused.len(), 1);
}

#[test]
fn a_person_learns_from_one_v_that_something_waits_and_why_and_little_else() {
    let (_project, ended) = apply(&["-v"]);
    let lines: Vec<&str> = ended.stderr.lines().collect();
    let wait = lines
        .iter()
        .find(|line| line.contains("waits before the next attempt"));
    let wait = wait.unwrap_or_else(|| panic!("{}", ended.stderr));
    for word in ["create action", "wait_ms=1", "status=503"] {
        assert!(wait.contains(word), "no {word:?} in {wait}");
    }
    assert!(lines.len() <= 8, "{}", ended.stderr);
    let (_project, silent) = apply(&[]);
    assert_eq!(silent.stderr, "", "without -v there is nothing to tell");
}
