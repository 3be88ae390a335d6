//! The retries that all operations of one tenant share.
//!
//! It keeps a tenant that fails throughout from being asked four times as often; it limits no first attempt.

use super::{Decision, FailureKind, GiveUp};

/// Tokens that retries cost and successes give back.
///
/// The tokens are between 0 and [`RetryQuota::CAPACITY`], both included. A new quota is full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryQuota {
    tokens: u32,
}

impl RetryQuota {
    /// Most tokens of a tenant.
    pub const CAPACITY: u32 = 500;
    /// What a retry after a transient failure costs.
    pub const TRANSIENT_COST: u32 = 14;
    /// What a retry after throttling costs, and one after a busy resource.
    pub const THROTTLED_COST: u32 = 5;
    /// What an operation gives back that succeeds at its first attempt.
    pub const FIRST_ATTEMPT_REFILL: u32 = 1;

    /// A full quota.
    pub fn full() -> Self {
        Self {
            tokens: Self::CAPACITY,
        }
    }

    /// Takes the cost of a retry after a failure of `kind`, if `decision` grants one.
    ///
    /// Returns `decision` itself, or [`GiveUp::QuotaSpent`] where too few tokens are left; then nothing is taken.
    pub fn charge(&mut self, kind: FailureKind, decision: Decision) -> Decision {
        match (decision, self.tokens.checked_sub(Self::cost(kind))) {
            (Decision::GiveUp(_), _) => decision,
            (Decision::Wait(_), Some(left)) => {
                self.tokens = left;
                decision
            }
            (Decision::Wait(_), None) => Decision::GiveUp(GiveUp::QuotaSpent),
        }
    }

    /// Gives back what an operation that succeeded paid for its latest retry, or
    /// [`RetryQuota::FIRST_ATTEMPT_REFILL`] where it had none, up to [`RetryQuota::CAPACITY`].
    pub fn refill(&mut self, last_retry: Option<FailureKind>) {
        let tokens = last_retry.map_or(Self::FIRST_ATTEMPT_REFILL, Self::cost);
        self.tokens = (self.tokens + tokens).min(Self::CAPACITY);
    }

    /// The tokens that are left.
    pub fn tokens(&self) -> u32 {
        self.tokens
    }

    fn cost(kind: FailureKind) -> u32 {
        match kind {
            FailureKind::Transient => Self::TRANSIENT_COST,
            FailureKind::Throttled | FailureKind::Busy => Self::THROTTLED_COST,
        }
    }
}
