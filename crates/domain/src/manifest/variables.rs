//! Decodes the block `variables` (rules E001 to E007, W001).

use std::sync::Arc;

use crate::manifest::reader::{Findings, Found, word};
use crate::node::NodeValue;
use crate::rule::Rule;
use crate::variable::{
    EnvironmentVariable, MAX_VARIABLES, ValueReference, VariableName, VariableScope, VariableType,
    VariableValue, looks_like_mask, looks_like_secret,
};

/// What the whole block is judged by.
#[derive(Debug)]
pub(super) struct Surroundings {
    /// The manifest, for references to files.
    pub(super) file: Arc<str>,
    /// The broadest scope allowed; `None` where it is not known.
    pub(super) parent_scope: Option<VariableScope>,
}

/// The variables at `found`; `None` where a finding stands in the way.
pub(super) fn decode(
    findings: &mut Findings,
    found: &Found<'_>,
    around: &Surroundings,
) -> Option<Vec<EnvironmentVariable>> {
    let items = found.items(findings)?;
    if items.len() > MAX_VARIABLES {
        let message = format!(
            "an action has {} variables, expected at most {MAX_VARIABLES}",
            items.len()
        );
        findings.report(Rule::E001, found, message);
        return None;
    }
    let mut variables: Vec<EnvironmentVariable> = Vec::with_capacity(items.len());
    let mut names: Vec<&str> = Vec::with_capacity(items.len());
    let mut sound = true;
    for item in &items {
        match variable(findings, item, around, &mut names) {
            Some(variable) => variables.push(variable),
            None => sound = false,
        }
    }
    sound.then_some(variables)
}

fn variable<'n>(
    findings: &mut Findings,
    item: &Found<'n>,
    around: &Surroundings,
    names: &mut Vec<&'n str>,
) -> Option<EnvironmentVariable> {
    let mut map = item.map(findings)?;
    let name = map
        .require("name")
        .and_then(|found| name(findings, &found, names));
    let kind = map.require("type").and_then(|found| {
        let words = VariableType::ALL.map(VariableType::as_str);
        word(
            findings,
            &found,
            Rule::E004,
            VariableType::from_word,
            &words,
        )
    });
    let encrypted = map
        .take("encrypted")
        .map_or(Some(false), |found| found.boolean(findings));
    let scope = match map.take("scope") {
        Some(found) => scope(findings, &found, around.parent_scope),
        None => Some(VariableScope::default()),
    };
    let literal = map.take("value");
    let reference = map.take("valueFrom");
    let closed = map.close(findings);
    let value = match (literal, reference) {
        (Some(literal), None) => literal_value(findings, &literal, name.as_ref(), kind, encrypted),
        (None, Some(reference)) => {
            value_from(findings, &reference, &around.file).map(VariableValue::From)
        }
        (Some(_), Some(_)) => {
            findings.report(
                Rule::E006,
                item,
                "variable has both `value` and `valueFrom`",
            );
            None
        }
        (None, None) => {
            // A key that is unknown here is likely to be the value's, misspelt: one mistake, one finding.
            if closed {
                findings.report(
                    Rule::E006,
                    item,
                    "variable has neither `value` nor `valueFrom`",
                );
            }
            None
        }
    };
    closed.then_some(())?;
    Some(EnvironmentVariable {
        name: name?,
        kind: kind?,
        value: value?,
        encrypted: encrypted?,
        scope: scope?,
    })
}

fn name<'n>(
    findings: &mut Findings,
    found: &Found<'n>,
    names: &mut Vec<&'n str>,
) -> Option<VariableName> {
    let text = found.text(findings)?;
    if names.contains(&text) {
        findings.report(Rule::E003, found, format!("variable {text:?} stands twice"));
        return None;
    }
    names.push(text);
    let parsed = text.parse::<VariableName>();
    parsed
        .map_err(|error| findings.report(Rule::E002, found, error.to_string()))
        .ok()
}

/// Decodes a scope and holds it against the broadest one allowed.
fn scope(
    findings: &mut Findings,
    found: &Found<'_>,
    parent: Option<VariableScope>,
) -> Option<VariableScope> {
    let scope = scope_word(findings, found)?;
    if let Some(parent) = parent.filter(|parent| scope > *parent) {
        let message = format!(
            "scope {} is broader than the parent scope {}",
            scope.as_str(),
            parent.as_str()
        );
        let hint = format!("narrow it, or set `parentScope: {}`", scope.as_str());
        findings.report_with_hint(Rule::E005, found, message, hint);
        return None;
    }
    Some(scope)
}

/// Decodes a scope by itself.
pub(super) fn scope_word(findings: &mut Findings, found: &Found<'_>) -> Option<VariableScope> {
    let words = VariableScope::ALL.map(VariableScope::as_str);
    word(
        findings,
        found,
        Rule::E005,
        VariableScope::from_word,
        &words,
    )
}

fn literal_value(
    findings: &mut Findings,
    found: &Found<'_>,
    name: Option<&VariableName>,
    kind: Option<VariableType>,
    encrypted: Option<bool>,
) -> Option<VariableValue> {
    const BY_REFERENCE: &str =
        "name where it comes from: `valueFrom: {env: NAME}` or `{file: PATH}`";
    if let NodeValue::Text(text) = &found.node.value
        && looks_like_mask(text)
    {
        findings.report_with_hint(Rule::E007, found, "value looks like a mask", BY_REFERENCE);
        return None;
    }
    if encrypted? {
        let message = "an encrypted variable has a literal value";
        findings.report_with_hint(Rule::E006, found, message, BY_REFERENCE);
        return None;
    }
    let kind = kind?;
    // The message names types only: a value may be a secret that stands here by mistake.
    let mismatch = format!(
        "value is {}, expected {}",
        found.node.value.type_name(),
        kind.as_str()
    );
    let fits = match (&found.node.value, kind) {
        (NodeValue::Integer(number), VariableType::Integer) => i64::try_from(*number).is_ok(),
        (value, _) => value.type_name() == kind.as_str(),
    };
    let object = matches!(
        (&found.node.value, kind),
        (NodeValue::Map(_), VariableType::Object)
    );
    if !fits && !object {
        let message = match &found.node.value {
            NodeValue::Integer(_) if kind == VariableType::Integer => {
                "value does not fit into 64 bits".to_owned()
            }
            _ => mismatch,
        };
        findings.report(Rule::E004, found, message);
        return None;
    }
    let text = kind.wire_text(&found.json(findings)?)?;
    if kind == VariableType::String
        && name.is_some_and(|name| looks_like_secret(name.as_str(), &text))
    {
        let message = "value looks like a secret and stands in clear";
        findings.report_with_hint(
            Rule::W001,
            found,
            message,
            format!("set `encrypted: true` and {BY_REFERENCE}"),
        );
    }
    Some(VariableValue::Literal(text))
}

fn value_from(
    findings: &mut Findings,
    found: &Found<'_>,
    file: &Arc<str>,
) -> Option<ValueReference> {
    findings.remember(found);
    let mut map = found.map(findings)?;
    let env = map.take("env");
    let path = map.take("file");
    let closed = map.close(findings);
    let reference = match (env, path) {
        (Some(env), None) => {
            let name = env.text(findings)?;
            if name.is_empty() || name.contains(['\0', '=']) {
                findings.report(
                    Rule::E006,
                    &env,
                    "this is no name of an environment variable",
                );
                return None;
            }
            ValueReference::Env(name.to_owned())
        }
        (None, Some(path)) => {
            let text = path.text(findings)?;
            if text.is_empty() || text.contains('\0') {
                findings.report(Rule::E006, &path, "this is no path of a file");
                return None;
            }
            ValueReference::File {
                path: text.to_owned(),
                manifest: Arc::clone(file),
            }
        }
        (Some(_), Some(_)) => {
            findings.report(Rule::E006, found, "valueFrom names both `env` and `file`");
            return None;
        }
        (None, None) => {
            if closed {
                findings.report(
                    Rule::E006,
                    found,
                    "valueFrom names neither `env` nor `file`",
                );
            }
            return None;
        }
    };
    closed.then_some(reference)
}
