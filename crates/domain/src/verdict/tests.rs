//! What is expected against what came, as tables.

use serde_json::json;

use super::*;
use crate::node::Mark;
use crate::script::ScriptLimit;

fn expectation(text: &str) -> Expectation {
    let value: Value = serde_json::from_str(text).unwrap();
    Expectation {
        output: value.get("output").cloned(),
        output_contains: value.get("outputContains").cloned(),
        error: value.get("error").and_then(Value::as_bool),
        error_contains: value["errorContains"].as_str().map(str::to_owned),
    }
}

fn threw(message: &str) -> ScriptEnd {
    ScriptEnd::Threw {
        message: message.to_owned(),
        at: Some(Mark::new(3, 5)),
    }
}

/// The word of the verdict, and each difference on a line.
fn said(expect: &str, end: &ScriptEnd) -> String {
    match judge(&expectation(expect), end) {
        Verdict::Failed(found) => {
            let lines: Vec<String> = found.shown.iter().map(ToString::to_string).collect();
            lines.join("\n")
        }
        verdict => verdict.as_str().to_owned(),
    }
}

#[test]
fn the_whole_output_is_compared_by_path() {
    for (expect, output, want) in [
        ("12", "12", "passed"),
        ("null", "null", "passed"),
        ("13", "12", "output: 12, expected 13"),
        (
            r#""12""#,
            "12",
            r#"output: 12 (number), expected "12" (string)"#,
        ),
        ("{}", "[]", "output: [] (list), expected {} (object)"),
        (r#"{"a": 1, "b": 2}"#, r#"{"b": 2, "a": 1}"#, "passed"),
        (
            r#"{"items": [{"total": 1}, {"total": 13}]}"#,
            r#"{"items": [{"total": 1}, {"total": 12}]}"#,
            "output.items[1].total: 12, expected 13",
        ),
        (
            r#"{"a": 1, "b": [1, 2]}"#,
            r#"{"b": [1], "c": null}"#,
            "output.a: missing, expected 1\noutput.b[1]: missing, expected 2\noutput.c: null, expected nothing",
        ),
        ("[1]", "[1, [2]]", "output[1]: [2], expected nothing"),
        (
            "[1, 2]",
            "[2, 1]",
            "output[0]: 2, expected 1\noutput[1]: 1, expected 2",
        ),
    ] {
        let end = ScriptEnd::Returned(serde_json::from_str(output).unwrap());
        let expect = format!(r#"{{"output": {expect}}}"#);
        assert_eq!(said(&expect, &end), want, "case: {expect} of {output}");
    }
}

#[test]
fn numbers_are_compared_by_value_and_to_the_last_digit() {
    for (left, right, same) in [
        ("12", "12.0", true),
        ("0", "-0.0", true),
        ("0.1", "0.10", true),
        ("0.1", "0.1000001", false),
        ("12", "12.5", false),
        ("1e3", "1000", true),
        ("9007199254740993", "9007199254740993", true),
        ("9007199254740993", "9007199254740992", false),
        ("9007199254740993", "9007199254740992.0", false),
        ("9007199254740992", "9007199254740992.0", true),
        ("18446744073709551615", "18446744073709551615", true),
        ("18446744073709551615", "-1", false),
        ("18446744073709551615", "18446744073709551616", false),
    ] {
        let (left, right): (Value, Value) = (
            serde_json::from_str(left).unwrap(),
            serde_json::from_str(right).unwrap(),
        );
        for (one, other) in [(&left, &right), (&right, &left)] {
            let differences = Differences::between(one, other, "expected");
            assert_eq!(differences.is_empty(), same, "case: {one} and {other}");
        }
    }
}

#[test]
fn a_part_of_the_output_is_enough() {
    for (part, output, want) in [
        (r#""ell""#, r#""hello""#, "passed"),
        (
            r#""x""#,
            r#""hello""#,
            r#"output: "hello", expected "x" in it"#,
        ),
        ("12", "12.0", "passed"),
        ("1", "12", "output: 12, expected 1"),
        ("{}", r#"{"a": 1}"#, "passed"),
        (
            r#"{"a": {"b": 1}}"#,
            r#"{"a": {"b": 1, "c": 2}, "d": 3}"#,
            "passed",
        ),
        (
            r#"{"a": {"b": 1, "x": 2}}"#,
            r#"{"a": {"b": 3}}"#,
            "output.a.b: 3, expected 1\noutput.a.x: missing, expected 2",
        ),
        (
            r#"[{"id": 2}, "a"]"#,
            r#"["cat", {"id": 2, "n": 1}]"#,
            "passed",
        ),
        (
            r#"[{"id": 3}]"#,
            r#"[{"id": 2}]"#,
            r#"output: no item holds {"id":3}"#,
        ),
        ("[]", "[1]", "passed"),
        ("[1]", "1", "output: 1 (number), expected [1] (list)"),
    ] {
        let end = ScriptEnd::Returned(serde_json::from_str(output).unwrap());
        let expect = format!(r#"{{"outputContains": {part}}}"#);
        assert_eq!(said(&expect, &end), want, "case: {part} in {output}");
    }
}

#[test]
fn an_expected_error_is_one_that_the_script_throws() {
    let boom = threw("Error: boom");
    let returned = ScriptEnd::Returned(json!({"a": 1}));
    let stopped = ScriptEnd::Stopped(ScriptLimit::Time);
    for (expect, end, want) in [
        (r#"{"error": true}"#, &boom, "passed"),
        (r#"{"errorContains": "boom"}"#, &boom, "passed"),
        (
            r#"{"errorContains": "bang"}"#,
            &boom,
            r#"error: "Error: boom", expected "bang" in it"#,
        ),
        (
            r#"{"error": true}"#,
            &returned,
            r#"output: {"a":1}, expected an error"#,
        ),
        (
            r#"{"errorContains": ""}"#,
            &returned,
            r#"output: {"a":1}, expected an error"#,
        ),
        (
            r#"{"error": true, "output": 1}"#,
            &boom,
            "output: missing, expected 1",
        ),
        (r#"{"error": false}"#, &returned, "passed"),
        (r#"{"error": false}"#, &boom, "error"),
        (r#"{"output": 1}"#, &boom, "error"),
        (r#"{"error": true}"#, &stopped, "error"),
        (r#"{"output": 1}"#, &stopped, "error"),
    ] {
        assert_eq!(said(expect, end), want, "case: {expect} of {end:?}");
    }
}

#[test]
fn a_wall_of_differences_is_cut() {
    let (many, none): (Vec<u32>, [u32; 0]) = ((0..50).collect(), []);
    let found = Differences::between(&json!(many), &json!(none), "expected");
    assert_eq!((found.shown.len(), found.more), (20, 30));

    let long = "é".repeat(10_000);
    let found = Differences::between(&json!(long), &json!(1), "expected");
    let what = &found.shown[0].what;
    assert!(what.ends_with("… (string), expected 1 (number)"), "{what}");
    assert!(what.chars().count() < 200, "{what}");
}

#[test]
fn of_long_texts_the_place_is_shown_where_they_part() {
    let long = "a".repeat(1_000);
    let (left, right) = (json!(long.clone() + "left"), json!(long + "right"));
    let found = Differences::between(&left, &right, "locally");
    let start = "a".repeat(30);
    let want = format!(r#""…{start}left", locally "…{start}right""#);
    assert_eq!(found.shown[0].what, want);
}
