//! What one call has been through so far, and with what it ends.
//!
//! It decides nothing about the next attempt.

use std::time::Duration;

use cxda_domain::retry::{GiveUp, RetrySchedule};
use cxda_ports::error::{ApiError, ApiErrorKind, CallCost};

use crate::breaker::Spared;
use crate::call::Call;
use crate::classify::Received;
use crate::retry::{LIMITS, STOP_GRACE};
use crate::throttle::Wave;
use crate::traffic::Turn;

/// One call under way.
pub(super) struct Course {
    pub(super) schedule: RetrySchedule,
    pub(super) cost: CallCost,
    /// When it began, on the clock of [`Clock::elapsed`](cxda_ports::clock::Clock::elapsed).
    began: Duration,
    /// How long our own rate limit held it back; that is no fault of the tenant and does not count to the deadline.
    held_back: Duration,
    /// Whether the tenant may have carried out an earlier attempt.
    pub(super) received: Received,
    /// Whether its token was refused once.
    pub(super) token: TokenTurn,
    /// Whether an answer could not be read once.
    pub(super) reading: Turn,
    /// Before which wave of refusals its latest attempt was let through.
    pub(super) wave: Wave,
    /// How many requests the tenant had carried out when it last refused this one for being one too many, and this call's
    /// own since then.
    pub(super) served_before: Option<u64>,
    /// With what its latest attempt failed.
    pub(super) last: Option<ApiError>,
}

/// Which of its tokens a call uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenTurn {
    First,
    Renewed,
}

impl Course {
    /// That of a call that begins at `now`.
    pub(super) fn beginning(now: Duration) -> Self {
        Self {
            schedule: RetrySchedule::new(LIMITS),
            cost: CallCost::default(),
            began: now,
            held_back: Duration::ZERO,
            received: Received::No,
            token: TokenTurn::First,
            reading: Turn::First,
            wave: Wave::default(),
            served_before: None,
            last: None,
        }
    }

    /// How long the call has been under way, without what our own rate limit held it back.
    pub(super) fn elapsed(&self, now: Duration) -> Duration {
        let since = now.saturating_sub(self.began);
        since.saturating_sub(self.held_back)
    }

    /// Takes note that our own rate limit held the call back.
    pub(super) fn hold_back(&mut self, time: Duration) {
        self.held_back = self.held_back.saturating_add(time);
    }

    /// How much is left of its time.
    pub(super) fn patience(&self, now: Duration) -> Duration {
        LIMITS.deadline.saturating_sub(self.elapsed(now))
    }

    /// Whether the request that is about to go is the first of the call.
    pub(super) fn turn(&self) -> Turn {
        match self.cost.attempts {
            0 => Turn::First,
            _ => Turn::Repeated,
        }
    }

    /// The error with which the call ends, given its last one.
    ///
    /// Where an earlier attempt of a write may have been carried out, only an answer about the resource itself
    /// tells what became of it. That a body is rejected does not: the reason may be what the earlier attempt left behind.
    pub(super) fn ended(&self, call: &Call, error: ApiError) -> ApiError {
        let settles = matches!(
            error.kind,
            ApiErrorKind::NotFound
                | ApiErrorKind::AlreadyExists
                | ApiErrorKind::VersionMismatch
                | ApiErrorKind::KeyMismatch
        );
        let mut ended = error;
        if self.received == Received::Maybe && !settles {
            if let ApiErrorKind::Rejected { problems } = &ended.kind {
                let said = problems.iter().map(|problem| problem.message.as_str());
                ended.detail = said.collect::<Vec<_>>().join("; ");
            }
            ended.kind = ApiErrorKind::OutcomeUnknown;
            ended.operation = call.operation;
        }
        ended.cost = self.cost;
        ended
    }

    /// The error of a call that is not sent because its origin is spared.
    pub(super) fn spared(&self, call: &Call, spared: &Spared) -> ApiError {
        let why = format!("{}: {spared}", self.unsent_words());
        self.unsent(call, ApiErrorKind::Unavailable, &why)
    }

    /// The error of a call that is not sent because the run is to stop.
    pub(super) fn stopped(&self, call: &Call) -> ApiError {
        self.unsent(call, ApiErrorKind::Stopped, self.unsent_words())
    }

    /// The error of a call whose request was not answered before the run stopped; a write may be carried out all the same.
    pub(super) fn cut_off(&mut self, call: &Call) -> ApiError {
        if call.operation.writes() {
            self.received = Received::Maybe;
        }
        let grace = STOP_GRACE.as_secs();
        let detail = format!("no answer came within {grace} s after the run was to stop");
        ApiError::new(call.operation, ApiErrorKind::Stopped, detail)
    }

    /// The error of a call whose time was over before its next request could be sent; `paused` is how long a pause kept it.
    pub(super) fn overdue(&self, call: &Call, paused: Duration) -> ApiError {
        let why = GiveUp::PastDeadline {
            deadline: LIMITS.deadline,
        };
        let kind = match &self.last {
            Some(last) => last.kind.clone(),
            None if paused.is_zero() => ApiErrorKind::Unavailable,
            None => ApiErrorKind::RateLimited { retry_after: None },
        };
        self.unsent(call, kind, &why.to_string())
    }

    /// The error of a write that may have happened and is not sent again, because of `why`.
    pub(super) fn unsure(&self, call: &Call, why: &str) -> ApiError {
        let error = self.unsent(call, ApiErrorKind::OutcomeUnknown, why);
        self.ended(call, error)
    }

    fn unsent_words(&self) -> &'static str {
        match self.turn() {
            Turn::First => "nothing was sent",
            Turn::Repeated => "nothing more was sent",
        }
    }

    /// That `why` kept the next request from being sent, behind what the latest one failed with.
    fn unsent(&self, call: &Call, kind: ApiErrorKind, why: &str) -> ApiError {
        let last = self.last.clone();
        let mut error = last.unwrap_or_else(|| ApiError::new(call.operation, kind.clone(), ""));
        error.kind = kind;
        with_reason(error, why)
    }
}

/// `error` with `why` nobody tried again.
pub(super) fn with_reason(mut error: ApiError, why: &str) -> ApiError {
    let separator = if error.detail.is_empty() { "" } else { "; " };
    error.detail = format!("{}{separator}{why}", error.detail);
    error
}
