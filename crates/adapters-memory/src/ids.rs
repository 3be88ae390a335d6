//! Ids and jitter without randomness.
//!
//! Runs with them repeat exactly; they are for tests and for the simulator, never for a real tenant.

use std::sync::atomic::{AtomicU64, Ordering};

use cxda_ports::ids::{IdSource, Jitter};

/// Counts: its ids have the form of a UUID and end in 1, 2, 3 …
#[derive(Debug, Default)]
pub struct SequentialIds(AtomicU64);

impl SequentialIds {
    /// Ids from 1 on.
    pub fn new() -> Self {
        Self::default()
    }

    /// The id that the `number`th call of [`IdSource::fresh`] gives, counted from 1.
    pub fn nth(number: u64) -> String {
        let (high, low) = (number >> 48, number & 0xffff_ffff_ffff);
        format!("00000000-0000-4000-{:04x}-{low:012x}", 0x8000 | high)
    }
}

impl IdSource for SequentialIds {
    fn fresh(&self) -> String {
        Self::nth(self.0.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

/// Always the same fraction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FixedJitter(f64);

impl FixedJitter {
    /// No jitter at all: the shortest waits.
    pub const NONE: Self = Self(0.0);
    /// The middle.
    pub const HALF: Self = Self(0.5);
    /// The largest fraction below 1: the longest waits.
    pub const MOST: Self = Self(1.0 - f64::EPSILON / 2.0);
}

impl Jitter for FixedJitter {
    fn fraction(&self) -> f64 {
        self.0
    }
}
