//! Runs that do not come to their end, or must not begin: part failures, lost answers, locks, and an audit log that cannot
//! be written.

use std::thread;

use cxda_domain::request::Operation;
use serde_json::{Value, json};

use crate::stage::{Gate, Project, Simulated, gated};

/// A manifest of an action that depends on these.
fn action(name: &str, dependencies: &str) -> String {
    format!(
        "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {{name: {name}}}\nspec: {{description: x, script: {{content: 'function main() {{}}'}}, dependencies: [{dependencies}]}}\n---\n"
    )
}

/// Three in a chain and two on their own.
fn five(base_url: &str) -> Project {
    let project = Project::on(base_url);
    let text = [
        action("chain_a", ""),
        action("chain_b", "chain_a"),
        action("chain_c", "chain_b"),
        action("lone_a", ""),
        action("lone_b", ""),
    ];
    project.write("all.cxda.yaml", text.concat());
    project
}

fn outcomes(applied: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let results = applied["results"].as_array().unwrap().iter();
    results
        .map(|result| (text(&result["address"]), text(&result["outcome"])))
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let pair =
        |(address, outcome): &(&str, &str)| (format!("action/{address}"), (*outcome).to_owned());
    expected.iter().map(pair).collect()
}

#[test]
fn a_partial_apply_exits_6_skips_what_depended_and_the_next_run_continues() {
    let tenant = Simulated::start();
    let project = five(&tenant.base_url());
    tenant.faults(&json!([{"operation": "createAction", "name": "chain_b", "fault": {"kind": "answer", "status": 400, "body": {"message": "no"}}}]));
    let ended = project
        .cxda_signed_in(&["apply", "--yes", "-o", "json"])
        .run()
        .exits(6);
    let applied = ended.json();
    assert_eq!(
        outcomes(&applied),
        pairs(&[
            ("chain_a", "done"),
            ("chain_b", "failed"),
            ("chain_c", "skipped"),
            ("lone_a", "done"),
            ("lone_b", "done")
        ])
    );
    let summary = &applied["summary"];
    assert_eq!(
        (&summary["created"], &summary["failed"], &summary["skipped"]),
        (&json!(3), &json!(1), &json!(1))
    );
    tenant.faults(&json!([]));
    let before = tenant.count(Operation::CreateAction);
    let _ = project
        .cxda_signed_in(&["apply", "--yes"])
        .run()
        .exits(0)
        .says(&["2 created"]);
    assert_eq!(
        tenant.count(Operation::CreateAction) - before,
        2,
        "what is done is not done twice"
    );
    let _ = project
        .cxda_signed_in(&["plan", "--detailed-exitcode"])
        .run()
        .exits(0);
}

#[test]
fn a_partial_apply_says_for_people_what_was_not_done_and_what_to_do() {
    let tenant = Simulated::start();
    let project = five(&tenant.base_url());
    tenant.faults(&json!([{"operation": "createAction", "name": "chain_b", "fault": {"kind": "answer", "status": 400, "body": {"message": "no"}}}]));
    let ended = project.cxda_signed_in(&["apply", "--yes"]).run().exits(6);
    let _ = ended.says(&["failed", "skipped", "action/chain_c", "cxda apply"]);
}

#[test]
fn with_on_error_stop_nothing_new_is_begun() {
    let tenant = Simulated::start();
    let project = five(&tenant.base_url());
    tenant.faults(&json!([{"operation": "createAction", "nth": 2, "fault": {"kind": "answer", "status": 400, "body": {"message": "no"}}}]));
    let words = [
        "apply",
        "--yes",
        "--on-error",
        "stop",
        "--parallelism",
        "1",
        "-o",
        "json",
    ];
    let applied = project.cxda_signed_in(&words).run().exits(6).json();
    assert_eq!(tenant.count(Operation::CreateAction), 2);
    assert_eq!(applied["summary"]["skipped"], 3);
}

#[test]
fn where_nothing_was_applied_the_exit_code_is_the_cause() {
    let tenant = Simulated::start();
    let project = five(&tenant.base_url());
    let answer = |status| json!({"kind": "answer", "status": status, "body": {"message": "no"}});
    let taken = json!({"kind": "preempt", "members": {"description": "Somebody else's"}});
    for (fault, code) in [
        (answer(400), 3),
        (answer(403), 4),
        (answer(404), 1),
        (taken, 5),
    ] {
        tenant.faults(&json!([{"operation": "createAction", "fault": fault}]));
        let _ = project
            .cxda_signed_in(&["apply", "--yes"])
            .run()
            .exits(code);
    }
}

#[test]
fn h_04_an_unanswered_create_is_unknown_and_sent_again_by_the_next_run_under_the_same_key() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", action("alpha", ""));
    // The create is not answered, and the look that must come before it is sent again is refused.
    tenant.faults(&json!([
        {"operation": "createAction", "fault": {"kind": "drop"}},
        {"operation": "listActions", "from": 2, "fault": {"kind": "answer", "status": 400}},
    ]));
    let applied = project
        .cxda_signed_in(&["apply", "--yes", "-o", "json"])
        .run()
        .exits(12)
        .json();
    assert_eq!(applied["results"][0]["outcome"], "unknown");
    let audit = project.audit();
    assert_eq!(audit.last().unwrap()["phase"], "unknown");
    tenant.faults(&json!([]));
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    let keys: Vec<String> = tenant
        .log()
        .iter()
        .filter(|entry| entry.operation == Some(Operation::CreateAction))
        .map(|entry| entry.headers["idempotency-key"].clone())
        .collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1]);
    assert_eq!(tenant.names("actions"), ["alpha"]);
}

#[test]
fn h_27_a_create_that_was_committed_but_not_answered_is_found_and_not_made_twice() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", action("alpha", ""));
    tenant.faults(&json!([{"operation": "createAction", "fault": {"kind": "answer", "status": 500, "committed": true, "body": {"message": "lost"}}}]));
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    assert_eq!(tenant.names("actions"), ["alpha"]);
    let _ = project
        .cxda_signed_in(&["plan", "--detailed-exitcode"])
        .run()
        .exits(0);
}

#[test]
fn of_two_applies_at_once_one_proceeds_and_the_other_exits_10_and_names_the_holder() {
    let gate = Gate::default();
    let server = gated(&gate);
    let project = Project::on(server.base_url());
    project.write("a.cxda.yaml", action("alpha", ""));
    thread::scope(|scope| {
        let first = scope.spawn(|| {
            project
                .cxda_signed_in(&["apply", "--yes"])
                .env("CXDA_ACTOR", "first-of-two")
                .run()
        });
        gate.wait_until_reached();
        let asked = server.asked().len();
        let second = project.cxda_signed_in(&["apply", "--yes"]).run().exits(10);
        let _ = second.says(&["first-of-two"]);
        assert_eq!(server.asked().len(), asked, "the second sent nothing");
        let third = scope.spawn(|| {
            let words = ["apply", "--yes", "--lock-timeout", "60s"];
            project.cxda_signed_in(&words).run()
        });
        gate.open();
        let _ = first.join().unwrap().exits(0);
        // The tenant still lists nothing, so the third finds its action gone and makes it again.
        let _ = third.join().unwrap().exits(0);
    });
}

#[test]
fn an_audit_log_that_cannot_be_written_exits_11_and_nothing_is_sent() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", action("alpha", ""));
    project.write("a-folder/file", "");
    let call = project
        .cxda_signed_in(&["apply", "--yes"])
        .env("AUDIT_LOG_PATH", "a-folder");
    let _ = call.run().exits(11).says(&["audit"]);
    project.write("a-file", "");
    let call = project
        .cxda_signed_in(&["apply", "--yes"])
        .env("AUDIT_LOG_PATH", "a-file/audit.jsonl");
    let _ = call.run().exits(11).says(&["audit"]);
    assert_eq!(tenant.writes(), 0);
}

#[test]
fn t_11_an_audit_log_that_was_changed_exits_11_and_nothing_is_sent() {
    let tenant = Simulated::start();
    let project = five(&tenant.base_url());
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    let log = project.read(".cxda/audit.jsonl");
    let lines: Vec<&str> = log.lines().collect();
    let joined = |lines: &[&str]| lines.join("\n") + "\n";
    let swapped = {
        let mut lines = lines.clone();
        lines.swap(2, 3);
        joined(&lines)
    };
    let cases = [
        ("an edit", log.replacen("chain_a", "chain_x", 1)),
        ("a gap", joined(&[&lines[..2], &lines[3..]].concat())),
        ("a swap", swapped),
        (
            "a line twice",
            joined(&[&lines[..], &lines[lines.len() - 1..]].concat()),
        ),
        ("a beginning cut off", joined(&lines[1..])),
        ("a space", log.replacen("{\"seq\"", "{ \"seq\"", 1)),
    ];
    project.write("more.cxda.yaml", action("more", ""));
    let writes = tenant.writes();
    for (label, changed) in cases {
        project.write(".cxda/audit.jsonl", &changed);
        let ended = project.cxda_signed_in(&["apply", "--yes"]).run();
        assert_eq!(ended.code, 11, "case: {label}\n{}", ended.both());
        assert_eq!(
            project.read(".cxda/audit.jsonl"),
            changed,
            "case: {label}: never rewritten"
        );
        let _ = project.cxda_signed_in(&["doctor"]).run().exits(11);
    }
    assert_eq!(tenant.writes(), writes);
    project.write(".cxda/audit.jsonl", &log);
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
}

#[test]
fn a_torn_last_line_is_set_aside_and_what_the_file_lacks_is_appended() {
    let tenant = Simulated::start();
    let project = five(&tenant.base_url());
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    let log = project.read(".cxda/audit.jsonl");
    project.write("more.cxda.yaml", action("more", ""));
    for kept in [log.len() - 30, log.len() - 1, 0] {
        project.write(".cxda/audit.jsonl", &log[..kept]);
        let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
        assert!(
            project.read(".cxda/audit.jsonl").starts_with(&log),
            "kept {kept}"
        );
        let _ = project.cxda_signed_in(&["doctor"]).run().exits(0);
    }
}

#[test]
fn t_21_more_deletes_than_allowed_exit_9_before_any_write() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    let names: Vec<String> = (0..12).map(|number| format!("mass_{number:02}")).collect();
    let all: String = names.iter().map(|name| action(name, "")).collect();
    project.write("all.cxda.yaml", &all);
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    project.write(
        "all.cxda.yaml",
        action(&names[0], "").replace("description: x", "description: changed"),
    );
    let writes = tenant.writes();
    let _ = project
        .cxda_signed_in(&["apply", "--yes", "--prune"])
        .run()
        .exits(9)
        .says(&["11", "10", "--allow-deletes"]);
    let _ = project
        .cxda_signed_in(&["apply", "--yes", "--prune", "--allow-deletes", "10"])
        .run()
        .exits(9);
    assert_eq!(tenant.writes(), writes, "the update was not sent either");
    let applied = project
        .cxda_signed_in(&[
            "apply",
            "--yes",
            "--prune",
            "--allow-deletes",
            "11",
            "-o",
            "json",
        ])
        .run()
        .exits(0)
        .json();
    assert_eq!(
        (
            &applied["summary"]["deleted"],
            &applied["summary"]["updated"]
        ),
        (&json!(11), &json!(1))
    );
    assert_eq!(tenant.names("actions"), [names[0].clone()]);
}
