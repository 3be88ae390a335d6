//! Findings about manifests, for people and programs.

use cxda_domain::rule::Severity;
use cxda_domain::violation::{Violation, Violations};
use serde::Serialize;

use crate::render::excerpt::excerpts;
use crate::render::{FORMAT_VERSION, Screen, Tone, counted, json};

/// A finding in the contract's JSON shape.
#[derive(Debug, Serialize)]
pub(crate) struct Diagnostic<'a> {
    severity: Severity,
    code: &'static str,
    message: &'a str,
    file: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
    path: &'a str,
    hint: Option<&'a str>,
}

impl<'a> From<&'a Violation> for Diagnostic<'a> {
    fn from(violation: &'a Violation) -> Self {
        let position = violation.position.as_ref();
        Self {
            severity: violation.severity(),
            code: violation.rule.code(),
            message: &violation.message,
            file: position.map(|position| &*position.file),
            line: position.map(|position| position.mark.line),
            column: position.map(|position| position.mark.column),
            path: violation.path.as_str(),
            hint: violation.hint.as_deref(),
        }
    }
}

/// Every finding in the contract's JSON shape.
pub(crate) fn list(violations: &Violations) -> Vec<Diagnostic<'_>> {
    violations.iter().map(Diagnostic::from).collect()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    format_version: &'static str,
    valid: bool,
    diagnostics: Vec<Diagnostic<'a>>,
}

/// What `validate -o json` prints.
pub(crate) fn validation_json(violations: &Violations) -> String {
    let valid = !violations.has_errors();
    json(&Report {
        format_version: FORMAT_VERSION,
        valid,
        diagnostics: list(violations),
    })
}

/// What `validate` prints for people.
pub(crate) fn validation_text(screen: Screen, violations: &Violations, resources: usize) -> String {
    let mut text = findings(screen, violations);
    if violations.has_errors() {
        text.push_str(&summary(violations));
    } else {
        text.push_str(&format!("{} valid.\n", counted(resources, "resource")));
    }
    text
}

/// Every finding in full.
pub(crate) fn findings(screen: Screen, violations: &Violations) -> String {
    violations
        .iter()
        .map(|violation| finding(screen, violation))
        .collect()
}

/// How many findings there are, as a sentence.
pub(crate) fn summary(violations: &Violations) -> String {
    let errors = violations
        .iter()
        .filter(|violation| violation.severity() == Severity::Error)
        .count();
    let warnings = violations.len() - errors;
    match warnings {
        0 => format!("{}.\n", counted(errors, "error")),
        _ => format!(
            "{}, {}.\n",
            counted(errors, "error"),
            counted(warnings, "warning")
        ),
    }
}

fn finding(screen: Screen, violation: &Violation) -> String {
    let (word, tone) = match violation.severity() {
        Severity::Error => ("error", Tone::Error),
        Severity::Warning => ("warning", Tone::Warning),
    };
    let head = format!("{word}[{}]", violation.rule);
    let message = screen.fitted(&violation.message, head.len() + 2);
    let mut text = format!(
        "{}: {}\n",
        screen.paint(tone, &head),
        screen.paint(Tone::Strong, message.trim_end())
    );
    if let Some(position) = &violation.position {
        let path = match violation.path.as_str() {
            "" => String::new(),
            path => format!(" ({path})"),
        };
        let place = screen.fitted(&format!("{position}{path}"), ARROW.len() + 1);
        text.push_str(&format!("{} {place}", screen.paint(Tone::Faint, ARROW)));
    }
    text.push_str(&excerpts(screen, violation));
    if let Some(hint) = &violation.hint {
        let hint = screen.fitted(hint, HINT.len() + 1);
        text.push_str(&format!("{} {hint}", screen.paint(Tone::Faint, HINT)));
    }
    text.push('\n');
    text
}

const ARROW: &str = "  -->";
const HINT: &str = "  = hint:";
