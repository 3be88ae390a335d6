//! A clock that moves only when a test says so, or when somebody waits.
//!
//! No real time passes: a wait of an hour is over as soon as its turn comes.

mod runtime;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use cxda_domain::instant::UtcMillis;
use cxda_ports::clock::Clock;
use tokio::sync::watch;
use tokio::task::yield_now;

pub use self::runtime::RuntimeClock;

/// What moves a [`ManualClock`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advance {
    /// A wait moves the clock to its own end, so nobody ever stands still.
    ByWaiting,
    /// Only [`ManualClock::advance`]; until then every wait stands still.
    ByHand,
}

/// A clock under a test's control.
#[derive(Debug)]
pub struct ManualClock {
    advance: Advance,
    elapsed: watch::Sender<Duration>,
    wall: Mutex<Wall>,
}

#[derive(Debug)]
struct Wall {
    /// What the wall clock showed when the process began, jumps included.
    start: UtcMillis,
    waits: Vec<Duration>,
}

impl ManualClock {
    /// A clock that starts at `start` and that every wait moves on.
    pub fn starting_at(start: UtcMillis) -> Self {
        Self::new(start, Advance::ByWaiting)
    }

    /// A clock that starts at `start` and is moved as `advance` says.
    pub fn new(start: UtcMillis, advance: Advance) -> Self {
        let waits = Vec::new();
        Self {
            advance,
            elapsed: watch::Sender::new(Duration::ZERO),
            wall: Mutex::new(Wall { start, waits }),
        }
    }

    /// Lets `duration` pass; waits that it covers come to their end.
    pub fn advance(&self, duration: Duration) {
        self.elapsed
            .send_modify(|elapsed| *elapsed = elapsed.saturating_add(duration));
    }

    /// Moves the wall clock alone by `millis` milliseconds, back where negative, as a correction of the system's clock does.
    pub fn jump(&self, millis: i64) {
        let mut wall = self.wall();
        let start = wall.start.epoch_millis().saturating_add(millis);
        wall.start = UtcMillis::from_epoch_millis(start);
    }

    /// How long each wait was, in the order in which they began.
    pub fn waits(&self) -> Vec<Duration> {
        self.wall().waits.clone()
    }

    fn move_to(&self, instant: Duration) {
        self.elapsed.send_if_modified(|elapsed| {
            let later = instant > *elapsed;
            *elapsed = instant.max(*elapsed);
            later
        });
    }

    fn wall(&self) -> MutexGuard<'_, Wall> {
        self.wall.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> UtcMillis {
        let start = self.wall().start.epoch_millis();
        let passed = i64::try_from(self.elapsed().as_millis()).unwrap_or(i64::MAX);
        UtcMillis::from_epoch_millis(start.saturating_add(passed))
    }

    fn elapsed(&self) -> Duration {
        *self.elapsed.borrow()
    }

    async fn wait(&self, duration: Duration) {
        let end = self.elapsed().saturating_add(duration);
        self.wall().waits.push(duration);
        // Whoever else is about to wait begins at the same instant.
        yield_now().await;
        if self.advance == Advance::ByWaiting {
            self.move_to(end);
        }
        let mut elapsed = self.elapsed.subscribe();
        // The sender lives as long as this clock, so the only outcome is that the end has come.
        drop(elapsed.wait_for(|elapsed| *elapsed >= end).await);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::join;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test]
    async fn waits_that_begin_together_overlap() {
        let clock = ManualClock::starting_at(UtcMillis::from_epoch_millis(5));
        join!(clock.wait(10 * SECOND), clock.wait(4 * SECOND));
        assert_eq!(clock.elapsed(), 10 * SECOND);
        assert_eq!(clock.now(), UtcMillis::from_epoch_millis(10_005));
        assert_eq!(clock.waits(), [10 * SECOND, 4 * SECOND]);
    }

    #[tokio::test]
    async fn moved_by_hand_a_wait_ends_exactly_at_its_end() {
        let start = UtcMillis::from_epoch_millis(0);
        let clock = Arc::new(ManualClock::new(start, Advance::ByHand));
        let waiter = Arc::clone(&clock);
        let wait = tokio::spawn(async move { waiter.wait(2 * SECOND).await });
        yield_now().await;
        clock.advance(Duration::from_nanos(1_999_999_999));
        yield_now().await;
        assert!(!wait.is_finished());
        clock.advance(Duration::from_nanos(1));
        wait.await.unwrap();
    }

    #[test]
    fn the_wall_clock_jumps_alone() {
        let clock = ManualClock::starting_at(UtcMillis::from_epoch_millis(0));
        clock.jump(-3_600_000);
        assert_eq!(clock.now(), UtcMillis::from_epoch_millis(-3_600_000));
        assert_eq!(clock.elapsed(), Duration::ZERO);
    }
}
