//! Keeps one tenant from being asked more often than it allows, and lets one answer's `Retry-After` hold back all calls.
//!
//! When a request may go is decided by the domain's window; here it is waited for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cxda_domain::request::RateLimit;
use cxda_domain::throttle::SlidingWindow;
use cxda_ports::clock::Clock;

/// The gate through which every request to a tenant goes.
#[derive(Debug)]
pub(crate) struct Throttle {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    window: SlidingWindow,
    /// The end of the latest pause, on the clock of [`Clock::elapsed`].
    paused_until: Duration,
}

/// The tenant asked for a pause that is longer than a call may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PausedTooLong {
    /// How much of it is left.
    pub(crate) left: Duration,
}

impl Throttle {
    pub(crate) fn new(limit: RateLimit, clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            state: Mutex::new(State {
                window: SlidingWindow::new(limit),
                paused_until: Duration::ZERO,
            }),
        }
    }

    /// Returns when one request may be sent, with the time that this took.
    ///
    /// # Errors
    ///
    /// [`PausedTooLong`] where a pause that the tenant asked for does not end within `patience`.
    pub(crate) async fn admit(&self, patience: Duration) -> Result<Duration, PausedTooLong> {
        let began = self.clock.elapsed();
        let slot = {
            let mut state = self.lock();
            state.check(began, patience)?;
            state.window.reserve(began)
        };
        loop {
            let now = self.clock.elapsed();
            let left = {
                let state = self.lock();
                state.check(now, patience)?;
                state.window.time_left(&slot, now)
            };
            if left.is_zero() {
                return Ok(now.saturating_sub(began));
            }
            self.clock.wait(left).await;
        }
    }

    /// Holds back every request that is not sent yet for `wait`.
    pub(crate) fn pause(&self, wait: Duration) {
        let now = self.clock.elapsed();
        let until = now.saturating_add(wait);
        let mut state = self.lock();
        state.window.pause(now, until);
        state.paused_until = state.paused_until.max(until);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn check(&self, now: Duration, patience: Duration) -> Result<(), PausedTooLong> {
        let left = self.paused_until.saturating_sub(now);
        if left.is_zero() || left < patience {
            Ok(())
        } else {
            Err(PausedTooLong { left })
        }
    }
}
