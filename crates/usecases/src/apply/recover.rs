//! Before a run: what an earlier one left open and the listing proves is settled.

use cxda_domain::audit::{AuditAction, AuditEntry, AuditedResource, Phase};
use cxda_domain::request::Operation;
use cxda_ports::journal::{Memory, Settlement};

use crate::apply::Failure;
use crate::apply::execution::Execution;

/// The audit note of an outcome that a read proved, not an answer.
const PROVED_BY_READING: &str = "proved_by_reading";

impl Execution<'_> {
    /// Settles creates of earlier runs that were sent, not answered, and did happen: the tenant shows their resource.
    ///
    /// A create that the tenant does not show stays open: it is sent again under its own key, if it still is wanted.
    pub(super) async fn settle_proved(&self) -> Result<(), Failure> {
        for intent in self.open_intents() {
            let action = match intent.operation {
                Operation::CreateView => AuditAction::CreateMaterializedView,
                Operation::CreateAction => AuditAction::CreateDataAction,
                _ => continue,
            };
            let Some(there) = self.planned.observed.get(&intent.address) else {
                continue;
            };
            let record = AuditEntry {
                resource: AuditedResource::new(&intent.address, Some(there.id.clone())),
                error: Some(PROVED_BY_READING.to_owned()),
                ..self.blank_entry(action, Phase::Done, &intent.address)
            };
            let settlement = Settlement {
                operation_id: intent.operation_id.clone(),
                resolved: true,
                memory: Memory::Unchanged,
                record,
                outbox: Vec::new(),
            };
            let record = self.ports.journal.settle(&settlement).await?;
            self.ports.audit.append(&record).await?;
        }
        Ok(())
    }
}
