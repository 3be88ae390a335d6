//! Findings about manifests: all of them, each with its place.
//!
//! Nothing here decides what is wrong; the rules do, and report it in these types.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::node::Mark;
use crate::rule::{Rule, Severity};
use crate::variable::may_hold_secret;

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
    /// The line that it is about, for people; findings about scripts alone have one.
    pub excerpt: Option<Excerpt>,
}

/// A line of a file, or the part of it around a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The text.
    pub text: String,
    /// The place in the text: a column in characters, from 1.
    pub column: u32,
}

impl Excerpt {
    /// The most characters.
    pub const MAX_CHARS: usize = 100;

    /// The part of `line` around its column `column`; `None` where the line may hold a secret.
    pub fn of(line: &str, column: u32) -> Option<Self> {
        let line = line.trim_end();
        if may_hold_secret(line) {
            return None;
        }
        let at = usize::try_from(column).ok()?.saturating_sub(1);
        let chars = line.chars().count();
        // What stands before a place tells more than what follows.
        let start = match chars {
            ..=Self::MAX_CHARS => 0,
            _ => at.saturating_sub(Self::MAX_CHARS * 3 / 4),
        };
        Some(Self {
            text: line.chars().skip(start).take(Self::MAX_CHARS).collect(),
            column: u32::try_from(at - start + 1).ok()?,
        })
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn violation(rule: Rule, line: u32, column: u32, path: &str) -> Violation {
        Violation {
            rule,
            position: Some(Position {
                file: "a.yaml".into(),
                mark: Mark::new(line, column),
            }),
            path: FieldPath::from(path),
            message: "wrong".into(),
            hint: None,
            excerpt: None,
        }
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
    fn an_excerpt_is_cut_around_its_place_and_never_of_a_line_that_may_hold_a_secret() {
        let of = |line: &str, column| Excerpt::of(line, column).map(|it| (it.text, it.column));
        assert_eq!(
            of("  return é * ;  ", 14),
            Some(("  return é * ;".to_owned(), 14))
        );
        assert_eq!(of("", 1), Some((String::new(), 1)));
        let long: String = ('a'..='z')
            .flat_map(|c| [c, ' '])
            .cycle()
            .take(1_000)
            .collect();
        for column in [1, 75, 76, 77, 400, 999] {
            let (text, at) = of(&long, column).unwrap();
            assert!(text.chars().count() <= Excerpt::MAX_CHARS);
            let column = usize::try_from(column).unwrap();
            let at = usize::try_from(at).unwrap();
            assert_eq!(
                text.chars().nth(at - 1),
                long.chars().nth(column - 1),
                "case: {column}"
            );
        }
        for line in [
            "const password = 'hunter2';",
            "call('AKIAIOSFODNN7EXAMPLE' *",
            "x = `MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEA`",
        ] {
            assert_eq!(of(line, 1), None, "case: {line}");
        }
        assert!(of("context.input.customer.profile.preferences.language", 1).is_some());
    }

    #[test]
    fn warnings_alone_are_no_errors() {
        let mut violations = Violations::new();
        violations.push(violation(Rule::W001, 1, 1, ""));
        assert!(!violations.has_errors());
    }
}
