//! The fields of one change, in words.
//!
//! What a field holds comes from manifests and tenants, so every text passes the sanitizer here. Nothing is painted.

use cxda_domain::diff::FieldDifference;
use cxda_domain::plan::{Change, ChangeKind};
use serde_json::Value;

use crate::render::line_diff::{Kind, Line, Room, first_lines, line_diff};
use crate::render::{counted, safe};

/// From so many characters on a value stands on a line of its own.
const LONG_CHARS: usize = 60;
/// Fields that have one value only, which nobody needs to read of something new.
const FIXED: [&str; 3] = ["type", "trigger.type", "script.language"];

/// One field: its name, its value, and the lines below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) value: Beside,
    pub(super) below: Vec<Line>,
}

/// What stands beside the name of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Beside {
    /// Nothing: all of it stands below.
    Nothing,
    /// What something new has.
    New(String),
    /// One value in the place of another.
    Replaced { before: String, after: String },
}

impl Field {
    fn new(path: &str, value: Beside) -> Self {
        Self {
            name: safe::line(path),
            value,
            below: Vec::new(),
        }
    }

    fn below(path: &str, below: Vec<Line>) -> Self {
        Self {
            below,
            ..Self::new(path, Beside::Nothing)
        }
    }
}

/// Every field of `change`, as much of each as there is room for.
pub(super) fn fields(change: &Change, room: Room) -> Vec<Field> {
    let mut found = Vec::new();
    for field in &change.fields {
        if change.kind == ChangeKind::Create {
            created(&field.path, &field.after, room, &mut found);
        } else {
            found.push(changed(field, room));
        }
    }
    found
}

pub(super) fn changed(field: &FieldDifference, room: Room) -> Field {
    if let Some((before, after)) = by_line(field) {
        return Field::below(&field.path, line_diff(&before, &after, room));
    }
    let [before, after] = [&field.before, &field.after].map(|side| value(side, room));
    Field::new(&field.path, Beside::Replaced { before, after })
}

/// Both sides as texts to be compared line by line: scripts, lists item by item, and whatever is too long for one line.
fn by_line(field: &FieldDifference) -> Option<(String, String)> {
    match (&field.before, &field.after) {
        (Value::String(before), Value::String(after)) => {
            let long = |text: &str| text.contains('\n') || text.chars().count() > LONG_CHARS;
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
    } else if let Some(columns) = item.get("columns").and_then(Value::as_array) {
        let columns: Vec<String> = columns.iter().map(plain).collect();
        let kind = item.get("type").map(plain).unwrap_or_default();
        format!("{kind}({})", columns.join(", "))
    } else {
        plain(item)
    }
}

/// A field of something new: its members one below the other.
fn created(path: &str, after: &Value, room: Room, fields: &mut Vec<Field>) {
    let mut line = |text: &str| {
        let value = Beside::New(safe::cut(text, room.chars));
        fields.push(Field::new(path, value));
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
                created(&format!("{path}.{key}"), member, room, fields);
            }
        }
        Value::String(text) if path == "script.content" => {
            let size = Beside::New(size(text));
            let below = match room.first_lines {
                0 => Vec::new(),
                _ => first_lines(text, room),
            };
            fields.push(Field {
                below,
                ..Field::new(path, size)
            });
        }
        Value::String(text) if text.contains('\n') && room.first_lines > 0 => {
            fields.push(Field::below(path, first_lines(text, room)));
        }
        Value::Array(items) if items.is_empty() => {}
        Value::Array(list) if matches!(path, "columns" | "indexes.custom") => {
            let columns = list.iter().map(|each| Line::new(Kind::New, &item(each)));
            fields.push(Field::below(path, columns.collect()));
        }
        Value::Array(items) if items.iter().all(Value::is_string) => {
            let names: Vec<String> = items.iter().map(plain).collect();
            line(&names.join(", "));
        }
        _ => line(&plain(after)),
    }
}

/// How long a script is.
pub(super) fn size(script: &str) -> String {
    let lines = counted(script.lines().count(), "line");
    format!("{lines}, {}", counted(script.len(), "byte"))
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

fn value(value: &Value, room: Room) -> String {
    let text = match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) if text.starts_with("(hidden") => text.clone(),
        Value::String(text) => format!("{text:?}"),
        Value::Object(members) if members.contains_key("type") => variable(value),
        other => other.to_string(),
    };
    safe::cut(&text, room.chars)
}
