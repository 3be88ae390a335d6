//! Shows what the tenant has, as the tenant shows it.

use cxda_domain::observed::Document;
use cxda_ports::error::ApiError;
use cxda_ports::progress::Progress;

use crate::observe::{Needed, observe};
use crate::ports::TenantPorts;

/// What can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// Materialized views.
    Views,
    /// Data actions.
    Actions,
    /// Tables.
    Tables,
}

/// One thing of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The server's id.
    pub id: String,
    /// Its name, where it has one.
    pub name: Option<String>,
    /// The `state` of an action or the `status` of a view.
    pub status: Option<String>,
    /// The whole, as it came.
    pub document: Document,
}

/// All of `listing` on the tenant; with `name`, those of exactly that name.
///
/// # Errors
///
/// [`ApiError`] if any page cannot be read.
pub async fn get(
    tenant: TenantPorts<'_>,
    progress: &dyn Progress,
    listing: Listing,
    name: Option<&str>,
) -> Result<Vec<Item>, ApiError> {
    use cxda_domain::address::ResourceKind;
    let mut items = match listing {
        Listing::Views => resources(tenant, progress, ResourceKind::View).await?,
        Listing::Actions => resources(tenant, progress, ResourceKind::Action).await?,
        Listing::Tables => tables(tenant).await?,
    };
    if let Some(name) = name {
        items.retain(|item| item.name.as_deref() == Some(name));
    }
    Ok(items)
}

async fn resources(
    tenant: TenantPorts<'_>,
    progress: &dyn Progress,
    kind: cxda_domain::address::ResourceKind,
) -> Result<Vec<Item>, ApiError> {
    let needed = Needed {
        kinds: [kind].into(),
        ..Needed::default()
    };
    let observed = observe(tenant, progress, &needed).await?;
    let item = |resource: &cxda_domain::observed::ObservedResource| Item {
        id: resource.id.to_string(),
        name: Some(resource.name.clone()),
        status: resource.status.clone(),
        document: resource.document.clone(),
    };
    Ok(observed.state.resources().iter().map(item).collect())
}

async fn tables(tenant: TenantPorts<'_>) -> Result<Vec<Item>, ApiError> {
    let mut items = Vec::new();
    let mut cursor = None;
    loop {
        let page = tenant.tables.list(cursor).await?.value;
        items.extend(page.items.into_iter().map(|table| Item {
            id: table.id,
            name: table.name,
            status: None,
            document: table.document,
        }));
        let Some(next) = page.next else {
            return Ok(items);
        };
        cursor = Some(next);
    }
}
