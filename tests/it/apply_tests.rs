//! `apply --test`: scripts are tested before anything is sent, and on the tenant's sandbox after each write.

use cxda_domain::request::Operation;
use serde_json::{Value, json};

use crate::signals::Process;
use crate::stage::{Project, Simulated, until};

const WEBHOOK: &str = "[[webhook]]\nname = \"bi\"\nurl = \"https://hooks.example.com/bi\"\n";

/// An action whose script returns `returned`, with a test that expects 12.
fn action(returned: &str, more: &str) -> String {
    format!(
        "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {{name: score}}\nspec:\n  description: Scores\n  \
         script: {{content: 'function main(context) {{ return {returned}; }}'}}\n  \
         tests:\n    - {{name: scales, input: {{score: 10}}, expect: {{output: 12}}}}\n{more}"
    )
}

const RIGHT: &str = "context.input.score * 1.2";
const WRONG: &str = "context.input.score";

fn project(tenant: &Simulated, manifest: &str) -> Project {
    let project = Project::on(&tenant.base_url());
    let settings = project.read("cxda.toml");
    project.write("cxda.toml", settings + WEBHOOK);
    project.write("a.cxda.yaml", manifest);
    project
}

/// `apply --yes --test TEST -o json`, which exits with `code`.
#[track_caller]
fn apply(project: &Project, test: &str, code: i32) -> Value {
    let words = ["apply", "--yes", "--test", test, "-o", "json"];
    project.cxda_signed_in(&words).run().exits(code).json()
}

/// Action and phase of each record about a write.
fn story(project: &Project) -> Vec<String> {
    let records = project.audit().into_iter();
    let writes = records.filter(|record| record["action"] != "DELIVER_WEBHOOK");
    let line = |record: Value| {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        format!("{} {}", text(&record["action"]), text(&record["phase"]))
    };
    writes.map(line).collect()
}

/// What webhooks were told of the action itself: the event, and the status of its test.
fn told(tenant: &Simulated) -> Vec<(String, Value)> {
    let log = tenant.log();
    let relayed = log
        .iter()
        .filter(|entry| entry.operation == Some(Operation::RelayWebhook));
    let payloads = relayed.map(|entry| {
        let body: Value = serde_json::from_str(entry.body.as_ref().unwrap().get()).unwrap();
        let payload = &body["payload"];
        let event = payload["event"].as_str().unwrap().to_owned();
        (event, payload["test_status"].clone())
    });
    payloads.collect()
}

#[test]
fn a_test_that_fails_here_stops_an_apply_before_its_first_request() {
    let tenant = Simulated::start();
    let project = project(&tenant, &action(WRONG, ""));
    let words = ["apply", "--yes"];
    let ended = project.cxda_signed_in(&words).run().exits(8);
    let _ = ended.says(&[
        "action/score: scales",
        "10, expected 12",
        "nothing was sent",
    ]);
    let failed = apply(&project, "all", 8);
    assert_eq!(failed["results"][0]["outcome"], "failed");
    assert_eq!(tenant.log().len(), 0);
    apply(&project, "none", 0);
    assert_eq!(tenant.count(Operation::CreateAction), 1);
}

#[test]
fn what_passed_here_is_said_in_results_webhooks_and_audit() {
    let tenant = Simulated::start();
    let project = project(&tenant, &action(RIGHT, ""));
    let applied = apply(&project, "local", 0);
    let passed = json!({"status": "passed", "failures": []});
    assert_eq!(applied["results"][0]["test"], passed);
    assert_eq!(tenant.count(Operation::TestAction), 0);
    assert_eq!(told(&tenant), [("ACTION_CREATED".into(), json!("SUCCESS"))]);
    let created = &project.audit()[1];
    assert_eq!(created["action"], "CREATE_DATA_ACTION");
    assert_eq!(created["compliance"]["testPassed"], true);
    assert_eq!(created["compliance"]["scriptSyntaxChecked"], true);
}

#[test]
fn what_is_written_is_tested_on_the_tenant_and_webhooks_are_told_how_that_ended() {
    let tenant = Simulated::start();
    let project = project(&tenant, &action(RIGHT, ""));
    let applied = apply(&project, "remote", 0);
    let passed = json!({"status": "passed", "failures": []});
    assert_eq!(applied["results"][0]["test"], passed);
    assert_eq!(tenant.count(Operation::TestAction), 1);
    assert_eq!(told(&tenant), [("ACTION_CREATED".into(), json!("SUCCESS"))]);
    assert_eq!(
        story(&project),
        [
            "CREATE_DATA_ACTION intended",
            "TEST_DATA_ACTION intended",
            "CREATE_DATA_ACTION done",
            "TEST_DATA_ACTION done",
        ]
    );
    assert_eq!(project.audit()[3]["compliance"]["testPassed"], true);
    let planned = project.cxda_signed_in(&["plan", "-o", "json"]).run();
    assert_eq!(planned.exits(0).json()["changes"], json!([]));
    let verified = project.cxda(&["audit", "verify"]).run();
    let _ = verified.exits(0);
}

#[test]
fn an_action_that_fails_its_tests_there_is_switched_off() {
    let tenant = Simulated::start();
    let project = project(&tenant, &action(WRONG, ""));
    let failed = apply(&project, "remote", 8);
    let test = &failed["results"][0]["test"];
    assert_eq!(test["status"], "failed");
    assert_eq!(test["failures"], json!(["scales: output: 10, expected 12"]));
    assert_eq!(tenant.action("score")["members"]["enabled"], false);
    assert_eq!(told(&tenant), [("ACTION_CREATED".into(), json!("FAILED"))]);
    assert_eq!(
        story(&project),
        [
            "CREATE_DATA_ACTION intended",
            "TEST_DATA_ACTION intended",
            "CREATE_DATA_ACTION done",
            "UPDATE_DATA_ACTION intended",
            "UPDATE_DATA_ACTION done",
            "TEST_DATA_ACTION failed",
        ]
    );
    project.write("a.cxda.yaml", action(RIGHT, "  enabled: true\n"));
    apply(&project, "remote", 0);
    assert_eq!(tenant.action("score")["members"]["enabled"], true, "mended");
}

#[test]
fn an_action_that_fails_its_tests_there_stays_where_its_manifest_says_so() {
    let tenant = Simulated::start();
    let project = project(&tenant, &action(WRONG, "  onTestFailure: keep\n"));
    let words = ["apply", "--yes", "--test", "remote"];
    let ended = project.cxda_signed_in(&words).run().exits(8);
    let _ = ended.says(&["it stays as it is", "1 action failed tests on the tenant"]);
    assert_ne!(tenant.action("score")["members"]["enabled"], false);
}

#[test]
fn what_was_there_before_is_restored_where_the_manifest_says_so() {
    let tenant = Simulated::start();
    let revert = "  onTestFailure: revert\n";
    let project = project(&tenant, &action(WRONG, revert));
    let failed = apply(&project, "remote", 8);
    assert_eq!(failed["results"][0]["error"]["code"], "test_failed");
    assert!(tenant.names("actions").is_empty(), "nothing was there");

    project.write("a.cxda.yaml", action(RIGHT, revert));
    apply(&project, "remote", 0);
    let before = tenant.action("score");
    project.write("a.cxda.yaml", action(WRONG, revert));
    let words = ["apply", "--yes", "--test", "remote"];
    let ended = project.cxda_signed_in(&words).run().exits(8);
    let _ = ended.says(&["10, expected 12", "what was there before was restored"]);
    assert_eq!(
        tenant.action("score")["members"]["script"],
        before["members"]["script"]
    );
}

#[test]
fn an_action_without_tests_gets_one_call_that_must_succeed() {
    let tenant = Simulated::start();
    let (manifest, _) = action("context.input.missing.deeper", "")
        .split_once("  tests:")
        .map(|(head, tail)| (head.to_owned(), tail.to_owned()))
        .unwrap();
    let project = project(&tenant, &manifest);
    let failed = apply(&project, "remote", 8);
    let failures = failed["results"][0]["test"]["failures"].to_string();
    assert!(failures.contains("smoke call: TypeError"), "{failures}");
}

#[test]
fn an_action_that_is_not_enabled_is_not_tested_there() {
    let tenant = Simulated::start();
    let project = project(&tenant, &action(WRONG, "  enabled: false\n"));
    let applied = apply(&project, "remote", 0);
    assert_eq!(applied["results"][0]["test"]["status"], "skipped");
    assert_eq!(tenant.count(Operation::TestAction), 0);
    assert_eq!(told(&tenant), [("ACTION_CREATED".into(), Value::Null)]);
}

#[test]
fn a_run_that_is_stopped_before_its_tests_leaves_them_to_the_next_one() {
    let tenant = Simulated::start();
    let project = project(&tenant, &action(WRONG, ""));
    tenant.faults(&json!([{"operation": "testAction", "fault": {"kind": "silence"}}]));
    let words = ["apply", "--yes", "--test", "remote"];
    let mut process = Process::start(&project, &words);
    until("a test", || {
        (tenant.count(Operation::TestAction) == 1).then_some(())
    });
    process.signal("KILL");
    let _ = process.end();
    assert_eq!(told(&tenant), []);

    tenant.faults(&json!([]));
    let again = project.cxda_signed_in(&words).run().exits(8);
    let _ = again.says(&["an earlier run had not come to it", "10, expected 12"]);
    assert_eq!(told(&tenant), [("ACTION_CREATED".into(), json!("FAILED"))]);
    assert_eq!(tenant.action("score")["members"]["enabled"], false);
    let tests = |record: &&Value| record["action"] == "TEST_DATA_ACTION";
    let records = project.audit();
    let phases: Vec<&Value> = records
        .iter()
        .filter(tests)
        .map(|each| &each["phase"])
        .collect();
    assert_eq!(phases, ["intended", "failed"]);
}

#[test]
fn a_plan_with_tests_on_the_tenant_counts_them() {
    let tenant = Simulated::start();
    let project = project(&tenant, &action(RIGHT, ""));
    let words = ["apply", "--yes", "--test", "remote"];
    let ended = project.cxda_signed_in(&words).run().exits(0);
    let cost = ended.stdout.lines().find(|line| line.starts_with("Cost:"));
    let estimated = cost
        .unwrap()
        .split(' ')
        .find_map(|word| word.parse::<usize>().ok());
    assert!(tenant.log().len() <= estimated.unwrap(), "{cost:?}");
}
