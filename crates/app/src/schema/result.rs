//! The schema of what `apply -o json` prints.

use cxda_domain::plan::ChangeKind;
use cxda_usecases::apply::{Outcome, TestStatus};
use serde_json::{Value, json};

use super::parts::{address, count, format_version, list, one_of, or_null, printed, text, told};

pub(super) fn schema() -> Value {
    let summary = printed(json!({
        "created": count(),
        "updated": count(),
        "deleted": count(),
        "unchanged": count(),
        "failed": told(count(), "Failed or unknown.", &[]),
        "skipped": count(),
    }));
    let requests = printed(json!({"sent": count(), "retried": count()}));
    let webhooks = printed(json!({"delivered": count(), "pending": count()}));
    let mut schema = printed(json!({
        "formatVersion": format_version(),
        "runId": told(text(), "The run, as the audit log names it.", &[]),
        "tenant": told(text(), "The tenant's name in the settings.", &[]),
        "results": told(list(result()), "How each change ended, in the order of the plan.", &[]),
        "summary": told(summary, "How many changes ended in which way.", &[]),
        "requests": told(requests, "What it cost.", &[]),
        "webhooks": told(webhooks, "What became of the deliveries.", &[]),
    }));
    schema["title"] = "Result of cxda".into();
    let meaning = "What `cxda apply -o json` prints. Where the manifests hold mistakes, it prints a plan instead.";
    told(schema, meaning, &[])
}

fn result() -> Value {
    let operation = one_of(&ChangeKind::ALL, ChangeKind::as_str);
    let outcome = one_of(&Outcome::ALL, Outcome::as_str);
    let status = or_null(one_of(&TestStatus::ALL, TestStatus::as_str));
    let test = printed(json!({
        "status": told(status, "What came of them; null where none were to be run.", &[]),
        "failures": told(list(text()), "What failed and how, or why they were not run.", &[]),
    }));
    let http = json!({"type": "integer", "minimum": 100, "maximum": 999});
    let error = printed(json!({
        "code": told(text(), "The kind of failure.", &[]),
        "message": told(text(), "What failed, and why.", &[]),
        "status": told(or_null(http), "The HTTP status, where there was an answer.", &[]),
        "requestId": told(or_null(text()), "The tenant's name for the request.", &[]),
    }));
    let milliseconds = json!({"type": "number", "minimum": 0});
    printed(json!({
        "address": address(),
        "operation": told(operation, "What was to be done.", &[]),
        "outcome": told(outcome, "How it ended.", &[]),
        "id": told(or_null(text()), "The tenant's id, where it is known.", &[]),
        "latencyMs": told(milliseconds, "From the first attempt to the last answer, waits left out, in milliseconds.", &[]),
        "attempts": told(count(), "How many requests it took.", &[]),
        "test": told(test, "Tests on the tenant's sandbox.", &[]),
        "error": told(or_null(error), "What went wrong.", &[]),
    }))
}
