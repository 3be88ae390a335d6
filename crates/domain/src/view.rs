//! Materialized views as manifests declare them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Name of a materialized view, unique within one tenant: 3 to 128 characters, none a control character.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ViewName(String);

/// Why a string is not a [`ViewName`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ViewNameError {
    /// Too short or too long.
    #[error(
        "view name has {found} character{}, expected {} to {}",
        if *found == 1 { "" } else { "s" },
        ViewName::MIN_CHARS,
        ViewName::MAX_CHARS
    )]
    Length {
        /// Its characters.
        found: usize,
    },
    /// A control character, such as a line feed.
    #[error("view name has the control character {found:?} at character {at}")]
    Control {
        /// The character.
        found: char,
        /// Its place, from 1.
        at: usize,
    },
}

impl ViewName {
    /// The fewest characters.
    pub const MIN_CHARS: usize = 3;
    /// The most characters.
    pub const MAX_CHARS: usize = 128;

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ViewName {
    type Err = ViewNameError;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        if let Some((index, found)) = raw.chars().enumerate().find(|(_, c)| c.is_control()) {
            return Err(ViewNameError::Control {
                found,
                at: index + 1,
            });
        }
        match raw.chars().count() {
            Self::MIN_CHARS..=Self::MAX_CHARS => Ok(Self(raw.to_owned())),
            found => Err(ViewNameError::Length { found }),
        }
    }
}

impl TryFrom<String> for ViewName {
    type Error = ViewNameError;

    fn try_from(raw: String) -> Result<Self, Self::Error> {
        raw.parse()
    }
}

impl From<ViewName> for String {
    fn from(name: ViewName) -> Self {
        name.0
    }
}

impl fmt::Display for ViewName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Id of a source table: a UUID of any version, in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableId(Uuid);

/// A string that is not 8-4-4-4-12 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{raw:?} is not a UUID of the form 8-4-4-4-12 hexadecimal digits")]
pub struct TableIdError {
    /// What was given.
    pub raw: String,
}

impl FromStr for TableId {
    type Err = TableIdError;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        // `Uuid` also takes braces, `urn:uuid:` and 32 digits in a row; 36 bytes with dashes leave one form.
        let hyphenated = raw.len() == 36;
        Uuid::try_parse(raw)
            .ok()
            .filter(|_| hyphenated)
            .map(Self)
            .ok_or_else(|| TableIdError {
                raw: raw.to_owned(),
            })
    }
}

impl fmt::Display for TableId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0.hyphenated())
    }
}

/// Where a view takes its rows from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ViewSource {
    /// A table of the tenant.
    Table(TableId),
    /// Another view of the project or of the tenant.
    View(ViewName),
}

/// What is computed over a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are SQL's")]
pub enum Aggregation {
    Sum,
    Avg,
    Count,
    Min,
    Max,
}

impl Aggregation {
    /// Every aggregation.
    pub const ALL: [Self; 5] = [Self::Sum, Self::Avg, Self::Count, Self::Min, Self::Max];

    /// Its word in manifests and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sum => "SUM",
            Self::Avg => "AVG",
            Self::Count => "COUNT",
            Self::Min => "MIN",
            Self::Max => "MAX",
        }
    }

    /// The aggregation that `word` names, in exact case.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.as_str() == word)
    }
}

/// One column of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnProjection {
    /// The column of the source.
    pub name: String,
    /// Its name in the view, where it differs.
    pub alias: Option<String>,
    /// What is computed over it.
    pub aggregation: Option<Aggregation>,
}

impl ColumnProjection {
    /// The name in the view: the alias, else the column's own name.
    pub fn output_name(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }
}

/// How often a view is computed anew: 5 to 120 minutes, a multiple of 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RefreshInterval(u16);

/// Minutes that are no [`RefreshInterval`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefreshIntervalError {
    /// Below or above the range.
    #[error(
        "refresh interval is {minutes} minutes, expected {} to {}",
        RefreshInterval::MIN_MINUTES,
        RefreshInterval::MAX_MINUTES
    )]
    Range {
        /// What was given.
        minutes: i128,
    },
    /// Between two steps.
    #[error(
        "refresh interval is {minutes} minutes, expected a multiple of {}",
        RefreshInterval::STEP_MINUTES
    )]
    Step {
        /// What was given.
        minutes: i128,
    },
}

impl RefreshInterval {
    /// The shortest, in minutes.
    pub const MIN_MINUTES: u16 = 5;
    /// The longest, in minutes.
    pub const MAX_MINUTES: u16 = 120;
    /// The step, in minutes.
    pub const STEP_MINUTES: u16 = 5;

    /// The interval of `minutes`.
    ///
    /// # Errors
    ///
    /// - [`RefreshIntervalError::Range`] outside 5 to 120.
    /// - [`RefreshIntervalError::Step`] where it is no multiple of 5.
    pub fn from_minutes(minutes: i128) -> Result<Self, RefreshIntervalError> {
        let range = Self::MIN_MINUTES..=Self::MAX_MINUTES;
        let whole = u16::try_from(minutes)
            .ok()
            .filter(|whole| range.contains(whole))
            .ok_or(RefreshIntervalError::Range { minutes })?;
        if whole.is_multiple_of(Self::STEP_MINUTES) {
            Ok(Self(whole))
        } else {
            Err(RefreshIntervalError::Step { minutes })
        }
    }

    /// The interval in minutes.
    pub fn minutes(self) -> u16 {
        self.0
    }
}

/// A custom index over output columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexDirective {
    /// Output names, one or more, none twice.
    pub columns: Vec<String>,
    /// The kind of index, such as `BTREE`; the tenant's word.
    pub kind: String,
}

/// A materialized view, valid in itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaterializedView {
    /// The name.
    pub name: ViewName,
    /// 10 to 500 characters.
    pub description: String,
    /// Table or view.
    pub source: ViewSource,
    /// 1 to 50 columns.
    pub columns: Vec<ColumnProjection>,
    /// How often it is refreshed.
    pub refresh: RefreshInterval,
    /// Whether the tenant refreshes it by itself.
    pub auto_refresh: bool,
    /// Whether the tenant builds indexes by itself; where not, `cxda` triggers the build.
    pub auto_indexes: bool,
    /// Indexes asked for by name.
    pub custom_indexes: Vec<IndexDirective>,
    /// Never deleted, also after the manifest is gone.
    pub protect: bool,
}

impl MaterializedView {
    /// The fewest characters of a description.
    pub const MIN_DESCRIPTION_CHARS: usize = 10;
    /// The most characters of a description.
    pub const MAX_DESCRIPTION_CHARS: usize = 500;
    /// The most columns.
    pub const MAX_COLUMNS: usize = 50;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn view_name_bounds() {
        let long = "é".repeat(129);
        for (label, raw, want) in [
            ("shortest", "abc", Ok(())),
            ("longest, in characters", &long[2..], Ok(())),
            ("one short", "ab", Err(ViewNameError::Length { found: 2 })),
            ("one over", &long, Err(ViewNameError::Length { found: 129 })),
            (
                "line feed",
                "abc\n",
                Err(ViewNameError::Control { found: '\n', at: 4 }),
            ),
        ] {
            assert_eq!(raw.parse::<ViewName>().map(drop), want, "case: {label}");
        }
    }

    #[test]
    fn m_13_table_ids_are_uuids_of_one_form() {
        let upper = "ABCDEF00-1234-1234-1234-123456789ABC";
        assert_eq!(
            upper.parse::<TableId>().unwrap().to_string(),
            upper.to_lowercase()
        );
        for raw in [
            "------------------------------------",
            "{12345678-1234-1234-1234-123456789012}",
            "12345678123412341234123456789012",
            "urn:uuid:12345678-1234-1234-1234-123456789012",
            "12345678-1234-1234-1234-12345678901",
            "12345678-1234-1234-1234-1234567890123",
            "",
        ] {
            assert!(raw.parse::<TableId>().is_err(), "case: {raw}");
        }
    }

    #[test]
    fn refresh_interval_bounds() {
        use RefreshIntervalError::{Range, Step};
        for (minutes, want) in [
            (4, Err(Range { minutes: 4 })),
            (5, Ok(5)),
            (6, Err(Step { minutes: 6 })),
            (119, Err(Step { minutes: 119 })),
            (120, Ok(120)),
            (121, Err(Range { minutes: 121 })),
            (125, Err(Range { minutes: 125 })),
            (-5, Err(Range { minutes: -5 })),
            (i128::MAX, Err(Range { minutes: i128::MAX })),
        ] {
            let found = RefreshInterval::from_minutes(minutes).map(RefreshInterval::minutes);
            assert_eq!(found, want, "minutes {minutes}");
        }
    }

    #[test]
    fn names_are_text_in_json_and_judged_when_read() {
        let name: ViewName = serde_json::from_str(r#""calls é""#).unwrap();
        assert_eq!(serde_json::to_string(&name).unwrap(), r#""calls é""#);
        assert_eq!(format!("\"{name}\""), r#""calls é""#);
        assert!(serde_json::from_str::<ViewName>(r#""ab""#).is_err());
    }
}
