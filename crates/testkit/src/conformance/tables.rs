//! What every tenant promises of its tables.
//!
//! The tenant must hold the table of [`samples::table`].

use cxda_ports::error::ApiErrorKind;
use cxda_ports::views::TablesApi;

use crate::samples;

/// The whole suite.
pub async fn keeps_its_promises(tables: &dyn TablesApi) {
    a_table_is_read_by_its_id(tables).await;
    a_listing_shows_each_once(tables).await;
}

async fn a_table_is_read_by_its_id(tables: &dyn TablesApi) {
    let id = samples::table();
    let table = tables.read(id).await.unwrap();
    assert!(table.cost.attempts >= 1, "a call costs an attempt");
    assert_eq!(table.value.id.to_lowercase(), id.to_string());
    let absent = "00000000-0000-0000-0000-000000000000".parse().unwrap();
    let error = tables.read(absent).await.unwrap_err();
    assert_eq!(error.kind, ApiErrorKind::NotFound);
}

async fn a_listing_shows_each_once(tables: &dyn TablesApi) {
    let mut ids = Vec::new();
    let mut cursor = None;
    loop {
        let page = tables.list(cursor).await.unwrap().value;
        ids.extend(page.items.into_iter().map(|table| table.id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let known = samples::table().to_string();
    assert!(ids.iter().any(|id| id.to_lowercase() == known));
    let listed = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), listed, "none is listed twice");
}
