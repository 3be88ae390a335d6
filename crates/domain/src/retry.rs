//! Whether a failed attempt is followed by another, and how long to wait before it.
//!
//! It decides and never sleeps: elapsed time and randomness come in as arguments, and waiting is the caller's. Which
//! failures may be retried at all is not decided here.

mod quota;
mod schedule;

use std::time::Duration;

pub use self::quota::RetryQuota;
pub use self::schedule::RetrySchedule;

/// What made an attempt fail that may be retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureKind {
    /// The server or the way to it failed, probably for a moment.
    Transient,
    /// The server asked for fewer requests.
    Throttled,
    /// The resource was not ready. It is waited for as after throttling, and is never forgiven.
    Busy,
}

/// A failed attempt that may be retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What made it fail.
    pub kind: FailureKind,
    /// How long the server asked to wait, counted from the moment that is given as elapsed.
    pub retry_after: Option<Duration>,
}

/// What follows a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Another attempt, after this time and no earlier.
    Wait(Duration),
    /// No further attempt.
    GiveUp(GiveUp),
}

/// Why no further attempt follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GiveUp {
    /// All attempts are spent.
    #[error("{attempts} attempts failed")]
    AttemptsSpent {
        /// How many there were.
        attempts: u32,
    },
    /// The next attempt could not begin before the deadline of the operation.
    #[error("the next attempt would begin after the deadline of {} s", deadline.as_secs())]
    PastDeadline {
        /// The longest time that an operation may take.
        deadline: Duration,
    },
    /// The server asked to wait longer than anybody should.
    #[error("the server asks to wait {} s", retry_after.as_secs())]
    RetryAfterTooLong {
        /// How long it asked to wait.
        retry_after: Duration,
    },
    /// The tenant's [`RetryQuota`] is spent: too much fails for a retry to help.
    #[error("the retry quota of the tenant is spent")]
    QuotaSpent,
}

/// The limits within which an operation is attempted again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryLimits {
    /// Most attempts of an operation, the first included.
    pub max_attempts: u32,
    /// The time, from the start of an operation, before which its last attempt must begin.
    pub deadline: Duration,
    /// The longest backoff.
    pub max_backoff: Duration,
    /// The longest backoff after a first transient failure; it doubles with each further attempt.
    pub transient_base: Duration,
    /// The same after a first throttled or busy attempt.
    pub throttled_base: Duration,
    /// The longest `Retry-After` that is waited for, included.
    pub max_retry_after: Duration,
}

impl RetryLimits {
    /// The product's limits: 4 attempts and 180 s an operation, backoff up to 20 s from 200 ms or 1 s, and 300 s of
    /// `Retry-After`.
    pub const STANDARD: Self = Self {
        max_attempts: 4,
        deadline: Duration::from_mins(3),
        max_backoff: Duration::from_secs(20),
        transient_base: Duration::from_millis(200),
        throttled_base: Duration::from_secs(1),
        max_retry_after: Duration::from_mins(5),
    };
}

/// A fraction from 0, included, to 1, excluded, in steps of 2^-64.
///
/// Made of 64 random bits, it is uniform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JitterFraction(u64);

impl JitterFraction {
    /// Zero: no jitter at all.
    pub const MIN: Self = Self(0);
    /// The largest fraction below 1.
    pub const MAX: Self = Self(u64::MAX);

    /// The fraction `numerator` / 2^64.
    pub const fn from_bits(numerator: u64) -> Self {
        Self(numerator)
    }

    /// The fraction `value`, which lies between 0 and 1, in the steps of a double.
    pub fn from_double(value: f64) -> Self {
        /// 2^53: the steps of a double between 0 and 1.
        const STEPS: f64 = 9_007_199_254_740_992.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to 0 to 2^53"
        )]
        let steps = (value.clamp(0.0, 1.0) * STEPS) as u64;
        Self::from_bits(steps.saturating_mul(1 << 11))
    }

    /// This fraction of `whole`, cut to the nanosecond and so always less than `whole` unless that is zero.
    ///
    /// A `whole` beyond 584 years counts as 584 years.
    pub fn of(self, whole: Duration) -> Duration {
        let nanos = u64::try_from(whole.as_nanos()).unwrap_or(u64::MAX);
        let part = (u128::from(nanos) * u128::from(self.0)) >> u64::BITS;
        u64::try_from(part).map_or(whole, Duration::from_nanos)
    }
}

#[cfg(test)]
mod tests;
