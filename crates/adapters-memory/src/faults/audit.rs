//! An audit log that fails on named calls, and then on all: as a file does whose flush failed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use cxda_domain::audit::SealedRecord;
use cxda_ports::audit::AuditSink;
use cxda_ports::error::AuditError;

use super::{Moment, Script, Which};

/// A call of an audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the name is the method's")]
pub enum AuditCall {
    Append,
}

/// Wraps an audit log. After its first failure every call fails, as the port promises.
#[derive(Debug)]
pub struct FaultyAudit<A> {
    inner: Arc<A>,
    script: Script<AuditCall, ()>,
    failed: AtomicBool,
}

impl<A> FaultyAudit<A> {
    /// A log that fails nowhere yet.
    pub fn new(inner: Arc<A>) -> Self {
        Self {
            inner,
            script: Script::new(),
            failed: AtomicBool::new(false),
        }
    }

    /// The same, failing from the call on that `call` and `number`, counted from 1, name.
    #[must_use]
    pub fn failing(mut self, call: AuditCall, number: u64, moment: Moment) -> Self {
        self.script.add(call, Which::Nth(number), moment, ());
        self
    }
}

fn failure() -> AuditError {
    AuditError::NotWritable {
        path: "scripted".to_owned(),
        source: "it fails by script".into(),
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<A: AuditSink> AuditSink for FaultyAudit<A> {
    async fn append(&self, record: &SealedRecord) -> Result<(), AuditError> {
        if self.failed.load(Ordering::Relaxed) {
            return Err(failure());
        }
        let fail = |()| {
            self.failed.store(true, Ordering::Relaxed);
            failure()
        };
        let judged = self.script.judge(AuditCall::Append);
        judged.carry_out(self.inner.append(record), fail).await
    }
}

#[cfg(test)]
mod tests {
    use cxda_ports::journal::Journal;

    use super::*;
    use crate::audit::MemoryAudit;
    use crate::journal::MemoryJournal;

    #[tokio::test]
    async fn a_failure_ends_every_later_call() {
        let journal = Arc::new(MemoryJournal::new());
        let log = Arc::new(MemoryAudit::beside(Arc::clone(&journal)));
        let faulty =
            FaultyAudit::new(Arc::clone(&log)).failing(AuditCall::Append, 2, Moment::Before);
        let mut verdicts = Vec::new();
        for number in 1..=3 {
            let settlement = cxda_testkit::samples::settlement(&number.to_string());
            let record = journal.settle(&settlement).await.unwrap();
            verdicts.push(faulty.append(&record).await.is_ok());
        }
        assert_eq!(verdicts, [true, false, false]);
        assert_eq!(log.lines().len(), 1);
    }
}
