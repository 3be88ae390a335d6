//! Leave to send one request: by the breaker, by the token's authority, and by the rate limit, in this order.
//!
//! What is sent, and what follows, is not decided here.

use std::time::Duration;

use cxda_ports::error::{ApiError, ApiErrorKind};

use crate::authority::{Authority, Grant};
use crate::breaker::{Leave, Spared};
use crate::call::Call;
use crate::retry::Link;
use crate::retry::course::Course;
use crate::throttle::{PausedTooLong, Permit};

/// How often a request goes back for a token that ended while it waited, before it goes with the one it has: where
/// waiting takes longer than a token lives, it would never be sent.
const MAX_STALE_TOKENS: u32 = 2;

/// All that one request needs to be sent.
pub(super) struct Admission<'a> {
    pub(super) leave: Leave,
    pub(super) grant: Grant,
    pub(super) permit: Permit<'a>,
}

impl Link {
    /// Returns when a request of `call` may be sent, with a token that holds then; at once where the run is to stop.
    pub(super) async fn admitted(
        &self,
        call: &Call,
        authority: &dyn Authority,
        course: &mut Course,
    ) -> Result<Admission<'_>, ApiError> {
        let admitting = self.admit(call, authority, course);
        let admitted = self.unless_stopped(admitting).await;
        admitted.unwrap_or_else(|| Err(course.stopped(call)))
    }

    async fn admit(
        &self,
        call: &Call,
        authority: &dyn Authority,
        course: &mut Course,
    ) -> Result<Admission<'_>, ApiError> {
        let spared = |course: &Course, spared: Spared| course.spared(call, &spared);
        let mut stale = 0;
        loop {
            // No token is asked for an origin that is spared.
            let gate = self.breakers.gate(&authority.origin());
            let rested = gate.rested(self.before(course)).await;
            rested.map_err(|error| spared(course, error))?;
            let granted = self.granted(authority, course).await?;
            // Only now, for where both have one origin the token call may be the probe.
            let gate = self.breakers.gate(&granted.origin());
            let leave = gate.enter(self.before(course)).await;
            let leave = leave.map_err(|error| spared(course, error))?;
            let permit = self.throttle.admit(self.patience(course)).await;
            let permit = permit.map_err(|paused| paused_too_long(call, paused))?;
            course.hold_back(permit.held_back);
            if self.patience(course).is_zero() {
                let paused = permit.paused;
                permit.unused();
                return Err(course.overdue(call, paused));
            }
            // All this may have taken a while.
            let current = authority.current();
            if !leave.holds() || (current.is_none() && stale < MAX_STALE_TOKENS) {
                stale += u32::from(current.is_none());
                permit.unused();
                continue;
            }
            course.wave = permit.wave();
            return Ok(Admission {
                leave,
                grant: current.unwrap_or(granted),
                permit,
            });
        }
    }

    /// Leave by the token's authority. What our own rate limit held a token call back counts as that of this call.
    async fn granted(
        &self,
        authority: &dyn Authority,
        course: &mut Course,
    ) -> Result<Grant, ApiError> {
        let (began, held) = (self.clock.elapsed(), self.throttle.held());
        let granted = authority.grant().await?;
        let waited = self.clock.elapsed().saturating_sub(began);
        course.hold_back(waited.min(self.throttle.held().saturating_sub(held)));
        Ok(granted)
    }

    /// The instant before which the next attempt of the call must begin.
    fn before(&self, course: &Course) -> Duration {
        self.clock.elapsed().saturating_add(self.patience(course))
    }

    fn patience(&self, course: &Course) -> Duration {
        course.patience(self.clock.elapsed())
    }
}

fn paused_too_long(call: &Call, paused: PausedTooLong) -> ApiError {
    let retry_after = Some(paused.left);
    let detail = "the tenant asked for a pause that is not over yet";
    let kind = ApiErrorKind::RateLimited { retry_after };
    ApiError::new(call.operation, kind, detail)
}
