//! Laws of reading that hold for whatever a file says.

use cxda_adapters_fs::reader::{Format, read};
use cxda_domain::node::{Node, NodeValue};
use proptest::prelude::*;
use serde_json::Value;

fn json_value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~é😀\n\u{1}]{0,8}".prop_map(Value::from),
        "(no|on|012|1:30|1e3|~|<<|null|-|: |# x|\\*a)".prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[a-cé\"\n ]{0,3}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn sole(format: Format, text: &str) -> Node {
    let mut outcome = read(format, text.as_bytes());
    assert_eq!(outcome.errors, [], "{text}");
    assert_eq!(outcome.documents.len(), 1, "{text}");
    outcome.documents.remove(0)
}

/// Whether every place lies in the text and inner values stand behind what holds them.
fn places_are_in_order(node: &Node) -> bool {
    match &node.value {
        NodeValue::List(items) => items
            .iter()
            .all(|item| item.at >= node.at && places_are_in_order(item)),
        NodeValue::Map(entries) => entries.iter().all(|entry| {
            entry.at >= node.at && entry.node.at >= entry.at && places_are_in_order(&entry.node)
        }),
        _ => true,
    }
}

/// Whether some map below `node` has a key twice.
fn repeats_a_key(node: &Node) -> bool {
    match &node.value {
        NodeValue::List(items) => items.iter().any(repeats_a_key),
        NodeValue::Map(entries) => {
            let mut keys: Vec<_> = entries.iter().map(|entry| &entry.key).collect();
            keys.sort();
            keys.windows(2).any(|pair| pair[0] == pair[1])
                || entries.iter().any(|entry| repeats_a_key(&entry.node))
        }
        _ => false,
    }
}

/// One expression of TOML, from few keys, so that they meet.
///
/// A dotted key of three parts is left out: the reference reader lets it add to what `[[…]]` began.
fn toml_line() -> impl Strategy<Value = String> {
    let key = "[abc](\\.[abc]){0,2}";
    prop_oneof![
        key.prop_map(|key| format!("[{key}]")),
        key.prop_map(|key| format!("[[{key}]]")),
        (
            "[abc](\\.[abc])?",
            "(1|\"x\"|\\[\\]|\\{\\}|\\{a = 1\\}|\\{a\\.b = 1\\}|\\[\\{b = 1\\}\\])"
        )
            .prop_map(|(key, value)| format!("{key} = {value}")),
    ]
}

proptest! {
    /// What JSON holds is read back, from both spellings.
    #[test]
    fn json_that_is_written_is_read_back(value in json_value()) {
        for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            let node = sole(Format::Json, &text);
            prop_assert_eq!(node.to_json(), Some(value.clone()), "{}", text);
            prop_assert!(places_are_in_order(&node), "{}", text);
        }
    }

    /// JSON is YAML: both readers see the same values at the same places.
    #[test]
    fn json_is_read_as_yaml_alike(value in json_value()) {
        let text = serde_json::to_string_pretty(&value).unwrap();
        prop_assert_eq!(sole(Format::Yaml, &text), sole(Format::Json, &text), "{}", text);
    }

    /// Where nothing is defined twice, TOML means what the reference reader says; where the
    /// reference reader refuses, something is.
    #[test]
    fn toml_tables_are_those_of_the_reference_reader(lines in prop::collection::vec(toml_line(), 1..6)) {
        let text = lines.join("\n");
        let node = sole(Format::Toml, &text);
        match text.parse::<toml::Table>() {
            Ok(table) => {
                prop_assert_eq!(node.to_json(), Some(serde_json::to_value(table).unwrap()), "{}", text);
            }
            Err(error) => prop_assert!(repeats_a_key(&node), "{text}\n{error}"),
        }
    }

    /// No text makes a reader panic, and whatever is not read is reported inside the text.
    #[test]
    fn any_text_gives_documents_or_an_error_with_a_place(
        text in "([\\[\\]{}:,\"'|>&*!%#=.?~-]|- |: |\n|\n---\n| |\t|a|b|\\*a|&a |<<|1|é|\\\\|\r\n){0,40}",
    ) {
        let lines = u32::try_from(text.split('\n').count()).unwrap();
        for format in [Format::Yaml, Format::Json, Format::Toml] {
            let outcome = read(format, text.as_bytes());
            prop_assert!(!outcome.documents.is_empty() || !outcome.errors.is_empty());
            for error in &outcome.errors {
                prop_assert!(error.at.line >= 1 && error.at.line <= lines + 1, "{:?} {}", text, error.at.line);
                prop_assert!(error.at.column >= 1);
            }
        }
    }

    /// Bytes that are no text at all make no reader panic either.
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        for format in [Format::Yaml, Format::Json, Format::Toml] {
            let outcome = read(format, &bytes);
            prop_assert!(!outcome.documents.is_empty() || !outcome.errors.is_empty());
        }
    }
}
