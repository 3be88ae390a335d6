//! The sealed audit records as they stand in the store, for who writes them into the log's file.
//!
//! It reads through a connection of its own, so that the log need not wait for the store's thread; it never writes.

use std::path::Path;

use cxda_domain::audit::SealedRecord;
use cxda_ports::error::StoreError;
use rusqlite::Connection;

use super::queue::Fault;
use super::schema;

/// Reads the audit records of a store that is open for writing meanwhile, whoever sealed them.
///
/// It is to be dropped before that store: the last connection that can write is the one that tidies up.
#[derive(Debug)]
pub struct SealedRecords {
    path: Box<Path>,
    connection: Connection,
}

impl SealedRecords {
    /// The records in the store `path`, which is there.
    ///
    /// # Errors
    ///
    /// [`StoreError::Failed`] if it cannot be opened.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let opened = schema::open_beside_writer(path);
        Ok(Self {
            path: path.into(),
            connection: opened.map_err(|refusal| refusal.at(path))?,
        })
    }

    /// The records after number `after` that are committed by now, in order, at most `most`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Failed`] if they cannot be read.
    pub fn after(&self, after: u64, most: usize) -> Result<Vec<SealedRecord>, StoreError> {
        self::after(&self.connection, after, most)
            .map_err(|source| super::failed(&self.path, "read", source))
    }
}

/// The records after number `after`, in order, at most `most`.
pub(super) fn after(
    connection: &Connection,
    after: u64,
    most: usize,
) -> Result<Vec<SealedRecord>, Fault> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let mut statement = connection
        .prepare("SELECT seq, line FROM audit_records WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
    let mut rows = statement.query([after, most])?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        records.push(SealedRecord {
            seq: u64::try_from(row.get::<_, i64>(0)?)?,
            line: row.get(1)?,
        });
    }
    Ok(records)
}
