//! What holds for every date manipulation, and at every transition of some zones.

use proptest::prelude::*;

use super::*;
use crate::instant::UtcMillis;

/// Zones whose rules differ most: half an hour, a whole day, winter as the exception, twice a year and four times.
const SAMPLE: [&str; 10] = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Monrovia",
    "America/New_York",
    "America/Sao_Paulo",
    "Antarctica/Troll",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Pacific/Apia",
];

/// The instants, in seconds, at which the offset of `zone` changes between the years 1970 and 2037.
fn transitions(zone: Zone) -> Vec<i64> {
    const DAY: i64 = 86_400;
    let offset = |second| seconds_east(zone, second);
    let mut found = Vec::new();
    for day in 0..25_000 {
        let (mut before, mut after) = (day * DAY, (day + 1) * DAY);
        if offset(before) == offset(after) {
            continue;
        }
        while after - before > 1 {
            let middle = before.midpoint(after);
            if offset(middle) == offset(before) {
                before = middle;
            } else {
                after = middle;
            }
        }
        found.push(after);
    }
    found
}

fn seconds_east(zone: Zone, second: i64) -> i64 {
    i64::from(zone.local_time(utc(second)).unwrap().offset_seconds)
}

fn utc(second: i64) -> NaiveDateTime {
    chrono::DateTime::from_timestamp(second, 0)
        .unwrap()
        .naive_utc()
}

/// A local time around a transition is skipped, happens once or happens twice just as the two offsets say.
#[test]
fn every_transition_of_the_sample_is_resolved_as_its_two_offsets_say() {
    for name in SAMPLE {
        let zone = zone(name);
        let transitions = transitions(zone);
        assert!(!transitions.is_empty(), "case: {name}");
        for second in transitions {
            let (old, new) = (seconds_east(zone, second - 1), seconds_east(zone, second));
            for local in [old, new, old.midpoint(new)]
                .into_iter()
                .flat_map(|east| [-1, 0, 1, 1_800].map(|step| second + east + step))
            {
                let earlier = (local - old < second).then_some(utc(local - old));
                let later = (local - new >= second).then_some(utc(local - new));
                let wanted = match (earlier, later) {
                    (Some(earlier), Some(later)) => Instants::Fold { earlier, later },
                    (Some(once), None) | (None, Some(once)) => Instants::Once(once),
                    (None, None) => Instants::Gap,
                };
                let found = zone.instants(utc(local));
                assert_eq!(found, Some(wanted), "case: {name} {}", utc(local));
            }
        }
    }
}

fn any_zone() -> impl Strategy<Value = Zone> {
    let names: Vec<_> = Zone::names().collect();
    proptest::sample::select(names).prop_map(zone)
}

/// An instant of the years 1800 to 2300, to the millisecond, so that no result leaves the years that can be printed.
fn any_instant() -> impl Strategy<Value = Timestamp> {
    (-5_364_662_400_000_i64..10_413_792_000_000)
        .prop_map(|millis| UtcMillis::from_epoch_millis(millis).into())
}

proptest! {
    /// Arithmetic on instants adds exactly the minutes, and subtracting them leads back.
    #[test]
    fn instant_arithmetic_is_exact_and_can_be_undone(
        timestamp in any_instant(),
        zone in any_zone(),
        offset_minutes in 0_u64..100_000_000,
        output in proptest::sample::select(&Output::ALL[..]),
    ) {
        let there = DateManipulation { timestamp, zone, offset_minutes, output, ..example() };
        let moved = at(&there.evaluate().unwrap());
        let minutes = i64::try_from(offset_minutes).unwrap();
        prop_assert_eq!(moved.epoch_micros() - timestamp.epoch_micros(), minutes * 60_000_000);

        let back = DateManipulation { timestamp: moved, operation: Operation::SubtractOffset, ..there };
        prop_assert_eq!(at(&back.evaluate().unwrap()), timestamp);
    }

    /// Local time and UTC are two texts of one instant, and `Z` ends UTC alone.
    #[test]
    fn both_outputs_name_the_same_instant(
        timestamp in any_instant(),
        zone in any_zone(),
        digits in 0_i128..=3,
    ) {
        let utc = DateManipulation { timestamp, zone, precision: precision(digits), ..example() };
        let local = DateManipulation { output: Output::Local, ..utc };
        let (utc, local) = (utc.evaluate().unwrap(), local.evaluate().unwrap());
        prop_assert_eq!(at(&utc), at(&local));
        prop_assert!(utc.ends_with('Z') && !local.contains('Z'));
    }

    /// By the clock on the wall, the local time moves exactly by the minutes.
    #[test]
    fn wall_arithmetic_is_exact_on_local_time(
        timestamp in any_instant(),
        zone in any_zone(),
        offset_minutes in 0_u64..1_000_000,
        ambiguous in proptest::sample::select(&Ambiguous::ALL[..]),
    ) {
        let wall = DateManipulation {
            timestamp,
            zone,
            offset_minutes,
            ambiguous,
            arithmetic: Arithmetic::Wall,
            ..example()
        };
        let minutes = TimeDelta::minutes(i64::try_from(offset_minutes).unwrap());
        let local = zone.local_time(timestamp.utc()).unwrap().time + minutes;
        match wall.evaluate() {
            Ok(text) => prop_assert_eq!(zone.local_time(at(&text).utc()).unwrap().time, local),
            Err(error) => prop_assert_eq!(error, DateError::Gap { local, zone }),
        }
    }

    /// Moving the clock on the wall by nothing changes nothing, if the right side of a fold is named.
    #[test]
    fn no_minutes_change_nothing(timestamp in any_instant(), zone in any_zone()) {
        let still = DateManipulation {
            timestamp,
            zone,
            offset_minutes: 0,
            arithmetic: Arithmetic::Wall,
            ambiguous: Ambiguous::naming(timestamp, zone),
            ..example()
        };
        prop_assert_eq!(at(&still.evaluate().unwrap()), timestamp);
    }
}
