//! One request's turn: received, perhaps meddled with, carried out, and its answer made to go wrong.
//!
//! It is the only place where faults and the tenant meet.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use axum::http::header::{CONTENT_TYPE, DATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};

use super::{Delivery, Ending, Serving};
use crate::document::Document;
use crate::faults::{Break, Commitment, How, Meddling, ScriptedAnswer};
use crate::meddling::meddle;
use crate::message::{Answer, Request};
use crate::tenant::{Admission, Reception};

/// The header that names a request; its value is the request's number in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The last second that a `Date` can tell: the end of the year 9999.
const LAST_SECOND: i64 = 253_402_300_799;

impl Serving {
    /// Deals with one request, in a task of its own: what a tenant was sent it carries out, also when the client hangs up
    /// meanwhile.
    pub(crate) async fn deliver(self: &Arc<Self>, request: Request) -> Delivery {
        let serving = Arc::clone(self);
        let work = tokio::spawn(async move { serving.take_turn(request).await });
        work.await.unwrap_or_else(|_| {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            Delivery::Whole(Answer::problem(status, "the simulator failed"))
        })
    }

    /// The answer that comes before the body of a request is read, where a fault says so; `head` gives the request without it.
    pub(crate) fn answer_early(&self, head: impl FnOnce() -> Request) -> Option<Answer> {
        let (number, status) = {
            let mut tenant = self.tenant();
            if !tenant.may_answer_early() {
                return None;
            }
            tenant.receive_early(&head(), self.clock.now())?
        };
        let mut answer = Answer::problem(status, "the body was not read");
        self.stamp(&mut answer, Some(number));
        self.tenant().log.answered(number, status);
        Some(answer)
    }

    async fn take_turn(self: Arc<Self>, request: Request) -> Delivery {
        let aside = self.tenant().answer_aside(&request, self.clock.now());
        if let Some(mut answer) = aside {
            self.stamp(&mut answer, None);
            return Delivery::Whole(answer);
        }
        let Reception { number, mishap } = self.tenant().receive(&request, self.clock.now());
        self.pause(mishap.before).await;
        if !mishap.meddling.is_empty() {
            self.meddle(&mishap.meddling, &request).await;
        }
        let Some(Break { commitment, how }) = mishap.broken else {
            let mut answer = self.carry_out(&request, Admission::Asked).await;
            self.pause(mishap.after).await;
            self.stamp(&mut answer, Some(number));
            self.tenant().log.answered(number, answer.status);
            return Delivery::Whole(answer);
        };
        match how {
            How::Outage(lasting) => {
                self.begin_outage(lasting);
                return Delivery::Outage;
            }
            How::CommitLater(wait) => {
                self.commit_later(request, wait);
                return Delivery::Ended(Ending::Closed);
            }
            _ => {}
        }
        let mut answer = match commitment {
            Commitment::Committed => self.carry_out(&request, Admission::Asked).await,
            Commitment::Refused => Answer::empty(status_of_none(&how)),
        };
        self.pause(mishap.after).await;
        if let How::Answer(scripted) = &how {
            answer = answer_of(scripted.clone());
            self.tenant().save_error(&request, &answer);
        }
        self.stamp(&mut answer, Some(number));
        if how == How::RepeatPage {
            self.repeat_page(&request, &mut answer);
        }
        let delivery = shaped(how, answer);
        if let Some(status) = delivery.status() {
            self.tenant().log.answered(number, status);
        }
        delivery
    }

    /// Has somebody else's changes made, and kept.
    async fn meddle(&self, changes: &[Meddling], request: &Request) {
        let moment = self.moment();
        let changes = {
            let mut tenant = self.tenant();
            if self.is_closed() {
                return;
            }
            for meddling in changes {
                meddle(&mut tenant, meddling, request, moment);
            }
            tenant.changes()
        };
        if let Err(error) = self.keep(changes).await {
            tracing::error!(error, "the simulator's state could not be kept");
        }
    }

    async fn pause(&self, wait: Duration) {
        if !wait.is_zero() {
            self.clock.wait(wait).await;
        }
    }

    /// Has a request that is let in now be carried out so much later, when nobody waits for its answer.
    fn commit_later(self: &Arc<Self>, request: Request, wait: Duration) {
        let moment = self.moment();
        if !self.tenant().admits(&request, moment) {
            return;
        }
        let serving = Arc::clone(self);
        tokio::spawn(async move {
            serving.clock.wait(wait).await;
            serving.carry_out(&request, Admission::Granted).await;
        });
    }

    /// Puts the first page's entries in the place of those of the page in `answer`.
    fn repeat_page(&self, request: &Request, answer: &mut Answer) {
        if !answer.status.is_success() {
            return;
        }
        let moment = self.moment();
        let Some(first) = self.tenant().first_page(request, moment) else {
            return;
        };
        let pages = (Document::parse(&first.body), Document::parse(&answer.body));
        if let (Ok(mut first), Ok(mut page)) = pages
            && let Some(entities) = first.remove("entities")
        {
            page.set("entities", &entities);
            answer.body = page.to_text().into();
        }
    }

    /// Adds what every answer bears: the time, and the request's number where it has one.
    fn stamp(&self, answer: &mut Answer, number: Option<u64>) {
        let has = |name: &HeaderName| answer.headers.iter().any(|(own, _)| own == name);
        let id = number.filter(|_| !has(&REQUEST_ID));
        let date = (!has(&DATE)).then(|| self.date());
        if let Some(id) = id {
            answer.headers.push((REQUEST_ID, HeaderValue::from(id)));
        }
        if let Some(date) = date.and_then(|date| HeaderValue::try_from(date).ok()) {
            answer.headers.push((DATE, date));
        }
    }

    /// What the server's clock shows, as HTTP writes it.
    fn date(&self) -> String {
        let skew = self.tenant().config.clock_skew_seconds;
        let seconds = self.clock.now().epoch_millis().div_euclid(1_000);
        let shown = seconds.saturating_add(skew).clamp(0, LAST_SECOND);
        let since_epoch = Duration::from_secs(u64::try_from(shown).unwrap_or_default());
        httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + since_epoch)
    }
}

impl Delivery {
    /// The status that the client is told.
    fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Whole(answer)
            | Self::Drip(answer, _)
            | Self::Cut { answer, .. }
            | Self::Flood(answer, _) => Some(answer.status),
            Self::Ended(_) | Self::Outage | Self::Silence => None,
        }
    }
}

/// The status of the answer that goes wrong where the tenant never saw the request.
fn status_of_none(how: &How) -> StatusCode {
    match how {
        // It is its size that shall be judged.
        How::Flood(_) => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn answer_of(scripted: ScriptedAnswer) -> Answer {
    let mut headers = scripted.headers;
    if !headers.iter().any(|(name, _)| name == CONTENT_TYPE) {
        headers.push((CONTENT_TYPE, HeaderValue::from_static("application/json")));
    }
    Answer {
        status: scripted.status,
        headers,
        body: Bytes::from(scripted.body),
    }
}

fn shaped(how: How, mut answer: Answer) -> Delivery {
    match how {
        How::Answer(_) | How::RepeatPage => Delivery::Whole(answer),
        How::Garble(garble) => {
            answer.body = garble.apply(&answer.body);
            Delivery::Whole(answer)
        }
        How::Alter(alteration) => {
            alteration.apply(&mut answer);
            Delivery::Whole(answer)
        }
        How::Drip(wait) => Delivery::Drip(answer, wait),
        How::Truncate { bytes, framing } => Delivery::Cut {
            answer,
            bytes,
            framing,
        },
        How::Flood(flood) => Delivery::Flood(answer, flood),
        How::Drop | How::CommitLater(_) => Delivery::Ended(Ending::Closed),
        How::Reset => Delivery::Ended(Ending::Reset),
        How::Outage(_) => Delivery::Outage,
        How::Silence => Delivery::Silence,
    }
}
