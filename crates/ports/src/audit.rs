//! The audit log: the file beside the journal.

use std::fmt;

use async_trait::async_trait;
use cxda_domain::audit::SealedRecord;

use crate::error::AuditError;

/// Appends sealed records and never changes one.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AuditSink: fmt::Debug + Send + Sync {
    /// Appends `record` and flushes it to disk. Records may arrive out of order; each waits for those before it.
    ///
    /// # Errors
    ///
    /// [`AuditError`] if it could not be written; from then on every call fails, and nothing may be sent.
    async fn append(&self, record: &SealedRecord) -> Result<(), AuditError>;

    /// The number of the last whole record that it holds; 0 where it holds none. A torn last line is set aside.
    ///
    /// # Errors
    ///
    /// [`AuditError`] if it cannot be read.
    async fn last_seq(&self) -> Result<u64, AuditError>;
}
