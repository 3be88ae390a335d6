//! The closed choices of a date manipulation: operation, precision, output, side of a fold.
//!
//! Nothing here computes; `manipulation` does.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::rule::Rule;

/// Whether the offset is added or subtracted (rule D003).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Operation {
    /// `ADD_OFFSET`: later.
    AddOffset,
    /// `SUBTRACT_OFFSET`: earlier.
    SubtractOffset,
}

/// A text that names no [`Operation`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("operation is {found:?}, expected `ADD_OFFSET` or `SUBTRACT_OFFSET`")]
pub struct OperationError {
    /// The text.
    pub found: String,
}

impl OperationError {
    /// The rule that the text breaks: D003.
    pub fn rule(&self) -> Rule {
        Rule::D003
    }
}

impl Operation {
    /// Both, in the order in which messages name them.
    pub const ALL: [Self; 2] = [Self::AddOffset, Self::SubtractOffset];

    /// The name in manifests.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AddOffset => "ADD_OFFSET",
            Self::SubtractOffset => "SUBTRACT_OFFSET",
        }
    }
}

impl FromStr for Operation {
    type Err = OperationError;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        named(Self::ALL, Self::as_str, raw).ok_or_else(|| OperationError {
            found: raw.to_owned(),
        })
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// How many fraction digits a result has: 0 to 3, both included (rule D004). What is beyond is cut, never rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "u8")]
pub struct Precision(u8);

/// A number that is no [`Precision`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("precision is {found}, expected 0 to {}", Precision::MAX.digits())]
pub struct PrecisionError {
    /// The number.
    pub found: i128,
}

impl PrecisionError {
    /// The rule that the number breaks: D004.
    pub fn rule(&self) -> Rule {
        Rule::D004
    }
}

impl Precision {
    /// Whole seconds.
    pub const MIN: Self = Self(0);
    /// Milliseconds; also what a manifest means that says nothing.
    pub const MAX: Self = Self(3);

    /// The number of fraction digits.
    pub const fn digits(self) -> u8 {
        self.0
    }
}

impl TryFrom<i128> for Precision {
    type Error = PrecisionError;

    fn try_from(found: i128) -> Result<Self, Self::Error> {
        u8::try_from(found)
            .ok()
            .map(Self)
            .filter(|precision| *precision <= Self::MAX)
            .ok_or(PrecisionError { found })
    }
}

impl From<Precision> for u8 {
    fn from(precision: Precision) -> Self {
        precision.digits()
    }
}

/// How a result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Output {
    /// In UTC, with `Z`.
    Utc,
    /// As local time with its numeric offset, never with `Z`.
    Local,
}

impl Output {
    /// Both, the default of manifests first.
    pub const ALL: [Self; 2] = [Self::Utc, Self::Local];

    /// The name in manifests.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Utc => "utc",
            Self::Local => "local",
        }
    }
}

impl FromStr for Output {
    type Err = WordError;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        named(Self::ALL, Self::as_str, raw)
            .ok_or_else(|| WordError::new("output", raw, "`utc` or `local`"))
    }
}

/// Which of two instants a local time in a fold means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ambiguous {
    /// The first of the two.
    Earlier,
    /// The second of the two.
    Later,
}

impl Ambiguous {
    /// Both, the default of manifests first.
    pub const ALL: [Self; 2] = [Self::Earlier, Self::Later];

    /// The name in manifests.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Earlier => "earlier",
            Self::Later => "later",
        }
    }
}

impl FromStr for Ambiguous {
    type Err = WordError;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        named(Self::ALL, Self::as_str, raw)
            .ok_or_else(|| WordError::new("ambiguous", raw, "`earlier` or `later`"))
    }
}

/// A text that is none of the words of its field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} is {found:?}, expected {expected}")]
pub struct WordError {
    /// The field.
    pub field: &'static str,
    /// The text.
    pub found: String,
    /// The words it may hold.
    pub expected: &'static str,
}

impl WordError {
    fn new(field: &'static str, found: &str, expected: &'static str) -> Self {
        Self {
            field,
            found: found.to_owned(),
            expected,
        }
    }
}

/// The one of `all` that is called `raw`, in exact case.
fn named<T: Copy>(all: [T; 2], name: fn(T) -> &'static str, raw: &str) -> Option<T> {
    all.into_iter().find(|word| name(*word) == raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_and_is_serialized_as_itself() {
        for word in Operation::ALL {
            assert_eq!(word.as_str().parse(), Ok(word));
            assert_eq!(serde_json::to_value(word).unwrap(), word.to_string());
        }
        for word in Output::ALL {
            assert_eq!(word.as_str().parse(), Ok(word));
            assert_eq!(serde_json::to_value(word).unwrap(), word.as_str());
        }
        for word in Ambiguous::ALL {
            assert_eq!(word.as_str().parse(), Ok(word));
            assert_eq!(serde_json::to_value(word).unwrap(), word.as_str());
        }
    }

    #[test]
    fn m_16_unknown_operation_is_an_error_not_a_no_op() {
        for raw in ["", "add_offset", "ADD_OFFSET ", "ADD", "MULTIPLY_OFFSET"] {
            let error = raw.parse::<Operation>().unwrap_err();
            assert_eq!((error.rule(), error.found.as_str()), (Rule::D003, raw));
        }
        insta::assert_snapshot!(
            "ADD".parse::<Operation>().unwrap_err(),
            @r#"operation is "ADD", expected `ADD_OFFSET` or `SUBTRACT_OFFSET`"#
        );
        insta::assert_snapshot!(
            "Local".parse::<Output>().unwrap_err(),
            @r#"output is "Local", expected `utc` or `local`"#
        );
        insta::assert_snapshot!(
            "first".parse::<Ambiguous>().unwrap_err(),
            @r#"ambiguous is "first", expected `earlier` or `later`"#
        );
    }

    #[test]
    fn precision_is_0_to_3() {
        for (found, accepted) in [
            (-1, false),
            (0, true),
            (3, true),
            (4, false),
            (256, false),
            (i128::MAX, false),
        ] {
            let precision = Precision::try_from(found);
            assert_eq!(precision.is_ok(), accepted, "case: {found}");
            match precision {
                Ok(precision) => assert_eq!(i128::from(precision.digits()), found),
                Err(error) => assert_eq!(error, PrecisionError { found }),
            }
        }
        let error = Precision::try_from(4).unwrap_err();
        assert_eq!(error.rule(), Rule::D004);
        insta::assert_snapshot!(error, @"precision is 4, expected 0 to 3");
    }
}
