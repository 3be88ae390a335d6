//! What the tenant has, for people and programs.

use cxda_usecases::get::Item;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::render::table::table;
use crate::render::{FORMAT_VERSION, Screen, safe};

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
    let rows = items.iter().map(|item| {
        let name = item.name.as_deref().unwrap_or("(no name)");
        let status = item.status.as_deref().unwrap_or("-");
        [name, status, &item.id].map(ToOwned::to_owned)
    });
    table(screen, ["NAME", "STATUS", "ID"], rows)
}
