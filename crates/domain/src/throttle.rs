//! When the next request may be sent, so that a tenant is never asked more often than it allows.
//!
//! An exact sliding window that decides and never sleeps: instants are durations since any one moment of a clock that
//! only goes forward, and they come in as arguments. Who is next is the caller's affair.

mod pauses;

use std::collections::VecDeque;
use std::time::Duration;

pub use self::pauses::AskedPauses;
use crate::request::RateLimit;

/// Whether one more request may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// At once.
    Now,
    /// Not before this time has passed, and then only if nothing happened meanwhile.
    In(Duration),
    /// Not before one of the requests that are under way has ended.
    AfterAnother,
}

/// Counts the requests to one tenant.
///
/// A request counts from the moment it is sent until the limit's length after it ended. The tenant received it
/// somewhere in between, so a tenant with the same limit, exactly kept, refuses nothing, however long each request was
/// on its way. Memory is in proportion to the limit.
#[derive(Clone, Debug)]
pub struct SlidingWindow {
    limit: RateLimit,
    /// How many requests are under way.
    under_way: usize,
    /// Until when each request that ended counts, in order.
    counted: VecDeque<Duration>,
    paused_until: Duration,
    /// How many requests may be under way at once; `None` where only the limit says so.
    breadth: Option<usize>,
}

impl SlidingWindow {
    /// From so many requests under way at once on, a narrowed window is as wide as any.
    const WIDE: usize = 16;

    /// A window in which nothing was sent yet.
    pub fn new(limit: RateLimit) -> Self {
        Self {
            limit,
            under_way: 0,
            counted: VecDeque::new(),
            paused_until: Duration::ZERO,
            breadth: None,
        }
    }

    /// Whether a request may be sent at `now`.
    pub fn room(&mut self, now: Duration) -> Room {
        while self.counted.front().is_some_and(|end| *end <= now) {
            self.counted.pop_front();
        }
        let pause = self.paused_until.saturating_sub(now);
        if !pause.is_zero() {
            return Room::In(pause);
        }
        if self
            .breadth
            .is_some_and(|breadth| self.under_way >= breadth)
        {
            return Room::AfterAnother;
        }
        if self.under_way + self.counted.len() < self.requests() {
            return Room::Now;
        }
        match self.counted.front() {
            Some(end) => Room::In(end.saturating_sub(now)),
            None => Room::AfterAnother,
        }
    }

    /// Takes note that a request is sent, for which there is [`Room::Now`].
    pub fn begin(&mut self) {
        self.under_way += 1;
    }

    /// Takes note at `now` that a request has ended, whatever came of it.
    pub fn end(&mut self, now: Duration) {
        self.under_way = self.under_way.saturating_sub(1);
        let latest = self.counted.back().copied().unwrap_or_default();
        let end = now.saturating_add(self.limit.per).max(latest);
        self.counted.push_back(end);
    }

    /// Takes note that a request that began will not be sent after all, so it does not count.
    pub fn cancel(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// Holds every request back until `until`. A pause that ends before one made earlier changes nothing.
    pub fn pause(&mut self, until: Duration) {
        self.paused_until = self.paused_until.max(until);
    }

    /// When the latest pause ends or ended.
    pub fn paused_until(&self) -> Duration {
        self.paused_until
    }

    /// How long it takes from `now` on until the oldest request that has ended counts no longer; zero where there is none.
    pub fn oldest_leaves_in(&self, now: Duration) -> Duration {
        let ends = self.counted.iter();
        let lasting = ends.map(|end| end.saturating_sub(now));
        lasting
            .filter(|left| !left.is_zero())
            .min()
            .unwrap_or_default()
    }

    /// Lets one request at a time through from here on, as when the tenant said that it is asked too often.
    pub fn narrow(&mut self) {
        self.breadth = Some(1);
    }

    /// Doubles what [`SlidingWindow::narrow`] left, as when the tenant carried a request out.
    pub fn widen(&mut self) {
        self.breadth = self
            .breadth
            .map(|breadth| breadth * 2)
            .filter(|breadth| *breadth < Self::WIDE);
    }

    /// Whether fewer requests may be under way at once than the limit allows.
    pub fn is_narrow(&self) -> bool {
        self.breadth.is_some()
    }

    fn requests(&self) -> usize {
        usize::try_from(self.limit.requests.max(1)).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests;
