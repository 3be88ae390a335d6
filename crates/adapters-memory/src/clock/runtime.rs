//! A clock on the timer of the runtime.
//!
//! On a paused runtime it is a virtual one: time passes exactly when every task waits, and then at once to the next wait's end.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use cxda_domain::instant::UtcMillis;
use cxda_ports::clock::Clock;
use tokio::time::Instant;

/// The time of the runtime that it was made in, with a wall clock beside it that a test may move.
#[derive(Debug)]
pub struct RuntimeClock {
    began: Instant,
    /// What the wall clock showed when this clock was made, jumps included.
    wall: Mutex<UtcMillis>,
}

impl RuntimeClock {
    /// A clock whose wall clock shows `start` now.
    pub fn starting_at(start: UtcMillis) -> Self {
        Self {
            began: Instant::now(),
            wall: Mutex::new(start),
        }
    }

    /// Moves the wall clock alone by `millis` milliseconds, back where negative, as a correction of the system's clock does.
    pub fn jump(&self, millis: i64) {
        let mut wall = self.wall();
        *wall = UtcMillis::from_epoch_millis(wall.epoch_millis().saturating_add(millis));
    }

    fn wall(&self) -> MutexGuard<'_, UtcMillis> {
        self.wall.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Clock for RuntimeClock {
    fn now(&self) -> UtcMillis {
        let start = self.wall().epoch_millis();
        let passed = i64::try_from(self.elapsed().as_millis()).unwrap_or(i64::MAX);
        UtcMillis::from_epoch_millis(start.saturating_add(passed))
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is an adapter of the Clock port"
    )]
    async fn wait(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::join;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn on_a_paused_runtime_waits_overlap_and_take_exactly_their_time() {
        let clock = RuntimeClock::starting_at(UtcMillis::from_epoch_millis(5));
        let hour = Duration::from_hours(1);
        join!(clock.wait(hour), clock.wait(hour / 2));
        assert_eq!(clock.elapsed(), hour);
        assert_eq!(clock.now(), UtcMillis::from_epoch_millis(3_600_005));
        clock.jump(-3_600_000);
        assert_eq!(clock.now(), UtcMillis::from_epoch_millis(5));
        assert_eq!(clock.elapsed(), hour);
    }
}
