//! Which names are zones, and how instants and local times map at their transitions.

use super::*;

fn utc(raw: &str) -> NaiveDateTime {
    raw.parse().unwrap()
}

fn zone(name: &str) -> Zone {
    name.parse().unwrap()
}

#[test]
fn every_name_of_the_database_is_a_zone_links_included() {
    for name in Zone::names() {
        assert_eq!(zone(name).name(), name);
    }
    for name in [
        "America/New_York",
        "US/Eastern",
        "UTC",
        "Etc/GMT+5",
        "GB",
        "EST5EDT",
    ] {
        assert_eq!(zone(name).to_string(), name);
    }
}

#[test]
fn m_16_what_is_no_zone_is_refused() {
    for name in [
        "",
        " ",
        "localtime",
        "Factory",
        "posixrules",
        "../etc",
        "../etc/localtime",
        "America",
        "America/",
        "/America/New_York",
        "america/new_york",
        "America/New_York ",
        "America/New York",
        "utc",
        "+05:00",
        "EDT",
        "Amérique",
    ] {
        let error = name.parse::<Zone>().unwrap_err();
        assert_eq!((error.rule(), error.found.as_str()), (Rule::D002, name));
    }
}

#[test]
fn an_unknown_zone_is_named_and_one_that_was_meant_suggested() {
    let error = "america/new_york".parse::<Zone>().unwrap_err();
    assert_eq!(error.suggestion, Some("America/New_York"));
    insta::assert_snapshot!(error, @r#"time zone "america/new_york" is not in the IANA database"#);
}

#[test]
fn a_zone_is_serialized_as_its_name() {
    let json = serde_json::to_string(&zone("US/Eastern")).unwrap();
    assert_eq!(json, r#""US/Eastern""#);
    assert_eq!(
        serde_json::from_str::<Zone>(&json).unwrap(),
        zone("US/Eastern")
    );
    assert!(serde_json::from_str::<Zone>(r#""us/eastern""#).is_err());
}

#[test]
fn local_times_are_those_of_the_database_at_any_time() {
    let cases = [
        (
            "America/New_York",
            "2024-02-29T15:30:00",
            "2024-02-29T10:30:00",
            -18_000,
        ),
        (
            "America/New_York",
            "2024-07-01T00:00:00",
            "2024-06-30T20:00:00",
            -14_400,
        ),
        (
            "Africa/Monrovia",
            "1971-01-01T00:00:00",
            "1970-12-31T23:15:30",
            -2_670,
        ),
        (
            "Europe/Dublin",
            "2024-01-01T00:00:00",
            "2024-01-01T00:00:00",
            0,
        ),
        (
            "Australia/Lord_Howe",
            "2024-01-01T00:00:00",
            "2024-01-01T11:00:00",
            39_600,
        ),
        (
            "Africa/Casablanca",
            "2087-06-01T00:00:00",
            "2087-06-01T01:00:00",
            3_600,
        ),
        // The library lists no transitions beyond 2099, where the rules still hold.
        (
            "America/New_York",
            "2150-07-01T12:00:00",
            "2150-07-01T08:00:00",
            -14_400,
        ),
        (
            "America/New_York",
            "9999-07-01T12:00:00",
            "9999-07-01T08:00:00",
            -14_400,
        ),
        (
            "Australia/Sydney",
            "2100-01-01T00:00:00",
            "2100-01-01T11:00:00",
            39_600,
        ),
        (
            "Australia/Sydney",
            "2100-07-01T00:00:00",
            "2100-07-01T10:00:00",
            36_000,
        ),
    ];
    for (name, instant, time, offset_seconds) in cases {
        let wanted = LocalTime {
            time: utc(time),
            offset_seconds,
        };
        let found = zone(name).local_time(utc(instant));
        assert_eq!(found, Some(wanted), "case: {name} {instant}");
    }
}

#[test]
fn gaps_and_folds_are_told_from_times_that_happen_once() {
    let once = |time| Instants::Once(utc(time));
    let fold = |earlier, later| Instants::Fold {
        earlier: utc(earlier),
        later: utc(later),
    };
    let cases = [
        (
            "America/New_York",
            "2024-03-10T01:59:59",
            once("2024-03-10T06:59:59"),
        ),
        ("America/New_York", "2024-03-10T02:00:00", Instants::Gap),
        ("America/New_York", "2024-03-10T02:59:59", Instants::Gap),
        (
            "America/New_York",
            "2024-03-10T03:00:00",
            once("2024-03-10T07:00:00"),
        ),
        (
            "America/New_York",
            "2024-11-03T00:59:59",
            once("2024-11-03T04:59:59"),
        ),
        (
            "America/New_York",
            "2024-11-03T01:00:00",
            fold("2024-11-03T05:00:00", "2024-11-03T06:00:00"),
        ),
        (
            "America/New_York",
            "2024-11-03T01:59:59",
            fold("2024-11-03T05:59:59", "2024-11-03T06:59:59"),
        ),
        (
            "America/New_York",
            "2024-11-03T02:00:00",
            once("2024-11-03T07:00:00"),
        ),
        // Half an hour, and a whole day.
        ("Australia/Lord_Howe", "2024-10-06T02:15:00", Instants::Gap),
        (
            "Australia/Lord_Howe",
            "2024-10-06T02:30:00",
            once("2024-10-05T15:30:00"),
        ),
        ("Pacific/Apia", "2011-12-30T12:00:00", Instants::Gap),
        // A summer time that is the standard, so that winter is "saved".
        (
            "Europe/Dublin",
            "2024-10-27T01:30:00",
            fold("2024-10-27T00:30:00", "2024-10-27T01:30:00"),
        ),
        // The second Sunday of March and the first of November 2150.
        ("America/New_York", "2150-03-08T02:30:00", Instants::Gap),
        (
            "America/New_York",
            "2150-11-01T01:30:00",
            fold("2150-11-01T05:30:00", "2150-11-01T06:30:00"),
        ),
    ];
    for (name, local, wanted) in cases {
        let found = zone(name).instants(utc(local));
        assert_eq!(found, Some(wanted), "case: {name} {local}");
    }
}
