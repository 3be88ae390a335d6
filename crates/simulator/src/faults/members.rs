//! Reads the members of a JSON object one by one, and in the end refuses what nobody asked for.
//!
//! It knows no member by itself.

use std::ops::RangeInclusive;

use cxda_domain::manifest::nearest;
use serde_json::{Map, Value};

/// The members of one object that are not read yet.
#[derive(Debug)]
pub(super) struct Members {
    left: Map<String, Value>,
    known: Vec<&'static str>,
}

impl Members {
    /// The members of `value`, which is called `what` where it is no object.
    pub(super) fn of(value: Value, what: &str) -> Result<Self, String> {
        match value {
            Value::Object(left) => Ok(Self {
                left,
                known: Vec::new(),
            }),
            _ => Err(format!("{what} is not an object")),
        }
    }

    /// The member, whatever it is.
    pub(super) fn any(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.left.remove(name)
    }

    /// The member, where it is text.
    pub(super) fn text(&mut self, name: &'static str) -> Result<Option<String>, String> {
        match self.any(name) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
            Some(_) => Err(format!("`{name}` is not a text")),
        }
    }

    /// The member, where it is `true` or `false`; `false` where it is left out.
    pub(super) fn flag(&mut self, name: &'static str) -> Result<bool, String> {
        match self.any(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(_) => Err(format!("`{name}` is neither true nor false")),
        }
    }

    /// The member, where it is a whole number in `range`.
    pub(super) fn number(
        &mut self,
        name: &'static str,
        range: RangeInclusive<u64>,
    ) -> Result<Option<u64>, String> {
        let Some(value) = self.any(name) else {
            return Ok(None);
        };
        number(name, &value, range).map(Some)
    }

    /// The member, which must be there and a whole number in `range`.
    pub(super) fn needed_number(
        &mut self,
        name: &'static str,
        range: RangeInclusive<u64>,
    ) -> Result<u64, String> {
        self.number(name, range)?
            .ok_or_else(|| format!("`{name}` is missing"))
    }

    /// The member, which must be there and one of these words.
    pub(super) fn word<T: Copy>(
        &mut self,
        name: &'static str,
        words: &[(&'static str, T)],
    ) -> Result<T, String> {
        let text = self
            .text(name)?
            .ok_or_else(|| format!("`{name}` is missing"))?;
        word(name, &text, words)
    }

    /// Refuses what is left.
    pub(super) fn finish(self) -> Result<(), String> {
        match self.left.keys().next() {
            None => Ok(()),
            Some(unknown) => Err(format!(
                "`{unknown}` is not known here{}",
                meant(unknown, self.known)
            )),
        }
    }
}

/// `value` as a whole number in `range`.
pub(super) fn number(name: &str, value: &Value, range: RangeInclusive<u64>) -> Result<u64, String> {
    let (first, last) = (*range.start(), *range.end());
    value
        .as_u64()
        .filter(|number| range.contains(number))
        .ok_or_else(|| format!("`{name}` is not a whole number from {first} to {last}"))
}

/// What `text` means among these words.
pub(super) fn word<T: Copy>(
    name: &str,
    text: &str,
    words: &[(&'static str, T)],
) -> Result<T, String> {
    let found = words.iter().find(|(word, _)| *word == text);
    found.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let known = words.iter().map(|(word, _)| *word);
        format!("`{name}` knows no {text:?}{}", meant(text, known))
    })
}

/// What may have been meant, or else what there is.
fn meant(found: &str, known: impl IntoIterator<Item = &'static str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(found, known.iter().copied()) {
        Some(word) => format!(": did you mean `{word}`?"),
        None => format!(": there is {}", known.join(", ")),
    }
}
