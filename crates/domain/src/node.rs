//! A document as a tree of values that know where they stand.
//!
//! Readers of YAML, JSON and TOML make this tree, and every rule about a manifest is judged on it.
//! It is not a serialization format: it keeps what a diagnostic needs, and no comments.

use serde_json::{Number, Value};

/// A place in a text file: line and column, both counted from 1, columns in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl Mark {
    /// The first character of a file.
    pub const START: Self = Self { line: 1, column: 1 };

    /// A place at `line` and `column`, both counted from 1.
    pub fn new(line: u32, column: u32) -> Self {
        Self { line, column }
    }
}

/// A value of a document and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What stands there.
    pub value: NodeValue,
    /// Where its first character stands (for quoted text, the quote).
    pub at: Mark,
}

/// What a document can hold. No value is ever turned into another type: `"15"` is text, `15` an integer.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeValue {
    /// `null`, `~` or nothing after a key.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number; one beyond 128 bits is a [`NodeValue::Float`].
    Integer(i128),
    /// A number with a fraction or an exponent, or one that is infinite or not a number.
    Float(f64),
    /// Text, quoted or not.
    Text(String),
    /// A date, a time or both without quotes, as TOML knows them.
    Date(String),
    /// Values in order.
    List(Vec<Node>),
    /// Entries in the order of the file; a repeated key stands here twice.
    Map(Vec<Entry>),
}

/// One key of a map with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key begins.
    pub at: Mark,
    /// The value.
    pub node: Node,
}

impl NodeValue {
    /// The name of the type, as messages use it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Integer(_) => "integer",
            Self::Float(_) => "number",
            Self::Text(_) => "string",
            Self::Date(_) => "date",
            Self::List(_) => "list",
            Self::Map(_) => "map",
        }
    }
}

impl Node {
    /// The same value as plain JSON.
    ///
    /// Returns `None` where JSON has no such value: an integer beyond 64 bits, an infinite number, a date, a repeated key.
    pub fn to_json(&self) -> Option<Value> {
        Some(match &self.value {
            NodeValue::Null => Value::Null,
            NodeValue::Bool(value) => Value::Bool(*value),
            NodeValue::Integer(value) => i64::try_from(*value)
                .map(Number::from)
                .or_else(|_| u64::try_from(*value).map(Number::from))
                .ok()?
                .into(),
            NodeValue::Float(value) => Number::from_f64(*value)?.into(),
            NodeValue::Text(value) => Value::String(value.clone()),
            NodeValue::Date(_) => return None,
            NodeValue::List(items) => items.iter().map(Self::to_json).collect::<Option<_>>()?,
            NodeValue::Map(entries) => {
                let mut map = serde_json::Map::new();
                for entry in entries {
                    if map
                        .insert(entry.key.clone(), entry.node.to_json()?)
                        .is_some()
                    {
                        return None;
                    }
                }
                Value::Object(map)
            }
        })
    }
}

impl From<&Value> for Node {
    /// The value as a reader would give it, at no place of its own.
    fn from(value: &Value) -> Self {
        let value = match value {
            Value::Null => NodeValue::Null,
            Value::Bool(value) => NodeValue::Bool(*value),
            Value::Number(number) => {
                let signed = number.as_i64().map(i128::from);
                let integer = signed.or_else(|| number.as_u64().map(i128::from));
                integer.map_or_else(
                    || NodeValue::Float(number.as_f64().unwrap_or(f64::NAN)),
                    NodeValue::Integer,
                )
            }
            Value::String(text) => NodeValue::Text(text.clone()),
            Value::Array(items) => NodeValue::List(items.iter().map(Self::from).collect()),
            Value::Object(members) => {
                let entry = |(key, value): (&String, &Value)| Entry {
                    key: key.clone(),
                    at: Mark::START,
                    node: value.into(),
                };
                NodeValue::Map(members.iter().map(entry).collect())
            }
        };
        let at = Mark::START;
        Self { value, at }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::manifest::tests::source::document;

    #[test]
    fn a_tree_is_the_same_as_json() {
        let node = document(r#"{"a": [null, true, -1, 18446744073709551615, 1.5, "x"], "b": {}}"#);
        let want =
            json!({"a": [null, true, -1, 18_446_744_073_709_551_615_u64, 1.5, "x"], "b": {}});
        assert_eq!(node.to_json(), Some(want));
    }

    #[test]
    fn what_json_cannot_carry_is_none() {
        for text in [
            "18446744073709551616",
            "-9223372036854775809",
            "inf",
            "NaN",
            r#"{"a": 1, "a": 1}"#,
            "[[inf]]",
        ] {
            assert_eq!(document(text).to_json(), None, "case: {text}");
        }
    }

    #[test]
    fn every_value_has_the_name_of_its_type() {
        let names = ["null", "true", "1", "1.5", r#""x""#, "[]", "{}"]
            .map(|text| document(text).value.type_name());
        assert_eq!(
            names,
            [
                "null", "boolean", "integer", "number", "string", "list", "map"
            ]
        );
    }
}
