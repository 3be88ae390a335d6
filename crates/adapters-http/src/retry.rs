//! Carries out one call: attempt after attempt, as the domain's schedule decides and as long as it is safe.
//!
//! It holds what all calls to a tenant share, and knows nothing of what they are about.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cxda_domain::retry::{
    Decision, Failure, FailureKind, GiveUp, JitterFraction, RetryLimits, RetryQuota, RetrySchedule,
};
use cxda_ports::clock::Clock;
use cxda_ports::error::{Answer, ApiError, ApiErrorKind, CallCost};
use cxda_ports::ids::Jitter;
use tracing::{Instrument as _, Span, debug_span, field, info_span};

use crate::authority::{Authority, Grant, Renewal};
use crate::call::{Call, Resend};
use crate::classify::{Again, Cause, Judge, Received, Verdict};
use crate::sanitize::Screen;
use crate::throttle::Throttle;
use crate::traffic::{Traffic, Turn};
use crate::transport::{Lost, Reply, Transport};
use crate::wire::WireError;

/// The way to one tenant.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) transport: Transport,
    pub(crate) throttle: Throttle,
    pub(crate) quota: Mutex<RetryQuota>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) jitter: Arc<dyn Jitter>,
    pub(crate) screen: Screen,
    pub(crate) traffic: Traffic,
}

const LIMITS: RetryLimits = RetryLimits::STANDARD;

/// What one call has been through so far.
struct Course {
    schedule: RetrySchedule,
    cost: CallCost,
    /// When it began, on the clock of [`Clock::elapsed`].
    began: Duration,
    /// How long the rate limit held it back; that is no fault of the tenant and does not count to the deadline.
    held_back: Duration,
    /// Whether the tenant may have carried out an earlier attempt.
    received: Received,
    /// Whether its token was refused once.
    token: TokenTurn,
    /// Whether an answer could not be read once.
    reading: Turn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TokenTurn {
    First,
    Renewed,
}

impl Link {
    /// Carries out `call` and reads its answer with `read`.
    ///
    /// # Errors
    ///
    /// The last attempt's, or `OutcomeUnknown` where a write may have happened in an earlier one.
    pub(crate) async fn call<T>(
        &self,
        call: &Call,
        authority: &dyn Authority,
        read: impl Fn(&Reply) -> Result<T, WireError>,
    ) -> Result<Answer<T>, ApiError> {
        let span = info_span!("call", operation = call.operation.words());
        self.carry_out(call, authority, read).instrument(span).await
    }

    async fn carry_out<T>(
        &self,
        call: &Call,
        authority: &dyn Authority,
        read: impl Fn(&Reply) -> Result<T, WireError>,
    ) -> Result<Answer<T>, ApiError> {
        let mut course = Course {
            schedule: RetrySchedule::new(LIMITS),
            cost: CallCost::default(),
            began: self.clock.elapsed(),
            held_back: Duration::ZERO,
            received: Received::No,
            token: TokenTurn::First,
            reading: Turn::First,
        };
        loop {
            let verdict = match self.attempt(call, authority, &mut course).await {
                Ok(verdict) => verdict,
                Err(error) => return Err(course.ended(call, error)),
            };
            let again = match verdict {
                Verdict::Done(reply) => match read(&reply) {
                    Ok(value) => {
                        self.quota().refill(course.schedule.last_retry());
                        let cost = course.cost;
                        return Ok(Answer { value, cost });
                    }
                    Err(unread) => self.misread(call, &mut course, &reply, &unread)?,
                },
                Verdict::Final(error) | Verdict::Unauthorized(error) => {
                    return Err(course.ended(call, error));
                }
                Verdict::Again(again) => again,
            };
            self.wait_after(call, &mut course, again).await?;
        }
    }

    /// One attempt; a refused token is replaced and the request sent once more within it.
    async fn attempt(
        &self,
        call: &Call,
        authority: &dyn Authority,
        course: &mut Course,
    ) -> Result<Verdict, ApiError> {
        loop {
            let grant = self.admitted(call, authority, course).await?;
            let verdict = self.send(call, &grant, course).await?;
            let Verdict::Unauthorized(error) = verdict else {
                return Ok(verdict);
            };
            let renewal = authority.refused(&grant);
            if renewal == Renewal::Impossible || course.token == TokenTurn::Renewed {
                return Ok(Verdict::Unauthorized(error));
            }
            course.token = TokenTurn::Renewed;
        }
    }

    /// Leave to send now: by the token's authority and by the rate limit.
    async fn admitted(
        &self,
        call: &Call,
        authority: &dyn Authority,
        course: &mut Course,
    ) -> Result<Grant, ApiError> {
        // First the token, so that its call does not queue behind those that wait for it. Where it ends while they wait,
        // which takes longer than the margin, a 401 replaces it.
        let grant = authority.grant().await?;
        let patience = LIMITS.deadline.saturating_sub(self.elapsed(course));
        let waited = self.throttle.admit(patience).await.map_err(|paused| {
            let retry_after = Some(paused.left);
            let detail = "the tenant asked for a pause that is not over yet";
            ApiError::new(
                call.operation,
                ApiErrorKind::RateLimited { retry_after },
                detail,
            )
        })?;
        course.held_back = course.held_back.saturating_add(waited);
        Ok(grant)
    }

    /// Sends the request once.
    async fn send(
        &self,
        call: &Call,
        grant: &Grant,
        course: &mut Course,
    ) -> Result<Verdict, ApiError> {
        let Some(url) = grant.url(call.target()) else {
            let detail = "the request would leave the base URL";
            return Err(ApiError::new(call.operation, ApiErrorKind::Refused, detail));
        };
        let turn = match course.cost.attempts {
            0 => Turn::First,
            _ => Turn::Repeated,
        };
        self.traffic.count(turn);
        course.cost.attempts += 1;
        let span = debug_span!(
            "attempt",
            attempt = course.cost.attempts,
            status = field::Empty,
            request_id = field::Empty,
            latency_ms = field::Empty,
        );
        let began = self.clock.elapsed();
        let sending = self.transport.send(call, url, grant.authorization());
        let outcome = sending.instrument(span.clone()).await;
        let latency = self.clock.elapsed().saturating_sub(began);
        course.cost.latency = course.cost.latency.saturating_add(latency);
        let judge = self.judge(call);
        note(&span, &outcome, judge, latency);
        Ok(judge.verdict(outcome))
    }

    /// What follows an answer whose body cannot be read: one more attempt where only something was to be read.
    fn misread(
        &self,
        call: &Call,
        course: &mut Course,
        reply: &Reply,
        unread: &WireError,
    ) -> Result<Again, ApiError> {
        let detail = if call.operation.writes() {
            format!("the answer cannot be read: {unread}")
        } else {
            unread.to_string()
        };
        let error = self.judge(call).unusable(reply, &detail);
        if call.operation.writes() || course.reading == Turn::Repeated {
            return Err(course.ended(call, error));
        }
        course.reading = Turn::Repeated;
        Ok(Again {
            error,
            cause: Cause::Transient,
            received: Received::No,
            retry_after: None,
        })
    }

    /// Waits until the next attempt is due.
    async fn wait_after(
        &self,
        call: &Call,
        course: &mut Course,
        again: Again,
    ) -> Result<(), ApiError> {
        if again.received == Received::Maybe && call.operation.writes() {
            course.received = Received::Maybe;
            if call.resend == Resend::Never {
                return Err(course.ended(call, again.error));
            }
        }
        let kind = match again.cause {
            Cause::Transient => FailureKind::Transient,
            Cause::Throttled | Cause::Busy => FailureKind::Throttled,
        };
        let failure = Failure {
            kind,
            retry_after: again.retry_after,
        };
        let decision = course
            .schedule
            .next(failure, self.elapsed(course), self.fraction());
        let decision = self.quota().charge(kind, decision);
        if again.cause == Cause::Throttled {
            self.hold_back(again.retry_after, decision);
        }
        match decision {
            Decision::Wait(wait) => {
                tracing::debug!(wait_ms = millis(wait), "waits before the next attempt");
                self.clock.wait(wait).await;
                Ok(())
            }
            Decision::GiveUp(why) => Err(course.ended(call, given_up(again.error, why))),
        }
    }

    /// Lets a 429 hold back all other calls as well.
    fn hold_back(&self, retry_after: Option<Duration>, decision: Decision) {
        let own = match decision {
            Decision::Wait(wait) => Some(wait),
            Decision::GiveUp(_) => None,
        };
        if let Some(wait) = retry_after.or(own) {
            self.throttle.pause(wait);
        }
    }

    fn judge<'a>(&'a self, call: &'a Call) -> Judge<'a> {
        Judge {
            call,
            screen: &self.screen,
            now: self.clock.now(),
        }
    }

    /// How long the call has been under way, without what the rate limit held it back.
    fn elapsed(&self, course: &Course) -> Duration {
        let since = self.clock.elapsed().saturating_sub(course.began);
        since.saturating_sub(course.held_back)
    }

    fn fraction(&self) -> JitterFraction {
        /// 2^53: the steps of a double between 0 and 1.
        const STEPS: f64 = 9_007_199_254_740_992.0;
        let scaled = self.jitter.fraction().clamp(0.0, 1.0) * STEPS;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to 0 to 2^53 just above"
        )]
        let steps = scaled as u64;
        JitterFraction::from_bits(steps.saturating_mul(1 << 11))
    }

    fn quota(&self) -> MutexGuard<'_, RetryQuota> {
        self.quota.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Course {
    /// The error with which the call ends, given its last one.
    ///
    /// Where an earlier attempt of a write may have been carried out, only an answer about the resource itself
    /// tells what became of it.
    fn ended(&self, call: &Call, error: ApiError) -> ApiError {
        let settles = matches!(
            error.kind,
            ApiErrorKind::NotFound
                | ApiErrorKind::AlreadyExists
                | ApiErrorKind::VersionMismatch
                | ApiErrorKind::Rejected { .. }
        );
        let mut ended = error;
        if self.received == Received::Maybe && !settles {
            ended.kind = ApiErrorKind::OutcomeUnknown;
            ended.operation = call.operation;
        }
        ended.cost = self.cost;
        ended
    }
}

/// `error` with the reason why nobody tried again.
fn given_up(mut error: ApiError, why: GiveUp) -> ApiError {
    let separator = if error.detail.is_empty() { "" } else { "; " };
    error.detail = format!("{}{separator}{why}", error.detail);
    error
}

/// Puts on record how an attempt ended; never what was in it.
fn note(span: &Span, outcome: &Result<Reply, Lost>, judge: Judge<'_>, latency: Duration) {
    span.record("latency_ms", millis(latency));
    if let Ok(reply) = outcome {
        span.record("status", reply.status);
        if let Some(id) = judge.request_id(&reply.headers) {
            span.record("request_id", id);
        }
    }
    let end = if outcome.is_ok() {
        "answered"
    } else {
        "not answered"
    };
    span.in_scope(|| tracing::debug!("{end}"));
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
