//! Timestamps as manifests write them: ISO 8601 in one strict form.
//!
//! It is not a lenient reader of dates: what is not a real date and time in this form is an error that says why.

use std::str::{Chars, FromStr};

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};

use crate::instant::UtcMillis;
use crate::rule::Rule;

/// An instant to the microsecond, read from ISO 8601 text (rule D001).
///
/// The form is `YYYY-MM-DDTHH:MM:SS`, then optionally `.` and 1 to 6 digits, then optionally `Z`, `±HH:MM` or
/// `±HH:MM:SS` (some historical offsets have seconds). Without an offset the time is in UTC. Years are 0001 to 9999
/// as written; the same instant in UTC may lie a day outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    utc: NaiveDateTime,
}

/// Why a text is not a [`Timestamp`]; positions count characters from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimestampError {
    /// A character that the form does not have at its place.
    #[error("timestamp has {found:?} at character {at}, expected {expected}")]
    Character {
        /// The character.
        found: char,
        /// Its place.
        at: usize,
        /// What may stand there.
        expected: &'static str,
    },
    /// The text ends too early.
    #[error("timestamp ends after character {after}, expected {expected}")]
    End {
        /// How many characters it has.
        after: usize,
        /// What is missing.
        expected: &'static str,
    },
    /// A year of more than four digits.
    #[error("year has {found} digits, expected 4")]
    YearDigits {
        /// How many digits it has.
        found: usize,
    },
    /// The year 0000, which the calendar lacks.
    #[error("there is no year 0000")]
    YearZero,
    /// A month that is not 01 to 12.
    #[error("there is no month {found:02}")]
    Month {
        /// The month as written.
        found: u32,
    },
    /// A day that its month does not have.
    #[error("there is no day {found:02} in {year:04}-{month:02}")]
    Day {
        /// The year.
        year: i32,
        /// The month.
        month: u32,
        /// The day as written.
        found: u32,
    },
    /// An hour that is not 00 to 23.
    #[error("there is no hour {found:02}")]
    Hour {
        /// The hour as written.
        found: u32,
    },
    /// A minute that is not 00 to 59.
    #[error("there is no minute {found:02}")]
    Minute {
        /// The minute as written.
        found: u32,
    },
    /// A second that is not 00 to 59; leap seconds are not known here.
    #[error("there is no second {found:02}")]
    Second {
        /// The second as written.
        found: u32,
    },
    /// A fraction of more than 6 digits.
    #[error(
        "fraction of a second has {found} digits, expected at most {}",
        Timestamp::MAX_FRACTION_DIGITS
    )]
    FractionDigits {
        /// How many digits it has.
        found: usize,
    },
    /// An offset whose hours are not 00 to 23 or whose minutes or seconds are not 00 to 59.
    #[error("there is no offset {found}")]
    Offset {
        /// The offset as written.
        found: String,
    },
    /// An instant outside the years 0001 to 9999 of UTC, where [`UtcMillis`] ends.
    #[error("timestamp lies outside the years 0001 to 9999 of UTC")]
    UtcYear,
}

impl TimestampError {
    /// The rule that the text breaks: D001.
    pub fn rule(&self) -> Rule {
        Rule::D001
    }
}

impl Timestamp {
    /// Most fraction digits that a timestamp may have.
    pub const MAX_FRACTION_DIGITS: usize = 6;

    /// Microseconds since 1970-01-01T00:00:00Z, negative before.
    pub fn epoch_micros(self) -> i64 {
        self.utc.and_utc().timestamp_micros()
    }

    /// The instant cut to the millisecond; `None` outside the years 0001 to 9999 of UTC.
    pub fn to_utc_millis(self) -> Option<UtcMillis> {
        let millis = self.utc.and_utc().timestamp_millis();
        let instant = UtcMillis::from_epoch_millis(millis);
        (instant.epoch_millis() == millis).then_some(instant)
    }

    pub(super) fn utc(self) -> NaiveDateTime {
        self.utc
    }
}

impl From<UtcMillis> for Timestamp {
    fn from(instant: UtcMillis) -> Self {
        Self {
            utc: instant.to_utc(),
        }
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let mut reader = Reader::new(raw);
        let date = reader.date()?;
        reader.expect('T', "`T`")?;
        let (hour, minute, second) = reader.clock()?;
        let micros = reader.fraction()?;
        let offset_seconds = reader.offset()?;
        reader.end()?;
        let second_error = TimestampError::Second { found: second };
        date.and_hms_micro_opt(hour, minute, second, micros)
            .ok_or(second_error)?
            .checked_sub_signed(TimeDelta::seconds(offset_seconds))
            .map(|utc| Self { utc })
            .ok_or(TimestampError::UtcYear)
    }
}

/// Reads a timestamp from left to right and counts characters, so that each error knows its place.
#[derive(Debug)]
struct Reader<'a> {
    rest: Chars<'a>,
    /// Characters already read.
    read: usize,
}

impl<'a> Reader<'a> {
    fn new(raw: &'a str) -> Self {
        Self {
            rest: raw.chars(),
            read: 0,
        }
    }

    fn date(&mut self) -> Result<NaiveDate, TimestampError> {
        let year_digits = self.digits_ahead();
        if year_digits > 4 {
            return Err(TimestampError::YearDigits { found: year_digits });
        }
        let year = self.number(4)?;
        self.expect('-', "`-`")?;
        let month = self.number(2)?;
        self.expect('-', "`-`")?;
        let found = self.number(2)?;
        if year == 0 {
            return Err(TimestampError::YearZero);
        }
        if !(1..=12).contains(&month) {
            return Err(TimestampError::Month { found: month });
        }
        let year = year.cast_signed();
        NaiveDate::from_ymd_opt(year, month, found).ok_or(TimestampError::Day {
            year,
            month,
            found,
        })
    }

    fn clock(&mut self) -> Result<(u32, u32, u32), TimestampError> {
        let hour = self.number(2)?;
        self.expect(':', "`:`")?;
        let minute = self.number(2)?;
        self.expect(':', "`:`")?;
        let second = self.number(2)?;
        if hour > 23 {
            Err(TimestampError::Hour { found: hour })
        } else if minute > 59 {
            Err(TimestampError::Minute { found: minute })
        } else if second > 59 {
            Err(TimestampError::Second { found: second })
        } else {
            Ok((hour, minute, second))
        }
    }

    /// The fraction in microseconds; 0 where there is none.
    fn fraction(&mut self) -> Result<u32, TimestampError> {
        if self.peek() != Some('.') {
            return Ok(0);
        }
        self.next();
        let found = self.digits_ahead();
        if found > Timestamp::MAX_FRACTION_DIGITS {
            return Err(TimestampError::FractionDigits { found });
        }
        let digits = self.number(found.max(1))?;
        let missing = (found..Timestamp::MAX_FRACTION_DIGITS).count();
        Ok((0..missing).fold(digits, |micros, _| micros * 10))
    }

    /// The offset east of UTC in seconds; 0 where there is none.
    fn offset(&mut self) -> Result<i64, TimestampError> {
        let sign = match self.peek() {
            Some('Z') => {
                self.next();
                return Ok(0);
            }
            Some('+') => 1,
            Some('-') => -1,
            _ => return Ok(0),
        };
        let written = self.rest.as_str();
        self.next();
        let hours = self.number(2)?;
        self.expect(':', "`:`")?;
        let minutes = self.number(2)?;
        let seconds = if self.peek() == Some(':') {
            self.next();
            self.number(2)?
        } else {
            0
        };
        if hours > 23 || minutes > 59 || seconds > 59 {
            let length = written.len() - self.rest.as_str().len();
            let found = written[..length].to_owned();
            return Err(TimestampError::Offset { found });
        }
        Ok(sign * i64::from(hours * 3_600 + minutes * 60 + seconds))
    }

    fn end(&mut self) -> Result<(), TimestampError> {
        let expected = "a fraction, `Z`, an offset or the end";
        let at = self.read + 1;
        match self.next() {
            None => Ok(()),
            Some(found) => Err(TimestampError::Character {
                found,
                at,
                expected,
            }),
        }
    }

    fn expect(&mut self, wanted: char, expected: &'static str) -> Result<(), TimestampError> {
        match self.next() {
            Some(found) if found == wanted => Ok(()),
            other => Err(self.unexpected(other, expected)),
        }
    }

    /// Reads exactly `digits` ASCII digits.
    fn number(&mut self, digits: usize) -> Result<u32, TimestampError> {
        let mut value = 0;
        for _ in 0..digits {
            let next = self.next();
            let digit = next
                .filter(char::is_ascii_digit)
                .and_then(|c| c.to_digit(10));
            value = value * 10 + digit.ok_or_else(|| self.unexpected(next, "a digit 0 to 9"))?;
        }
        Ok(value)
    }

    /// The error for `found`, which was read last.
    fn unexpected(&self, found: Option<char>, expected: &'static str) -> TimestampError {
        match found {
            Some(found) => TimestampError::Character {
                found,
                at: self.read,
                expected,
            },
            None => TimestampError::End {
                after: self.read,
                expected,
            },
        }
    }

    fn digits_ahead(&self) -> usize {
        self.rest.clone().take_while(char::is_ascii_digit).count()
    }

    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.rest.next();
        self.read += usize::from(next.is_some());
        next
    }
}

#[cfg(test)]
mod tests;
