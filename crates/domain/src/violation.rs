//! Findings about manifests: all of them, each with its place.
//!
//! Nothing here decides what is wrong; the rules do, and report it in these types.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::node::Mark;
use crate::rule::{Rule, Severity};

/// The way to a value inside a document, such as `spec.columns[2].aggregation`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct FieldPath(String);

impl FieldPath {
    /// The document itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// The member `key` of this place.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        if self.0.is_empty() {
            Self(key.to_owned())
        } else {
            Self(format!("{}.{key}", self.0))
        }
    }

    /// The item `index`, from 0, of this place.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }

    /// The place that holds this one; `None` for the document itself.
    pub fn parent(&self) -> Option<Self> {
        let cut = self.0.rfind(['.', '[']).unwrap_or(0);
        (!self.0.is_empty()).then(|| Self(self.0[..cut].to_owned()))
    }

    /// The path as text; empty for the document itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<&str> for FieldPath {
    fn from(path: &str) -> Self {
        Self(path.to_owned())
    }
}

/// A place in a named file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The file, relative to the project's folder, with `/` between its parts.
    pub file: Arc<str>,
    /// The place in it.
    pub mark: Mark,
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}:{}:{}",
            self.file, self.mark.line, self.mark.column
        )
    }
}

/// One finding: which rule, where, what is wrong, what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// Where; `None` where no file is at hand, as for settings.
    pub position: Option<Position>,
    /// The value inside the document.
    pub path: FieldPath,
    /// What is wrong, in lower case, without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Violation {
    /// Whether it stops the work.
    pub fn severity(&self) -> Severity {
        self.rule.severity()
    }

    fn sort_key(&self) -> (&Option<Position>, Rule, &FieldPath, &str) {
        (&self.position, self.rule, &self.path, &self.message)
    }
}

/// Every finding of a set of manifests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, violation: Violation) {
        self.0.push(violation);
    }

    /// Adds all of `other`.
    pub fn extend(&mut self, other: impl IntoIterator<Item = Violation>) {
        self.0.extend(other);
    }

    /// Whether any of them is an error; warnings alone are not.
    pub fn has_errors(&self) -> bool {
        self.0
            .iter()
            .any(|violation| violation.severity() == Severity::Error)
    }

    /// Whether there is nothing at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are, warnings included.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them by file, line, column and code.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.0
            .sort_by(|left, right| left.sort_key().cmp(&right.sort_key()));
        self.0.dedup();
        self
    }

    /// The findings in the order they have now.
    pub fn iter(&self) -> std::slice::Iter<'_, Violation> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Violations {
    type Item = &'a Violation;
    type IntoIter = std::slice::Iter<'a, Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Violations {
    type Item = Violation;
    type IntoIter = std::vec::IntoIter<Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
