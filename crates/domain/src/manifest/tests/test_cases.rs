//! The block `tests`.

use serde_json::json;

use super::source::manifest;
use super::{ACTION, assert_findings, check};

const EXPECT: &str = r#"{"output": 12, "outputContains": 1, "error": false, "errorContains": ""}"#;

#[test]
fn a_test_has_a_name_an_input_and_an_expectation() {
    let least = r#"{"name": "n", "input": null, "expect": {"error": true}}"#;
    let with = |test: &str| {
        let (before, rest) = ACTION.split_once(r#""tests": ["#).expect("the block");
        let (_, after) = rest.split_once("}}],").expect("its end");
        format!(r#"{before}"tests": [{test}],{after}"#)
    };
    assert_findings(&with(least), &[], "least");
    assert_findings(&with(""), &[], "none");
    let want = [
        "M003 spec.tests[0].expect",
        "M003 spec.tests[0].input",
        "M003 spec.tests[0].name",
    ];
    assert_findings(&with("^^^{}"), &want, "nothing in it");
    assert_findings(&with("^7"), &["M003 spec.tests[0]"], "no map");
    assert_findings(
        &with(&format!("{least}, ^7, {least}, ^8")),
        &["M003 spec.tests[1]", "M003 spec.tests[3]"],
        "two of four",
    );
}

#[test]
fn an_expectation_expects_something() {
    check(
        ACTION,
        &[
            (EXPECT, r#"{"output": null}"#, &[]),
            (EXPECT, r#"{"error": false}"#, &[]),
            (EXPECT, "^{}", &["M003 spec.tests[0].expect"]),
            (
                EXPECT,
                r#"{^"ouptut": 1}"#,
                &["M003 spec.tests[0].expect.ouptut"],
            ),
            (
                EXPECT,
                r#"{"error": ^"x"}"#,
                &["M003 spec.tests[0].expect.error"],
            ),
            (
                EXPECT,
                r#"{"errorContains": ^1}"#,
                &["M003 spec.tests[0].expect.errorContains"],
            ),
            (
                EXPECT,
                r#"{"output": {"a": 1, ^"a": 1}}"#,
                &["M003 spec.tests[0].expect.output.a"],
            ),
            (
                EXPECT,
                r#"{"outputContains": [^inf]}"#,
                &["M003 spec.tests[0].expect.outputContains[0]"],
            ),
        ],
    );
}

#[test]
fn clock_and_seed_are_of_their_kind() {
    let seed = r#""randomSeed": 1"#;
    let now = r#""2024-01-01T00:00:00Z""#;
    check(
        ACTION,
        &[
            (seed, r#""randomSeed": 9223372036854775807"#, &[]),
            (
                seed,
                r#""randomSeed": ^9223372036854775808"#,
                &["M003 spec.tests[0].randomSeed"],
            ),
            (
                seed,
                r#""randomSeed": ^"1""#,
                &["M003 spec.tests[0].randomSeed"],
            ),
            (now, r#"^"yesterday""#, &["D001 spec.tests[0].now"]),
            (now, "^1", &["M003 spec.tests[0].now"]),
            (
                now,
                r#"^"9999-12-31T23:00:00-02:00""#,
                &["D001 spec.tests[0].now"],
            ),
        ],
    );
}

#[test]
fn what_is_written_is_taken_over() {
    let manifest = manifest(ACTION);
    let (action, _) = manifest.actions().next().expect("an action");
    let test = &action.tests[0];
    assert_eq!(test.name, "scales");
    assert_eq!(test.input, json!({"score": 10}));
    assert_eq!(test.now, "2024-01-01T00:00:00Z".parse().ok());
    assert!(test.now.is_some());
    assert_eq!(test.random_seed, Some(1));
    assert_eq!(test.expect.output, Some(json!(12)));
    assert_eq!(test.expect.output_contains, Some(json!(1)));
    assert_eq!(test.expect.error, Some(false));
    assert_eq!(test.expect.error_contains.as_deref(), Some(""));
}
