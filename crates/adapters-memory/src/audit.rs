//! An audit log in memory that can be read back.
//!
//! It keeps the order of a file, not its durability.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use cxda_domain::audit::SealedRecord;
use cxda_ports::audit::AuditSink;
use cxda_ports::error::AuditError;

use crate::journal::MemoryJournal;

/// What stands in the log beside a journal; the record with number n is the nth line.
#[derive(Debug)]
pub struct MemoryAudit {
    journal: Arc<MemoryJournal>,
    lines: Mutex<Vec<String>>,
}

impl MemoryAudit {
    /// What stands for the file's path in errors.
    pub const PATH: &str = "memory";

    /// An empty log beside `journal`.
    pub fn beside(journal: Arc<MemoryJournal>) -> Self {
        Self {
            journal,
            lines: Mutex::default(),
        }
    }

    /// Every line, in order.
    pub fn lines(&self) -> Vec<String> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.clone()
    }
}

#[async_trait]
impl AuditSink for MemoryAudit {
    async fn append(&self, record: &SealedRecord) -> Result<(), AuditError> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let held = u64::try_from(lines.len()).unwrap_or(u64::MAX);
        let lacking = self.journal.sealed_after(held);
        lines.extend(lacking.into_iter().map(|record| record.line));
        let last = u64::try_from(lines.len()).unwrap_or(u64::MAX);
        if record.seq <= last {
            Ok(())
        } else {
            Err(AuditError::Broken {
                path: Self::PATH.to_owned(),
                seq: record.seq,
            })
        }
    }
}
