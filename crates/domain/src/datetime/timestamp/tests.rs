//! Which texts are timestamps, and what is said of those that are not.

use proptest::prelude::*;

use super::*;

fn micros(raw: &str) -> i64 {
    raw.parse::<Timestamp>().unwrap().epoch_micros()
}

#[test]
fn accepted_forms_name_the_same_instant() {
    let second = 1_709_220_600_000_000;
    let cases = [
        ("2024-02-29T15:30:00", second),
        ("2024-02-29T15:30:00Z", second),
        ("2024-02-29T15:30:00+00:00", second),
        ("2024-02-29T15:30:00-00:00", second),
        ("2024-02-29T10:30:00-05:00", second),
        ("2024-02-29T21:00:00+05:30", second),
        ("2024-03-01T15:29:00+23:59", second),
        ("2024-02-29T14:45:30-00:44:30", second),
        ("2024-02-29T15:30:00.000Z", second),
        ("2024-02-29T15:30:00.1Z", second + 100_000),
        ("2024-02-29T15:30:00.000001", second + 1),
        ("2024-02-29T15:30:00.999999-00:00", second + 999_999),
        ("1969-12-31T23:59:59.999999Z", -1),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
        ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
    ];
    for (raw, wanted) in cases {
        assert_eq!(micros(raw), wanted, "case: {raw}");
    }
}

#[test]
fn m_16_what_is_no_real_time_is_refused_with_its_reason() {
    use TimestampError as E;
    let offset = |found: &str| E::Offset {
        found: found.to_owned(),
    };
    let day = |year, month, found| E::Day { year, month, found };
    let cases = [
        ("0000-01-01T00:00:00Z", E::YearZero),
        ("10000-01-01T00:00:00Z", E::YearDigits { found: 5 }),
        ("2024-00-10T00:00:00Z", E::Month { found: 0 }),
        ("2024-13-10T00:00:00Z", E::Month { found: 13 }),
        ("2024-01-00T00:00:00Z", day(2024, 1, 0)),
        ("2024-02-30T00:00:00Z", day(2024, 2, 30)),
        ("2023-02-29T00:00:00Z", day(2023, 2, 29)),
        ("1900-02-29T00:00:00Z", day(1900, 2, 29)),
        ("2024-04-31T00:00:00Z", day(2024, 4, 31)),
        ("2024-01-10T24:00:00Z", E::Hour { found: 24 }),
        ("2024-01-10T23:60:00Z", E::Minute { found: 60 }),
        ("2016-12-31T23:59:60Z", E::Second { found: 60 }),
        (
            "2024-01-10T00:00:00.1234567Z",
            E::FractionDigits { found: 7 },
        ),
        (
            "2024-01-10T00:00:00.0123456789Z",
            E::FractionDigits { found: 10 },
        ),
        ("2024-01-10T00:00:00+25:00", offset("+25:00")),
        ("2024-01-10T00:00:00-24:00", offset("-24:00")),
        ("2024-01-10T00:00:00+05:60", offset("+05:60")),
        ("2024-01-10T00:00:00+05:00:60", offset("+05:00:60")),
    ];
    for (raw, wanted) in cases {
        let error = raw.parse::<Timestamp>().unwrap_err();
        assert_eq!((error.rule(), &error), (Rule::D001, &wanted), "case: {raw}");
    }
}

#[test]
fn m_16_what_has_another_form_is_refused_with_the_place() {
    let messages: Vec<String> = [
        "",
        "2024-02-29",
        "2024-02-29 15:30:00Z",
        "2024-02-29t15:30:00Z",
        "2024-02-29T15:30Z",
        "2024-02-29T15:30:00z",
        "2024-02-29T15:30:00.Z",
        "2024-02-29T15:30:00,5Z",
        "2024-02-29T15:30:00Z ",
        " 2024-02-29T15:30:00Z",
        "2024-02-29T15:30:00Z\n",
        "2024-02-29T15:30:00+05",
        "2024-02-29T15:30:00+0530",
        "+2024-02-29T15:30:00Z",
        "-024-02-29T15:30:00Z",
        "24-02-29T15:30:00Z",
        "٢٠٢٤-02-29T15:30:00Z",
        "2024-02-29T15:30:00.１Z",
        "2024-W09-4T15:30:00Z",
        "1709220600",
    ]
    .iter()
    .map(|raw| raw.parse::<Timestamp>().unwrap_err().to_string())
    .collect();
    insta::assert_snapshot!(messages.join("\n"), @r"
    timestamp ends after character 0, expected a digit 0 to 9
    timestamp ends after character 10, expected `T`
    timestamp has ' ' at character 11, expected `T`
    timestamp has 't' at character 11, expected `T`
    timestamp has 'Z' at character 17, expected `:`
    timestamp has 'z' at character 20, expected a fraction, `Z`, an offset or the end
    timestamp has 'Z' at character 21, expected a digit 0 to 9
    timestamp has ',' at character 20, expected a fraction, `Z`, an offset or the end
    timestamp has ' ' at character 21, expected a fraction, `Z`, an offset or the end
    timestamp has ' ' at character 1, expected a digit 0 to 9
    timestamp has '\n' at character 21, expected a fraction, `Z`, an offset or the end
    timestamp ends after character 22, expected `:`
    timestamp has '3' at character 23, expected `:`
    timestamp has '+' at character 1, expected a digit 0 to 9
    timestamp has '-' at character 1, expected a digit 0 to 9
    timestamp has '-' at character 3, expected a digit 0 to 9
    timestamp has '٢' at character 1, expected a digit 0 to 9
    timestamp has '１' at character 21, expected a digit 0 to 9
    timestamp has 'W' at character 6, expected a digit 0 to 9
    year has 10 digits, expected 4
    ");
}

#[test]
fn messages_say_what_does_not_exist() {
    let messages: Vec<String> = [
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "2024-13-10T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "2024-01-10T24:00:00Z",
        "2024-01-10T00:00:00.1234567Z",
        "2024-01-10T00:00:00+25:00",
    ]
    .iter()
    .map(|raw| raw.parse::<Timestamp>().unwrap_err().to_string())
    .collect();
    insta::assert_snapshot!(messages.join("\n"), @r"
    there is no year 0000
    year has 5 digits, expected 4
    there is no month 13
    there is no day 29 in 2023-02
    there is no hour 24
    fraction of a second has 7 digits, expected at most 6
    there is no offset +25:00
    ");
}

#[test]
fn milliseconds_are_cut_also_before_1970() {
    let cases = [
        ("2024-02-29T15:30:00.123999Z", "2024-02-29T15:30:00.123Z"),
        ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999Z"),
        ("1960-06-01T00:00:00.000999Z", "1960-06-01T00:00:00.000Z"),
    ];
    for (raw, wanted) in cases {
        let instant = raw.parse::<Timestamp>().unwrap().to_utc_millis().unwrap();
        assert_eq!(instant.to_string(), wanted);
    }
}

#[test]
fn instants_outside_utc_years_have_no_milliseconds_of_record() {
    for raw in ["0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"] {
        assert_eq!(raw.parse::<Timestamp>().unwrap().to_utc_millis(), None);
    }
}

proptest! {
    /// No text crashes the reader.
    #[test]
    fn any_text_is_read_or_refused(raw in "\\PC{0,40}|[0-9TZ:.+-]{0,40}") {
        let _ = raw.parse::<Timestamp>();
    }

    /// The instant is the written time less the written offset.
    #[test]
    fn an_offset_moves_the_instant_by_itself(
        seconds in 0_i64..253_402_300_799,
        micros in 0_u32..1_000_000,
        offset_minutes in -1_439_i64..=1_439,
    ) {
        let time = chrono::DateTime::from_timestamp(seconds, micros * 1_000).unwrap();
        let sign = if offset_minutes < 0 { '-' } else { '+' };
        let (hours, minutes) = (offset_minutes.abs() / 60, offset_minutes.abs() % 60);
        let local = time.format("%Y-%m-%dT%H:%M:%S%.6f");
        let read: Timestamp = format!("{local}{sign}{hours:02}:{minutes:02}").parse().unwrap();
        prop_assert_eq!(read.epoch_micros(), time.timestamp_micros() - offset_minutes * 60_000_000);
    }
}
