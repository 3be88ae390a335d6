//! Reading a document's tree: takes values out by key and type, and reports everything that does not fit (rule M003).
//!
//! No rule about what a value means stands here; the decoders of the blocks know those.

use std::fmt::Display;
use std::str::FromStr;

use crate::manifest::findings::Findings;
use crate::manifest::suggest::nearest_word;
use crate::node::{Node, NodeValue};
use crate::rule::Rule;
use crate::violation::FieldPath;

mod json;
mod map;

pub(super) use json::json;
pub(super) use map::{Either, MapReader};

/// A value with its path.
#[derive(Clone, Debug)]
pub(super) struct Found<'n> {
    pub(super) node: &'n Node,
    pub(super) path: FieldPath,
}

impl Found<'_> {
    /// The last key of the path, as messages name the field.
    pub(super) fn field(&self) -> &str {
        self.path.as_str().rsplit('.').next().unwrap_or_default()
    }
}

/// The text at `found`, or a finding.
pub(super) fn text<'n>(findings: &mut Findings, found: &Found<'n>) -> Option<&'n str> {
    match &found.node.value {
        NodeValue::Text(text) => Some(text),
        _ => wrong_type(findings, found, "string"),
    }
}

/// The text at `found` as its own, or a finding.
pub(super) fn string(findings: &mut Findings, found: &Found<'_>) -> Option<String> {
    text(findings, found).map(ToOwned::to_owned)
}

/// The truth value at `found`, or a finding.
pub(super) fn boolean(findings: &mut Findings, found: &Found<'_>) -> Option<bool> {
    match &found.node.value {
        NodeValue::Bool(value) => Some(*value),
        _ => wrong_type(findings, found, "boolean"),
    }
}

/// The whole number at `found`, or a finding.
pub(super) fn integer(findings: &mut Findings, found: &Found<'_>) -> Option<i128> {
    match &found.node.value {
        NodeValue::Integer(value) => Some(*value),
        _ => wrong_type(findings, found, "integer"),
    }
}

/// The items at `found` with their paths, or a finding.
pub(super) fn items<'n>(findings: &mut Findings, found: &Found<'n>) -> Option<Vec<Found<'n>>> {
    let NodeValue::List(items) = &found.node.value else {
        return wrong_type(findings, found, "list");
    };
    let item = |(index, node)| Found {
        node,
        path: found.path.index(index),
    };
    Some(items.iter().enumerate().map(item).collect())
}

/// What `decode` makes of each item at `found`; `None` where a finding stands in the way of any.
pub(super) fn each<'n, T>(
    findings: &mut Findings,
    found: &Found<'n>,
    mut decode: impl FnMut(&mut Findings, &Found<'n>) -> Option<T>,
) -> Option<Vec<T>> {
    let items = items(findings, found)?;
    let decoded: Vec<_> = items.iter().map(|item| decode(findings, item)).collect();
    decoded.into_iter().collect()
}

/// The map at `found`, to be read key by key, or a finding. Its place is remembered.
pub(super) fn map<'n>(findings: &mut Findings, found: &Found<'n>) -> Option<MapReader<'n>> {
    findings.remember(found);
    match &found.node.value {
        NodeValue::Map(entries) => {
            let (at, path) = (found.node.at, found.path.clone());
            Some(MapReader::new(entries, at, path))
        }
        _ => wrong_type(findings, found, "map"),
    }
}

fn wrong_type<T>(findings: &mut Findings, found: &Found<'_>, expected: &str) -> Option<T> {
    let value = &found.node.value;
    let message = format!("expected {expected}, found {}", value.type_name());
    let (mark, path) = (found.node.at, &found.path);
    let hint = hint_on_quotes(value, expected);
    findings.report_at(Rule::M003, mark, path, message, hint);
    None
}

/// What to do where quotes, or their absence, gave a value a type that was not meant.
pub(super) fn hint_on_quotes(value: &NodeValue, expected: &str) -> Option<String> {
    let advice = match (value, expected) {
        (NodeValue::Text(text), "integer") if is_number(text) => "remove the quotes",
        (NodeValue::Text(text), "boolean") if text.parse::<bool>().is_ok() => "remove the quotes",
        (NodeValue::Text(text), "boolean")
            if matches!(&*text.to_lowercase(), "yes" | "no" | "on" | "off") =>
        {
            "write `true` or `false`"
        }
        (NodeValue::Float(_), "integer") => "write a whole number, without a fraction",
        (
            NodeValue::Bool(_) | NodeValue::Integer(_) | NodeValue::Float(_) | NodeValue::Date(_),
            "string",
        ) => "put it in quotes",
        _ => return None,
    };
    Some(advice.to_owned())
}

/// Whether `text` is how a whole number is written; `010` is something else in every notation.
fn is_number(text: &str) -> bool {
    text.parse::<i64>()
        .is_ok_and(|number| number.to_string() == text)
}

/// What the text at `found` parses as; text of another form is a finding of `rule`.
pub(super) fn parsed<T>(findings: &mut Findings, found: &Found<'_>, rule: Rule) -> Option<T>
where
    T: FromStr,
    T::Err: Display,
{
    let parsed = text(findings, found)?.parse();
    accept(findings, found, rule, parsed)
}

/// The value of `result`; its error is a finding of `rule` at `found`.
pub(super) fn accept<T>(
    findings: &mut Findings,
    found: &Found<'_>,
    rule: Rule,
    result: Result<T, impl Display>,
) -> Option<T> {
    result
        .map_err(|error| findings.report(rule, found, error.to_string()))
        .ok()
}

/// The one of `choices` that the word at `found` names in exact case; any other word is a finding of `rule`.
pub(super) fn word<T: Copy>(
    findings: &mut Findings,
    found: &Found<'_>,
    rule: Rule,
    choices: &[T],
    name: impl Fn(T) -> &'static str,
) -> Option<T> {
    let word = text(findings, found)?;
    let choice = choices.iter().find(|choice| name(**choice) == word);
    if choice.is_none() {
        let names: Vec<&str> = choices.iter().map(|choice| name(*choice)).collect();
        let message = format!("{} is {word:?}, expected {}", found.field(), any_of(&names));
        let hint = nearest_word(word, names).map(|name| format!("did you mean `{name}`?"));
        findings.report_at(rule, found.node.at, &found.path, message, hint);
    }
    choice.copied()
}

/// `a`, `a or b`, `a, b or c`.
fn any_of(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
