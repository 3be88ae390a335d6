//! Receivers of webhooks: `POST /__sim/webhooks/{name}`, for any name.
//!
//! They are no part of the tenant: they need no token and touch neither faults nor the rate limit.

use axum::http::{Method, StatusCode};
use cxda_domain::instant::UtcMillis;

use crate::message::{Answer, Request};
use crate::receiver::{Delivered, Forgery};
use crate::tenant::Tenant;

/// The answer to a delivery; `None` where the path is none of a receiver.
pub(crate) fn answer(tenant: &mut Tenant, request: &Request, at: UtcMillis) -> Option<Answer> {
    let name = request.path.strip_prefix("/__sim/webhooks/")?;
    if request.method != Method::POST {
        let message = "method is not allowed here";
        return Some(Answer::problem(StatusCode::METHOD_NOT_ALLOWED, message));
    }
    if name.is_empty() || name.contains('/') {
        return Some(Answer::not_found("path"));
    }
    let secret = tenant.config.webhook_secret.as_ref();
    let delivered = tenant.receivers.take(name, request, secret, at);
    let answer = match delivered {
        Ok(Delivered::Taken) => Answer::empty(StatusCode::NO_CONTENT),
        Ok(Delivered::Repeated) => Answer::problem(StatusCode::OK, "taken before, dropped"),
        Err(forgery) => refusal(forgery),
    };
    let number = tenant.log.note_delivery(request, delivered.ok(), at);
    tenant.log.answered(number, answer.status);
    Some(answer)
}

fn refusal(forgery: Forgery) -> Answer {
    match forgery {
        Forgery::Header(name) => {
            let message = format!("the header {name} is missing or malformed");
            Answer::problem(StatusCode::BAD_REQUEST, &message)
        }
        Forgery::Stale => {
            let message = "the timestamp is more than five minutes from now";
            Answer::problem(StatusCode::UNAUTHORIZED, message)
        }
        Forgery::Signature => {
            Answer::problem(StatusCode::UNAUTHORIZED, "no signature is the right one")
        }
    }
}
