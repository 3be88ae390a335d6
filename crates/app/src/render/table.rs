//! Plain tables for people: a faint heading, columns as wide as what stands in them.

use crate::render::{Screen, Tone, safe};

/// `rows` below `heading`, each on its line; no cell drives the terminal.
pub(crate) fn table<const N: usize>(
    screen: Screen,
    heading: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let heading = heading.map(ToOwned::to_owned);
    let rows: Vec<[String; N]> = rows
        .into_iter()
        .map(|row| row.map(|cell| safe::line(&cell)))
        .collect();
    let mut widths = [0; N];
    for row in std::iter::once(&heading).chain(&rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths);
        let padded: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    let mut text = screen.paint(Tone::Faint, &line(&heading)) + "\n";
    for row in &rows {
        text.push_str(&line(row));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_stands_in_them() {
        let rows = [
            ["a".to_owned(), "long\u{1b}[2J".to_owned()],
            ["äöü".to_owned(), String::new()],
        ];
        let text = table(Screen::PLAIN, ["N", "VALUE"], rows);
        assert_eq!(text, "N    VALUE\na    long\u{fffd}[2J\näöü\n");
    }
}
