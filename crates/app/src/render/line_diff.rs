//! The difference between two texts line by line, as people read it.

use similar::{ChangeTag, TextDiff};

use crate::render::{Screen, Tone, safe};

/// The most lines that are shown of one difference.
const MOST_LINES: usize = 40;

/// The lines that differ with two lines around them, indented.
pub(super) fn line_diff(screen: Screen, before: &str, after: &str, indent: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let mut lines = Vec::new();
    for (index, group) in diff.grouped_ops(2).iter().enumerate() {
        if index > 0 {
            lines.push(format!("{indent}{}", screen.paint(Tone::Faint, "⋮")));
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let line = safe::lines(change.value().trim_end_matches(['\n', '\r']));
            lines.push(match change.tag() {
                ChangeTag::Delete => format!(
                    "{indent}{}",
                    screen.paint(Tone::Delete, &format!("- {line}"))
                ),
                ChangeTag::Insert => format!(
                    "{indent}{}",
                    screen.paint(Tone::Create, &format!("+ {line}"))
                ),
                ChangeTag::Equal => format!(
                    "{indent}{}",
                    screen.paint(Tone::Faint, &format!("  {line}"))
                ),
            });
        }
    }
    let more = lines.len().saturating_sub(MOST_LINES);
    lines.truncate(MOST_LINES);
    if more > 0 {
        lines.push(format!(
            "{indent}{}",
            screen.paint(Tone::Faint, &format!("⋮ {more} more lines"))
        ));
    }
    lines.join("\n") + "\n"
}
