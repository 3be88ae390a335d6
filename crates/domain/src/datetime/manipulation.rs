//! Evaluation of a date manipulation: what a data action's date block computes.
//!
//! It is not a calendar: it moves one instant by minutes and prints it.

use std::ops::RangeInclusive;

use chrono::{Datelike, NaiveDateTime, TimeDelta, Timelike};

use super::timestamp::Timestamp;
use super::words::{Ambiguous, Operation, Output, Precision};
use super::zone::{Instants, LocalTime, Zone};
use crate::rule::Rule;

/// The years that a result may have as printed (rule D006).
const PRINTED_YEARS: RangeInclusive<i32> = 1..=9_999;

/// The years, in UTC or local, from which a result of the years 0001 to 9999 can come: no offset is as long as a day.
const MOVED_YEARS: RangeInclusive<i32> = 0..=10_000;

/// What the offset is added to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Arithmetic {
    /// The instant: 60 minutes are always an hour that passes (`dstAdjustment: true`).
    Instant,
    /// The local time: 1,440 minutes lead to the same time of the next day, be the day longer or shorter
    /// (`dstAdjustment: false`).
    Wall,
}

/// A timestamp, the zone it is seen in, and how it is moved and printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateManipulation {
    /// The instant to start from.
    pub timestamp: Timestamp,
    /// The zone of local times.
    pub zone: Zone,
    /// Whether the offset is added or subtracted.
    pub operation: Operation,
    /// The offset in minutes; one that leads too far is a [`DateError::Year`] on evaluation.
    pub offset_minutes: u64,
    /// How many fraction digits the result has.
    pub precision: Precision,
    /// What the offset is added to.
    pub arithmetic: Arithmetic,
    /// How the result is printed.
    pub output: Output,
    /// Which instant a local time in a fold means; used by [`Arithmetic::Wall`] alone.
    pub ambiguous: Ambiguous,
}

/// Why a date manipulation has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// Wall-clock arithmetic ended in a gap.
    #[error("local time {} is skipped in {zone}", local.format("%Y-%m-%dT%H:%M:%S"))]
    Gap {
        /// The local time that does not exist.
        local: NaiveDateTime,
        /// The zone that skips it.
        zone: Zone,
    },
    /// The result, as it would be printed, is not of the years 0001 to 9999.
    #[error("result lies outside the years 0001 to 9999")]
    Year,
}

impl DateError {
    /// The rule that the manipulation breaks: D005 for a gap, D006 for a year.
    pub fn rule(&self) -> Rule {
        match self {
            Self::Gap { .. } => Rule::D005,
            Self::Year => Rule::D006,
        }
    }
}

/// A number of minutes below 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("offsetMinutes is {found}, expected 0 or more")]
pub struct NegativeOffset {
    /// The number.
    pub found: i128,
}

impl NegativeOffset {
    /// The rule that the number breaks: D003.
    pub fn rule(&self) -> Rule {
        Rule::D003
    }
}

impl DateManipulation {
    /// `found` as a number of minutes.
    ///
    /// One beyond 64 bits becomes the largest that there is, which leads to a [`DateError::Year`] on evaluation: it
    /// is no wrong number, only one that leads too far.
    ///
    /// # Errors
    ///
    /// [`NegativeOffset`] below 0.
    pub fn offset_minutes_from(found: i128) -> Result<u64, NegativeOffset> {
        if found < 0 {
            return Err(NegativeOffset { found });
        }
        Ok(u64::try_from(found).unwrap_or(u64::MAX))
    }

    /// The wire's `computedValue`: the moved timestamp in UTC with `Z`, or as local time with its numeric offset,
    /// cut to the precision.
    ///
    /// A local time never carries `Z`: an offset of zero is `+00:00`. An offset with seconds, as zones had before they
    /// kept whole minutes, is printed in full as `±HH:MM:SS`, for each shorter text would name another instant or
    /// another local time; [`Timestamp`] reads it back.
    ///
    /// # Errors
    ///
    /// - [`DateError::Gap`] if wall-clock arithmetic ends in a local time that the zone skips.
    /// - [`DateError::Year`] if the result as printed is not of the years 0001 to 9999.
    pub fn evaluate(&self) -> Result<String, DateError> {
        let utc = match self.arithmetic {
            Arithmetic::Instant => self.moved(self.timestamp.utc())?,
            Arithmetic::Wall => self.moved_on_the_wall()?,
        };
        let (shown, suffix) = match self.output {
            Output::Utc => (utc, "Z".to_owned()),
            Output::Local => {
                let local = self.local_time(utc)?;
                (local.time, offset(local.offset_seconds))
            }
        };
        if !PRINTED_YEARS.contains(&shown.year()) {
            return Err(DateError::Year);
        }
        Ok(cut(shown, self.precision) + &suffix)
    }

    /// Moves the local time, then finds the instant that it means.
    fn moved_on_the_wall(&self) -> Result<NaiveDateTime, DateError> {
        let local = self.moved(self.local_time(self.timestamp.utc())?.time)?;
        match self.zone.instants(local).ok_or(DateError::Year)? {
            Instants::Gap => Err(DateError::Gap {
                local,
                zone: self.zone,
            }),
            Instants::Once(utc) => Ok(utc),
            Instants::Fold { earlier, later } => Ok(match self.ambiguous {
                Ambiguous::Earlier => earlier,
                Ambiguous::Later => later,
            }),
        }
    }

    fn moved(&self, time: NaiveDateTime) -> Result<NaiveDateTime, DateError> {
        let offset = i64::try_from(self.offset_minutes)
            .ok()
            .and_then(TimeDelta::try_minutes)
            .ok_or(DateError::Year)?;
        match self.operation {
            Operation::AddOffset => time.checked_add_signed(offset),
            Operation::SubtractOffset => time.checked_sub_signed(offset),
        }
        .filter(|moved| MOVED_YEARS.contains(&moved.year()))
        .ok_or(DateError::Year)
    }

    fn local_time(&self, utc: NaiveDateTime) -> Result<LocalTime, DateError> {
        self.zone.local_time(utc).ok_or(DateError::Year)
    }
}

impl Ambiguous {
    /// The choice under which the local time of `timestamp` in `zone` means `timestamp` again.
    ///
    /// So wall-clock arithmetic by 0 minutes changes nothing under it; [`Ambiguous::Earlier`] outside folds.
    pub fn naming(timestamp: Timestamp, zone: Zone) -> Self {
        let utc = timestamp.utc();
        let local = zone.local_time(utc);
        match local.and_then(|local| zone.instants(local.time)) {
            Some(Instants::Fold { later, .. }) if later == utc => Self::Later,
            _ => Self::Earlier,
        }
    }
}

/// `time` with the fraction digits that `precision` leaves, without a dot where it leaves none.
fn cut(time: NaiveDateTime, precision: Precision) -> String {
    let mut text = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second(),
    );
    let digits = usize::from(precision.digits());
    if digits > 0 {
        let nanos = format!("{:09}", time.nanosecond());
        text.push('.');
        text.extend(nanos.chars().take(digits));
    }
    text
}

/// `±HH:MM`, or `±HH:MM:SS` where the offset has seconds.
fn offset(seconds_east: i32) -> String {
    let sign = if seconds_east < 0 { '-' } else { '+' };
    let seconds = seconds_east.abs();
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if seconds == 0 {
        format!("{sign}{hours:02}:{minutes:02}")
    } else {
        format!("{sign}{hours:02}:{minutes:02}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests;
