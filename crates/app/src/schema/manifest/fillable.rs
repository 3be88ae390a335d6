//! Strings with `${var.NAME}`, which may stand for any value that is neither a map nor a list.

use cxda_domain::manifest::VAR_OPENING;
use serde_json::{Map, Value, json};

/// What a schema says of a value beside its form.
const ABOUT: [&str; 3] = ["description", "default", "examples"];
/// The key of a script's text, in which `${...}` is JavaScript.
const SCRIPT: &str = "content";

/// `schema`, which takes a string with a reference besides wherever it limits a string, a number or a truth value.
pub(super) fn fillable(schema: Value) -> Value {
    match schema {
        Value::Object(members) if is_limited(&members) => or_reference(members),
        Value::Object(members) => {
            let within = |(key, part): (String, Value)| {
                let part = match (key.as_str(), part) {
                    ("properties", Value::Object(properties)) => {
                        let each = |(key, part): (String, Value)| match key.as_str() {
                            SCRIPT => (key, part),
                            _ => (key, fillable(part)),
                        };
                        Value::Object(properties.into_iter().map(each).collect())
                    }
                    ("allOf", Value::Array(parts)) => {
                        parts.into_iter().map(fillable).collect::<Vec<_>>().into()
                    }
                    ("items" | "then", part) => fillable(part),
                    (_, part) => part,
                };
                (key, part)
            };
            Value::Object(members.into_iter().map(within).collect())
        }
        other => other,
    }
}

/// Whether not every string, number or truth value fits.
fn is_limited(members: &Map<String, Value>) -> bool {
    if members.contains_key("const") || members.contains_key("enum") {
        return true;
    }
    match members.get("type").and_then(Value::as_str) {
        Some("integer" | "boolean") => true,
        Some("string") => members
            .keys()
            .any(|key| key != "type" && !ABOUT.contains(&key.as_str())),
        _ => false,
    }
}

fn or_reference(mut members: Map<String, Value>) -> Value {
    let about = ABOUT
        .into_iter()
        .filter_map(|key| members.remove_entry(key));
    let mut either: Map<String, Value> = about.collect();
    // Each character is taken as it stands.
    let opening: String = VAR_OPENING
        .chars()
        .map(|c| {
            if c.is_alphanumeric() {
                c.to_string()
            } else {
                format!(r"\{c}")
            }
        })
        .collect();
    let reference = json!({"type": "string", "pattern": opening});
    either.insert("anyOf".to_owned(), json!([members, reference]));
    either.into()
}
