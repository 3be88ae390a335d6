//! Text that must never be shown.
//!
//! It is not encryption: the text lies in memory in clear while it is in use.

use std::fmt;
use std::hint::black_box;

use serde_json::Value;

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
/// A secret is found as it is and as an echo would show it: escaped for JSON (once and twice, for a body may be quoted
/// in another one), and encoded for a URL or a form. A secret that is a JSON object or list is found in compact form
/// too, and so is each text in it. Secrets shorter than [`Redactor::SHORTEST`] bytes are left alone: replacing them
/// would garble ordinary words.
#[derive(Clone, Debug, Default)]
pub struct Redactor(Vec<SecretText>);

impl Redactor {
    /// The length in bytes below which a secret is not searched for.
    pub const SHORTEST: usize = 4;
    /// The length in bytes below which a text inside a JSON secret is not searched for: such texts are often ordinary words.
    pub const SHORTEST_INSIDE: usize = 8;

    /// A redactor for `secrets`.
    pub fn new(secrets: impl IntoIterator<Item = SecretText>) -> Self {
        let mut forms = Vec::new();
        for secret in secrets {
            add_forms(secret.expose(), Self::SHORTEST, &mut forms);
            if let Ok(value @ (Value::Object(_) | Value::Array(_))) =
                serde_json::from_str(secret.expose())
            {
                add_forms(&value.to_string(), Self::SHORTEST, &mut forms);
                add_inside(&value, &mut forms);
            }
        }
        // In order, so that a form which comes up twice is searched for once.
        forms.sort_by(|left, right| left.expose().cmp(right.expose()));
        forms.dedup();
        Self(forms)
    }

    /// The length in bytes of the longest text that is searched for; 0 where none is. So many bytes at the end of a text
    /// that was cut may hold the beginning of a secret, which is not found any more.
    pub fn longest(&self) -> usize {
        let lengths = self.0.iter().map(|form| form.expose().len());
        lengths.max().unwrap_or(0)
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

fn add_forms(text: &str, shortest: usize, forms: &mut Vec<SecretText>) {
    if text.len() < shortest {
        return;
    }
    let once = escaped(text);
    forms.push(SecretText::new(escaped(&once)));
    forms.push(SecretText::new(once));
    for digits in [b"0123456789ABCDEF", b"0123456789abcdef"] {
        let encoded = percent_encoded(text, digits);
        forms.push(SecretText::new(encoded.replace("%20", "+")));
        forms.push(SecretText::new(encoded));
    }
    forms.push(SecretText::new(text));
}

fn add_inside(value: &Value, forms: &mut Vec<SecretText>) {
    match value {
        Value::String(text) => add_forms(text, Redactor::SHORTEST_INSIDE, forms),
        Value::Array(items) => items.iter().for_each(|item| add_inside(item, forms)),
        Value::Object(members) => members.values().for_each(|item| add_inside(item, forms)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What stands between the quotes of `text` as JSON.
fn escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// `text` for a URL, with these hexadecimal `digits`: all but the characters that never need it are encoded.
fn percent_encoded(text: &str, digits: &[u8; 16]) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let digit = |half: u8| char::from(digits[usize::from(half)]);
            encoded.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    encoded
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

    #[test]
    fn redactor_knows_what_an_echo_makes_of_a_secret() {
        let redactor = Redactor::new(["a \"b\"/c\\d+é"].map(SecretText::new));
        for echo in [
            r#"a "b"/c\d+é"#,
            r#"a \"b\"/c\\d+é"#,
            r#"a \\\"b\\\"/c\\\\d+é"#,
            "a%20%22b%22%2Fc%5Cd%2B%C3%A9",
            "a+%22b%22%2Fc%5Cd%2B%C3%A9",
            "a%20%22b%22%2fc%5cd%2b%c3%a9",
        ] {
            assert_eq!(
                redactor.redact(&format!("<{echo}>")),
                "<<redacted>>",
                "case: {echo}"
            );
        }
    }

    #[test]
    fn redactor_finds_a_json_secret_in_compact_form_and_the_texts_in_it() {
        let redactor =
            Redactor::new([r#"{ "key": "hunter2hunter2", "kind": "app" }"#].map(SecretText::new));
        let sent = r#"{\"key\":\"hunter2hunter2\",\"kind\":\"app\"} and hunter2hunter2, of an app"#;
        assert_eq!(
            redactor.redact(sent),
            "<redacted> and <redacted>, of an app"
        );
    }
}
