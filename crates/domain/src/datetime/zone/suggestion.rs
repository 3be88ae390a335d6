//! The name that somebody probably meant, for messages only.
//!
//! A suggestion is never used in place of what was written.

/// Most single-letter edits between a name and what was written for it.
const MAX_EDITS: usize = 2;

/// Longest text for which a suggestion is looked for; no name of the database is nearly as long.
const MAX_BYTES: usize = 64;

/// The one of `names` closest to `raw`, the first of those equally close; `None` where none is close.
pub(super) fn closest(
    raw: &str,
    names: impl Iterator<Item = &'static str>,
) -> Option<&'static str> {
    let wanted = letters(raw);
    if wanted.is_empty() || raw.len() > MAX_BYTES {
        return None;
    }
    names
        .filter_map(|name| distance(&wanted, name).map(|distance| (distance, name)))
        .min()
        .map(|(_, name)| name)
}

/// How far `name` is from `wanted`, from 0; `None` where it is too far to be meant.
fn distance(wanted: &[u8], name: &str) -> Option<usize> {
    let whole = letters(name);
    if whole == wanted {
        return Some(0);
    }
    let city = name.rsplit('/').next().map(letters).unwrap_or_default();
    if city == wanted {
        return Some(1);
    }
    // A short name is close to everything, so a text must be long for its number of edits.
    let allowed = MAX_EDITS.min(wanted.len() / 4);
    [
        edits(wanted, &whole),
        edits(wanted, &city).saturating_add(1),
    ]
    .into_iter()
    .min()
    .filter(|edits| *edits <= allowed)
    .map(|edits| edits + 1)
}

/// Letters, digits and signs of `text` in lower case, without separators between words.
fn letters(text: &str) -> Vec<u8> {
    let kept = |byte: &u8| !matches!(byte, b'_' | b' ' | b'/');
    let bytes = text.bytes().filter(kept);
    bytes.map(|byte| byte.to_ascii_lowercase()).collect()
}

/// The least number of insertions, removals and replacements that turn `from` into `into`.
fn edits(from: &[u8], into: &[u8]) -> usize {
    if from.len().abs_diff(into.len()) > MAX_EDITS {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=into.len()).collect();
    for (line, left) in from.iter().enumerate() {
        let mut diagonal = line;
        let mut previous = line + 1;
        row[0] = previous;
        for (cell, right) in row[1..].iter_mut().zip(into) {
            let replaced = diagonal + usize::from(left != right);
            diagonal = *cell;
            previous = replaced.min(diagonal + 1).min(previous + 1);
            *cell = previous;
        }
    }
    row[into.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datetime::Zone;

    #[test]
    fn near_misses_get_the_name_that_was_meant() {
        let cases = [
            ("america/new_york", Some("America/New_York")),
            ("America/New York", Some("America/New_York")),
            ("New_York", Some("America/New_York")),
            ("Amerika/New_York", Some("America/New_York")),
            ("Europe/Berln", Some("Europe/Berlin")),
            ("berlin", Some("Europe/Berlin")),
            ("utc", Some("UTC")),
            ("us/eastern", Some("US/Eastern")),
            ("", None),
            ("/", None),
            ("America", None),
            ("localtime", None),
            ("Factory", None),
            ("../etc", None),
            ("XYZ", None),
        ];
        for (raw, wanted) in cases {
            assert_eq!(Zone::suggest(raw), wanted, "case: {raw}");
        }
        assert_eq!(Zone::suggest(&"a".repeat(100_000)), None);
    }

    #[test]
    fn edits_are_counted_as_insertions_removals_and_replacements() {
        for (from, into, wanted) in [
            ("", "", 0),
            ("abc", "abc", 0),
            ("abc", "abd", 1),
            ("abc", "ab", 1),
            ("abc", "xabc", 1),
            ("abcd", "badc", 3),
            ("a", "abcd", usize::MAX),
        ] {
            assert_eq!(edits(from.as_bytes(), into.as_bytes()), wanted);
        }
    }
}
