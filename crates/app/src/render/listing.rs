//! What the tenant has, for people and programs.

use cxda_usecases::get::Item;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::render::{FORMAT_VERSION, Screen, Tone, safe};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListingJson<'a> {
    format_version: &'static str,
    tenant: &'a str,
    kind: &'a str,
    items: Vec<&'a RawValue>,
}

/// What `get -o json` prints: each item exactly as the tenant sent it.
///
/// # Errors
///
/// What is no JSON among the items; the client that read them lets none through.
pub(crate) fn listing_json(
    tenant: &str,
    kind: &str,
    items: &[Item],
) -> Result<String, serde_json::Error> {
    let items = items
        .iter()
        .map(|item| serde_json::from_str::<&RawValue>(item.document.as_str()))
        .collect::<Result<_, _>>()?;
    let listing = ListingJson {
        format_version: FORMAT_VERSION,
        tenant,
        kind,
        items,
    };
    serde_json::to_string_pretty(&listing).map(|text| safe::json(&text) + "\n")
}

/// What `get` prints for people: a heading and a line for each item.
pub(crate) fn listing_text(screen: Screen, items: &[Item]) -> String {
    let row = |name: &str, status: &str, id: &str| [name, status, id].map(safe::line);
    let rows: Vec<[String; 3]> = items
        .iter()
        .map(|item| {
            let name = item.name.as_deref().unwrap_or("(no name)");
            row(name, item.status.as_deref().unwrap_or("-"), &item.id)
        })
        .collect();
    let heading = row("NAME", "STATUS", "ID");
    let width = |column: usize| {
        let all = std::iter::once(&heading).chain(&rows);
        all.map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let (name, status) = (width(0), width(1));
    let line = |row: &[String; 3]| format!("{:<name$}  {:<status$}  {}", row[0], row[1], row[2]);
    let mut text = screen.paint(Tone::Faint, &line(&heading)) + "\n";
    for row in &rows {
        text.push_str(&line(row));
        text.push('\n');
    }
    text
}
