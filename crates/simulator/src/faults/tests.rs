//! Which rule strikes which call, and what is refused.

use axum::http::{HeaderName, HeaderValue};
use cxda_domain::request::Operation;

use super::*;

mod document;

fn script(rules: &str) -> Result<FaultScript, FaultScriptError> {
    FaultScript::from_json(&format!(r#"{{"formatVersion":"1.0","rules":[{rules}]}}"#))
}

fn call(operation: Option<Operation>) -> Call<'static> {
    Call {
        operation,
        subject: &[],
    }
}

fn strikes(script: &mut FaultScript, operation: Option<Operation>) -> bool {
    script.strike(call(operation)).broken.is_some()
}

#[test]
fn the_example_in_the_documentation_is_a_script() {
    let text = include_str!("../faults.rs");
    let example: String = text
        .lines()
        .skip_while(|line| *line != "//! ```json")
        .skip(1)
        .take_while(|line| *line != "//! ```")
        .map(|line| line.trim_start_matches("//!"))
        .collect();
    assert_eq!(FaultScript::from_json(&example).unwrap().rules.len(), 4);
}

#[test]
fn a_rule_fires_for_the_calls_it_counts() {
    let cases = [
        (r#""nth":2"#, [false, true, false, false]),
        (r#""from":2,"to":3"#, [false, true, true, false]),
        (r#""from":3"#, [false, false, true, true]),
        (r#""to":1"#, [true, false, false, false]),
        (r#""operation":"createView""#, [true, true, true, true]),
    ];
    for (calls, want) in cases {
        let rule = format!(r#"{{{calls},"fault":{{"kind":"drop"}}}}"#);
        let mut script = script(&rule).unwrap();
        let fired = [(); 4].map(|()| strikes(&mut script, Some(Operation::CreateView)));
        assert_eq!(fired, want, "{calls}");
    }
}

#[test]
fn a_rule_counts_only_its_own_operation() {
    let rule = r#"{"operation":"token","nth":2,"fault":{"kind":"truncate","bytes":3}}"#;
    let mut script = script(rule).unwrap();
    let calls = [
        Some(Operation::Token),
        Some(Operation::ListViews),
        None,
        Some(Operation::Token),
    ];
    let fired = calls.map(|operation| strikes(&mut script, operation));
    assert_eq!(fired, [false, false, false, true]);
}

#[test]
fn delays_add_up_and_the_first_break_wins() {
    let mut script = script(
        r#"{"fault":{"kind":"delay","milliseconds":5}},
           {"fault":{"kind":"delay","milliseconds":7,"committed":true}},
           {"fault":{"kind":"answer","status":500,"headers":{"x-a":["1","2"]},"body":{"a":1},"committed":true}},
           {"fault":{"kind":"delay","milliseconds":20}},
           {"fault":{"kind":"drop"}}"#,
    )
    .unwrap();
    let mishap = script.strike(call(None));
    assert_eq!(mishap.before, Duration::from_millis(25));
    assert_eq!(mishap.after, Duration::from_millis(7));
    let scripted = ScriptedAnswer {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        headers: ["1", "2"]
            .map(|value| {
                (
                    HeaderName::from_static("x-a"),
                    HeaderValue::from_static(value),
                )
            })
            .to_vec(),
        body: r#"{"a":1}"#.to_owned(),
    };
    let commitment = Commitment::Committed;
    let how = How::Answer(scripted);
    assert_eq!(mishap.broken, Some(Break { commitment, how }));
}

#[test]
fn every_nth_call_is_counted_from_the_first_that_may_be_struck() {
    for (calls, want) in [
        (r#""every":2"#, [false, true, false, true, false, true]),
        (
            r#""from":3,"every":2"#,
            [false, false, false, true, false, true],
        ),
        (
            r#""every":3,"to":5"#,
            [false, false, true, false, false, false],
        ),
        (r#""every":1"#, [true; 6]),
    ] {
        let rule = format!(r#"{{{calls},"fault":{{"kind":"drop"}}}}"#);
        let mut script = script(&rule).unwrap();
        let struck = [(); 6].map(|()| strikes(&mut script, None));
        assert_eq!(struck, want, "{calls}");
    }
}

#[test]
fn a_rule_with_a_name_counts_only_the_calls_about_it() {
    let rule = r#"{"operation":"getAction","name":"score","nth":2,"fault":{"kind":"drop"}}"#;
    let mut script = script(rule).unwrap();
    assert!(script.asks_for_names());
    let [score, other] =
        [["id-1", "score"], ["id-2", "rank"]].map(|names| names.map(str::to_owned));
    let operation = Some(Operation::GetAction);
    let struck = [&score, &other, &score, &score].map(|subject| {
        let call = Call { operation, subject };
        script.strike(call).broken.is_some()
    });
    assert_eq!(struck, [false, false, true, false]);
}

#[test]
fn an_early_answer_counts_heads_and_everything_else_whole_calls() {
    let rules =
        r#"{"nth":1,"fault":{"kind":"early","status":413}},{"nth":1,"fault":{"kind":"drop"}}"#;
    let mut script = script(rules).unwrap();
    assert!(script.may_answer_early());
    let early = [(); 2].map(|()| script.strike_early(call(None)));
    assert_eq!(early, [Some(StatusCode::PAYLOAD_TOO_LARGE), None]);
    assert!(strikes(&mut script, None));
}

/// Expects a rule to be refused by its number, with a reason that says `why`.
fn refused(rule: &str, why: &str) {
    let good = r#"{"fault":{"kind":"drop"}}"#;
    match script(&format!("{good},{rule}")) {
        Err(FaultScriptError::Rule { number: 2, reason }) => {
            assert!(reason.contains(why), "{rule}: {reason}");
        }
        other => panic!("{rule}: {other:?}"),
    }
}

#[test]
fn a_selection_that_makes_no_sense_is_refused_with_the_reason() {
    for (rule, why) in [
        (
            r#"{"nth":0,"fault":{"kind":"drop"}}"#,
            "`nth` is not a whole number from 1",
        ),
        (
            r#"{"nth":1,"to":2,"fault":{"kind":"drop"}}"#,
            "`nth` stands beside",
        ),
        (
            r#"{"nth":1,"every":2,"fault":{"kind":"drop"}}"#,
            "`nth` stands beside",
        ),
        (
            r#"{"from":3,"to":2,"fault":{"kind":"drop"}}"#,
            "`from` is after `to`",
        ),
        (
            r#"{"every":0,"fault":{"kind":"drop"}}"#,
            "`every` is not a whole number",
        ),
        (
            r#"{"name":"","fault":{"kind":"drop"}}"#,
            "`name` is not a text",
        ),
        (
            r#"{"nht":1,"fault":{"kind":"drop"}}"#,
            "did you mean `nth`?",
        ),
        (r#"{"nth":1}"#, "`fault` is missing"),
        ("7", "the rule is not an object"),
        (
            r#"{"operation":"createActions","fault":{"kind":"drop"}}"#,
            "did you mean `createAction`?",
        ),
        (
            r#"{"operation":"token","name":"a","fault":{"kind":"drop"}}"#,
            "nothing that has a name",
        ),
    ] {
        refused(rule, why);
    }
}

#[test]
fn a_fault_that_cannot_be_had_is_refused_with_the_reason() {
    for (rule, why) in [
        (
            r#"{"operation":"getAction","fault":{"kind":"preempt"}}"#,
            "an operation that creates",
        ),
        (r#"{"fault":"drop"}"#, "`fault` is not an object"),
        (r#"{"fault":{"kind":"dropp"}}"#, "did you mean `drop`?"),
        (r#"{"fault":{"kind":"explode"}}"#, "there is answer, drop,"),
        (r#"{"fault":{"milliseconds":1}}"#, "`kind` is missing"),
        (
            r#"{"fault":{"kind":"drop","comitted":true}}"#,
            "did you mean `committed`?",
        ),
        (
            r#"{"fault":{"kind":"drop","committed":1}}"#,
            "neither true nor false",
        ),
        (
            r#"{"fault":{"kind":"answer","status":199}}"#,
            "from 200 to 999",
        ),
        (
            r#"{"fault":{"kind":"answer","status":1000}}"#,
            "from 200 to 999",
        ),
        (
            r#"{"fault":{"kind":"answer","status":500,"headers":{"a b":"1"}}}"#,
            "a name that HTTP forbids",
        ),
        (
            r#"{"fault":{"kind":"answer","status":500,"headers":{"a":"1\n"}}}"#,
            "a value that HTTP forbids",
        ),
        (
            r#"{"fault":{"kind":"answer","status":500,"headers":{"a":null}}}"#,
            "has no value",
        ),
        (r#"{"fault":{"kind":"delay"}}"#, "`milliseconds` is missing"),
        (
            r#"{"fault":{"kind":"delay","milliseconds":0}}"#,
            "from 1 to 86400000",
        ),
        (
            r#"{"fault":{"kind":"drip","milliseconds":86400001}}"#,
            "from 1 to 86400000",
        ),
        (
            r#"{"fault":{"kind":"truncate","bytes":-1}}"#,
            "`bytes` is not a whole number",
        ),
        (
            r#"{"fault":{"kind":"garble","as":"bomb"}}"#,
            "did you mean `bom`?",
        ),
        (
            r#"{"fault":{"kind":"flood","as":"zip"}}"#,
            "did you mean `gzip`?",
        ),
        (r#"{"fault":{"kind":"alter"}}"#, "changes neither"),
        (r#"{"fault":{"kind":"edit"}}"#, "`members` is missing"),
        (
            r#"{"fault":{"kind":"early","status":200}}"#,
            "from 400 to 599",
        ),
        (
            r#"{"operation":"getView","fault":{"kind":"early","status":413}}"#,
            "have a body",
        ),
        (
            r#"{"operation":"createView","name":"a","fault":{"kind":"early","status":413}}"#,
            "holds the name",
        ),
        (
            r#"{"operation":"getView","fault":{"kind":"repeatPage"}}"#,
            "an operation that lists",
        ),
        (
            r#"{"operation":"getView","fault":{"kind":"commitLater","milliseconds":1}}"#,
            "an operation that writes",
        ),
        (
            r#"{"operation":"token","fault":{"kind":"revoke"}}"#,
            "without a token",
        ),
        (
            r#"{"operation":"listViews","fault":{"kind":"vanish"}}"#,
            "no view and no action",
        ),
    ] {
        refused(rule, why);
    }
}

#[test]
fn a_text_that_is_no_script_is_refused() {
    for text in [
        "",
        "{}",
        r#"{"formatVersion":"1.0","rules":{}}"#,
        r#"{"formatVersion":"1.0","rule":[]}"#,
    ] {
        let refused = FaultScript::from_json(text);
        let malformed = matches!(refused, Err(FaultScriptError::Malformed { .. }));
        assert!(malformed, "{text}: {refused:?}");
    }
    let version = FaultScript::from_json(r#"{"formatVersion":"0.9","rules":[]}"#);
    assert!(matches!(version, Err(FaultScriptError::Version { .. })));
    let tenant = FaultScript::from_json(r#"{"formatVersion":"1.0","tenant":{"key":"ignored"}}"#);
    assert!(matches!(tenant, Err(FaultScriptError::Tenant { .. })));
}
