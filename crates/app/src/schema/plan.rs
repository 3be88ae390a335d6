//! The schema of what `plan -o json` prints.

use cxda_domain::diff::Cause;
use cxda_domain::plan::ChangeKind;
use serde_json::{Value, json};

use super::diagnostic;
use super::parts::{address, count, format_version, list, one_of, printed, text, told};

pub(super) fn schema() -> Value {
    let mut schema = printed(json!({
        "formatVersion": format_version(),
        "tenant": told(text(), "The tenant's name in the settings.", &[]),
        "changes": told(list(change()), "The changes, in the order in which they are carried out.", &[]),
        "summary": summary(),
        "requests": requests(),
        "diagnostics": diagnostic::list_of(),
    }));
    schema["title"] = "Plan of cxda".into();
    told(schema, "What `cxda plan -o json` prints.", &[])
}

fn change() -> Value {
    let operation = one_of(&ChangeKind::ALL, ChangeKind::as_str);
    let cause = one_of(&Cause::ALL, Cause::as_str);
    let field = printed(json!({
        "path": told(text(), "The managed field.", &[]),
        "before": told(json!({}), "What the tenant has; null where it has nothing.", &[]),
        "after": told(json!({}), "What is wanted; null where nothing is.", &[]),
    }));
    printed(json!({
        "address": address(),
        "operation": told(operation, "What is done.", &[]),
        "cause": told(cause, "Which side moved since the last apply: the manifest, the tenant, or both.", &[]),
        "fields": told(list(field), "What differs.", &[]),
    }))
}

fn summary() -> Value {
    let summary = printed(json!({
        "create": count(),
        "update": count(),
        "delete": count(),
        "unchanged": count(),
    }));
    told(summary, "How many changes there are of each kind.", &[])
}

fn requests() -> Value {
    let by_operation = json!({"type": "object", "additionalProperties": count()});
    let requests = printed(json!({
        "estimated": told(count(), "All of them, reading included.", &[]),
        "byOperation": told(by_operation, "How many of each operation.", &[]),
        "secondsAtRateLimit": told(count(), "The least time that they take, in seconds.", &[]),
    }));
    told(requests, "What an apply costs.", &[])
}
