//! The fields of one change, as people read them.
//!
//! What a field holds comes from manifests and tenants, so every text passes the sanitizer here.

use cxda_domain::diff::FieldDifference;
use cxda_domain::plan::ChangeKind;
use serde_json::Value;

use crate::render::line_diff::line_diff;
use crate::render::{Screen, Tone, counted, safe};

/// The most characters that are shown of one value.
const VALUE_CHARS: usize = 60;
/// Fields that have one value only, which nobody needs to read of something new.
const FIXED: [&str; 3] = ["type", "trigger.type", "script.language"];

/// One line of a change: the field's name, its value painted, and what stands below it.
pub(super) struct FieldLine {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) below: String,
}

impl FieldLine {
    fn new(path: &str, value: String) -> Self {
        Self {
            name: safe::line(path),
            value,
            below: String::new(),
        }
    }
}

/// Adds the lines of `field` to those of its change.
pub(super) fn field_lines(
    screen: Screen,
    kind: ChangeKind,
    field: &FieldDifference,
    lines: &mut Vec<FieldLine>,
) {
    if kind == ChangeKind::Create {
        created(screen, &field.path, &field.after, lines);
        return;
    }
    if let Some((before, after)) = by_line(field) {
        let below = line_diff(screen, &before, &after, "      ");
        lines.push(FieldLine {
            below,
            ..FieldLine::new(&field.path, String::new())
        });
        return;
    }
    let before = screen.paint(Tone::Delete, &value(&field.before));
    let after = screen.paint(Tone::Create, &value(&field.after));
    lines.push(FieldLine::new(&field.path, format!("{before} → {after}")));
}

/// Both sides as texts to be compared line by line: scripts, lists item by item, and whatever is too long for one line.
fn by_line(field: &FieldDifference) -> Option<(String, String)> {
    match (&field.before, &field.after) {
        (Value::String(before), Value::String(after)) => {
            let long = |text: &str| text.contains('\n') || text.chars().count() > VALUE_CHARS;
            (long(before) || long(after)).then(|| (before.clone(), after.clone()))
        }
        (Value::Array(before), Value::Array(after)) => Some((items(before), items(after))),
        _ => None,
    }
}

/// A line for each item of a list.
fn items(list: &[Value]) -> String {
    list.iter().map(|each| item(each) + "\n").collect()
}

fn item(item: &Value) -> String {
    if item.get("name").is_some() {
        column(item)
    } else {
        plain(item)
    }
}

/// A field of something new: its members one below the other.
fn created(screen: Screen, path: &str, after: &Value, lines: &mut Vec<FieldLine>) {
    let mut line = |text: &str| {
        let value = screen.paint(Tone::Create, &safe::cut(text, VALUE_CHARS));
        lines.push(FieldLine::new(path, value));
    };
    match after {
        _ if FIXED.contains(&path) => {}
        Value::Object(members) if path == "source" => {
            let source: Vec<String> = members
                .iter()
                .map(|(kind, name)| format!("{kind} {}", plain(name)))
                .collect();
            line(&source.join(", "));
        }
        Value::Object(members) if members.contains_key("encrypted") => line(&variable(after)),
        Value::Object(members) => {
            for (key, member) in members {
                created(screen, &format!("{path}.{key}"), member, lines);
            }
        }
        Value::String(text) if path == "script.content" => {
            line(&format!(
                "{}, {} bytes",
                counted(text.lines().count(), "line"),
                text.len()
            ));
        }
        Value::Array(items) if items.is_empty() => {}
        Value::Array(list) if path == "columns" => {
            let below = list.iter().map(|each| {
                let text = screen.paint(Tone::Create, &safe::line(&item(each)));
                format!("      {text}\n")
            });
            let below = below.collect();
            lines.push(FieldLine {
                below,
                ..FieldLine::new(path, String::new())
            });
        }
        Value::Array(items) if items.iter().all(Value::is_string) => {
            let names: Vec<String> = items.iter().map(plain).collect();
            line(&names.join(", "));
        }
        _ => line(&plain(after)),
    }
}

/// A value without quotes, for where nothing stands beside it.
fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned)
}

fn variable(variable: &Value) -> String {
    let text = |key: &str| variable.get(key).and_then(Value::as_str);
    let kind = text("type").unwrap_or("string");
    match (
        variable.get("encrypted").and_then(Value::as_bool),
        text("value"),
    ) {
        (Some(true), _) => format!("{kind}, encrypted"),
        (_, Some(value)) => format!("{kind} {value}"),
        _ => kind.to_owned(),
    }
}

fn column(column: &Value) -> String {
    let text = |key: &str| column.get(key).and_then(Value::as_str);
    let name = text("name").unwrap_or_default();
    let call = text("aggregation")
        .map_or_else(|| name.to_owned(), |function| format!("{function}({name})"));
    text("alias").map_or_else(|| call.clone(), |alias| format!("{call} as {alias}"))
}

fn value(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) if text.starts_with("(hidden") => text.clone(),
        Value::String(text) => safe::cut(&format!("{text:?}"), VALUE_CHARS),
        Value::Object(members) if members.contains_key("type") => {
            safe::cut(&variable(value), VALUE_CHARS)
        }
        other => safe::cut(&other.to_string(), VALUE_CHARS),
    }
}
