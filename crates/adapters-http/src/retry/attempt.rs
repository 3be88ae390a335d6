//! One attempt of a call: the request on its way, and what is put on record about it.
//!
//! Never put on record: headers, bodies, and the query of a URL.

use std::sync::atomic::Ordering;
use std::time::Duration;

use cxda_domain::breaker::CallEnd;
use cxda_ports::error::{ApiError, ApiErrorKind, CallCost};
use http::StatusCode;
use tracing::{Instrument as _, Span, field, info_span};

use crate::authority::{Authority, Renewal};
use crate::call::Call;
use crate::classify::{Judge, Verdict};
use crate::retry::Link;
use crate::retry::admission::Admission;
use crate::retry::course::{Course, TokenTurn};
use crate::throttle::Wave;
use crate::transport::{Lost, Reply};

/// The header by which a simulator tells itself from a tenant.
const SIMULATOR_MARK: &str = "x-cxda-simulator";

impl Link {
    /// One attempt; a refused token is replaced and the request sent once more within it.
    pub(super) async fn attempt(
        &self,
        call: &Call,
        authority: &dyn Authority,
        course: &mut Course,
    ) -> Result<Verdict, ApiError> {
        loop {
            let admission = self.admitted(call, authority, course).await?;
            let grant = admission.grant.clone();
            let verdict = self.send(call, admission, course).await?;
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

    /// Sends the request once.
    async fn send(
        &self,
        call: &Call,
        admission: Admission<'_>,
        course: &mut Course,
    ) -> Result<Verdict, ApiError> {
        let Admission {
            leave,
            grant,
            permit,
        } = admission;
        let Some(url) = grant.url(call.target()) else {
            permit.unused();
            let detail = "the request would leave the base URL";
            return Err(ApiError::new(call.operation, ApiErrorKind::Refused, detail));
        };
        self.traffic.count(course.turn());
        course.cost.attempts += 1;
        let span = info_span!(
            "attempt",
            operation = call.operation.words(),
            attempt = course.cost.attempts,
            status = field::Empty,
            request_id = field::Empty,
            latency_ms = field::Empty,
        );
        let mut outgoing = call.outgoing(url, grant.authorization());
        if let Some(deadline) = span.in_scope(|| leave.begin()) {
            outgoing.timeout = outgoing.timeout.min(deadline);
        }
        let began = self.clock.elapsed();
        let sending = self.transport.send(outgoing);
        let outcome = self.within_grace(sending.instrument(span.clone())).await;
        let latency = self.clock.elapsed().saturating_sub(began);
        course.cost.latency = course.cost.latency.saturating_add(latency);
        // That nobody waited for the answer says nothing about the tenant.
        let Some(outcome) = outcome else {
            return Err(course.cut_off(call));
        };
        let judge = self.judge(call);
        span.in_scope(|| {
            note(&span, &outcome, judge, latency);
            leave.ended(health(&outcome));
        });
        drop(permit);
        if let Ok(reply) = &outcome {
            self.notes
                .answered(reply, began, &*self.clock, &self.screen);
            if self.heard(reply, course.wave) {
                // What this call is answered is not what others are.
                course.served_before = course.served_before.map(|before| before + 1);
            }
        }
        Ok(judge.verdict(outcome, &grant.origin()))
    }

    /// Takes note of what an answer says beside what was asked, and tells whether it counts as carried out.
    fn heard(&self, reply: &Reply, wave: Wave) -> bool {
        if reply.headers.contains_key(SIMULATOR_MARK) {
            self.simulated.store(true, Ordering::Relaxed);
        }
        reply.status != StatusCode::TOO_MANY_REQUESTS.as_u16() && self.throttle.served(wave)
    }
}

/// What an attempt says about its origin: one that refuses requests is well.
fn health(outcome: &Result<Reply, Lost>) -> CallEnd {
    match outcome {
        Ok(reply) if reply.status < 500 => CallEnd::Answered,
        Ok(_) | Err(_) => CallEnd::Failed,
    }
}

/// Puts on record how an attempt ended.
fn note(span: &Span, outcome: &Result<Reply, Lost>, judge: Judge<'_>, latency: Duration) {
    let cost = CallCost {
        attempts: 1,
        latency,
    };
    span.record("latency_ms", cost.latency_ms());
    // What nobody records need not be made fit to be shown.
    if let Ok(reply) = outcome
        && !span.is_disabled()
    {
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
    tracing::debug!("{end}");
}
