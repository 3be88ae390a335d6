//! After a write: does the tenant show what was sent? What it ignored is sent once more, and no more than once.

use cxda_domain::address::ResourceKind;
use cxda_domain::audit::{AuditAction, Phase};
use cxda_domain::diff::LeftOut;
use cxda_domain::observed::{ObservedResource, Versioned};
use cxda_domain::plan::{Body, Change, Desired};
use cxda_domain::projection::Projection;
use cxda_domain::request::Operation;
use cxda_ports::error::{Answer, ApiError, ApiErrorKind};
use cxda_ports::journal::Memory;
use serde_json::Value;

use crate::apply::Failure;
use crate::apply::execution::{Ending, Execution, Progressed, Write, payload};

/// Blocks of an action that an answer must show, or a read is owed.
const OWED_BLOCKS: [&str; 3] = ["cache", "variables", "dateProcessing"];

impl Execution<'_> {
    /// Makes sure that the tenant shows `desired`, given its answer to the write.
    pub(super) async fn confirm(
        &self,
        change: &Change,
        desired: &Desired,
        answer: &ObservedResource,
        progressed: &mut Progressed,
    ) -> Result<(), Failure> {
        let wanted = desired.body.projection();
        let owed = change.address.kind == ResourceKind::Action
            && OWED_BLOCKS
                .iter()
                .any(|block| leaves_out(&wanted, &answer.fields, block));
        if !owed
            && self
                .unlike(desired, answer, LeftOut::SaysNothing)
                .is_empty()
        {
            return Ok(());
        }
        let current = self.read(change, answer).await?;
        progressed.cost = progressed.cost.plus(current.cost);
        if self
            .unlike(desired, &current.value.value, LeftOut::MeansEmpty)
            .is_empty()
        {
            return Ok(());
        }
        let payload = payload(desired);
        let (operation, action) = replace_names(change.address.kind);
        let write = Write {
            change,
            operation,
            action,
            id: Some(&answer.id),
            payload: &payload,
            tag: current.value.tag.as_ref(),
        };
        let intent = self.begin(write).await?;
        let sent = self.put(desired, &current.value).await;
        let (phase, cost, error) = match &sent {
            Ok(answer) => {
                let ignored = self.unlike(desired, &answer.value, LeftOut::SaysNothing);
                let error = (!ignored.is_empty()).then_some(Failure::Ignored { fields: ignored });
                (
                    if error.is_some() {
                        Phase::Failed
                    } else {
                        Phase::Done
                    },
                    answer.cost,
                    error,
                )
            }
            Err(error) => {
                let unknown = error.kind == ApiErrorKind::OutcomeUnknown;
                let phase = if unknown {
                    Phase::Unknown
                } else {
                    Phase::Failed
                };
                (phase, error.cost, Some(Failure::Api(error.clone())))
            }
        };
        progressed.cost = progressed.cost.plus(cost);
        let ending = Ending {
            phase,
            id: Some(&answer.id),
            cost,
            memory: Memory::Unchanged,
            error: error.as_ref().map(ToString::to_string),
            events: Vec::new(),
        };
        self.settle(write, &intent, ending).await?;
        error.map_or(Ok(()), Err)
    }

    /// Reads the resource of `change` again.
    pub(super) async fn read(
        &self,
        change: &Change,
        resource: &ObservedResource,
    ) -> Result<Answer<Versioned<ObservedResource>>, ApiError> {
        match change.address.kind {
            ResourceKind::View => self.ports.tenant.views.read(&resource.id).await,
            ResourceKind::Action => self.ports.tenant.actions.read(&resource.id).await,
        }
    }

    /// Replaces `current` by what is desired.
    pub(super) async fn put(
        &self,
        desired: &Desired,
        current: &Versioned<ObservedResource>,
    ) -> Result<Answer<ObservedResource>, ApiError> {
        match &desired.body {
            Body::View(view) => self.ports.tenant.views.replace(current, view).await,
            Body::Action(action) => self.ports.tenant.actions.replace(current, action).await,
        }
    }

    /// Triggers the build of indexes where the tenant does not do so by itself.
    pub(super) async fn build_indexes(
        &self,
        change: &Change,
        desired: &Desired,
        progressed: &mut Progressed,
    ) -> Result<(), Failure> {
        let (Body::View(view), Some(id)) = (&desired.body, progressed.id.clone()) else {
            return Ok(());
        };
        if view.auto_indexes {
            return Ok(());
        }
        let payload = payload(desired);
        let write = Write {
            change,
            operation: Operation::BuildIndexes,
            action: AuditAction::BuildIndexes,
            id: Some(&id),
            payload: &payload,
            tag: None,
        };
        let intent = self.begin(write).await?;
        let built = self.ports.tenant.views.build_indexes(&id).await;
        let cost = built
            .as_ref()
            .map_or_else(|error| error.cost, |answer| answer.cost);
        progressed.cost = progressed.cost.plus(cost);
        let phase = match &built {
            Ok(_) => Phase::Done,
            Err(error) if error.kind == ApiErrorKind::OutcomeUnknown => Phase::Unknown,
            Err(_) => Phase::Failed,
        };
        let ending = Ending {
            phase,
            id: Some(&id),
            cost,
            memory: Memory::Unchanged,
            error: built.as_ref().err().map(ToString::to_string),
            events: Vec::new(),
        };
        self.settle(write, &intent, ending).await?;
        built.map(drop).map_err(Failure::from)
    }
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

/// What a replace of this kind is called.
pub(super) fn replace_names(kind: ResourceKind) -> (Operation, AuditAction) {
    match kind {
        ResourceKind::View => (Operation::ReplaceView, AuditAction::UpdateMaterializedView),
        ResourceKind::Action => (Operation::ReplaceAction, AuditAction::UpdateDataAction),
    }
}
