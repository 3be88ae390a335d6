//! The tenant's tables, and its route to webhooks.

use std::ops::Bound;

use async_trait::async_trait;
use cxda_domain::request::Operation;
use cxda_domain::view::TableId;
use cxda_ports::error::{Answer, ApiError};
use cxda_ports::page::{Page, PageCursor};
use cxda_ports::views::{ObservedTable, TablesApi};
use cxda_ports::webhook::WebhookRelay;
use serde_json::Value;

use super::{MemoryTenant, Refusal};

#[async_trait]
impl TablesApi for MemoryTenant {
    async fn list(
        &self,
        cursor: Option<PageCursor>,
    ) -> Result<Answer<Page<ObservedTable>>, ApiError> {
        self.answer(Operation::ListTables, |state| {
            let start = match &cursor {
                None => Bound::Unbounded,
                // The cursor is the id of the last table that was shown.
                Some(cursor) => Bound::Excluded(
                    cursor
                        .as_str()
                        .parse::<TableId>()
                        .map_err(|error| Refusal::rejected("pageToken", error.to_string()))?,
                ),
            };
            let rest = state.tables.range((start, Bound::Unbounded));
            let items: Vec<_> = rest
                .take(state.page_size.get())
                .map(|(_, table)| table.clone())
                .collect();
            let last = state.tables.last_key_value();
            let next = items
                .last()
                .map(|shown| shown.id.as_str())
                .filter(|shown| last.is_some_and(|(id, _)| id.to_string() != *shown))
                .map(PageCursor::new);
            let total = u64::try_from(state.tables.len()).ok();
            Ok(Page { items, next, total })
        })
        .await
    }

    async fn read(&self, id: TableId) -> Result<Answer<ObservedTable>, ApiError> {
        self.answer(Operation::GetTable, |state| {
            let table = state.tables.get(&id).cloned();
            table.ok_or_else(Refusal::not_found)
        })
        .await
    }
}

#[async_trait]
impl WebhookRelay for MemoryTenant {
    async fn relay(&self, target_url: &str, payload: &str) -> Result<Answer<()>, ApiError> {
        self.answer(Operation::RelayWebhook, |state| {
            if !["http://", "https://"]
                .iter()
                .any(|scheme| target_url.starts_with(scheme))
            {
                return Err(Refusal::rejected("targetUrl", "not an http(s) URL"));
            }
            serde_json::from_str::<Value>(payload)
                .map_err(|_| Refusal::rejected("payload", "not JSON"))?;
            let sent = (target_url.to_owned(), payload.to_owned());
            state.relayed.push(sent);
            Ok(())
        })
        .await
    }
}
