//! Deletes: only what nothing that stays still needs.

use cxda_domain::address::{Address, ResourceKind};
use cxda_domain::audit::Phase;
use cxda_domain::event::{Event, EventKind};
use cxda_domain::instant::UtcMillis;
use cxda_domain::key::ResourceId;
use cxda_domain::plan::{Change, ChangeKind};
use cxda_domain::secret::SecretText;
use cxda_ports::actions::Deleted;
use cxda_ports::error::{Answer, ApiError, ApiErrorKind, CallCost};
use cxda_ports::journal::Memory;

use crate::apply::Failure;
use crate::apply::execution::{Execution, Progressed};
use crate::apply::journaling::{Ending, Fate, Write, names};
use crate::apply::recover::PROVED_BY_READING;

/// The audit note of a delete of what was not there.
const ALREADY_ABSENT: &str = "already_absent";

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
        let (operation, action) = names(ChangeKind::Delete, change.address.kind);
        let payload = self
            .ports
            .journal
            .fingerprint(&SecretText::new(id.as_str()));
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
        let mut note = None;
        if let Err(error) = &mut answer {
            self.note_refusal(error);
            let lost = matches!(
                error.kind,
                ApiErrorKind::OutcomeUnknown | ApiErrorKind::Malformed
            );
            // A conflict does not say what it is about: somebody's delete may have come first.
            let doubtful = error.kind == ApiErrorKind::VersionMismatch;
            let alive = lost || !error.is_stopped() && self.is_still_alive(&intent);
            if alive || doubtful {
                match self.is_gone(change.address.kind, &id).await {
                    Some(true) => {
                        note = Some(PROVED_BY_READING);
                        let value = Deleted::Gone;
                        answer = Ok(Answer { value, cost });
                    }
                    _ if alive => error.kind = ApiErrorKind::OutcomeUnknown,
                    _ => {}
                }
            }
        }
        let ending = match &answer {
            Ok(answer) => {
                let absent = answer.value == Deleted::AlreadyAbsent;
                if absent {
                    note = Some(ALREADY_ABSENT);
                }
                let now = self.ports.clock.now();
                let event = deleted(&change.address, &id, now, cost);
                Ending {
                    phase: Phase::Done,
                    intent: Fate::Resolved,
                    id: Some(&id),
                    cost,
                    encrypted: None,
                    memory: Memory::Forgotten(change.address.clone()),
                    error: note.map(ToOwned::to_owned),
                    events: if absent { Vec::new() } else { vec![event] },
                }
            }
            Err(error) => {
                let failure = Failure::from(error.clone());
                Ending::failed(self.fate(&failure, &intent), Some(&id), cost, &failure)
            }
        };
        self.settle(write, &intent, ending).await?;
        answer?;
        self.supersede(change).await
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
        match self.read_idle(planned, &mut progressed.cost).await {
            // What is gone by now is deleted by nobody's second request; the answer to it says so.
            Ok(_) | Err(Failure::Gone { .. }) => true,
            Err(_) => false,
        }
    }
}

/// What webhooks are told of a delete.
pub(super) fn deleted(address: &Address, id: &ResourceId, now: UtcMillis, cost: CallCost) -> Event {
    let latency_ms = cost.latency_ms();
    match address.kind {
        ResourceKind::View => {
            Event::view(EventKind::ViewDeleted, address, id, None, now, latency_ms)
        }
        ResourceKind::Action => {
            Event::action(EventKind::ActionDeleted, address, id, None, latency_ms)
        }
    }
}

fn cost_of(answer: &Result<Answer<Deleted>, ApiError>) -> CallCost {
    answer
        .as_ref()
        .map_or_else(|error| error.cost, |answer| answer.cost)
}
