//! A simulated tenant that is asked without a socket.
//!
//! Everything but the bytes on the wire is as over loopback: the same tenant, the same log, the same faults. On a paused
//! runtime, with a clock on its timer, it runs on virtual time.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{Request as HttpRequest, Response};

use crate::faults::FaultScript;
use crate::log::LogEntry;
use crate::message::Request;
use crate::serving::{BODY_LIMIT_BYTES, Delivery, Serving, body_refused, response};
use crate::state::SimState;

/// A simulated tenant in this process; a clone is the same tenant.
#[derive(Clone, Debug)]
pub struct InProcess {
    serving: Arc<Serving>,
}

/// How an exchange ended, as the client's end of a connection sees it.
#[derive(Clone, Debug)]
pub enum Exchanged {
    /// The answer, whole.
    Answered(Response<Bytes>),
    /// There was no connection, so nothing was sent.
    NotConnected,
    /// The connection ended after the request was sent, or in the middle of the answer.
    Broken,
    /// Nothing more ever comes: how long to wait for it is the caller's business.
    Silent,
}

impl InProcess {
    /// The tenant that `serving` serves.
    pub(crate) fn new(serving: Arc<Serving>) -> Self {
        Self { serving }
    }

    /// Sends `request` and returns how that ended.
    ///
    /// Of its URI only path and query matter. What the tenant was sent it carries out, also when this future is dropped
    /// meanwhile. Delays take their time on the clock that the simulator was given.
    pub async fn exchange(&self, request: HttpRequest<Bytes>) -> Exchanged {
        let (head, body) = request.into_parts();
        let delivery = if body.len() > BODY_LIMIT_BYTES {
            Delivery::Whole(body_refused())
        } else {
            self.serving.deliver(Request::of(head, body)).await
        };
        match delivery {
            Delivery::Whole(answer) => Exchanged::Answered(response(answer, |body| body)),
            Delivery::CutAfter(..) | Delivery::Nothing => Exchanged::Broken,
        }
    }

    /// The requests so far, the oldest first, as far as the log keeps them.
    pub fn log(&self) -> Vec<LogEntry> {
        self.serving.log()
    }

    /// What the tenant holds now.
    pub fn state(&self) -> SimState {
        self.serving.state()
    }

    /// Puts another fault script in place; its rules count from here.
    pub fn set_faults(&self, faults: FaultScript) {
        self.serving.set_faults(faults);
    }

    /// Makes every token invalid that is out.
    pub fn revoke_tokens(&self) {
        self.serving.revoke_tokens();
    }

    /// Forgets every idempotency key, as a server does when their time is over.
    pub fn forget_keys(&self) {
        self.serving.forget_keys();
    }
}
