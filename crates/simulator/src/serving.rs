//! One tenant being served, whatever carries the requests: it takes each one in, has it carried out and kept, and makes go wrong what
//! the fault script says.
//!
//! It knows no socket and decides nothing about the API itself: that is the tenant's.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use cxda_ports::clock::Clock;

use crate::faults::{Break, Commitment, FaultScript};
use crate::log::LogEntry;
use crate::message::{Answer, Request};
use crate::sink::StateSink;
use crate::state::SimState;
use crate::tenant::{Moment, Tenant};

/// The header that marks every answer of the simulator; its value is `1`.
pub const MARKER_HEADER: &str = "x-cxda-simulator";
/// The header that names a request; its value is the request's number in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest request body, in bytes.
pub(crate) const BODY_LIMIT_BYTES: usize = 8 * 1024 * 1024;

/// A tenant, and what its requests share.
#[derive(Debug)]
pub(crate) struct Serving {
    tenant: Mutex<Tenant>,
    clock: Arc<dyn Clock>,
    sink: Option<Arc<dyn StateSink>>,
    /// How many changes the sink has; held while it is at work, so what waits together is kept together.
    kept: tokio::sync::Mutex<u64>,
    closed: AtomicBool,
}

/// What the client gets.
#[derive(Debug)]
pub(crate) enum Delivery {
    /// The answer.
    Whole(Answer),
    /// So many bytes of the answer's body, and then the end of the connection.
    CutAfter(Answer, usize),
    /// The end of the connection.
    Nothing,
}

impl Serving {
    /// Serves `tenant`, whose present state needs no keeping.
    pub(crate) fn new(
        tenant: Tenant,
        clock: Arc<dyn Clock>,
        sink: Option<Arc<dyn StateSink>>,
    ) -> Self {
        let kept = tenant.changes();
        Self {
            tenant: Mutex::new(tenant),
            clock,
            sink,
            kept: tokio::sync::Mutex::new(kept),
            closed: AtomicBool::new(false),
        }
    }

    /// The tenant, for one step.
    pub(crate) fn tenant(&self) -> MutexGuard<'_, Tenant> {
        // The tenant is whole between any two of its statements that could panic.
        self.tenant.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The requests so far, the oldest first.
    pub(crate) fn log(&self) -> Vec<LogEntry> {
        self.tenant().log.entries()
    }

    /// What the tenant holds now.
    pub(crate) fn state(&self) -> SimState {
        self.tenant().state.clone()
    }

    /// Puts another fault script in place.
    pub(crate) fn set_faults(&self, faults: FaultScript) {
        self.tenant().faults = faults;
    }

    /// Makes every token invalid that is out.
    pub(crate) fn revoke_tokens(&self) {
        self.tenant().tokens.revoke_all();
    }

    /// Forgets every idempotency key.
    pub(crate) fn forget_keys(&self) {
        let mut tenant = self.tenant();
        tenant.state.views.forget_keys();
        tenant.state.actions.forget_keys();
    }

    /// Has nothing more be carried out.
    pub(crate) fn close(&self) {
        // Under the lock, so that whoever holds the tenant sees it either before or after.
        let _tenant = self.tenant();
        self.closed.store(true, Ordering::Release);
    }

    fn moment(&self) -> Moment {
        Moment {
            now: self.clock.now(),
            elapsed: self.clock.elapsed(),
        }
    }

    /// Deals with one request, in a task of its own: what a tenant was sent it carries out, also when the client hangs up
    /// meanwhile.
    pub(crate) async fn deliver(self: &Arc<Self>, request: Request) -> Delivery {
        let serving = Arc::clone(self);
        let work = tokio::spawn(async move { serving.work_off(&request).await });
        work.await.unwrap_or_else(|_| {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            Delivery::Whole(Answer::problem(status, "the simulator failed"))
        })
    }

    async fn work_off(&self, request: &Request) -> Delivery {
        let inspected = self.tenant().inspect(request);
        if let Some(answer) = inspected {
            return Delivery::Whole(answer);
        }
        let reception = self.tenant().receive(request, self.clock.now());
        let mishap = reception.mishap;
        if !mishap.before.is_zero() {
            self.clock.wait(mishap.before).await;
        }
        let commitment = mishap
            .broken
            .as_ref()
            .map_or(Commitment::Committed, Break::commitment);
        let answer = match commitment {
            Commitment::Committed => self.carry_out(request).await,
            Commitment::Refused => Answer::empty(StatusCode::SERVICE_UNAVAILABLE),
        };
        if !mishap.after.is_zero() {
            self.clock.wait(mishap.after).await;
        }
        let mut delivery = match mishap.broken {
            None => Delivery::Whole(answer),
            Some(Break::Drop { .. }) => Delivery::Nothing,
            Some(Break::Truncate { bytes }) => Delivery::CutAfter(answer, bytes),
            Some(Break::Answer { scripted, .. }) => {
                let mut headers = scripted.headers;
                if !headers.iter().any(|(name, _)| name == CONTENT_TYPE) {
                    headers.push((CONTENT_TYPE, HeaderValue::from_static("application/json")));
                }
                let body = Bytes::from(scripted.body);
                Delivery::Whole(Answer {
                    status: scripted.status,
                    headers,
                    body,
                })
            }
        };
        if let Delivery::Whole(answer) | Delivery::CutAfter(answer, _) = &mut delivery {
            if answer.headers.iter().all(|(name, _)| name != REQUEST_ID) {
                let id = HeaderValue::from(reception.number);
                answer.headers.push((REQUEST_ID, id));
            }
            self.tenant().log.answered(reception.number, answer.status);
        }
        delivery
    }

    /// Has the tenant carry out a request, and its changes kept.
    async fn carry_out(&self, request: &Request) -> Answer {
        let (answer, changes) = {
            let mut tenant = self.tenant();
            if self.closed.load(Ordering::Acquire) {
                let message = "the simulator is stopping";
                return Answer::problem(StatusCode::SERVICE_UNAVAILABLE, message);
            }
            let answer = tenant.answer(request, self.moment());
            (answer, tenant.changes())
        };
        if request.method == Method::GET {
            return answer;
        }
        match self.keep(changes).await {
            Ok(()) => answer,
            Err(error) => {
                tracing::error!(error, "the simulator's state could not be kept");
                let message = "the simulator's state could not be kept";
                Answer::problem(StatusCode::INTERNAL_SERVER_ERROR, message)
            }
        }
    }

    /// Returns when the sink has at least so many changes.
    async fn keep(&self, changes: u64) -> Result<(), String> {
        let Some(sink) = &self.sink else {
            return Ok(());
        };
        let mut kept = self.kept.lock().await;
        if *kept >= changes {
            return Ok(());
        }
        let (image, present) = {
            let tenant = self.tenant();
            (tenant.state.image(), tenant.changes())
        };
        let sink = Arc::clone(sink);
        let save = move || {
            sink.save(&image.to_json())
                .map_err(|error| error.to_string())
        };
        let saved = tokio::task::spawn_blocking(save).await;
        saved.map_err(|error| error.to_string())??;
        *kept = present;
        Ok(())
    }
}

/// The answer as HTTP, with `carried` in the place of its body.
pub(crate) fn response<B>(answer: Answer, carried: impl FnOnce(Bytes) -> B) -> Response<B> {
    let length = answer.body.len();
    let mut response = Response::new(carried(answer.body));
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    for (name, value) in answer.headers {
        headers.append(name, value);
    }
    let marker = HeaderName::from_static(MARKER_HEADER);
    headers.insert(marker, HeaderValue::from_static("1"));
    if length > 0 {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    response
}

/// What is said of a body that is too long.
pub(crate) fn body_refused() -> Answer {
    let message = "the body is longer than 8 MiB or broke off";
    Answer::problem(StatusCode::PAYLOAD_TOO_LARGE, message)
}
