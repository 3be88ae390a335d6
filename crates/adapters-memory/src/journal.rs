//! A journal in memory, with the same chain of audit records as the one on disk.
//!
//! Nothing in it survives the process; its fingerprints are keyed with a constant and protect nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use cxda_domain::address::Address;
use cxda_domain::applied::LastApplied;
use cxda_domain::audit::{AuditEntry, Phase, SealedRecord};
use cxda_domain::instant::UtcMillis;
use cxda_domain::key::{Digest, Fingerprint};
use cxda_domain::receiver::Receiver;
use cxda_domain::secret::SecretText;
use cxda_ports::error::StoreError;
use cxda_ports::journal::{Intent, Journal, Memory, OpenIntent, Settlement};
use cxda_ports::outbox::Outgoing;

use self::seal::Chain;

mod outbox;
mod seal;

/// A journal that forgets everything with the process.
#[derive(Debug, Default)]
pub struct MemoryJournal(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    applied: BTreeMap<Address, LastApplied>,
    serial: u64,
    intents: Vec<OpenIntent>,
    outbox: Vec<Outgoing>,
    gone: BTreeSet<Receiver>,
    chain: Chain,
    not_before: Option<UtcMillis>,
}

impl MemoryJournal {
    /// A journal that remembers nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// A journal that remembers `applied`.
    pub fn remembering(applied: impl IntoIterator<Item = LastApplied>) -> Self {
        let journal = Self::new();
        let by_address = applied.into_iter().map(|each| (each.address.clone(), each));
        journal.kept().applied = by_address.collect();
        journal
    }

    /// The audit records after number `after`, in order.
    pub(crate) fn sealed_after(&self, after: u64) -> Vec<SealedRecord> {
        self.kept().chain.after(after).to_vec()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn last_applied(&self) -> Result<BTreeMap<Address, LastApplied>, StoreError> {
        Ok(self.kept().applied.clone())
    }

    async fn open_intents(&self) -> Result<Vec<OpenIntent>, StoreError> {
        Ok(self.kept().intents.clone())
    }

    async fn begin(
        &self,
        intent: &Intent,
        record: &AuditEntry,
    ) -> Result<SealedRecord, StoreError> {
        let mut kept = self.kept();
        let sealed = kept.chain.seal(record).map_err(refused)?;
        kept.keep_intent(intent);
        Ok(sealed)
    }

    async fn resume(&self, intent: &Intent) -> Result<(), StoreError> {
        let mut kept = self.kept();
        let operation_id = &intent.operation_id;
        if kept.open(operation_id).is_none() {
            return Err(refused(format!("no intent {operation_id} is open")));
        }
        kept.keep_intent(intent);
        Ok(())
    }

    async fn settle(&self, settlement: &Settlement) -> Result<SealedRecord, StoreError> {
        self.kept().settle(settlement)
    }

    async fn adopt(&self, resources: &[LastApplied]) -> Result<(), StoreError> {
        let mut kept = self.kept();
        for resource in resources {
            kept.remember(resource);
        }
        Ok(())
    }

    async fn serial(&self) -> Result<u64, StoreError> {
        Ok(self.kept().serial)
    }

    async fn records_after(
        &self,
        after: u64,
        most: usize,
    ) -> Result<Vec<SealedRecord>, StoreError> {
        let mut records = self.sealed_after(after);
        records.truncate(most);
        Ok(records)
    }

    async fn not_before(&self) -> Result<Option<UtcMillis>, StoreError> {
        Ok(self.kept().not_before)
    }

    async fn keep_not_before(&self, instant: UtcMillis) -> Result<(), StoreError> {
        self.kept().not_before = Some(instant);
        Ok(())
    }

    fn fingerprint(&self, secret: &SecretText) -> Fingerprint {
        let keyed = format!("a key that everybody knows: {}", secret.expose());
        Fingerprint::new(Digest::of(keyed).as_str())
    }
}

impl Kept {
    fn keep_intent(&mut self, intent: &Intent) {
        let now = OpenIntent {
            intent: intent.clone(),
            phase: Phase::Intended,
            since: intent.created,
        };
        match self.open(&intent.operation_id) {
            Some(open) => *open = now,
            None => self.intents.push(now),
        }
    }

    fn open(&mut self, operation_id: &str) -> Option<&mut OpenIntent> {
        let mut open = self.intents.iter_mut();
        open.find(|open| open.intent.operation_id == operation_id)
    }

    /// Everything that can fail comes first, so that a settlement is kept whole or not at all.
    fn settle(&mut self, settlement: &Settlement) -> Result<SealedRecord, StoreError> {
        self.refuse_known(&settlement.outbox)?;
        let sealed = self.chain.seal(&settlement.record).map_err(refused)?;
        if settlement.resolved {
            self.intents
                .retain(|open| open.intent.operation_id != settlement.operation_id);
        } else if let Some(open) = self.open(&settlement.operation_id) {
            open.phase = settlement.record.phase;
            open.since = settlement.record.timestamp;
        }
        match &settlement.memory {
            Memory::Applied(applied) => self.remember(applied),
            Memory::Forgotten(address) => {
                self.applied.remove(address);
                self.serial += 1;
            }
            Memory::Unchanged => {}
        }
        self.put_out(&settlement.outbox);
        Ok(sealed)
    }

    fn remember(&mut self, applied: &LastApplied) {
        self.applied
            .insert(applied.address.clone(), applied.clone());
        self.serial += 1;
    }
}

fn refused(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::Failed {
        what: "the store in memory".into(),
        doing: "written",
        source: source.into(),
    }
}
