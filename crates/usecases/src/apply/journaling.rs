//! The journaling around a write: its intent before it is sent, its outcome after.
//!
//! Nothing is sent here.

use cxda_domain::address::{Address, ResourceKind};
use cxda_domain::applied::LastApplied;
use cxda_domain::audit::{
    AuditAction, AuditEntry, AuditMetrics, AuditedResource, EncryptedValues, Phase,
};
use cxda_domain::diff::blocks;
use cxda_domain::event::Event;
use cxda_domain::key::{EntityTag, Fingerprint, IdempotencyKey, ResourceId};
use cxda_domain::observed::ObservedResource;
use cxda_domain::plan::{Body, Change, ChangeKind, Desired};
use cxda_domain::projection::Projection;
use cxda_domain::receiver::Receiver;
use cxda_domain::reconcile::LastWord;
use cxda_domain::request::Operation;
use cxda_domain::secret::SecretText;
use cxda_ports::error::CallCost;
use cxda_ports::journal::{Intent, Memory, Settlement};
use cxda_ports::outbox::OutboxEntry;

use crate::apply::Failure;
use crate::apply::execution::{Execution, lock};
use crate::apply::open::OpenWrite;

/// The audit note of a write that was taken back before it was sent.
const NOT_SENT: &str = "not_sent";

/// One write on its way: what is journaled of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Write<'a> {
    pub(super) change: &'a Change,
    pub(super) operation: Operation,
    pub(super) action: AuditAction,
    pub(super) id: Option<&'a ResourceId>,
    pub(super) payload: &'a Fingerprint,
    pub(super) tag: Option<&'a EntityTag>,
}

/// What becomes of an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Its write is settled.
    Resolved,
    /// Its write may still have happened, or may still happen.
    Open,
}

/// How a write ended, for the journal.
#[derive(Debug)]
pub(super) struct Ending<'a> {
    pub(super) phase: Phase,
    pub(super) intent: Fate,
    pub(super) id: Option<&'a ResourceId>,
    pub(super) cost: CallCost,
    pub(super) encrypted: Option<EncryptedValues>,
    pub(super) memory: Memory,
    pub(super) error: Option<String>,
    pub(super) events: Vec<Event>,
}

impl<'a> Ending<'a> {
    /// That of a write after which nothing else is remembered and nobody is told anything.
    pub(super) fn alone(
        (phase, intent): (Phase, Fate),
        id: Option<&'a ResourceId>,
        cost: CallCost,
        error: Option<String>,
    ) -> Self {
        Self {
            phase,
            intent,
            id,
            cost,
            encrypted: None,
            memory: Memory::Unchanged,
            error,
            events: Vec::new(),
        }
    }

    /// That of a write that ended with `failure`.
    pub(super) fn failed(
        fate: (Phase, Fate),
        id: Option<&'a ResourceId>,
        cost: CallCost,
        failure: &Failure,
    ) -> Self {
        let note = if failure.is_stopped() && cost.attempts == 0 {
            NOT_SENT.to_owned()
        } else {
            failure.to_string()
        };
        Self::alone(fate, id, cost, Some(note))
    }
}

impl Execution<'_> {
    /// Journals and audits the intent of `write`; only then may it be sent. It goes on with an open intent for the same body.
    pub(super) async fn begin(&self, write: Write<'_>) -> Result<Intent, Failure> {
        let open = self.open_at(&write.change.address);
        let same = open
            .iter()
            .find(|open| open.is(write.operation) && open.intent.payload == *write.payload);
        self.begin_as(write, same, None).await
    }

    /// Journals and audits the intent of a create under a fresh key, or under that of the open write `again`.
    pub(super) async fn begin_create(
        &self,
        write: Write<'_>,
        again: Option<&OpenWrite>,
    ) -> Result<(Intent, IdempotencyKey), Failure> {
        let key = again.and_then(|open| open.intent.key.clone());
        let key = key.unwrap_or_else(|| IdempotencyKey::new(self.ports.ids.fresh()));
        let intent = self.begin_as(write, again, Some(key.clone())).await?;
        Ok((intent, key))
    }

    async fn begin_as(
        &self,
        write: Write<'_>,
        again: Option<&OpenWrite>,
        key: Option<IdempotencyKey>,
    ) -> Result<Intent, Failure> {
        if self.ports.stop.is_raised() {
            return Err(Failure::Stopped);
        }
        let operation_id = again.map(|open| open.intent.operation_id.clone());
        let intent = Intent {
            operation_id: operation_id.unwrap_or_else(|| self.ports.ids.fresh()),
            run: self.options.run.clone(),
            operation: write.operation,
            address: write.change.address.clone(),
            id: write.id.cloned(),
            key,
            payload: write.payload.clone(),
            base_tag: write.tag.cloned(),
            created: self.ports.clock.now(),
        };
        if again.is_some_and(|open| open.last == LastWord::Intended) {
            // Its intent is on record already and has no outcome yet: a second one would make it two writes.
            self.ports.journal.resume(&intent).await?;
            return Ok(intent);
        }
        let entry = self.entry(write, Phase::Intended, write.id, None, None);
        let record = self.ports.journal.begin(&intent, &entry).await?;
        self.ports.audit.append(&record).await?;
        Ok(intent)
    }

    /// Journals and audits how `write` ended.
    pub(super) async fn settle(
        &self,
        write: Write<'_>,
        intent: &Intent,
        ending: Ending<'_>,
    ) -> Result<(), Failure> {
        let metrics = AuditMetrics {
            latency_ms: ending.cost.latency_ms(),
            attempts: ending.cost.attempts,
            encrypted: ending.encrypted,
        };
        let id = ending.id.or(write.id);
        let record = self.entry(write, ending.phase, id, Some(metrics), ending.error);
        let settlement = Settlement {
            operation_id: intent.operation_id.clone(),
            resolved: ending.intent == Fate::Resolved,
            memory: self.dated(ending.memory),
            record,
            outbox: self.outbox(ending.events),
        };
        self.store(&settlement).await
    }

    /// `memory` with the age of each secret in it.
    pub(super) fn dated(&self, memory: Memory) -> Memory {
        match memory {
            Memory::Applied(applied) => Memory::Applied(self.aged(applied)),
            other => other,
        }
    }

    /// `applied` with the age of each secret in it.
    pub(super) fn aged(&self, applied: LastApplied) -> LastApplied {
        let before = self.planned.applied.get(&applied.address);
        applied.dated(before, Some(self.ports.clock.now()))
    }

    /// Stores an outcome, audits it and has webhooks told of it.
    pub(super) async fn store(&self, settlement: &Settlement) -> Result<(), Failure> {
        let settled = self.ports.journal.settle(settlement).await;
        let record = settled.map_err(Failure::Unjournaled)?;
        if settlement.resolved {
            lock(&self.settled).insert(settlement.operation_id.clone());
        }
        let audited = self.ports.audit.append(&record).await;
        audited.map_err(Failure::Unaudited)?;
        if let Some(courier) = self.ports.courier {
            courier.take(&settlement.outbox);
        }
        Ok(())
    }

    /// Whether an operation of an earlier run was settled in this one.
    pub(super) fn is_settled(&self, intent: &Intent) -> bool {
        lock(&self.settled).contains(&intent.operation_id)
    }

    /// What the journal remembers once `desired` has been applied.
    pub(super) fn memory(&self, address: &Address, id: &ResourceId, desired: &Desired) -> Memory {
        Memory::Applied(LastApplied::new(
            address.clone(),
            id.clone(),
            &desired.body.projection(),
            desired.secrets.clone(),
            desired.protect,
            &self.key,
        ))
    }

    pub(super) fn outbox(&self, events: Vec<Event>) -> Vec<OutboxEntry> {
        let mut entries = Vec::new();
        let created = self.ports.clock.now();
        for event in events {
            for subscription in &self.options.subscriptions {
                if subscription.wants(event.kind) {
                    entries.push(OutboxEntry {
                        id: self.ports.ids.fresh(),
                        receiver: Receiver::Webhook(subscription.webhook.clone()),
                        event: event.clone(),
                        created,
                    });
                }
            }
        }
        entries
    }

    /// A keyed hash of everything that is sent, encrypted values by their own.
    pub(super) fn payload(&self, desired: &Desired) -> Fingerprint {
        let fields = serde_json::Value::Object(desired.body.projection().fields().clone());
        // A view names its source by id, which another view of the same name does not have.
        let source = match &desired.body {
            Body::View(view) => view.source.id(),
            Body::Action(_) => None,
        };
        let secrets: Vec<String> = desired
            .secrets
            .iter()
            .map(|(name, print)| format!("{name}={print}"))
            .collect();
        let source = source.unwrap_or_default();
        let whole = format!("{fields}\n{source}\n{}", secrets.join("\n"));
        self.ports.journal.fingerprint(&SecretText::new(whole))
    }

    fn entry(
        &self,
        write: Write<'_>,
        phase: Phase,
        id: Option<&ResourceId>,
        metrics: Option<AuditMetrics>,
        error: Option<String>,
    ) -> AuditEntry {
        AuditEntry {
            resource: AuditedResource::new(&write.change.address, id.cloned()),
            changes: blocks(&write.change.fields),
            metrics,
            error,
            ..self.blank_entry(write.action, phase, &write.change.address)
        }
    }

    /// A record of this run that says no more than what was done to which resource.
    pub(super) fn blank_entry(
        &self,
        action: AuditAction,
        phase: Phase,
        address: &Address,
    ) -> AuditEntry {
        AuditEntry {
            audit_id: self.ports.ids.fresh(),
            run_id: self.options.run.clone(),
            timestamp: self.ports.clock.now(),
            actor: self.options.actor.clone(),
            tenant: self.options.tenant.clone(),
            action,
            phase,
            resource: AuditedResource::new(address, None),
            changes: Vec::new(),
            metrics: None,
            compliance: self.options.compliance,
            error: None,
        }
    }
}

/// What a write of `kind` to a resource of this kind is called, in the journal and in the audit log.
pub(super) fn names(kind: ChangeKind, of: ResourceKind) -> (Operation, AuditAction) {
    match (kind, of) {
        (ChangeKind::Create, ResourceKind::View) => {
            (Operation::CreateView, AuditAction::CreateMaterializedView)
        }
        (ChangeKind::Update, ResourceKind::View) => {
            (Operation::ReplaceView, AuditAction::UpdateMaterializedView)
        }
        (ChangeKind::Delete, ResourceKind::View) => {
            (Operation::DeleteView, AuditAction::DeleteMaterializedView)
        }
        (ChangeKind::Create, ResourceKind::Action) => {
            (Operation::CreateAction, AuditAction::CreateDataAction)
        }
        (ChangeKind::Update, ResourceKind::Action) => {
            (Operation::ReplaceAction, AuditAction::UpdateDataAction)
        }
        (ChangeKind::Delete, ResourceKind::Action) => {
            (Operation::DeleteAction, AuditAction::DeleteDataAction)
        }
    }
}

/// What a write of this operation is called in the audit log.
pub(super) fn audited_as(operation: Operation) -> Option<AuditAction> {
    let kinds = [ChangeKind::Create, ChangeKind::Update, ChangeKind::Delete];
    let of = [ResourceKind::View, ResourceKind::Action];
    let mut all = kinds.iter().flat_map(|kind| of.map(|of| names(*kind, of)));
    let found = all.find_map(|(named, action)| (named == operation).then_some(action));
    found.or((operation == Operation::BuildIndexes).then_some(AuditAction::BuildIndexes))
}

/// What became of the encrypted values of `desired`, by what the tenant's answer `shown` says of its variables.
pub(super) fn encrypted(desired: &Desired, shown: &ObservedResource) -> Option<EncryptedValues> {
    let tells = shown.fields.fields().contains_key(Projection::VARIABLES);
    if desired.secrets.is_empty() || !tells {
        return None;
    }
    let kept = shown.fields.encrypted_variables();
    let kept = kept.filter(|name| desired.secrets.contains_key(*name));
    let count = |values: usize| u32::try_from(values).unwrap_or(u32::MAX);
    Some(EncryptedValues {
        sent: count(desired.secrets.len()),
        stored: count(kept.count()),
    })
}
