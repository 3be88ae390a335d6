//! The audit log: one line for each record, appended, flushed and never changed.
//!
//! The store seals the records; this module only writes, reads and verifies their lines. Several processes may write one log:
//! each writes whatever the store has sealed and the file lacks, whoever sealed it, so that nobody waits for another's lines.

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

use crate::store::SealedRecords;

pub mod chain;
mod file;
mod level;
mod lines;
mod verify;

pub use lines::tail;
pub use verify::{LogError, Verified, compare, verify, verify_each};

use file::LogFile;
use level::{Fatal, level};

/// The audit log in a file. One thread owns it; records that wait at the same time share a flush.
///
/// The file is opened, and made where it lacks, by the first call. When the log is dropped, the thread ends what waits.
pub struct AuditLog {
    path: Arc<Path>,
    sender: Option<Sender<Waiting>>,
    thread: Option<JoinHandle<()>>,
}

/// Who waits for the file to hold record `seq`.
struct Waiting {
    seq: u64,
    reply: oneshot::Sender<Result<(), AuditError>>,
}

impl AuditLog {
    /// The log of `sealed` in the file `path`, mode 0600, in a folder of mode 0700 where that lacks too. Nothing is opened yet.
    ///
    /// # Errors
    ///
    /// [`AuditError::NotWritable`] if no thread can be started.
    pub fn new(path: impl Into<PathBuf>, sealed: SealedRecords) -> Result<Self, AuditError> {
        let path: Arc<Path> = path.into().into();
        let (sender, receiver) = channel();
        let owned = Arc::clone(&path);
        let thread = Builder::new()
            .name("cxda-audit".into())
            .spawn(move || serve(&owned, &sealed, &receiver))
            .map_err(|source| not_writable(&path, source))?;
        Ok(Self {
            path,
            sender: Some(sender),
            thread: Some(thread),
        })
    }

    /// Brings the file level with the store: sets a torn last line aside, and appends what lacks. Nothing else is ever written.
    ///
    /// # Errors
    ///
    /// - [`AuditError::Broken`] if the last record of the file is not the store's of that number.
    /// - [`AuditError::NotWritable`] if the file cannot be written, or the store not read.
    pub async fn level(&self) -> Result<(), AuditError> {
        self.reach(0).await
    }

    /// Returns when the file is level with the store and holds record `seq`.
    async fn reach(&self, seq: u64) -> Result<(), AuditError> {
        let (reply, answer) = oneshot::channel();
        if let Some(sender) = &self.sender {
            // A thread that has ended drops the reply, which the next line sees.
            drop(sender.send(Waiting { seq, reply }));
        }
        answer
            .await
            .unwrap_or_else(|_| Err(not_writable(&self.path, "its thread has ended")))
    }
}

#[async_trait]
impl AuditSink for AuditLog {
    async fn append(&self, record: &SealedRecord) -> Result<(), AuditError> {
        self.reach(record.seq).await
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
fn serve(path: &Path, sealed: &SealedRecords, receiver: &Receiver<Waiting>) {
    let Ok(first) = receiver.recv() else {
        return;
    };
    let mut opened = LogFile::open(path).map_err(Fatal::from);
    let mut next = Some(first);
    while let Some(waiting) = next {
        // All of these were sealed before they asked, so that one look at the store sees them all.
        let together: Vec<Waiting> = std::iter::once(waiting)
            .chain(receiver.try_iter())
            .collect();
        let reached = match &mut opened {
            Ok(file) => file.alone(|file| level(file, sealed)),
            Err(fatal) => Err(fatal.clone()),
        };
        for Waiting { seq, reply } in together {
            let answer = match &reached {
                Ok(last) if seq <= *last => Ok(()),
                Ok(_) => Err(error(path, Fatal::Broken(seq))),
                Err(fatal) => Err(error(path, fatal.clone())),
            };
            // A caller that went away does not want to know.
            drop(reply.send(answer));
        }
        if let Err(fatal) = reached {
            // Closes the file, which also lets others have it.
            opened = Err(fatal);
        }
        next = receiver.recv().ok();
    }
}

fn error(path: &Path, fatal: Fatal) -> AuditError {
    match fatal {
        Fatal::Broken(seq) => AuditError::Broken {
            path: path.display().to_string(),
            seq,
        },
        Fatal::Refused(source) => not_writable(path, source),
    }
}

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
