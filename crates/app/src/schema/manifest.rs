//! The schema of a manifest: one document that declares a view or an action.

use cxda_domain::action::ActionName;
use cxda_domain::address::ResourceKind;
use cxda_domain::manifest::API_VERSION;
use cxda_domain::rule::Rule;
use cxda_domain::view::ViewName;
use serde_json::{Value, json};

use self::fillable::fillable;
use super::parts::{boolean, object, or, told};

mod action;
mod cache;
mod dates;
mod fillable;
mod test_cases;
mod variables;
mod view;

/// What cannot be said in a schema.
const BEYOND: &str = "A file may hold several documents; this describes one. What a schema cannot say, `cxda validate` \
    judges: cycles, references between documents, names that are there twice, scripts, bytes where a schema counts \
    characters, results of date arithmetic, values that look like masks, whole numbers written with a fraction such as 15.0, \
    and what comes of a string with `${var.NAME}`, which the values of a tenant fill.";

pub(super) fn schema() -> Value {
    let branch = |kind: ResourceKind| json!({"$ref": format!("#/$defs/{}", kind.manifest_kind())});
    json!({
        "title": "Manifest of cxda",
        "description": format!("Declares one materialized view or one data action. {BEYOND}"),
        "oneOf": ResourceKind::ALL.map(branch),
        "$defs": {
            ResourceKind::View.manifest_kind(): document(
                ResourceKind::View,
                "A materialized view.",
                told(view_name(), "The name, unique among the views of the tenant.", &[Rule::V001]),
                view::spec(),
                view::example(),
            ),
            ResourceKind::Action.manifest_kind(): document(
                ResourceKind::Action,
                "A data action: a script with its trigger, dependencies, cache policy, variables and date processing.",
                told(action_name(), "The name, unique among the actions of the tenant.", &[Rule::A001]),
                action::spec(),
                action::example(),
            ),
        },
    })
}

/// A document of `kind`; `example` is a `spec`.
fn document(kind: ResourceKind, meaning: &str, name: Value, spec: Value, example: Value) -> Value {
    let metadata = object(
        &["name"],
        json!({
            "name": name,
            "protect": or(told(boolean(), "Whether it is never deleted, also after its manifest is gone.", &[]), false),
        }),
    );
    let mut document = object(
        &["apiVersion", "kind", "metadata", "spec"],
        json!({
            "apiVersion": told(json!({"const": API_VERSION}), "The version of the manifest format.", &[Rule::M002]),
            "kind": told(json!({"const": kind.manifest_kind()}), "What is declared.", &[Rule::M002]),
            "metadata": fillable(told(metadata, "The name, and whether it may be deleted.", &[])),
            "spec": fillable(spec),
        }),
    );
    document["title"] = kind.manifest_kind().into();
    document["examples"] = json!([{
        "apiVersion": API_VERSION,
        "kind": kind.manifest_kind(),
        "metadata": {"name": "customer_score"},
        "spec": example,
    }]);
    told(document, meaning, &[])
}

fn view_name() -> Value {
    json!({
        "type": "string",
        "minLength": ViewName::MIN_CHARS,
        "maxLength": ViewName::MAX_CHARS,
        "pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$",
    })
}

fn action_name() -> Value {
    json!({
        "type": "string",
        "minLength": ActionName::MIN_CHARS,
        "maxLength": ActionName::MAX_CHARS,
        "pattern": "^[A-Za-z0-9_-]*$",
    })
}
