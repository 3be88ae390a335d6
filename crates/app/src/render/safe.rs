//! The one sanitizer of everything that people read: text from tenants and files must not drive the terminal.
//!
//! JSON output does not pass through here; its own escaping is lossless.

use cxda_domain::display::is_plain;

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

/// `text` on one line, cut to `width` characters.
pub(crate) fn cut(text: &str, width: usize) -> String {
    let clean = line(&text.replace(['\n', '\r', '\t'], " "));
    if clean.chars().count() <= width {
        return clean;
    }
    let kept: String = clean.chars().take(width.saturating_sub(1)).collect();
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

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
