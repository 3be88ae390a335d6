//! What the tenant has, for people and programs.

use cxda_usecases::get::Item;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::render::{FORMAT_VERSION, Screen, Tone, counted, safe};

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
    serde_json::to_string_pretty(&listing).map(|text| text + "\n")
}

/// What `get` prints for people: a line for each item.
pub(crate) fn listing_text(screen: Screen, kind: &str, items: &[Item]) -> String {
    let name = |item: &Item| safe::line(item.name.as_deref().unwrap_or("(no name)"));
    let width = items
        .iter()
        .map(|item| name(item).chars().count())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for item in items {
        let status = safe::line(item.status.as_deref().unwrap_or(""));
        let id = screen.paint(Tone::Faint, &safe::line(&item.id));
        let line = format!("{:<width$}  {status:<10}  {id}", name(item));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    let thing = kind.trim_end_matches('s');
    text + &format!("{}.\n", counted(items.len(), thing))
}
