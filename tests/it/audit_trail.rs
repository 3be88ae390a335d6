//! The audit log: what stands in it after runs, and that its chain holds. The chain is computed here anew, from the contract.

use std::fmt::Write as _;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::stage::{Project, Simulated};

const ACTION: &str = "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {name: alpha}\nspec:\n  description: first\n  script: {content: 'function main() {}'}\n  cache: {key: alpha_key, ttl: 300}\n";
const VIEW: &str = "apiVersion: cxda/v1\nkind: MaterializedView\nmetadata: {name: view_one}\nspec:\n  description: A view of a table\n  source: {table: 12345678-1234-1234-1234-123456789012}\n  columns: [{name: a}]\n  refresh: {intervalMinutes: 5}\n  indexes: {auto: false}\n";

/// Makes sure that every line continues the chain, as the contract defines it.
#[track_caller]
fn assert_chain_holds(text: &str) {
    let mut previous = "0".repeat(64);
    assert!(text.ends_with('\n'));
    for (seq, line) in (1..).zip(text.lines()) {
        let mut record: Value = serde_json::from_str(line).unwrap();
        assert_eq!(record["seq"], json!(seq), "{line}");
        assert_eq!(record["prevHash"], json!(previous), "{line}");
        let hash = record.as_object_mut().unwrap().remove("hash").unwrap();
        let canonical = serde_jcs::to_string(&record).unwrap();
        let digest = Sha256::digest(canonical.as_bytes());
        let expected = digest.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        assert_eq!(hash, json!(expected), "{line}");
        previous = expected;
    }
}

/// Action, phase, kind and name of each record, in one text each.
fn story(records: &[Value]) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let line = |record: &Value| {
        let resource = &record["resource"];
        format!(
            "{} {} {}/{}",
            text(&record["action"]),
            text(&record["phase"]),
            text(&resource["type"]),
            text(&resource["name"])
        )
    };
    records.iter().map(line).collect()
}

#[test]
fn each_write_has_one_intended_and_one_outcome_and_the_chain_holds_over_runs() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", ACTION);
    project.write("v.cxda.yaml", VIEW);
    let apply = |words: &[&str]| {
        let words = [&["apply", "--yes", "--parallelism", "1"], words].concat();
        let call = project
            .cxda_signed_in(&words)
            .env("CXDA_ACTOR", "the-tests");
        let _ = call.run().exits(0);
    };
    apply(&[]);
    apply(&[]);
    project.edit("a.cxda.yaml", "ttl: 300", "ttl: 600");
    apply(&[]);
    project.edit("v.cxda.yaml", "intervalMinutes: 5", "intervalMinutes: 10");
    apply(&[]);
    project.remove("a.cxda.yaml");
    apply(&["--prune"]);
    let records = project.audit();
    assert_eq!(
        story(&records),
        [
            "CREATE_MATERIALIZED_VIEW intended view/view_one",
            "BUILD_INDEXES intended view/view_one",
            "CREATE_MATERIALIZED_VIEW done view/view_one",
            "BUILD_INDEXES done view/view_one",
            "CREATE_DATA_ACTION intended action/alpha",
            "CREATE_DATA_ACTION done action/alpha",
            "UPDATE_DATA_ACTION intended action/alpha",
            "UPDATE_DATA_ACTION done action/alpha",
            "UPDATE_MATERIALIZED_VIEW intended view/view_one",
            "BUILD_INDEXES intended view/view_one",
            "UPDATE_MATERIALIZED_VIEW done view/view_one",
            "BUILD_INDEXES done view/view_one",
            "DELETE_DATA_ACTION intended action/alpha",
            "DELETE_DATA_ACTION done action/alpha",
        ]
    );
    assert_chain_holds(&project.read(".cxda/audit.jsonl"));
    let writes = tenant.writes();
    assert_eq!(records.len(), 2 * writes, "two records for each write");
    for record in &records {
        assert_eq!(
            (&record["actor"], &record["tenant"]),
            (&json!("the-tests"), &json!("it"))
        );
    }
    let update = &records[6];
    assert_eq!(update["changes"], json!(["cache"]));
    let runs: std::collections::BTreeSet<_> = records
        .iter()
        .map(|record| record["runId"].as_str().unwrap())
        .collect();
    assert_eq!(runs.len(), 4, "the run without changes wrote nothing");
    let ids: std::collections::BTreeSet<_> = records
        .iter()
        .map(|record| record["auditId"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), records.len());
}

#[test]
fn a_record_has_the_contracts_shape_and_claims_only_what_was_checked() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", ACTION);
    let _ = project
        .cxda_signed_in(&["apply", "--yes"])
        .env("CXDA_ACTOR", "the-tests")
        .run()
        .exits(0);
    let log = project
        .read(".cxda/audit.jsonl")
        .replace(&"0".repeat(64), "[zeros]");
    insta::with_settings!({filters => vec![
        (r"[0-9a-f]{64}", "[hash]"),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "[id]"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "[time]"),
        (r#""latencyMs":\d+\.\d+"#, r#""latencyMs":[ms]"#),
    ]}, {
        insta::assert_snapshot!(log, @r#"
        {"seq":1,"auditId":"[id]","runId":"[id]","timestamp":"[time]","actor":"the-tests","tenant":"it","action":"CREATE_DATA_ACTION","phase":"intended","resource":{"type":"action","id":null,"name":"alpha"},"changes":["cache","dependencies","description","enabled","script","trigger","type"],"metrics":null,"compliance":{"schemaValidated":true,"dependencyVerified":true,"circularReferenceCheckPassed":true,"scriptSyntaxChecked":true,"testPassed":null},"error":null,"prevHash":"[zeros]","hash":"[hash]"}
        {"seq":2,"auditId":"[id]","runId":"[id]","timestamp":"[time]","actor":"the-tests","tenant":"it","action":"CREATE_DATA_ACTION","phase":"done","resource":{"type":"action","id":"[id]","name":"alpha"},"changes":["cache","dependencies","description","enabled","script","trigger","type"],"metrics":{"latencyMs":[ms],"attempts":1},"compliance":{"schemaValidated":true,"dependencyVerified":true,"circularReferenceCheckPassed":true,"scriptSyntaxChecked":true,"testPassed":null},"error":null,"prevHash":"[hash]","hash":"[hash]"}
        "#);
    });
}

#[test]
fn lines_are_compact_and_in_the_order_of_the_contract() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", ACTION);
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    let keys = [
        "seq",
        "auditId",
        "runId",
        "timestamp",
        "actor",
        "tenant",
        "action",
        "phase",
        "resource",
        "changes",
        "metrics",
        "compliance",
        "error",
        "prevHash",
        "hash",
    ];
    for line in project.read(".cxda/audit.jsonl").lines() {
        assert!(!line.contains(": ") && !line.contains(", "), "{line}");
        let places: Vec<usize> = keys
            .iter()
            .map(|key| line.find(&format!("\"{key}\":")).unwrap())
            .collect();
        assert!(places.is_sorted(), "{line}");
    }
}

#[test]
fn the_log_is_written_where_settings_or_the_environment_say() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", ACTION);
    let settings = project.read("cxda.toml");
    project.write(
        "cxda.toml",
        settings + "[audit]\npath = \"logs/audit.jsonl\"\nactor = \"from-settings\"\n",
    );
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    assert!(
        project
            .read("logs/audit.jsonl")
            .contains("\"actor\":\"from-settings\"")
    );
    assert!(!project.has(".cxda/audit.jsonl"));
    project.edit("a.cxda.yaml", "ttl: 300", "ttl: 600");
    let call = project
        .cxda_signed_in(&["apply", "--yes"])
        .env("AUDIT_LOG_PATH", "elsewhere.jsonl");
    let _ = call.run().exits(0);
    // The file elsewhere is brought level with the store, so it holds the whole chain.
    assert_chain_holds(&project.read("elsewhere.jsonl"));
}

#[cfg(unix)]
#[test]
fn who_runs_it_is_the_user_of_the_system_where_nobody_says_otherwise() {
    let user = std::process::Command::new("id")
        .arg("-un")
        .output()
        .unwrap();
    let user = String::from_utf8(user.stdout).unwrap();
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", ACTION);
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    assert_eq!(project.audit()[0]["actor"], user.trim());
}
