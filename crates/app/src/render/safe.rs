//! The one sanitizer of everything that people read: text from tenants and files must not drive the terminal.
//!
//! In JSON nothing is lost: what could drive a terminal is escaped there.

use cxda_domain::display::is_plain;
use unicode_width::UnicodeWidthStr;

/// `text` on one line: whatever could move the cursor, hide or reorder text becomes visible.
pub(crate) fn line(text: &str) -> String {
    text.chars()
        .map(|c| if is_plain(c) { c } else { '\u{fffd}' })
        .collect()
}

/// `text` with its line feeds and tabs, and everything else as in [`line`].
pub(crate) fn lines(text: &str) -> String {
    let keep = |c: char| is_plain(c) || c == '\n' || c == '\t';
    text.chars()
        .map(|c| if keep(c) { c } else { '\u{fffd}' })
        .collect()
}

/// `json` with everything escaped that could move the cursor, hide or reorder text; it says the same as before.
pub(crate) fn json(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        // What JSON itself forbids in a text stands between values here, and is white space.
        if is_plain(c) || c.is_ascii_control() && c != '\u{7f}' {
            safe.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    safe
}

/// `text` as XML takes it between tags and in quotes; what XML has no way to say becomes visible.
pub(crate) fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in lines(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// `text` on one line, cut to `width` characters.
pub(crate) fn cut(text: &str, width: usize) -> String {
    let clean = line(&text.replace(['\n', '\r', '\t'], " "));
    if clean.chars().count() <= width {
        return clean;
    }
    let kept: String = clean.chars().take(width.saturating_sub(1)).collect();
    kept + "…"
}

/// How wide text is, at most, where nobody says how wide the terminal is.
pub(crate) const WIDTH: usize = 80;

/// `text` in lines that end before [`WIDTH`], those after the first indented by `indent`.
pub(crate) fn wrapped(text: &str, indent: usize) -> String {
    wrapped_to(text, indent, WIDTH)
}

/// `text` in lines at most `width` wide, unless a single word is wider, those after the first indented by `indent`.
pub(crate) fn wrapped_to(text: &str, indent: usize, width: usize) -> String {
    let mut lines = String::new();
    let mut column = indent;
    for (number, word) in line(&text.replace(['\n', '\t'], " "))
        .split(' ')
        .enumerate()
    {
        let needed = word.width();
        if number > 0 && column + 1 + needed > width {
            lines.push_str(&format!("\n{:indent$}", ""));
            column = indent;
        } else if number > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += needed;
    }
    lines + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t_06_json_says_the_same_and_drives_no_terminal() {
        let said = "a\u{9b}\u{7f}\u{202e}\u{200b}\u{e0041}\u{1b}\né漢🙂";
        let text = serde_json::to_string_pretty(&[said]).unwrap();
        let safe = json(&text);
        let lines = safe.chars().filter(|c| *c != '\n');
        assert!(lines.into_iter().all(is_plain), "{safe:?}");
        assert!(safe.contains("é漢🙂"));
        let again: Vec<String> = serde_json::from_str(&safe).unwrap();
        assert_eq!(again, [said]);
    }

    #[test]
    fn t_06_nothing_that_drives_a_terminal_comes_through() {
        for text in [
            "\u{1b}[31mred",
            "\u{1b}]8;;http://x\u{7}link\u{1b}]8;;\u{7}",
            "\u{9b}31m",
            "a\rb",
            "a\u{7f}",
            "\u{202e}txet",
            "a\u{200b}b",
        ] {
            let clean = lines(text);
            let harmful = |c: char| {
                c.is_control() && c != '\n' && c != '\t' || ('\u{200b}'..='\u{202e}').contains(&c)
            };
            assert!(!clean.chars().any(harmful), "case: {text:?}");
        }
        assert_eq!(lines("a\n\tb é 日本"), "a\n\tb é 日本");
        assert_eq!(line("a\nb"), "a\u{fffd}b");
    }

    #[test]
    fn long_values_are_cut_with_a_mark() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
        assert_eq!(cut("a\nb", 9), "a b");
    }
}
