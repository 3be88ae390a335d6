//! Scripts are run in a child process, each in its own; what the child says is data, and the verdict is made here.
//!
//! The child is this same program, started with an argument that leads it to [`serve`]. It has no environment save a
//! time zone, no pipe but its request and its answer, and it limits itself before it reads. Limits that it cannot be
//! trusted with are kept here: wall-clock time, and how much is read of it.

use std::ffi::OsString;
use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use async_trait::async_trait;
use cxda_domain::script::{ScriptEnd, ScriptLimit};
use cxda_ports::script::{ScriptOutcome, ScriptRun, ScriptRunError, ScriptRunner};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;
use tokio::time::timeout;

mod child;
#[cfg(unix)]
mod confine;
mod engine;
mod frame;
pub mod limits;

pub use self::child::serve;
use self::frame::{Answer, Request};

/// The argument, the only one, by which a program knows that it is to call [`serve`].
pub const CHILD_ARGUMENT: &str = "__run-script";

/// Whether children of this process also give up most calls to the system, beside their limits.
pub fn filters_calls() -> bool {
    // A kernel without filters does not know the question.
    #[cfg(target_os = "linux")]
    let known = rustix::thread::secure_computing_mode().is_ok();
    #[cfg(not(target_os = "linux"))]
    let known = false;
    known
}

/// Runs each script in a child process of its own.
#[derive(Debug)]
pub struct ChildRunner {
    program: PathBuf,
    argument: OsString,
    seats: Semaphore,
}

impl ChildRunner {
    /// Runs scripts by starting `program` with `argument`, which must lead it to [`serve`]; at most `at_once` of them run
    /// at the same time, and the others wait.
    pub fn new(program: PathBuf, argument: OsString, at_once: NonZeroUsize) -> Self {
        Self {
            program,
            argument,
            seats: Semaphore::new(at_once.get()),
        }
    }

    fn start(&self) -> io::Result<Child> {
        let mut command = Command::new(&self.program);
        command
            .arg(&self.argument)
            .env_clear()
            // A script's local time must not differ from machine to machine.
            .env("TZ", "UTC0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        command.spawn()
    }
}

#[async_trait]
impl ScriptRunner for ChildRunner {
    async fn run(&self, run: &ScriptRun) -> Result<ScriptOutcome, ScriptRunError> {
        let request = Request::of(run)
            .to_bytes()
            .map_err(|error| unable("the request cannot be written", error))?;
        let _seat = self
            .seats
            .acquire()
            .await
            .map_err(|error| unable("no process may be started any more", error))?;
        let mut child = self
            .start()
            .map_err(|error| unable("no process can be started", error))?;
        let said = timeout(limits::WALL_TIME, exchange(&mut child, &request)).await;
        if let Ok(Ok(Said { status, answer })) = &said
            && answer.len() <= limits::OUTPUT_BYTES
        {
            return Ok(judge(*status, answer));
        }
        // Killed and waited for, so that nothing of it is left when the next one starts.
        child
            .kill()
            .await
            .map_err(|error| unable("a process cannot be stopped", error))?;
        match said {
            Ok(Ok(_)) => Ok(stopped(ScriptLimit::Output)),
            Ok(Err(error)) => Err(unable("a process cannot be listened to", error)),
            Err(_) => Ok(stopped(ScriptLimit::Time)),
        }
    }
}

fn unable(
    doing: &'static str,
    source: impl std::error::Error + Send + Sync + 'static,
) -> ScriptRunError {
    ScriptRunError {
        doing,
        source: Box::new(source),
    }
}

/// What a child said, and how it ended; an answer that is too long is cut, and its child may still run.
struct Said {
    status: Option<ExitStatus>,
    answer: Vec<u8>,
}

async fn exchange(child: &mut Child, request: &[u8]) -> io::Result<Said> {
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let tell = async {
        if let Some(mut stdin) = stdin {
            // A child that does not listen shows by what it says, or does not say.
            drop(stdin.write_all(request).await);
        }
    };
    let listen = async {
        let mut answer = Vec::new();
        if let Some(stdout) = stdout {
            let most = u64::try_from(limits::OUTPUT_BYTES).unwrap_or(u64::MAX);
            // One byte more shows that it is too long.
            let mut stdout = stdout.take(most.saturating_add(1));
            stdout.read_to_end(&mut answer).await?;
        }
        io::Result::Ok(answer)
    };
    let ((), answer) = tokio::join!(tell, listen);
    let answer = answer?;
    let status = if answer.len() > limits::OUTPUT_BYTES {
        None
    } else {
        Some(child.wait().await?)
    };
    Ok(Said { status, answer })
}

/// What a child that ended with `status` has shown by `answer`.
fn judge(status: Option<ExitStatus>, answer: &[u8]) -> ScriptOutcome {
    if !status.is_some_and(|status| status.success()) {
        return stopped(status.map_or(ScriptLimit::Process, limit_of));
    }
    Answer::parse(answer).map_or_else(
        || stopped(ScriptLimit::Process),
        |answer| answer.into_outcome(limits::WALL_TIME),
    )
}

/// The limit that a child which failed went beyond.
fn limit_of(status: ExitStatus) -> ScriptLimit {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;

        use rustix::process::Signal;
        if status.signal() == Some(Signal::XCPU.as_raw()) {
            return ScriptLimit::Time;
        }
    }
    let _ = status;
    ScriptLimit::Process
}

/// A run of which nothing is known but the limit that ended it.
fn stopped(limit: ScriptLimit) -> ScriptOutcome {
    ScriptOutcome {
        end: ScriptEnd::Stopped(limit),
        logs: Vec::new(),
        took: match limit {
            ScriptLimit::Time => limits::WALL_TIME,
            _ => Duration::ZERO,
        },
    }
}

#[cfg(all(test, unix))]
mod tests;
