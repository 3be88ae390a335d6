//! Whether a create that was not answered has happened: a look for what bears its name.
//!
//! It tells neither who made what it finds nor whether that is as wanted.

use std::fmt;

use async_trait::async_trait;
use cxda_domain::action::ActionName;
use cxda_domain::view::ViewName;
use cxda_ports::actions::ActionsApi;
use cxda_ports::error::ApiError;
use cxda_ports::views::ViewsApi;

use crate::tenant::HttpTenant;

/// Looks at the tenant before a create is sent again: some tenants ignore its key, and would make a second one.
#[async_trait]
pub(crate) trait Look: fmt::Debug + Send + Sync {
    /// Whether the tenant shows what the create was to make, or anything else of that name.
    ///
    /// # Errors
    ///
    /// Those of listing.
    async fn shows(&self) -> Result<bool, ApiError>;
}

/// A look for an action.
#[derive(Debug)]
pub(crate) struct ActionLook<'a> {
    pub(crate) tenant: &'a HttpTenant,
    pub(crate) name: &'a ActionName,
}

/// A look for a view.
#[derive(Debug)]
pub(crate) struct ViewLook<'a> {
    pub(crate) tenant: &'a HttpTenant,
    pub(crate) name: &'a ViewName,
}

#[async_trait]
impl Look for ActionLook<'_> {
    async fn shows(&self) -> Result<bool, ApiError> {
        let found = self.tenant.find(self.name).await?;
        Ok(!found.value.is_empty())
    }
}

#[async_trait]
impl Look for ViewLook<'_> {
    async fn shows(&self) -> Result<bool, ApiError> {
        let mut cursor = None;
        loop {
            let page = ViewsApi::list(self.tenant, cursor).await?.value;
            let name = self.name.as_str();
            if page.items.iter().any(|view| view.name == name) {
                return Ok(true);
            }
            cursor = page.next;
            if cursor.is_none() {
                return Ok(false);
            }
        }
    }
}
