//! Carries out one call: attempt after attempt, as the domain's schedule decides and as long as it is safe.
//!
//! It holds what all calls to a tenant share, and knows nothing of what they are about.

mod admission;
mod attempt;
mod course;
mod stop;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cxda_domain::retry::{
    Decision, Failure, FailureKind, GiveUp, JitterFraction, RetryLimits, RetryQuota,
};
use cxda_ports::clock::Clock;
use cxda_ports::error::{Answer, ApiError};
use cxda_ports::ids::Jitter;
use cxda_ports::stop::StopSignal;
use tracing::{Instrument as _, info_span};

use self::course::{Course, with_reason};
pub use self::stop::STOP_GRACE;
use crate::authority::Authority;
use crate::breaker::Breakers;
use crate::call::{Call, Resend};
use crate::classify::{Again, Cause, Judge, Received, Verdict};
use crate::look::Look;
use crate::sanitize::Screen;
use crate::seen::Notes;
use crate::throttle::{Refusal, Throttle, Tightness};
use crate::traffic::{Traffic, Turn};
use crate::transport::{Reply, Transport};
use crate::wire::WireError;

/// The way to one tenant.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) breakers: Breakers,
    pub(crate) throttle: Throttle,
    pub(crate) quota: Mutex<RetryQuota>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) jitter: Arc<dyn Jitter>,
    pub(crate) stop: Arc<dyn StopSignal>,
    pub(crate) screen: Screen,
    pub(crate) traffic: Traffic,
    /// Whether an answer said that the tenant is a simulator.
    pub(crate) simulated: AtomicBool,
    pub(crate) notes: Notes,
}

const LIMITS: RetryLimits = RetryLimits::STANDARD;
/// From so many refusals in a row on, backing off has not helped: requests wait until one of ours counts no longer.
const STUBBORN_REFUSALS: u32 = 3;

impl Link {
    /// Carries out `call` and reads its answer with `read`; `look` is for a call that asks for one before it is sent again.
    ///
    /// # Errors
    ///
    /// The last attempt's, `Stopped` where the run is to stop before its end, or `OutcomeUnknown` where a write may have happened
    /// in an earlier attempt or in one that the stop cut off.
    pub(crate) async fn call<T>(
        &self,
        call: &Call,
        authority: &dyn Authority,
        look: Option<&dyn Look>,
        read: impl Fn(&Reply) -> Result<T, WireError>,
    ) -> Result<Answer<T>, ApiError> {
        let span = info_span!("call", operation = call.operation.words());
        let carrying_out = async {
            let ended = self.carry_out(call, authority, look, read).await;
            note(&ended);
            ended
        };
        carrying_out.instrument(span).await
    }

    async fn carry_out<T>(
        &self,
        call: &Call,
        authority: &dyn Authority,
        look: Option<&dyn Look>,
        read: impl Fn(&Reply) -> Result<T, WireError>,
    ) -> Result<Answer<T>, ApiError> {
        let mut course = Course::beginning(self.clock.elapsed());
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
            if call.resend == Resend::AfterLook {
                Self::look_first(call, &course, look).await?;
            }
        }
    }

    /// Ends a call that may have happened or that is in flight already, unless a look shows that nothing came of it.
    async fn look_first(
        call: &Call,
        course: &Course,
        look: Option<&dyn Look>,
    ) -> Result<(), ApiError> {
        let Some(look) = look else { return Ok(()) };
        let lost = course.received == Received::Maybe;
        let busy = course.last.as_ref().filter(|last| last.is_busy());
        if !lost && busy.is_none() {
            return Ok(());
        }
        match (look.shows().await, busy) {
            (Ok(true), Some(busy)) if !lost => Err(course.ended(call, busy.clone())),
            (Ok(true), _) => Err(course.unsure(call, "the tenant shows one of that name by now")),
            (Err(error), _) if lost => {
                let why = format!("whether it happened could not be looked up: {error}");
                Err(course.unsure(call, &why))
            }
            (Ok(false) | Err(_), _) => Ok(()),
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
        course.last = Some(again.error.clone());
        if again.received == Received::Maybe && call.operation.writes() {
            course.received = Received::Maybe;
            if call.resend == Resend::Never {
                return Err(course.ended(call, again.error));
            }
        }
        if self.stop.is_raised() {
            return Err(course.ended(call, course.stopped(call)));
        }
        if again.cause == Cause::Transient
            && let Some(wait) = again.retry_after
            && wait > LIMITS.max_retry_after
        {
            // It is no affair of this call alone.
            self.throttle.pause_as_asked(wait);
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
            Cause::Throttled => FailureKind::Throttled,
            Cause::Busy => FailureKind::Busy,
        };
        let failure = Failure {
            kind,
            retry_after: again.retry_after,
        };
        let elapsed = course.elapsed(self.clock.elapsed());
        let decision = course
            .schedule
            .next(failure, elapsed, fraction(&*self.jitter));
        let decision = self.quota().charge(kind, decision);
        let decision = match tightness {
            Some(tightness) => self.hold_back(again.retry_after, decision, tightness),
            None => decision,
        };
        match decision {
            // It queues behind the pause like all others.
            Decision::Wait(_) if tightness.is_some() && again.retry_after.is_none() => Ok(()),
            Decision::Wait(wait) => {
                tracing::info!(
                    wait_ms = millis(wait),
                    code = again.error.code(),
                    status = again.error.status,
                    "waits before the next attempt"
                );
                let waited = self.unless_stopped(self.clock.wait(wait)).await;
                waited.ok_or_else(|| course.ended(call, course.stopped(call)))
            }
            Decision::GiveUp(why) => {
                Err(course.ended(call, with_reason(again.error, &why.to_string())))
            }
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
                self.throttle.pause_as_asked(wait);
                Refusal::New(Tightness::default())
            }
            (Refusal::Known, wait) => {
                self.throttle.pause_as_asked(wait.unwrap_or_default());
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
            self.throttle.pause_as_asked(wait);
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

    fn quota(&self) -> MutexGuard<'_, RetryQuota> {
        self.quota.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A fraction of `jitter`'s.
pub(crate) fn fraction(jitter: &dyn Jitter) -> JitterFraction {
    JitterFraction::from_double(jitter.fraction())
}

/// Puts on record how a call ended.
fn note<T>(ended: &Result<Answer<T>, ApiError>) {
    let cost = match ended {
        Ok(answer) => answer.cost,
        Err(error) => error.cost,
    };
    let (attempts, latency_ms) = (cost.attempts, cost.latency_ms());
    match ended {
        Ok(_) => tracing::debug!(attempts, latency_ms, "done"),
        Err(error) => tracing::debug!(attempts, latency_ms, code = error.code(), "failed"),
    }
}

/// `duration` in whole milliseconds, for the record.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
