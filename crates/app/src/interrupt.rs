//! SIGINT and SIGTERM: the first asks the command to come to its end, the second ends the process, and so does time.
//!
//! What a command does about it is its own business.

use std::future::pending;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use cxda_ports::clock::Clock;
use cxda_ports::stop::StopSignal;
use tokio::runtime;
use tokio::sync::watch;

use crate::exit::Exit;
use crate::system::SystemClock;

/// How long after the first signal the process ends, whatever hangs.
pub(crate) const BOUND: Duration = Duration::from_secs(10);

/// Whether the process is asked to stop, and with which exit code.
#[derive(Debug, Default)]
pub(crate) struct Interrupt {
    /// Whether the command comes to its end by itself, for something is under way.
    careful: AtomicBool,
    /// The exit code of the first signal.
    first: watch::Sender<Option<Exit>>,
}

impl Interrupt {
    /// Listens from now on, on a thread of its own: nothing that hangs elsewhere keeps it from hearing.
    ///
    /// # Errors
    ///
    /// Where the system gives no thread, or does not let it listen.
    pub(crate) fn listen() -> io::Result<Arc<Self>> {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let signals = {
            let _inside = runtime.enter();
            Signals::new()?
        };
        let interrupt = Arc::new(Self::default());
        let heard = Arc::clone(&interrupt);
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || runtime.block_on(heard.hear(signals)))?;
        Ok(interrupt)
    }

    async fn hear(&self, mut signals: Signals) {
        let first = signals.next().await;
        self.first.send_replace(Some(first));
        let clock = SystemClock::new();
        tokio::select! {
            _ = signals.next() => {}
            () = clock.wait(BOUND) => {}
        }
        // The journal knows what was sent, so that stopping here loses nothing.
        std::process::exit(first.code().into());
    }

    /// From now on the command comes to its end by itself once it is to stop; until then it may be dropped anywhere.
    pub(crate) fn carefully(&self) {
        self.careful.store(true, Ordering::Relaxed);
    }

    /// Returns when the process is to stop while its command may be dropped.
    pub(crate) async fn cut_short(&self) -> Exit {
        self.raised().await;
        match self.exit() {
            Some(exit) if !self.careful.load(Ordering::Relaxed) => exit,
            _ => pending().await,
        }
    }

    /// How the process ends where it was interrupted.
    pub(crate) fn exit(&self) -> Option<Exit> {
        *self.first.borrow()
    }
}

#[async_trait]
impl StopSignal for Interrupt {
    fn is_raised(&self) -> bool {
        self.exit().is_some()
    }

    async fn raised(&self) {
        // The sender lives as long as this signal, so the only outcome is that it was raised.
        drop(self.first.subscribe().wait_for(Option::is_some).await);
    }
}

/// The signals that ask to stop.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> Exit {
        tokio::select! {
            _ = self.interrupt.recv() => Exit::Interrupted,
            _ = self.terminate.recv() => Exit::Terminated,
        }
    }
}

/// The signals that ask to stop.
#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn new() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) -> Exit {
        self.0.recv().await;
        Exit::Interrupted
    }
}
