//! The thread that owns the connection, and what waits for it.
//!
//! What waits at the same time becomes one transaction: one flush to disk answers many callers. It knows nothing of the tables.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::{io, mem, thread};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use super::schema;

/// Why a piece of work failed.
pub(super) type Fault = Box<dyn std::error::Error + Send + Sync>;

/// Whether a connection may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    ReadWrite,
    ReadOnly,
}

/// The way to the thread. When it is dropped, the thread ends what waits, closes the connection, and is waited for.
pub(super) struct Queue {
    sender: Option<Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Queue {
    /// Hands `connection` over to a new thread.
    pub(super) fn start(connection: Connection, access: Access) -> io::Result<Self> {
        let (sender, receiver) = channel();
        let thread = thread::Builder::new()
            .name("cxda-store".into())
            .spawn(move || Owner::new(connection, access).serve(&receiver))?;
        Ok(Self {
            sender: Some(sender),
            thread: Some(thread),
        })
    }

    /// Runs `work` on the thread, and answers when its effect is durable. Where it fails, it has no effect.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Task {
            state: TaskState::Waiting(work),
            reply,
        });
        if let Some(sender) = &self.sender {
            // A thread that has ended drops the job and with it the reply, which the next line sees.
            drop(sender.send(job));
        }
        answer
            .await
            .unwrap_or_else(|_| Err("the store's thread has ended".into()))
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        drop(self.sender.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// A piece of work without its type.
trait Job: Send {
    /// Does the work inside a transaction; tells whether it succeeded.
    fn work(&mut self, connection: &Connection) -> Worked;
    /// Answers the caller, once it is known whether the transaction was committed.
    fn answer(self: Box<Self>, committed: &Result<(), Arc<rusqlite::Error>>);
}

/// How a piece of work went.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Worked {
    Well,
    Badly,
}

struct Task<W, T> {
    state: TaskState<W, T>,
    reply: oneshot::Sender<Result<T, Fault>>,
}

enum TaskState<W, T> {
    Waiting(W),
    Ended(Result<T, Fault>),
    Taken,
}

impl<T, W> Job for Task<W, T>
where
    T: Send,
    W: FnOnce(&Connection) -> Result<T, Fault> + Send,
{
    fn work(&mut self, connection: &Connection) -> Worked {
        if let TaskState::Waiting(work) = mem::replace(&mut self.state, TaskState::Taken) {
            let result = work(connection);
            let worked = if result.is_ok() {
                Worked::Well
            } else {
                Worked::Badly
            };
            self.state = TaskState::Ended(result);
            return worked;
        }
        Worked::Badly
    }

    fn answer(self: Box<Self>, committed: &Result<(), Arc<rusqlite::Error>>) {
        let result = match (self.state, committed) {
            (TaskState::Ended(Err(fault)), _) => Err(fault),
            (_, Err(error)) => Err(Arc::clone(error).into()),
            (TaskState::Ended(Ok(value)), Ok(())) => Ok(value),
            (TaskState::Waiting(_) | TaskState::Taken, Ok(())) => Err("it was not done".into()),
        };
        // A caller that went away does not want to know.
        drop(self.reply.send(result));
    }
}

/// What the thread holds.
struct Owner {
    connection: Connection,
    behavior: TransactionBehavior,
    /// The first failed commit. After one nobody knows what the disk holds, so nothing is tried again on this connection.
    failed: Option<Arc<rusqlite::Error>>,
}

impl Owner {
    fn new(connection: Connection, access: Access) -> Self {
        Self {
            connection,
            behavior: match access {
                Access::ReadWrite => TransactionBehavior::Immediate,
                Access::ReadOnly => TransactionBehavior::Deferred,
            },
            failed: None,
        }
    }

    fn serve(mut self, receiver: &Receiver<Box<dyn Job>>) {
        while let Ok(first) = receiver.recv() {
            let waiting = std::iter::once(first).chain(receiver.try_iter());
            self.carry_out(waiting.take(MAX_TOGETHER).collect());
        }
        if self.failed.is_none() {
            // Where this fails, the log stays beside the store, and nothing is lost.
            drop(schema::keep_log(&self.connection, false));
        }
    }

    /// Carries out `jobs` in one transaction, then answers them all.
    fn carry_out(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        let committed = match &self.failed {
            Some(error) => Err(Arc::clone(error)),
            None => self.commit_together(&mut jobs).map_err(Arc::new),
        };
        if let Err(error) = &committed {
            self.failed = Some(Arc::clone(error));
        }
        for job in jobs {
            job.answer(&committed);
        }
    }

    fn commit_together(&mut self, jobs: &mut [Box<dyn Job>]) -> rusqlite::Result<()> {
        let mut transaction = Transaction::new(&mut self.connection, self.behavior)?;
        for job in jobs {
            // A job that fails takes back what it did, and nothing of the others.
            let savepoint = transaction.savepoint()?;
            if job.work(&savepoint) == Worked::Well {
                savepoint.commit()?;
            } else {
                savepoint.finish()?;
            }
        }
        transaction.commit()
    }
}

/// How many calls may share one transaction, so that the first of them does not wait without end.
const MAX_TOGETHER: usize = 1_024;

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    type Reply = oneshot::Receiver<Result<i64, Fault>>;

    fn insert(value: i64) -> (Box<dyn Job>, Reply) {
        task(move |connection| {
            connection.execute("INSERT INTO t VALUES (?1)", [value])?;
            Ok(value)
        })
    }

    fn task(
        work: impl FnOnce(&Connection) -> Result<i64, Fault> + Send + 'static,
    ) -> (Box<dyn Job>, Reply) {
        let (reply, answer) = oneshot::channel();
        let state = TaskState::Waiting(work);
        (Box::new(Task { state, reply }), answer)
    }

    fn owner(path: &Path) -> Owner {
        let connection = Connection::open(path).unwrap();
        let tables = "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON;
            CREATE TABLE t (a INTEGER PRIMARY KEY);
            CREATE TABLE u (a REFERENCES t DEFERRABLE INITIALLY DEFERRED);";
        connection.execute_batch(tables).unwrap();
        Owner::new(connection, Access::ReadWrite)
    }

    fn count(connection: &Connection) -> i64 {
        connection
            .query_row("SELECT count(*) FROM t", [], |row| row.get(0))
            .unwrap()
    }

    #[test]
    fn what_waits_together_is_committed_together() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.db");
        let mut owner = owner(&path);
        let other = Connection::open(&path).unwrap();
        let (first, mut first_answer) = insert(1);
        let (second, mut second_answer) = task(move |connection| {
            // The first is carried out, and not yet to be seen by others.
            Ok(count(connection) * 10 + count(&other))
        });
        owner.carry_out(vec![first, second]);
        assert_eq!(first_answer.try_recv().unwrap().unwrap(), 1);
        assert_eq!(second_answer.try_recv().unwrap().unwrap(), 10);
    }

    #[test]
    fn what_fails_takes_back_only_what_it_did_itself() {
        let folder = tempfile::tempdir().unwrap();
        let mut owner = owner(&folder.path().join("s.db"));
        let (good, mut good_answer) = insert(1);
        let (bad, mut bad_answer) = task(|connection| {
            connection.execute("INSERT INTO t VALUES (2)", [])?;
            Err("refused".into())
        });
        owner.carry_out(vec![good, bad]);
        assert!(good_answer.try_recv().unwrap().is_ok());
        assert!(bad_answer.try_recv().unwrap().is_err());
        assert_eq!(count(&owner.connection), 1);
    }

    #[test]
    fn after_a_failed_commit_everybody_is_told_and_nothing_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut owner = owner(&folder.path().join("s.db"));
        let (good, mut good_answer) = insert(1);
        let (dangling, mut dangling_answer) = task(|connection| {
            // The constraint is judged at the commit, which therefore fails.
            connection.execute("INSERT INTO u VALUES (7)", [])?;
            Ok(7)
        });
        owner.carry_out(vec![good, dangling]);
        assert!(good_answer.try_recv().unwrap().is_err());
        assert!(dangling_answer.try_recv().unwrap().is_err());
        assert_eq!(count(&owner.connection), 0);

        let (later, mut later_answer) = insert(3);
        owner.carry_out(vec![later]);
        assert!(later_answer.try_recv().unwrap().is_err());
        assert_eq!(count(&owner.connection), 0);
    }

    #[tokio::test]
    async fn dropping_the_queue_ends_what_waits_and_closes_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.db");
        let connection = owner(&path).connection;
        let queue = Queue::start(connection, Access::ReadWrite).unwrap();
        let inserted = queue
            .ask(|connection| {
                connection.execute("INSERT INTO t VALUES (1)", [])?;
                Ok(1)
            })
            .await;
        assert_eq!(inserted.unwrap(), 1);
        drop(queue);
        assert!(!folder.path().join("s.db-wal").exists());
        assert_eq!(count(&Connection::open(&path).unwrap()), 1);
    }
}
