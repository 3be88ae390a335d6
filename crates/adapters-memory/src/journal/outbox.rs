//! The journal in memory as an outbox.

use std::collections::BTreeSet;

use async_trait::async_trait;
use cxda_domain::audit::{AuditEntry, SealedRecord};
use cxda_domain::delivery::DeliveryState;
use cxda_domain::instant::UtcMillis;
use cxda_domain::receiver::Receiver;
use cxda_ports::error::StoreError;
use cxda_ports::outbox::{Attempt, Outbox, OutboxEntry, Outgoing};

use super::{Kept, MemoryJournal, refused};

#[async_trait]
impl Outbox for MemoryJournal {
    async fn put(&self, entries: &[OutboxEntry]) -> Result<(), StoreError> {
        let mut kept = self.kept();
        kept.refuse_known(entries)?;
        kept.put_out(entries);
        Ok(())
    }

    async fn entries(&self, delivered: usize) -> Result<Vec<Outgoing>, StoreError> {
        let kept = self.kept();
        let is_delivered = |each: &&Outgoing| each.state == DeliveryState::Delivered;
        let all = kept.outbox.iter().filter(is_delivered).count();
        let mut too_old = all.saturating_sub(delivered);
        let shown = kept.outbox.iter().filter(|each| {
            let hidden = too_old > 0 && is_delivered(each);
            too_old -= usize::from(hidden);
            !hidden
        });
        Ok(shown.map(|each| kept.as_read(each)).collect())
    }

    async fn begin_attempt(
        &self,
        id: &str,
        record: &AuditEntry,
    ) -> Result<Option<SealedRecord>, StoreError> {
        let mut kept = self.kept();
        if kept.outgoing(id)?.begun {
            return Ok(None);
        }
        let sealed = kept.chain.seal(record).map_err(refused)?;
        kept.outgoing(id)?.begun = true;
        Ok(Some(sealed))
    }

    async fn end_attempt(&self, attempt: &Attempt) -> Result<SealedRecord, StoreError> {
        let mut kept = self.kept();
        kept.outgoing(&attempt.id)?;
        let sealed = kept.chain.seal(&attempt.record).map_err(refused)?;
        let outgoing = kept.outgoing(&attempt.id)?;
        outgoing.state = attempt.state;
        outgoing.attempts = attempt.attempts;
        outgoing.begun = false;
        outgoing.failure.clone_from(&attempt.failure);
        Ok(sealed)
    }

    async fn discard(&self, id: &str) -> Result<bool, StoreError> {
        let outbox = &mut self.kept().outbox;
        let before = outbox.len();
        outbox.retain(|each| each.entry.id != id || each.state == DeliveryState::Delivered);
        Ok(outbox.len() < before)
    }

    async fn gone(&self) -> Result<BTreeSet<Receiver>, StoreError> {
        Ok(self.kept().gone.clone())
    }

    async fn note_gone(
        &self,
        receiver: &Receiver,
        since: Option<UtcMillis>,
    ) -> Result<(), StoreError> {
        let gone = &mut self.kept().gone;
        match since {
            Some(_) => gone.insert(receiver.clone()),
            None => gone.remove(receiver),
        };
        Ok(())
    }
}

impl Kept {
    /// Fails where an id of `entries` is there already, or stands twice among them.
    pub(super) fn refuse_known(&self, entries: &[OutboxEntry]) -> Result<(), StoreError> {
        let known = self.outbox.iter().map(|each| &each.entry.id);
        let mut known: BTreeSet<&String> = known.collect();
        match entries.iter().find(|entry| !known.insert(&entry.id)) {
            Some(entry) => {
                let message = format!("the outbox has an entry {} already", entry.id);
                Err(refused(message))
            }
            None => Ok(()),
        }
    }

    pub(super) fn put_out(&mut self, entries: &[OutboxEntry]) {
        self.outbox.extend(entries.iter().map(|entry| Outgoing {
            entry: entry.clone(),
            state: DeliveryState::Pending(entry.created),
            attempts: 0,
            begun: false,
            failure: None,
        }));
    }

    fn as_read(&self, outgoing: &Outgoing) -> Outgoing {
        let mut read = outgoing.clone();
        let is_pending = matches!(read.state, DeliveryState::Pending(_));
        if is_pending && self.gone.contains(&read.entry.receiver) {
            read.state = DeliveryState::Dead;
        }
        read
    }

    fn outgoing(&mut self, id: &str) -> Result<&mut Outgoing, StoreError> {
        let found = self.outbox.iter_mut().find(|each| each.entry.id == id);
        found.ok_or_else(|| refused(format!("the outbox has no entry {id}")))
    }
}
