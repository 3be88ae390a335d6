//! A journal that fails on named calls, as a store on a full disk does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use cxda_domain::address::Address;
use cxda_domain::applied::LastApplied;
use cxda_domain::audit::{AuditEntry, SealedRecord};
use cxda_domain::instant::UtcMillis;
use cxda_domain::key::Fingerprint;
use cxda_domain::receiver::Receiver;
use cxda_domain::secret::SecretText;
use cxda_ports::error::StoreError;
use cxda_ports::journal::{Intent, Journal, OpenIntent, Settlement};
use cxda_ports::outbox::{Attempt, Outbox, OutboxEntry, Outgoing};

use super::{Moment, Script, Which};

/// A call of a journal or of its outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the methods'")]
pub enum JournalCall {
    LastApplied,
    OpenIntents,
    Begin,
    Resume,
    Settle,
    Adopt,
    Serial,
    RecordsAfter,
    NotBefore,
    KeepNotBefore,
    Put,
    Entries,
    BeginAttempt,
    EndAttempt,
    Discard,
    Gone,
    NoteGone,
}

/// Wraps a journal.
#[derive(Debug)]
pub struct FaultyJournal<J> {
    inner: Arc<J>,
    script: Script<JournalCall, ()>,
}

impl<J> FaultyJournal<J> {
    /// A journal that fails nowhere yet.
    pub fn new(inner: Arc<J>) -> Self {
        let script = Script::new();
        Self { inner, script }
    }

    /// The same, failing on the calls that `call` and `which` name.
    #[must_use]
    pub fn failing(mut self, call: JournalCall, which: Which, moment: Moment) -> Self {
        self.script.add(call, which, moment, ());
        self
    }

    async fn pass<A>(
        &self,
        call: JournalCall,
        work: impl Future<Output = Result<A, StoreError>>,
    ) -> Result<A, StoreError> {
        let failed = |()| StoreError::Failed {
            what: "the store".into(),
            doing: "used",
            source: "it fails by script".into(),
        };
        self.script.judge(call).carry_out(work, failed).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<J: Journal> Journal for FaultyJournal<J> {
    async fn last_applied(&self) -> Result<BTreeMap<Address, LastApplied>, StoreError> {
        self.pass(JournalCall::LastApplied, self.inner.last_applied())
            .await
    }

    async fn open_intents(&self) -> Result<Vec<OpenIntent>, StoreError> {
        self.pass(JournalCall::OpenIntents, self.inner.open_intents())
            .await
    }

    async fn begin(
        &self,
        intent: &Intent,
        record: &AuditEntry,
    ) -> Result<SealedRecord, StoreError> {
        self.pass(JournalCall::Begin, self.inner.begin(intent, record))
            .await
    }

    async fn resume(&self, intent: &Intent) -> Result<(), StoreError> {
        self.pass(JournalCall::Resume, self.inner.resume(intent))
            .await
    }

    async fn settle(&self, settlement: &Settlement) -> Result<SealedRecord, StoreError> {
        self.pass(JournalCall::Settle, self.inner.settle(settlement))
            .await
    }

    async fn adopt(&self, resources: &[LastApplied]) -> Result<(), StoreError> {
        self.pass(JournalCall::Adopt, self.inner.adopt(resources))
            .await
    }

    async fn serial(&self) -> Result<u64, StoreError> {
        self.pass(JournalCall::Serial, self.inner.serial()).await
    }

    async fn records_after(
        &self,
        after: u64,
        most: usize,
    ) -> Result<Vec<SealedRecord>, StoreError> {
        let reading = self.inner.records_after(after, most);
        self.pass(JournalCall::RecordsAfter, reading).await
    }

    async fn not_before(&self) -> Result<Option<UtcMillis>, StoreError> {
        self.pass(JournalCall::NotBefore, self.inner.not_before())
            .await
    }

    async fn keep_not_before(&self, instant: UtcMillis) -> Result<(), StoreError> {
        let keeping = self.inner.keep_not_before(instant);
        self.pass(JournalCall::KeepNotBefore, keeping).await
    }

    fn fingerprint(&self, secret: &SecretText) -> Fingerprint {
        self.inner.fingerprint(secret)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<J: Outbox> Outbox for FaultyJournal<J> {
    async fn put(&self, entries: &[OutboxEntry]) -> Result<(), StoreError> {
        self.pass(JournalCall::Put, self.inner.put(entries)).await
    }

    async fn entries(&self, delivered: usize) -> Result<Vec<Outgoing>, StoreError> {
        self.pass(JournalCall::Entries, self.inner.entries(delivered))
            .await
    }

    async fn begin_attempt(
        &self,
        id: &str,
        record: &AuditEntry,
    ) -> Result<Option<SealedRecord>, StoreError> {
        let beginning = self.inner.begin_attempt(id, record);
        self.pass(JournalCall::BeginAttempt, beginning).await
    }

    async fn end_attempt(&self, attempt: &Attempt) -> Result<SealedRecord, StoreError> {
        self.pass(JournalCall::EndAttempt, self.inner.end_attempt(attempt))
            .await
    }

    async fn discard(&self, id: &str) -> Result<bool, StoreError> {
        self.pass(JournalCall::Discard, self.inner.discard(id))
            .await
    }

    async fn gone(&self) -> Result<BTreeSet<Receiver>, StoreError> {
        self.pass(JournalCall::Gone, self.inner.gone()).await
    }

    async fn note_gone(
        &self,
        receiver: &Receiver,
        since: Option<UtcMillis>,
    ) -> Result<(), StoreError> {
        let noting = self.inner.note_gone(receiver, since);
        self.pass(JournalCall::NoteGone, noting).await
    }
}
