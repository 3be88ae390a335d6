//! What reading one document brings to light: findings, and what rules over the whole project must know of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cache::CacheKey;
use crate::manifest::reader::Found;
use crate::manifest::{Origin, Outline, Reference};
use crate::node::Mark;
use crate::rule::Rule;
use crate::violation::{FieldPath, Position, Violation, Violations};

/// Gathers the findings of one document, and what it says about other resources.
#[derive(Debug)]
pub(super) struct Findings {
    file: Arc<str>,
    violations: Violations,
    places: BTreeMap<FieldPath, Mark>,
    references: Vec<Reference>,
    cache_key: Option<CacheKey>,
}

impl Findings {
    /// Nothing yet of a document in `file`.
    pub(super) fn new(file: Arc<str>) -> Self {
        Self {
            file,
            violations: Violations::new(),
            places: BTreeMap::new(),
            references: Vec::new(),
            cache_key: None,
        }
    }

    /// The file that is read.
    pub(super) fn file(&self) -> &Arc<str> {
        &self.file
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
        let position = Some(self.position(mark));
        self.violations
            .push(Violation::new(rule, position, path.clone(), message, hint));
    }

    /// Reports that what stands at `mark` stood at `first` before.
    pub(super) fn report_again(
        &mut self,
        rule: Rule,
        mark: Mark,
        path: &FieldPath,
        message: impl Into<String>,
        hint: impl Into<String>,
        first: Mark,
    ) {
        let (position, first) = (Some(self.position(mark)), self.position(first));
        let hint = Some(hint.into());
        let violation = Violation::new(rule, position, path.clone(), message, hint);
        self.violations
            .push(violation.with_place("first here", first));
    }

    fn position(&self, mark: Mark) -> Position {
        Position {
            file: Arc::clone(&self.file),
            mark,
        }
    }

    /// Remembers where `value` stands, for findings that come later.
    pub(super) fn remember(&mut self, value: &Found<'_>) {
        self.places.insert(value.path.clone(), value.node.at);
    }

    /// Remembers that `value` names another resource of the same kind.
    pub(super) fn refer(&mut self, value: &Found<'_>, name: &str) {
        self.references.push(Reference {
            name: name.to_owned(),
            path: value.path.clone(),
        });
    }

    /// Remembers the key under which the document's action caches.
    pub(super) fn cache_under(&mut self, key: &CacheKey) {
        self.cache_key = Some(key.clone());
    }

    /// Whether any finding is an error.
    pub(super) fn has_errors(&self) -> bool {
        self.violations.has_errors()
    }

    /// The findings, and what the document, which begins at `start`, says besides.
    pub(super) fn into_parts(self, start: Mark) -> (Violations, Outline) {
        let outline = Outline {
            origin: Origin {
                file: self.file,
                start,
                places: self.places,
            },
            references: self.references,
            cache_key: self.cache_key,
        };
        (self.violations, outline)
    }
}
