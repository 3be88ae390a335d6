//! The audit log: one line for each record, appended, flushed and never changed.
//!
//! The store seals the records; this module only writes, reads and verifies their lines.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};

use async_trait::async_trait;
use cxda_domain::audit::SealedRecord;
use cxda_ports::audit::AuditSink;
use cxda_ports::error::AuditError;
use tokio::sync::oneshot;

pub mod chain;
mod file;
mod verify;
mod writer;

pub use verify::{LogError, Verified, compare, level, verify};

use file::LogFile;
use writer::{Reply, Writer};

/// The audit log in a file. One thread owns it; records that wait at the same time share a flush.
///
/// The file is opened, and made where it lacks, by the first call. When the log is dropped, the thread ends what waits.
pub struct AuditLog {
    path: Arc<Path>,
    sender: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread is asked for.
enum Job {
    Append(SealedRecord, Reply<()>),
    LastSeq(Reply<u64>),
}

impl AuditLog {
    /// The log in the file `path`, mode 0600, in a folder of mode 0700 where that lacks too. Nothing is opened yet.
    ///
    /// # Errors
    ///
    /// [`AuditError::NotWritable`] if no thread can be started.
    pub fn new(path: impl Into<PathBuf>) -> Result<Self, AuditError> {
        let path: Arc<Path> = path.into().into();
        let (sender, receiver) = channel();
        let owned = Arc::clone(&path);
        let thread = Builder::new()
            .name("cxda-audit".into())
            .spawn(move || serve(&owned, &receiver))
            .map_err(|source| not_writable(&path, source))?;
        Ok(Self {
            path,
            sender: Some(sender),
            thread: Some(thread),
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends `records`, flushed as few times as possible.
    ///
    /// # Errors
    ///
    /// As [`AuditSink::append`].
    pub async fn append_all(&self, records: &[SealedRecord]) -> Result<(), AuditError> {
        let sent = records.iter().map(|record| {
            let record = record.clone();
            self.send(|reply| Job::Append(record, reply))
        });
        let answers: Vec<_> = sent.collect();
        for answer in answers {
            self.receive(answer).await?;
        }
        Ok(())
    }

    fn send<T>(&self, job: impl FnOnce(Reply<T>) -> Job) -> Answer<T> {
        let (reply, answer) = oneshot::channel();
        if let Some(sender) = &self.sender {
            // A thread that has ended drops the job and with it the reply, which the receiver sees.
            drop(sender.send(job(reply)));
        }
        answer
    }

    async fn receive<T>(&self, answer: Answer<T>) -> Result<T, AuditError> {
        answer
            .await
            .unwrap_or_else(|_| Err(not_writable(&self.path, "its thread has ended")))
    }
}

type Answer<T> = oneshot::Receiver<Result<T, AuditError>>;

#[async_trait]
impl AuditSink for AuditLog {
    async fn append(&self, record: &SealedRecord) -> Result<(), AuditError> {
        let record = record.clone();
        let answer = self.send(|reply| Job::Append(record, reply));
        self.receive(answer).await
    }

    async fn last_seq(&self) -> Result<u64, AuditError> {
        let answer = self.send(Job::LastSeq);
        self.receive(answer).await
    }
}

impl Drop for AuditLog {
    fn drop(&mut self) {
        drop(self.sender.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl fmt::Debug for AuditLog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AuditLog")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// What the thread does until the log is dropped.
fn serve(path: &Path, receiver: &Receiver<Job>) {
    let Ok(first) = receiver.recv() else {
        return;
    };
    let mut writer = match LogFile::open(path) {
        Ok((file, last)) => Writer::new(path, file, last),
        Err(error) => Writer::failed(path, error),
    };
    let mut next = Some(first);
    while let Some(job) = next {
        for job in std::iter::once(job).chain(receiver.try_iter().take(MAX_TOGETHER)) {
            match job {
                Job::Append(record, reply) => writer.take(record, reply),
                Job::LastSeq(reply) => writer.tell_last_seq(reply),
            }
        }
        writer.flush();
        next = receiver.recv().ok();
    }
}

/// How many records may share a flush, so that the first of them does not wait without end.
const MAX_TOGETHER: usize = 1_024;

fn not_writable(
    path: &Path,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> AuditError {
    AuditError::NotWritable {
        path: path.display().to_string(),
        source: source.into(),
    }
}

#[cfg(test)]
mod tests;
