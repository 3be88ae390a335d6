//! What the tests stand on: the real binary, project folders, and tenants over loopback.
//!
//! No expectation about the product stands here.

use std::time::Duration;

mod binary;
mod clock;
mod foreign;
mod gate;
mod project;
mod recorder;
mod scripted;
mod served;
mod simulated;
#[cfg(unix)]
mod terminal;

pub(crate) use binary::{Call, Ended};
pub(crate) use clock::RealClock;
pub(crate) use foreign::{Foreign, Habits};
pub(crate) use gate::{Gate, gated};
pub(crate) use project::{Project, example};
pub(crate) use recorder::Recorder;
pub(crate) use scripted::{Answer, Asked, Scripted};
pub(crate) use served::Served;
pub(crate) use simulated::{LONG_AGO, Simulated, config};
#[cfg(unix)]
pub(crate) use terminal::{Stderr, on_terminal, seen};

/// How long anything may take before a test gives up on it.
const DEADLINE: Duration = Duration::from_mins(2);

/// A runtime for servers of one test; it ends with the test.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

/// Looks at `ready` until it gives something, at most until the deadline.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut ready: impl FnMut() -> Option<T>) -> T {
    const PAUSE: Duration = Duration::from_millis(5);
    let tries = DEADLINE.as_millis() / PAUSE.as_millis();
    for _ in 0..tries {
        if let Some(found) = ready() {
            return found;
        }
        std::thread::sleep(PAUSE);
    }
    panic!("never came: {what}");
}
