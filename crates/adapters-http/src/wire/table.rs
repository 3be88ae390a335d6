//! A table on the wire.

use cxda_domain::observed::Document;
use cxda_ports::views::ObservedTable;
use serde_json::value::RawValue;

use crate::wire::members::Members;
use crate::wire::{WireError, observed, parse};

/// The table that `raw` shows.
///
/// # Errors
///
/// Where it is no object or has no valid `id`.
pub(crate) fn observe(raw: &RawValue) -> Result<ObservedTable, WireError> {
    let members = Members::of(raw)?;
    Ok(ObservedTable {
        id: observed::id(&members)?.to_string(),
        name: members.get("name").and_then(|raw| parse(raw).ok()),
        document: Document::new(raw.get()),
    })
}
