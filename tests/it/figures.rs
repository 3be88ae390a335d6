//! What the store knows: variables and their age, cache lookups, figures about writes.

use serde_json::json;

use crate::stage::{Project, Simulated};

const ACTION: &str = "apiVersion: cxda/v1
kind: DataAction
metadata: {name: score_calc}
spec:
  description: Weighted customer score
  script: {content: 'function main() { return 1; }'}
  variables:
    - {name: auth_token, type: string, encrypted: true, valueFrom: {env: SCORE_TOKEN}}
    - {name: retry_limit, type: integer, value: 3}
";

fn applied(tenant: &Simulated) -> Project {
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", ACTION);
    apply(&project, "the-first-token");
    project
}

fn apply(project: &Project, token: &str) {
    let call = project.cxda_signed_in(&["apply", "--yes"]);
    let _ = call.env("SCORE_TOKEN", token).run().exits(0);
}

fn changed(project: &Project) -> String {
    let all = ["variables", "rotation", "--max-age", "0s", "-o", "json"];
    let due = project.cxda(&all).run().exits(0).json();
    due["items"][0]["changed"].as_str().unwrap().to_owned()
}

#[test]
fn variables_are_listed_without_values_and_without_a_tenant() {
    let project = Project::empty();
    project.write("cxda.toml", "");
    project.write("a.cxda.yaml", ACTION);
    let listed = project.cxda(&["variables", "list"]).run().exits(0);
    assert_eq!(
        listed.stdout,
        "ACTION      NAME         TYPE     SCOPE   ENCRYPTED  FROM\n\
         score_calc  auth_token   string   action  yes        environment variable SCORE_TOKEN\n\
         score_calc  retry_limit  integer  action  no         value\n"
    );
    let json = project.cxda(&["variables", "list", "-o", "json"]).run();
    assert_eq!(
        json.exits(0).json()["items"][1],
        json!({"action": "score_calc", "name": "retry_limit", "type": "integer", "scope": "action", "encrypted": false,
            "source": "value"})
    );
    let _ = project
        .cxda(&["variables", "list", "score_calx"])
        .run()
        .exits(64)
        .says(&["score_calx"]);
    project.write(
        "a.cxda.yaml",
        &ACTION[..ACTION.find("  variables").unwrap()],
    );
    let none = project.cxda(&["variables", "list"]).run().exits(0);
    assert_eq!(none.stdout, "");
    let _ = none.says(&["No variables are declared."]);
}

#[test]
fn a_secret_is_due_by_the_age_of_its_last_change() {
    let tenant = Simulated::start();
    let project = applied(&tenant);
    let first = changed(&project);
    project.edit("a.cxda.yaml", "value: 3", "value: 4");
    apply(&project, "the-first-token");
    assert_eq!(changed(&project), first, "another variable changed");
    apply(&project, "the-second-token");
    assert_ne!(changed(&project), first);

    let rotation = |more: &[&str]| {
        let all: Vec<&str> = ["variables", "rotation", "--detailed-exitcode"]
            .iter()
            .chain(more)
            .copied()
            .collect();
        project.cxda(&all).run()
    };
    let _ = rotation(&[]).exits(0).says(&["0 of 1", "90 days"]);
    let _ = rotation(&["--max-age", "0s"])
        .exits(2)
        .says(&["auth_token", "1 of 1"]);
    let _ = rotation(&["other_action", "--max-age", "0s"])
        .exits(64)
        .says(&["other_action"]);
    let _ = rotation(&["--help"]).exits(0).says(&["[default: 90d]"]);
}

#[test]
fn hits_and_misses_are_counted_apart_for_actions_that_there_are() {
    let tenant = Simulated::start();
    let project = applied(&tenant);
    let record = |action: &str, hits: &str, misses: &str| {
        let all = [
            "cache", "record", action, "--hits", hits, "--misses", misses,
        ];
        project.cxda(&all).run()
    };
    let _ = record("score_calc", "2", "1").exits(0);
    let _ = record("score_calc", "1", "0").exits(0);
    let _ = record("score_calx", "1", "0")
        .exits(64)
        .says(&["score_calx"]);
    let stats = project.cxda(&["cache", "stats", "-o", "json"]).run();
    assert_eq!(
        stats.exits(0).json(),
        json!({"formatVersion": "1.0", "items": [{"action": "score_calc", "hits": 3, "misses": 1, "hitRate": 0.75}]})
    );
    let other = project.cxda(&["cache", "stats", "other_action"]).run();
    let _ = other.exits(64).says(&["other_action"]);
    // One that was applied is known also where no manifest names it any more, and so is one that was counted.
    project.write("a.cxda.yaml", ACTION.replace("score_calc", "another"));
    for known in ["score_calc", "another"] {
        let _ = project.cxda(&["cache", "stats", known]).run().exits(0);
        let _ = project
            .cxda(&["variables", "rotation", known])
            .run()
            .exits(0);
    }
}

#[test]
fn metrics_tell_how_the_writes_went() {
    let tenant = Simulated::start();
    let project = applied(&tenant);
    project.edit("a.cxda.yaml", "value: 3", "value: 4");
    tenant.faults(
        &json!([{"operation": "replaceAction", "fault": {"kind": "answer", "status": 400}}]),
    );
    let refused = project.cxda_signed_in(&["apply", "--yes"]);
    let refused = refused.env("SCORE_TOKEN", "the-first-token").run();
    assert_eq!(refused.code, 3, "{}", refused.both());
    let told = project.cxda(&["metrics", "-o", "json"]).run().exits(0);
    let told = told.json();
    let writes = &told["writes"];
    assert_eq!(
        (&writes["done"], &writes["failed"], &writes["successRate"]),
        (&json!(1), &json!(1), &json!(0.5))
    );
    assert_eq!(writes["latencyMs"]["count"], 2);
    assert_eq!(
        told["encryption"],
        json!({"sent": 1, "stored": 1, "successRate": 1.0})
    );
    let text = project.cxda(&["metrics"]).run().exits(0);
    let _ = text.says(&["create data action", "50.0 %", "100.0 % (1 of 1 sent)"]);
}

#[test]
fn prometheus_reads_every_line() {
    let tenant = Simulated::start();
    let project = applied(&tenant);
    let told = project
        .cxda(&["metrics", "-o", "prometheus"])
        .run()
        .exits(0);
    for line in told.stdout.lines() {
        let comment = line.starts_with("# HELP cxda_") || line.starts_with("# TYPE cxda_");
        let sample = line.split_once("} ").is_some_and(|(name, value)| {
            name.starts_with("cxda_") && value.parse::<f64>().is_ok_and(f64::is_finite)
        });
        assert!(comment || sample, "{line}");
    }
    let wanted =
        "cxda_writes_total{tenant=\"it\",action=\"CREATE_DATA_ACTION\",outcome=\"done\"} 1\n";
    assert!(told.stdout.contains(wanted), "{}", told.stdout);
    let _ = project.cxda(&["plan", "-o", "prometheus"]).run().exits(64);
}

#[test]
fn without_a_store_there_is_nothing_to_tell_and_none_is_made() {
    let project = Project::on("https://na1.example");
    for command in [
        &["metrics"][..],
        &["cache", "stats"],
        &["variables", "rotation"],
    ] {
        let _ = project.cxda(command).run().exits(0);
    }
    assert!(!project.has(".cxda"));
}
