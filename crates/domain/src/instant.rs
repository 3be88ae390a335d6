//! The instant that every record of `cxda` carries: UTC, to the millisecond.
//!
//! It is not a clock; the present comes in through a port.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Datelike, NaiveDateTime, Timelike};
use serde::{Deserialize, Serialize};

use crate::datetime::{Timestamp, TimestampError};

/// An instant in UTC to the millisecond, from 0001-01-01T00:00:00.000Z to 9999-12-31T23:59:59.999Z, both included.
///
/// It prints, and is serialized, as RFC 3339 with `Z` and three fraction digits, so text order is time order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UtcMillis(i64);

impl UtcMillis {
    /// 0001-01-01T00:00:00.000Z, the earliest instant that prints with a year of four digits.
    pub const MIN: Self = Self(-62_135_596_800_000);
    /// 9999-12-31T23:59:59.999Z, the latest such instant.
    pub const MAX: Self = Self(253_402_300_799_999);
    /// 1970-01-01T00:00:00.000Z.
    pub const UNIX_EPOCH: Self = Self(0);

    /// The instant `millis` milliseconds after [`UtcMillis::UNIX_EPOCH`]; outside [`UtcMillis::MIN`] to
    /// [`UtcMillis::MAX`], the nearer of the two.
    pub const fn from_epoch_millis(millis: i64) -> Self {
        if millis < Self::MIN.0 {
            Self::MIN
        } else if millis > Self::MAX.0 {
            Self::MAX
        } else {
            Self(millis)
        }
    }

    /// Milliseconds since [`UtcMillis::UNIX_EPOCH`], negative before.
    pub const fn epoch_millis(self) -> i64 {
        self.0
    }

    /// The time that passed from `earlier` to this instant; zero where `earlier` is later.
    pub fn duration_since(self, earlier: Self) -> Duration {
        u64::try_from(self.0 - earlier.0).map_or(Duration::ZERO, Duration::from_millis)
    }

    /// The instant `duration`, cut to the millisecond, after this one; [`UtcMillis::MAX`] where that is later.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(millis).min(Self::MAX.0))
    }

    /// The instant `duration`, cut to the millisecond, before this one; [`UtcMillis::MIN`] where that is earlier.
    #[must_use]
    pub fn saturating_sub(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(millis).max(Self::MIN.0))
    }

    pub(crate) fn to_utc(self) -> NaiveDateTime {
        // Every value in range has a date, so the fallback is never taken; it keeps a panic out.
        DateTime::from_timestamp_millis(self.0).map_or(NaiveDateTime::MIN, |time| time.naive_utc())
    }
}

impl fmt::Display for UtcMillis {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let utc = self.to_utc();
        write!(
            formatter,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            utc.year(),
            utc.month(),
            utc.day(),
            utc.hour(),
            utc.minute(),
            utc.second(),
            utc.nanosecond() / 1_000_000,
        )
    }
}

/// Reads what [`Timestamp`] reads, cut to the millisecond.
impl FromStr for UtcMillis {
    type Err = TimestampError;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        raw.parse::<Timestamp>()?
            .to_utc_millis()
            .ok_or(TimestampError::UtcYear)
    }
}

impl TryFrom<String> for UtcMillis {
    type Error = TimestampError;

    fn try_from(raw: String) -> Result<Self, Self::Error> {
        raw.parse()
    }
}

impl From<UtcMillis> for String {
    fn from(instant: UtcMillis) -> Self {
        instant.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn instants_print_as_rfc_3339_with_three_digits() {
        let cases = [
            (0, "1970-01-01T00:00:00.000Z"),
            (1, "1970-01-01T00:00:00.001Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (1_709_220_600_000, "2024-02-29T15:30:00.000Z"),
            (UtcMillis::MIN.epoch_millis(), "0001-01-01T00:00:00.000Z"),
            (UtcMillis::MAX.epoch_millis(), "9999-12-31T23:59:59.999Z"),
        ];
        for (millis, text) in cases {
            let instant = UtcMillis::from_epoch_millis(millis);
            assert_eq!(instant.to_string(), text);
            assert_eq!(serde_json::to_value(instant).unwrap(), text);
            assert_eq!(text.parse(), Ok(instant));
        }
    }

    #[test]
    fn instants_end_with_years_of_four_digits() {
        let (min, max) = (UtcMillis::MIN.epoch_millis(), UtcMillis::MAX.epoch_millis());
        for (outside, nearest) in [
            (min - 1, min),
            (max + 1, max),
            (i64::MIN, min),
            (i64::MAX, max),
        ] {
            assert_eq!(
                UtcMillis::from_epoch_millis(outside).epoch_millis(),
                nearest
            );
        }
        for outside in ["0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59.999-00:01"] {
            assert_eq!(outside.parse::<UtcMillis>(), Err(TimestampError::UtcYear));
        }
    }

    #[test]
    fn arithmetic_stops_at_both_ends() {
        let day = Duration::from_hours(24);
        assert_eq!(UtcMillis::MAX.saturating_add(day), UtcMillis::MAX);
        assert_eq!(UtcMillis::MIN.saturating_sub(Duration::MAX), UtcMillis::MIN);
        assert_eq!(UtcMillis::MIN.saturating_add(Duration::MAX), UtcMillis::MAX);
        let later = UtcMillis::UNIX_EPOCH.saturating_add(day);
        assert_eq!(later.duration_since(UtcMillis::UNIX_EPOCH), day);
        assert_eq!(UtcMillis::UNIX_EPOCH.duration_since(later), Duration::ZERO);
        assert_eq!(later.saturating_sub(day), UtcMillis::UNIX_EPOCH);
    }

    proptest! {
        /// What is printed reads back, and text order is time order.
        #[test]
        fn text_and_instant_agree(
            left in UtcMillis::MIN.0..=UtcMillis::MAX.0,
            right in UtcMillis::MIN.0..=UtcMillis::MAX.0,
        ) {
            let (left, right) = (UtcMillis(left), UtcMillis(right));
            prop_assert_eq!(left.to_string().parse(), Ok(left));
            prop_assert_eq!(left.to_string().cmp(&right.to_string()), left.cmp(&right));
            prop_assert_eq!(Timestamp::from(left).to_utc_millis(), Some(left));
        }
    }
}
