//! Every rule that manifests show by themselves, at its limits: code, place, path, and one finding for one mistake.
//!
//! Most cases are a sound document with one piece of text replaced. A `^` in the new text marks where a finding must
//! stand; the findings are named in the order of their places.

use crate::manifest::decode;
use crate::violation::{Violation, Violations};

mod action;
mod cache;
mod dates;
mod frame;
pub(crate) mod source;
mod test_cases;
mod together;
mod variables;
mod view;

/// A view that holds no mistake.
const VIEW: &str = r#"{
"apiVersion": "cxda/v1",
"kind": "MaterializedView",
"metadata": {"name": "calls_by_queue"},
"spec": {
  "description": "Calls by queue",
  "source": {"table": "12345678-1234-1234-1234-123456789012"},
  "columns": [{"name": "queue", "alias": "q"}, {"name": "calls", "aggregation": "COUNT"}],
  "refresh": {"intervalMinutes": 15, "auto": true},
  "indexes": {"auto": false, "custom": [{"columns": ["q"], "type": "BTREE"}]}
}}"#;

/// An action that holds no mistake, with every block.
const ACTION: &str = r#"{
"apiVersion": "cxda/v1",
"kind": "DataAction",
"metadata": {"name": "score_calc", "protect": false},
"spec": {
  "description": "Scores",
  "type": "SCRIPT",
  "trigger": {"type": "MANUAL"},
  "enabled": true,
  "script": {"language": "JavaScript", "content": "main"},
  "dependencies": ["base_calc"],
  "cache": {"enabled": true, "key": "score_{id}", "priority": "highPriority",
    "ttlMatrix": {"default": 300, "highPriority": 60, "staticReference": 3600}, "payloadKb": 12,
    "invalidation": [{"source": "https://example.com/hooks", "eventType": "refresh", "action": "noop"}]},
  "variables": [
    {"name": "limit", "type": "integer", "value": 3},
    {"name": "auth", "type": "string", "encrypted": true, "scope": "action", "valueFrom": {"env": "AUTH"}}],
  "parentScope": "action",
  "dateProcessing": {"sourceField": "from", "targetField": "to", "timestamp": "2024-02-29T15:30:00.000Z",
    "timezone": "America/New_York", "operation": "ADD_OFFSET", "offsetMinutes": 120, "precision": 3,
    "dstAdjustment": true, "output": "utc", "ambiguous": "earlier"},
  "tests": [{"name": "scales", "input": {"score": 10}, "now": "2024-01-01T00:00:00Z", "randomSeed": 1,
    "expect": {"output": 12, "outputContains": 1, "error": false, "errorContains": ""}}],
  "onTestFailure": "keep"
}}"#;

/// The text that is replaced, what takes its place, and the findings that come of it, each a code and a path.
type Case<'a> = (&'a str, &'a str, &'a [&'a str]);

/// Holds `base` with each piece of text replaced against the findings that must come of it.
fn check(base: &str, cases: &[Case<'_>]) {
    for (from, to, want) in cases {
        assert_eq!(base.matches(from).count(), 1, "stands once: {from}");
        assert_findings(&base.replace(from, to), want, to);
    }
}

/// Asserts that exactly the findings `want` come of `text`, at the marked places.
fn assert_findings(text: &str, want: &[&str], case: &str) {
    let (_, marked) = source::read(text);
    let mut want: Vec<_> = marked.into_iter().zip(want.iter().copied()).collect();
    assert_eq!(
        text.matches('^').count(),
        want.len(),
        "a place for each finding: {case}"
    );
    want.sort_unstable();
    let (_, violations) = source::decoded(text);
    let found: Vec<_> = violations
        .iter()
        .map(|violation| {
            let mark = violation.position.as_ref().expect("a place").mark;
            (mark, format!("{} {}", violation.rule, violation.path))
        })
        .collect();
    let want: Vec<_> = want
        .into_iter()
        .map(|(mark, finding)| (mark, finding.to_owned()))
        .collect();
    assert_eq!(found, want, "case: {case}\n{violations:#?}");
    for violation in &violations {
        assert_is_readable(violation);
    }
}

/// Asserts the form that messages and hints share.
fn assert_is_readable(violation: &Violation) {
    let texts = [Some(&violation.message), violation.hint.as_ref()];
    for text in texts.into_iter().flatten() {
        assert!(!text.is_empty() && !text.ends_with('.'), "{text}");
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
}

/// The findings as a person reads them, a line each.
fn report(violations: &Violations) -> String {
    let line = |violation: &Violation| {
        let mark = violation.position.as_ref().expect("a place").mark;
        let hint = violation.hint.as_ref();
        format!(
            "{}:{} {} {}: {}{}\n",
            mark.line,
            mark.column,
            violation.rule,
            violation.path,
            violation.message,
            hint.map(|hint| format!(" ({hint})")).unwrap_or_default(),
        )
    };
    violations.iter().map(line).collect()
}

#[test]
fn documents_without_a_mistake_give_no_finding() {
    assert_findings(VIEW, &[], "view");
    assert_findings(ACTION, &[], "action");
}

#[test]
fn no_document_is_no_finding_here() {
    let (manifest, violations) = decode([]).complete([]);
    assert!(violations.is_empty());
    assert!(manifest.resources().is_empty());
}
