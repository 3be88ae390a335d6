//! Reading a document's tree: takes values out by key and type, and reports everything that does not fit (rule M003).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::manifest::suggest::nearest;
use crate::node::{Entry, Mark, Node, NodeValue};
use crate::rule::Rule;
use crate::violation::{FieldPath, Position, Violation, Violations};

/// Gathers findings and remembered places of one document.
#[derive(Debug)]
pub(super) struct Findings {
    file: Arc<str>,
    violations: Violations,
    places: BTreeMap<FieldPath, Mark>,
}

impl Findings {
    pub(super) fn new(file: Arc<str>) -> Self {
        Self {
            file,
            violations: Violations::new(),
            places: BTreeMap::new(),
        }
    }

    /// Reports a finding at `value`.
    pub(super) fn report(&mut self, rule: Rule, value: &Found<'_>, message: impl Into<String>) {
        self.report_at(rule, value.node.at, &value.path, message, None);
    }

    /// Reports a finding at `value` with what to do about it.
    pub(super) fn report_with_hint(
        &mut self,
        rule: Rule,
        value: &Found<'_>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.report_at(rule, value.node.at, &value.path, message, Some(hint.into()));
    }

    /// Reports a finding anywhere.
    pub(super) fn report_at(
        &mut self,
        rule: Rule,
        mark: Mark,
        path: &FieldPath,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        self.violations.push(Violation {
            rule,
            position: Some(Position {
                file: Arc::clone(&self.file),
                mark,
            }),
            path: path.clone(),
            message: message.into(),
            hint,
        });
    }

    /// Remembers where `value` stands, for findings that come later.
    pub(super) fn remember(&mut self, value: &Found<'_>) {
        self.places.insert(value.path.clone(), value.node.at);
    }

    pub(super) fn has_errors(&self) -> bool {
        self.violations.has_errors()
    }

    pub(super) fn into_parts(self) -> (Violations, BTreeMap<FieldPath, Mark>) {
        (self.violations, self.places)
    }
}

/// A value with its path.
#[derive(Clone, Debug)]
pub(super) struct Found<'n> {
    pub(super) node: &'n Node,
    pub(super) path: FieldPath,
}

impl<'n> Found<'n> {
    fn wrong_type(&self, findings: &mut Findings, expected: &str) {
        let found = self.node.value.type_name();
        findings.report(
            Rule::M003,
            self,
            format!("expected {expected}, found {found}"),
        );
    }

    /// The text, or a finding.
    pub(super) fn text(&self, findings: &mut Findings) -> Option<&'n str> {
        let NodeValue::Text(text) = &self.node.value else {
            self.wrong_type(findings, "string");
            return None;
        };
        Some(text)
    }

    /// The truth value, or a finding.
    pub(super) fn boolean(&self, findings: &mut Findings) -> Option<bool> {
        let NodeValue::Bool(value) = &self.node.value else {
            self.wrong_type(findings, "boolean");
            return None;
        };
        Some(*value)
    }

    /// The whole number, or a finding.
    pub(super) fn integer(&self, findings: &mut Findings) -> Option<i128> {
        let NodeValue::Integer(value) = &self.node.value else {
            self.wrong_type(findings, "integer");
            return None;
        };
        Some(*value)
    }

    /// The items with their paths, or a finding.
    pub(super) fn items(&self, findings: &mut Findings) -> Option<Vec<Found<'n>>> {
        let NodeValue::List(items) = &self.node.value else {
            self.wrong_type(findings, "list");
            return None;
        };
        let found = |(index, node)| Found {
            node,
            path: self.path.index(index),
        };
        Some(items.iter().enumerate().map(found).collect())
    }

    /// The map, to be read key by key, or a finding.
    pub(super) fn map(&self, findings: &mut Findings) -> Option<MapReader<'n>> {
        let NodeValue::Map(entries) = &self.node.value else {
            self.wrong_type(findings, "map");
            return None;
        };
        Some(MapReader {
            entries,
            at: self.node.at,
            path: self.path.clone(),
            known: Vec::new(),
            missing: Vec::new(),
        })
    }

    /// The value as JSON; repeated keys inside it are findings.
    pub(super) fn json(&self, findings: &mut Findings) -> Option<serde_json::Value> {
        let before = findings.violations.len();
        self.report_repeats(findings);
        let value = self.node.to_json();
        if value.is_none() && findings.violations.len() == before {
            findings.report(Rule::M003, self, "holds a number that JSON cannot carry");
        }
        value
    }

    fn report_repeats(&self, findings: &mut Findings) {
        // Documents are at most 64 levels deep, so the depth of this recursion is bounded.
        match &self.node.value {
            NodeValue::Map(entries) => {
                for (index, entry) in entries.iter().enumerate() {
                    let path = self.path.key(&entry.key);
                    report_repeat(findings, &entries[..index], entry, &path);
                    Found {
                        node: &entry.node,
                        path,
                    }
                    .report_repeats(findings);
                }
            }
            NodeValue::List(items) => {
                for (index, node) in items.iter().enumerate() {
                    Found {
                        node,
                        path: self.path.index(index),
                    }
                    .report_repeats(findings);
                }
            }
            _ => {}
        }
    }
}

fn report_repeat(
    findings: &mut Findings,
    before: &[Entry],
    entry: &Entry,
    path: &FieldPath,
) -> bool {
    let Some(first) = before.iter().find(|other| other.key == entry.key) else {
        return false;
    };
    let message = format!(
        "key `{}` stands twice, first in line {}",
        entry.key, first.at.line
    );
    findings.report_at(
        Rule::M003,
        entry.at,
        path,
        message,
        Some("remove one of them".into()),
    );
    true
}

/// A map that is read key by key. [`MapReader::close`] must be called: it reports what is unknown, missing or repeated.
#[derive(Debug)]
pub(super) struct MapReader<'n> {
    entries: &'n [Entry],
    at: Mark,
    path: FieldPath,
    known: Vec<&'static str>,
    missing: Vec<&'static str>,
}

impl<'n> MapReader<'n> {
    /// The value of `key`, where there is one.
    pub(super) fn take(&mut self, key: &'static str) -> Option<Found<'n>> {
        self.known.push(key);
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        Some(Found {
            node: &entry.node,
            path: self.path.key(key),
        })
    }

    /// The value of `key`, which must be there.
    pub(super) fn require(&mut self, key: &'static str) -> Option<Found<'n>> {
        let found = self.take(key);
        if found.is_none() {
            self.missing.push(key);
        }
        found
    }

    /// Reports keys that are unknown or repeated, and required ones that are missing; says whether there was any.
    pub(super) fn close(self, findings: &mut Findings) -> bool {
        let mut missing = self.missing;
        let mut sound = true;
        for (index, entry) in self.entries.iter().enumerate() {
            let path = self.path.key(&entry.key);
            sound &= !report_repeat(findings, &self.entries[..index], entry, &path);
            if self.known.contains(&entry.key.as_str()) {
                continue;
            }
            sound = false;
            let absent = |key: &&str| !self.entries.iter().any(|other| other.key == *key);
            let suggestion = nearest(&entry.key, self.known.iter().copied().filter(absent));
            // A misspelt key is one mistake: the key that it was meant to be is not reported as missing besides.
            missing.retain(|key| Some(*key) != suggestion);
            let hint = match suggestion {
                Some(key) => format!("did you mean `{key}`?"),
                None => format!("known here: {}", self.known.join(", ")),
            };
            let message = format!("unknown key `{}`", entry.key);
            findings.report_at(Rule::M003, entry.at, &path, message, Some(hint));
        }
        for key in missing {
            sound = false;
            let message = format!("key `{key}` is missing");
            findings.report_at(Rule::M003, self.at, &self.path.key(key), message, None);
        }
        sound
    }
}

/// The word at `found` as one of a closed set; any other is a finding of `rule` with a suggestion.
pub(super) fn word<T>(
    findings: &mut Findings,
    found: &Found<'_>,
    rule: Rule,
    parse: impl Fn(&str) -> Option<T>,
    words: &[&'static str],
) -> Option<T> {
    let text = found.text(findings)?;
    let parsed = parse(text);
    if parsed.is_none() {
        let list = words.join(", ");
        let hint = match nearest(text, words.iter().copied()) {
            Some(word) => format!("did you mean `{word}`? expected one of {list}"),
            None => format!("expected one of {list}"),
        };
        let field = found.path.as_str().rsplit('.').next().unwrap_or_default();
        let message = format!("{field} is {text:?}");
        findings.report_with_hint(rule, found, message, hint);
    }
    parsed
}
