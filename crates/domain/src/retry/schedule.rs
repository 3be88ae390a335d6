//! The attempts of one operation.
//!
//! It knows no other operation; what all operations of a tenant share is its quota.

use std::time::Duration;

use super::{Decision, Failure, FailureKind, GiveUp, JitterFraction, RetryLimits};

/// Counts the attempts of one operation and decides after each failure what follows.
#[derive(Clone, Debug)]
pub struct RetrySchedule {
    limits: RetryLimits,
    failed_attempts: u32,
    /// Those of them that were throttled and count.
    throttled_attempts: u32,
    last_retry: Option<FailureKind>,
}

impl RetrySchedule {
    /// The schedule of an operation whose first attempt is about to begin.
    pub fn new(limits: RetryLimits) -> Self {
        Self {
            limits,
            failed_attempts: 0,
            throttled_attempts: 0,
            last_retry: None,
        }
    }

    /// Takes note of a failed attempt, `elapsed` after the operation began, and decides what follows.
    ///
    /// The backoff is a random part of `min(max_backoff, base * 2^n)` after `n` earlier failures. Where the server
    /// named a time, the backoff is added to it: no attempt begins before that time, and many clients that were told
    /// the same time do not all come back at once. Only the server's part counts for
    /// [`GiveUp::RetryAfterTooLong`], which is decided before all else, because that time is to be remembered.
    pub fn next(
        &mut self,
        failure: Failure,
        elapsed: Duration,
        jitter: JitterFraction,
    ) -> Decision {
        let earlier_failures = self.failed_attempts;
        self.failed_attempts = self.failed_attempts.saturating_add(1);
        if failure.kind == FailureKind::Throttled {
            self.throttled_attempts = self.throttled_attempts.saturating_add(1);
        }
        if let Some(retry_after) = failure.retry_after
            && retry_after > self.limits.max_retry_after
        {
            return Decision::GiveUp(GiveUp::RetryAfterTooLong { retry_after });
        }
        if self.failed_attempts >= self.limits.max_attempts {
            let attempts = self.failed_attempts;
            return Decision::GiveUp(GiveUp::AttemptsSpent { attempts });
        }
        let backoff = jitter.of(self.longest_backoff(failure.kind, earlier_failures));
        let wait = failure
            .retry_after
            .unwrap_or_default()
            .saturating_add(backoff);
        let deadline = self.limits.deadline;
        if elapsed.saturating_add(wait) >= deadline {
            return Decision::GiveUp(GiveUp::PastDeadline { deadline });
        }
        self.last_retry = Some(failure.kind);
        Decision::Wait(wait)
    }

    /// Lets the attempts that were throttled so far count no longer, as where the tenant carried out others meanwhile:
    /// then this operation was merely not yet its turn.
    pub fn forgive_throttled(&mut self) {
        self.failed_attempts -= self.throttled_attempts.min(self.failed_attempts);
        self.throttled_attempts = 0;
    }

    /// How many attempts failed so far, without those that were forgiven.
    pub fn failed_attempts(&self) -> u32 {
        self.failed_attempts
    }

    /// The kind of failure after which the latest retry was granted; `None` before the first retry.
    pub fn last_retry(&self) -> Option<FailureKind> {
        self.last_retry
    }

    fn longest_backoff(&self, kind: FailureKind, earlier_failures: u32) -> Duration {
        let base = match kind {
            FailureKind::Transient => self.limits.transient_base,
            FailureKind::Throttled | FailureKind::Busy => self.limits.throttled_base,
        };
        2_u32
            .checked_pow(earlier_failures)
            .and_then(|factor| base.checked_mul(factor))
            .map_or(self.limits.max_backoff, |backoff| {
                backoff.min(self.limits.max_backoff)
            })
    }
}
