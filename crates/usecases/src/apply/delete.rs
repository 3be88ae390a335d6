//! Deletes: only what nothing that stays still needs.

use cxda_domain::address::ResourceKind;
use cxda_domain::audit::{AuditAction, Phase};
use cxda_domain::event::{Event, EventKind};
use cxda_domain::key::{Digest, ResourceId};
use cxda_domain::plan::Change;
use cxda_domain::request::Operation;
use cxda_ports::actions::Deleted;
use cxda_ports::error::{Answer, ApiError, ApiErrorKind, CallCost};
use cxda_ports::journal::Memory;

use crate::apply::Failure;
use crate::apply::execution::{Ending, Execution, Progressed, Write};

impl Execution<'_> {
    /// Deletes what `change` names; what is not there any more is done.
    pub(super) async fn delete(
        &self,
        change: &Change,
        progressed: &mut Progressed,
    ) -> Result<(), Failure> {
        if let Some(address) = self.failed_dependent(&change.address) {
            return Err(Failure::Dependency { address });
        }
        let Some(id) = change.id.clone() else {
            return Ok(());
        };
        let (operation, action, event) = match change.address.kind {
            ResourceKind::View => (
                Operation::DeleteView,
                AuditAction::DeleteMaterializedView,
                EventKind::ViewDeleted,
            ),
            ResourceKind::Action => (
                Operation::DeleteAction,
                AuditAction::DeleteDataAction,
                EventKind::ActionDeleted,
            ),
        };
        let payload = Digest::of(id.as_str());
        let write = Write {
            change,
            operation,
            action,
            id: Some(&id),
            payload: &payload,
            tag: None,
        };
        let intent = self.begin(write).await?;
        let mut answer = self.send_delete(change, &id).await;
        let mut cost = cost_of(&answer);
        if matches!(&answer, Err(error) if matches!(error.kind, ApiErrorKind::Busy { .. })) {
            // The tenant still works on an earlier write: once it is idle, the delete is sent once more.
            if self.is_idle(change, progressed).await {
                answer = self.send_delete(change, &id).await;
                cost = cost.plus(cost_of(&answer));
            }
        }
        progressed.cost = progressed.cost.plus(cost);
        let ending = match &answer {
            Ok(answer) => {
                let event = match change.address.kind {
                    ResourceKind::View => {
                        let now = self.ports.clock.now();
                        Event::view(event, &change.address, &id, None, now, cost.latency_ms())
                    }
                    ResourceKind::Action => {
                        Event::action(event, &change.address, &id, None, cost.latency_ms())
                    }
                };
                let absent = answer.value == Deleted::AlreadyAbsent;
                Ending {
                    phase: Phase::Done,
                    id: Some(&id),
                    cost,
                    memory: Memory::Forgotten(change.address.clone()),
                    error: absent.then(|| "already_absent".to_owned()),
                    events: if absent { Vec::new() } else { vec![event] },
                }
            }
            Err(error) => Ending {
                phase: match error.kind {
                    ApiErrorKind::OutcomeUnknown => Phase::Unknown,
                    _ => Phase::Failed,
                },
                id: Some(&id),
                cost,
                memory: Memory::Unchanged,
                error: Some(error.to_string()),
                events: Vec::new(),
            },
        };
        self.settle(write, &intent, ending).await?;
        answer.map(drop).map_err(Failure::from)
    }

    async fn send_delete(
        &self,
        change: &Change,
        id: &ResourceId,
    ) -> Result<Answer<Deleted>, ApiError> {
        match change.address.kind {
            ResourceKind::View => self.ports.tenant.views.delete(id).await,
            ResourceKind::Action => self.ports.tenant.actions.delete(id).await,
        }
    }

    /// Waits until the tenant has finished an earlier write; tells whether that came within the deadline.
    async fn is_idle(&self, change: &Change, progressed: &mut Progressed) -> bool {
        let Some(planned) = self.planned.observed.get(&change.address) else {
            return false;
        };
        match self.read_idle(change, planned, progressed).await {
            Ok(_) => true,
            // What is gone by now is deleted by nobody's second request; the answer to it says so.
            Err(Failure::Api(error)) => error.kind == ApiErrorKind::NotFound,
            Err(_) => false,
        }
    }
}

fn cost_of(answer: &Result<Answer<Deleted>, ApiError>) -> CallCost {
    answer
        .as_ref()
        .map_or_else(|error| error.cost, |answer| answer.cost)
}
