//! Tables over HTTP, and the listing by token that views share with them.

use async_trait::async_trait;
use cxda_domain::request::Operation;
use cxda_domain::view::TableId;
use cxda_ports::error::{Answer, ApiError};
use cxda_ports::page::{Page, PageCursor};
use cxda_ports::views::{ObservedTable, TablesApi};
use serde_json::value::RawValue;

use crate::call::BodyLimit;
use crate::paging::TokenPlace;
use crate::tenant::{HttpTenant, unsendable};
use crate::wire::page::Listing;
use crate::wire::{WireError, document, table};

#[async_trait]
impl TablesApi for HttpTenant {
    async fn list(
        &self,
        cursor: Option<PageCursor>,
    ) -> Result<Answer<Page<ObservedTable>>, ApiError> {
        self.token_page(Operation::ListTables, cursor.as_ref(), table::observe)
            .await
    }

    async fn read(&self, id: TableId) -> Result<Answer<ObservedTable>, ApiError> {
        let id = id.to_string();
        let call = self.get(Operation::GetTable, &id);
        self.send(&call, |reply| {
            let table = table::observe(document(&reply.body)?)?;
            if table.id.eq_ignore_ascii_case(&id) {
                Ok(table)
            } else {
                Err(WireError::new("it shows another table"))
            }
        })
        .await
    }
}

impl HttpTenant {
    /// One page of a listing by token, each item read by `observe`.
    pub(crate) async fn token_page<T>(
        &self,
        operation: Operation,
        cursor: Option<&PageCursor>,
        observe: fn(&RawValue) -> Result<T, WireError>,
    ) -> Result<Answer<Page<T>>, ApiError> {
        let place = TokenPlace::of(cursor).map_err(|error| unsendable(operation, error))?;
        let mut call = self
            .get(operation, "")
            .limit(BodyLimit::Listing)
            .query("pageSize", &self.profile().page_size().to_string());
        if let Some(token) = place.token() {
            call = call.query("pageToken", token);
        }
        self.send(&call, |reply| {
            let listing = Listing::parse(&reply.body)?;
            let texts: Vec<&str> = listing.items.iter().map(|item| item.get()).collect();
            Ok(Page {
                items: listing.read(observe)?,
                next: place.next(listing.next_token.as_deref(), &texts)?,
                total: listing.total,
            })
        })
        .await
    }
}
