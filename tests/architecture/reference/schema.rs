//! A JSON Schema of `cxda` as a table for people. It knows what those schemas use, and no more of JSON Schema.

use std::fmt::Write as _;

use serde_json::Value;

/// Beyond so many words only their number is told.
const MOST_WORDS: usize = 12;

/// A row for each key below the object or list `schema`, which is at `path`.
pub(super) fn table(schema: &Value, path: &str) -> String {
    let mut table = String::from("| key | value | default | meaning |\n|---|---|---|---|\n");
    rows(&mut table, schema, path);
    table
}

fn rows(table: &mut String, schema: &Value, path: &str) {
    if let Some(members) = described(schema) {
        for (name, member) in members {
            let path = if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}.{name}")
            };
            let required = schema["required"].as_array().into_iter().flatten();
            let default = match member.get("default") {
                Some(value) => format!("`{}`", inline(value)),
                None if required.into_iter().any(|key| key == name) => "required".to_owned(),
                None => String::new(),
            };
            let meaning = meaning(member["description"].as_str().unwrap());
            let row = format!("| `{path}` | {} | {default} | {meaning} |", form(member));
            let _ = writeln!(table, "{row}");
            rows(table, member, &path);
        }
    }
    if schema["items"].is_object() {
        rows(table, &schema["items"], &format!("{path}[]"));
    }
    if schema["additionalProperties"].is_object() {
        rows(
            table,
            &schema["additionalProperties"],
            &format!("{path}.NAME"),
        );
    }
}

/// The members of an object, where they say what they mean.
fn described(schema: &Value) -> Option<Vec<(&String, &Value)>> {
    let members: Vec<_> = schema["properties"].as_object()?.iter().collect();
    let all = members
        .iter()
        .all(|(_, member)| member["description"].is_string());
    all.then_some(members)
}

/// What may stand in the place of `schema`, in words.
fn form(schema: &Value) -> String {
    if let Some(choices) = schema["anyOf"].as_array() {
        // A reference may stand for everything, which is said once.
        let choices = choices.iter().filter(|choice| !is_reference(choice));
        let mut forms: Vec<String> = choices.map(form).collect();
        forms.dedup();
        return forms.join(" or ");
    }
    if let Some(word) = schema.get("const") {
        return format!("`{}`", inline(word));
    }
    if let Some(words) = schema["enum"].as_array() {
        let shown: Vec<String> = words
            .iter()
            .map(|word| format!("`{}`", inline(word)))
            .collect();
        return if words.len() > MOST_WORDS {
            format!("one of {} names", words.len())
        } else {
            shown.join(", ")
        };
    }
    if let Some(types) = schema["type"].as_array() {
        let types: Vec<&str> = types.iter().filter_map(Value::as_str).map(word).collect();
        return types.join(" or ");
    }
    match schema["type"].as_str() {
        Some("string") => format!("text{}", span(schema, "Length", " characters")),
        Some("integer") => {
            let step = schema["multipleOf"].as_u64();
            let step = step.map_or_else(String::new, |step| format!(", a multiple of {step}"));
            format!("whole number{}{step}", span(schema, "imum", ""))
        }
        Some("array") => {
            let of = form(&schema["items"]);
            format!("list of {of}{}", span(schema, "Items", " of them"))
        }
        Some("object") => members(schema),
        Some(other) => word(other).to_owned(),
        None => "any value".to_owned(),
    }
}

/// An object: the names of its members where these are all that there is to say.
fn members(schema: &Value) -> String {
    let Some(members) = schema["properties"].as_object() else {
        return "names and values".to_owned();
    };
    if described(schema).is_some() {
        return "object".to_owned();
    }
    let names: Vec<String> = members.keys().map(|name| format!("`{name}`")).collect();
    format!("object with {}", names.join(" or "))
}

/// The limits `min…` and `max…` of `schema`.
fn span(schema: &Value, limit: &str, unit: &str) -> String {
    let bound = |end: &str| schema[format!("{end}{limit}")].as_i64();
    match (bound("min"), bound("max")) {
        (Some(i64::MIN), Some(i64::MAX)) | (None, None) => String::new(),
        (Some(1), None) if !unit.is_empty() => ", not empty".to_owned(),
        (Some(least), Some(most)) => format!(", {least} to {most}{unit}"),
        (Some(least), None) => format!(", {least}{unit} or more"),
        (None, Some(most)) => format!(", at most {most}{unit}"),
    }
}

fn word(of_type: &str) -> &str {
    match of_type {
        "string" => "text",
        "integer" => "whole number",
        "boolean" => "`true` or `false`",
        other => other,
    }
}

fn is_reference(choice: &Value) -> bool {
    choice["pattern"]
        .as_str()
        .is_some_and(|pattern| pattern.contains("{var"))
}

/// `value` as one writes it in a file.
fn inline(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{name} = {}", inline(value)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(inline).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

/// A description in a cell of a table, the codes of rules as links to their pages.
fn meaning(description: &str) -> String {
    let linked = |word: &str| {
        let code = word.strip_suffix(':')?;
        let (letter, number) = code.split_at_checked(1)?;
        let is_code = letter.chars().all(|c| c.is_ascii_uppercase())
            && number.len() == 3
            && number.chars().all(|c| c.is_ascii_digit());
        is_code.then(|| format!("[{code}](../errors/{code}.md):"))
    };
    let words = description.split(' ');
    let words: Vec<String> = words
        .map(|word| linked(word).unwrap_or_else(|| word.to_owned()))
        .collect();
    words.join(" ").trim_end_matches('.').replace('|', "\\|")
}
