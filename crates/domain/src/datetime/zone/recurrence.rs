//! Local times beyond the last year for which the bundled database lists transitions.
//!
//! The library writes recurring rules out up to 2099 and then stays with the last offset. The rules go on, by weekday
//! and month, so a later year behaves as an earlier one with the same calendar. Nothing here knows a zone.

use chrono::{Datelike, NaiveDate, NaiveDateTime, TimeDelta};

/// First and last year of those that stand for later ones.
///
/// All explicit transitions end with 2087, so that from 2088 only recurring rules act; 2099 is the last year written
/// out. For each weekday, one of them begins on it, and in one the first of March falls on it.
const MODEL_YEARS: (i32, i32) = (2088, 2099);

/// The time whose offset holds at `time`, within the years of the database, and what to add to it to be back.
///
/// Both are local times, or both are in UTC. The shift is a whole number of weeks. Returns `None` where the
/// calendar of the library ends.
pub(super) fn within_database(time: NaiveDateTime) -> Option<(NaiveDateTime, TimeDelta)> {
    let (first, last) = MODEL_YEARS;
    if time.year() <= last {
        return Some((time, TimeDelta::zero()));
    }
    // February may have a day more or less, and no rule acts on its last days: so January and February are aligned
    // by the first of January, the other months by the first of March.
    let month = if time.month() < 3 { 1 } else { 3 };
    let start = |year| NaiveDate::from_ymd_opt(year, month, 1);
    let actual = start(time.year())?;
    let model = (first..=last)
        .filter_map(start)
        .find(|date| date.weekday() == actual.weekday())?;
    let shift = actual - model;
    Some((time.checked_sub_signed(shift)?, shift))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon(year: i32, month: u32, day: u32) -> NaiveDateTime {
        let date = NaiveDate::from_ymd_opt(year, month, day).unwrap();
        date.and_hms_opt(12, 0, 0).unwrap()
    }

    #[test]
    fn every_later_day_falls_on_the_same_weekday_and_date_of_a_model_year() {
        for year in 2100..=2500 {
            for (month, day) in [(1, 1), (2, 28), (3, 1), (7, 15), (12, 31)] {
                let time = noon(year, month, day);
                let (model, shift) = within_database(time).unwrap();
                assert_eq!(model + shift, time);
                assert_eq!(shift.num_days() % 7, 0, "case: {time}");
                assert!((2088..=2099).contains(&model.year()), "case: {time}");
                assert_eq!((model.month(), model.day()), (month, day));
            }
        }
    }

    #[test]
    fn years_of_the_database_stand_for_themselves() {
        for year in [1, 1970, 2087, 2099] {
            let time = noon(year, 12, 31);
            assert_eq!(within_database(time), Some((time, TimeDelta::zero())));
        }
    }
}
