//! Every field of each change, for people.

use cxda_domain::diff::FieldDifference;
use cxda_domain::plan::Change;

use super::fields::{Beside, Field, changed, fields};
use super::{mark, tone, why};
use crate::render::line_diff::{Kind, Line, Room};
use crate::render::{Screen, Tone, safe};

/// The widest column of names before the values.
const MOST_NAME_CHARS: usize = 32;
/// What stands before, between and behind the name and the two values of a field.
const BETWEEN_CHARS: usize = 4 + 2 + 3;

/// Each of `changes` with its fields, an empty line between two.
pub(super) fn changes(screen: Screen, changes: &[Change], room: Room) -> String {
    let texts = changes.iter().map(|each| change(screen, each, room));
    texts.collect::<Vec<_>>().join("\n")
}

fn change(screen: Screen, change: &Change, room: Room) -> String {
    let address = safe::line(&change.address.to_string());
    let head = format!("{} {address}", mark(change.kind));
    let head = screen.paint(tone(change.kind), &head);
    let mut text = format!("{head}  {}\n", screen.paint(Tone::Faint, why(change)));
    text.push_str(&body(screen, &fields(change, room)));
    text
}

/// Two values of each field, one in the place of the other.
pub(in crate::render) fn differences(
    screen: Screen,
    differences: &[FieldDifference],
    room: Room,
) -> String {
    let fields: Vec<Field> = differences
        .iter()
        .map(|field| changed(field, room))
        .collect();
    body(screen, &fields)
}

fn body(screen: Screen, fields: &[Field]) -> String {
    let mut text = String::new();
    let names = fields.iter().map(|field| field.name.chars().count());
    let width = names.max().unwrap_or(0).min(MOST_NAME_CHARS);
    for field in fields {
        text.push_str(&field_text(screen, field, width));
    }
    text
}

/// A field's name in a column of `width`, its value beside it where there is room, and the lines below.
fn field_text(screen: Screen, field: &Field, width: usize) -> String {
    let name = &field.name;
    let (beside, own) = match &field.value {
        Beside::Nothing => (String::new(), Vec::new()),
        Beside::New(text) => (screen.paint(Tone::Create, text), Vec::new()),
        Beside::Replaced { before, after } => {
            let names = width.max(name.chars().count());
            let both = before.chars().count() + after.chars().count();
            if names + both + BETWEEN_CHARS <= screen.columns() {
                let before = screen.paint(Tone::Delete, before);
                let after = screen.paint(Tone::Create, after);
                (format!("{before} → {after}"), Vec::new())
            } else {
                let lines = [(Kind::Gone, before), (Kind::New, after)];
                let lines = lines.map(|(kind, value)| Line::new(kind, value));
                (String::new(), Vec::from(lines))
            }
        }
    };
    let mut text = format!("    {name:<width$}  {beside}")
        .trim_end()
        .to_owned()
        + "\n";
    for line in own.iter().chain(&field.below) {
        let line = screen.paint(line.tone(), &line.text);
        text.push_str(&format!("      {line}\n"));
    }
    text
}
