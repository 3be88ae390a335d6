//! The outbox: what webhooks are still to be told, and what became of it.
//!
//! Entries get in with the outcome that they tell of, by [`Journal::settle`](crate::journal::Journal::settle); those that tell of
//! no write, by [`Outbox::put`].

use std::collections::BTreeSet;
use std::fmt;

use async_trait::async_trait;
use cxda_domain::audit::{AuditEntry, SealedRecord};
use cxda_domain::delivery::DeliveryState;
use cxda_domain::event::Event;
use cxda_domain::instant::UtcMillis;
use cxda_domain::receiver::Receiver;

use crate::error::StoreError;

/// An event on its way to one receiver.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxEntry {
    /// Unique, and the same in every attempt.
    pub id: String,
    /// Who is told.
    pub receiver: Receiver,
    /// The event.
    pub event: Event,
    /// When it happened; its attempts are scheduled from here.
    pub created: UtcMillis,
}

/// An entry with what became of it so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// The entry.
    pub entry: OutboxEntry,
    /// How far it came.
    pub state: DeliveryState,
    /// Attempts with an outcome on record.
    pub attempts: u32,
    /// Whether an attempt was begun whose outcome is not on record: the process ended meanwhile.
    pub begun: bool,
    /// Why the last attempt failed, without a secret.
    pub failure: Option<String>,
}

/// How one attempt ended: stored as one transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// The entry's id.
    pub id: String,
    /// How many attempts have an outcome on record from now on.
    pub attempts: u32,
    /// How far it came by that.
    pub state: DeliveryState,
    /// Why it failed, where it did.
    pub failure: Option<String>,
    /// Its audit record.
    pub record: AuditEntry,
}

/// Keeps what webhooks are still to be told, for one tenant and one project. Every method returns only when its effect is durable.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Outbox: fmt::Debug + Send + Sync {
    /// Puts `entries` in, all or none.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if they could not be kept.
    async fn put(&self, entries: &[OutboxEntry]) -> Result<(), StoreError>;

    /// Everything that is not delivered and the last `delivered` entries that are, in the order in which they happened. What is
    /// not delivered to a receiver that is gone is dead.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if they cannot be read.
    async fn entries(&self, delivered: usize) -> Result<Vec<Outgoing>, StoreError>;

    /// Takes note that an attempt of the entry `id` is about to be made, with its audit record. Where one is begun already, nothing
    /// is kept and `None` comes back: that one goes on.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it could not be kept; then nothing may be sent.
    async fn begin_attempt(
        &self,
        id: &str,
        record: &AuditEntry,
    ) -> Result<Option<SealedRecord>, StoreError>;

    /// Keeps how an attempt ended, with its audit record.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it could not be kept; the attempt then stays begun.
    async fn end_attempt(&self, attempt: &Attempt) -> Result<SealedRecord, StoreError>;

    /// Removes the entry `id`, which is not delivered. Tells whether there was such an entry.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it could not be removed.
    async fn discard(&self, id: &str) -> Result<bool, StoreError>;

    /// Receivers that said that they are gone for good.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if they cannot be read.
    async fn gone(&self) -> Result<BTreeSet<Receiver>, StoreError>;

    /// Takes note that `receiver` said that it is gone for good, or, with `None`, that it is there again.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it could not be kept.
    async fn note_gone(
        &self,
        receiver: &Receiver,
        since: Option<UtcMillis>,
    ) -> Result<(), StoreError>;
}
