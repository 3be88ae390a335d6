//! Webhooks through the tenant's relay: told once for each write; a failed delivery stays and fails nothing.

use cxda_domain::request::Operation;
use serde_json::{Value, json};

use crate::stage::{Project, Simulated};

mod directives;
mod outbox;
mod settings;

const ACTION: &str = "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {name: alpha}\nspec:\n  description: x\n  script: {content: 'function main() {}'}\n  variables:\n    - {name: token, type: string, encrypted: true, valueFrom: {file: token.txt}}\n  dateProcessing: {sourceField: a, targetField: b, timestamp: '2024-02-29T15:30:00Z', timezone: Etc/UTC, operation: ADD_OFFSET}\n";
const VIEW: &str = "apiVersion: cxda/v1\nkind: MaterializedView\nmetadata: {name: view_one}\nspec:\n  description: A view of a table\n  source: {table: 12345678-1234-1234-1234-123456789012}\n  columns: [{name: a}]\n  refresh: {intervalMinutes: 15}\n";

fn project(tenant: &Simulated, webhook: &str) -> Project {
    let project = Project::on(&tenant.base_url());
    let settings = project.read("cxda.toml");
    project.write("cxda.toml", format!("{settings}[[webhook]]\nname = \"bi\"\nurl = \"https://hooks.example.com/bi\"\n{webhook}"));
    project.write("token.txt", "a-secret-value");
    project.write("a.cxda.yaml", ACTION);
    project.write("v.cxda.yaml", VIEW);
    project
}

/// The payloads that the relay was given since `before`, by the name of their event.
fn payloads(tenant: &Simulated) -> Vec<(String, Value)> {
    let log = tenant.log();
    let relayed = log
        .iter()
        .filter(|entry| entry.operation == Some(Operation::RelayWebhook));
    let mut payloads: Vec<(String, Value)> = relayed
        .map(|entry| {
            let body: Value = serde_json::from_str(entry.body.as_ref().unwrap().get()).unwrap();
            let payload = body["payload"].clone();
            let name = payload.get("event").or_else(|| payload.get("eventType"));
            let name = name
                .and_then(Value::as_str)
                .unwrap_or("DATE_PROCESSED")
                .to_owned();
            (name, payload)
        })
        .collect();
    payloads.sort_by(|left, right| left.0.cmp(&right.0));
    payloads
}

fn names(payloads: &[(String, Value)]) -> Vec<&str> {
    payloads.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn each_write_is_told_in_the_contracts_shape() {
    let tenant = Simulated::start();
    let project = project(&tenant, "");
    let planned = project.cxda_signed_in(&["plan", "-o", "json"]).run();
    let planned = planned.exits(0).json();
    let applied = project
        .cxda_signed_in(&["apply", "--yes", "-o", "json"])
        .run()
        .exits(0)
        .json();
    assert_eq!(applied["webhooks"], json!({"delivered": 4, "pending": 0}));
    let estimated = planned["requests"]["byOperation"]["relayWebhook"].clone();
    assert_eq!(
        estimated, 4,
        "what the tenant is asked to tell costs requests"
    );
    let payloads = payloads(&tenant);
    assert_eq!(
        names(&payloads),
        [
            "ACTION_CREATED",
            "DATE_PROCESSED",
            "VARIABLES_UPDATED",
            "VIEW_CREATED"
        ]
    );
    let keys = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(
        keys(&payloads[0].1),
        ["action_id", "event", "latency_ms", "test_status"]
    );
    assert_eq!(payloads[0].1["test_status"], Value::Null, "nothing ran");
    assert_eq!(keys(&payloads[1].1), ["action_id", "audit_record"]);
    assert_eq!(
        keys(&payloads[1].1["audit_record"]),
        [
            "accuracy_valid",
            "action_id",
            "input_timestamp",
            "latency_ms",
            "output_timestamp",
            "request_id",
            "status",
            "timestamp"
        ]
    );
    assert_eq!(
        keys(&payloads[2].1),
        [
            "data_action_id",
            "encrypted_count",
            "event",
            "latency_ms",
            "success",
            "variable_count"
        ]
    );
    assert_eq!(
        (
            &payloads[2].1["variable_count"],
            &payloads[2].1["encrypted_count"]
        ),
        (&json!(1), &json!(1))
    );
    assert_eq!(keys(&payloads[3].1), ["data", "eventType", "timestamp"]);
    assert_eq!(
        keys(&payloads[3].1["data"]),
        ["creationLatencyMs", "name", "refreshRate", "viewId"]
    );
    assert_eq!(payloads[3].1["data"]["refreshRate"], "15m");
    let again = project
        .cxda_signed_in(&["apply", "--yes", "-o", "json"])
        .run()
        .exits(0)
        .json();
    assert_eq!(again["webhooks"], json!({"delivered": 0, "pending": 0}));
}

#[test]
fn only_the_events_that_a_webhook_wants_are_told() {
    let tenant = Simulated::start();
    let project = project(&tenant, "events = [\"VIEW_CREATED\"]\n");
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    assert_eq!(names(&payloads(&tenant)), ["VIEW_CREATED"]);
}

#[test]
fn a_failed_delivery_fails_nothing_and_what_happens_later_waits_for_it() {
    let tenant = Simulated::start();
    let project = project(&tenant, "events = [\"VIEW_CREATED\", \"VIEW_UPDATED\"]\n");
    tenant.faults(&json!([{"operation": "relayWebhook", "fault": {"kind": "answer", "status": 400, "body": {"message": "no"}}}]));
    let applied = project
        .cxda_signed_in(&["apply", "--yes", "-o", "json"])
        .run()
        .exits(0)
        .json();
    assert_eq!(applied["webhooks"], json!({"delivered": 0, "pending": 1}));
    tenant.faults(&json!([]));
    project.edit("v.cxda.yaml", "intervalMinutes: 15", "intervalMinutes: 20");
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    let _ = project
        .cxda_signed_in(&["webhooks", "deliver"])
        .run()
        .exits(0);
    let told = payloads(&tenant);
    assert_eq!(
        names(&told),
        ["VIEW_CREATED", "VIEW_CREATED", "VIEW_UPDATED"]
    );
    assert_eq!(told[0].1, told[1].1, "told again with the same bytes");
    let again = project
        .cxda_signed_in(&["apply", "--yes", "-o", "json"])
        .run()
        .exits(0)
        .json();
    assert_eq!(again["webhooks"], json!({"delivered": 0, "pending": 0}));
}
