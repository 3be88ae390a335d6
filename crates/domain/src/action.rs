//! Data actions as manifests declare them.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cache::CachePolicy;
use crate::instant::UtcMillis;
use crate::variable::{EnvironmentVariable, VariableScope};

/// Name of a data action, unique within one tenant.
///
/// Holds 3 to 64 characters, each an ASCII letter, a digit, `_` or `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ActionName(String);

/// Why a string is not an [`ActionName`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActionNameError {
    /// Too short or too long.
    #[error(
        "action name has {found} character{}, expected {} to {}",
        if *found == 1 { "" } else { "s" },
        ActionName::MIN_CHARS,
        ActionName::MAX_CHARS
    )]
    Length {
        /// Its characters.
        found: usize,
    },
    /// A character that no action name has.
    #[error("action name has {found:?} at character {at}, expected a letter, a digit, `_` or `-`")]
    Character {
        /// The character.
        found: char,
        /// Its place, from 1.
        at: usize,
    },
}

impl ActionName {
    /// The fewest characters.
    pub const MIN_CHARS: usize = 3;
    /// The most characters.
    pub const MAX_CHARS: usize = 64;

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ActionName {
    type Err = ActionNameError;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if let Some((index, found)) = raw.chars().enumerate().find(|&(_, c)| !allowed(c)) {
            return Err(ActionNameError::Character {
                found,
                at: index + 1,
            });
        }
        match raw.chars().count() {
            Self::MIN_CHARS..=Self::MAX_CHARS => Ok(Self(raw.to_owned())),
            found => Err(ActionNameError::Length { found }),
        }
    }
}

impl TryFrom<String> for ActionName {
    type Error = ActionNameError;

    fn try_from(raw: String) -> Result<Self, Self::Error> {
        raw.parse()
    }
}

impl From<ActionName> for String {
    fn from(name: ActionName) -> Self {
        name.0
    }
}

impl fmt::Display for ActionName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The JavaScript of a data action: 1 to 65,536 UTF-8 bytes. A clone shares the text.
#[derive(Clone, PartialEq, Eq)]
pub struct Script(Arc<str>);

/// Why a text is not a [`Script`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// Nothing in it.
    #[error("script is empty")]
    Empty,
    /// Too long.
    #[error("script has {bytes} bytes, expected at most {}", Script::MAX_BYTES)]
    TooLong {
        /// Its bytes in UTF-8.
        bytes: u64,
    },
}

impl Script {
    /// The most bytes in UTF-8.
    pub const MAX_BYTES: usize = 65_536;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Script {
    type Error = ScriptError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.len() {
            0 => Err(ScriptError::Empty),
            1..=Self::MAX_BYTES => Ok(Self(text.into())),
            bytes => Err(ScriptError::TooLong {
                bytes: u64::try_from(bytes).unwrap_or(u64::MAX),
            }),
        }
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Script({} bytes)", self.0.len())
    }
}

/// The only values that the platform knows for three fields of an action (rule A004).
#[derive(Clone, Copy, Debug)]
pub struct FixedFields;

impl FixedFields {
    /// `type`.
    pub const TYPE: &str = "SCRIPT";
    /// `trigger.type`.
    pub const TRIGGER: &str = "MANUAL";
    /// `script.language`.
    pub const LANGUAGE: &str = "JavaScript";
}

/// The date and time processing of an action, evaluated: what goes on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateProcessing {
    /// The field that is read; not empty.
    pub source_field: String,
    /// The field that is written; not empty.
    pub target_field: String,
    /// What was manipulated, as the manifest says it; not sent.
    pub input_timestamp: String,
    /// The result, UTC with `Z` or local with a numeric offset.
    pub computed_value: String,
    /// An IANA name.
    pub timezone: String,
    /// Whether the offset is added to the instant (`true`) or to the local time.
    pub dst_adjustment: bool,
    /// Fraction digits, 0 to 3.
    pub precision: u8,
}

/// What a test expects of a script.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expectation {
    /// The whole output.
    pub output: Option<Value>,
    /// A part of the output.
    pub output_contains: Option<Value>,
    /// Whether the script fails.
    pub error: Option<bool>,
    /// A part of the error's text.
    pub error_contains: Option<String>,
}

impl Expectation {
    /// Whether the script has to throw: `errorContains` says so as `error: true` does.
    pub fn expects_error(&self) -> bool {
        self.error == Some(true) || self.error_contains.is_some()
    }
}

/// One test of an action's script.
#[derive(Clone, Debug, PartialEq)]
pub struct TestCase {
    /// What it shows.
    pub name: String,
    /// The script's `context.input`.
    pub input: Value,
    /// What must come out.
    pub expect: Expectation,
    /// What the script's clock shows, where it has one.
    pub now: Option<UtcMillis>,
    /// The script's randomness, where it has some.
    pub random_seed: Option<i64>,
}

/// What becomes of an action whose remote test failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnTestFailure {
    /// It is switched off.
    #[default]
    Disable,
    /// It stays as it is.
    Keep,
    /// What was there before is restored.
    Revert,
}

impl OnTestFailure {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::Disable, Self::Keep, Self::Revert];

    /// Its word in manifests.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Keep => "keep",
            Self::Revert => "revert",
        }
    }

    /// The choice that `word` names, in exact case.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.as_str() == word)
    }
}

/// A data action, valid in itself.
///
/// A block that is `None` is not managed: what the tenant has stays.
#[derive(Clone, Debug, PartialEq)]
pub struct DataAction {
    /// The name.
    pub name: ActionName,
    /// What it is for.
    pub description: String,
    /// Whether it runs; `None` leaves an existing action as it is and enables a new one.
    pub enabled: Option<bool>,
    /// The JavaScript.
    pub script: Script,
    /// The file that holds it, relative to the project's folder; `None` where its text stands in the manifest.
    pub script_file: Option<String>,
    /// Actions that must be there first, none twice, in the order of the manifest.
    pub dependencies: Vec<ActionName>,
    /// How its output is cached.
    pub cache: Option<CachePolicy>,
    /// Its environment variables, names unique.
    pub variables: Option<Vec<EnvironmentVariable>>,
    /// The broadest scope that its variables may have.
    pub parent_scope: VariableScope,
    /// Date and time processing.
    pub dates: Option<DateProcessing>,
    /// Tests of the script.
    pub tests: Vec<TestCase>,
    /// What becomes of it after a failed remote test.
    pub on_test_failure: OnTestFailure,
    /// Never deleted, also after the manifest is gone.
    pub protect: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m_10_action_name_bounds() {
        let long = "a".repeat(65);
        let cases: &[(&str, &str, Result<(), ActionNameError>)] = &[
            ("shortest", "abc", Ok(())),
            ("longest", &long[..64], Ok(())),
            ("one short", "ab", Err(ActionNameError::Length { found: 2 })),
            (
                "one over",
                &long,
                Err(ActionNameError::Length { found: 65 }),
            ),
            (
                "not ASCII",
                "abcé",
                Err(ActionNameError::Character { found: 'é', at: 4 }),
            ),
            (
                "line feed",
                "abc\n",
                Err(ActionNameError::Character { found: '\n', at: 4 }),
            ),
        ];
        for (label, raw, want) in cases {
            assert_eq!(raw.parse::<ActionName>().map(drop), *want, "case: {label}");
        }
    }

    #[test]
    fn m_12_scripts_are_counted_in_utf_8_bytes() {
        let astral = "𝒳".repeat(16_384);
        for (label, text, want) in [
            ("empty", String::new(), Err(ScriptError::Empty)),
            ("shortest", ";".to_owned(), Ok(())),
            ("longest", astral.clone(), Ok(())),
            (
                "one over",
                astral + ";",
                Err(ScriptError::TooLong { bytes: 65_537 }),
            ),
        ] {
            assert_eq!(Script::try_from(text).map(drop), want, "case: {label}");
        }
    }

    #[test]
    fn debug_shows_no_script_text() {
        let script = Script::try_from("secret()".to_owned()).unwrap();
        assert_eq!(format!("{script:?}"), "Script(8 bytes)");
    }

    #[test]
    fn names_are_text_in_json_and_judged_when_read() {
        let name: ActionName = serde_json::from_str(r#""score_calc""#).unwrap();
        assert_eq!(serde_json::to_string(&name).unwrap(), r#""score_calc""#);
        assert_eq!(format!("\"{name}\""), r#""score_calc""#);
        assert!(serde_json::from_str::<ActionName>(r#""a b""#).is_err());
    }
}
