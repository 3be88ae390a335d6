//! Looks inside: `/__sim/state` and `/__sim/log`.
//!
//! They need no token and touch neither the log nor the rate limit; no secret is to be seen there.

use axum::http::{Method, StatusCode};

use crate::message::{Answer, Request};
use crate::tenant::Tenant;

/// The answer to a look inside; `None` where the path is none of these.
pub(crate) fn answer(tenant: &Tenant, request: &Request) -> Option<Answer> {
    let place = request.path.strip_prefix("/__sim/")?;
    if request.method != Method::GET {
        let message = "method is not allowed here";
        return Some(Answer::problem(StatusCode::METHOD_NOT_ALLOWED, message));
    }
    Some(match place {
        "state" => Answer::json_text(StatusCode::OK, tenant.state.to_json()),
        "log" => Answer::json(StatusCode::OK, &tenant.log.image()),
        _ => Answer::not_found("path"),
    })
}
