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
        let mut searched = Vec::new();
        for secret in secrets {
            if secret.expose().len() < Self::SHORTEST {
                continue;
            }
            searched.extend(as_in_json(&secret));
            searched.push(secret);
        }
        Self(searched)
    }

    /// `text` with every secret replaced by [`SecretText::REDACTED`], be it plain or escaped as in JSON.
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

    /// Where secrets stand, each place from its first to behind its last byte, in order and apart from each other.
    fn places(&self, text: &str) -> Vec<(usize, usize)> {
        let secrets = self.0.iter();
        let mut found: Vec<_> = secrets
            .flat_map(|secret| occurrences(text, secret.expose()))
            .collect();
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
}

/// `secret` as it stands inside a JSON string, where that is another text.
fn as_in_json(secret: &SecretText) -> Option<SecretText> {
    let quoted = serde_json::to_string(secret.expose()).ok()?;
    let inner = quoted.strip_prefix('"')?.strip_suffix('"')?;
    (inner != secret.expose()).then(|| SecretText::new(inner))
}

/// Every place of `part` in `text`, also where two overlap.
fn occurrences(text: &str, part: &str) -> impl Iterator<Item = (usize, usize)> {
    let step = part.chars().next().map_or(1, char::len_utf8);
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + text.get(from..)?.find(part)?;
        from = start + step;
        Some((start, start + part.len()))
    })
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
    fn t_04_secrets_are_replaced_whole_wherever_they_stand() {
        let redactor =
            Redactor::new(["abcd", "abcdef", "efgh", "xy", "ééé", "aaaa"].map(SecretText::new));
        for (text, want) in [
            ("abcdef abcd xy", "<redacted> <redacted> xy"),
            ("abcdefgh.", "<redacted>."),
            ("abcdabcd", "<redacted>"),
            (".aaaaa.", ".<redacted>."),
            ("éééé", "<redacted>"),
            ("abc", "abc"),
            ("", ""),
        ] {
            assert_eq!(redactor.redact(text), want, "case: {text}");
        }
        assert_eq!(Redactor::default().redact("abcd"), "abcd");
    }

    #[test]
    fn t_04_a_secret_is_found_in_json_too() {
        let redactor = Redactor::new([SecretText::new("pass\"word\n")]);
        let echoed = serde_json::json!({"message": "got pass\"word\n here"}).to_string();
        assert_eq!(
            redactor.redact(&echoed),
            r#"{"message":"got <redacted> here"}"#
        );
        assert_eq!(redactor.redact("pass\"word\n"), "<redacted>");
    }

    #[test]
    fn secrets_are_compared_by_their_text() {
        assert_eq!(SecretText::new("a"), SecretText::new("a".to_owned()));
        assert_ne!(SecretText::new("a"), SecretText::new("b"));
    }
}
