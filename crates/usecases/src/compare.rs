//! Reads two tenants and says how they differ.

use cxda_domain::address::{Address, AddressPattern};
use cxda_domain::comparison::{self, Comparison};
use cxda_domain::observed::ObservedState;
use cxda_domain::plan::PlanScope;
use cxda_ports::error::ApiError;
use cxda_ports::progress::Progress;
use futures_util::future;

use crate::near::{did_you_mean, near};
use crate::observe::{Doubled, doubled, whole};
use crate::ports::TenantPorts;

/// Which of the two tenants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The one that was named first.
    First,
    /// The other.
    Second,
}

/// Why two tenants were not compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// A tenant cannot be read.
    #[error("the tenant cannot be read")]
    Observe {
        /// Which.
        side: Side,
        /// Why.
        source: ApiError,
    },
    /// A target that nothing on either tenant bears.
    #[error("nothing on either tenant is named {}{}", pattern.as_str(), did_you_mean(near.as_deref()))]
    NoTarget {
        /// The pattern.
        pattern: AddressPattern,
        /// What was likely meant.
        near: Option<String>,
    },
    /// Names that stand on a tenant more than once.
    #[error("names stand on the tenant more than once: {}", doubled.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Ambiguous {
        /// Which tenant.
        side: Side,
        /// The names.
        doubled: Vec<Doubled>,
    },
}

/// Compares what the tenants `first` and `second` have under `targets`; everything where that is empty.
///
/// # Errors
///
/// [`CompareError`] where a tenant cannot be read to the end, or holds a name twice.
pub async fn compare(
    first: TenantPorts<'_>,
    second: TenantPorts<'_>,
    progress: &dyn Progress,
    targets: &[AddressPattern],
) -> Result<Comparison, CompareError> {
    let scope = PlanScope {
        targets: targets.to_vec(),
        prune: false,
    };
    let read = |side, tenant| {
        let scope = &scope;
        async move {
            let whole = whole(tenant, progress).await;
            let whole = whole.map_err(|source| CompareError::Observe { side, source })?;
            let state = ObservedState::new(whole.resources, [].into());
            match doubled(&state, scope) {
                doubled if doubled.is_empty() => Ok(state),
                doubled => Err(CompareError::Ambiguous { side, doubled }),
            }
        }
    };
    let (first, second) =
        future::try_join(read(Side::First, first), read(Side::Second, second)).await?;
    let there: Vec<&Address> = [&first, &second]
        .into_iter()
        .flat_map(ObservedState::by_name)
        .map(|(address, _)| address)
        .collect();
    for pattern in targets {
        if !there.iter().any(|address| pattern.matches(address)) {
            return Err(CompareError::NoTarget {
                pattern: pattern.clone(),
                near: near(pattern.as_str(), there.iter().copied()),
            });
        }
    }
    Ok(comparison::compare(&first, &second, &scope))
}
