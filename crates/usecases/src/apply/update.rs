//! Updates: read, merge, write under the version that was read.

use cxda_domain::audit::Phase;
use cxda_domain::diff::{LeftOut, differences};
use cxda_domain::key::ResourceId;
use cxda_domain::observed::{ObservedResource, Versioned};
use cxda_domain::plan::{Change, ChangeKind, Desired};
use cxda_domain::reconcile::{Replaced, Shown, Version, after_lost_replace};
use cxda_ports::error::{ApiError, ApiErrorKind, CallCost};

use crate::apply::Failure;
use crate::apply::confirm::Trust;
use crate::apply::execution::{
    BUSY_DEADLINE, BUSY_PAUSE, Execution, LONGEST_BUSY_PAUSE, MOST_SENDS, Progressed,
};
use crate::apply::journaling::{Ending, Fate, Write, encrypted, names};

/// The audit note of a replace that nothing protected from another writer.
const NO_PRECONDITION: &str = "no_precondition";

/// What the sent replace came to.
pub(super) enum Sent {
    /// Written, with this answer.
    Written(ObservedResource),
    /// The tenant shows what is wanted although the answer did not say so: it was our own write.
    Proved(ResourceId),
}

impl Sent {
    fn id(&self) -> &ResourceId {
        match self {
            Self::Written(resource) => &resource.id,
            Self::Proved(id) => id,
        }
    }

    fn answer(&self) -> Option<&ObservedResource> {
        match self {
            Self::Written(resource) => Some(resource),
            Self::Proved(_) => None,
        }
    }
}

impl Execution<'_> {
    /// Brings the resource of `change` to what is wanted, unless somebody moved what the plan was made on.
    pub(super) async fn update(
        &self,
        change: &Change,
        progressed: &mut Progressed,
    ) -> Result<(), Failure> {
        let Some(desired) = self.desired(&change.address) else {
            return Err(Failure::Stopped);
        };
        let Some(planned) = self.planned.observed.get(&change.address) else {
            return Err(Failure::Stopped);
        };
        if self.proved.contains(&change.address)
            && self
                .unlike(&desired, planned, LeftOut::MeansEmpty)
                .is_empty()
        {
            // Only hidden values were unknown, and they are known by now.
            return self.follow(change, &desired, None, progressed).await;
        }
        let payload = self.payload(&desired);
        self.outwait(change, &payload).await?;
        let current = self.read_idle(planned, &mut progressed.cost).await?;
        let before = current.value.clone();
        self.unmoved(&desired, planned, &current.value)?;
        let tag = current.tag.clone();
        let (operation, action) = names(ChangeKind::Update, change.address.kind);
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
        let mut sent = self.send(&desired, current, planned, &mut cost).await;
        progressed.cost = progressed.cost.plus(cost);
        if let Err(Failure::Api(error)) = &mut sent {
            self.note_refusal(error);
            if !error.is_stopped() && self.is_still_alive(&intent) {
                error.kind = ApiErrorKind::OutcomeUnknown;
            }
        }
        let ending = match &sent {
            Ok(sent) => {
                let id = sent.id();
                self.owe(change, &desired, id).await?;
                Ending {
                    phase: Phase::Done,
                    intent: Fate::Resolved,
                    id: Some(id),
                    cost,
                    encrypted: sent.answer().and_then(|shown| encrypted(&desired, shown)),
                    memory: self.memory(&change.address, id, &desired),
                    error: tag.is_none().then(|| NO_PRECONDITION.to_owned()),
                    events: self.events(change, id, &desired, cost, &intent),
                }
            }
            Err(failure) => {
                let fate = self.fate(failure, &intent);
                Ending::failed(fate, Some(&planned.id), cost, failure)
            }
        };
        self.settle(write, &intent, ending).await?;
        let sent = sent?;
        self.supersede(change).await?;
        if let Sent::Written(answer) = sent {
            self.confirm(change, &desired, &answer, Trust::Sent, progressed)
                .await?;
        }
        self.follow(change, &desired, Some(&before), progressed)
            .await
    }

    /// Reads the resource until the tenant has finished an earlier write on it, within the deadline.
    pub(super) async fn read_idle(
        &self,
        planned: &ObservedResource,
        cost: &mut CallCost,
    ) -> Result<Versioned<ObservedResource>, Failure> {
        let start = self.ports.clock.elapsed();
        let mut pause = BUSY_PAUSE;
        loop {
            let read = self.read_id(planned.kind, &planned.id).await;
            let current = read.map_err(|error| {
                *cost = cost.plus(error.cost);
                gone_or(error)
            })?;
            *cost = cost.plus(current.cost);
            if !current.value.value.is_busy() {
                return Ok(current.value);
            }
            if self.ports.clock.elapsed().saturating_sub(start) + pause > BUSY_DEADLINE {
                let (operation, _) = names(ChangeKind::Update, planned.kind);
                let state = current.value.value.status.unwrap_or_default();
                let detail = format!("its state is still {state}");
                let kind = ApiErrorKind::Busy { retry_after: None };
                return Err(ApiError::new(operation, kind, detail).into());
            }
            self.wait(pause).await?;
            pause = (pause * 2).min(LONGEST_BUSY_PAUSE);
        }
    }

    /// A managed field that is neither as `base` had it nor as wanted was moved by somebody else.
    fn unmoved(
        &self,
        desired: &Desired,
        base: &ObservedResource,
        now: &ObservedResource,
    ) -> Result<(), Failure> {
        let wanted = desired.body.projection();
        let unlike = |resource: &ObservedResource| {
            let mut resource = resource.clone();
            self.planned.observed.resolve_source(&mut resource);
            differences(&wanted, &resource.fields, LeftOut::MeansEmpty)
        };
        let before = unlike(base);
        let moved: Vec<String> = unlike(now)
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

    /// Sends the replace of what `base` was planned on. A stale version is read again and merged once; a lost answer is
    /// settled by reading.
    pub(super) async fn send(
        &self,
        desired: &Desired,
        mut current: Versioned<ObservedResource>,
        base: &ObservedResource,
        cost: &mut CallCost,
    ) -> Result<Sent, Failure> {
        let start = self.ports.clock.elapsed();
        let mut sends = 0;
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
            sends += error.cost.attempts.max(1);
            let now = match error.kind {
                ApiErrorKind::Busy { retry_after } => {
                    let pause = retry_after.unwrap_or(BUSY_PAUSE);
                    let waited = self.ports.clock.elapsed().saturating_sub(start);
                    let last = sends >= MOST_SENDS || waited + pause > BUSY_DEADLINE;
                    let read = if last {
                        self.reread(&current.value, &error, cost).await
                    } else {
                        self.wait(pause).await?;
                        self.read_idle(&current.value, cost).await
                    };
                    let now = match read {
                        Err(_) if last => return Err(error.into()),
                        read => read?,
                    };
                    if self.shown(desired, &current.value, &now.value) == Shown::Wanted {
                        return Ok(Sent::Proved(now.value.id));
                    }
                    if last {
                        return Err(error.into());
                    }
                    self.unmoved(desired, base, &now.value)?;
                    current = now;
                    continue;
                }
                ApiErrorKind::VersionMismatch
                | ApiErrorKind::OutcomeUnknown
                | ApiErrorKind::Malformed => {
                    let now = self.reread(&current.value, &error, cost).await?;
                    // What is not shown as it will be says nothing yet.
                    if now.value.is_busy() {
                        let idle = self.read_idle(&now.value, cost).await;
                        idle.map_err(|unread| still_unknown(unread, &error))?
                    } else {
                        now
                    }
                }
                _ => return Err(gone_or(error)),
            };
            let shown = self.shown(desired, &current.value, &now.value);
            let became = match error.kind {
                // Whoever came first, the version that was named is gone.
                ApiErrorKind::VersionMismatch => after_lost_replace(shown, Version::Moved),
                _ => after_lost_replace(shown, version(&current, &now)),
            };
            match became {
                Replaced::Done => return Ok(Sent::Proved(now.value.id)),
                Replaced::Unknown => return Err(unknown(error).into()),
                Replaced::Stale => self.unmoved(desired, base, &now.value)?,
            }
            if merged_again {
                let kind = ApiErrorKind::VersionMismatch;
                return Err(ApiError { kind, ..error }.into());
            }
            merged_again = true;
            current = now;
        }
    }

    /// Reads what `failed` left; where that fails too, it tells what is known.
    async fn reread(
        &self,
        resource: &ObservedResource,
        failed: &ApiError,
        cost: &mut CallCost,
    ) -> Result<Versioned<ObservedResource>, Failure> {
        match self.read_id(resource.kind, &resource.id).await {
            Ok(answer) => {
                *cost = cost.plus(answer.cost);
                Ok(answer.value)
            }
            Err(error) => {
                *cost = cost.plus(error.cost);
                Err(still_unknown(gone_or(error), failed))
            }
        }
    }

    fn shown(&self, desired: &Desired, before: &ObservedResource, now: &ObservedResource) -> Shown {
        let unlike =
            |resource: &ObservedResource| self.unlike(desired, resource, LeftOut::MeansEmpty);
        if !unlike(now).is_empty() {
            Shown::Other
        } else if unlike(before).is_empty() {
            Shown::Hidden
        } else {
            Shown::Wanted
        }
    }
}

/// The version that `now` shows beside that of `before`.
fn version(before: &Versioned<ObservedResource>, now: &Versioned<ObservedResource>) -> Version {
    match (&before.tag, &now.tag) {
        (Some(before), Some(now)) if before == now => Version::Same,
        (Some(_), Some(_)) => Version::Moved,
        _ => Version::Untold,
    }
}

/// What is known of a replace that `failed` where the read after it ended with `unread`.
fn still_unknown(unread: Failure, failed: &ApiError) -> Failure {
    match unread {
        Failure::Gone { .. } => unread,
        // A version mismatch may be the work of an earlier attempt of the same write.
        _ => unknown(failed.clone()).into(),
    }
}

fn unknown(error: ApiError) -> ApiError {
    let kind = ApiErrorKind::OutcomeUnknown;
    ApiError { kind, ..error }
}

fn gone_or(error: ApiError) -> Failure {
    match error.kind {
        ApiErrorKind::NotFound => Failure::Gone { source: error },
        _ => error.into(),
    }
}
