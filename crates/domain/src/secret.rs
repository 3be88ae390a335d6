//! Text that must never be shown.
//!
//! It is not encryption: the text lies in memory in clear while it is in use.

use std::fmt;
use std::hint::black_box;

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
        let mut bytes = std::mem::take(&mut self.0).into_bytes();
        bytes.fill(0);
        black_box(&bytes);
    }
}

/// Replaces every secret of a run in text that comes from outside, before it is shown or kept.
///
/// Secrets shorter than [`Redactor::SHORTEST`] bytes are left alone: replacing them would garble ordinary words.
#[derive(Clone, Debug, Default)]
pub struct Redactor(Vec<SecretText>);

impl Redactor {
    /// The length in bytes below which a secret is not searched for.
    pub const SHORTEST: usize = 4;

    /// A redactor for `secrets`.
    pub fn new(secrets: impl IntoIterator<Item = SecretText>) -> Self {
        let mut secrets: Vec<SecretText> = secrets
            .into_iter()
            .filter(|secret| secret.expose().len() >= Self::SHORTEST)
            .collect();
        // The longest first, so that a secret that holds another one is replaced whole.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
        Self(secrets)
    }

    /// `text` with every secret replaced by [`SecretText::REDACTED`].
    pub fn redact(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |clean, secret| {
            clean.replace(secret.expose(), SecretText::REDACTED)
        })
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
    fn redactor_replaces_the_longest_secret_whole() {
        let redactor = Redactor::new(["abcd", "abcdef", "xy"].map(SecretText::new));
        assert_eq!(
            redactor.redact("abcdef abcd xy"),
            "<redacted> <redacted> xy"
        );
    }
}
