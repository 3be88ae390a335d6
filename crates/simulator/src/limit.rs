//! An exact sliding window over the requests of one tenant.
//!
//! It decides and never waits; time comes in with each question.

use std::collections::VecDeque;
use std::time::Duration;

use cxda_domain::request::RateLimit;

/// Lets at most so many requests through in any window.
#[derive(Debug)]
pub(crate) struct SlidingWindow {
    limit: RateLimit,
    /// When each request of the present window came, the oldest first.
    taken: VecDeque<Duration>,
}

impl SlidingWindow {
    /// A window that nothing went through yet.
    pub(crate) fn new(limit: RateLimit) -> Self {
        Self {
            limit,
            taken: VecDeque::new(),
        }
    }

    /// Lets a request through that comes at `now`, or says how long to wait for the next one that may.
    ///
    /// A refused request does not count.
    pub(crate) fn admit(&mut self, now: Duration) -> Result<(), Duration> {
        while let Some(&oldest) = self.taken.front()
            && oldest + self.limit.per <= now
        {
            self.taken.pop_front();
        }
        if self.taken.len() < self.limit.requests as usize {
            self.taken.push_back(now);
            return Ok(());
        }
        let free = self
            .taken
            .front()
            .map_or(now, |&oldest| oldest + self.limit.per);
        Err(free.saturating_sub(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_window_holds_more_than_the_limit_and_none_is_left_unused() {
        let per = Duration::from_mins(1);
        let mut window = SlidingWindow::new(RateLimit { requests: 2, per });
        let at = Duration::from_millis;
        assert_eq!(window.admit(at(0)), Ok(()));
        assert_eq!(window.admit(at(30_000)), Ok(()));
        assert_eq!(window.admit(at(59_999)), Err(at(1)));
        assert_eq!(window.admit(at(60_000)), Ok(()));
        assert_eq!(window.admit(at(60_001)), Err(at(29_999)));
        assert_eq!(window.admit(at(90_000)), Ok(()));
    }
}
