//! Creates that are not answered, under every model of a server: one resource in the end, and never two.

use std::time::Duration;

use cxda_simulator::config::SimConfig;
use cxda_simulator::profile::{ProfileName, SimProfile};
use cxda_simulator::{NameRule, SimState};
use cxda_usecases::apply::Outcome;
use serde_json::{Value, json};

use super::stack::Stack;

const ACTION: &str = "apiVersion: cxda/v1
kind: DataAction
metadata: {name: target}
spec:
  description: Scores customers
  script: {content: 'function main() { return 1; }'}
";

const VIEW: &str = "apiVersion: cxda/v1
kind: MaterializedView
metadata: {name: target}
spec:
  description: Summarizes interactions
  source: {table: 12345678-1234-1234-1234-123456789012}
  columns: [{name: customer_id}]
  refresh: {intervalMinutes: 15}
  indexes: {auto: false}
";

/// What a server makes of keys and names.
fn models() -> [(&'static str, Value); 5] {
    [
        ("key honoured", json!({"names": "shared"})),
        ("key ignored, names unique", json!({"keys": "ignored"})),
        (
            "key ignored, names not unique",
            json!({"keys": "ignored", "names": "shared"}),
        ),
        (
            "key window expired",
            json!({"keys": {"expireMilliseconds": 1}, "names": "shared"}),
        ),
        (
            "a saved 500 replayed",
            json!({"keys": "replayErrors", "names": "shared"}),
        ),
    ]
}

/// How the answer to a create is lost.
fn losses() -> [(&'static str, Value); 6] {
    [
        ("dropped before", json!({"kind": "drop"})),
        ("dropped after", json!({"kind": "drop", "committed": true})),
        (
            "silent after",
            json!({"kind": "silence", "committed": true}),
        ),
        ("500 before", json!({"kind": "answer", "status": 500})),
        (
            "500 after",
            json!({"kind": "answer", "status": 500, "committed": true}),
        ),
        ("cut", json!({"kind": "truncate", "bytes": 10})),
    ]
}

/// Runs until nothing is left to do, with time enough in between; what is wrong, if anything is.
async fn settles(stack: &mut Stack, manifest: &str) -> Result<(), String> {
    let mut told = Vec::new();
    for _ in 0..3 {
        let planned = stack.plan(manifest).await;
        let planned = planned.map_err(|error| format!("{told:?}, then {error:?}"))?;
        let applied = stack.apply(&planned, 8).await;
        let left = stack.plan(manifest).await;
        let left = left.map_err(|error| format!("{told:?}, then {error:?}"))?;
        for result in &applied.results {
            let failure = result.failure.as_ref().map(ToString::to_string);
            told.push(format!("{} {failure:?}", result.outcome.as_str()));
            let false_success = result.outcome == Outcome::Done && !left.plan.changes.is_empty();
            if false_success || result.outcome == Outcome::Failed {
                return Err(format!("{told:?}, and it is not so"));
            }
        }
        stack.wait(Duration::from_mins(5)).await;
        stack.restart();
    }
    let held = stack.held("actions").into_iter().chain(stack.held("views"));
    match held.filter(|(name, _)| name == "target").count() {
        1 => Ok(()),
        count => Err(format!("{told:?}, and in the end there are {count}")),
    }
}

async fn under_every_model(operation: &str, manifest: &str) {
    let mut wrong = Vec::new();
    for (model, habits) in models() {
        for (loss, fault) in losses() {
            for times in [1, 2, 4] {
                let config = SimConfig {
                    rate_limit: None,
                    ..SimConfig::new(SimProfile::named(ProfileName::CxoneV2))
                };
                let mut stack = Stack::new(config, SimState::fresh(NameRule::Unique));
                let rule = json!({"operation": operation, "to": times, "fault": fault});
                stack.script(&json!({"formatVersion": "1.0", "tenant": habits, "rules": [rule]}));
                if let Err(what) = settles(&mut stack, manifest).await {
                    wrong.push(format!("{model}, {loss}, {times} times: {what}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn h_27_h_28_an_unanswered_create_of_an_action_makes_one_under_every_model() {
    under_every_model("createAction", ACTION).await;
}

#[tokio::test(start_paused = true)]
async fn h_27_h_28_an_unanswered_create_of_a_view_makes_one_under_every_model() {
    under_every_model("createView", VIEW).await;
}
