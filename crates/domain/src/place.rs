//! Places in text: how offsets, lines and columns belong together, and where a part of a value stands in the file that
//! holds the value.
//!
//! It knows no notation's grammar: a way to read the file counts where it gives the value back, and nothing is guessed.

use crate::node::Mark;

mod quoted;

/// The place of the byte at `offset` of `text`; an offset beyond the end counts as the end.
pub fn mark_of(text: &str, offset: usize) -> Mark {
    let before = text.get(..text.floor_char_boundary(offset)).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    let lines = before.bytes().filter(|byte| *byte == b'\n').count();
    Mark::new(number(lines + 1), number(line.chars().count() + 1))
}

/// The offset of the place `mark` of `text`, be it the end of a line; `None` where the text has no such place.
pub fn offset_of(text: &str, mark: Mark) -> Option<usize> {
    let index = usize::try_from(mark.line).ok()?.checked_sub(1)?;
    let passed = usize::try_from(mark.column).ok()?.checked_sub(1)?;
    let line = text.split('\n').nth(index)?;
    let start: usize = text
        .split('\n')
        .take(index)
        .map(|line| line.len() + 1)
        .sum();
    let ends = line.char_indices().map(|(at, _)| at).chain([line.len()]);
    ends.into_iter().nth(passed).map(|within| start + within)
}

/// Where the place `wanted` of `value` stands in `file`, in which the value begins at `at`.
///
/// The value is text of a YAML, JSON or TOML file: a block, plain, or in quotes of any kind. `None` where no way to read
/// the file from `at` on gives `value`, as for a value behind an alias.
pub fn place_in_file(file: &str, at: Mark, value: &str, wanted: Mark) -> Option<Mark> {
    let start = offset_of(file, at)?;
    let offset = offset_of(value, wanted)?;
    let source = file.get(start..)?;
    quoted::offset_in(source, value, offset)
        .map(|found| mark_of(file, start + found))
        .or_else(|| in_lines(file, at, value, wanted))
        .or_else(|| {
            let found = quoted::offset_in_folded(source, value, offset)?;
            Some(mark_of(file, start + found))
        })
}

/// Where the lines of a value are those of the file, each behind the same indentation.
fn in_lines(file: &str, at: Mark, value: &str, wanted: Mark) -> Option<Mark> {
    let index = usize::try_from(at.line).ok()?.checked_sub(1)?;
    let mut lines = file.split('\n').skip(index);
    let mut indent = None;
    let count = usize::try_from(wanted.line).ok()?;
    for (index, written) in value.split('\n').take(count).enumerate() {
        let line = lines.next()?;
        let line = line.strip_suffix('\r').unwrap_or(line);
        if written.is_empty() && line.trim().is_empty() {
            continue;
        }
        let before = line.strip_suffix(written)?;
        let is_indent = before.bytes().all(|byte| byte == b' ');
        let width = before.chars().count();
        if !is_indent && index > 0 || *indent.get_or_insert(width) != width {
            return None;
        }
    }
    let indent = indent.unwrap_or_default();
    Some(Mark::new(
        at.line + wanted.line - 1,
        wanted.column + number(indent),
    ))
}

/// Counted things as a mark holds them.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
