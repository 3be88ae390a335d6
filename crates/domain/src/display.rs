//! Which characters may reach a person's terminal.
//!
//! It replaces and cuts nothing; whoever shows text decides what stands in the place of the rest.

/// Whether `c` shows itself and nothing else: it is neither a control character, nor does it reorder, hide or lack width.
///
/// Spaces other than the plain one that move to another line (U+2028, U+2029) are not plain; tab and line feed are controls.
pub fn is_plain(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t_06_what_drives_a_terminal_or_hides_is_not_plain() {
        for c in "\u{1b}\u{9b}\u{7f}\r\n\t\u{202e}\u{200b}\u{feff}\u{2028}".chars() {
            assert!(!is_plain(c), "case: {c:?}");
        }
        for c in "aé漢 ~€🙂".chars() {
            assert!(is_plain(c), "case: {c:?}");
        }
    }
}
