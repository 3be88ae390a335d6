//! What must survive a crash: what was last applied, what is under way, and how it ended.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use cxda_domain::address::Address;
use cxda_domain::applied::LastApplied;
use cxda_domain::audit::{AuditEntry, Phase, SealedRecord};
use cxda_domain::event::EventKind;
use cxda_domain::instant::UtcMillis;
use cxda_domain::key::{EntityTag, Fingerprint, IdempotencyKey, ResourceId, RunId};
use cxda_domain::request::Operation;
use cxda_domain::secret::SecretText;

use crate::error::StoreError;
use crate::outbox::OutboxEntry;

/// A write that is about to be sent. It is kept until its outcome is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Unique; names the write in later calls.
    pub operation_id: String,
    /// The run that means to send it.
    pub run: RunId,
    /// What will be sent.
    pub operation: Operation,
    /// To which resource.
    pub address: Address,
    /// The server's id, where it is known.
    pub id: Option<ResourceId>,
    /// The key of a create; the same in every attempt and later run.
    pub key: Option<IdempotencyKey>,
    /// A keyed hash of the body, so that a key is never used for another one, and nobody learns the body from it.
    pub payload: Fingerprint,
    /// The version that a replace was based on.
    pub base_tag: Option<EntityTag>,
    /// Of what webhooks are told only once it is settled, besides what tells of its own outcome.
    pub tells: Option<EventKind>,
    /// When it was made.
    pub created: UtcMillis,
}

/// An intent whose outcome is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenIntent {
    /// The intent.
    pub intent: Intent,
    /// The last that is on record of it: [`Phase::Intended`], or how an attempt to settle it ended.
    pub phase: Phase,
    /// Since when that is so.
    pub since: UtcMillis,
}

/// What the journal remembers of a resource after an outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Memory {
    /// It was applied.
    Applied(LastApplied),
    /// It was deleted, or let go.
    Forgotten(Address),
    /// As before.
    Unchanged,
}

/// How a write ended: stored as one transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    /// The intent that it settles.
    pub operation_id: String,
    /// Whether the intent is resolved; an unknown outcome stays open.
    pub resolved: bool,
    /// What is remembered from now on.
    pub memory: Memory,
    /// Its audit record.
    pub record: AuditEntry,
    /// Who is told of it, an entry for each receiver and event.
    pub outbox: Vec<OutboxEntry>,
}

/// Keeps what must survive a crash, for one tenant and one project. Every method returns only when its effect is durable.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Journal: fmt::Debug + Send + Sync {
    /// What was last applied to each resource.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it cannot be read.
    async fn last_applied(&self) -> Result<BTreeMap<Address, LastApplied>, StoreError>;

    /// Writes whose outcome is not known, the oldest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if they cannot be read.
    async fn open_intents(&self) -> Result<Vec<OpenIntent>, StoreError>;

    /// Keeps `intent` and its audit record together, before anything is sent. An open intent of the same operation id is replaced.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if they could not be kept; then nothing may be sent.
    async fn begin(&self, intent: &Intent, record: &AuditEntry)
    -> Result<SealedRecord, StoreError>;

    /// Keeps `intent` in the place of the open one of the same operation id, whose audit record says already that it is intended:
    /// another run goes on with it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it could not be kept, or none is open; then nothing may be sent.
    async fn resume(&self, intent: &Intent) -> Result<(), StoreError>;

    /// Keeps an outcome with its audit record and its events, all or nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if they could not be kept; the intent then stays open.
    async fn settle(&self, settlement: &Settlement) -> Result<SealedRecord, StoreError>;

    /// Takes note of resources that were found to be as wanted, without any write.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it could not be kept.
    async fn adopt(&self, resources: &[LastApplied]) -> Result<(), StoreError>;

    /// How often what is remembered of resources has changed: whoever finds another number than before knows that it did.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it cannot be read.
    async fn serial(&self) -> Result<u64, StoreError>;

    /// The audit records after number `after`, in order; the first `most` of them where there are more.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if they cannot be read.
    async fn records_after(&self, after: u64, most: usize)
    -> Result<Vec<SealedRecord>, StoreError>;

    /// The instant before which the tenant asked not to be sent anything, as it was kept last; it may be over.
    ///
    /// How long it is believed is a rule of [`Pause`](cxda_domain::pause::Pause), not of the journal.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it cannot be read.
    async fn not_before(&self) -> Result<Option<UtcMillis>, StoreError>;

    /// Keeps that the tenant asked not to be sent anything before `instant`, in the place of what was kept before.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it could not be kept.
    async fn keep_not_before(&self, instant: UtcMillis) -> Result<(), StoreError>;

    /// A keyed hash of `secret`. The key never leaves the journal, so the hash tells nobody else anything.
    fn fingerprint(&self, secret: &SecretText) -> Fingerprint;
}
