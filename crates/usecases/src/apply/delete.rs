//! Deletes: only what nothing that stays still needs.

use cxda_domain::address::ResourceKind;
use cxda_domain::audit::{AuditAction, Phase};
use cxda_domain::event::{Event, EventKind};
use cxda_domain::key::Digest;
use cxda_domain::plan::Change;
use cxda_domain::request::Operation;
use cxda_ports::actions::Deleted;
use cxda_ports::error::ApiErrorKind;
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
        let answer = match change.address.kind {
            ResourceKind::View => self.ports.tenant.views.delete(&id).await,
            ResourceKind::Action => self.ports.tenant.actions.delete(&id).await,
        };
        let cost = answer
            .as_ref()
            .map_or_else(|error| error.cost, |answer| answer.cost);
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
}
