//! The `spec` of a data action.

use cxda_domain::action::{FixedFields, OnTestFailure, Script};
use cxda_domain::rule::Rule;
use cxda_domain::variable::VariableScope;
use serde_json::{Value, json};

use super::{action_name, cache, dates, test_cases, variables};
use crate::schema::parts::{boolean, list, object, one_of, or, text, told};

pub(super) fn spec() -> Value {
    let mut dependencies = list(action_name());
    dependencies["uniqueItems"] = true.into();
    let dependencies = or(dependencies, json!([]));
    let trigger = object(
        &[],
        json!({"type": told(fixed(FixedFields::TRIGGER), "The kind of trigger.", &[])}),
    );
    let enabled = "Whether the action runs; left out, a new action is enabled and an existing one stays as it is.";
    let after_test = one_of(&OnTestFailure::ALL, OnTestFailure::as_str);
    let after_test = or(after_test, OnTestFailure::default().as_str());
    let mut spec = object(
        &["description", "script"],
        json!({
            "description": told(text(), "What the action is for.", &[]),
            "type": told(fixed(FixedFields::TYPE), "The type of the action.", &[Rule::A004]),
            "trigger": told(trigger, "What starts the action.", &[Rule::A004]),
            "enabled": told(boolean(), enabled, &[]),
            "script": script(),
            "dependencies": told(dependencies, "The actions that this one needs.", &[Rule::A005, Rule::G001]),
            "cache": cache::block(),
            "parentScope": variables::parent_scope(),
            "variables": variables::block(),
            "dateProcessing": dates::block(),
            "tests": test_cases::block(),
            "onTestFailure": told(after_test, "What becomes of the action after a failed test on the tenant.", &[]),
        }),
    );
    spec["allOf"] = VariableScope::ALL.map(variables::scopes_below).into();
    told(spec, "What the action is made of.", &[])
}

/// The only word that the platform knows here.
fn fixed(word: &str) -> Value {
    json!({"const": word, "default": word})
}

fn script() -> Value {
    let content = json!({"type": "string", "minLength": 1, "maxLength": Script::MAX_BYTES});
    let file = json!({"type": "string", "pattern": "^[^/]", "examples": ["scripts/score.js"]});
    let mut script = object(
        &[],
        json!({
            "language": told(fixed(FixedFields::LANGUAGE), "The language.", &[Rule::A004]),
            "content": told(content, "The script itself.", &[Rule::A002, Rule::A003]),
            "file": told(file, "The file that holds it, relative to the manifest's folder.", &[Rule::A006]),
        }),
    );
    script["oneOf"] = json!([{"required": ["content"]}, {"required": ["file"]}]);
    told(script, "The script, here or in a file.", &[])
}

pub(super) fn example() -> Value {
    json!({
        "description": "Weighs the score of a customer",
        "script": {"content": "function main(context) {\n  return context.input.score * 1.2;\n}\n"},
        "dependencies": ["base_enrichment"],
        "cache": {"key": "score_{contactId}_v1", "ttl": 300},
        "tests": [{"name": "scales", "input": {"score": 10}, "expect": {"output": 12}}],
    })
}
