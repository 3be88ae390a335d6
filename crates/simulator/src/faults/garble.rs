//! Bodies that arrive whole and cannot be read.
//!
//! Each is made from the answer that the tenant gave; its announced length is honest.

use axum::body::Bytes;
use serde_json::{Map, Value};

/// How many arrays a deep body has in one another.
const DEPTH: usize = 100_000;
/// How many members a wide body has besides its own.
const WIDTH: usize = 1_000_000;
/// What the names of a wide body's members are made of: from this sign to `~`, without the backslash. So they are short, and the
/// body stays below 8 MiB.
const FIRST_SIGN: u8 = b'#';
const SIGNS: usize = (b'~' - FIRST_SIGN) as usize;

/// Why a body cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Garble {
    /// Its second half is missing.
    Cut,
    /// There is nothing of it.
    Empty,
    /// A byte order mark stands before it.
    Bom,
    /// Something stands behind it.
    Trailing,
    /// A byte in it is no UTF-8.
    BadUtf8,
    /// A member occurs twice, with two values.
    DuplicateKeys,
    /// It goes too deep.
    Deep,
    /// It has too many members.
    Wide,
}

impl Garble {
    /// Every way, by its word.
    pub(crate) const WORDS: [(&'static str, Self); 8] = [
        ("cut", Self::Cut),
        ("empty", Self::Empty),
        ("bom", Self::Bom),
        ("trailing", Self::Trailing),
        ("badUtf8", Self::BadUtf8),
        ("duplicateKeys", Self::DuplicateKeys),
        ("deep", Self::Deep),
        ("wide", Self::Wide),
    ];

    /// `body`, made unreadable.
    pub(crate) fn apply(self, body: &Bytes) -> Bytes {
        match self {
            Self::Cut => body.slice(..body.len() / 2),
            Self::Empty => Bytes::new(),
            Self::Bom => [b"\xEF\xBB\xBF", &body[..]].concat().into(),
            Self::Trailing => [&body[..], b"\n</html>"].concat().into(),
            Self::BadUtf8 => bad_utf8(body),
            Self::DuplicateKeys => {
                let first = names(body).and_then(|names| names.into_iter().next());
                let name = Value::String(first.unwrap_or_else(|| "id".to_owned()));
                let twice = format!("{name}:\"one\",{name}:\"another\"");
                with_member(body, twice.as_bytes())
            }
            Self::Deep => {
                let (open, close) = ("[".repeat(DEPTH), "]".repeat(DEPTH));
                with_member(body, format!("\"deep\":{open}{close}").as_bytes())
            }
            Self::Wide => with_member(body, &wide(&names(body).unwrap_or_default())),
        }
    }
}

/// A byte that UTF-8 never has, in the first text of the body.
fn bad_utf8(body: &Bytes) -> Bytes {
    let place = body.iter().position(|byte| *byte == b'"');
    let place = place.map_or(body.len(), |quote| quote + 1);
    [&body[..place], b"\xFF", &body[place..]].concat().into()
}

/// The names of the members that `body` has, where it is an object.
fn names(body: &Bytes) -> Option<Vec<String>> {
    let members: Map<String, Value> = serde_json::from_slice(body).ok()?;
    Some(members.into_iter().map(|(name, _)| name).collect())
}

/// The object that `body` is, with `members` before its own; where it is none, an object of them alone.
fn with_member(body: &Bytes, members: &[u8]) -> Bytes {
    match body.strip_prefix(b"{") {
        Some(rest) if names(body).is_some_and(|names| !names.is_empty()) => {
            [b"{", members, b",", rest].concat()
        }
        _ => [b"{", members, b"}"].concat(),
    }
    .into()
}

/// So many members, each name once and none of `taken`.
fn wide(taken: &[String]) -> Vec<u8> {
    // A name of up to four signs, two quotes, a colon, a digit and a comma.
    let mut text = Vec::with_capacity(WIDTH * 9);
    let free = |name: &Vec<u8>| !taken.iter().any(|taken| taken.as_bytes() == name);
    for name in (0..).map(name).filter(free).take(WIDTH) {
        if !text.is_empty() {
            text.push(b',');
        }
        text.push(b'"');
        text.extend_from_slice(&name);
        text.extend_from_slice(b"\":0");
    }
    text
}

/// The name of this number, the shortest first.
fn name(number: usize) -> Vec<u8> {
    let mut name = Vec::with_capacity(4);
    let mut rest = number + 1;
    while rest > 0 {
        rest -= 1;
        name.push(sign(rest % SIGNS));
        rest /= SIGNS;
    }
    name
}

/// The sign of this number, never a quote or a backslash.
fn sign(number: usize) -> u8 {
    let before_backslash = (b'\\' - FIRST_SIGN) as usize;
    let skipped = usize::from(number >= before_backslash);
    FIRST_SIGN + u8::try_from(number + skipped).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn garbled(garble: Garble) -> Bytes {
        garble.apply(&Bytes::from_static(br#"{"id":"a","name":"score"}"#))
    }

    #[test]
    fn what_is_no_json_is_read_by_nobody() {
        for garble in [
            Garble::Cut,
            Garble::Empty,
            Garble::Bom,
            Garble::Trailing,
            Garble::BadUtf8,
            Garble::Deep,
        ] {
            let read = serde_json::from_slice::<Value>(&garbled(garble));
            assert!(read.is_err(), "{garble:?}: {read:?}");
        }
    }

    #[test]
    fn a_name_occurs_twice_with_two_values() {
        let text = r#"{"id":"one","id":"another","id":"a","name":"score"}"#;
        assert_eq!(garbled(Garble::DuplicateKeys), text);
        let other = Garble::DuplicateKeys.apply(&Bytes::new());
        assert_eq!(other, r#"{"id":"one","id":"another"}"#);
    }

    #[test]
    fn a_wide_body_has_a_million_names_and_stays_below_eight_megabytes() {
        let wide = garbled(Garble::Wide);
        assert!(wide.len() < 8 * 1024 * 1024, "{}", wide.len());
        let texts = wide.split(|byte| *byte == b'"').count();
        assert_eq!(texts, 2 * WIDTH + 9);
        let first: BTreeSet<_> = (0..10_000).map(name).collect();
        assert_eq!(first.len(), 10_000);
        assert!(!wide.windows(6).any(|bytes| bytes == b"\"id\":0"));
        let signs: BTreeSet<u8> = (0..SIGNS).map(sign).collect();
        assert_eq!(signs.len(), SIGNS);
        assert!(!signs.contains(&b'"') && !signs.contains(&b'\\'));
    }
}
