//! An audit log that fails on named calls, and then on all: as a file does whose flush failed.

use std::sync::Arc;

use async_trait::async_trait;
use cxda_domain::audit::SealedRecord;
use cxda_ports::audit::AuditSink;
use cxda_ports::error::AuditError;
use tokio::select;
use tokio::sync::watch;

use super::{Moment, Script, Which};

/// A call of an audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the methods'")]
pub enum AuditCall {
    Append,
    LastSeq,
}

/// Wraps an audit log. After its first failure every call fails, as the port promises.
#[derive(Debug)]
pub struct FaultyAudit<A> {
    inner: Arc<A>,
    script: Script<AuditCall, ()>,
    failed: watch::Sender<bool>,
}

impl<A> FaultyAudit<A> {
    /// A log that fails nowhere yet.
    pub fn new(inner: Arc<A>) -> Self {
        Self {
            inner,
            script: Script::new(),
            failed: watch::Sender::new(false),
        }
    }

    /// The same, failing from the call on that `call` and `number`, counted from 1, name.
    #[must_use]
    pub fn failing(mut self, call: AuditCall, number: u64, moment: Moment) -> Self {
        self.script.add(call, Which::Nth(number), moment, ());
        self
    }

    async fn pass<T>(
        &self,
        call: AuditCall,
        work: impl Future<Output = Result<T, AuditError>>,
    ) -> Result<T, AuditError> {
        let mut failed = self.failed.subscribe();
        let fail = |()| {
            self.failed.send_replace(true);
            failure()
        };
        // A record that waits for its turn must not wait for one that failed.
        select! {
            biased;
            _ = failed.wait_for(|failed| *failed) => Err(failure()),
            passed = self.script.judge(call).carry_out(work, fail) => passed,
        }
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
        self.pass(AuditCall::Append, self.inner.append(record))
            .await
    }

    async fn last_seq(&self) -> Result<u64, AuditError> {
        self.pass(AuditCall::LastSeq, self.inner.last_seq()).await
    }
}

#[cfg(test)]
mod tests {
    use tokio::join;

    use super::*;
    use crate::audit::MemoryAudit;

    #[tokio::test]
    async fn a_failure_ends_every_later_call_and_those_that_wait() {
        let log = Arc::new(MemoryAudit::new());
        let faulty =
            FaultyAudit::new(Arc::clone(&log)).failing(AuditCall::Append, 3, Moment::Before);
        let record = |seq| SealedRecord {
            seq,
            line: seq.to_string(),
        };
        let (first, second, third) = (record(1), record(2), record(3));
        assert!(faulty.append(&first).await.is_ok());
        let (waiting, failing) = join!(faulty.append(&third), faulty.append(&second));
        assert!(waiting.is_err() && failing.is_err());
        assert!(faulty.last_seq().await.is_err());
        assert_eq!(log.lines(), ["1"]);
    }
}
