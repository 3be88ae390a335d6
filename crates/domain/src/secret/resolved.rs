//! Text with its escapes resolved, so that a secret is found however an echo spells it.
//!
//! It is no parser: what is no escape stays as it is.

use std::iter::successors;

use super::wipe;

/// How often escapes are resolved: a body may be quoted in another one, and that in a URL.
const LEVELS: usize = 4;
/// The most bytes of an HTML entity.
const LONGEST_ENTITY: usize = 10;

/// The bytes that a text means, and where each of them stands in it. They are overwritten when dropped.
pub(super) struct Resolved {
    pub(super) bytes: Vec<u8>,
    /// One more than there are bytes: the last is the end of the text.
    places: Vec<usize>,
}

/// What an escape stands for.
enum Meant {
    Byte(u8),
    Char(char),
}

impl Resolved {
    /// `text` as it is, and then with the escapes of JSON, URLs and HTML resolved level by level, for one may quote the other.
    pub(super) fn levels(text: &str) -> impl Iterator<Item = Self> {
        let plain = Self {
            bytes: text.as_bytes().to_vec(),
            places: (0..=text.len()).collect(),
        };
        successors(Some(plain), Self::next_level).take(1 + LEVELS)
    }

    /// The part of the text that the bytes `start..end` stand for.
    pub(super) fn place(&self, start: usize, end: usize) -> (usize, usize) {
        (self.places[start], self.places[end])
    }

    /// With one level of escapes resolved; `None` where there is none.
    fn next_level(&self) -> Option<Self> {
        let first = (0..self.bytes.len()).find(|at| escape(&self.bytes[*at..]).is_some())?;
        let mut next = Self {
            bytes: Vec::with_capacity(self.bytes.len()),
            places: Vec::with_capacity(self.places.len()),
        };
        next.bytes.extend_from_slice(&self.bytes[..first]);
        next.places.extend_from_slice(&self.places[..first]);
        let mut at = first;
        while let Some(byte) = self.bytes.get(at) {
            let place = self.places[at];
            let (length, meant) = escape(&self.bytes[at..]).unwrap_or((1, Meant::Byte(*byte)));
            match meant {
                Meant::Byte(byte) => next.bytes.push(byte),
                Meant::Char(c) => {
                    let mut encoded = [0; 4];
                    let encoded = c.encode_utf8(&mut encoded);
                    next.bytes.extend_from_slice(encoded.as_bytes());
                }
            }
            next.places.resize(next.bytes.len(), place);
            at += length;
        }
        next.places.extend(self.places.last());
        Some(next)
    }
}

impl Drop for Resolved {
    fn drop(&mut self) {
        wipe(&mut self.bytes);
    }
}

/// The escape that `rest` begins with: its length in bytes, and what it stands for.
fn escape(rest: &[u8]) -> Option<(usize, Meant)> {
    match rest {
        [b'\\', b'u', ..] => unicode(rest),
        [b'\\', short, ..] => {
            let byte = match short {
                b'"' | b'\\' | b'/' | b'\'' => *short,
                b'b' => 8,
                b'f' => 12,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                _ => return None,
            };
            Some((2, Meant::Byte(byte)))
        }
        [b'%', digits @ ..] => {
            let byte = u8::try_from(hexadecimal(digits.get(..2)?)?).ok()?;
            Some((3, Meant::Byte(byte)))
        }
        [b'&', ..] => entity(rest),
        _ => None,
    }
}

/// `\u0041`, or two of them that are one character together.
fn unicode(rest: &[u8]) -> Option<(usize, Meant)> {
    let first = hexadecimal(rest.get(2..6)?)?;
    if let Some(alone) = char::from_u32(first) {
        return Some((6, Meant::Char(alone)));
    }
    let second = rest.get(6..12)?.strip_prefix(b"\\u")?;
    let halves = [first, hexadecimal(second)?].map(|half| u16::try_from(half).unwrap_or_default());
    let pair = char::decode_utf16(halves).next()?.ok()?;
    Some((12, Meant::Char(pair)))
}

/// `&quot;`, `&#34;` or `&#x22;`.
fn entity(rest: &[u8]) -> Option<(usize, Meant)> {
    let end = rest
        .iter()
        .take(LONGEST_ENTITY)
        .position(|byte| *byte == b';')?;
    let c = match &rest[1..end] {
        b"quot" => '"',
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"apos" => '\'',
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(hexadecimal(digits)?)?,
        [b'#', digits @ ..] => char::from_u32(std::str::from_utf8(digits).ok()?.parse().ok()?)?,
        _ => return None,
    };
    Some((end + 1, Meant::Char(c)))
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(digits).ok()?;
    let all = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(text: &str) -> Resolved {
        Resolved::levels(text).last().unwrap()
    }

    #[test]
    fn escapes_are_resolved_and_everything_else_stays() {
        for (text, meant) in [
            ("plain é +", "plain é +"),
            (r#"\"\/\n\'\\"#, "\"/\n'\\"),
            (r"\u0041\u00e9\ud83d\ude00", "Aé😀"),
            (r"\ud83d \ude00 \u12 \x \", r"\ud83d \ude00 \u12 \x \"),
            ("%41%c3%A9 %2G%", "Aé %2G%"),
            (
                "&quot;&amp;&#65;&#x41;&#xG; &nothing; &",
                "\"&AA&#xG; &nothing; &",
            ),
            // One quotes the other: a body in a body in a URL.
            (r"%5C%5C%5C%22", "\""),
            (r"\\u0041", "A"),
        ] {
            let resolved = last(text);
            let found = std::str::from_utf8(&resolved.bytes).unwrap();
            assert_eq!(found, meant, "case: {text}");
            let whole = resolved.place(0, resolved.bytes.len());
            assert_eq!(whole, (0, text.len()), "case: {text}");
        }
    }

    #[test]
    fn levels_are_few_however_deep_a_text_is_quoted() {
        let deep = format!("%{}41", "25".repeat(1_000));
        assert_eq!(Resolved::levels(&deep).count(), 1 + LEVELS);
        assert_eq!(Resolved::levels("plain").count(), 1);
    }

    #[test]
    fn each_byte_knows_its_place() {
        let text = r"a\u00e9%20b";
        let resolved = last(text);
        assert_eq!(resolved.bytes, "aé b".as_bytes());
        for (part, place) in [
            ((0, 1), "a"),
            ((1, 3), r"\u00e9"),
            ((3, 4), "%20"),
            ((4, 5), "b"),
        ] {
            let (start, end) = resolved.place(part.0, part.1);
            assert_eq!(&text[start..end], place);
        }
    }
}
