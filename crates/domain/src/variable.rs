//! Environment variables of data actions: names, types, scopes, and values by reference.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::secret::discard;

/// Name of an environment variable: an ASCII letter, then ASCII letters, digits or `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VariableName(String);

/// Why a string is not a [`VariableName`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VariableNameError {
    /// No character at all.
    #[error("variable name is empty")]
    Empty,
    /// A character that does not fit where it stands.
    #[error("variable name has {found:?} at character {at}, expected {expected}", expected = if *at == 1 { "a letter" } else { "a letter, a digit or `_`" })]
    Character {
        /// The character.
        found: char,
        /// Its place, from 1.
        at: usize,
    },
}

impl VariableName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for VariableName {
    type Err = VariableNameError;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let fits = |index: usize, c: char| {
            c.is_ascii_alphabetic() || (index > 0 && (c.is_ascii_digit() || c == '_'))
        };
        if raw.is_empty() {
            return Err(VariableNameError::Empty);
        }
        match raw.chars().enumerate().find(|&(index, c)| !fits(index, c)) {
            Some((index, found)) => Err(VariableNameError::Character {
                found,
                at: index + 1,
            }),
            None => Ok(Self(raw.to_owned())),
        }
    }
}

impl TryFrom<String> for VariableName {
    type Error = VariableNameError;

    fn try_from(raw: String) -> Result<Self, Self::Error> {
        raw.parse()
    }
}

impl From<VariableName> for String {
    fn from(name: VariableName) -> Self {
        name.0
    }
}

impl fmt::Display for VariableName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The type of a variable's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are JSON's")]
pub enum VariableType {
    String,
    Integer,
    Boolean,
    Object,
}

impl VariableType {
    /// Every type.
    pub const ALL: [Self; 4] = [Self::String, Self::Integer, Self::Boolean, Self::Object];

    /// Its word in manifests and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Object => "object",
        }
    }

    /// The type that `word` names, in exact case.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.as_str() == word)
    }

    /// The wire's text for `value`: text as it is, anything else as compact JSON; `None` where the type differs.
    pub fn wire_text(self, value: &Value) -> Option<String> {
        match (self, value) {
            (Self::String, Value::String(text)) => Some(text.clone()),
            (Self::Integer, Value::Number(number)) if number.is_i64() => Some(number.to_string()),
            (Self::Boolean, Value::Bool(_)) | (Self::Object, Value::Object(_)) => {
                Some(value.to_string())
            }
            _ => None,
        }
    }

    /// The wire's text for what stands behind a reference; `None` where `text` does not parse as this type.
    pub fn wire_text_of(self, text: &str) -> Option<String> {
        match self {
            Self::String => Some(text.to_owned()),
            Self::Integer => text.parse::<i64>().ok().map(|number| number.to_string()),
            Self::Boolean => text.parse::<bool>().ok().map(|value| value.to_string()),
            Self::Object => {
                let value = serde_json::from_str(text).ok()?;
                let compact = self.wire_text(&value);
                discard(value);
                compact
            }
        }
    }
}

/// Who sees a variable; ordered from the narrowest to the broadest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum VariableScope {
    /// One action.
    #[default]
    Action,
    /// Actions of one template.
    Template,
    /// Every action.
    Global,
}

impl VariableScope {
    /// Every scope, the narrowest first.
    pub const ALL: [Self; 3] = [Self::Action, Self::Template, Self::Global];

    /// Its word in manifests and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Action => "action",
            Self::Template => "template",
            Self::Global => "global",
        }
    }

    /// The scope that `word` names, in exact case.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.as_str() == word)
    }
}

/// Where a value is read from when it is needed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueReference {
    /// An environment variable of the process.
    Env(String),
    /// A file; one final newline is cut.
    File {
        /// The path as written: absolute, or relative to the manifest's folder.
        path: String,
        /// The manifest that names it, relative to the project's folder.
        manifest: Arc<str>,
    },
}

impl fmt::Display for ValueReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(formatter, "environment variable {name}"),
            Self::File { path, .. } => write!(formatter, "file {path}"),
        }
    }
}

/// What a variable holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariableValue {
    /// The wire's text of a literal.
    Literal(String),
    /// Read when needed.
    From(ValueReference),
}

/// One environment variable of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentVariable {
    /// The name, unique within the action.
    pub name: VariableName,
    /// The type of its value.
    pub kind: VariableType,
    /// The value; by reference where encrypted.
    pub value: VariableValue,
    /// Whether the tenant keeps it encrypted and never returns it.
    pub encrypted: bool,
    /// Who sees it.
    pub scope: VariableScope,
}

/// The most variables of one action.
pub const MAX_VARIABLES: usize = 50;

/// Whether `text` looks like what stands in place of a hidden value, such as `****` or `<redacted>`.
pub fn looks_like_mask(text: &str) -> bool {
    let trimmed = text.trim();
    let repeated = |mask: char| trimmed.chars().count() >= 3 && trimmed.chars().all(|c| c == mask);
    let bare = trimmed
        .trim_matches(|c| matches!(c, '<' | '>' | '[' | ']' | '(' | ')' | '{' | '}' | '*'))
        .to_lowercase();
    let bracketed = bare.len() < trimmed.len();
    ['*', '•', '●', '█', '·'].into_iter().any(repeated)
        || (repeated('x') || repeated('X')) && trimmed.len() >= 4
        || bracketed
            && matches!(
                bare.as_str(),
                "redacted"
                    | "masked"
                    | "hidden"
                    | "secret"
                    | "encrypted"
                    | "sensitive"
                    | "protected"
            )
}

/// Whether a literal under `name` looks like a secret that should be a reference.
pub fn looks_like_secret(name: &str, text: &str) -> bool {
    const WORDS: [&str; 8] = [
        "secret",
        "password",
        "passwd",
        "token",
        "api_key",
        "apikey",
        "private_key",
        "credential",
    ];
    const PREFIXES: [&str; 7] = [
        "sk-",
        "sk_live_",
        "ghp_",
        "xoxb-",
        "AKIA",
        "eyJ",
        "-----BEGIN",
    ];
    let name = name.to_lowercase();
    let named = WORDS.iter().any(|word| name.contains(word)) && text.len() >= 8;
    named
        || PREFIXES
            .iter()
            .any(|prefix| text.starts_with(prefix) && text.len() >= 16)
}

/// Whether a line of a script may hold a secret: it names one, or a part of it looks like one or like a piece of one.
pub fn may_hold_secret(line: &str) -> bool {
    let part_of_key = |c: char| c.is_ascii_alphanumeric() || "+/=_-.".contains(c);
    let mut parts = line.split(|c| !part_of_key(c));
    looks_like_secret(line, line)
        || parts.any(|part| {
            let long = |run: &str| run.len() >= SECRET_RUN;
            looks_like_secret("", part) || part.split(['_', '-', '.']).any(long)
        })
}

/// How many characters without a blank look like a key.
const SECRET_RUN: usize = 40;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn variable_name_forms() {
        for (raw, fits) in [
            ("a", true),
            ("api_endpoint2", true),
            ("A_", true),
            ("", false),
            ("_a", false),
            ("1a", false),
            ("a-b", false),
            ("аbc", false),
            ("a\n", false),
        ] {
            assert_eq!(raw.parse::<VariableName>().is_ok(), fits, "case: {raw:?}");
        }
    }

    #[test]
    fn m_15_values_are_of_their_type_without_coercion() {
        use VariableType::{Boolean, Integer, Object, String};
        for (kind, value, want) in [
            (String, json!("3"), Some("3")),
            (String, json!(3), None),
            (Integer, json!(3), Some("3")),
            (Integer, json!(i64::MAX), Some("9223372036854775807")),
            (Integer, json!(i64::MIN), Some("-9223372036854775808")),
            (Integer, json!(9_223_372_036_854_775_808_u64), None),
            (Integer, json!("3"), None),
            (Integer, json!(3.0), None),
            (Boolean, json!(true), Some("true")),
            (Boolean, json!("true"), None),
            (Object, json!({"a": [1]}), Some(r#"{"a":[1]}"#)),
            (Object, json!("{}"), None),
            (Object, json!([1]), None),
        ] {
            assert_eq!(kind.wire_text(&value).as_deref(), want, "{kind:?} {value}");
        }
    }

    #[test]
    fn text_behind_a_reference_parses_as_its_type() {
        use VariableType::{Boolean, Integer, Object, String};
        for (kind, text, want) in [
            (String, "a\nb", Some("a\nb")),
            (Integer, "42", Some("42")),
            (Integer, "abc", None),
            (Integer, "9223372036854775808", None),
            (Boolean, "false", Some("false")),
            (Boolean, "maybe", None),
            (Object, "{ \"b\": 1 }", Some(r#"{"b":1}"#)),
            (Object, "{", None),
            (Object, "[]", None),
        ] {
            assert_eq!(kind.wire_text_of(text).as_deref(), want, "{kind:?} {text}");
        }
    }

    #[test]
    fn scopes_order_from_narrow_to_broad() {
        assert!(VariableScope::Global > VariableScope::Template);
        assert!(VariableScope::Template > VariableScope::Action);
    }

    #[test]
    fn masks_are_known_by_their_look() {
        for (text, mask) in [
            ("****", true),
            ("***", true),
            ("**", false),
            ("<redacted>", true),
            ("[REDACTED]", true),
            ("***masked***", true),
            ("••••••", true),
            ("xxxxxxxx", true),
            ("redacted", false),
            ("secret", false),
            ("a*b", false),
            ("", false),
        ] {
            assert_eq!(looks_like_mask(text), mask, "case: {text:?}");
        }
    }

    #[test]
    fn secret_looking_literals_are_noticed() {
        assert!(looks_like_secret("auth_token", "abcdefgh"));
        assert!(looks_like_secret("x", "sk_live_0123456789abcdef"));
        assert!(!looks_like_secret(
            "api_endpoint",
            "https://api.example.com/v1"
        ));
        assert!(!looks_like_secret("token_limit", "3"));
    }

    #[test]
    fn words_name_what_they_print() {
        for each in VariableType::ALL {
            assert_eq!(VariableType::from_word(each.as_str()), Some(each));
        }
        for each in VariableScope::ALL {
            assert_eq!(VariableScope::from_word(each.as_str()), Some(each));
        }
    }

    #[test]
    fn names_are_text_in_json_and_judged_when_read() {
        let name: VariableName = serde_json::from_str(r#""limit""#).unwrap();
        assert_eq!(serde_json::to_string(&name).unwrap(), r#""limit""#);
        assert_eq!(format!("\"{name}\""), r#""limit""#);
        assert!(serde_json::from_str::<VariableName>(r#""1""#).is_err());
    }
}
