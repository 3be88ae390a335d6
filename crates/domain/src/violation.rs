//! Findings about manifests: all of them, each with its place.
//!
//! Nothing here decides what is wrong; the rules do, and report it in these types.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::node::Mark;
use crate::rule::{Rule, Severity};

mod excerpt;

pub use excerpt::Excerpt;

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
    /// Other places that belong to it.
    pub also: Vec<SecondPlace>,
    /// The line that it is about, for people; there once [`Violations::show`] was called.
    pub excerpt: Option<Excerpt>,
}

/// A second place of a finding, such as where a name stood first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondPlace {
    /// What is there, in lower case, without a full stop.
    pub what: String,
    /// Where.
    pub position: Position,
    /// The line, for people.
    pub excerpt: Option<Excerpt>,
}

impl Violation {
    /// A finding without a second place.
    pub fn new(
        rule: Rule,
        position: Option<Position>,
        path: FieldPath,
        message: impl Into<String>,
        hint: Option<String>,
    ) -> Self {
        Self {
            rule,
            position,
            path,
            message: message.into(),
            hint,
            also: Vec::new(),
            excerpt: None,
        }
    }

    /// The same with another place, and `what` is there.
    #[must_use]
    pub fn with_place(mut self, what: impl Into<String>, position: Position) -> Self {
        self.also.push(SecondPlace {
            what: what.into(),
            position,
            excerpt: None,
        });
        self
    }

    fn show<'t>(&mut self, line_at: &impl Fn(&Position) -> Option<&'t str>) {
        if self.excerpt.is_some() {
            return;
        }
        let (rule, path) = (self.rule, &self.path);
        let excerpt = |position: &Position| {
            let line = line_at(position)?;
            Excerpt::of(rule, path, &position.file, line, position.mark.column)
        };
        self.excerpt = self.position.as_ref().and_then(excerpt);
        for place in &mut self.also {
            place.excerpt = excerpt(&place.position);
        }
    }

    /// Drops each line that `is_secret`.
    pub fn leave_out(&mut self, is_secret: impl Fn(&str) -> bool) {
        let also = self.also.iter_mut().map(|place| &mut place.excerpt);
        for excerpt in also.chain([&mut self.excerpt]) {
            excerpt.take_if(|excerpt| is_secret(&excerpt.text()));
        }
    }

    /// Every place that it names.
    pub fn positions(&self) -> impl Iterator<Item = &Position> {
        let also = self.also.iter().map(|place| &place.position);
        self.position.iter().chain(also)
    }

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

    /// Takes in what may be shown of the lines that the findings are about, save those that have theirs; `line_at` knows the
    /// line of a position.
    pub fn show<'t>(&mut self, line_at: impl Fn(&Position) -> Option<&'t str>) {
        for violation in &mut self.0 {
            violation.show(&line_at);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn violation(rule: Rule, line: u32, column: u32, path: &str) -> Violation {
        let position = Position {
            file: "a.yaml".into(),
            mark: Mark::new(line, column),
        };
        Violation::new(rule, Some(position), FieldPath::from(path), "wrong", None)
    }

    #[test]
    fn paths_grow_and_shrink() {
        let path = FieldPath::root()
            .key("spec")
            .key("columns")
            .index(2)
            .key("alias");
        assert_eq!(path.to_string(), "spec.columns[2].alias");
        let around = std::iter::successors(Some(path), FieldPath::parent);
        let around: Vec<_> = around.map(|path| path.as_str().to_owned()).collect();
        assert_eq!(
            around,
            [
                "spec.columns[2].alias",
                "spec.columns[2]",
                "spec.columns",
                "spec",
                ""
            ]
        );
        assert_eq!(
            serde_json::to_string(&FieldPath::from("a.b")).unwrap(),
            r#""a.b""#
        );
    }

    #[test]
    fn findings_stand_by_place_then_code_and_none_twice() {
        let mut violations = Violations::new();
        assert!(violations.is_empty());
        let mut nowhere = violation(Rule::W002, 1, 1, "");
        nowhere.position = None;
        violations.extend([
            violation(Rule::V007, 10, 1, "b"),
            violation(Rule::V007, 9, 2, "b"),
            violation(Rule::V002, 9, 2, "b"),
            violation(Rule::V002, 9, 1, "b"),
            violation(Rule::V002, 9, 1, "a"),
        ]);
        violations.push(nowhere);
        violations.push(violation(Rule::V007, 10, 1, "b"));
        assert_eq!(violations.len(), 7);
        assert!(violations.has_errors());
        let place = |violation: &Violation| violation.position.as_ref().map(ToString::to_string);
        let found: Vec<_> = violations
            .sorted()
            .into_iter()
            .map(|violation| {
                (
                    place(&violation),
                    violation.rule,
                    violation.path.to_string(),
                )
            })
            .collect();
        let at = |text: &str| Some(format!("a.yaml:{text}"));
        let want = [
            (None, Rule::W002, ""),
            (at("9:1"), Rule::V002, "a"),
            (at("9:1"), Rule::V002, "b"),
            (at("9:2"), Rule::V002, "b"),
            (at("9:2"), Rule::V007, "b"),
            (at("10:1"), Rule::V007, "b"),
        ];
        assert_eq!(
            found,
            want.map(|(place, rule, path)| (place, rule, path.to_owned()))
        );
    }

    #[test]
    fn warnings_alone_are_no_errors() {
        let mut violations = Violations::new();
        violations.push(violation(Rule::W001, 1, 1, ""));
        assert!(!violations.has_errors());
    }
}
