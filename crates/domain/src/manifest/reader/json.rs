//! Values that are taken over as plain JSON, whatever they hold.

use serde_json::{Map, Value};

use crate::manifest::findings::Findings;
use crate::manifest::reader::Found;
use crate::manifest::reader::map::Seen;
use crate::node::NodeValue;
use crate::rule::Rule;

/// The value at `found` as JSON; repeated keys and numbers that JSON cannot carry are findings where they stand.
pub(in crate::manifest) fn json(findings: &mut Findings, found: &Found<'_>) -> Option<Value> {
    // Documents are at most 64 levels deep, so the depth of this recursion is bounded.
    match &found.node.value {
        NodeValue::Map(entries) => {
            let mut members = Map::new();
            let mut seen = Seen::default();
            let mut sound = true;
            for entry in entries {
                let member = Found {
                    node: &entry.node,
                    path: found.path.key(&entry.key),
                };
                sound &= !seen.repeats(findings, entry, &member.path);
                match json(findings, &member) {
                    Some(value) => drop(members.insert(entry.key.clone(), value)),
                    None => sound = false,
                }
            }
            sound.then_some(Value::Object(members))
        }
        NodeValue::List(_) => super::each(findings, found, json).map(Value::Array),
        _ => {
            let value = found.node.to_json();
            if value.is_none() {
                let message = "this number is beyond what JSON carries exactly";
                let hint = "expected a finite number, whole ones of at most 64 bits";
                findings.report_with_hint(Rule::M003, found, message, hint);
            }
            value
        }
    }
}
