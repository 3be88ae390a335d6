//! Time zones by their IANA name, and the way between instants and local times.
//!
//! Only the bundled database counts: no file of the machine and no `TZ` variable is read.

mod recurrence;
mod suggestion;

use std::fmt;
use std::str::FromStr;

use chrono::{MappedLocalTime, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use self::recurrence::within_database;
use crate::rule::Rule;

/// A time zone of the bundled IANA database (rule D002).
///
/// The name is in exact case. Links such as `US/Eastern` count; `localtime`, `Factory`, folders such as `America`
/// and paths do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub struct Zone(Tz);

/// A text that names no [`Zone`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("time zone {found:?} is not in the IANA database")]
pub struct ZoneError {
    /// The text.
    pub found: String,
    /// A zone whose name is close to it.
    pub suggestion: Option<&'static str>,
}

impl ZoneError {
    /// The rule that the text breaks: D002.
    pub fn rule(&self) -> Rule {
        Rule::D002
    }
}

/// A local time and the offset from UTC that makes it one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LocalTime {
    pub(super) time: NaiveDateTime,
    /// Seconds east of UTC.
    pub(super) offset_seconds: i32,
}

/// The instants, in UTC, that a local time can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instants {
    /// The zone skips it.
    Gap,
    /// It happens once.
    Once(NaiveDateTime),
    /// It happens twice.
    Fold {
        earlier: NaiveDateTime,
        later: NaiveDateTime,
    },
}

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// The release of the bundled database, such as `2025b`.
    pub const DATABASE_VERSION: &'static str = chrono_tz::IANA_TZDB_VERSION;

    /// The name, in exact case.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Every name of the bundled database, links included, in the database's order.
    pub fn names() -> impl Iterator<Item = &'static str> {
        chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())
    }

    /// The name closest to `raw`: the same but for case, separators or the region, else at most two letters off.
    pub fn suggest(raw: &str) -> Option<&'static str> {
        suggestion::closest(raw, Self::names())
    }

    /// The local time at `utc`; `None` beyond the calendar of the library, far outside the years 0001 to 9999.
    pub(super) fn local_time(self, utc: NaiveDateTime) -> Option<LocalTime> {
        let (mapped, _) = within_database(utc)?;
        let offset = self.0.offset_from_utc_datetime(&mapped).fix();
        Some(LocalTime {
            time: utc.checked_add_offset(offset)?,
            offset_seconds: offset.local_minus_utc(),
        })
    }

    /// The instants that `local` can mean; `None` beyond the calendar of the library.
    pub(super) fn instants(self, local: NaiveDateTime) -> Option<Instants> {
        let (mapped, shift) = within_database(local)?;
        let utc = |time: chrono::DateTime<Tz>| time.naive_utc().checked_add_signed(shift);
        Some(match self.0.from_local_datetime(&mapped) {
            MappedLocalTime::None => Instants::Gap,
            MappedLocalTime::Single(time) => Instants::Once(utc(time)?),
            MappedLocalTime::Ambiguous(one, other) => {
                let (one, other) = (utc(one)?, utc(other)?);
                Instants::Fold {
                    earlier: one.min(other),
                    later: one.max(other),
                }
            }
        })
    }
}

impl FromStr for Zone {
    type Err = ZoneError;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        raw.parse().map(Self).map_err(|_| ZoneError {
            found: raw.to_owned(),
            suggestion: Self::suggest(raw),
        })
    }
}

impl TryFrom<String> for Zone {
    type Error = ZoneError;

    fn try_from(raw: String) -> Result<Self, Self::Error> {
        raw.parse()
    }
}

impl From<Zone> for &'static str {
    fn from(zone: Zone) -> Self {
        zone.name()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests;
