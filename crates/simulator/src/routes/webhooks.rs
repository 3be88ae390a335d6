//! The relay for webhooks: it notes what it should send and sends nothing.

use axum::http::StatusCode;
use serde_json::Value;

use super::body_of;
use crate::document::Document;
use crate::message::{Answer, Request};
use crate::rules::Findings;
use crate::state::RelayedWebhook;
use crate::tenant::{Moment, Tenant};

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
        target_url: target_url.to_owned(),
        payload,
    });
    tenant.changed();
    let mut accepted = Document::default();
    accepted.set("status", "ACCEPTED");
    Answer::json(StatusCode::ACCEPTED, &accepted)
}
