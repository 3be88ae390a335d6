//! Every port's promises as tests that each of its adapters passes.
//!
//! A suite is a function over the port; what an adapter needs to have at hand before is said with each. Suites of a tenant name
//! what they make with a prefix of their own, so that they can follow each other on one tenant.

pub mod actions;
pub mod audit;
pub mod checker;
pub mod clock;
pub mod ids;
pub mod jitter;
pub mod journal;
pub mod lookups;
pub mod manifests;
pub mod outbox;
pub mod plans;
pub mod progress;
pub mod relay;
pub mod scripts;
pub mod secrets;
pub mod stop;
pub mod tables;
pub mod views;
pub mod webhook;

use cxda_domain::projection::Projection;
use serde_json::Value;

/// Everything that `wanted` holds must be shown, or left out entirely: what is left out says nothing.
fn assert_shows(shown: &Projection, wanted: &Projection) {
    for (name, value) in wanted.fields() {
        if let Some(found) = shown.at(&[name]) {
            assert_member(name, found, value);
        }
    }
}

fn assert_member(path: &str, found: &Value, wanted: &Value) {
    match (found, wanted) {
        (Value::Object(members), Value::Object(sent)) => {
            for (name, value) in sent {
                if let Some(found) = members.get(name) {
                    assert_member(&format!("{path}.{name}"), found, value);
                }
            }
        }
        _ => assert_eq!(found, wanted, "{path} is shown as it was sent"),
    }
}
