//! Date manipulations by example, at the limits of each field.

use super::*;

mod laws;

/// The contract's example, to be varied.
fn example() -> DateManipulation {
    DateManipulation {
        timestamp: at("2024-02-29T15:30:00.000Z"),
        zone: zone("America/New_York"),
        operation: Operation::AddOffset,
        offset_minutes: 120,
        precision: Precision::MAX,
        arithmetic: Arithmetic::Instant,
        output: Output::Utc,
        ambiguous: Ambiguous::Earlier,
    }
}

fn at(raw: &str) -> Timestamp {
    raw.parse().unwrap()
}

fn zone(name: &str) -> Zone {
    name.parse().unwrap()
}

fn precision(digits: i128) -> Precision {
    Precision::try_from(digits).unwrap()
}

#[test]
fn the_example_is_moved_two_hours_and_printed_in_utc_or_local_time() {
    let utc = example();
    let local = DateManipulation {
        output: Output::Local,
        ..utc
    };
    assert_eq!(utc.evaluate().unwrap(), "2024-02-29T17:30:00.000Z");
    assert_eq!(local.evaluate().unwrap(), "2024-02-29T12:30:00.000-05:00");
}

#[test]
fn the_result_is_cut_to_the_precision_never_rounded() {
    let cases = [
        ("2024-02-29T15:30:59.999999Z", 0, "2024-02-29T15:30:59Z"),
        ("2024-02-29T15:30:59.999999Z", 1, "2024-02-29T15:30:59.9Z"),
        ("2024-02-29T15:30:59.999999Z", 2, "2024-02-29T15:30:59.99Z"),
        ("2024-02-29T15:30:59.999999Z", 3, "2024-02-29T15:30:59.999Z"),
        ("2024-02-29T15:30:59Z", 3, "2024-02-29T15:30:59.000Z"),
        ("2024-02-29T15:30:59.05Z", 1, "2024-02-29T15:30:59.0Z"),
        ("1969-12-31T23:59:59.999999Z", 0, "1969-12-31T23:59:59Z"),
        ("1969-12-31T23:59:59.999999Z", 3, "1969-12-31T23:59:59.999Z"),
        ("0001-01-01T00:00:00.000999Z", 3, "0001-01-01T00:00:00.000Z"),
    ];
    for (raw, digits, wanted) in cases {
        let manipulation = DateManipulation {
            timestamp: at(raw),
            offset_minutes: 0,
            precision: precision(digits),
            ..example()
        };
        assert_eq!(
            manipulation.evaluate().unwrap(),
            wanted,
            "case: {raw} to {digits}"
        );
    }
}

#[test]
fn local_time_carries_its_offset_and_never_z() {
    let cases = [
        ("UTC", "2024-02-29T15:30:00Z", "2024-02-29T15:30:00+00:00"),
        (
            "Europe/London",
            "2024-02-29T15:30:00Z",
            "2024-02-29T15:30:00+00:00",
        ),
        (
            "Asia/Kolkata",
            "2024-02-29T15:30:00Z",
            "2024-02-29T21:00:00+05:30",
        ),
        (
            "Pacific/Kiritimati",
            "2024-02-29T15:30:00Z",
            "2024-03-01T05:30:00+14:00",
        ),
        (
            "America/St_Johns",
            "2024-02-29T15:30:00Z",
            "2024-02-29T12:00:00-03:30",
        ),
        (
            "Africa/Monrovia",
            "1971-01-01T00:00:00Z",
            "1970-12-31T23:15:30-00:44:30",
        ),
        (
            "Europe/Amsterdam",
            "1800-01-01T00:00:00Z",
            "1800-01-01T00:17:30+00:17:30",
        ),
    ];
    for (name, raw, wanted) in cases {
        let manipulation = DateManipulation {
            timestamp: at(raw),
            zone: zone(name),
            offset_minutes: 0,
            precision: precision(0),
            output: Output::Local,
            ..example()
        };
        assert_eq!(manipulation.evaluate().unwrap(), wanted, "case: {name}");
        assert_eq!(at(wanted), at(raw), "case: {name}");
    }
}

/// One day by the clock on the wall is 23, 24 or 25 hours.
#[test]
fn m_16_wall_arithmetic_keeps_the_clock_and_refuses_a_gap() {
    use Ambiguous::{Earlier, Later};
    let cases = [
        (
            "2024-03-09T06:59:59Z",
            Earlier,
            Ok("2024-03-10T01:59:59-05:00"),
        ),
        ("2024-03-09T07:00:00Z", Earlier, Err("2024-03-10T02:00:00")),
        ("2024-03-09T07:59:59Z", Later, Err("2024-03-10T02:59:59")),
        (
            "2024-03-09T08:00:00Z",
            Earlier,
            Ok("2024-03-10T03:00:00-04:00"),
        ),
        (
            "2024-11-02T04:59:59Z",
            Later,
            Ok("2024-11-03T00:59:59-04:00"),
        ),
        (
            "2024-11-02T05:00:00Z",
            Earlier,
            Ok("2024-11-03T01:00:00-04:00"),
        ),
        (
            "2024-11-02T05:00:00Z",
            Later,
            Ok("2024-11-03T01:00:00-05:00"),
        ),
        (
            "2024-11-02T05:59:59Z",
            Earlier,
            Ok("2024-11-03T01:59:59-04:00"),
        ),
        (
            "2024-11-02T05:59:59Z",
            Later,
            Ok("2024-11-03T01:59:59-05:00"),
        ),
        (
            "2024-11-02T06:00:00Z",
            Earlier,
            Ok("2024-11-03T02:00:00-05:00"),
        ),
    ];
    for (raw, ambiguous, wanted) in cases {
        let manipulation = DateManipulation {
            timestamp: at(raw),
            offset_minutes: 1_440,
            precision: precision(0),
            arithmetic: Arithmetic::Wall,
            output: Output::Local,
            ambiguous,
            ..example()
        };
        let wanted = wanted.map(str::to_owned).map_err(|local| DateError::Gap {
            local: local.parse().unwrap(),
            zone: zone("America/New_York"),
        });
        assert_eq!(manipulation.evaluate(), wanted, "case: {raw} {ambiguous:?}");
    }
}

#[test]
fn subtraction_moves_the_other_way_in_both_arithmetics() {
    let back = DateManipulation {
        timestamp: at("2024-03-10T12:00:00Z"),
        operation: Operation::SubtractOffset,
        offset_minutes: 1_440,
        ..example()
    };
    let wall = DateManipulation {
        arithmetic: Arithmetic::Wall,
        ..back
    };
    assert_eq!(back.evaluate().unwrap(), "2024-03-09T12:00:00.000Z");
    assert_eq!(wall.evaluate().unwrap(), "2024-03-09T13:00:00.000Z");
}

/// Judges one way to move an instant, which no zone involved makes differ between the two arithmetics.
fn assert_moved(raw: &str, minutes: i128, name: &str, output: Output, wanted: Option<&str>) {
    for arithmetic in [Arithmetic::Instant, Arithmetic::Wall] {
        let manipulation = DateManipulation {
            timestamp: at(raw),
            zone: zone(name),
            operation: if minutes < 0 {
                Operation::SubtractOffset
            } else {
                Operation::AddOffset
            },
            offset_minutes: u64::try_from(minutes.abs()).unwrap(),
            precision: precision(0),
            arithmetic,
            output,
            ..example()
        };
        let wanted = wanted.map(str::to_owned).ok_or(DateError::Year);
        assert_eq!(
            manipulation.evaluate(),
            wanted,
            "case: {raw} {minutes} {name} {arithmetic:?}"
        );
    }
}

#[test]
fn the_year_as_printed_is_at_most_9999() {
    let (tokyo, new_york) = ("Asia/Tokyo", "America/New_York");
    for (raw, minutes, name, output, wanted) in [
        (
            "9999-12-31T23:58:00Z",
            1,
            tokyo,
            Output::Utc,
            Some("9999-12-31T23:59:00Z"),
        ),
        ("9999-12-31T23:59:00Z", 1, tokyo, Output::Utc, None),
        (
            "9999-12-31T14:59:00Z",
            0,
            tokyo,
            Output::Local,
            Some("9999-12-31T23:59:00+09:00"),
        ),
        ("9999-12-31T14:59:00Z", 1, tokyo, Output::Local, None),
        (
            "9999-12-31T23:59:00Z",
            1,
            new_york,
            Output::Local,
            Some("9999-12-31T19:00:00-05:00"),
        ),
        (
            "2024-02-29T15:30:00Z",
            4_200_000_000,
            tokyo,
            Output::Utc,
            None,
        ),
    ] {
        assert_moved(raw, minutes, name, output, wanted);
    }
}

#[test]
fn the_year_as_printed_is_at_least_0001() {
    let (tokyo, new_york) = ("Asia/Tokyo", "America/New_York");
    for (raw, minutes, name, output, wanted) in [
        (
            "0001-01-01T00:01:00Z",
            -1,
            tokyo,
            Output::Utc,
            Some("0001-01-01T00:00:00Z"),
        ),
        ("0001-01-01T00:00:00Z", -1, tokyo, Output::Utc, None),
        (
            "0001-01-01T00:00:00Z",
            -1,
            tokyo,
            Output::Local,
            Some("0001-01-01T09:17:59+09:18:59"),
        ),
        ("0001-01-01T00:00:00Z", 0, new_york, Output::Local, None),
        (
            "2024-02-29T15:30:00Z",
            -1_100_000_000,
            tokyo,
            Output::Local,
            None,
        ),
    ] {
        assert_moved(raw, minutes, name, output, wanted);
    }
}

#[test]
fn m_16_an_offset_that_overflows_any_calendar_is_a_question_of_the_year() {
    let seconds_overflow = i128::from(i64::MAX / 60);
    for minutes in [
        i128::from(u64::MAX),
        i128::from(i64::MAX),
        seconds_overflow,
        137_700_000_000,
    ] {
        for output in Output::ALL {
            assert_moved("2024-02-29T15:30:00Z", minutes, "Asia/Tokyo", output, None);
            assert_moved("2024-02-29T15:30:00Z", -minutes, "Asia/Tokyo", output, None);
        }
    }
}

#[test]
fn minutes_are_0_or_more_and_too_many_are_a_question_of_the_year() {
    for (found, wanted) in [
        (0, Ok(0)),
        (1, Ok(1)),
        (i128::from(u64::MAX), Ok(u64::MAX)),
        (i128::MAX, Ok(u64::MAX)),
        (-1, Err(NegativeOffset { found: -1 })),
        (i128::MIN, Err(NegativeOffset { found: i128::MIN })),
    ] {
        assert_eq!(DateManipulation::offset_minutes_from(found), wanted);
    }
    let error = NegativeOffset { found: -1 };
    assert_eq!(error.rule(), Rule::D003);
    insta::assert_snapshot!(error, @"offsetMinutes is -1, expected 0 or more");
}

#[test]
fn errors_name_their_rule_and_the_local_time() {
    let gap = DateError::Gap {
        local: "2024-03-10T02:30:00".parse().unwrap(),
        zone: zone("America/New_York"),
    };
    assert_eq!(
        (gap.rule(), DateError::Year.rule()),
        (Rule::D005, Rule::D006)
    );
    insta::assert_snapshot!(gap, @"local time 2024-03-10T02:30:00 is skipped in America/New_York");
    insta::assert_snapshot!(DateError::Year, @"result lies outside the years 0001 to 9999");
}

#[test]
fn the_side_of_a_fold_is_known_for_every_instant() {
    let cases = [
        ("2024-11-03T04:59:59Z", Ambiguous::Earlier),
        ("2024-11-03T05:30:00Z", Ambiguous::Earlier),
        ("2024-11-03T06:00:00Z", Ambiguous::Later),
        ("2024-11-03T06:59:59Z", Ambiguous::Later),
        ("2024-11-03T07:00:00Z", Ambiguous::Earlier),
    ];
    for (raw, wanted) in cases {
        let side = Ambiguous::naming(at(raw), zone("America/New_York"));
        assert_eq!(side, wanted, "case: {raw}");
    }
}
