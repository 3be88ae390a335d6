//! Puts records into their order, writes those whose turn it is, and answers once they are flushed.
//!
//! It knows no thread and no path but for messages, so that it can be tested over a file that fails.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use cxda_domain::audit::SealedRecord;
use cxda_ports::error::AuditError;
use tokio::sync::oneshot;

use super::not_writable;

/// Where an answer goes.
pub(super) type Reply<T> = oneshot::Sender<Result<T, AuditError>>;

/// What a log is written to.
pub(super) trait Appending {
    /// Writes `bytes` at the end.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Returns when everything written is on disk.
    fn flush(&mut self) -> io::Result<()>;
    /// Line `number`, from 1, without its line feed.
    fn line(&mut self, number: u64) -> io::Result<Option<String>>;
}

/// Why a log cannot be used any more.
#[derive(Clone, Debug)]
pub(super) enum Fatal {
    /// The file's line of this number is no record.
    Broken(u64),
    /// The disk refused. It is never asked again on the same handle: what a failed flush left behind, nobody knows.
    Refused(Arc<io::Error>),
}

impl From<io::Error> for Fatal {
    fn from(error: io::Error) -> Self {
        Self::Refused(Arc::new(error))
    }
}

pub(super) struct Writer<'a, F> {
    path: &'a Path,
    state: Result<Open<F>, Fatal>,
    /// Records whose turn has not come, or that are not flushed yet.
    waiting: BTreeMap<u64, Waiting>,
}

struct Open<F> {
    file: F,
    last_seq: u64,
}

struct Waiting {
    line: String,
    replies: Vec<Reply<()>>,
}

impl<'a, F: Appending> Writer<'a, F> {
    /// A writer over `file`, whose last record is `last_seq`.
    pub(super) fn new(path: &'a Path, file: F, last_seq: u64) -> Self {
        Self {
            path,
            state: Ok(Open { file, last_seq }),
            waiting: BTreeMap::new(),
        }
    }

    /// A writer that can only say why it cannot write.
    pub(super) fn failed(path: &'a Path, fatal: Fatal) -> Self {
        Self {
            path,
            state: Err(fatal),
            waiting: BTreeMap::new(),
        }
    }

    pub(super) fn tell_last_seq(&self, reply: Reply<u64>) {
        let last_seq = match &self.state {
            Ok(open) => Ok(open.last_seq),
            Err(fatal) => Err(error(self.path, fatal)),
        };
        answer(reply, last_seq);
    }

    /// Takes `record` in; `reply` is answered when it is on disk.
    pub(super) fn take(&mut self, record: SealedRecord, reply: Reply<()>) {
        let SealedRecord { seq, line } = record;
        let known = match &mut self.state {
            Err(fatal) => return answer(reply, Err(error(self.path, fatal))),
            Ok(open) if seq <= open.last_seq => match open.file.line(seq) {
                Ok(found) => Some(found.as_deref() == Some(&line)),
                Err(refused) => return answer(reply, Err(not_writable(self.path, refused))),
            },
            Ok(_) => None,
        };
        match known {
            Some(true) => answer(reply, Ok(())),
            Some(false) => answer(reply, Err(error(self.path, &Fatal::Broken(seq)))),
            None => self.wait(seq, line, reply),
        }
    }

    fn wait(&mut self, seq: u64, line: String, reply: Reply<()>) {
        match self.waiting.get_mut(&seq) {
            Some(waiting) if waiting.line == line => waiting.replies.push(reply),
            Some(_) => answer(reply, Err(error(self.path, &Fatal::Broken(seq)))),
            None => {
                let replies = vec![reply];
                self.waiting.insert(seq, Waiting { line, replies });
            }
        }
    }

    /// Writes and flushes every record whose turn it is, then answers for them.
    pub(super) fn flush(&mut self) {
        let Ok(open) = &mut self.state else {
            return;
        };
        let mut bytes = Vec::new();
        let mut end = open.last_seq;
        for (seq, waiting) in &self.waiting {
            if *seq != end + 1 {
                break;
            }
            bytes.extend_from_slice(waiting.line.as_bytes());
            bytes.push(b'\n');
            end = *seq;
        }
        if bytes.is_empty() {
            return;
        }
        match open.file.append(&bytes).and_then(|()| open.file.flush()) {
            Ok(()) => {
                open.last_seq = end;
                let later = self.waiting.split_off(&(end + 1));
                for waiting in std::mem::replace(&mut self.waiting, later).into_values() {
                    for reply in waiting.replies {
                        answer(reply, Ok(()));
                    }
                }
            }
            Err(refused) => self.fail(refused.into()),
        }
    }

    fn fail(&mut self, fatal: Fatal) {
        for waiting in std::mem::take(&mut self.waiting).into_values() {
            for reply in waiting.replies {
                answer(reply, Err(error(self.path, &fatal)));
            }
        }
        self.state = Err(fatal);
    }
}

fn error(path: &Path, fatal: &Fatal) -> AuditError {
    match fatal {
        Fatal::Broken(seq) => AuditError::Broken {
            path: path.display().to_string(),
            seq: *seq,
        },
        Fatal::Refused(source) => not_writable(path, Arc::clone(source)),
    }
}

fn answer<T>(reply: Reply<T>, result: Result<T, AuditError>) {
    // A caller that went away does not want to know.
    drop(reply.send(result));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk in memory whose `failing`th write or flush, counted from 1, fails.
    #[derive(Default)]
    struct Disk {
        text: String,
        flushes: usize,
        steps: usize,
        failing: usize,
    }

    impl Disk {
        fn step(&mut self) -> io::Result<()> {
            self.steps += 1;
            if self.steps == self.failing {
                return Err(io::ErrorKind::StorageFull.into());
            }
            Ok(())
        }
    }

    impl Appending for &mut Disk {
        fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
            self.step()?;
            self.text += std::str::from_utf8(bytes).unwrap();
            Ok(())
        }

        fn flush(&mut self) -> io::Result<()> {
            self.step()?;
            self.flushes += 1;
            Ok(())
        }

        fn line(&mut self, number: u64) -> io::Result<Option<String>> {
            let index = usize::try_from(number).unwrap() - 1;
            Ok(self.text.lines().nth(index).map(str::to_owned))
        }
    }

    type Answer = oneshot::Receiver<Result<(), AuditError>>;

    fn put<F: Appending>(writer: &mut Writer<'_, F>, seq: u64) -> Answer {
        let (reply, answer) = oneshot::channel();
        let line = format!("line {seq}");
        writer.take(SealedRecord { seq, line }, reply);
        answer
    }

    fn is_open(answer: &mut Answer) -> bool {
        matches!(answer.try_recv(), Err(oneshot::error::TryRecvError::Empty))
    }

    #[test]
    fn records_wait_for_those_before_them_and_share_a_flush() {
        let mut disk = Disk::default();
        let mut writer = Writer::new(Path::new("log"), &mut disk, 0);
        let mut third = put(&mut writer, 3);
        let mut second = put(&mut writer, 2);
        writer.flush();
        assert!(is_open(&mut second) && is_open(&mut third));
        let mut first = put(&mut writer, 1);
        assert!(is_open(&mut first), "not before the flush");
        writer.flush();
        for mut answer in [first, second, third] {
            assert!(answer.try_recv().unwrap().is_ok());
        }
        assert_eq!(disk.text, "line 1\nline 2\nline 3\n");
        assert_eq!(disk.flushes, 1);
    }

    #[test]
    fn a_record_that_is_there_is_not_written_again() {
        let mut disk = Disk::default();
        disk.text += "line 1\nline 2\n";
        let mut writer = Writer::new(Path::new("log"), &mut disk, 2);
        assert!(put(&mut writer, 1).try_recv().unwrap().is_ok());
        let (reply, mut other) = oneshot::channel();
        let line = "another line 2".into();
        writer.take(SealedRecord { seq: 2, line }, reply);
        let refused = other.try_recv().unwrap();
        assert!(matches!(refused, Err(AuditError::Broken { seq: 2, .. })));
        writer.flush();
        assert_eq!(disk.steps, 0);
    }

    #[test]
    fn after_a_failed_write_or_flush_nothing_is_tried_again() {
        for failing in [3, 4] {
            let mut disk = Disk {
                failing,
                ..Disk::default()
            };
            let mut writer = Writer::new(Path::new("log"), &mut disk, 0);
            let mut first = put(&mut writer, 1);
            writer.flush();
            assert!(first.try_recv().unwrap().is_ok());

            let mut second = put(&mut writer, 2);
            let mut fourth = put(&mut writer, 4);
            writer.flush();
            let mut third = put(&mut writer, 3);
            writer.flush();
            for answer in [&mut second, &mut third, &mut fourth] {
                let refused = answer.try_recv().unwrap();
                assert!(matches!(refused, Err(AuditError::NotWritable { .. })));
            }
            let (reply, mut last_seq) = oneshot::channel();
            writer.tell_last_seq(reply);
            assert!(last_seq.try_recv().unwrap().is_err());
            assert_eq!(disk.steps, failing, "not asked again");
        }
    }
}
