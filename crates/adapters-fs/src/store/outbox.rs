//! The store as an outbox. Entries that tell of an outcome get in with it, which is the journal's.

use std::collections::BTreeSet;

use async_trait::async_trait;
use cxda_domain::audit::{AuditEntry, SealedRecord};
use cxda_domain::instant::UtcMillis;
use cxda_domain::receiver::Receiver;
use cxda_ports::error::StoreError;
use cxda_ports::outbox::{Attempt, Outbox, OutboxEntry, Outgoing};

use super::Store;

#[async_trait]
impl Outbox for Store {
    async fn put(&self, entries: &[OutboxEntry]) -> Result<(), StoreError> {
        let entries = entries.to_vec();
        self.write(move |ledger| entries.iter().try_for_each(|entry| ledger.put_out(entry)))
            .await
    }

    async fn entries(&self, delivered: usize) -> Result<Vec<Outgoing>, StoreError> {
        self.read(move |ledger| ledger.entries(delivered)).await
    }

    async fn begin_attempt(
        &self,
        id: &str,
        record: &AuditEntry,
    ) -> Result<Option<SealedRecord>, StoreError> {
        let (id, record) = (id.to_owned(), record.clone());
        self.write(move |ledger| ledger.begin_attempt(&id, &record))
            .await
    }

    async fn end_attempt(&self, attempt: &Attempt) -> Result<SealedRecord, StoreError> {
        let attempt = attempt.clone();
        self.write(move |ledger| ledger.end_attempt(&attempt)).await
    }

    async fn discard(&self, id: &str) -> Result<bool, StoreError> {
        let id = id.to_owned();
        self.write(move |ledger| ledger.discard(&id)).await
    }

    async fn gone(&self) -> Result<BTreeSet<Receiver>, StoreError> {
        self.read(|ledger| ledger.gone()).await
    }

    async fn note_gone(
        &self,
        receiver: &Receiver,
        since: Option<UtcMillis>,
    ) -> Result<(), StoreError> {
        let receiver = receiver.clone();
        self.write(move |ledger| ledger.note_gone(&receiver, since))
            .await
    }
}
