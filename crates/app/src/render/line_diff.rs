//! The difference between two texts line by line, as unified differences show it.
//!
//! It is neither painted nor indented here: a terminal and a comment differ in that.

use std::borrow::Cow;

use similar::{Change, ChangeTag, DiffOp, TextDiff};

use crate::render::{Tone, counted, safe};

/// How many lines around a difference are shown.
const CONTEXT: usize = 3;
/// The most lines of both texts together that are compared; beyond, comparing could take minutes.
const MOST_COMPARED: usize = 40_000;

/// How much of a text is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Room {
    /// The most lines of one difference.
    pub(super) lines: usize,
    /// The most lines of a text that is new.
    pub(super) first_lines: usize,
    /// The most characters of one line.
    pub(super) chars: usize,
}

impl Room {
    /// For somebody who asked for everything: only what no person reads is cut.
    pub(super) const AMPLE: Self = Self {
        lines: usize::MAX,
        first_lines: 10,
        chars: 400,
    };
}

/// What a line of a difference is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The places of the lines that follow.
    Hunk,
    Gone,
    New,
    Same,
    /// A remark on what is shown.
    Remark,
}

/// One line of a difference, its mark before it; it drives no terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) kind: Kind,
    pub(super) text: String,
}

impl Line {
    pub(super) fn new(kind: Kind, text: &str) -> Self {
        let mark = match kind {
            Kind::Hunk | Kind::Remark => "",
            Kind::Gone => "- ",
            Kind::New => "+ ",
            Kind::Same => "  ",
        };
        // Where it may be all that differs, white space at the end of a line is to be seen.
        let kept = text.trim_end_matches([' ', '\t']);
        let blanks = match kind {
            Kind::Gone | Kind::New => "·".repeat(text.len() - kept.len()),
            Kind::Hunk | Kind::Same | Kind::Remark => String::new(),
        };
        let text = format!("{mark}{}{blanks}", safe::lines(kept));
        Self {
            kind,
            text: text.trim_end().to_owned(),
        }
    }

    pub(super) fn tone(&self) -> Tone {
        match self.kind {
            Kind::Gone => Tone::Delete,
            Kind::New => Tone::Create,
            Kind::Hunk | Kind::Same | Kind::Remark => Tone::Faint,
        }
    }
}

/// The lines that differ, with some around them.
pub(super) fn line_diff(before: &str, after: &str, room: Room) -> Vec<Line> {
    if is_too_long(before, after) {
        let [before, after] = [before, after].map(|text| counted(text.lines().count(), "line"));
        return vec![
            Line::new(Kind::Gone, &before),
            Line::new(Kind::New, &after),
            Line::new(Kind::Remark, "⋮ too long to be compared"),
        ];
    }
    let (before, after) = ended(before, after);
    let diff = TextDiff::from_lines(&*before, &*after);
    let mut unified = diff.unified_diff();
    let mut lines = Vec::new();
    for hunk in unified.context_radius(CONTEXT).iter_hunks() {
        let shown: usize = hunk.ops().iter().map(|op| op.old_range().len()).sum();
        let added: usize = hunk.ops().iter().map(|op| op.new_range().len()).sum();
        if shown < diff.old_len() || added < diff.new_len() {
            lines.push(Line::new(Kind::Hunk, &hunk.header().to_string()));
        }
        for op in hunk.ops() {
            for change in diff.iter_changes(op) {
                push(&diff, op, &change, room, &mut lines);
            }
        }
    }
    cut(lines, room.lines, " (`--detail full` shows all)")
}

/// How many lines are new and how many are gone; `None` where the texts are too long to be compared.
pub(super) fn count(before: &str, after: &str) -> Option<(usize, usize)> {
    if is_too_long(before, after) {
        return None;
    }
    let (before, after) = ended(before, after);
    let diff = TextDiff::from_lines(&*before, &*after);
    let changed = |tag| {
        let changes = diff.iter_all_changes();
        changes.filter(|change| change.tag() == tag).count()
    };
    Some((changed(ChangeTag::Insert), changed(ChangeTag::Delete)))
}

/// The first lines of a text that is new.
pub(super) fn first_lines(text: &str, room: Room) -> Vec<Line> {
    let lines = text
        .lines()
        .map(|line| Line::new(Kind::New, &window(line, 0, room.chars)));
    cut(lines.collect(), room.first_lines, "")
}

fn is_too_long(before: &str, after: &str) -> bool {
    before.lines().count() + after.lines().count() > MOST_COMPARED
}

/// Both texts with a line feed at the end, unless that is what they differ in.
fn ended<'a>(before: &'a str, after: &'a str) -> (Cow<'a, str>, Cow<'a, str>) {
    let is_ended = |text: &str| text.is_empty() || text.ends_with('\n');
    let differ = is_ended(before) != is_ended(after) && !before.is_empty() && !after.is_empty();
    let end = |text: &'a str| match text {
        _ if differ || is_ended(text) => Cow::Borrowed(text),
        _ => Cow::Owned(format!("{text}\n")),
    };
    (end(before), end(after))
}

/// Adds the line of `change`, which is one of `op`.
fn push(
    diff: &TextDiff<'_, '_, str>,
    op: &DiffOp,
    change: &Change<&str>,
    room: Room,
    lines: &mut Vec<Line>,
) {
    let kind = match change.tag() {
        ChangeTag::Delete => Kind::Gone,
        ChangeTag::Insert => Kind::New,
        ChangeTag::Equal => Kind::Same,
    };
    // A carriage return stays: a text that differs in nothing else must not look the same.
    let text = change.value().trim_end_matches('\n');
    let other = match kind {
        Kind::Gone => change
            .old_index()
            .and_then(|index| op.new_range().nth(index - op.old_range().start))
            .and_then(|index| diff.new_slice(index)),
        Kind::New => change
            .new_index()
            .and_then(|index| op.old_range().nth(index - op.new_range().start))
            .and_then(|index| diff.old_slice(index)),
        _ => None,
    };
    let same = other.map_or(0, |other| {
        let pairs = text.chars().zip(other.chars());
        pairs.take_while(|(one, other)| one == other).count()
    });
    lines.push(Line::new(kind, &window(text, same, room.chars)));
    if change.missing_newline() {
        lines.push(Line::new(Kind::Remark, "\\ no line feed at the end"));
    }
}

/// `chars` characters of `line`, so that the one at `at` is seen; what is left out is marked.
fn window(line: &str, at: usize, chars: usize) -> String {
    let all = line.chars().count();
    if all <= chars {
        return line.to_owned();
    }
    let kept = chars.saturating_sub(2);
    let start = at.saturating_sub(kept / 3).min(all - kept);
    let part: String = line.chars().skip(start).take(kept).collect();
    let mark = |is_cut: bool| if is_cut { "…" } else { "" };
    format!("{}{part}{}", mark(start > 0), mark(start + kept < all))
}

/// The first `most` of `lines`, how many more there are, and where they are seen.
fn cut(mut lines: Vec<Line>, most: usize, seen: &str) -> Vec<Line> {
    let more = lines.len().saturating_sub(most);
    // A remark takes a line itself.
    if more > 1 {
        lines.truncate(most);
        let remark = format!("⋮ {more} more lines{seen}");
        lines.push(Line::new(Kind::Remark, &remark));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(before: &str, after: &str, room: Room) -> Vec<String> {
        let lines = line_diff(before, after, room);
        lines.into_iter().map(|line| line.text).collect()
    }

    fn numbered(count: usize) -> String {
        let lines = (1..=count).map(|number| number.to_string() + "\n");
        lines.collect()
    }

    #[test]
    fn three_lines_stand_around_a_difference_and_each_hunk_has_its_place() {
        let before = numbered(30);
        let after = before.replace("\n5\n", "\nfive\n").replace("\n25\n", "\n");
        assert_eq!(
            shown(&before, &after, Room::AMPLE),
            [
                "@@ -2,7 +2,7 @@",
                "  2",
                "  3",
                "  4",
                "- 5",
                "+ five",
                "  6",
                "  7",
                "  8",
                "@@ -22,7 +22,6 @@",
                "  22",
                "  23",
                "  24",
                "- 25",
                "  26",
                "  27",
                "  28",
            ]
        );
        assert_eq!(count(&before, &after), Some((1, 2)));
    }

    #[test]
    fn what_is_shown_whole_needs_no_place() {
        assert_eq!(
            shown("a\nb\n", "a\nc\n", Room::AMPLE),
            ["  a", "- b", "+ c"]
        );
        assert_eq!(shown("a", "a\nb", Room::AMPLE), ["  a", "+ b"]);
        assert_eq!(shown("", "a", Room::AMPLE), ["+ a"]);
    }

    #[test]
    fn what_cannot_be_seen_is_told() {
        assert_eq!(
            shown("a\n", "a", Room::AMPLE),
            ["- a", "+ a", "\\ no line feed at the end"]
        );
        assert_eq!(shown("a\r\n", "a\n", Room::AMPLE), ["- a\u{fffd}", "+ a"]);
        assert_eq!(shown("a \t\n", "a\n\n", Room::AMPLE), ["- a··", "+ a", "+"]);
    }

    #[test]
    fn t_06_no_line_drives_a_terminal() {
        for line in shown("a\u{1b}[2J\n", "a\rb\u{202e}\n", Room::AMPLE) {
            assert!(!line.contains(['\u{1b}', '\r', '\u{202e}']), "{line:?}");
        }
    }

    #[test]
    fn of_a_long_line_the_part_that_differs_is_shown() {
        let room = Room {
            chars: 20,
            ..Room::AMPLE
        };
        let before = "x".repeat(500) + "old" + &"y".repeat(500);
        let after = before.replace("old", "new");
        assert_eq!(
            shown(&before, &after, room),
            ["- …xxxxxxoldyyyyyyyyy…", "+ …xxxxxxnewyyyyyyyyy…"]
        );
        assert_eq!(window("0123456789", 0, 5), "012…");
        assert_eq!(window("0123456789", 9, 5), "…789");
        assert_eq!(window("0123456789", 0, 10), "0123456789");
    }

    #[test]
    fn where_there_is_no_room_the_rest_is_counted() {
        let room = Room {
            lines: 4,
            first_lines: 2,
            ..Room::AMPLE
        };
        assert_eq!(
            shown("", &numbered(9), room),
            [
                "+ 1",
                "+ 2",
                "+ 3",
                "+ 4",
                "⋮ 5 more lines (`--detail full` shows all)"
            ]
        );
        let first = first_lines(&numbered(9), room);
        assert_eq!(first.last().map(|line| &*line.text), Some("⋮ 7 more lines"));
        assert_eq!(first_lines(&numbered(3), room).len(), 3);
    }

    #[test]
    fn texts_of_too_many_lines_are_counted_and_not_compared() {
        let long = numbered(MOST_COMPARED);
        assert_eq!(
            shown(&long, "a\n", Room::AMPLE),
            ["- 40000 lines", "+ 1 line", "⋮ too long to be compared"]
        );
        assert_eq!(count(&long, "a\n"), None);
    }
}
