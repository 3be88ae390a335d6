//! A value on one line, in the notation of its file. What is written for JSON is YAML too.

use serde_json::Value;

use super::NotEdited;
use crate::reader::Format;

/// `value` as text.
///
/// # Errors
///
/// [`NotEdited::Null`] if TOML would have to say `null`.
pub(super) fn write(format: Format, value: &Value) -> Result<String, NotEdited> {
    let mut text = String::new();
    append(&mut text, format, value)?;
    Ok(text)
}

fn append(text: &mut String, format: Format, value: &Value) -> Result<(), NotEdited> {
    let is_toml = format == Format::Toml;
    match value {
        Value::Null if is_toml => return Err(NotEdited::Null),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                append(text, format, item)?;
            }
            text.push(']');
        }
        Value::Object(members) => {
            text.push('{');
            for (index, (key, member)) in members.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push_str(if is_toml { " = " } else { ": " });
                append(text, format, member)?;
            }
            text.push('}');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
    Ok(())
}
