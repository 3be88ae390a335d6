//! Takes secrets out of text that comes from outside, before it is shown or kept.
//!
//! It knows secrets by their text alone: what a server makes of one by computing with it is not found.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use super::resolved::Resolved;
use super::{SecretText, discard, wipe};

/// Replaces every secret of a run in text.
///
/// A secret is found as it is and as an echo would spell it: with any of its characters escaped for JSON, a URL, a form or
/// HTML, also where one of these quotes another; and in base64 of either alphabet, alone or as a part of what was encoded.
/// A secret that is a JSON object or list is found in compact form too, and so is each text in it. Secrets shorter than
/// [`Redactor::SHORTEST`] bytes are left alone: replacing them would garble ordinary words.
///
/// A search costs a few look-ups a byte of the text, however many secrets there are.
#[derive(Clone)]
pub struct Redactor {
    plain: Needles,
    base64: Needles,
}

impl Redactor {
    /// The length in bytes below which a secret is not searched for.
    pub const SHORTEST: usize = HEAD;
    /// The length in bytes below which a text inside a JSON secret is not searched for: such texts are often ordinary words.
    pub const SHORTEST_INSIDE: usize = 8;
    /// The length in bytes below which a secret is not searched for in base64: what is left of it could be an ordinary word.
    pub const SHORTEST_IN_BASE64: usize = 6;
    /// The most bytes that a byte of a secret takes where it is escaped once, as in `\u0041`.
    const WIDEST: usize = 6;

    /// A redactor for `secrets`.
    pub fn new(secrets: impl IntoIterator<Item = SecretText>) -> Self {
        let mut redactor = Self::default();
        for secret in secrets {
            redactor.add(secret.expose(), Self::SHORTEST);
            if let Ok(value) = serde_json::from_str::<Value>(secret.expose()) {
                if value.is_object() || value.is_array() {
                    let compact = SecretText::new(value.to_string());
                    redactor.add(compact.expose(), Self::SHORTEST);
                    redactor.add_inside(&value);
                }
                discard(value);
            }
        }
        redactor
    }

    /// The most bytes that a secret takes in a text, escaped once; 0 where there is none. So many bytes at the end of a text
    /// that was cut may hold the beginning of a secret, which is not found any more.
    pub fn longest(&self) -> usize {
        self.plain.longest().max(self.base64.longest()) * Self::WIDEST
    }

    /// `text` with every secret replaced by [`SecretText::REDACTED`].
    ///
    /// Secrets that overlap or touch are replaced together, so that no part of one is left over.
    pub fn redact(&self, text: &str) -> String {
        let mut clean = String::with_capacity(text.len());
        let mut rest = 0;
        for (start, end) in self.places(text) {
            clean.push_str(&text[rest..start]);
            clean.push_str(SecretText::REDACTED);
            rest = end;
        }
        clean.push_str(&text[rest..]);
        clean
    }

    /// Whether a secret stands in `text` that takes `shortest` bytes there or more.
    pub fn finds(&self, text: &str, shortest: usize) -> bool {
        let mut places = self.places(text).into_iter();
        places.any(|(start, end)| end - start >= shortest)
    }

    /// Where secrets stand, each place from its first to behind its last byte, in order and apart from each other.
    fn places(&self, text: &str) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        for level in Resolved::levels(text) {
            self.plain.find(&level, &mut found);
            self.base64.find(&level, &mut found);
        }
        found.sort_unstable();
        let mut merged: Vec<(usize, usize)> = Vec::new();
        for (start, end) in found {
            match merged.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => merged.push((start, end)),
            }
        }
        merged
    }

    fn add(&mut self, text: &str, shortest: usize) {
        if text.len() < shortest {
            return;
        }
        // A secret that looks escaped itself is resolved with the text around it.
        for level in Resolved::levels(text) {
            self.plain.add(&level.bytes);
        }
        if text.len() >= Self::SHORTEST_IN_BASE64 {
            // What is encoded may be a body of JSON.
            let quoted = SecretText::new(Value::from(text).to_string());
            let escaped = &quoted.expose()[1..quoted.expose().len() - 1];
            for before in 0..3 {
                self.base64.add(&base64_inside(text.as_bytes(), before));
                self.base64.add(&base64_inside(escaped.as_bytes(), before));
            }
        }
    }

    fn add_inside(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.add(text, Self::SHORTEST_INSIDE),
            Value::Array(items) => items.iter().for_each(|item| self.add_inside(item)),
            Value::Object(members) => members.values().for_each(|item| self.add_inside(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

impl Default for Redactor {
    /// Knows no secret.
    fn default() -> Self {
        Self {
            plain: Needles::new(as_in_forms),
            base64: Needles::new(as_in_base64),
        }
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Redactor").finish_non_exhaustive()
    }
}

/// How many bytes tell where a needle may begin.
const HEAD: usize = 4;

/// What is searched for.
#[derive(Clone)]
struct Needles {
    /// Makes one character of those that stand for the same.
    fold: fn(u8) -> u8,
    by_head: BTreeMap<[u8; HEAD], BTreeSet<Needle>>,
}

/// Bytes that are overwritten when dropped.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Needle(Vec<u8>);

impl Needles {
    fn new(fold: fn(u8) -> u8) -> Self {
        Self {
            fold,
            by_head: BTreeMap::new(),
        }
    }

    /// Adds `bytes`, unless they are too few to be told from ordinary text.
    fn add(&mut self, bytes: &[u8]) {
        let needle = Needle(bytes.iter().copied().map(self.fold).collect());
        if let Some(head) = needle.0.first_chunk() {
            self.by_head.entry(*head).or_default().insert(needle);
        }
    }

    /// Adds every place of a needle in `text` to `found`, also where two overlap.
    fn find(&self, text: &Resolved, found: &mut Vec<(usize, usize)>) {
        if self.by_head.is_empty() {
            return;
        }
        let bytes = Needle(text.bytes.iter().copied().map(self.fold).collect());
        for (start, head) in bytes.0.windows(HEAD).enumerate() {
            let same_head = head.first_chunk().and_then(|head| self.by_head.get(head));
            for needle in same_head.into_iter().flatten() {
                if bytes.0[start..].starts_with(&needle.0) {
                    found.push(text.place(start, start + needle.0.len()));
                }
            }
        }
    }

    fn longest(&self) -> usize {
        let all = self.by_head.values().flatten();
        all.map(|needle| needle.0.len()).max().unwrap_or(0)
    }
}

/// A form writes a plus for a space.
fn as_in_forms(byte: u8) -> u8 {
    if byte == b' ' { b'+' } else { byte }
}

/// There are two alphabets, and forms.
fn as_in_base64(byte: u8) -> u8 {
    match byte {
        b'-' | b' ' => b'+',
        b'_' => b'/',
        other => other,
    }
}

impl Drop for Needle {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

/// The part of the base64 of a longer text that `secret` alone determines, where `before` bytes stand before it in its
/// group of three. The characters at both ends that mix with its neighbours are left out.
fn base64_inside(secret: &[u8], before: usize) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const BITS: usize = 6;
    let first = (before * 8).div_ceil(BITS);
    let end = (before + secret.len()) * 8 / BITS;
    let bit = |at: usize| {
        let byte = secret.get((at / 8).wrapping_sub(before)).copied();
        usize::from(byte.unwrap_or(0) >> (7 - at % 8) & 1)
    };
    let character = |index: usize| {
        let bits = (0..BITS).fold(0, |bits, at| bits << 1 | bit(index * BITS + at));
        ALPHABET[bits]
    };
    (first..end).map(character).collect()
}

#[cfg(test)]
mod tests;
