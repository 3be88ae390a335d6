//! A finding about a manifest, as printed.

use cxda_domain::rule::{Rule, Severity};
use serde_json::{Value, json};

use super::parts::{count, list, or_null, printed, text, told};

pub(super) fn list_of() -> Value {
    let codes: Vec<&str> = Rule::ALL.iter().map(|rule| rule.code()).collect();
    let place = |meaning: &str| told(or_null(count()), meaning, &[]);
    let diagnostic = printed(json!({
        "severity": told(json!({"enum": [Severity::Error, Severity::Warning]}), "How much it matters.", &[]),
        "code": told(json!({"type": "string", "enum": codes}), "The rule; `cxda explain CODE` tells all about it.", &[]),
        "message": told(text(), "What is wrong.", &[]),
        "file": told(or_null(text()), "The manifest, relative to the project's folder.", &[]),
        "line": place("The line, from 1."),
        "column": place("The column in characters, from 1."),
        "path": told(text(), "The path of the value in the document.", &[]),
        "hint": told(or_null(text()), "What to do.", &[]),
    }));
    told(
        list(diagnostic),
        "What was found, by file, line, column and code.",
        &[],
    )
}
