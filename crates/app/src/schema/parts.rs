//! Parts that schemas are put together from.

use cxda_domain::address::ResourceKind;
use cxda_domain::rule::Rule;
use serde_json::{Value, json};

use crate::render::FORMAT_VERSION;

/// Text in which something stands besides white space.
pub(super) const FILLED: &str = r"\S";

/// A map of these keys and no others.
pub(super) fn object(required: &[&str], properties: Value) -> Value {
    let mut map = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        map["required"] = json!(required);
    }
    map
}

/// As [`object`], with every key required: what `cxda` prints leaves none out.
pub(super) fn printed(properties: Value) -> Value {
    let keys = properties
        .as_object()
        .map(|properties| properties.keys().cloned().collect::<Vec<_>>());
    let mut map = object(&[], properties);
    map["required"] = json!(keys);
    map
}

/// `schema` with what it means, and the rules that it states, each in its own words.
pub(super) fn told(mut schema: Value, meaning: &str, rules: &[Rule]) -> Value {
    let rules = rules
        .iter()
        .map(|rule| format!(" {rule}: {}", rule.summary()));
    schema["description"] = rules
        .fold(meaning.to_owned(), |text, rule| text + &rule)
        .into();
    schema
}

/// `schema` with what stands where nothing is written.
pub(super) fn or(mut schema: Value, default: impl Into<Value>) -> Value {
    schema["default"] = default.into();
    schema
}

/// One of these words, in exact case.
pub(super) fn one_of<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str) -> Value {
    let words: Vec<&str> = all.iter().map(|each| word(*each)).collect();
    json!({"type": "string", "enum": words})
}

/// Text.
pub(super) fn text() -> Value {
    json!({"type": "string"})
}

/// Text that is not empty.
pub(super) fn filled() -> Value {
    json!({"type": "string", "minLength": 1})
}

/// True or false.
pub(super) fn boolean() -> Value {
    json!({"type": "boolean"})
}

/// A whole number from 0.
pub(super) fn count() -> Value {
    json!({"type": "integer", "minimum": 0})
}

/// A list of these.
pub(super) fn list(items: Value) -> Value {
    let mut list = json!({"type": "array"});
    list["items"] = items;
    list
}

/// This or null.
pub(super) fn or_null(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

/// The address of a resource.
pub(super) fn address() -> Value {
    let kinds = ResourceKind::ALL.map(ResourceKind::as_str).join("|");
    let address = json!({"type": "string", "pattern": format!("^({kinds})/.")});
    told(address, "Kind and name of the resource.", &[])
}

/// The version of a printed shape.
pub(super) fn format_version() -> Value {
    told(
        json!({"const": FORMAT_VERSION}),
        "The version of this shape.",
        &[],
    )
}
