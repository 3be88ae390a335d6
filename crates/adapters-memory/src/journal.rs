//! A journal in memory, with the same chain of audit records as the one on disk.
//!
//! Nothing in it survives the process; its fingerprints are keyed with a constant and protect nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use cxda_domain::address::Address;
use cxda_domain::applied::LastApplied;
use cxda_domain::audit::{AuditEntry, SealedRecord};
use cxda_domain::instant::UtcMillis;
use cxda_domain::key::{Digest, Fingerprint};
use cxda_domain::secret::SecretText;
use cxda_ports::error::StoreError;
use cxda_ports::journal::{DeliveryState, Intent, Journal, Memory, OutboxEntry, Settlement};

use self::seal::Chain;

mod seal;

/// A journal that forgets everything with the process.
#[derive(Debug, Default)]
pub struct MemoryJournal(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    applied: BTreeMap<Address, LastApplied>,
    intents: Vec<Intent>,
    outbox: Vec<Outgoing>,
    /// Where each entry of the outbox stands.
    outbox_places: BTreeMap<String, usize>,
    chain: Chain,
    not_before: Option<UtcMillis>,
}

#[derive(Debug)]
struct Outgoing {
    entry: OutboxEntry,
    state: DeliveryState,
    attempts: u32,
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

    /// Everything that was ever put into the outbox, with the attempts to deliver it and how far it came.
    pub fn outbox(&self) -> Vec<(OutboxEntry, u32, DeliveryState)> {
        let shown = |each: &Outgoing| (each.entry.clone(), each.attempts, each.state);
        self.kept().outbox.iter().map(shown).collect()
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

    async fn open_intents(&self) -> Result<Vec<Intent>, StoreError> {
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

    async fn records_after(
        &self,
        after: u64,
        most: usize,
    ) -> Result<Vec<SealedRecord>, StoreError> {
        let mut records = self.sealed_after(after);
        records.truncate(most);
        Ok(records)
    }

    async fn pending_deliveries(&self) -> Result<Vec<OutboxEntry>, StoreError> {
        let kept = self.kept();
        let pending = kept
            .outbox
            .iter()
            .filter(|each| each.state == DeliveryState::Pending);
        Ok(pending.map(|each| each.entry.clone()).collect())
    }

    async fn note_delivery(&self, id: &str, state: DeliveryState) -> Result<(), StoreError> {
        let mut kept = self.kept();
        let place = kept.outbox_places.get(id).copied();
        match place.and_then(|place| kept.outbox.get_mut(place)) {
            Some(outgoing) => {
                outgoing.state = state;
                outgoing.attempts += 1;
                Ok(())
            }
            None => Err(refused(format!("the outbox has no entry {id}"))),
        }
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
        let same = |open: &&mut Intent| open.operation_id == intent.operation_id;
        match self.intents.iter_mut().find(same) {
            Some(open) => *open = intent.clone(),
            None => self.intents.push(intent.clone()),
        }
    }

    /// Everything that can fail comes first, so that a settlement is kept whole or not at all.
    fn settle(&mut self, settlement: &Settlement) -> Result<SealedRecord, StoreError> {
        let mut fresh = BTreeSet::new();
        for entry in &settlement.outbox {
            if self.outbox_places.contains_key(&entry.id) || !fresh.insert(&entry.id) {
                let message = format!("the outbox has an entry {} already", entry.id);
                return Err(refused(message));
            }
        }
        let sealed = self.chain.seal(&settlement.record).map_err(refused)?;
        if settlement.resolved {
            self.intents
                .retain(|open| open.operation_id != settlement.operation_id);
        }
        match &settlement.memory {
            Memory::Applied(applied) => self.remember(applied),
            Memory::Forgotten(address) => drop(self.applied.remove(address)),
            Memory::Unchanged => {}
        }
        settlement
            .outbox
            .iter()
            .for_each(|entry| self.put_out(entry));
        Ok(sealed)
    }

    fn remember(&mut self, applied: &LastApplied) {
        self.applied
            .insert(applied.address.clone(), applied.clone());
    }

    fn put_out(&mut self, entry: &OutboxEntry) {
        self.outbox_places
            .insert(entry.id.clone(), self.outbox.len());
        self.outbox.push(Outgoing {
            entry: entry.clone(),
            state: DeliveryState::Pending,
            attempts: 0,
        });
    }
}

fn refused(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::Failed {
        doing: "written",
        source: source.into(),
    }
}
