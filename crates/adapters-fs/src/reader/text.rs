//! Bytes of a file to text, and places in text to lines and columns.
//!
//! It knows nothing of YAML, JSON or TOML.

use cxda_domain::node::Mark;

use super::{MAX_BYTES, ReadError};

/// The text of a file, without a byte order mark.
pub(super) fn decode(bytes: &[u8]) -> Result<&str, ReadError> {
    if bytes.len() > MAX_BYTES {
        return Err(ReadError::new(
            Mark::START,
            format!("the file is longer than {} MiB", MAX_BYTES >> 20),
        )
        .with_hint("split the file"));
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(not_utf8(
            Mark::START,
            "the file is UTF-16 or UTF-32, not UTF-8",
        ));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = mark_at(bytes, error.valid_up_to());
        not_utf8(at, "the file is not UTF-8")
    })?;
    if let Some(offset) = text.find('\0') {
        let at = mark_at(bytes, offset);
        return Err(not_utf8(at, "the file holds the character U+0000"));
    }
    Ok(text)
}

fn not_utf8(at: Mark, message: &str) -> ReadError {
    ReadError::new(at, message).with_hint("save the file as UTF-8 text")
}

/// The place of the byte at `offset`; an offset beyond the end counts as the end.
pub(crate) fn mark_at(bytes: &[u8], offset: usize) -> Mark {
    let mut mark = Mark::START;
    advance(&mut mark, bytes.get(..offset).unwrap_or(bytes));
    mark
}

/// The place of the byte in line `line` that is the `byte`th of it, both counted from 1.
pub(super) fn mark_in_line(text: &str, line: usize, byte: usize) -> Mark {
    let start = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum::<usize>();
    mark_at(text.as_bytes(), start + byte.saturating_sub(1))
}

/// Places of a text, asked for from its front to its end.
#[derive(Debug)]
pub(super) struct Marks<'t> {
    bytes: &'t [u8],
    offset: usize,
    mark: Mark,
}

impl<'t> Marks<'t> {
    /// The places of `text`.
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            bytes: text.as_bytes(),
            offset: 0,
            mark: Mark::START,
        }
    }

    /// The place of the byte at `offset`: cheap if no place behind it was asked for before.
    pub(super) fn at(&mut self, offset: usize) -> Mark {
        match self.bytes.get(self.offset..offset) {
            Some(passed) => {
                advance(&mut self.mark, passed);
                self.offset = offset;
                self.mark
            }
            None => mark_at(self.bytes, offset),
        }
    }
}

fn advance(mark: &mut Mark, passed: &[u8]) {
    for &byte in passed {
        if byte == b'\n' {
            *mark = Mark::new(mark.line + 1, 1);
        } else if byte & 0b1100_0000 != 0b1000_0000 {
            mark.column += 1;
        }
    }
}
