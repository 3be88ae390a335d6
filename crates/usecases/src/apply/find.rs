//! Looks a resource up by its exact name, as often as a lagging listing needs.

use cxda_domain::address::{Address, ResourceKind};
use cxda_domain::observed::ObservedResource;
use cxda_domain::reconcile::ABSENCE_PAUSES;
use cxda_domain::request::Operation;
use cxda_ports::error::{Answer, ApiError, ApiErrorKind, CallCost};

use crate::apply::execution::Execution;
use crate::observe::list;

/// What stands under a name.
#[derive(Debug)]
pub(super) enum Found {
    /// Nothing.
    Absent,
    /// This.
    One(Box<ObservedResource>),
    /// More than one resource, with these ids.
    Many(Vec<String>),
}

impl Execution<'_> {
    /// Looks once for what is named exactly as `address`.
    pub(super) async fn look(
        &self,
        address: &Address,
        cost: &mut CallCost,
    ) -> Result<Found, ApiError> {
        let named = self.named(address).await;
        *cost = cost.plus(
            named
                .as_ref()
                .map_or_else(|error| error.cost, |answer| answer.cost),
        );
        // Filters may be ignored and pages may overlap: the name counts, and each id once.
        let mut named = named?.value;
        named.retain(|each| each.name == address.name);
        named.sort_by(|left, right| left.id.cmp(&right.id));
        named.dedup_by(|left, right| left.id == right.id);
        Ok(match named.len() {
            0 => Found::Absent,
            1 => Found::One(Box::new(named.swap_remove(0))),
            _ => Found::Many(named.iter().map(|each| each.id.to_string()).collect()),
        })
    }

    /// Looks again and again before it says that nothing is there.
    pub(super) async fn look_patiently(
        &self,
        address: &Address,
        cost: &mut CallCost,
    ) -> Result<Found, ApiError> {
        let mut found = self.look(address, cost).await?;
        for pause in ABSENCE_PAUSES {
            if !matches!(found, Found::Absent) {
                break;
            }
            if self.wait(pause).await.is_err() {
                let detail = "it was not looked for once more";
                let kind = ApiErrorKind::Stopped;
                return Err(ApiError::new(Operation::ListActions, kind, detail));
            }
            found = self.look(address, cost).await?;
        }
        Ok(found)
    }

    async fn named(&self, address: &Address) -> Result<Answer<Vec<ObservedResource>>, ApiError> {
        match address.kind {
            ResourceKind::Action => {
                let name = address.name.parse().map_err(|_| {
                    let detail = format!("{address} is no name of an action");
                    ApiError::new(Operation::ListActions, ApiErrorKind::Refused, detail)
                })?;
                self.ports.tenant.actions.find(&name).await
            }
            ResourceKind::View => {
                let (value, _, cost) =
                    list(self.ports.tenant, self.ports.progress, address.kind).await?;
                Ok(Answer { value, cost })
            }
        }
    }
}
