//! `cxda datetime`: the contract's vectors, and what cannot be evaluated.

use crate::stage::{Ended, Project};

fn datetime(words: &[&str]) -> Ended {
    Project::empty()
        .cxda(&[&["datetime"], words].concat())
        .run()
}

/// Timestamp, zone, operation, minutes, further arguments, and the value or the words of the error.
type Vector<'a> = (&'a str, &'a str, &'a str, &'a str, &'a [&'a str], &'a str);

fn evaluate(vector: &Vector<'_>) -> Ended {
    let (timestamp, zone, operation, minutes, more, _) = vector;
    let words = [
        "--timestamp",
        timestamp,
        "--timezone",
        zone,
        "--operation",
        operation,
        "--offset-minutes",
        minutes,
    ];
    datetime(&[&words[..], more].concat())
}

const ADD: &str = "ADD_OFFSET";
const SUBTRACT: &str = "SUBTRACT_OFFSET";
const NEW_YORK: &str = "America/New_York";

#[test]
fn json_names_the_value_and_its_format() {
    let words = "--timestamp 2024-02-29T15:30:00Z --timezone UTC --operation ADD_OFFSET -o json";
    let words: Vec<&str> = words.split(' ').collect();
    let ended = datetime(&words).exits(0);
    assert_eq!(
        ended.json(),
        serde_json::json!({"formatVersion": "1.0", "value": "2024-02-29T15:30:00.000Z"})
    );
    let ended = datetime(&[&words[..], &["--precision", "7"]].concat()).exits(3);
    assert_eq!(ended.stdout, "");
}

#[test]
fn values_alone_stand_on_stdout() {
    let vectors: [Vector<'_>; 16] = [
        (
            "2024-02-29T15:30:00.000Z",
            NEW_YORK,
            ADD,
            "120",
            &[],
            "2024-02-29T17:30:00.000Z",
        ),
        (
            "2024-02-29T15:30:00.000Z",
            NEW_YORK,
            ADD,
            "120",
            &["--output", "local"],
            "2024-02-29T12:30:00.000-05:00",
        ),
        (
            "2024-02-29T15:30:00.000Z",
            NEW_YORK,
            SUBTRACT,
            "120",
            &[],
            "2024-02-29T13:30:00.000Z",
        ),
        (
            "2024-02-29T15:30:00",
            "Etc/UTC",
            ADD,
            "0",
            &["--output", "local"],
            "2024-02-29T15:30:00.000+00:00",
        ),
        (
            "2024-02-29T15:30:00+05:30",
            "Asia/Kolkata",
            ADD,
            "0",
            &[],
            "2024-02-29T10:00:00.000Z",
        ),
        (
            "2024-02-29T15:30:00+05:30",
            "Asia/Kolkata",
            ADD,
            "0",
            &["--output", "local"],
            "2024-02-29T15:30:00.000+05:30",
        ),
        (
            "2024-01-01T00:00:00.999999Z",
            "US/Eastern",
            ADD,
            "0",
            &["--precision", "3"],
            "2024-01-01T00:00:00.999Z",
        ),
        (
            "2024-01-01T00:00:00.999999Z",
            "US/Eastern",
            ADD,
            "0",
            &["--precision", "0"],
            "2024-01-01T00:00:00Z",
        ),
        (
            "2024-01-01T00:00:00.96Z",
            "US/Eastern",
            ADD,
            "0",
            &["--precision", "1"],
            "2024-01-01T00:00:00.9Z",
        ),
        // The instant jumps the gap, the wall clock keeps the hour of the day.
        (
            "2024-03-10T05:00:00Z",
            NEW_YORK,
            ADD,
            "180",
            &["--output", "local"],
            "2024-03-10T04:00:00.000-04:00",
        ),
        (
            "2024-03-10T05:00:00Z",
            NEW_YORK,
            ADD,
            "180",
            &["--output", "local", "--wall"],
            "2024-03-10T03:00:00.000-04:00",
        ),
        (
            "2024-11-04T09:00:00-05:00",
            NEW_YORK,
            SUBTRACT,
            "2880",
            &["--output", "local", "--wall"],
            "2024-11-02T09:00:00.000-04:00",
        ),
        (
            "2024-11-04T09:00:00-05:00",
            NEW_YORK,
            SUBTRACT,
            "2880",
            &["--output", "local"],
            "2024-11-02T10:00:00.000-04:00",
        ),
        // In a fold the wall clock takes the earlier instant.
        (
            "2024-11-02T05:30:00Z",
            NEW_YORK,
            ADD,
            "1440",
            &["--wall"],
            "2024-11-03T05:30:00.000Z",
        ),
        (
            "9999-12-31T23:58:00Z",
            "Etc/UTC",
            ADD,
            "1",
            &[],
            "9999-12-31T23:59:00.000Z",
        ),
        (
            "0001-01-01T00:01:00Z",
            "Etc/UTC",
            SUBTRACT,
            "1",
            &[],
            "0001-01-01T00:00:00.000Z",
        ),
    ];
    for vector in &vectors {
        let ended = evaluate(vector);
        assert_eq!(
            ended.stdout,
            format!("{}\n", vector.5),
            "{vector:?}: {}",
            ended.stderr
        );
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{vector:?}");
    }
}

#[test]
fn d_001_to_d_006_what_cannot_be_evaluated_exits_3_with_nothing_on_stdout() {
    let vectors: [Vector<'_>; 17] = [
        ("2023-02-29T00:00:00Z", "Etc/UTC", ADD, "0", &[], "2023-02"),
        ("2024-13-01T00:00:00Z", "Etc/UTC", ADD, "0", &[], "month"),
        ("2024-01-01T00:00:60Z", "Etc/UTC", ADD, "0", &[], "60"),
        (
            "2024-01-01T00:00:00.1234567Z",
            "Etc/UTC",
            ADD,
            "0",
            &[],
            "6",
        ),
        (
            "2024-01-01T00:00:00+25:00",
            "Etc/UTC",
            ADD,
            "0",
            &[],
            "offset",
        ),
        ("２０２４-01-01T00:00:00Z", "Etc/UTC", ADD, "0", &[], ""),
        ("2024-01-01", "Etc/UTC", ADD, "0", &[], ""),
        ("2024-01-01T00:00:00Z", "America", ADD, "0", &[], "America"),
        (
            "2024-01-01T00:00:00Z",
            "america/new_york",
            ADD,
            "0",
            &[],
            "America/New_York",
        ),
        (
            "2024-01-01T00:00:00Z",
            "localtime",
            ADD,
            "0",
            &[],
            "localtime",
        ),
        ("2024-01-01T00:00:00Z", "Factory", ADD, "0", &[], "Factory"),
        (
            "2024-01-01T00:00:00Z",
            "../etc/passwd",
            ADD,
            "0",
            &[],
            "../etc",
        ),
        (
            "2024-01-01T00:00:00Z",
            "Etc/UTC",
            "MULTIPLY",
            "0",
            &[],
            "ADD_OFFSET",
        ),
        ("2024-01-01T00:00:00Z", "Etc/UTC", ADD, "-1", &[], "-1"),
        (
            "2024-01-01T00:00:00Z",
            "Etc/UTC",
            ADD,
            "0",
            &["--precision", "4"],
            "3",
        ),
        (
            "2024-03-09T07:30:00Z",
            NEW_YORK,
            ADD,
            "1440",
            &["--wall"],
            "2024-03-10T02:30:00",
        ),
        ("9999-12-31T23:59:00Z", "Etc/UTC", ADD, "1", &[], "9999"),
    ];
    for vector in &vectors {
        let ended = evaluate(vector);
        assert_eq!(ended.code, 3, "{vector:?}: {ended:?}");
        assert_eq!(ended.stdout, "", "{vector:?}");
        assert!(
            ended.stderr.starts_with("error: ") && ended.stderr.contains(vector.5),
            "{vector:?}: {}",
            ended.stderr
        );
    }
    let huge = (
        "2024-01-01T00:00:00Z",
        "Etc/UTC",
        ADD,
        "9223372036854775808",
        &[][..],
        "",
    );
    assert!(matches!(evaluate(&huge).code, 3 | 64));
}

#[test]
fn an_unknown_output_exits_3_or_64_and_prints_nothing() {
    let ended = evaluate(&(
        "2024-01-01T00:00:00Z",
        "Etc/UTC",
        ADD,
        "0",
        &["--output", "zulu"],
        "",
    ));
    assert!(matches!(ended.code, 3 | 64), "{ended:?}");
    assert_eq!(ended.stdout, "");
}

#[test]
fn a_manifest_and_the_command_come_to_the_same_value() {
    let project = Project::on_simulator();
    project.write(
        "a.cxda.yaml",
        "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {name: alpha}\nspec:\n  description: x\n  script: {content: 'function main() {}'}\n  dateProcessing:\n    sourceField: a\n    targetField: b\n    timestamp: '2024-02-29T15:30:00.000Z'\n    timezone: America/New_York\n    operation: ADD_OFFSET\n    offsetMinutes: 120\n    output: local\n",
    );
    let plan = project.cxda(&["plan", "-o", "json"]).run().exits(0).json();
    let fields = plan["changes"][0]["fields"].to_string();
    assert!(fields.contains("2024-02-29T12:30:00.000-05:00"), "{fields}");
}
