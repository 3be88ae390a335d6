//! What came of tests, for people and programs.

use std::time::Duration;

use cxda_domain::script::ScriptEnd;
use cxda_domain::verdict::{Differences, Verdict};
use cxda_usecases::test::TestResult;
use serde::Serialize;
use serde_json::Value;

use crate::render::{FORMAT_VERSION, Screen, Tone, json, safe};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TestedJson<'a> {
    format_version: &'static str,
    results: Vec<ResultJson<'a>>,
    summary: SummaryJson,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultJson<'a> {
    address: String,
    test: &'a str,
    outcome: &'static str,
    duration_ms: f64,
    output: Option<&'a Value>,
    error: Option<String>,
    logs: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    unlike_local: &'a [String],
}

#[derive(Serialize)]
struct SummaryJson {
    passed: usize,
    failed: usize,
}

/// What `test -o json` prints.
pub(crate) fn tested_json(results: &[TestResult]) -> String {
    let passed = count_passed(results);
    let failed = results.len() - passed;
    let entries = results.iter().map(|result| ResultJson {
        address: result.address.to_string(),
        test: &result.test,
        outcome: result.verdict.as_str(),
        duration_ms: millis(result.took),
        output: match &result.end {
            Ok(ScriptEnd::Returned(output)) => Some(output),
            _ => None,
        },
        // That a script threw is worth telling also where it was to.
        error: why(result).or_else(|| thrown(result)),
        logs: &result.logs,
        unlike_local: &result.unlike_here,
    });
    json(&TestedJson {
        format_version: FORMAT_VERSION,
        results: entries.collect(),
        summary: SummaryJson { passed, failed },
    })
}

/// What `test` prints for people: a line for each test, and below it what it logged and what is wrong with it.
pub(crate) fn tested_text(screen: Screen, results: &[TestResult]) -> String {
    let mut text = String::new();
    for result in results {
        let (mark, tone) = match result.verdict {
            Verdict::Passed => ("✓", Tone::Create),
            Verdict::Failed(_) => ("✗", Tone::Error),
            Verdict::Error => ("!", Tone::Error),
        };
        let took = format!("({:.1} ms)", millis(result.took));
        text.push_str(&format!(
            "{} {} {}\n",
            screen.paint(tone, mark),
            safe::line(&result.title()),
            screen.paint(Tone::Faint, &took)
        ));
        for log in &result.logs {
            text.push_str(&detail(&screen.paint(Tone::Faint, "log:"), log));
        }
        for line in why(result).iter().flat_map(|why| why.lines()) {
            text.push_str(&format!("    {}\n", safe::line(line)));
        }
        for line in &result.unlike_here {
            text.push_str(&detail(&screen.paint(Tone::Warning, "differs:"), line));
        }
    }
    text
}

fn detail(head: &str, text: &str) -> String {
    let text = text.replace('\n', "\n      ");
    format!("    {head} {}\n", safe::lines(&text))
}

/// How many passed, in words.
pub(crate) fn tested_summary(results: &[TestResult]) -> String {
    let passed = count_passed(results);
    match results.len() - passed {
        _ if results.is_empty() => "No tests.".to_owned(),
        0 => format!("{passed} passed."),
        failed => format!("{passed} passed, {failed} failed."),
    }
}

fn count_passed(results: &[TestResult]) -> usize {
    results.iter().filter(|result| result.has_passed()).count()
}

/// What is wrong with a test, a line for each thing; `None` where it passed.
pub(crate) fn why(result: &TestResult) -> Option<String> {
    match (&result.verdict, &result.end) {
        (Verdict::Passed, _) => None,
        (Verdict::Failed(differences), _) => Some(lines(differences)),
        (Verdict::Error, Err(reason)) => Some(reason.to_string()),
        (Verdict::Error, Ok(_)) => thrown(result),
    }
}

fn thrown(result: &TestResult) -> Option<String> {
    unreturned(result.end.as_ref().ok()?, result.thrown_at.as_deref())
}

fn lines(differences: &Differences) -> String {
    let mut lines: Vec<String> = differences.shown.iter().map(ToString::to_string).collect();
    if differences.more > 0 {
        lines.push(format!("and {} more differences", differences.more));
    }
    lines.join("\n")
}

/// Why a script returned nothing, and where it threw; `None` where it did return.
pub(crate) fn unreturned(end: &ScriptEnd, thrown_at: Option<&str>) -> Option<String> {
    match (end, thrown_at) {
        (ScriptEnd::Returned(_), _) => None,
        (ScriptEnd::Threw { message, .. }, None) => Some(message.clone()),
        (ScriptEnd::Threw { message, .. }, Some(at)) => Some(format!("{message}\n{at}")),
        (ScriptEnd::Stopped(limit), _) => Some(limit.to_string()),
    }
}

/// Milliseconds with their fraction, to the microsecond.
fn millis(duration: Duration) -> f64 {
    let micros = u32::try_from(duration.as_micros()).unwrap_or(u32::MAX);
    f64::from(micros) / 1_000.0
}
