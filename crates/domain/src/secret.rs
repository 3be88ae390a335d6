//! Text that must never be shown.
//!
//! It is not encryption: the text lies in memory in clear while it is in use.

use std::fmt;
use std::hint::black_box;

use serde_json::Value;

mod redactor;
mod resolved;

pub use redactor::Redactor;

/// A secret: its `Debug` is redacted, it has no `Display` and no `Serialize`, and it is overwritten when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(String);

impl SecretText {
    /// What stands in place of a secret wherever one would be shown.
    pub const REDACTED: &'static str = "<redacted>";

    /// Takes `text` in.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for sending it to the one place it is meant for.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretText(<redacted>)")
    }
}

impl Drop for SecretText {
    fn drop(&mut self) {
        wipe(&mut std::mem::take(&mut self.0).into_bytes());
    }
}

/// Overwrites `bytes` and what stood behind them in the same memory.
fn wipe(bytes: &mut Vec<u8>) {
    bytes.clear();
    bytes.resize(bytes.capacity(), 0);
    black_box(bytes);
}

/// Drops a secret that was read as JSON: each text in it is overwritten.
pub(crate) fn discard(value: Value) {
    match value {
        Value::String(text) => drop(SecretText(text)),
        // What serde_json reads is at most 128 levels deep, so the depth of this recursion is bounded.
        Value::Array(items) => items.into_iter().for_each(discard),
        Value::Object(members) => members.into_iter().for_each(|(_, member)| discard(member)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", SecretText::new("hunter2"));
        assert_eq!(shown, "SecretText(<redacted>)");
    }

    #[test]
    fn secrets_are_compared_by_their_text() {
        assert_eq!(SecretText::new("a"), SecretText::new("a".to_owned()));
        assert_ne!(SecretText::new("a"), SecretText::new("b"));
    }

    #[test]
    fn what_is_wiped_is_gone_with_what_stood_behind_it() {
        let mut bytes = b"hunter2 and more".to_vec();
        bytes.truncate(7);
        wipe(&mut bytes);
        assert!(bytes.len() >= 16);
        assert!(bytes.iter().all(|byte| *byte == 0));
    }
}
