//! Answers that are too much for anybody: bodies without end, a bomb, headers and preliminary heads without measure.
//!
//! Over a socket they are really sent, for as long as the client takes them; nothing here holds more than a few dozen megabytes.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue};

/// What an endless body announces, in bytes.
pub(crate) const ANNOUNCED_BYTES: u64 = 10_000_000_000;
/// How much of a body without end there is where it must be held as one value: more than anybody should take.
const HELD_BYTES: usize = 40 * 1024 * 1024;
/// One piece of an endless body.
static PIECE: [u8; 64 * 1024] = [b' '; 64 * 1024];

/// How often the bomb repeats a megabyte of spaces.
const BOMB_MEGABYTES: usize = 1_024;
const GZIP_HEAD: [u8; 10] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF];
/// A megabyte of spaces in the deflate format, not the last block: this, then zeros, then [`UNIT_TAIL`].
const UNIT_HEAD: [u8; 17] = [
    0xEC, 0xC1, 0x31, 0x01, 0, 0, 0, 0xC2, 0xA0, 0x2A, 0xEB, 0x9F, 0xD2, 0x10, 0xBE, 0x40, 0x01,
];
const UNIT_ZEROS: usize = 1_015;
const UNIT_TAIL: [u8; 6] = [0x7C, 0x06, 0, 0, 0xFF, 0xFF];

/// How many headers are too many, together.
const HEADERS: usize = 48;
const HEADER_BYTES: usize = 2_048;
/// How many preliminary heads come before the answer.
const PRELIMINARY_HEADS: usize = 10_000;
const PRELIMINARY_HEAD: &[u8] = b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n";

/// What there is too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flood {
    /// 10 GB are announced, and come.
    Length,
    /// Chunks come without end.
    Chunks,
    /// A megabyte is a gigabyte once unpacked.
    Gzip,
    /// 96 KB of headers.
    Headers,
    /// 10,000 preliminary heads come before the answer.
    Informational,
}

impl Flood {
    /// Every way, by its word.
    pub(crate) const WORDS: [(&'static str, Self); 5] = [
        ("length", Self::Length),
        ("chunks", Self::Chunks),
        ("gzip", Self::Gzip),
        ("headers", Self::Headers),
        ("informational", Self::Informational),
    ];
}

/// One piece of an endless body: JSON may have any number of spaces.
pub(crate) fn piece() -> Bytes {
    Bytes::from_static(&PIECE)
}

/// So much of an endless body as one value may hold.
pub(crate) fn held() -> Bytes {
    static HELD: LazyLock<Bytes> = LazyLock::new(|| vec![b' '; HELD_BYTES].into());
    HELD.clone()
}

/// A megabyte of gzip that becomes a gigabyte of spaces; it has no end of its own.
pub(crate) fn bomb() -> Bytes {
    static BOMB: LazyLock<Bytes> = LazyLock::new(|| {
        let unit = [&UNIT_HEAD[..], &[0; UNIT_ZEROS], &UNIT_TAIL].concat();
        [&GZIP_HEAD[..], &unit.repeat(BOMB_MEGABYTES)]
            .concat()
            .into()
    });
    BOMB.clone()
}

/// More headers than anybody should take.
pub(crate) fn headers() -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let value = HeaderValue::from_str(&"x".repeat(HEADER_BYTES));
    let value = value.unwrap_or_else(|_| HeaderValue::from_static("x"));
    (0..HEADERS).filter_map(move |number| {
        let name = HeaderName::try_from(format!("x-flood-{number}")).ok()?;
        Some((name, value.clone()))
    })
}

/// The preliminary heads, as they are sent.
pub(crate) fn preliminary_heads() -> Bytes {
    PRELIMINARY_HEAD.repeat(PRELIMINARY_HEADS).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bomb_is_a_thousand_times_larger_inside() {
        let unpacked = BOMB_MEGABYTES * 1024 * 1024;
        assert!(bomb().len() * 1_000 < unpacked, "{}", bomb().len());
    }

    #[test]
    fn headers_are_more_than_64_kilobytes_in_fewer_than_a_hundred() {
        let (count, bytes) = headers().fold((0, 0), |(count, bytes), (name, value)| {
            (count + 1, bytes + name.as_str().len() + value.len())
        });
        assert!(count < 100 && bytes > 64 * 1024, "{count}, {bytes}");
    }
}
