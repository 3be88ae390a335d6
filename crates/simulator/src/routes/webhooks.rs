//! The relay for webhooks: it notes what it should send and sends nothing.

use axum::http::StatusCode;
use serde_json::Value;
use url::Url;

use super::body_of;
use crate::document::Document;
use crate::log::REDACTED;
use crate::message::{Answer, Request};
use crate::rules::Findings;
use crate::state::RelayedWebhook;
use crate::tenant::{Moment, Tenant};

/// What is kept of a webhook's URL: its origin, for the rest is often the only secret that a receiver asks for.
pub(crate) fn shown_target(url: &str) -> String {
    match Url::parse(url) {
        Ok(url) if url.path() == "/" && url.query().is_none() => url.origin().ascii_serialization(),
        Ok(url) => format!("{}/{REDACTED}", url.origin().ascii_serialization()),
        Err(_) => REDACTED.to_owned(),
    }
}

/// Accepts a webhook.
pub(crate) fn relay(tenant: &mut Tenant, request: &Request, moment: Moment) -> Answer {
    let mut body = match body_of(request) {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    let target_url = body.judged.get("targetUrl").and_then(Value::as_str);
    let payload = body.kept.remove("payload");
    let (Some(target_url), Some(payload)) = (target_url, payload) else {
        let mut findings = Findings::default();
        findings.check(target_url.is_some(), "targetUrl", "must be text");
        findings.check(
            body.judged.get("payload").is_some(),
            "payload",
            "is required",
        );
        let message = "the webhook is invalid";
        return Answer::field_errors(StatusCode::BAD_REQUEST, message, &findings.into_vec());
    };
    tenant.state.relay(RelayedWebhook {
        received_ms: moment.now.epoch_millis(),
        target_url: shown_target(target_url),
        payload,
    });
    tenant.changed();
    let mut accepted = Document::default();
    accepted.set("status", "ACCEPTED");
    Answer::json(StatusCode::ACCEPTED, &accepted)
}
