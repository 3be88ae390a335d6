//! Before a run: what an earlier one left open is settled where the listing or a read tells.
//!
//! What neither tells stays open; where its change is still planned, that change deals with it.

use std::collections::{BTreeMap, BTreeSet};

use cxda_domain::address::ResourceKind;
use cxda_domain::applied::LastApplied;
use cxda_domain::audit::{AuditEntry, AuditedResource, Phase};
use cxda_domain::diff::LeftOut;
use cxda_domain::event::Event;
use cxda_domain::key::ResourceId;
use cxda_domain::observed::ObservedResource;
use cxda_domain::plan::{ChangeKind, Desired};
use cxda_domain::request::Operation;
use cxda_ports::error::{ApiErrorKind, CallCost};
use cxda_ports::journal::{Intent, Memory, Settlement};

use crate::apply::Failure;
use crate::apply::delete::deleted;
use crate::apply::events::Told;
use crate::apply::execution::Execution;
use crate::apply::find::Found;
use crate::apply::journaling::audited_as;
use crate::apply::open::OpenWrite;

/// The audit note of an outcome that a read proved, not an answer.
pub(super) const PROVED_BY_READING: &str = "proved_by_reading";
/// The audit note of a write that was not carried out before it no longer could be.
pub(super) const NOT_APPLIED: &str = "not_applied";
/// The audit note of a write whose outcome shows nowhere and which can no longer be carried out.
const NOT_PROVABLE: &str = "not_provable";
/// The audit note of a write of which a later one has taken the place.
pub(super) const SUPERSEDED: &str = "superseded";

/// What is known at last of a write that was left open.
#[derive(Debug)]
pub(super) struct Proof {
    pub(super) phase: Phase,
    pub(super) note: &'static str,
    pub(super) id: Option<ResourceId>,
    pub(super) memory: Memory,
    pub(super) events: Vec<Event>,
}

impl Proof {
    /// That it is over, without any effect on what is remembered.
    pub(super) fn over(phase: Phase, note: &'static str, id: Option<ResourceId>) -> Self {
        Self {
            phase,
            note,
            id,
            memory: Memory::Unchanged,
            events: Vec::new(),
        }
    }
}

impl Execution<'_> {
    /// Settles what earlier runs left open, as far as what the tenant shows tells.
    pub(super) async fn recover(&mut self) -> Result<(), Failure> {
        let mut proved = BTreeSet::new();
        for open in self.open.values().flatten() {
            if self.is_settled(&open.intent) {
                continue;
            }
            let proof = match open.intent.operation {
                Operation::CreateView | Operation::CreateAction => self.proof_of_create(open).await,
                Operation::ReplaceView | Operation::ReplaceAction => self.proof_of_replace(open),
                Operation::DeleteView | Operation::DeleteAction => self.proof_of_delete(open).await,
                Operation::TestAction => self.proof_of_test(open).await?,
                _ => match &open.intent.id {
                    Some(id) if self.pay_indexes(&open.intent.address, id).await => None,
                    id => self
                        .is_quiet(open)
                        .then(|| Proof::over(Phase::Unknown, NOT_PROVABLE, id.clone())),
                },
            };
            if let Some(proof) = proof {
                let address = &open.intent.address;
                if matches!(proof.memory, Memory::Applied(_)) && self.desired(address).is_some() {
                    proved.insert(address.clone());
                }
                let (phase, id) = (proof.phase, proof.id.clone());
                self.close(&open.intent, proof).await?;
                if let (Phase::Done, Some(id)) = (phase, id) {
                    self.pay_indexes(address, &id).await;
                }
            } else if !self.is_settled(&open.intent) {
                let address = open.intent.address.to_string();
                tracing::debug!(address, "an earlier write stays open");
            }
        }
        let mut open = std::mem::take(&mut self.open);
        for writes in open.values_mut() {
            writes.retain(|write| !self.is_settled(&write.intent));
        }
        open.retain(|_, writes| !writes.is_empty());
        self.open = open;
        self.proved = proved;
        Ok(())
    }

    /// Settles an open intent by what is known of it now, without a further write.
    pub(super) async fn close(&self, intent: &Intent, proof: Proof) -> Result<(), Failure> {
        let Some(action) = audited_as(intent.operation) else {
            return Ok(());
        };
        let record = AuditEntry {
            resource: AuditedResource::new(&intent.address, proof.id),
            error: Some(proof.note.to_owned()),
            ..self.blank_entry(action, proof.phase, &intent.address)
        };
        let settlement = Settlement {
            operation_id: intent.operation_id.clone(),
            resolved: true,
            memory: self.dated(proof.memory),
            record,
            outbox: self.outbox(proof.events),
        };
        self.store(&settlement).await
    }

    fn is_quiet(&self, open: &OpenWrite) -> bool {
        open.quiet_in(self.ports.clock.now()).is_zero()
    }

    fn plans(&self, open: &OpenWrite, kinds: &[ChangeKind]) -> bool {
        let mut changes = self.planned.plan.changes.iter();
        changes.any(|change| change.address == open.intent.address && kinds.contains(&change.kind))
    }

    /// A create whose name the tenant shows did happen.
    async fn proof_of_create(&self, open: &OpenWrite) -> Option<Proof> {
        let address = &open.intent.address;
        let there = match self.planned.observed.named(address).as_slice() {
            [one] => (*one).clone(),
            [] if self.plans(open, &[ChangeKind::Create]) => return None,
            // Nobody wants it any more, so its kind may not have been listed.
            [] => match self.look(address, &mut CallCost::default()).await {
                Ok(Found::One(there)) => *there,
                Ok(Found::Absent) if self.is_quiet(open) => {
                    return Some(Proof::over(Phase::Failed, NOT_APPLIED, None));
                }
                _ => return None,
            },
            _ => return None,
        };
        let desired = self.desired(address);
        let events = desired.as_ref().map(|desired| {
            let cost = CallCost::default();
            self.events_of(
                address,
                Told::Created,
                &there.id,
                desired,
                cost,
                &open.intent,
            )
        });
        let memory = match desired {
            // It stands there as it was sent, hidden values too.
            Some(desired) if self.payload(&desired) == open.intent.payload => {
                self.memory(address, &there.id, &desired)
            }
            // A change of it is planned.
            Some(_) => Memory::Unchanged,
            // Nobody wants it any more, but it is ours to prune.
            None => self.as_shown(&there, false),
        };
        Some(Proof {
            memory,
            events: events.unwrap_or_default(),
            ..Proof::over(Phase::Done, PROVED_BY_READING, Some(there.id))
        })
    }

    /// A replace is proved where the resource is as the same manifest wants it: then nothing is planned.
    fn proof_of_replace(&self, open: &OpenWrite) -> Option<Proof> {
        if self.plans(open, &[ChangeKind::Update, ChangeKind::Delete]) {
            return None;
        }
        let id = open.intent.id.as_ref()?;
        if let Some(desired) = self.desired(&open.intent.address)
            && self.payload(&desired) == open.intent.payload
            && self.is_shown(open, id, &desired)
        {
            let (address, cost) = (&open.intent.address, CallCost::default());
            let told = Told::Updated(&[]);
            return Some(Proof {
                events: self.events_of(address, told, id, &desired, cost, &open.intent),
                ..Proof::over(Phase::Done, PROVED_BY_READING, Some(id.clone()))
            });
        }
        self.is_quiet(open)
            .then(|| Proof::over(Phase::Unknown, NOT_PROVABLE, Some(id.clone())))
    }

    /// Whether the plan saw the resource `id` as `desired`. That nothing is planned does not say so: it may not be a target.
    fn is_shown(&self, open: &OpenWrite, id: &ResourceId, desired: &Desired) -> bool {
        let there = self.planned.observed.get(&open.intent.address);
        there.is_some_and(|there| {
            let unlike = self.unlike(desired, there, LeftOut::MeansEmpty);
            there.id == *id && unlike.is_empty()
        })
    }

    /// A delete is proved where its id is gone.
    async fn proof_of_delete(&self, open: &OpenWrite) -> Option<Proof> {
        let id = open.intent.id.as_ref()?;
        if self.plans(open, &[ChangeKind::Delete]) {
            return None;
        }
        let address = &open.intent.address;
        let listed = self.planned.observed.resources();
        let there = listed
            .iter()
            .any(|each| each.kind == address.kind && each.id == *id);
        if !there && self.is_gone(address.kind, id).await == Some(true) {
            let now = self.ports.clock.now();
            let successor = self.planned.observed.get(address).is_some();
            return Some(Proof {
                memory: if successor {
                    Memory::Unchanged
                } else {
                    Memory::Forgotten(address.clone())
                },
                events: vec![deleted(address, id, now, CallCost::default())],
                ..Proof::over(Phase::Done, PROVED_BY_READING, Some(id.clone()))
            });
        }
        (there && self.is_quiet(open))
            .then(|| Proof::over(Phase::Failed, NOT_APPLIED, Some(id.clone())))
    }

    /// What is remembered of a resource of which only what `there` shows is known.
    pub(super) fn as_shown(&self, there: &ObservedResource, protect: bool) -> Memory {
        let (id, secrets) = (there.id.clone(), BTreeMap::new());
        Memory::Applied(LastApplied::new(
            there.address(),
            id,
            &there.fields,
            secrets,
            protect,
            &self.key,
        ))
    }

    /// Whether a read says that nothing has the id; `None` where it says nothing.
    pub(super) async fn is_gone(&self, kind: ResourceKind, id: &ResourceId) -> Option<bool> {
        match self.read_id(kind, id).await {
            Ok(_) => Some(false),
            Err(error) if error.kind == ApiErrorKind::NotFound => Some(true),
            Err(_) => None,
        }
    }
}
