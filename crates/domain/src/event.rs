//! Events that webhooks are told of, with the bodies of the product's contract.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::action::DateProcessing;
use crate::address::Address;
use crate::body::{ActionBody, ViewBody};
use crate::instant::UtcMillis;
use crate::key::ResourceId;

/// What a webhook can be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names say it")]
pub enum EventKind {
    ViewCreated,
    ViewUpdated,
    ViewDeleted,
    ActionCreated,
    ActionUpdated,
    ActionDeleted,
    CacheInvalidation,
    VariablesUpdated,
    DateProcessed,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::ViewCreated,
        Self::ViewUpdated,
        Self::ViewDeleted,
        Self::ActionCreated,
        Self::ActionUpdated,
        Self::ActionDeleted,
        Self::CacheInvalidation,
        Self::VariablesUpdated,
        Self::DateProcessed,
    ];

    /// Its name in settings and bodies.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ViewCreated => "VIEW_CREATED",
            Self::ViewUpdated => "VIEW_UPDATED",
            Self::ViewDeleted => "VIEW_DELETED",
            Self::ActionCreated => "ACTION_CREATED",
            Self::ActionUpdated => "ACTION_UPDATED",
            Self::ActionDeleted => "ACTION_DELETED",
            Self::CacheInvalidation => "CACHE_INVALIDATION",
            Self::VariablesUpdated => "VARIABLES_UPDATED",
            Self::DateProcessed => "DATE_PROCESSED",
        }
    }

    /// The kind that `word` names, in exact case.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.as_str() == word)
    }
}

/// One event, ready for the outbox.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// To which resource.
    pub address: Address,
    /// The body that every delivery carries.
    pub body: Value,
}

impl Event {
    /// A view was created, updated or deleted; `view` is `None` after a delete.
    pub fn view(
        kind: EventKind,
        address: &Address,
        id: &ResourceId,
        view: Option<&ViewBody>,
        at: UtcMillis,
        latency_ms: f64,
    ) -> Self {
        let refresh_rate = view.map(|view| format!("{}m", view.interval_minutes));
        let body = json!({
            "eventType": kind.as_str(),
            "timestamp": at,
            "data": {
                "viewId": id,
                "name": address.name,
                "refreshRate": refresh_rate,
                "creationLatencyMs": latency_ms,
            },
        });
        Self {
            kind,
            address: address.clone(),
            body,
        }
    }

    /// An action was created, updated or deleted; `test_status` is `None` where no test ran.
    pub fn action(
        kind: EventKind,
        address: &Address,
        id: &ResourceId,
        test_status: Option<&str>,
        latency_ms: f64,
    ) -> Self {
        let body = json!({
            "event": kind.as_str(),
            "action_id": id,
            "test_status": test_status,
            "latency_ms": latency_ms,
        });
        Self {
            kind,
            address: address.clone(),
            body,
        }
    }

    /// Encrypted variables of an action changed.
    pub fn variables_updated(
        address: &Address,
        id: &ResourceId,
        sent: &ActionBody,
        latency_ms: f64,
    ) -> Self {
        let kind = EventKind::VariablesUpdated;
        let body = json!({
            "event": kind.as_str(),
            "data_action_id": id,
            "variable_count": sent.variables.as_ref().map_or(0, Vec::len),
            "encrypted_count": sent.encrypted_count(),
            "success": true,
            "latency_ms": latency_ms,
        });
        Self {
            kind,
            address: address.clone(),
            body,
        }
    }

    /// The dates of an action were processed; the result had been checked before it was sent.
    pub fn date_processed(
        address: &Address,
        id: &ResourceId,
        dates: &DateProcessing,
        request_id: &str,
        at: UtcMillis,
        latency_ms: f64,
    ) -> Self {
        let body = json!({
            "audit_record": {
                "request_id": request_id,
                "timestamp": at,
                "action_id": id,
                "input_timestamp": dates.input_timestamp,
                "output_timestamp": dates.computed_value,
                "latency_ms": latency_ms,
                "accuracy_valid": true,
                "status": "SUCCESS",
            },
            "action_id": id,
        });
        Self {
            kind: EventKind::DateProcessed,
            address: address.clone(),
            body,
        }
    }
}
