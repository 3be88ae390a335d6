//! Schemas are sound, and say what the readers say.

use clap::ValueEnum;
use serde_json::{Value, json};

use super::schema;
use crate::cli::SchemaKind;

mod config;
mod documents;
mod manifest;
mod mutation;

/// A validator of `kind`.
fn validator(kind: SchemaKind) -> jsonschema::Validator {
    jsonschema::draft202012::new(&schema(kind)).unwrap()
}

/// Every map below `schema` that is a schema with one of `keys`, and where it stands.
fn walk(schema: &Value, at: &str, visit: &mut impl FnMut(&str, &Value)) {
    visit(at, schema);
    match schema {
        Value::Object(members) => {
            for (key, member) in members {
                walk(member, &format!("{at}/{key}"), visit);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("{at}/{index}"), visit);
            }
        }
        _ => {}
    }
}

#[test]
fn every_schema_is_sound_and_names_itself() {
    for kind in SchemaKind::value_variants() {
        let schema = schema(*kind);
        jsonschema::draft202012::meta::validate(&schema).unwrap();
        assert_eq!(schema["$id"], format!("urn:cxda:schema:{}", kind.as_str()));
        assert!(schema["title"].is_string() && schema["description"].is_string());
        let named = kind.to_possible_value().unwrap();
        assert_eq!(named.get_name(), kind.as_str());
    }
}

#[test]
fn defaults_and_examples_fit_where_they_stand() {
    let mut looked_at = 0;
    for kind in SchemaKind::value_variants() {
        walk(&schema(*kind), "", &mut |at, part| {
            let examples = part.get("examples").and_then(Value::as_array);
            let examples = examples.into_iter().flatten();
            for value in examples.chain(part.get("default")) {
                let fits = jsonschema::draft202012::is_valid(part, value);
                assert!(fits, "{kind:?} {at}: {value}");
                looked_at += 1;
            }
        });
    }
    assert!(looked_at > 20, "they were not found");
}

/// Whether what stands at `at` is a condition, or holds under one: that is about keys which are described elsewhere.
fn is_conditional(at: &str) -> bool {
    let words = ["/if", "/then", "/else", "/allOf/"];
    words.iter().any(|word| at.contains(word))
}

#[test]
fn every_key_that_a_person_writes_is_described() {
    for kind in [SchemaKind::Manifest, SchemaKind::Config] {
        walk(&schema(kind), "", &mut |at, part| {
            if is_conditional(at) {
                return;
            }
            let properties = part.get("properties").and_then(Value::as_object);
            for (key, property) in properties.into_iter().flatten() {
                let in_reference = matches!(key.as_str(), "env" | "file");
                let described = property["description"].is_string();
                assert!(described || in_reference, "{kind:?} {at}: {key}");
            }
        });
    }
}

#[test]
fn every_map_is_closed_but_those_of_free_names() {
    for kind in SchemaKind::value_variants() {
        walk(&schema(*kind), "", &mut |at, part| {
            if part.get("type") == Some(&json!("object")) && !is_conditional(at) {
                let others = part.get("additionalProperties");
                assert!(others.is_some(), "{kind:?} {at}");
                assert_ne!(others, Some(&json!(true)), "{kind:?} {at}");
            }
        });
    }
}
