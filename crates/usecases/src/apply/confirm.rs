//! After a write: does the tenant show what was sent? What it ignored is sent once more, and no more than once.

use cxda_domain::address::ResourceKind;
use cxda_domain::audit::Phase;
use cxda_domain::diff::LeftOut;
use cxda_domain::key::ResourceId;
use cxda_domain::observed::{ObservedResource, Versioned};
use cxda_domain::plan::{Body, Change, ChangeKind, Desired};
use cxda_domain::projection::Projection;
use cxda_ports::error::{Answer, ApiError, CallCost};
use cxda_ports::journal::Intent;
use serde_json::Value;

use crate::apply::Failure;
use crate::apply::execution::{Execution, Progressed};
use crate::apply::journaling::{Ending, Fate, Write, names};
use crate::apply::update::Sent;

/// Blocks of an action that an answer must show, or a read is owed.
const OWED_BLOCKS: [&str; 3] = ["cache", "variables", "dateProcessing"];

/// Whether values that a tenant never shows are known to be as wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// They are: what stands there was sent as it is wanted now.
    Sent,
    /// They may be others, so what is wanted is written once where there are any.
    Unseen,
}

impl Execution<'_> {
    /// Makes sure that the tenant shows `desired`, given its answer to the write or what a read found.
    pub(super) async fn confirm(
        &self,
        change: &Change,
        desired: &Desired,
        answer: &ObservedResource,
        trust: Trust,
        progressed: &mut Progressed,
    ) -> Result<(), Failure> {
        let seen = trust == Trust::Sent || desired.secrets.is_empty();
        let as_wanted = |shown: &ObservedResource, left_out| {
            seen && self.unlike(desired, shown, left_out).is_empty()
        };
        if !owes_a_read(desired, answer) && as_wanted(answer, LeftOut::SaysNothing) {
            return Ok(());
        }
        let current = match self.read_id(change.address.kind, &answer.id).await {
            Ok(current) => current,
            // Our own write is done; what nobody could read of it is for the next plan.
            Err(source) if source.is_stopped() && trust == Trust::Sent => return Ok(()),
            Err(source) => {
                progressed.cost = progressed.cost.plus(source.cost);
                return Err(Failure::unread(&change.address, source));
            }
        };
        progressed.cost = progressed.cost.plus(current.cost);
        let current = current.value;
        if as_wanted(&current.value, LeftOut::MeansEmpty) {
            return Ok(());
        }
        let fields = self.unlike(desired, &current.value, LeftOut::MeansEmpty);
        let written = self.write_anew(change, desired, current, progressed);
        match written.await {
            Err(failure) if failure.is_stopped() && trust == Trust::Sent => {
                Err(Failure::Ignored { fields })
            }
            ended => ended,
        }
    }

    /// Writes `desired` over `current` after another write of this change: what the tenant ignored of that, what nobody can see, or
    /// what became of it.
    pub(super) async fn write_anew(
        &self,
        change: &Change,
        desired: &Desired,
        current: Versioned<ObservedResource>,
        progressed: &mut Progressed,
    ) -> Result<(), Failure> {
        let payload = self.payload(desired);
        let (operation, action) = names(ChangeKind::Update, change.address.kind);
        let (id, tag) = (current.value.id.clone(), current.tag.clone());
        let write = Write {
            change,
            operation,
            action,
            id: Some(&id),
            payload: &payload,
            tag: tag.as_ref(),
        };
        let intent = self.begin(write).await?;
        let mut cost = CallCost::default();
        let base = current.value.clone();
        let sent = self.send(desired, current, &base, &mut cost).await;
        let ended = match sent {
            Ok(Sent::Proved(_)) => Ok(()),
            Ok(Sent::Written(answer)) => self.heeded(change, desired, &answer, &mut cost).await,
            Err(failure) => Err(failure),
        };
        progressed.cost = progressed.cost.plus(cost);
        let ending = match &ended {
            Ok(()) => Ending::alone((Phase::Done, Fate::Resolved), Some(&id), cost, None),
            Err(failure) => Ending::failed(self.fate(failure, &intent), Some(&id), cost, failure),
        };
        self.settle(write, &intent, ending).await?;
        ended
    }

    /// Whether `answer`, or a read where it does not tell, shows what was sent.
    async fn heeded(
        &self,
        change: &Change,
        desired: &Desired,
        answer: &ObservedResource,
        cost: &mut CallCost,
    ) -> Result<(), Failure> {
        let mut fields = self.unlike(desired, answer, LeftOut::SaysNothing);
        if fields.is_empty() && owes_a_read(desired, answer) {
            let read = match self.read_id(change.address.kind, &answer.id).await {
                Err(source) if source.is_stopped() => return Ok(()),
                read => read.map_err(|source| Failure::unread(&change.address, source))?,
            };
            *cost = cost.plus(read.cost);
            fields = self.unlike(desired, &read.value.value, LeftOut::MeansEmpty);
        }
        if fields.is_empty() {
            Ok(())
        } else {
            Err(Failure::Ignored { fields })
        }
    }

    /// Reads the resource with this id.
    pub(super) async fn read_id(
        &self,
        kind: ResourceKind,
        id: &ResourceId,
    ) -> Result<Answer<Versioned<ObservedResource>>, ApiError> {
        match kind {
            ResourceKind::View => self.ports.tenant.views.read(id).await,
            ResourceKind::Action => self.ports.tenant.actions.read(id).await,
        }
    }

    /// Replaces `current` by what is desired.
    pub(super) async fn put(
        &self,
        desired: &Desired,
        current: &Versioned<ObservedResource>,
    ) -> Result<Answer<ObservedResource>, ApiError> {
        let replaced = match &desired.body {
            Body::View(view) => self.ports.tenant.views.replace(current, view).await,
            Body::Action(action) => self.ports.tenant.actions.replace(current, action).await,
        };
        replaced.map_err(|error| self.placed(&desired.body, error))
    }

    /// What becomes of `intent`, whose write failed like this. That says nothing of what an earlier run sent of it.
    pub(super) fn fate(&self, failure: &Failure, intent: &Intent) -> (Phase, Fate) {
        if failure.is_unknown() || self.is_still_alive(intent) {
            (Phase::Unknown, Fate::Open)
        } else {
            (Phase::Failed, Fate::Resolved)
        }
    }
}

/// Whether `answer` leaves out what an answer about an action must show.
fn owes_a_read(desired: &Desired, answer: &ObservedResource) -> bool {
    let wanted = desired.body.projection();
    let leaves_out = |block: &&str| leaves_out(&wanted, &answer.fields, block);
    answer.kind == ResourceKind::Action && OWED_BLOCKS.iter().any(leaves_out)
}

/// Whether `shown` leaves out `block`, or a member of it, that `wanted` has. Of variables, which may be masked, only
/// whether they are there counts.
fn leaves_out(wanted: &Projection, shown: &Projection, block: &str) -> bool {
    let Some(wanted) = wanted.fields().get(block) else {
        return false;
    };
    match (wanted, shown.fields().get(block)) {
        (_, None) => true,
        (Value::Object(wanted), Some(Value::Object(shown))) => {
            wanted.keys().any(|member| !shown.contains_key(member))
        }
        _ => false,
    }
}
