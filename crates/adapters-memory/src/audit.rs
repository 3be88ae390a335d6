//! An audit log in memory that can be read back.
//!
//! It keeps the order of a file, not its durability.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use cxda_domain::audit::SealedRecord;
use cxda_ports::audit::AuditSink;
use cxda_ports::error::AuditError;
use tokio::sync::watch;

/// Lines in order; the record with number n is the nth.
#[derive(Debug, Default)]
pub struct MemoryAudit {
    lines: Mutex<Vec<String>>,
    /// The number of the last line, for those who wait for their turn.
    last: watch::Sender<u64>,
}

impl MemoryAudit {
    /// What stands for the file's path in errors.
    pub const PATH: &str = "memory";

    /// An empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every line, in order.
    pub fn lines(&self) -> Vec<String> {
        self.kept().clone()
    }

    fn kept(&self) -> MutexGuard<'_, Vec<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends `record`, whose turn it is or was.
    fn put(&self, record: &SealedRecord) -> Result<(), AuditError> {
        let broken = || AuditError::Broken {
            path: Self::PATH.to_owned(),
            seq: record.seq,
        };
        let mut lines = self.kept();
        let before = record.seq.checked_sub(1).ok_or_else(broken)?;
        let place = usize::try_from(before).map_err(|_| broken())?;
        match lines.get(place) {
            Some(line) if *line == record.line => return Ok(()),
            Some(_) => return Err(broken()),
            None => lines.push(record.line.clone()),
        }
        self.last.send_replace(record.seq);
        Ok(())
    }
}

#[async_trait]
impl AuditSink for MemoryAudit {
    async fn append(&self, record: &SealedRecord) -> Result<(), AuditError> {
        let mut last = self.last.subscribe();
        // The sender lives as long as this log, so the only outcome is that the turn has come.
        let turn = last.wait_for(|last| last + 1 >= record.seq).await;
        drop(turn);
        self.put(record)
    }

    async fn last_seq(&self) -> Result<u64, AuditError> {
        Ok(*self.last.borrow())
    }
}
