//! Carries out one call: attempt after attempt, as the domain's schedule decides and as long as it is safe.
//!
//! It holds what all calls to a tenant share, and knows nothing of what they are about.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cxda_domain::retry::{
    Decision, Failure, FailureKind, GiveUp, JitterFraction, RetryLimits, RetryQuota, RetrySchedule,
};
use cxda_ports::clock::Clock;
use cxda_ports::error::{Answer, ApiError, ApiErrorKind, CallCost};
use cxda_ports::ids::Jitter;
use http::StatusCode;
use tracing::{Instrument as _, Span, debug_span, field, info_span};

use crate::authority::{Authority, Grant, Renewal};
use crate::call::{Call, Resend};
use crate::classify::{Again, Cause, Judge, Received, Verdict};
use crate::sanitize::Screen;
use crate::seen::Notes;
use crate::throttle::{Permit, Refusal, Throttle, Tightness, Wave};
use crate::traffic::{Traffic, Turn};
use crate::transport::{Lost, Reply, Transport};
use crate::wire::WireError;

/// The way to one tenant.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) throttle: Throttle,
    pub(crate) quota: Mutex<RetryQuota>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) jitter: Arc<dyn Jitter>,
    pub(crate) screen: Screen,
    pub(crate) traffic: Traffic,
    /// Whether an answer said that the tenant is a simulator.
    pub(crate) simulated: AtomicBool,
    pub(crate) notes: Notes,
}

/// The header by which a simulator tells itself from a tenant.
const SIMULATOR_MARK: &str = "x-cxda-simulator";
const LIMITS: RetryLimits = RetryLimits::STANDARD;
/// From so many refusals in a row on, backing off has not helped: requests wait until one of ours counts no longer.
const STUBBORN_REFUSALS: u32 = 3;

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
    /// Before which wave of refusals its latest attempt was let through.
    wave: Wave,
    /// How many requests the tenant had carried out when it last refused this one for being one too many.
    served_before: Option<u64>,
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
            wave: Wave::default(),
            served_before: None,
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
            let (grant, permit) = self.admitted(call, authority, course).await?;
            let verdict = self.send(call, &grant, permit, course).await?;
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
    ) -> Result<(Grant, Permit<'_>), ApiError> {
        // First the token, so that its call does not queue behind those that wait for it. Where it ends while they wait,
        // which takes longer than the margin, a 401 replaces it.
        let grant = authority.grant().await?;
        let patience = LIMITS.deadline.saturating_sub(self.elapsed(course));
        let (permit, waited) = self.throttle.admit(patience).await.map_err(|paused| {
            let retry_after = Some(paused.left);
            let detail = "the tenant asked for a pause that is not over yet";
            ApiError::new(
                call.operation,
                ApiErrorKind::RateLimited { retry_after },
                detail,
            )
        })?;
        course.held_back = course.held_back.saturating_add(waited);
        course.wave = permit.wave();
        Ok((grant, permit))
    }

    /// Sends the request once.
    async fn send(
        &self,
        call: &Call,
        grant: &Grant,
        permit: Permit<'_>,
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
        let sending = self
            .transport
            .send(call.outgoing(url, grant.authorization()));
        let outcome = sending.instrument(span.clone()).await;
        drop(permit);
        if let Ok(reply) = &outcome {
            self.heard(reply, course.wave);
            self.notes
                .answered(reply, began, &*self.clock, &self.screen);
        }
        let latency = self.clock.elapsed().saturating_sub(began);
        course.cost.latency = course.cost.latency.saturating_add(latency);
        let judge = self.judge(call);
        note(&span, &outcome, judge, latency);
        Ok(judge.verdict(outcome, &grant.origin()))
    }

    /// Takes note of what an answer says beside what was asked.
    fn heard(&self, reply: &Reply, wave: Wave) {
        if reply.headers.contains_key(SIMULATOR_MARK) {
            self.simulated.store(true, Ordering::Relaxed);
        }
        if reply.status != StatusCode::TOO_MANY_REQUESTS.as_u16() {
            self.throttle.served(wave);
        }
    }

    /// What follows an answer whose body cannot be read: one more attempt where only something was to be read.
    fn misread(
        &self,
        call: &Call,
        course: &mut Course,
        reply: &Reply,
        unread: &WireError,
    ) -> Result<Again, ApiError> {
        let error = self.judge(call).unusable(reply, &unread.to_string());
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
        let tightness = match again.cause {
            Cause::Transient | Cause::Busy => None,
            Cause::Throttled => match self.refused(course, again.retry_after) {
                Refusal::New(tightness) => Some(tightness),
                // It only waited for its turn too early.
                Refusal::Known => return Ok(()),
            },
        };
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
        let decision = match tightness {
            Some(tightness) => self.hold_back(again.retry_after, decision, tightness),
            None => decision,
        };
        match decision {
            // It queues behind the pause like all others.
            Decision::Wait(_) if tightness.is_some() && again.retry_after.is_none() => Ok(()),
            Decision::Wait(wait) => {
                let (wait_ms, why) = (millis(wait), &again.error);
                tracing::info!(wait_ms, %why, "waits before the next attempt");
                self.clock.wait(wait).await;
                Ok(())
            }
            Decision::GiveUp(why) => Err(course.ended(call, given_up(again.error, why))),
        }
    }

    /// Takes note of a 429, and of the time that it names.
    ///
    /// One that came while the tenant was known to refuse requests costs no attempt: the call queues again behind the
    /// pause. What was refused before the tenant carried others out does not count either, for they came first.
    fn refused(&self, course: &mut Course, retry_after: Option<Duration>) -> Refusal {
        let refusal = self.throttle.refused(course.wave);
        match (refusal, retry_after) {
            // Nobody waits that long; that is for the schedule to say.
            (Refusal::Known, Some(wait)) if wait > LIMITS.max_retry_after => {
                self.throttle.pause(wait);
                Refusal::New(Tightness::default())
            }
            (Refusal::Known, wait) => {
                self.throttle.pause(wait.unwrap_or_default());
                refusal
            }
            (Refusal::New(tightness), _) => {
                let served_before = course.served_before.replace(tightness.served);
                if served_before.is_some_and(|before| before < tightness.served) {
                    course.schedule.forgive_throttled();
                }
                refusal
            }
        }
    }

    /// Lets a 429 hold back all other calls as well, and gives what follows for its own.
    fn hold_back(
        &self,
        retry_after: Option<Duration>,
        decision: Decision,
        tightness: Tightness,
    ) -> Decision {
        let deadline = LIMITS.deadline;
        let own = match decision {
            Decision::Wait(wait) => Some(wait),
            Decision::GiveUp(_) => None,
        };
        if let Some(wait) = retry_after {
            self.throttle.pause(wait);
        } else if tightness.refusing_for >= deadline {
            return Decision::GiveUp(GiveUp::PastDeadline { deadline });
        } else if tightness.streak >= STUBBORN_REFUSALS {
            let room_in = self.throttle.room_in();
            self.throttle.pause(room_in.max(own.unwrap_or_default()));
        } else if let Some(wait) = own {
            self.throttle.pause(wait);
        }
        decision
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
