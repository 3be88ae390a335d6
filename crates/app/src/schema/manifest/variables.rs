//! The block `variables`, and the scope above it.

use cxda_domain::rule::Rule;
use cxda_domain::variable::{MAX_VARIABLES, VariableScope, VariableType};
use serde_json::{Value, json};

use crate::schema::parts::{boolean, list, object, one_of, or, told};

pub(super) fn parent_scope() -> Value {
    let meaning = "The broadest scope that a variable may have.";
    told(scope(), meaning, &[Rule::E005])
}

fn scope() -> Value {
    let scope = one_of(&VariableScope::ALL, VariableScope::as_str);
    or(scope, VariableScope::default().as_str())
}

/// Of a `spec`: where `parentScope` is `parent`, no variable has a broader scope.
pub(super) fn scopes_below(parent: VariableScope) -> Value {
    let is_parent = json!({"const": parent.as_str()});
    let mut condition = json!({"properties": {"parentScope": is_parent}});
    if parent != VariableScope::default() {
        condition["required"] = json!(["parentScope"]);
    }
    let allowed = VariableScope::ALL.into_iter();
    let allowed: Vec<&str> = allowed
        .filter(|scope| *scope <= parent)
        .map(VariableScope::as_str)
        .collect();
    let scope = json!({"properties": {"scope": {"enum": allowed}}});
    json!({"if": condition, "then": {"properties": {"variables": {"items": scope}}}})
}

pub(super) fn block() -> Value {
    let name = json!({"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_]*$"});
    let kind = one_of(&VariableType::ALL, VariableType::as_str);
    let encrypted = "Whether the tenant keeps it encrypted and never shows it.";
    let mut variable = object(
        &["name", "type"],
        json!({
            "name": told(name, "The name.", &[Rule::E002, Rule::E003]),
            "type": told(kind, "The type of the value.", &[Rule::E004]),
            "value": told(json!({}), "The value.", &[Rule::E004, Rule::E007]),
            "valueFrom": reference(),
            "encrypted": or(told(boolean(), encrypted, &[Rule::E006]), false),
            "scope": told(scope(), "Who sees it.", &[Rule::E005]),
        }),
    );
    variable["oneOf"] = json!([{"required": ["value"]}, {"required": ["valueFrom"]}]);
    let literal = |kind: VariableType| {
        let literal = match kind {
            VariableType::Integer => {
                json!({"type": "integer", "minimum": i64::MIN, "maximum": i64::MAX})
            }
            _ => json!({"type": kind.as_str()}),
        };
        when(
            "type",
            kind.as_str(),
            &json!({"properties": {"value": literal}}),
        )
    };
    let mut conditions: Vec<Value> = VariableType::ALL.map(literal).into();
    conditions.push(when("encrypted", true, &json!({"required": ["valueFrom"]})));
    variable["allOf"] = conditions.into();
    let mut variables = list(variable);
    variables["maxItems"] = MAX_VARIABLES.into();
    let meaning = "The environment variables; left out, those of the tenant stay, an empty list takes them away.";
    told(variables, meaning, &[Rule::E001])
}

/// Where `key` is `value`, `then` holds.
fn when(key: &str, value: impl Into<Value>, then: &Value) -> Value {
    let is_value = json!({"const": value.into()});
    json!({"if": {"properties": {key: is_value}, "required": [key]}, "then": then})
}

fn reference() -> Value {
    let env = json!({"type": "string", "pattern": r"^[^=\u0000-\u001f\u007f-\u009f]+$"});
    let file = json!({"type": "string", "pattern": r"^[^\u0000-\u001f\u007f-\u009f]+$"});
    let mut reference = object(
        &[],
        json!({
            "env": told(env, "The environment variable that holds it.", &[]),
            "file": told(file, "The file that holds it: absolute, or relative to the manifest's folder. One final line feed is cut.", &[]),
        }),
    );
    reference["oneOf"] = json!([{"required": ["env"]}, {"required": ["file"]}]);
    told(reference, "Where the value is.", &[Rule::E006, Rule::E008])
}
