//! Changes in short: a line for each, or a line for each kind of them.

use std::collections::BTreeMap;

use cxda_domain::diff::{Cause, FieldDifference};
use cxda_domain::plan::{Change, ChangeKind};
use serde_json::Value;

use super::fields::size;
use super::{KINDS, mark, tone};
use crate::render::line_diff::count;
use crate::render::{Screen, Tone, counted, safe};

/// The widest column of addresses.
const MOST_ADDRESS_CHARS: usize = 60;
/// How much is shown beside an address, however little room there is.
const LEAST_CHARS: usize = 24;

/// A line for each of `changes`.
pub(super) fn lines(screen: Screen, changes: &[Change]) -> String {
    let rows: Vec<_> = changes.iter().map(|change| (change, row(change))).collect();
    let width = |cell: usize| {
        let cells = rows.iter().map(|(_, row)| row[cell].chars().count());
        cells.max().unwrap_or(0)
    };
    let (first, second) = (width(0).min(MOST_ADDRESS_CHARS), width(1));
    let line = |(change, [address, why, what]): &(&Change, [String; 3])| {
        let address = format!("{} {address:<first$}", mark(change.kind));
        let rest = format!("{why:<second$}  {what}");
        let room = screen.columns().saturating_sub(address.chars().count() + 2);
        let rest = safe::cut(rest.trim_end(), room.max(LEAST_CHARS));
        let address = screen.paint(tone(change.kind), &address);
        let rest = screen.paint(Tone::Faint, &rest);
        format!("{address}  {rest}").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// A line for each kind of change that occurs.
pub(super) fn kinds(screen: Screen, changes: &[Change]) -> String {
    let line = |kind: ChangeKind| {
        let these = || changes.iter().filter(|change| change.kind == kind);
        let things = tally(these().map(|change| change.address.kind));
        let things = things.map(|(thing, count)| counted(count, thing.as_str()));
        let things = things.collect::<Vec<_>>().join(", ");
        if things.is_empty() {
            return String::new();
        }
        let head = format!("{} {:<6}  {things}", mark(kind), kind.as_str());
        let head = screen.paint(tone(kind), &head);
        if kind != ChangeKind::Update {
            return head + "\n";
        }
        let causes = tally(these().map(|change| change.cause));
        let causes = causes.map(|(cause, count)| format!("{count} {}", cause.as_str()));
        let causes = causes.collect::<Vec<_>>().join(", ");
        format!("{head}  {}\n", screen.paint(Tone::Faint, &causes))
    };
    KINDS.map(line).concat()
}

/// How often each of `items` occurs.
fn tally<T: Ord>(items: impl Iterator<Item = T>) -> impl Iterator<Item = (T, usize)> {
    let mut counts = BTreeMap::new();
    for item in items {
        *counts.entry(item).or_default() += 1;
    }
    counts.into_iter()
}

/// The cells of a change: its address, why it is there, and what it touches.
pub(super) fn row(change: &Change) -> [String; 3] {
    let why = match (change.kind, change.cause) {
        (ChangeKind::Create, Cause::Pending | Cause::Conflict) => "new",
        (ChangeKind::Delete, _) if change.named => "named",
        (ChangeKind::Delete, _) => "left over",
        _ if change.adopts => "adopted",
        (_, cause) => cause.as_str(),
    };
    let address = safe::line(&change.address.to_string());
    [address, why.to_owned(), safe::line(&touched(change))]
}

/// The blocks that change; of something new its script's size.
fn touched(change: &Change) -> String {
    if change.kind == ChangeKind::Create {
        let mut scripts = change.fields.iter().filter(|field| field.path == "script");
        let script = scripts.find_map(|field| field.after["content"].as_str());
        return script.map_or_else(String::new, |script| format!("script of {}", size(script)));
    }
    let mut blocks: BTreeMap<&str, Vec<&FieldDifference>> = BTreeMap::new();
    for field in &change.fields {
        let block = field.path.split('.').next().unwrap_or_default();
        blocks.entry(block).or_default().push(field);
    }
    let parts: Vec<String> = blocks
        .iter()
        .map(|(name, fields)| block(name, fields))
        .collect();
    parts.join(", ")
}

fn block(name: &str, fields: &[&FieldDifference]) -> String {
    match fields {
        [field] => match (&field.before, &field.after) {
            (Value::String(before), Value::String(after)) if field.path == "script.content" => {
                let lines = count(before, after);
                lines.map_or_else(
                    || name.to_owned(),
                    |(new, gone)| format!("{name} +{new} -{gone}"),
                )
            }
            _ => field.path.clone(),
        },
        more => format!("{name} ({} fields)", more.len()),
    }
}
