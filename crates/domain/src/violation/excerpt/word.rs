//! Where the word that begins at a place of a line ends: a key, a number, text in quotes or without, a list, a map.
//!
//! What goes over several lines ends with its first, or is its first character alone.

/// How many bytes the word at the front of `rest`, a piece of JavaScript, has; 0 at the end of a line.
pub(super) fn in_script(rest: &str) -> usize {
    let named = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
    match rest.chars().next() {
        None => 0,
        Some(first) if named(first) => rest.find(|c| !named(c)).unwrap_or(rest.len()),
        Some(first) => first.len_utf8(),
    }
}

/// How many bytes the word at the front of `rest` has, behind `before` in a line of the manifest `file`; 0 at the end of a line.
pub(super) fn in_manifest(file: &str, before: &str, rest: &str) -> usize {
    match rest.chars().next() {
        None => 0,
        Some(quote @ ('"' | '\'')) => quoted(rest, quote).unwrap_or(rest.len()),
        Some('{' | '[') => bracketed(rest).unwrap_or(1),
        Some('-') if rest.starts_with("- ") => 1,
        Some(first) => {
            let is_yaml = !matches!(file.rsplit('.').next(), Some("json" | "toml"));
            plain(before, rest, is_yaml).max(first.len_utf8())
        }
    }
}

/// Where the key begins that stands at the end of `before`, or at its very end where none does.
pub(super) fn key_before(before: &str) -> usize {
    let of_key = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '"' | '\'');
    let behind = before.trim_end();
    let Some(key) = behind.strip_suffix([':', '=']).map(str::trim_end) else {
        return before.len();
    };
    key.trim_end_matches(of_key).len()
}

/// The bytes up to the end of the text in `quote`s; two single quotes are one, and a backslash hides what follows.
fn quoted(rest: &str, quote: char) -> Option<usize> {
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        let doubled = || chars.clone().next().is_some_and(|(_, next)| next == quote);
        if c == '\\' && quote != '\'' || c == quote && quote == '\'' && doubled() {
            chars.next();
        } else if c == quote {
            return Some(at + 1);
        }
    }
    None
}

/// The bytes up to the bracket that closes the first one.
fn bracketed(rest: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(c) = rest[at..].chars().next() {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.checked_sub(1)?,
            '"' | '\'' => at += quoted(&rest[at..], c)? - 1,
            _ => {}
        }
        at += c.len_utf8();
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// The bytes of text without quotes; in YAML it may hold blanks, and outside of brackets anything but what ends a key.
fn plain(before: &str, rest: &str, is_yaml: bool) -> usize {
    let opened = before.matches(['{', '[']).count() > before.matches(['}', ']']).count();
    let ends = |(at, c): &(usize, char)| {
        let next = rest[at + c.len_utf8()..].chars().next();
        match c {
            ' ' | '\t' if is_yaml => next == Some('#'),
            ' ' | '\t' => true,
            ':' => next.is_none_or(char::is_whitespace),
            '=' => !is_yaml,
            ',' | ']' | '}' => opened || !is_yaml,
            _ => false,
        }
    };
    let end = rest
        .char_indices()
        .find(ends)
        .map_or(rest.len(), |(at, _)| at);
    rest[..end].trim_end().len()
}
