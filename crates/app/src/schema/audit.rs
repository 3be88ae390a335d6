//! The schema of one line of the audit log.

use cxda_domain::address::ResourceKind;
use cxda_domain::audit::{AuditAction, Phase};
use serde_json::{Value, json};

use super::parts::{boolean, count, list, one_of, or_null, printed, text, told};

/// A SHA-256 in hexadecimal digits.
const HASH: &str = "^[0-9a-f]{64}$";

pub(super) fn schema() -> Value {
    let hash = || json!({"type": "string", "pattern": HASH});
    let actions = one_of(&AuditAction::ALL, AuditAction::as_str);
    let instant = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$";
    let resource = printed(json!({
        "type": one_of(&ResourceKind::ALL, ResourceKind::as_str),
        "id": told(or_null(text()), "The tenant's id, where it is known.", &[]),
        "name": text(),
    }));
    let mut schema = printed(json!({
        "seq": told(json!({"type": "integer", "minimum": 1}), "The record's number.", &[]),
        "auditId": told(text(), "Unique.", &[]),
        "runId": told(text(), "The run that wrote it.", &[]),
        "timestamp": told(json!({"type": "string", "pattern": instant}), "When, in UTC.", &[]),
        "actor": told(text(), "Who.", &[]),
        "tenant": told(text(), "On which tenant.", &[]),
        "action": told(actions, "What.", &[]),
        "phase": told(json!({"type": "string", "enum": Phase::ALL}), "How far it came.", &[]),
        "resource": told(resource, "On which resource.", &[]),
        "changes": told(list(text()), "The blocks that it changes; no values.", &[]),
        "metrics": told(or_null(metrics()), "What was measured; null before anything was sent.", &[]),
        "compliance": compliance(),
        "error": told(or_null(text()), "What went wrong, or a note.", &[]),
        "prevHash": told(hash(), "The hash of the record before; zeros in the first.", &[]),
        "hash": told(hash(), "SHA-256 over the canonical form (RFC 8785) of the record without this member.", &[]),
    }));
    schema["title"] = "Audit record of cxda".into();
    let meaning = "One line of the audit log. That the chain holds, `cxda audit verify` tells.";
    told(schema, meaning, &[])
}

fn metrics() -> Value {
    let mut metrics = printed(json!({
        "latencyMs": told(json!({"type": "number", "minimum": 0}), "Waits left out, in milliseconds.", &[]),
        "attempts": told(count(), "How many requests it took.", &[]),
    }));
    let encrypted = [
        ("encryptedSent", "Encrypted values that it carried."),
        (
            "encryptedStored",
            "Those of them that the tenant shows as encrypted.",
        ),
    ];
    for (key, meaning) in encrypted {
        metrics["properties"][key] = told(count(), meaning, &[]);
    }
    metrics["dependentRequired"] =
        json!({"encryptedSent": ["encryptedStored"], "encryptedStored": ["encryptedSent"]});
    metrics
}

fn compliance() -> Value {
    let flag = |meaning: &str| told(or_null(boolean()), meaning, &[]);
    let compliance = printed(json!({
        "schemaValidated": flag("Every rule of the manifest holds."),
        "dependencyVerified": flag("Every dependency is there."),
        "circularReferenceCheckPassed": flag("Project and tenant together hold no cycle."),
        "scriptSyntaxChecked": flag("The script was parsed."),
        "testPassed": flag("Its tests passed."),
    }));
    told(
        compliance,
        "What was really checked in this run; null where it was not.",
        &[],
    )
}
