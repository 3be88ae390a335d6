//! `${var.NAME}` in the strings of a manifest: what differs from tenant to tenant.
//!
//! Every string is looked at but the text of a script, in which `${...}` is JavaScript; keys are left alone, and so is `{field}`
//! of a cache key. `$${var.NAME}` stands for the text `${var.NAME}` itself.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::manifest::nearest;
use crate::node::{Node, NodeValue};
use crate::rule::Rule;
use crate::violation::{FieldPath, Position, Violation};

/// What a reference begins with.
pub const VAR_OPENING: &str = "${var.";
/// Where the text of a script stands.
const SCRIPT: &str = "spec.script.content";

/// The values of one tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vars {
    /// The tenant; `None` where none is chosen, so that nobody knows a value.
    pub tenant: Option<String>,
    /// The values by name.
    pub values: BTreeMap<VarName, VarValue>,
}

/// The name of a value: an ASCII letter, then letters, digits, `_` or `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VarName(String);

/// A text that is no [`VarName`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{raw:?} is no name for a value: expected a letter, then letters, digits, `_` or `-`")]
pub struct VarNameError {
    /// The text.
    pub raw: String,
}

impl std::str::FromStr for VarName {
    type Err = VarNameError;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if raw.starts_with(|c: char| c.is_ascii_alphabetic()) && raw.chars().all(fits) {
            return Ok(Self(raw.to_owned()));
        }
        let raw = raw.to_owned();
        Err(VarNameError { raw })
    }
}

impl fmt::Display for VarName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// One value. A string that is nothing but a reference takes its type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the types'")]
pub enum VarValue {
    Text(String),
    Integer(i64),
    Boolean(bool),
}

impl fmt::Display for VarValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => formatter.write_str(text),
            Self::Integer(number) => write!(formatter, "{number}"),
            Self::Boolean(value) => write!(formatter, "{value}"),
        }
    }
}

impl From<&VarValue> for NodeValue {
    fn from(value: &VarValue) -> Self {
        match value {
            VarValue::Text(text) => Self::Text(text.clone()),
            VarValue::Integer(number) => Self::Integer((*number).into()),
            VarValue::Boolean(value) => Self::Bool(*value),
        }
    }
}

/// What came of filling a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// Whether any value was put in.
    pub used: bool,
    /// References that nothing stands behind (rule M003).
    pub violations: Vec<Violation>,
}

/// Puts the values of `vars` into the strings of the document `root` of `file`.
///
/// A string with a reference that nothing stands behind stays as it is.
pub fn fill(file: &Arc<str>, root: &mut Node, vars: &Vars) -> Filled {
    let mut filling = Filling {
        file,
        vars,
        filled: Filled::default(),
    };
    filling.node(root, &FieldPath::root());
    filling.filled
}

/// Writes every string of the document `root` so that [`fill`] gives back what stands there now.
pub fn escape(root: &mut Node) {
    // Documents that are written are a few levels deep.
    match &mut root.value {
        NodeValue::Text(text) if text.contains(VAR_OPENING) => {
            *text = text.replace(VAR_OPENING, &format!("${VAR_OPENING}"));
        }
        NodeValue::List(items) => items.iter_mut().for_each(escape),
        NodeValue::Map(entries) => entries.iter_mut().for_each(|entry| escape(&mut entry.node)),
        _ => {}
    }
}

struct Filling<'a> {
    file: &'a Arc<str>,
    vars: &'a Vars,
    filled: Filled,
}

/// A part of a string.
enum Part<'t> {
    Text(&'t str),
    Reference(&'t str),
    /// A reference that never ends.
    Open,
}

impl Filling<'_> {
    /// Readers bound how deep a document may be.
    fn node(&mut self, node: &mut Node, path: &FieldPath) {
        match &mut node.value {
            NodeValue::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.node(item, &path.index(index));
                }
            }
            NodeValue::Map(entries) => {
                for entry in entries {
                    self.node(&mut entry.node, &path.key(&entry.key));
                }
            }
            NodeValue::Text(text) if text.contains(VAR_OPENING) && path.as_str() != SCRIPT => {
                let text = std::mem::take(text);
                node.value = self
                    .text(&text, node, path)
                    .unwrap_or(NodeValue::Text(text));
            }
            _ => {}
        }
    }

    /// What `text` becomes; `None` where a finding stands in the way.
    fn text(&mut self, text: &str, node: &Node, path: &FieldPath) -> Option<NodeValue> {
        let parts = parts(text);
        let before = self.filled.violations.len();
        let mut values = Vec::with_capacity(parts.len());
        for part in &parts {
            match part {
                Part::Text(text) => values.push(NodeValue::Text((*text).to_owned())),
                Part::Reference(name) => match self.value(name) {
                    Ok(value) => values.push(value.into()),
                    Err((message, hint)) => self.report(node, path, message, hint),
                },
                Part::Open => {
                    let message = format!("`{VAR_OPENING}` is never closed");
                    let hint = "write `${var.NAME}`, or `$${var.` for the text itself".to_owned();
                    self.report(node, path, message, Some(hint));
                }
            }
        }
        if self.filled.violations.len() > before {
            return None;
        }
        self.filled.used |= parts.iter().any(|part| matches!(part, Part::Reference(_)));
        match (&parts[..], values.pop()) {
            ([Part::Reference(_)], Some(only)) => Some(only),
            (_, last) => {
                values.extend(last);
                Some(NodeValue::Text(values.iter().map(plain).collect()))
            }
        }
    }

    fn value(&self, name: &str) -> Result<&VarValue, (String, Option<String>)> {
        let Some(tenant) = &self.vars.tenant else {
            let message = format!("no tenant is chosen, so nobody knows `{VAR_OPENING}{name}}}`");
            let hint = "choose one with `--tenant` or `project.default_tenant`".to_owned();
            return Err((message, Some(hint)));
        };
        let parsed: Result<VarName, _> = name.parse();
        let found = parsed.ok().and_then(|name| self.vars.values.get(&name));
        found.ok_or_else(|| {
            let message =
                format!("`{VAR_OPENING}{name}}}` names nothing in [tenant.{tenant}.vars]");
            let known = self.vars.values.keys().map(|known| known.0.as_str());
            let near =
                nearest(name, known).map(|near| format!("did you mean `{VAR_OPENING}{near}}}`?"));
            let hint = near.unwrap_or_else(|| "add it to `cxda.toml`".to_owned());
            (message, Some(hint))
        })
    }

    fn report(&mut self, node: &Node, path: &FieldPath, message: String, hint: Option<String>) {
        let position = Position {
            file: Arc::clone(self.file),
            mark: node.at,
        };
        let violation = Violation::new(Rule::M003, Some(position), path.clone(), message, hint);
        self.filled.violations.push(violation);
    }
}

fn plain(value: &NodeValue) -> String {
    match value {
        NodeValue::Text(text) => text.clone(),
        NodeValue::Integer(number) => number.to_string(),
        NodeValue::Bool(value) => value.to_string(),
        _ => String::new(),
    }
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(VAR_OPENING) {
        let (before, reference) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('$') {
            parts.extend([Part::Text(before), Part::Text(VAR_OPENING)]);
            rest = &reference[VAR_OPENING.len()..];
            continue;
        }
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        let Some((name, after)) = reference[VAR_OPENING.len()..].split_once('}') else {
            parts.push(Part::Open);
            return parts;
        };
        parts.push(Part::Reference(name));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    parts
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::node::Mark;

    fn vars() -> Vars {
        let value = |name: &str, value| (name.parse().unwrap(), value);
        Vars {
            tenant: Some("prod".into()),
            values: BTreeMap::from([
                value("host", VarValue::Text("crm.example.com".into())),
                value("minutes", VarValue::Integer(15)),
                value("on", VarValue::Boolean(true)),
            ]),
        }
    }

    fn filled(value: &Value, vars: &Vars) -> (Value, Filled) {
        let mut root = Node::from(value);
        let filled = fill(&"a.cxda.yaml".into(), &mut root, vars);
        (root.to_json().unwrap(), filled)
    }

    #[test]
    fn a_string_is_filled_and_one_that_is_a_reference_alone_takes_the_type() {
        for (text, want) in [
            ("${var.host}", json!("crm.example.com")),
            (
                "https://${var.host}/v1?every=${var.minutes}",
                json!("https://crm.example.com/v1?every=15"),
            ),
            ("${var.minutes}", json!(15)),
            ("${var.on}", json!(true)),
            ("${var.on}!", json!("true!")),
            ("$${var.host}", json!("${var.host}")),
            (
                "a$${var.host} ${var.host}",
                json!("a${var.host} crm.example.com"),
            ),
            (
                "customer_{contactId}_${other} $x",
                json!("customer_{contactId}_${other} $x"),
            ),
        ] {
            let (found, filled) = filled(&json!({"spec": [text]}), &vars());
            assert_eq!(
                (found, filled.violations),
                (json!({"spec": [want]}), vec![]),
                "case: {text}"
            );
        }
    }

    #[test]
    fn keys_and_the_text_of_scripts_are_left_alone() {
        let document =
            json!({"${var.host}": 1, "spec": {"script": {"content": "`${var.host} ${var.none}`"}}});
        assert_eq!(filled(&document, &vars()), (document, Filled::default()));
    }

    #[test]
    fn a_reference_that_nothing_stands_behind_is_a_finding_at_its_place() {
        for (text, message, hint) in [
            (
                "${var.hots}",
                "`${var.hots}` names nothing in [tenant.prod.vars]",
                "did you mean `${var.host}`?",
            ),
            (
                "${var.}",
                "`${var.}` names nothing in [tenant.prod.vars]",
                "add it to `cxda.toml`",
            ),
            (
                "x ${var.host",
                "`${var.` is never closed",
                "write `${var.NAME}`, or `$${var.` for the text itself",
            ),
        ] {
            let document = json!({"spec": {"key": text}});
            let (found, filled) = filled(&document, &vars());
            assert_eq!(found, document);
            let violation = &filled.violations[0];
            assert_eq!(
                (violation.message.as_str(), violation.hint.as_deref()),
                (message, Some(hint))
            );
            assert_eq!(
                (violation.rule, violation.path.as_str()),
                (Rule::M003, "spec.key")
            );
            assert_eq!(violation.position.as_ref().unwrap().mark, Mark::START);
        }
        let (_, none) = filled(&json!("${var.host}"), &Vars::default());
        assert!(
            none.violations[0]
                .message
                .starts_with("no tenant is chosen")
        );
    }

    #[test]
    fn what_was_escaped_is_filled_with_itself() {
        for text in [
            "${var.host}",
            "$${var.host}",
            "$$${var.}",
            "${var.host",
            "a ${var.x} b ${var.",
            "$ {var.x} ${x}",
        ] {
            let mut root = Node::from(&json!({"deep": [text]}));
            escape(&mut root);
            for vars in [vars(), Vars::default()] {
                let mut root = root.clone();
                let filled = fill(&"a.cxda.yaml".into(), &mut root, &vars);
                assert_eq!(filled, Filled::default(), "case: {text}");
                assert_eq!(root, Node::from(&json!({"deep": [text]})), "case: {text}");
            }
        }
    }

    #[test]
    fn every_reference_of_a_string_is_reported() {
        let (_, filled) = filled(&json!("${var.one} ${var.host} ${var.two}"), &vars());
        assert_eq!(filled.violations.len(), 2);
        assert!(!filled.used);
    }

    #[test]
    fn names_are_words() {
        for (raw, fits) in [
            ("a", true),
            ("a-B_9", true),
            ("", false),
            ("9a", false),
            ("a b", false),
            ("é", false),
        ] {
            assert_eq!(raw.parse::<VarName>().is_ok(), fits, "case: {raw:?}");
        }
    }
}
