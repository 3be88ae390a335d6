//! Makes text from outside fit to be shown: no terminal escapes, no secrets, not too long.
//!
//! It is not an escaper: what it takes away is gone.

use std::sync::{Arc, Mutex, PoisonError};

use cxda_domain::display::is_plain;
use cxda_domain::secret::{Redactor, SecretText};

/// The most bytes of one text that are kept.
pub(crate) const MAX_TEXT_BYTES: usize = 2_048;
/// How much of one text is looked at, in bytes: what is taken away may leave less than is kept.
const MAX_RAW_BYTES: usize = 16 * MAX_TEXT_BYTES;
/// The most characters of a body that is not what was expected.
pub(crate) const MAX_GLIMPSE_CHARS: usize = 80;

/// The secrets of one tenant, taken out of whatever its server says.
#[derive(Debug, Default)]
pub(crate) struct Screen(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    secrets: Vec<SecretText>,
    /// Made of `secrets` when it is needed first; `None` where they grew since.
    redactor: Option<Arc<Redactor>>,
}

impl Screen {
    /// Adds `secrets` to what is searched for.
    pub(crate) fn hide(&self, secrets: impl IntoIterator<Item = SecretText>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for secret in secrets {
            if !known.secrets.contains(&secret) {
                known.secrets.push(secret);
                known.redactor = None;
            }
        }
    }

    /// `text` in one line, without a secret, sanitized, at most [`MAX_TEXT_BYTES`] long.
    pub(crate) fn clean(&self, text: &str) -> String {
        let redactor = self.redactor();
        let head = &text[..text.floor_char_boundary(MAX_RAW_BYTES)];
        let clean = shown(&redactor, head, text.len() - head.len());
        cut(&clean, MAX_TEXT_BYTES)
    }

    /// `text` without a secret, else as it is.
    pub(crate) fn redact(&self, text: &str) -> String {
        self.redactor().redact(text)
    }

    /// Whether a secret stands in `text` that takes `shortest` bytes there or more.
    pub(crate) fn finds(&self, text: &str, shortest: usize) -> bool {
        self.redactor().finds(text, shortest)
    }

    /// The first characters of a body that cannot be used.
    pub(crate) fn glimpse(&self, body: &[u8]) -> String {
        let redactor = self.redactor();
        let head = &body[..body.len().min(MAX_RAW_BYTES)];
        let text = String::from_utf8_lossy(head);
        let clean = shown(&redactor, &text, body.len() - head.len());
        clean.chars().take(MAX_GLIMPSE_CHARS).collect()
    }

    fn redactor(&self) -> Arc<Redactor> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = &mut *known;
        let made = known
            .redactor
            .get_or_insert_with(|| Arc::new(Redactor::new(known.secrets.iter().cloned())));
        Arc::clone(made)
    }
}

/// What may be shown of `head`, behind which so many bytes were left out.
fn shown(redactor: &Redactor, head: &str, left_out: usize) -> String {
    // Once before, for the characters taken away may be a secret's own; once after, for they may have hidden one.
    let mut clean = visible(&redactor.redact(head));
    if left_out > 0 {
        // What the cut left of a secret is not known for one any more.
        let kept = clean.len().saturating_sub(redactor.longest());
        clean.truncate(clean.floor_char_boundary(kept));
    }
    in_one_line(&redactor.redact(&clean))
}

/// `text` without control, bidirectional and invisible characters, save white space.
fn visible(text: &str) -> String {
    let keep = |c: &char| c.is_whitespace() || is_plain(*c);
    text.chars().filter(keep).collect()
}

/// `text` with its white space as single spaces.
fn in_one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

/// At most `limit` bytes of `text`, ended by `…` where something is left out.
fn cut(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(limit.saturating_sub('…'.len_utf8()));
    format!("{}…", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t_06_terminal_escapes_and_invisible_characters_are_gone() {
        let screen = Screen::default();
        for (raw, want) in [
            ("plain é 漢", "plain é 漢"),
            ("a\u{1b}[31mred\u{1b}[0m", "a[31mred[0m"),
            ("a\u{9b}31mb", "a31mb"),
            ("line\r\nbreak\t tab", "line break tab"),
            ("bidi\u{202e}cba", "bidicba"),
            ("zero\u{200b}width\u{feff}", "zerowidth"),
            ("\u{7f}\u{0}", ""),
        ] {
            assert_eq!(screen.clean(raw), want, "case: {raw:?}");
        }
    }

    #[test]
    fn h_21_text_is_cut_at_two_kilobytes_between_characters() {
        let screen = Screen::default();
        for (length, cut) in [
            (MAX_TEXT_BYTES - 1, false),
            (MAX_TEXT_BYTES, false),
            (MAX_TEXT_BYTES + 1, true),
        ] {
            let clean = screen.clean(&"x".repeat(length));
            assert_eq!(clean.ends_with('…'), cut, "length {length}");
            assert!(clean.len() <= MAX_TEXT_BYTES);
        }
        assert!(screen.clean(&"漢".repeat(5_000_000 / 3)).len() <= MAX_TEXT_BYTES);
    }

    #[test]
    fn t_04_secrets_are_replaced_also_where_invisible_characters_split_them() {
        let screen = Screen::default();
        screen.hide([SecretText::new("hunter2")]);
        assert_eq!(screen.clean("key hunter2!"), "key <redacted>!");
        assert_eq!(screen.clean("key hun\u{200b}ter2!"), "key <redacted>!");
        screen.hide([SecretText::new("of two\n\tlines")]);
        assert_eq!(screen.clean("o\u{1b}f two\n\tlines"), "<redacted>");
        assert_eq!(screen.glimpse(b"hunter2 \xff"), "<redacted> \u{fffd}");
        for half in [
            "hunter2",
            "h\u{200b}u\u{200b}n\u{200b}ter2",
            r"\u0068\u0075\u006e\u0074er2",
        ] {
            let bytes = half.len() - "ter2".len();
            let split = " ".repeat(MAX_RAW_BYTES - bytes) + half;
            assert_eq!(screen.glimpse(split.as_bytes()), "", "nor half of a secret");
            assert_eq!(screen.clean(&split), "", "nor half of a secret");
        }
    }

    #[test]
    fn a_glimpse_is_80_characters() {
        let screen = Screen::default();
        assert_eq!(screen.glimpse("é".repeat(90).as_bytes()), "é".repeat(80));
    }
}
