//! The store: what was last applied, what is under way, the audit records and the outbox, in one SQLite file.
//!
//! It decides nothing about plans, and it never holds a secret: of a value it keeps a keyed fingerprint.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use cxda_domain::address::Address;
use cxda_domain::applied::LastApplied;
use cxda_domain::audit::{AuditEntry, SealedRecord};
use cxda_domain::instant::UtcMillis;
use cxda_domain::key::Fingerprint;
use cxda_domain::secret::SecretText;
use cxda_ports::error::StoreError;
use cxda_ports::journal::{Intent, Journal, OpenIntent, Settlement};
use hmac::{Hmac, KeyInit, Mac};
use rusqlite::Connection;
use sha2::Sha256;

mod ledger;
mod lookups;
mod outbox;
mod queue;
mod rows;
mod schema;
mod sealed;

pub use sealed::SealedRecords;

use ledger::Ledger;
use queue::{Access, Fault, Queue};
use schema::{NotOurs, Refusal};

use crate::atomic;

/// Whose journal a store is opened as. The audit records are of all scopes together; everything else is of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The tenant's name in the settings.
    pub tenant: String,
    /// The origin of its API, such as `https://na1.api.nicecxone.com`.
    pub origin: String,
}

/// A journal on disk. One thread owns the connection; calls that wait at the same time are committed, and flushed, together.
pub struct Store {
    queue: Queue,
    path: Box<Path>,
    scope: Arc<Scope>,
    key: FingerprintKey,
}

/// The key of this store's fingerprints.
struct FingerprintKey([u8; 32]);

impl Store {
    /// Opens the store `path` for reading and writing, and makes it where it lacks: mode 0600, in a folder of mode 0700.
    ///
    /// `fresh_key` are 32 random bytes; they become the key of the fingerprints if the store has none yet.
    ///
    /// # Errors
    ///
    /// - [`StoreError::Newer`] if a newer version wrote it.
    /// - [`StoreError::NoStore`] if something else stands there, or it is damaged.
    /// - [`StoreError::Failed`] if it cannot be opened.
    pub fn open(path: &Path, scope: Scope, fresh_key: [u8; 32]) -> Result<Self, StoreError> {
        let opened = schema::open(path).and_then(|mut connection| {
            let key = schema::fingerprint_key(&mut connection, fresh_key)?;
            Ok((connection, key))
        });
        let (connection, key) = opened.map_err(|refusal| refusal.at(path))?;
        Self::start(path, connection, scope, key, Access::ReadWrite)
    }

    /// Opens the store `path` for reading; `None` where there is none. No file is made or changed.
    ///
    /// What is written meanwhile by somebody else need not be seen, and a call that writes fails.
    ///
    /// # Errors
    ///
    /// - [`StoreError::Newer`] if a newer version wrote it.
    /// - [`StoreError::NoStore`] if something else stands there, or it is damaged.
    /// - [`StoreError::Failed`] if it cannot be opened.
    pub fn open_read_only(path: &Path, scope: Scope) -> Result<Option<Self>, StoreError> {
        let opened = schema::open_read_only(path).and_then(|opened| {
            let Some(connection) = opened else {
                return Ok(None);
            };
            // Whoever is making a store without a key has not come to its end; it holds nothing yet.
            let key = schema::kept_key(&connection)?;
            Ok(key.map(|key| (connection, key)))
        });
        let Some((connection, key)) = opened.map_err(|refusal| refusal.at(path))? else {
            return Ok(None);
        };
        Self::start(path, connection, scope, key, Access::ReadOnly).map(Some)
    }

    fn start(
        path: &Path,
        connection: Connection,
        scope: Scope,
        key: [u8; 32],
        access: Access,
    ) -> Result<Self, StoreError> {
        let queue = Queue::start(connection, access);
        Ok(Self {
            queue: queue.map_err(|error| Refusal::from(error).at(path))?,
            path: path.into(),
            scope: Arc::new(scope),
            key: FingerprintKey(key),
        })
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(Ledger<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let answer = self.ask(work).await;
        answer.map_err(|source| failed(&self.path, "read", source))
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(Ledger<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let answer = self.ask(work).await;
        answer.map_err(|source| failed(&self.path, "written", source))
    }

    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(Ledger<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let scope = Arc::clone(&self.scope);
        self.queue
            .ask(move |connection| work(Ledger::new(connection, &scope)))
            .await
    }
}

fn failed(path: &Path, doing: &'static str, source: Fault) -> StoreError {
    if is_damage(&source) {
        return StoreError::NoStore {
            path: path.display().to_string(),
            source,
        };
    }
    StoreError::Failed {
        what: format!("the store {}", path.display()),
        doing,
        source,
    }
}

/// Whether `fault` lies in what stands in the store's place.
fn is_damage(fault: &Fault) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    let sqlite = fault.downcast_ref::<rusqlite::Error>();
    let code = sqlite.and_then(rusqlite::Error::sqlite_error_code);
    matches!(code, Some(DatabaseCorrupt | NotADatabase))
        || fault.is::<NotOurs>()
        || fault.downcast_ref().is_some_and(atomic::is_no_file)
}

impl fmt::Debug for Store {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Store")
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Journal for Store {
    async fn last_applied(&self) -> Result<BTreeMap<Address, LastApplied>, StoreError> {
        self.read(|ledger| ledger.last_applied()).await
    }

    async fn open_intents(&self) -> Result<Vec<OpenIntent>, StoreError> {
        self.read(|ledger| ledger.open_intents()).await
    }

    async fn begin(
        &self,
        intent: &Intent,
        record: &AuditEntry,
    ) -> Result<SealedRecord, StoreError> {
        let (intent, record) = (intent.clone(), record.clone());
        self.write(move |ledger| {
            ledger.keep_intent(&intent)?;
            ledger.seal(&record)
        })
        .await
    }

    async fn resume(&self, intent: &Intent) -> Result<(), StoreError> {
        let intent = intent.clone();
        self.write(move |ledger| ledger.resume(&intent)).await
    }

    async fn settle(&self, settlement: &Settlement) -> Result<SealedRecord, StoreError> {
        let settlement = settlement.clone();
        self.write(move |ledger| ledger.settle(&settlement)).await
    }

    async fn adopt(&self, resources: &[LastApplied]) -> Result<(), StoreError> {
        let resources = resources.to_vec();
        self.write(move |ledger| resources.iter().try_for_each(|each| ledger.remember(each)))
            .await
    }

    async fn serial(&self) -> Result<u64, StoreError> {
        self.read(|ledger| ledger.serial()).await
    }

    async fn records_after(
        &self,
        after: u64,
        most: usize,
    ) -> Result<Vec<SealedRecord>, StoreError> {
        self.read(move |ledger| ledger.records_after(after, most))
            .await
    }

    async fn not_before(&self) -> Result<Option<UtcMillis>, StoreError> {
        self.read(|ledger| ledger.not_before()).await
    }

    async fn keep_not_before(&self, instant: UtcMillis) -> Result<(), StoreError> {
        self.write(move |ledger| ledger.keep_not_before(instant))
            .await
    }

    fn fingerprint(&self, secret: &SecretText) -> Fingerprint {
        self.key.fingerprint(secret)
    }
}

impl FingerprintKey {
    fn fingerprint(&self, secret: &SecretText) -> Fingerprint {
        // HMAC fills a key up to a block with zeros, so this is the HMAC of the 32 bytes.
        let mut block = [0; 64];
        block[..self.0.len()].copy_from_slice(&self.0);
        let mut code = Hmac::<Sha256>::new(&block.into());
        code.update(secret.expose().as_bytes());
        let mut text = String::with_capacity(64);
        for byte in code.finalize().into_bytes() {
            for nibble in [byte >> 4, byte & 0xf] {
                text.extend(char::from_digit(u32::from(nibble), 16));
            }
        }
        Fingerprint::new(text)
    }
}

#[cfg(test)]
mod tests;
