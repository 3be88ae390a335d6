//! Comparing the log's file with itself and with the store, and bringing it level.
//!
//! Verifying only reads; bringing level only appends.

use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use cxda_ports::audit::AuditSink;
use cxda_ports::error::{AuditError, StoreError};
use cxda_ports::journal::Journal;

use super::AuditLog;
use super::chain::{self, ChainError, ChainFault, ChainHead};
use crate::atomic;

/// Why a log could not be verified or brought level.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The file's lines do not make a chain.
    #[error("the audit log {path} is broken")]
    Chain {
        /// The file.
        path: String,
        /// Where, and how.
        #[source]
        source: ChainError,
    },
    /// The file cannot be read.
    #[error("the audit log {path} cannot be read")]
    Unreadable {
        /// The file.
        path: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The file differs from the store, or cannot be written.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A file whose lines make one chain from the first to the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    path: PathBuf,
    head: ChainHead,
    last_line: String,
}

impl Verified {
    /// Where the chain stands.
    pub fn head(&self) -> &ChainHead {
        &self.head
    }
}

/// Verifies the chain of the log at `path`, line by line; a file that is not there holds no record.
///
/// Whether lines were cut off at its end, only [`compare`] can tell.
///
/// # Errors
///
/// - [`LogError::Chain`] at the first line that does not continue those before it.
/// - [`LogError::Unreadable`] if the file cannot be read.
pub fn verify(path: &Path) -> Result<Verified, LogError> {
    let unreadable = |source| LogError::Unreadable {
        path: path.display().to_string(),
        source,
    };
    let mut verified = Verified {
        path: path.to_owned(),
        head: ChainHead::start(),
        last_line: String::new(),
    };
    let file = match atomic::open_to_read(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(verified),
        Err(error) => return Err(unreadable(error)),
    };
    let mut reader = BufReader::new(file);
    let mut bytes = Vec::new();
    while reader.read_until(b'\n', &mut bytes).map_err(unreadable)? > 0 {
        let (head, line) = advance(&verified.head, &bytes).map_err(|source| LogError::Chain {
            path: path.display().to_string(),
            source,
        })?;
        verified.head = head;
        line.clone_into(&mut verified.last_line);
        bytes.clear();
    }
    Ok(verified)
}

/// The chain after the line `bytes`, line feed included, and the line.
fn advance<'a>(head: &ChainHead, bytes: &'a [u8]) -> Result<(ChainHead, &'a str), ChainError> {
    let error = |fault| ChainError {
        seq: head.seq() + 1,
        fault,
    };
    let line = bytes.strip_suffix(b"\n");
    let line = line.ok_or_else(|| error(ChainFault::Torn))?;
    let line = std::str::from_utf8(line).map_err(|_| error(ChainFault::Unreadable))?;
    Ok((chain::advance(head, line)?, line))
}

/// Compares a file that verified with the store.
///
/// Each record's hash covers all records before it, so that it suffices to compare the last.
///
/// # Errors
///
/// - [`LogError::Audit`] with [`AuditError::Broken`] if the file holds less than the store, more, or something else.
/// - [`LogError::Store`] if the store cannot be read.
pub async fn compare(verified: &Verified, journal: &dyn Journal) -> Result<(), LogError> {
    let seq = verified.head.seq();
    let mut kept = journal
        .records_after(seq.saturating_sub(1))
        .await?
        .into_iter();
    if seq > 0
        && kept
            .next()
            .is_none_or(|record| record.line != verified.last_line)
    {
        return Err(broken(&verified.path, seq).into());
    }
    match kept.next() {
        Some(lacking) => Err(broken(&verified.path, lacking.seq).into()),
        None => Ok(()),
    }
}

/// Appends to `log` what it lacks of the records in `journal`; nothing else is ever written there.
///
/// # Errors
///
/// - [`LogError::Audit`] with [`AuditError::Broken`] if the last record of the file is not the store's of that number, with
///   [`AuditError::NotWritable`] if the file cannot be written.
/// - [`LogError::Store`] if the store cannot be read.
pub async fn level(journal: &dyn Journal, log: &AuditLog) -> Result<(), LogError> {
    let seq = log.last_seq().await?;
    let records = journal.records_after(seq.saturating_sub(1)).await?;
    if seq > 0 && records.first().is_none_or(|record| record.seq != seq) {
        return Err(broken(log.path(), seq).into());
    }
    // The first of these records is in the file already; it is compared there.
    Ok(log.append_all(&records).await?)
}

fn broken(path: &Path, seq: u64) -> AuditError {
    AuditError::Broken {
        path: path.display().to_string(),
        seq,
    }
}
