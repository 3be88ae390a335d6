//! Runs that are asked to stop, at any moment and whatever the tenant does: how soon they end, what is on record then, and
//! what the next run makes of it.

use std::time::Duration;

use cxda_adapters_http::STOP_GRACE;
use cxda_domain::request::Operation;
use cxda_usecases::apply::Outcome;
use serde_json::{Value, json};

use super::stack::Stack;
use crate::stage::{Simulated, config};

const NAMES: [&str; 4] = ["alpha", "beta", "gamma", "delta"];

/// The longest that any fault keeps a run busy that nobody stops.
const LONG: Duration = Duration::from_mins(10);

fn manifests(description: &str, names: &[&str]) -> String {
    let action = |name: &&str| {
        format!(
            "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {{name: {name}}}\nspec: {{description: {description}, script: {{content: 'function main() {{}}'}}}}\n---\n"
        )
    };
    names.iter().map(action).collect()
}

/// Every intent on record has an outcome on record: of one resource, one follows the other.
fn assert_settled(stack: &Stack) {
    for name in NAMES {
        let records = stack.audited();
        let of_name = records
            .iter()
            .filter(|record| record["resource"]["name"] == name);
        let phases: Vec<&str> = of_name
            .map(|record| record["phase"].as_str().unwrap())
            .collect();
        for (at, phase) in phases.iter().enumerate() {
            if *phase == "intended" {
                let next = phases.get(at + 1).copied();
                assert!(next.is_some_and(|next| next != "intended"), "{phases:?}");
            }
        }
    }
}

/// Asks a run over `rules` to stop after `stop_after`; `updates` are updates, the others creates.
async fn stopped_after(stop_after: Duration, rules: &Value, updates: usize) {
    let mut stack = Stack::new(config(), Simulated::fresh());
    if updates > 0 {
        let before = stack.plan(&manifests("before", &NAMES[..updates])).await;
        let _ = stack.apply(&before.unwrap(), 8).await;
    }
    let wanted = manifests("after", &NAMES);
    let planned = stack.plan(&wanted).await.unwrap();
    stack.faults(rules);
    let began = stack.elapsed();
    let stopping = async {
        stack.wait(stop_after).await;
        stack.stop();
    };
    let (applied, ()) = tokio::join!(stack.apply(&planned, 2), stopping);
    let label = format!("{stop_after:?} {rules} {updates}");
    let took = stack.elapsed().saturating_sub(began);
    assert!(took <= stop_after + STOP_GRACE, "{label}: {took:?}");
    assert_settled(&stack);
    let held = |stack: &Stack| -> Vec<(String, Value)> {
        let mut held: Vec<_> = stack
            .held("actions")
            .into_iter()
            .map(|(name, value)| (name, value["members"]["description"].clone()))
            .collect();
        held.sort_by(|left, right| left.0.cmp(&right.0));
        held
    };
    for result in &applied.results {
        let there = held(&stack).contains(&(result.address.name.clone(), json!("after")));
        match result.outcome {
            Outcome::Done => assert!(there, "{label}: {result:?}"),
            Outcome::Failed | Outcome::Skipped => assert!(!there, "{label}: {result:?}"),
            Outcome::Unknown => {}
        }
    }
    // The next run, once nothing of this one can be under way any more.
    stack.faults(&json!([]));
    stack.wait(LONG).await;
    stack.restart();
    let rest = stack.plan(&wanted).await.unwrap();
    let applied = stack.apply(&rest, 8).await;
    let done = applied.count(Outcome::Done);
    assert_eq!(done, applied.results.len(), "{label}: {applied:?}");
    let mut names = NAMES;
    names.sort_unstable();
    let wanted_there = names.map(|name| (name.to_owned(), json!("after")));
    assert_eq!(held(&stack), wanted_there, "{label}");
    assert_settled(&stack);
    let planned = stack.plan(&wanted).await.unwrap();
    assert!(planned.plan.changes.is_empty(), "{label}");
}

#[tokio::test(start_paused = true)]
async fn a_run_ends_soon_after_it_is_asked_to_and_the_next_one_goes_on() {
    let on_writes = |fault: &Value| {
        json!([
            {"operation": "createAction", "fault": fault},
            {"operation": "replaceAction", "fault": fault},
        ])
    };
    let faults = [
        json!([]),
        on_writes(&json!({"kind": "silence"})),
        on_writes(&json!({"kind": "silence", "committed": true})),
        on_writes(&json!({"kind": "reset", "committed": true})),
        on_writes(&json!({"kind": "delay", "milliseconds": 3_000})),
        on_writes(
            &json!({"kind": "answer", "status": 429, "headers": {"Retry-After": "120"}, "body": {}}),
        ),
        on_writes(&json!({"kind": "answer", "status": 503, "body": {}})),
        on_writes(&json!({"kind": "answer", "status": 500, "committed": true, "body": {}})),
        on_writes(&json!({"kind": "answer", "status": 423, "body": {}})),
        json!([{"operation": "token", "fault": {"kind": "silence"}}]),
        json!([{"operation": "getAction", "fault": {"kind": "silence"}}]),
        json!([{"operation": "getAction", "fault": {"kind": "alter", "body": {"state": "PUBLISHING"}}}]),
        json!([
            {"operation": "createAction", "fault": {"kind": "drop"}},
            {"operation": "listActions", "fault": {"kind": "silence"}},
        ]),
    ];
    for rules in &faults {
        for millis in [0, 1, 700, 2_500, 4_000, 12_000, 31_000, 65_000] {
            for updates in [0, 2] {
                stopped_after(Duration::from_millis(millis), rules, updates).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_not_sent_is_taken_back_and_what_was_not_answered_stays_open() {
    let stack = Stack::new(config(), Simulated::fresh());
    let planned = stack.plan(&manifests("after", &["alpha", "beta"])).await;
    let planned = planned.unwrap();
    stack.faults(&json!([
        {"operation": "createAction", "nth": 1, "fault": {"kind": "silence"}},
        {"operation": "createAction", "nth": 2, "fault": {"kind": "answer", "status": 429, "headers": {"Retry-After": "60"}, "body": {}}},
    ]));
    let stopping = async {
        stack.wait(Duration::from_secs(1)).await;
        stack.stop();
    };
    let (applied, ()) = tokio::join!(stack.apply(&planned, 2), stopping);
    let outcomes: Vec<Outcome> = applied.results.iter().map(|each| each.outcome).collect();
    assert_eq!(outcomes, [Outcome::Unknown, Outcome::Skipped]);
    assert_eq!(stack.count(Operation::CreateAction), 2);
    let ends: Vec<Value> = stack
        .audited()
        .iter()
        .filter(|record| record["phase"] != "intended")
        .map(|record| json!([record["resource"]["name"], record["phase"]]))
        .collect();
    assert_eq!(
        ends,
        [json!(["beta", "failed"]), json!(["alpha", "unknown"])]
    );
}
