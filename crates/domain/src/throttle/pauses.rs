//! How much time has passed in pauses that a server asked for.
//!
//! It holds nothing back: that is the window's.

use std::time::Duration;

/// Adds up pauses, each instant once however many pauses cover it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AskedPauses {
    /// All of them together, to the end of the latest.
    total: Duration,
    /// When the latest ends.
    until: Duration,
}

impl AskedPauses {
    /// Takes note at `now` of a pause until `until`.
    pub fn add(&mut self, now: Duration, until: Duration) {
        let new = until.saturating_sub(self.until.max(now));
        self.total = self.total.saturating_add(new);
        self.until = self.until.max(until);
    }

    /// How much time has passed in pauses up to `now`; between two instants it grows by what they have in common with pauses.
    pub fn passed(&self, now: Duration) -> Duration {
        self.total.saturating_sub(self.until.saturating_sub(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn pauses_count_once_where_they_overlap_and_only_as_far_as_they_passed() {
        let mut pauses = AskedPauses::default();
        pauses.add(ms(10), ms(30));
        pauses.add(ms(20), ms(50));
        pauses.add(ms(25), ms(40));
        for (now, passed) in [(10, 0), (20, 10), (50, 40), (90, 40)] {
            assert_eq!(pauses.passed(ms(now)), ms(passed), "at {now}");
        }
        pauses.add(ms(100), ms(120));
        for (now, passed) in [(100, 40), (110, 50), (120, 60), (130, 60)] {
            assert_eq!(pauses.passed(ms(now)), ms(passed), "at {now}");
        }
    }

    #[test]
    fn a_pause_that_is_over_already_is_none() {
        let mut pauses = AskedPauses::default();
        pauses.add(ms(10), ms(10));
        pauses.add(ms(10), ms(5));
        assert_eq!(pauses.passed(ms(20)), Duration::ZERO);
    }
}
