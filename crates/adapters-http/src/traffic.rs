//! Counts the requests that were sent.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many requests a tenant was sent, token calls included.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    sent: AtomicU64,
    retried: AtomicU64,
}

/// How many requests a tenant had been sent at one moment, token calls included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrafficCount {
    /// Every request.
    pub sent: u64,
    /// Those of them that repeat an earlier one.
    pub retried: u64,
}

/// Whether a request is the first of its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The first.
    First,
    /// One that repeats it.
    Repeated,
}

impl Traffic {
    /// What was counted so far.
    pub(crate) fn snapshot(&self) -> TrafficCount {
        TrafficCount {
            sent: self.sent.load(Ordering::Relaxed),
            retried: self.retried.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn count(&self, turn: Turn) {
        self.sent.fetch_add(1, Ordering::Relaxed);
        if turn == Turn::Repeated {
            self.retried.fetch_add(1, Ordering::Relaxed);
        }
    }
}
