//! Decodes the block `variables` (rules E001 to E007, W001).
//!
//! No message repeats a value: it may be a secret that stands here by mistake.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::manifest::findings::Findings;
use crate::manifest::reader::{
    Either, Found, accept, boolean, each, hint_on_quotes, items, json, map, parsed, string, text,
    word,
};
use crate::node::{Mark, NodeValue};
use crate::rule::Rule;
use crate::variable::{
    EnvironmentVariable, MAX_VARIABLES, ValueReference, VariableName, VariableScope, VariableType,
    VariableValue, looks_like_mask, looks_like_secret,
};

/// What to do with a value that must not stand in a manifest.
const BY_REFERENCE: &str = "name where it comes from: `valueFrom: {env: NAME}` or `{file: PATH}`";

/// Names that variables of one action have, and where the first of each stands.
type Names<'n> = BTreeMap<&'n str, Mark>;

/// The variables at `found`, judged by the broadest scope allowed, so far as that is known.
///
/// `None` where a finding stands in the way.
pub(super) fn decode(
    findings: &mut Findings,
    found: &Found<'_>,
    parent_scope: Option<VariableScope>,
) -> Option<Vec<EnvironmentVariable>> {
    let count = items(findings, found)?.len();
    let fits = count <= MAX_VARIABLES;
    if !fits {
        let message = format!("an action has {count} variables, expected at most {MAX_VARIABLES}");
        findings.report(Rule::E001, found, message);
    }
    let mut names = Names::new();
    let variables = each(findings, found, |findings, item| {
        variable(findings, item, parent_scope, &mut names)
    });
    variables.filter(|_| fits)
}

fn variable<'n>(
    findings: &mut Findings,
    item: &Found<'n>,
    parent_scope: Option<VariableScope>,
    names: &mut Names<'n>,
) -> Option<EnvironmentVariable> {
    let mut fields = map(findings, item)?;
    let name = fields.required(findings, "name", |findings, found| {
        name(findings, found, names)
    });
    let kind = fields.required(findings, "type", |findings, found| {
        let choices = VariableType::ALL;
        word(findings, found, Rule::E004, &choices, VariableType::as_str)
    });
    let encrypted = fields.or(findings, "encrypted", false, boolean);
    let narrowest = VariableScope::default();
    let scope = fields.or(findings, "scope", narrowest, |findings, found| {
        scope(findings, found, parent_scope)
    });
    let value = match fields.one_of(findings, Rule::E006, ["value", "valueFrom"])? {
        Either::First(value) => literal(findings, &value, name.as_ref(), kind, encrypted)
            .inspect(|text| {
                let suspect = |name: &&VariableName| looks_like_secret(name.as_str(), text);
                let is_text = kind == Some(VariableType::String);
                if let Some(name) = name.as_ref().filter(suspect).filter(|_| is_text) {
                    let message =
                        format!("value of {name} looks like a secret and stands in clear");
                    let hint = format!("set `encrypted: true` and {BY_REFERENCE}");
                    findings.report_with_hint(Rule::W001, &value, message, hint);
                }
            })
            .map(VariableValue::Literal),
        Either::Second(reference) => {
            findings.remember(&reference);
            value_from(findings, &reference).map(VariableValue::From)
        }
    };
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
    names: &mut Names<'n>,
) -> Option<VariableName> {
    let name = text(findings, found)?;
    if let Some(first) = names.get(name) {
        let message = format!(
            "variable {name:?} stands twice, first in line {}",
            first.line
        );
        let (hint, at) = ("remove or rename one of them", found.node.at);
        findings.report_again(Rule::E003, at, &found.path, message, hint, *first);
        return None;
    }
    names.insert(name, found.node.at);
    parsed(findings, found, Rule::E002)
}

/// Decodes a scope and holds it against the broadest one allowed.
fn scope(
    findings: &mut Findings,
    found: &Found<'_>,
    parent: Option<VariableScope>,
) -> Option<VariableScope> {
    let scope = scope_word(findings, found)?;
    if let Some(parent) = parent.filter(|parent| scope > *parent) {
        let (scope, parent) = (scope.as_str(), parent.as_str());
        let message = format!("scope {scope} is broader than the parent scope {parent}");
        let hint = format!("narrow it, or set `parentScope: {scope}`");
        findings.report_with_hint(Rule::E005, found, message, hint);
        return None;
    }
    Some(scope)
}

/// Decodes a scope by itself.
pub(super) fn scope_word(findings: &mut Findings, found: &Found<'_>) -> Option<VariableScope> {
    let choices = VariableScope::ALL;
    word(findings, found, Rule::E005, &choices, VariableScope::as_str)
}

/// The wire's text of a value that stands in the manifest.
fn literal(
    findings: &mut Findings,
    found: &Found<'_>,
    name: Option<&VariableName>,
    kind: Option<VariableType>,
    encrypted: Option<bool>,
) -> Option<String> {
    let value = &found.node.value;
    // What is hidden is at least named.
    let it = name.map_or("value".to_owned(), |name| format!("value of {name}"));
    if matches!(value, NodeValue::Text(text) if looks_like_mask(text)) {
        let message = format!("{it} looks like a mask, not like what it stands for");
        findings.report_with_hint(Rule::E007, found, message, BY_REFERENCE);
        return None;
    }
    if encrypted? {
        let message = format!("{it} is to be encrypted and stands in clear");
        findings.report_with_hint(Rule::E006, found, message, BY_REFERENCE);
        return None;
    }
    let kind = kind?;
    let fits = match (value, kind) {
        (NodeValue::Text(_), VariableType::String)
        | (NodeValue::Bool(_), VariableType::Boolean)
        | (NodeValue::Map(_), VariableType::Object) => true,
        (NodeValue::Integer(number), VariableType::Integer) => i64::try_from(*number).is_ok(),
        _ => false,
    };
    if !fits {
        let expected = kind.as_str();
        let message = match (value, kind) {
            (NodeValue::Integer(_), VariableType::Integer) => {
                format!("{it} does not fit into 64 bits")
            }
            _ => format!("{it} is {}, expected {expected}", value.type_name()),
        };
        let hint = hint_on_quotes(value, expected);
        findings.report_at(Rule::E004, found.node.at, &found.path, message, hint);
        return None;
    }
    kind.wire_text(&json(findings, found)?)
}

fn value_from(findings: &mut Findings, found: &Found<'_>) -> Option<ValueReference> {
    let fields = map(findings, found)?;
    match fields.one_of(findings, Rule::E006, ["env", "file"])? {
        Either::First(env) => {
            let name = string(findings, &env)?;
            let message = "env is empty or holds `=` or a control character";
            let fits = !name.is_empty() && !name.contains(|c: char| c == '=' || c.is_control());
            accept(
                findings,
                &env,
                Rule::E006,
                fits.then_some(()).ok_or(message),
            )?;
            Some(ValueReference::Env(name))
        }
        Either::Second(file) => {
            let path = string(findings, &file)?;
            let message = "file is empty or holds a control character";
            let fits = !path.is_empty() && !path.contains(char::is_control);
            accept(
                findings,
                &file,
                Rule::E006,
                fits.then_some(()).ok_or(message),
            )?;
            Some(ValueReference::File {
                path,
                manifest: Arc::clone(findings.file()),
            })
        }
    }
}
