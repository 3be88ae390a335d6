//! A simulated tenant that is asked without a socket.
//!
//! Everything but the bytes on the wire is as over loopback: the same tenant, the same log, the same faults. On a paused
//! runtime, with a clock on its timer, it runs on virtual time.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderValue, Request as HttpRequest, Response};

use crate::faults::FaultScript;
use crate::faults::flood::{self, Flood};
use crate::log::LogEntry;
use crate::message::{Answer, Request};
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
    /// meanwhile. Delays, and answers that come byte by byte, take their time on the clock that the simulator was given.
    ///
    /// Of a flood comes what a client would have to hold: for 10 GB announced that number as `Content-Length` and no body, for
    /// endless chunks and a bomb 40 MiB of spaces, for headers all of them. A flood of preliminary heads is a broken
    /// connection.
    pub async fn exchange(&self, request: HttpRequest<Bytes>) -> Exchanged {
        if self.serving.is_out() {
            return Exchanged::NotConnected;
        }
        let (head, body) = request.into_parts();
        let request = Request::of(head, Bytes::new());
        let delivery = if let Some(answer) = self.serving.answer_early(|| request.clone()) {
            Delivery::Whole(answer)
        } else if body.len() > BODY_LIMIT_BYTES {
            Delivery::Whole(body_refused())
        } else {
            self.serving.deliver(Request { body, ..request }).await
        };
        let exchanged = self.received(delivery).await;
        if self.serving.is_out() {
            // It ended every connection.
            return Exchanged::Broken;
        }
        exchanged
    }

    async fn received(&self, delivery: Delivery) -> Exchanged {
        match delivery {
            Delivery::Whole(answer) => whole(answer),
            Delivery::Drip(answer, wait) => {
                let response = response(answer, |body| body);
                let bytes = u32::try_from(wire_bytes(&response)).unwrap_or(u32::MAX);
                self.serving.clock().wait(wait.saturating_mul(bytes)).await;
                Exchanged::Answered(response)
            }
            Delivery::Flood(answer, flood) => flooded(answer, flood),
            Delivery::Cut { .. } | Delivery::Ended(_) | Delivery::Outage => Exchanged::Broken,
            Delivery::Silence => Exchanged::Silent,
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

    /// Puts another fault script in place; its rules count from here, and of the habits of the former none is left.
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

fn whole(answer: Answer) -> Exchanged {
    Exchanged::Answered(response(answer, |body| body))
}

fn flooded(mut answer: Answer, flood: Flood) -> Exchanged {
    match flood {
        Flood::Length => {
            let mut announced = response(answer, |_| Bytes::new());
            let bytes = HeaderValue::from(flood::ANNOUNCED_BYTES);
            announced.headers_mut().insert(CONTENT_LENGTH, bytes);
            Exchanged::Answered(announced)
        }
        Flood::Chunks | Flood::Gzip => {
            answer.body = flood::held();
            let mut held = response(answer, |body| body);
            held.headers_mut().remove(CONTENT_LENGTH);
            Exchanged::Answered(held)
        }
        Flood::Headers => {
            answer.headers.extend(flood::headers());
            whole(answer)
        }
        Flood::Informational => Exchanged::Broken,
    }
}

/// How many bytes an answer is on the wire, nearly.
fn wire_bytes(response: &Response<Bytes>) -> usize {
    // "HTTP/1.1 200 OK", a line break after each line, one more before the body.
    let fields = response.headers().iter();
    let head: usize = fields
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    head + 19 + response.body().len()
}
