//! Whether a run of a script came to what its test expects, and where not.
//!
//! It runs nothing: it is told how a run ended.

use std::cmp::Ordering;
use std::fmt;

use serde_json::{Number, Value};

use crate::action::Expectation;
use crate::script::ScriptEnd;
use crate::violation::FieldPath;

/// What came of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All that was expected came.
    Passed,
    /// The run ended in the way that was expected or returned something, but not with what was expected.
    Failed(Differences),
    /// The script threw or was stopped although no error was expected; how it ended says why.
    Error,
}

impl Verdict {
    /// Its word in results: `passed`, `failed` or `error`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "failed",
            Self::Error => "error",
        }
    }
}

/// Where two values differ: the first few places, in the order of keys and items.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// At most [`Differences::MOST`].
    pub shown: Vec<Difference>,
    /// How many there are besides.
    pub more: usize,
}

/// One place at which a value differs from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where, such as `output.items[2].total`.
    pub path: FieldPath,
    /// What stands there, and what instead should; values are cut where they are long.
    pub what: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.path, self.what)
    }
}

/// What the test whose expectation is `expect` came to, its run having ended so.
///
/// All that is expected must hold. `errorContains` expects an error as `error: true` does. A run that was stopped is never what
/// was expected: nobody knows what it would have come to.
pub fn judge(expect: &Expectation, end: &ScriptEnd) -> Verdict {
    let expects_error = expect.expects_error();
    let output = FieldPath::from("output");
    let mut found = Differences::default();
    match end {
        ScriptEnd::Stopped(_) => return Verdict::Error,
        ScriptEnd::Threw { .. } if !expects_error => return Verdict::Error,
        ScriptEnd::Threw { message, .. } => {
            if let Some(part) = &expect.error_contains
                && !message.contains(part.as_str())
            {
                let (message, part) = (Value::from(message.as_str()), Value::from(part.as_str()));
                found.lack(&FieldPath::from("error"), &message, &part);
            }
            for expected in expect.output.iter().chain(&expect.output_contains) {
                found.add(&output, format!("missing, expected {}", shown(expected)));
            }
        }
        ScriptEnd::Returned(value) => {
            if expects_error {
                found.add(&output, format!("{}, expected an error", shown(value)));
            }
            if let Some(expected) = &expect.output {
                found.compare(&output, value, expected, "expected");
            }
            if let Some(part) = &expect.output_contains {
                found.search(&output, value, part);
            }
        }
    }
    if found.is_empty() {
        Verdict::Passed
    } else {
        Verdict::Failed(found)
    }
}

impl Differences {
    /// The most places that are shown.
    pub const MOST: usize = 20;
    /// The most characters of a value that are shown.
    pub const MOST_CHARS: usize = 120;

    /// Where the output `found` differs from `other`, which is named by `word`, as in `12, expected 13`.
    ///
    /// Values are equal as JSON values: `12` is `12.0`, the order of keys says nothing.
    pub fn between(found: &Value, other: &Value, word: &str) -> Self {
        let mut differences = Self::default();
        differences.compare(&FieldPath::from("output"), found, other, word);
        differences
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    fn add(&mut self, path: &FieldPath, what: String) {
        if self.shown.len() < Self::MOST {
            let path = path.clone();
            self.shown.push(Difference { path, what });
        } else {
            self.more += 1;
        }
    }

    /// Looks for what differs; no deeper than both go, and readers bound how deep a manifest goes.
    fn compare(&mut self, path: &FieldPath, found: &Value, other: &Value, word: &str) {
        match (found, other) {
            (Value::Object(members), Value::Object(others)) => {
                for (key, other) in others {
                    match members.get(key) {
                        Some(member) => self.compare(&path.key(key), member, other, word),
                        None => self.miss(&path.key(key), other, word),
                    }
                }
                for (key, member) in members {
                    if !others.contains_key(key) {
                        self.add(&path.key(key), format!("{}, {word} nothing", shown(member)));
                    }
                }
            }
            (Value::Array(items), Value::Array(others)) => {
                for (index, (item, other)) in items.iter().zip(others).enumerate() {
                    self.compare(&path.index(index), item, other, word);
                }
                for (index, other) in others.iter().enumerate().skip(items.len()) {
                    self.miss(&path.index(index), other, word);
                }
                for (index, item) in items.iter().enumerate().skip(others.len()) {
                    self.add(
                        &path.index(index),
                        format!("{}, {word} nothing", shown(item)),
                    );
                }
            }
            _ if is_same_scalar(found, other) => {}
            _ => self.add(path, told_apart(found, other, word)),
        }
    }

    /// Looks for what `part` holds and `whole` lacks: an object holds at least the members, a list at least the items in any
    /// order, a text at least the characters; anything else is equal.
    fn search(&mut self, path: &FieldPath, whole: &Value, part: &Value) {
        match (whole, part) {
            (Value::Object(members), Value::Object(parts)) => {
                for (key, part) in parts {
                    match members.get(key) {
                        Some(member) => self.search(&path.key(key), member, part),
                        None => self.miss(&path.key(key), part, "expected"),
                    }
                }
            }
            (Value::Array(_), Value::Array(parts)) => {
                for part in parts {
                    if !contains(whole, &Value::from(std::slice::from_ref(part))) {
                        self.add(path, format!("no item holds {}", shown(part)));
                    }
                }
            }
            (Value::String(_), Value::String(_)) if !contains(whole, part) => {
                self.lack(path, whole, part);
            }
            _ if contains(whole, part) => {}
            _ => self.add(path, told_apart(whole, part, "expected")),
        }
    }

    fn miss(&mut self, path: &FieldPath, other: &Value, word: &str) {
        self.add(path, format!("missing, {word} {}", shown(other)));
    }

    fn lack(&mut self, path: &FieldPath, whole: &Value, part: &Value) {
        let what = format!("{}, expected {} in it", shown(whole), shown(part));
        self.add(path, what);
    }
}

/// Whether `whole` holds all that `part` says.
fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(members), Value::Object(parts)) => parts.iter().all(|(key, part)| {
            let member = members.get(key);
            member.is_some_and(|member| contains(member, part))
        }),
        (Value::Array(items), Value::Array(parts)) => parts
            .iter()
            .all(|part| items.iter().any(|item| contains(item, part))),
        (Value::String(whole), Value::String(part)) => whole.contains(part.as_str()),
        _ => is_same_scalar(whole, part),
    }
}

/// Whether both are the same and neither a list nor an object.
fn is_same_scalar(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => is_same_number(left, right),
        (Value::Array(_) | Value::Object(_), _) => false,
        _ => left == right,
    }
}

/// Whether both are the same number, however they are written; no digit of an integer is rounded away.
fn is_same_number(left: &Number, right: &Number) -> bool {
    let integer = |number: &Number| {
        let negative = number.as_i64().map(i128::from);
        negative.or_else(|| number.as_u64().map(i128::from))
    };
    match (integer(left), integer(right)) {
        (Some(left), Some(right)) => left == right,
        (Some(integer), None) => is_integer(right, integer),
        (None, Some(integer)) => is_integer(left, integer),
        (None, None) => {
            let order = left.as_f64().partial_cmp(&right.as_f64());
            order == Some(Ordering::Equal)
        }
    }
}

/// Whether the fraction `number` is exactly `integer`.
fn is_integer(number: &Number, integer: i128) -> bool {
    number.as_f64().is_some_and(|number| {
        // All digits of a whole fraction are printed; negative zero is zero.
        number.fract() == 0.0 && format!("{:.0}", number + 0.0) == integer.to_string()
    })
}

/// Two values that differ, with their types where those differ.
fn told_apart(found: &Value, other: &Value, word: &str) -> String {
    if let (Value::String(found), Value::String(other)) = (found, other) {
        let alike = found.chars().zip(other.chars());
        let alike = alike.take_while(|(left, right)| left == right).count();
        // Of long texts, what both begin with is left out, or the difference might be cut off.
        let skipped = alike.saturating_sub(Differences::MOST_CHARS / 4);
        if found.chars().chain(other.chars()).count() > Differences::MOST_CHARS && skipped > 0 {
            let rest = |text: &str| {
                let rest: String = text.chars().skip(skipped).collect();
                shown(&Value::from(format!("…{rest}")))
            };
            return format!("{}, {word} {}", rest(found), rest(other));
        }
    }
    let (found_type, other_type) = (type_name(found), type_name(other));
    let (found, other) = (shown(found), shown(other));
    if found_type == other_type {
        format!("{found}, {word} {other}")
    } else {
        format!("{found} ({found_type}), {word} {other} ({other_type})")
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// A value as compact JSON, cut where it is long.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(Differences::MOST_CHARS) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

#[cfg(test)]
mod tests;
