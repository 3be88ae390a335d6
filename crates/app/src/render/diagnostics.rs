//! Findings about manifests, for people and programs.

use cxda_domain::rule::Severity;
use cxda_domain::violation::{Excerpt, Violation, Violations};
use serde::Serialize;

use crate::render::{FORMAT_VERSION, Screen, Tone, counted, json, safe};

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
    let head = screen.paint(tone, &format!("{word}[{}]", violation.rule));
    let message = safe::lines(&violation.message);
    let mut text = format!("{head}: {}\n", screen.paint(Tone::Strong, &message));
    if let Some(position) = &violation.position {
        let place = safe::line(&position.to_string());
        let path = violation.path.as_str();
        let path = if path.is_empty() {
            String::new()
        } else {
            format!(" ({})", safe::line(path))
        };
        text.push_str(&format!(
            "  {} {place}{path}\n",
            screen.paint(Tone::Faint, "-->")
        ));
    }
    if let Some(excerpt) = &violation.excerpt {
        text.push_str(&shown_line(screen, violation, excerpt));
    }
    if let Some(hint) = &violation.hint {
        let mark = screen.paint(Tone::Faint, "  = hint:");
        text.push_str(&format!("{mark} {}\n", safe::lines(hint)));
    }
    text.push('\n');
    text
}

/// The line that a finding is about, its number before it and its place marked below it.
fn shown_line(screen: Screen, violation: &Violation, excerpt: &Excerpt) -> String {
    let number = violation
        .position
        .as_ref()
        .map(|at| at.mark.line.to_string());
    let number = number.unwrap_or_default();
    let bar =
        |number: &str, width: usize| screen.paint(Tone::Faint, &format!("{number:>width$} |"));
    // A tab takes one column here, so that the mark stands below its place.
    let line = safe::line(&excerpt.text.replace('\t', " "));
    let indent: String = line
        .chars()
        .take(
            usize::try_from(excerpt.column)
                .unwrap_or_default()
                .saturating_sub(1),
        )
        .map(|c| if is_wide(c) { "  " } else { " " })
        .collect();
    let width = number.len().max(3);
    let tone = match violation.severity() {
        Severity::Error => Tone::Error,
        Severity::Warning => Tone::Warning,
    };
    format!(
        "{} {line}\n{} {indent}{}\n",
        bar(&number, width),
        bar("", width),
        screen.paint(tone, "^")
    )
}

/// Whether most terminals give `c` two columns.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}')
}
