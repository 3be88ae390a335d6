//! Text that is not written as it is: in quotes, with escapes, or folded over lines.

/// How a text is written from its first character on.
#[derive(Clone, Copy, Debug)]
enum Style {
    /// `"…"` of JSON and TOML, and of YAML, where lines fold.
    Double,
    /// `'…'` of YAML and TOML; two quotes are one.
    Single,
    /// `"""…"""` of TOML.
    LongDouble,
    /// `'''…'''` of TOML.
    LongSingle,
    /// Without quotes: plain over several lines, or a folded block.
    Folded,
}

impl Style {
    fn quotes(self) -> &'static str {
        match self {
            Self::Double => "\"",
            Self::Single => "'",
            Self::LongDouble => "\"\"\"",
            Self::LongSingle => "'''",
            Self::Folded => "",
        }
    }

    fn is_long(self) -> bool {
        matches!(self, Self::LongDouble | Self::LongSingle)
    }
}

/// Where the byte at `offset` of `value` stands in `source`, which begins with the value in quotes.
pub(super) fn offset_in(source: &str, value: &str, offset: usize) -> Option<usize> {
    let styles = [
        Style::LongDouble,
        Style::LongSingle,
        Style::Double,
        Style::Single,
    ];
    let quoted = |style: &Style| source.starts_with(style.quotes());
    styles
        .into_iter()
        .filter(quoted)
        .find_map(|style| read(source, value, offset, style))
}

/// Where the byte at `offset` of `value` stands in `source`, which begins with the value, its lines folded.
pub(super) fn offset_in_folded(source: &str, value: &str, offset: usize) -> Option<usize> {
    read(source, value, offset, Style::Folded)
}

/// Reads `source` step by step as long as it gives `value`.
fn read(source: &str, value: &str, offset: usize, style: Style) -> Option<usize> {
    let mut from = style.quotes().len();
    if style.is_long() {
        // TOML leaves out a line break right behind the quotes.
        from += line_break(source.get(from..)?);
    }
    let (mut to, mut found) = (0, None);
    loop {
        let (written, meant) = (source.get(from..)?, value.get(to..)?);
        if to >= offset {
            found = found.or(Some(from));
        }
        if meant.is_empty() && written.starts_with(style.quotes()) {
            return found;
        }
        let (passed, given) = step(written, meant, style)?;
        from += passed;
        to += given;
    }
}

/// How many bytes of `written` come next, and how many of `meant` they give.
fn step(written: &str, meant: &str, style: Style) -> Option<(usize, usize)> {
    let escapes = matches!(style, Style::Double | Style::LongDouble);
    if escapes && let Some(escape) = written.strip_prefix('\\') {
        return escaped(escape, meant).map(|(passed, given)| (1 + passed, given));
    }
    if matches!(style, Style::Single) && written.starts_with('\'') {
        return (written.starts_with("''") && meant.starts_with('\'')).then_some((2, 1));
    }
    if matches!(style, Style::Double) && written.starts_with('"') {
        return None;
    }
    if style.is_long() {
        let passed = line_break(written);
        if passed > 0 {
            let given = line_break(meant);
            return (given > 0).then_some((passed, given));
        }
    } else if let Some(folded) = fold(written, meant) {
        return Some(folded);
    }
    let next = written.chars().next()?;
    meant
        .starts_with(next)
        .then_some((next.len_utf8(), next.len_utf8()))
}

/// Line breaks with the blanks around them, and the blank or the line breaks that they stand for.
fn fold(written: &str, meant: &str) -> Option<(usize, usize)> {
    let blank = |c: char| matches!(c, ' ' | '\t');
    let mut rest = written.trim_start_matches(blank);
    let mut breaks = 0;
    while line_break(rest) > 0 {
        rest = rest[line_break(rest)..].trim_start_matches(blank);
        breaks += 1;
    }
    let passed = written.len() - rest.len();
    let kept = meant.len() - meant.trim_start_matches('\n').len();
    match breaks {
        0 => None,
        1 if meant.starts_with(' ') => Some((passed, 1)),
        // Lines that are indented further keep their breaks, and what they are indented by.
        _ if kept == breaks => {
            let further = meant[kept..].len() - meant[kept..].trim_start_matches(' ').len();
            Some((passed.checked_sub(further)?, kept))
        }
        _ => (kept + 1 == breaks).then_some((passed, kept)),
    }
}

/// The bytes of `escape`, which stands behind a backslash, and how many of `meant` it gives.
fn escaped(escape: &str, meant: &str) -> Option<(usize, usize)> {
    let passed = line_break(escape);
    if passed > 0 {
        let rest = escape[passed..].trim_start_matches([' ', '\t']);
        return Some((escape.len() - rest.len(), 0));
    }
    let letter = escape.chars().next()?;
    let (passed, given) = match letter {
        'x' => (3, code(escape.get(1..3)?)?),
        'U' => (9, code(escape.get(1..9)?)?),
        'u' => unit(escape)?,
        _ => (letter.len_utf8(), named(letter)?),
    };
    meant
        .starts_with(given)
        .then_some((passed, given.len_utf8()))
}

/// `uXXXX`, or two of them that are one character.
fn unit(escape: &str) -> Option<(usize, char)> {
    let first = u32::from_str_radix(escape.get(1..5)?, 16).ok()?;
    if let Some(whole) = char::from_u32(first) {
        return Some((5, whole));
    }
    let second = escape.get(5..)?.strip_prefix("\\u")?.get(..4)?;
    let second = u32::from_str_radix(second, 16).ok()?;
    let high = first.checked_sub(0xd800)? << 10;
    let pair = 0x1_0000 + high + second.checked_sub(0xdc00)?;
    char::from_u32(pair).map(|whole| (11, whole))
}

fn code(digits: &str) -> Option<char> {
    u32::from_str_radix(digits, 16)
        .ok()
        .and_then(char::from_u32)
}

/// What a letter behind a backslash stands for; YAML, JSON and TOML agree where they have the same.
fn named(letter: char) -> Option<char> {
    Some(match letter {
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        ' ' | '"' | '/' | '\\' => letter,
        _ => return None,
    })
}

/// How many bytes the line break has at the front of `text`; 0 without one.
fn line_break(text: &str) -> usize {
    match text.as_bytes() {
        [b'\n', ..] => 1,
        [b'\r', b'\n', ..] => 2,
        _ => 0,
    }
}
