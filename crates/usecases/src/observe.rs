//! Reads the tenant, page by page to the end.

use std::collections::{BTreeMap, BTreeSet};

use cxda_domain::address::{Address, ResourceKind};
use cxda_domain::export;
use cxda_domain::key::ResourceId;
use cxda_domain::observed::{ObservedResource, ObservedState};
use cxda_domain::plan::PlanScope;
use cxda_domain::request::{Operation, RequestCount};
use cxda_domain::view::TableId;
use cxda_ports::error::{ApiError, ApiErrorKind, CallCost};
use cxda_ports::page::PageCursor;
use cxda_ports::progress::{Progress, ProgressEvent};
use futures_util::{StreamExt, TryStreamExt, future, stream};

use crate::ports::TenantPorts;

/// How many single reads are under way at once.
pub(crate) const CONCURRENT_READS: usize = 8;

/// A name that stands on the tenant more than once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubled {
    /// The name.
    pub address: Address,
    /// The server's ids under it.
    pub ids: Vec<String>,
}

impl std::fmt::Display for Doubled {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{} with the ids {}",
            self.address,
            self.ids.join(", ")
        )
    }
}

/// What to read of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needed {
    /// The kinds to list.
    pub kinds: BTreeSet<ResourceKind>,
    /// The tables to look for.
    pub tables: BTreeSet<TableId>,
    /// What must be there as far as is known, by its id: looked for singly where the listing lacks it.
    pub known: BTreeMap<Address, ResourceId>,
}

/// What was read, and what it cost.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    /// What the tenant has.
    pub state: ObservedState,
    /// The requests that it took, the token's included.
    pub spent: RequestCount,
}

/// Reads what is `needed`, all pages.
///
/// # Errors
///
/// [`ApiError`] if any page cannot be read: a plan on half a listing would be wrong.
pub async fn observe(
    tenant: TenantPorts<'_>,
    progress: &dyn Progress,
    needed: &Needed,
) -> Result<Observation, ApiError> {
    let list = |kind: ResourceKind| async move {
        if needed.kinds.contains(&kind) {
            list(tenant, progress, kind).await
        } else {
            Ok((Vec::new(), 0, CallCost::default()))
        }
    };
    let (views, actions, tables) = future::try_join3(
        list(ResourceKind::View),
        list(ResourceKind::Action),
        tables(tenant, &needed.tables),
    )
    .await?;
    let mut spent = RequestCount::default();
    spent.add(Operation::ListViews, views.1);
    spent.add(Operation::ListActions, actions.1);
    spent.add(
        Operation::GetTable,
        u64::try_from(tables.len()).unwrap_or(u64::MAX),
    );
    if spent.total() > 0 {
        spent.add(Operation::Token, 1);
    }
    let mut resources = views.0;
    resources.extend(actions.0);
    let lagging = lagging(tenant, &needed.known, &resources, &mut spent).await?;
    resources.extend(lagging);
    Ok(Observation {
        state: ObservedState::new(resources, tables),
        spent,
    })
}

/// What is `known` and not `listed`, but there: listings may lag behind.
///
/// The first that really is gone ends the search, for then the listing is right. So a tenant without a lag costs one
/// request at most.
async fn lagging(
    tenant: TenantPorts<'_>,
    known: &BTreeMap<Address, ResourceId>,
    listed: &[ObservedResource],
    spent: &mut RequestCount,
) -> Result<Vec<ObservedResource>, ApiError> {
    let listed: BTreeSet<Address> = listed.iter().map(ObservedResource::address).collect();
    let mut found = Vec::new();
    for (address, id) in known
        .iter()
        .filter(|(address, _)| !listed.contains(address))
    {
        let (operation, read) = match address.kind {
            ResourceKind::View => (Operation::GetView, tenant.views.read(id).await),
            ResourceKind::Action => (Operation::GetAction, tenant.actions.read(id).await),
        };
        spent.add(operation, 1);
        match read {
            Ok(there) if there.value.value.address() == *address => {
                found.push(there.value.value);
            }
            Ok(_) => break,
            Err(error) if error.kind == ApiErrorKind::NotFound => break,
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// A tenant read to the end.
#[derive(Debug, Default)]
pub(crate) struct Whole {
    /// Everything that it has, each resource in full.
    pub(crate) resources: Vec<ObservedResource>,
    /// What was listed, and was gone when it was read by itself.
    pub(crate) gone: Vec<ObservedResource>,
}

/// Everything that the tenant has, each resource in full.
pub(crate) async fn whole(
    tenant: TenantPorts<'_>,
    progress: &dyn Progress,
) -> Result<Whole, ApiError> {
    let (views, actions) = future::try_join(
        list(tenant, progress, ResourceKind::View),
        list(tenant, progress, ResourceKind::Action),
    )
    .await?;
    let listed = views.0.into_iter().chain(actions.0);
    let read = stream::iter(listed).map(|there| async move {
        if !export::is_partial(&there) {
            return Ok((there, true));
        }
        let found = read(tenant, there.kind, &there.id).await?;
        Ok(found.map_or((there, false), |found| (found, true)))
    });
    let read: Vec<(ObservedResource, bool)> = read.buffered(CONCURRENT_READS).try_collect().await?;
    let (there, gone): (Vec<_>, Vec<_>) = read.into_iter().partition(|(_, is_there)| *is_there);
    let only =
        |read: Vec<(ObservedResource, bool)>| read.into_iter().map(|(each, _)| each).collect();
    Ok(Whole {
        resources: only(there),
        gone: only(gone),
    })
}

/// The resource by itself; `None` where it is gone.
pub(crate) async fn read(
    tenant: TenantPorts<'_>,
    kind: ResourceKind,
    id: &ResourceId,
) -> Result<Option<ObservedResource>, ApiError> {
    let read = match kind {
        ResourceKind::View => tenant.views.read(id).await,
        ResourceKind::Action => tenant.actions.read(id).await,
    };
    match read {
        Ok(read) => Ok(Some(read.value.value)),
        Err(error) if error.kind == ApiErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The names that `scope` asks for and that stand on the tenant more than once.
pub(crate) fn doubled(observed: &ObservedState, scope: &PlanScope) -> Vec<Doubled> {
    let named = observed
        .by_name()
        .filter(|(address, _)| scope.targets(address));
    let doubled = named.filter(|(_, there)| there.len() > 1);
    let doubled = doubled.map(|(address, there)| Doubled {
        address: address.clone(),
        ids: there.iter().map(|each| each.id.to_string()).collect(),
    });
    doubled.collect()
}

/// Every resource of `kind`, how many pages there were, and what they cost.
pub(crate) async fn list(
    tenant: TenantPorts<'_>,
    progress: &dyn Progress,
    kind: ResourceKind,
) -> Result<(Vec<ObservedResource>, u64, CallCost), ApiError> {
    let mut found: Vec<ObservedResource> = Vec::new();
    let mut cost = CallCost::default();
    let mut ids = BTreeSet::new();
    let mut seen: BTreeSet<PageCursor> = BTreeSet::new();
    let mut cursor = None;
    let mut pages = 0;
    loop {
        let page = match kind {
            ResourceKind::View => tenant.views.list(cursor).await?,
            ResourceKind::Action => tenant.actions.list(cursor).await?,
        };
        cost = cost.plus(page.cost);
        let page = page.value;
        pages += 1;
        // Pages may overlap while the tenant changes: what was seen is not seen twice.
        found.extend(
            page.items
                .into_iter()
                .filter(|item| ids.insert(item.id.clone())),
        );
        progress.note(ProgressEvent::Observing { seen: found.len() });
        let Some(next) = page.next else {
            return Ok((found, pages, cost));
        };
        if !seen.insert(next.clone()) {
            let operation = match kind {
                ResourceKind::View => Operation::ListViews,
                ResourceKind::Action => Operation::ListActions,
            };
            let detail = "the listing leads back to a page that was read already";
            return Err(ApiError::new(operation, ApiErrorKind::Malformed, detail));
        }
        cursor = Some(next);
    }
}

pub(crate) async fn tables(
    tenant: TenantPorts<'_>,
    ids: &BTreeSet<TableId>,
) -> Result<BTreeMap<TableId, bool>, ApiError> {
    let reads = stream::iter(ids.iter().copied()).map(|id| async move {
        match tenant.tables.read(id).await {
            Ok(_) => Ok((id, true)),
            Err(error) if error.kind == ApiErrorKind::NotFound => Ok((id, false)),
            Err(error) => Err(error),
        }
    });
    reads.buffer_unordered(CONCURRENT_READS).try_collect().await
}
