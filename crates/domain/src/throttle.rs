//! When the next request may be sent, so that a tenant is never asked more often than it allows.
//!
//! An exact sliding window that decides and never sleeps: instants are durations since any one moment of a clock that
//! only goes forward, and they come in as arguments.

use std::collections::VecDeque;
use std::time::Duration;

use crate::request::RateLimit;

/// A place in the queue of a [`SlidingWindow`]: the right to send one request, at an instant that a pause may move.
#[derive(Debug, PartialEq, Eq)]
pub struct Slot {
    number: u64,
}

/// Hands out the instants at which requests may be sent, first come, first served.
///
/// In no window of the limit's length are there more slots than it allows, and no slot is later than that, a pause and
/// the slots before it demand. Memory is in proportion to the limit and to the slots that are still to come.
///
/// A caller reserves a slot, waits while [`SlidingWindow::time_left`] says so, looking again after each wait because
/// of [`SlidingWindow::pause`], and sends. A slot that nobody uses is lost; it is not handed on.
#[derive(Clone, Debug)]
pub struct SlidingWindow {
    limit: RateLimit,
    /// The instants of the latest slots, in order.
    slots: VecDeque<Duration>,
    /// The number of the first of `slots`.
    first_number: u64,
    paused_until: Duration,
}

impl SlidingWindow {
    /// A window in which nothing was sent yet.
    pub fn new(limit: RateLimit) -> Self {
        Self {
            limit,
            slots: VecDeque::new(),
            first_number: 0,
            paused_until: Duration::ZERO,
        }
    }

    /// Reserves the earliest slot from `now` on that comes after all slots reserved before.
    pub fn reserve(&mut self, now: Duration) -> Slot {
        self.forget_before(now);
        let index = self.slots.len();
        self.slots.push_back(self.earliest(index, now));
        Slot {
            number: self.first_number + index as u64,
        }
    }

    /// How long to wait from `now` on until the request of `slot` may be sent; zero once it may.
    pub fn time_left(&self, slot: &Slot, now: Duration) -> Duration {
        slot.number
            .checked_sub(self.first_number)
            .and_then(|index| self.slots.get(usize::try_from(index).ok()?))
            // Only slots that are past are forgotten.
            .map_or(Duration::ZERO, |instant| instant.saturating_sub(now))
    }

    /// Moves every slot after `now` to `until` or later, as when the tenant answers that it is asked too often.
    ///
    /// Order is kept, and so is the limit: what had to wait comes no faster than it may. A pause that ends before one
    /// made earlier changes nothing.
    pub fn pause(&mut self, now: Duration, until: Duration) {
        self.paused_until = self.paused_until.max(until);
        let first_pending = self.slots.partition_point(|instant| *instant <= now);
        for index in first_pending..self.slots.len() {
            self.slots[index] = self.earliest(index, self.slots[index]);
        }
    }

    /// The earliest instant from `wanted` on for the slot at `index`, given the slots before it.
    fn earliest(&self, index: usize, wanted: Duration) -> Duration {
        let before = |distance: usize| Some(self.slots[index.checked_sub(distance)?]);
        let previous = before(1).unwrap_or_default();
        let has_room = before(self.requests())
            .map(|instant| instant.saturating_add(self.limit.per))
            .unwrap_or_default();
        wanted.max(self.paused_until).max(previous).max(has_room)
    }

    /// Drops slots that no slot to come depends on: past ones that left the window or are too far back to count.
    fn forget_before(&mut self, now: Duration) {
        while let Some(first) = self.slots.front() {
            let left_the_window = first.saturating_add(self.limit.per) <= now;
            let too_far_back = *first <= now && self.slots.len() > self.requests();
            if !left_the_window && !too_far_back {
                break;
            }
            self.slots.pop_front();
            self.first_number += 1;
        }
    }

    fn requests(&self) -> usize {
        usize::try_from(self.limit.requests.max(1)).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests;
