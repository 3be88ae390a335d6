//! Updates: read, merge, write under the version that was read.

use std::time::Duration;

use cxda_domain::audit::Phase;
use cxda_domain::diff::{LeftOut, differences};
use cxda_domain::key::ResourceId;
use cxda_domain::observed::{ObservedResource, Versioned};
use cxda_domain::plan::{Change, Desired};
use cxda_ports::error::{Answer, ApiError, ApiErrorKind, CallCost};
use cxda_ports::journal::Memory;

use crate::apply::Failure;
use crate::apply::confirm::replace_names;
use crate::apply::execution::{
    BUSY_DEADLINE, BUSY_PAUSE, Ending, Execution, Progressed, Write, memory, payload,
};

/// The audit note of a replace that nothing protected from another writer.
const NO_PRECONDITION: &str = "no_precondition";

/// What the sent replace came to.
enum Sent {
    /// Written, with this answer.
    Written(ObservedResource),
    /// The tenant shows what is wanted although the answer did not say so: it was our own write.
    Proved(ResourceId),
}

impl Execution<'_> {
    /// Brings the resource of `change` to what is wanted, unless somebody moved what the plan was made on.
    pub(super) async fn update(
        &self,
        change: &Change,
        progressed: &mut Progressed,
    ) -> Result<(), Failure> {
        let Some(desired) = self.desired(change) else {
            return Err(Failure::Stopped);
        };
        let Some(planned) = self.planned.observed.get(&change.address) else {
            return Err(Failure::Stopped);
        };
        let current = self.read_idle(change, planned, progressed).await?;
        self.still_as_planned(change, &desired, &current.value)?;
        let payload = payload(&desired);
        let tag = current.tag.clone();
        let (operation, action) = replace_names(change.address.kind);
        let write = Write {
            change,
            operation,
            action,
            id: Some(&planned.id),
            payload: &payload,
            tag: tag.as_ref(),
        };
        if tag.is_none() {
            let address = change.address.to_string();
            tracing::warn!(
                address,
                "the tenant sends no entity tag, so the update goes without If-Match"
            );
        }
        let intent = self.begin(write).await?;
        let mut cost = CallCost::default();
        let sent = self.send(change, &desired, current, &mut cost).await;
        progressed.cost = progressed.cost.plus(cost);
        let ending = match &sent {
            Ok(sent) => {
                let id = match sent {
                    Sent::Written(resource) => &resource.id,
                    Sent::Proved(id) => id,
                };
                Ending {
                    phase: Phase::Done,
                    id: Some(id),
                    cost,
                    memory: memory(change, id, &desired),
                    error: tag.is_none().then(|| NO_PRECONDITION.to_owned()),
                    events: self.events(change, id, &desired, cost, &intent),
                }
            }
            Err(failure) => Ending {
                phase: match failure {
                    Failure::Api(error) if error.kind == ApiErrorKind::OutcomeUnknown => {
                        Phase::Unknown
                    }
                    _ => Phase::Failed,
                },
                id: Some(&planned.id),
                cost,
                memory: Memory::Unchanged,
                error: Some(failure.to_string()),
                events: Vec::new(),
            },
        };
        self.settle(write, &intent, ending).await?;
        if let Sent::Written(answer) = sent? {
            self.confirm(change, &desired, &answer, progressed).await?;
        }
        self.build_indexes(change, &desired, progressed).await
    }

    /// Reads the resource until the tenant has finished an earlier write on it, within the deadline.
    pub(super) async fn read_idle(
        &self,
        change: &Change,
        planned: &ObservedResource,
        progressed: &mut Progressed,
    ) -> Result<Versioned<ObservedResource>, Failure> {
        let start = self.ports.clock.elapsed();
        loop {
            let current = self.read(change, planned).await.inspect_err(|error| {
                progressed.cost = progressed.cost.plus(error.cost);
            })?;
            progressed.cost = progressed.cost.plus(current.cost);
            if !current.value.value.is_busy() {
                return Ok(current.value);
            }
            if self.ports.clock.elapsed().saturating_sub(start) + BUSY_PAUSE > BUSY_DEADLINE {
                let (operation, _) = replace_names(change.address.kind);
                let state = current.value.value.status.unwrap_or_default();
                let detail = format!("its state is still {state}");
                let kind = ApiErrorKind::Busy { retry_after: None };
                return Err(ApiError::new(operation, kind, detail).into());
            }
            self.ports.clock.wait(BUSY_PAUSE).await;
        }
    }

    /// A managed field that is neither as the plan saw it nor as wanted was moved by somebody else.
    fn still_as_planned(
        &self,
        change: &Change,
        desired: &Desired,
        now: &ObservedResource,
    ) -> Result<(), Failure> {
        let wanted = desired.body.projection();
        let Some(planned) = self.planned.observed.get(&change.address) else {
            return Ok(());
        };
        let mut now = now.clone();
        self.planned.observed.resolve_source(&mut now);
        let before = differences(&wanted, &planned.fields, LeftOut::MeansEmpty);
        let moved: Vec<String> = differences(&wanted, &now.fields, LeftOut::MeansEmpty)
            .into_iter()
            .filter(|field| !before.contains(field))
            .map(|field| field.path)
            .collect();
        if moved.is_empty() {
            Ok(())
        } else {
            Err(Failure::Conflict { fields: moved })
        }
    }

    /// Sends the replace. A stale version is read again and merged once; a lost answer is settled by reading.
    async fn send(
        &self,
        change: &Change,
        desired: &Desired,
        mut current: Versioned<ObservedResource>,
        cost: &mut CallCost,
    ) -> Result<Sent, Failure> {
        let start = self.ports.clock.elapsed();
        let mut merged_again = false;
        loop {
            let error = match self.put(desired, &current).await {
                Ok(answer) => {
                    *cost = cost.plus(answer.cost);
                    return Ok(Sent::Written(answer.value));
                }
                Err(error) => error,
            };
            *cost = cost.plus(error.cost);
            match error.kind {
                ApiErrorKind::Busy { retry_after } => {
                    let pause = retry_after
                        .unwrap_or(BUSY_PAUSE)
                        .max(Duration::from_millis(1));
                    let waited = self.ports.clock.elapsed().saturating_sub(start);
                    if waited + pause > BUSY_DEADLINE {
                        return Err(error.into());
                    }
                    self.ports.clock.wait(pause).await;
                }
                ApiErrorKind::VersionMismatch if !merged_again => {
                    current = self.reread(change, &current.value, cost).await?;
                    if self.shows(desired, &current.value) {
                        return Ok(Sent::Proved(current.value.id));
                    }
                    self.still_as_planned(change, desired, &current.value)?;
                    merged_again = true;
                }
                ApiErrorKind::OutcomeUnknown | ApiErrorKind::Malformed => {
                    let read = self.reread(change, &current.value, cost).await;
                    return match read {
                        Ok(now) if self.shows(desired, &now.value) => {
                            Ok(Sent::Proved(now.value.id))
                        }
                        _ => Err(ApiError {
                            kind: ApiErrorKind::OutcomeUnknown,
                            ..error
                        }
                        .into()),
                    };
                }
                _ => return Err(error.into()),
            }
        }
    }

    async fn reread(
        &self,
        change: &Change,
        resource: &ObservedResource,
        cost: &mut CallCost,
    ) -> Result<Versioned<ObservedResource>, ApiError> {
        let read: Result<Answer<Versioned<ObservedResource>>, ApiError> =
            self.read(change, resource).await;
        *cost = cost.plus(
            read.as_ref()
                .map_or_else(|error| error.cost, |answer| answer.cost),
        );
        read.map(|answer| answer.value)
    }

    fn shows(&self, desired: &Desired, now: &ObservedResource) -> bool {
        self.unlike(desired, now, LeftOut::MeansEmpty).is_empty()
    }
}
