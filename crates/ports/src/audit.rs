//! The audit log: the file beside the journal.

use std::fmt;

use async_trait::async_trait;
use cxda_domain::audit::SealedRecord;

use crate::error::AuditError;

/// Appends sealed records and never changes one. It knows the journal that seals them.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AuditSink: fmt::Debug + Send + Sync {
    /// Returns when `record` is on disk, after every record that was sealed before it, whoever sealed that.
    ///
    /// Records may arrive in any order and more than once; each stands in the log once, in its place.
    ///
    /// # Errors
    ///
    /// [`AuditError`] if it could not be written, or was not sealed by this log's journal; then nothing may be sent. After a
    /// write that failed, every call fails.
    async fn append(&self, record: &SealedRecord) -> Result<(), AuditError>;
}
