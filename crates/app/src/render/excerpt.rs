//! The lines that a finding is about, as wide as a terminal takes them, with their places marked.

use cxda_domain::rule::Severity;
use cxda_domain::violation::{Excerpt, Position, Violation};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::render::{Screen, Tone, safe};

/// A marked line, ready to be drawn.
struct Shown<'a> {
    position: &'a Position,
    excerpt: &'a Excerpt,
    mark: &'static str,
    tone: Tone,
    label: &'a str,
}

/// The line of `violation` and those of its other places, by line; those in other files last.
pub(super) fn excerpts(screen: Screen, violation: &Violation) -> String {
    let tone = match violation.severity() {
        Severity::Error => Tone::Error,
        Severity::Warning => Tone::Warning,
    };
    let own = violation.position.as_ref().zip(violation.excerpt.as_ref());
    let own = own.map(|(position, excerpt)| Shown {
        position,
        excerpt,
        mark: "^",
        tone,
        label: "",
    });
    let others = violation.also.iter().filter_map(|place| {
        Some(Shown {
            position: &place.position,
            excerpt: place.excerpt.as_ref()?,
            mark: "-",
            tone: Tone::Strong,
            label: &place.what,
        })
    });
    let mut shown: Vec<Shown<'_>> = own.into_iter().chain(others).collect();
    let mut file = violation.position.as_ref().map(|position| &position.file);
    shown.sort_by(|left, right| {
        let [left, right] = [left.position, right.position]
            .map(|at| (file != Some(&at.file), &at.file, at.mark.line));
        left.cmp(&right)
    });
    let digits = |it: &Shown<'_>| it.position.mark.line.to_string().len();
    let digits = shown.iter().map(digits).max().unwrap_or_default().max(3);
    let mut text = String::new();
    let mut last = None;
    for it in &shown {
        if file != Some(&it.position.file) {
            let arrow = screen.paint(Tone::Faint, ":::");
            let place = safe::line(&it.position.to_string());
            text.push_str(&format!("  {arrow} {place}\n"));
            (file, last) = (Some(&it.position.file), None);
        }
        let (line, marks) = drawn(screen, it, digits);
        let line = Some((it.position.mark.line.to_string(), line));
        // Two places of one line are marked below it, each in a line of its own.
        if let Some((number, line)) = line.as_ref().filter(|_| line != last) {
            text.push_str(&behind_bar(screen, number, digits, line));
        }
        text.push_str(&behind_bar(screen, "", digits, &marks));
        last = line;
    }
    text
}

fn behind_bar(screen: Screen, number: &str, digits: usize, text: &str) -> String {
    let bar = screen.paint(Tone::Faint, &format!("{number:>digits$} |"));
    format!("{bar} {text}").trim_end().to_owned() + "\n"
}

/// The line and the marks below it, neither wider than what the screen has behind the bar.
fn drawn(screen: Screen, it: &Shown<'_>, digits: usize) -> (String, String) {
    let room = screen
        .width
        .unwrap_or(safe::WIDTH)
        .saturating_sub(digits + 3)
        .max(8);
    // A tab takes one column here, so that the marks stand below their place.
    let [before, marked, after] = [&it.excerpt.before, &it.excerpt.marked, &it.excerpt.after]
        .map(|part| safe::line(&part.replace('\t', " ")));
    let marked = cut_end(&marked, room * 2 / 3);
    let rest = room - marked.width().max(1);
    // What stands before a place tells more than what follows.
    let behind = after
        .width()
        .min(rest.saturating_sub(before.width()).max(rest / 4));
    let before = cut_start(&before, rest - behind);
    let after = cut_end(&after, behind);
    let marks = it.mark.repeat(marked.width().max(1));
    let marks = match it.label {
        "" => marks,
        label => format!("{marks} {}", safe::line(label)),
    };
    let indent = before.width();
    let marks = format!("{:indent$}{}", "", screen.paint(it.tone, &marks));
    (format!("{before}{marked}{after}"), marks)
}

/// The beginning of `text`, at most `columns` wide.
fn cut_end(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    fitting(text.chars(), columns)
        .into_iter()
        .chain(['…'])
        .collect()
}

/// The end of `text`, at most `columns` wide.
fn cut_start(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let kept = fitting(text.chars().rev(), columns);
    ['…'].into_iter().chain(kept.into_iter().rev()).collect()
}

/// The first of `chars` that leave one of `columns` free.
fn fitting(chars: impl Iterator<Item = char>, columns: usize) -> Vec<char> {
    let mut free = columns.saturating_sub(1);
    let fits = |c: &char| match free.checked_sub(c.width().unwrap_or_default()) {
        Some(left) => {
            free = left;
            true
        }
        None => false,
    };
    chars.take_while(fits).collect()
}
