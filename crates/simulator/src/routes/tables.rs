//! Tables: listed and read, never written.

use axum::http::StatusCode;
use cxda_adapters_memory::collection::Record;

use super::paging::{Listed, page};
use crate::document::Document;
use crate::message::{Answer, Request};
use crate::tenant::Tenant;

/// One page of the tables.
pub(crate) fn list(tenant: &Tenant, request: &Request) -> Answer {
    let style = tenant.config.profile.views_paging;
    let listed = Listed::All(&tenant.state.tables);
    page(
        &listed,
        request,
        style,
        tenant.config.page_size_limit,
        shown,
    )
}

/// One table.
pub(crate) fn get(tenant: &Tenant, id: &str) -> Answer {
    match tenant.state.tables.get(id) {
        Some(record) => Answer::json(StatusCode::OK, &shown(record)),
        None => Answer::not_found("table"),
    }
}

fn shown(record: &Record<Document>) -> Document {
    let mut table = record.value.clone();
    table.set("id", &record.id);
    table.set("name", &record.name);
    table
}
