//! The block `dateProcessing`: D001 to D007.

use super::source::{decoded, manifest};
use super::{ACTION, assert_findings, check, report};
use crate::action::DateProcessing;

const TIMESTAMP: &str = r#""2024-02-29T15:30:00.000Z""#;
const ZONE: &str = r#""America/New_York""#;
const OFFSET: &str = r#""offsetMinutes": 120"#;
const PRECISION: &str = r#""precision": 3"#;

fn dates(text: &str) -> DateProcessing {
    let manifest = manifest(text);
    let (action, _) = manifest.actions().next().expect("an action");
    action.dates.clone().expect("dates")
}

#[test]
fn m_16_timestamps_are_real_dates_in_one_form() {
    for sound in [
        "2024-02-29T15:30:00Z",
        "2024-02-29T15:30:00",
        "2024-02-29T15:30:00.1Z",
        "2024-02-29T15:30:00.123456Z",
        "2024-02-29T15:30:00+05:30",
        "2024-02-29T23:59:59-23:59",
        "0001-01-02T00:00:00Z",
        "9999-12-30T00:00:00Z",
    ] {
        check(ACTION, &[(TIMESTAMP, &format!("{sound:?}"), &[])]);
    }
    for unsound in [
        "",
        "2024-02-29",
        "2024-02-29 15:30:00Z",
        "2024-02-29T15:30Z",
        "2023-02-29T15:30:00Z",
        "2024-02-30T15:30:00Z",
        "2024-13-01T15:30:00Z",
        "2024-00-01T15:30:00Z",
        "2024-02-00T15:30:00Z",
        "2024-02-29T24:00:00Z",
        "2024-02-29T15:60:00Z",
        "2024-02-29T15:30:60Z",
        "2024-02-29T15:30:00+25:00",
        "2024-02-29T15:30:00+05:60",
        "10000-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2024-02-29T15:30:00.1234567Z",
        "2024-02-29T15:30:00.1234567890Z",
        "2024-02-29T15:30:00.Z",
        "２０２４-02-29T15:30:00Z",
        "2024-02-29T15:30:00Z ",
    ] {
        let to = format!("^{unsound:?}");
        check(
            ACTION,
            &[(TIMESTAMP, &to, &["D001 spec.dateProcessing.timestamp"])],
        );
    }
    check(
        ACTION,
        &[(TIMESTAMP, "^2024", &["M003 spec.dateProcessing.timestamp"])],
    );
}

#[test]
fn m_16_zones_are_names_of_the_bundled_database() {
    for sound in ["UTC", "US/Eastern", "Europe/Berlin", "Etc/GMT+5"] {
        check(ACTION, &[(ZONE, &format!("{sound:?}"), &[])]);
    }
    for unsound in [
        "",
        "../etc",
        "America",
        "localtime",
        "Factory",
        "america/new_york",
        "EDT",
        "+02:00",
        "America/New_York ",
    ] {
        let to = format!("^{unsound:?}");
        check(
            ACTION,
            &[(ZONE, &to, &["D002 spec.dateProcessing.timezone"])],
        );
    }
    let (_, violations) = decoded(&ACTION.replace("America/New_York", "America/new_york"));
    insta::assert_snapshot!(report(&violations), @r#"20:17 D002 spec.dateProcessing.timezone: time zone "America/new_york" is not in the IANA database (did you mean `America/New_York`?)"#);
}

#[test]
fn m_16_operations_and_offsets() {
    let operation = &["D003 spec.dateProcessing.operation"][..];
    let offset = &["D003 spec.dateProcessing.offsetMinutes"][..];
    check(
        ACTION,
        &[
            (r#""ADD_OFFSET""#, r#""SUBTRACT_OFFSET""#, &[]),
            (r#""ADD_OFFSET""#, r#"^"ADD""#, operation),
            (r#""ADD_OFFSET""#, r#"^"add_offset""#, operation),
            (
                r#""ADD_OFFSET""#,
                "^1",
                &["M003 spec.dateProcessing.operation"],
            ),
            (OFFSET, r#""offsetMinutes": ^-1"#, offset),
            (OFFSET, r#""offsetMinutes": 0"#, &[]),
            (OFFSET, r#""offsetMinutes": 1"#, &[]),
            (
                OFFSET,
                r#""offsetMinutes": ^"120""#,
                &["M003 spec.dateProcessing.offsetMinutes"],
            ),
        ],
    );
    let (_, violations) = decoded(&ACTION.replace(r#""ADD_OFFSET""#, r#""ADD""#));
    insta::assert_snapshot!(report(&violations), @r#"20:50 D003 spec.dateProcessing.operation: operation is "ADD", expected ADD_OFFSET or SUBTRACT_OFFSET (did you mean `ADD_OFFSET`?)"#);
}

#[test]
fn precision_is_0_to_3_digits() {
    let path = &["D004 spec.dateProcessing.precision"][..];
    check(
        ACTION,
        &[
            (PRECISION, r#""precision": ^-1"#, path),
            (PRECISION, r#""precision": 0"#, &[]),
            (PRECISION, r#""precision": 2"#, &[]),
            (PRECISION, r#""precision": 3"#, &[]),
            (PRECISION, r#""precision": ^4"#, path),
            (PRECISION, r#""precision": ^260"#, path),
            (
                PRECISION,
                r#""precision": ^"3""#,
                &["M003 spec.dateProcessing.precision"],
            ),
        ],
    );
}

/// The action with wall-clock arithmetic from `timestamp` by `minutes`.
fn on_the_wall(timestamp: &str, minutes: &str) -> String {
    ACTION
        .replace(TIMESTAMP, timestamp)
        .replace("120", minutes)
        .replace(r#""dstAdjustment": true"#, r#""dstAdjustment": false"#)
}

#[test]
fn m_16_wall_clock_arithmetic_does_not_end_in_a_gap() {
    // New York skips 2024-03-10 02:00 to 03:00; noon of the day before is 17:00 UTC.
    let text = on_the_wall(r#""2024-03-09T17:00:00Z""#, "^840");
    assert_findings(&text, &["D005 spec.dateProcessing.offsetMinutes"], "02:00");
    assert_findings(
        &on_the_wall(r#""2024-03-09T17:00:00Z""#, "839"),
        &[],
        "01:59",
    );
    assert_findings(
        &on_the_wall(r#""2024-03-09T17:00:00Z""#, "900"),
        &[],
        "03:00",
    );
    assert_findings(
        &text
            .replace("dstAdjustment\": false", "dstAdjustment\": true")
            .replace('^', ""),
        &[],
        "by instants",
    );
    let (_, violations) = decoded(&text);
    insta::assert_snapshot!(report(&violations), @"20:81 D005 spec.dateProcessing.offsetMinutes: local time 2024-03-10T02:00:00 is skipped in America/New_York (move it by another offset, or set `dstAdjustment: true`)");
}

#[test]
fn m_16_a_fold_takes_the_earlier_instant_unless_told_otherwise() {
    // New York repeats 2024-11-03 01:00 to 02:00; noon of the day before is 16:00 UTC.
    let text = on_the_wall(r#""2024-11-02T16:00:00Z""#, "810");
    assert_eq!(dates(&text).computed_value, "2024-11-03T05:30:00.000Z");
    let later = text.replace(r#""earlier""#, r#""later""#);
    assert_eq!(dates(&later).computed_value, "2024-11-03T06:30:00.000Z");
    check(
        ACTION,
        &[
            (
                r#""earlier""#,
                r#"^"sooner""#,
                &["D005 spec.dateProcessing.ambiguous"],
            ),
            (
                r#""earlier""#,
                "^true",
                &["M003 spec.dateProcessing.ambiguous"],
            ),
        ],
    );
}

#[test]
fn m_16_the_year_of_the_result_has_four_digits() {
    let path = &["D006 spec.dateProcessing.offsetMinutes"][..];
    let at = |timestamp: &str, minutes: &str| {
        ACTION.replace(TIMESTAMP, timestamp).replace("120", minutes)
    };
    assert_findings(
        &at(r#""9999-12-31T23:59:00Z""#, "0"),
        &[],
        "the last minute",
    );
    assert_findings(
        &at(r#""9999-12-31T23:59:00Z""#, "^1"),
        path,
        "one minute more",
    );
    assert_findings(
        &at(TIMESTAMP, "^99999999999999999999999999"),
        path,
        "beyond 64 bits",
    );
    let subtract = |minutes: &str| {
        at(r#""0001-01-01T00:01:00Z""#, minutes).replace("ADD_OFFSET", "SUBTRACT_OFFSET")
    };
    assert_findings(&subtract("1"), &[], "the first minute");
    assert_findings(&subtract("^2"), path, "one minute less");
    let unmoved = ACTION
        .replace(TIMESTAMP, r#"^"9999-12-31T23:59:00-01:00""#)
        .replace(r#""offsetMinutes": 120, "#, "");
    assert_findings(
        &unmoved,
        &["D006 spec.dateProcessing.timestamp"],
        "by its own offset",
    );
}

#[test]
fn a_year_that_is_too_far_is_found_beside_a_precision_that_is_too_fine() {
    let text = ACTION
        .replace(TIMESTAMP, r#""9999-12-31T23:59:00Z""#)
        .replace("120", "^1")
        .replace(PRECISION, r#""precision": ^9"#);
    let want = [
        "D006 spec.dateProcessing.offsetMinutes",
        "D004 spec.dateProcessing.precision",
    ];
    assert_findings(&text, &want, "both");
}

#[test]
fn fields_have_names() {
    check(
        ACTION,
        &[
            (
                r#""from""#,
                r#"^"""#,
                &["D007 spec.dateProcessing.sourceField"],
            ),
            (
                r#""to""#,
                r#"^" ""#,
                &["D007 spec.dateProcessing.targetField"],
            ),
            (r#""to""#, "^7", &["M003 spec.dateProcessing.targetField"]),
        ],
    );
}

#[test]
fn output_and_flags_are_of_their_kind() {
    check(
        ACTION,
        &[
            (r#""utc""#, r#""local""#, &[]),
            (
                r#""utc""#,
                r#"^"UTC""#,
                &["M003 spec.dateProcessing.output"],
            ),
            (
                r#""dstAdjustment": true"#,
                r#""dstAdjustment": ^"true""#,
                &["M003 spec.dateProcessing.dstAdjustment"],
            ),
            (
                r#""sourceField": "from", "#,
                r#""sourceField": "from", ^"source_field": 1, "#,
                &["M003 spec.dateProcessing.source_field"],
            ),
        ],
    );
    let text = ACTION.replace(r#""dateProcessing": {"#, r#""dateProcessing": ^{"#);
    let text = text.replace(r#""sourceField": "from", "#, "");
    assert_findings(&text, &["M003 spec.dateProcessing.sourceField"], "missing");
}

#[test]
fn the_result_is_what_the_contract_says() {
    let utc = dates(ACTION);
    assert_eq!(utc.computed_value, "2024-02-29T17:30:00.000Z");
    assert_eq!(utc.input_timestamp, "2024-02-29T15:30:00.000Z");
    assert!(utc.dst_adjustment);
    assert_eq!(
        (utc.timezone.as_str(), utc.precision),
        ("America/New_York", 3)
    );
    let local = dates(&ACTION.replace(r#""utc""#, r#""local""#));
    assert_eq!(local.computed_value, "2024-02-29T12:30:00.000-05:00");
    let defaults = r#", "offsetMinutes": 120, "precision": 3,
    "dstAdjustment": true, "output": "utc", "ambiguous": "earlier"}"#;
    assert!(ACTION.contains(defaults));
    let least = dates(&ACTION.replace(defaults, "}"));
    assert_eq!(least.computed_value, "2024-02-29T15:30:00.000Z");
    assert!(least.dst_adjustment);
    assert_eq!(least.precision, 3);
}
