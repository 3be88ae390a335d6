//! What the parent makes of children, whatever they say. The children are programs that every Unix has.

use std::num::NonZeroUsize;
use std::time::Duration;

use cxda_domain::node::Mark;
use cxda_domain::script::{ScriptEnd, ScriptLimit};
use cxda_ports::script::{ScriptOutcome, ScriptRun, ScriptRunError, ScriptRunner};
use serde_json::json;

use super::{ChildRunner, limits};

async fn try_ask(program: &str, argument: &str) -> Result<ScriptOutcome, ScriptRunError> {
    let run = ScriptRun {
        source: "function main() {}".to_owned(),
        input: "null".to_owned(),
        now: None,
        random_seed: None,
    };
    ChildRunner::new(program.into(), argument.into(), NonZeroUsize::MIN)
        .run(&run)
        .await
}

async fn ask(program: &str, argument: &str) -> ScriptOutcome {
    let asked = try_ask(program, argument).await;
    asked.unwrap_or_else(|error| panic!("{error}: {}", error.source))
}

/// What is made of a child that says `answer` and ends well.
async fn said(answer: &str) -> ScriptOutcome {
    ask("/bin/echo", answer).await
}

#[tokio::test]
async fn an_answer_is_taken_as_it_is() {
    let outcome = said(r#"{"end":{"returned":{"a":[1]}},"logs":["one","two"],"took_us":7}"#).await;
    assert_eq!(outcome.end, ScriptEnd::Returned(json!({"a": [1]})));
    assert_eq!(outcome.logs, ["one", "two"]);
    assert_eq!(outcome.took, Duration::from_micros(7));

    let threw = r#"{"end":{"threw":{"message":"no","line":2,"column":3}},"logs":[],"took_us":0}"#;
    let at = Some(Mark::new(2, 3));
    let message = "no".to_owned();
    assert_eq!(said(threw).await.end, ScriptEnd::Threw { message, at });

    let stopped = r#"{"end":{"stopped":"memory"},"logs":[],"took_us":0}"#;
    let memory = ScriptEnd::Stopped(ScriptLimit::Memory);
    assert_eq!(said(stopped).await.end, memory);
}

#[tokio::test]
async fn t_10_what_is_no_answer_to_the_last_byte_is_no_result() {
    let nested = "[".repeat(limits::OUTPUT_DEPTH + 1) + &"]".repeat(limits::OUTPUT_DEPTH + 1);
    let nested = format!(r#"{{"end":{{"returned":{nested}}},"logs":[],"took_us":0}}"#);
    for (label, answer) in [
        ("nothing", ""),
        ("a word", "ok"),
        ("another document", r#"{"status":"SUCCESS"}"#),
        ("no logs", r#"{"end":{"returned":1},"took_us":0}"#),
        (
            "a member too many",
            r#"{"end":{"returned":1},"logs":[],"took_us":0,"passed":true}"#,
        ),
        (
            "a member twice",
            r#"{"end":{"returned":1},"end":{"returned":2},"logs":[],"took_us":0}"#,
        ),
        (
            "two ends",
            r#"{"end":{"returned":1,"stopped":"time"},"logs":[],"took_us":0}"#,
        ),
        (
            "more behind it",
            r#"{"end":{"returned":1},"logs":[],"took_us":0} {}"#,
        ),
        (
            "half a character",
            r#"{"end":{"returned":"\ud800"},"logs":[],"took_us":0}"#,
        ),
        (
            "a time below zero",
            r#"{"end":{"returned":1},"logs":[],"took_us":-1}"#,
        ),
        (
            "a limit that a child cannot see",
            r#"{"end":{"stopped":"process"},"logs":[],"took_us":0}"#,
        ),
        ("too deep", &nested),
    ] {
        let end = said(answer).await.end;
        assert_eq!(
            end,
            ScriptEnd::Stopped(ScriptLimit::Process),
            "case: {label}"
        );
    }
}

#[tokio::test]
async fn t_10_lengths_and_times_are_looked_at_again() {
    let long = "é".repeat(limits::TEXT_BYTES);
    let answer = format!(
        r#"{{"end":{{"threw":{{"message":"{long}","line":1,"column":null}}}},"logs":["{long}"],"took_us":999999999}}"#
    );
    let outcome = said(&answer).await;
    let ScriptEnd::Threw { message, at: None } = outcome.end else {
        panic!("{:?}", outcome.end);
    };
    assert!(message.len() <= limits::TEXT_BYTES);
    assert!(outcome.logs[0].len() <= limits::TEXT_BYTES);
    assert_eq!(outcome.took, limits::WALL_TIME);
}

#[tokio::test]
async fn t_10_a_child_that_fails_has_no_result() {
    for program in ["true", "false"] {
        let end = ask(&format!("/usr/bin/{program}"), "").await.end;
        let died = ScriptEnd::Stopped(ScriptLimit::Process);
        assert_eq!(end, died, "case: {program}");
    }
}

#[tokio::test]
async fn t_09_a_child_that_never_stops_talking_is_ended() {
    let end = ask("/usr/bin/yes", "yes").await.end;
    assert_eq!(end, ScriptEnd::Stopped(ScriptLimit::Output));
}

#[tokio::test(start_paused = true)]
async fn t_09_a_child_that_says_nothing_is_ended() {
    let outcome = ask("/bin/sleep", "3600").await;
    assert_eq!(outcome.end, ScriptEnd::Stopped(ScriptLimit::Time));
    assert_eq!(outcome.took, limits::WALL_TIME);
}

#[tokio::test]
async fn a_program_that_is_not_there_says_nothing_of_the_script() {
    let error = try_ask("/nowhere", "").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "scripts cannot be run here: no process can be started"
    );
}
