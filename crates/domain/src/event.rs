//! Events that webhooks are told of, with the bodies of the product's contract.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::action::DateProcessing;
use crate::address::Address;
use crate::body::{ActionBody, ViewBody};
use crate::cache::{CacheKey, InvalidationDirective};
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
    /// The body, a JSON text. Every delivery carries these very bytes.
    pub body: String,
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
            body: body.to_string(),
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
            body: body.to_string(),
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
            body: body.to_string(),
        }
    }

    /// Cache entries of an action under `key` are stale, as `directive` has somebody told.
    pub fn cache_invalidation(
        address: &Address,
        directive: &InvalidationDirective,
        key: Option<&CacheKey>,
        at: UtcMillis,
    ) -> Self {
        let body = json!({
            "event": "cache_invalidation",
            "directive": {
                "source": directive.source,
                "event_type": directive.event_type,
                "action": directive.action.as_str(),
            },
            "action": address.name,
            "timestamp": at,
            "data": {"target_key": key},
        });
        Self {
            kind: EventKind::CacheInvalidation,
            address: address.clone(),
            body: body.to_string(),
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
            body: body.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::body::VariableBody;
    use crate::manifest::tests::source::{action, manifest, view};
    use crate::secret::SecretText;
    use crate::variable::{VariableScope, VariableType};

    fn id() -> ResourceId {
        "id-1".parse().unwrap()
    }

    fn members(event: &Event) -> Value {
        serde_json::from_str(&event.body).unwrap()
    }

    fn shown(event: &Event) -> String {
        serde_json::to_string_pretty(&members(event)).unwrap()
    }

    #[test]
    fn words_name_what_they_print() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::from_word(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert_eq!(EventKind::from_word("view_created"), None);
    }

    #[test]
    fn bodies_of_views() {
        let source = r#"{"table": "12345678-1234-1234-1234-123456789012"}"#;
        let manifest = manifest(&view("calls", source));
        let (declared, _) = manifest.views().next().unwrap();
        let body = ViewBody::new(declared, None);
        let address = Address::view("calls");
        let at = UtcMillis::UNIX_EPOCH;
        let created = Event::view(
            EventKind::ViewCreated,
            &address,
            &id(),
            Some(&body),
            at,
            12.5,
        );
        insta::assert_snapshot!(shown(&created), @r#"
        {
          "data": {
            "creationLatencyMs": 12.5,
            "name": "calls",
            "refreshRate": "5m",
            "viewId": "id-1"
          },
          "eventType": "VIEW_CREATED",
          "timestamp": "1970-01-01T00:00:00.000Z"
        }
        "#);
        let deleted = Event::view(EventKind::ViewDeleted, &address, &id(), None, at, 1.0);
        insta::assert_snapshot!(shown(&deleted), @r#"
        {
          "data": {
            "creationLatencyMs": 1.0,
            "name": "calls",
            "refreshRate": null,
            "viewId": "id-1"
          },
          "eventType": "VIEW_DELETED",
          "timestamp": "1970-01-01T00:00:00.000Z"
        }
        "#);
        assert_eq!(
            (created.kind, created.address),
            (EventKind::ViewCreated, address)
        );
    }

    #[test]
    fn bodies_of_actions() {
        let address = Address::action("score");
        let kind = EventKind::ActionCreated;
        let tested = Event::action(kind, &address, &id(), Some("SUCCESS"), 12.5);
        insta::assert_snapshot!(shown(&tested), @r#"
        {
          "action_id": "id-1",
          "event": "ACTION_CREATED",
          "latency_ms": 12.5,
          "test_status": "SUCCESS"
        }
        "#);
        let untested = Event::action(kind, &address, &id(), None, 12.5);
        assert_eq!(members(&untested)["test_status"], Value::Null);
    }

    #[test]
    fn the_body_of_a_directive() {
        let cache = r#", "cache": {"key": "score_{id}", "invalidation": [
            {"source": "https://a.example/x", "eventType": "rebuilt", "action": "noop"},
            {"source": "https://b.example/x", "eventType": "rebuilt", "action": "refresh"},
            {"source": "https://c.example/x", "eventType": "moved", "action": "invalidate"}]}"#;
        let manifest = manifest(&action("score", cache));
        let policy = manifest.actions().next().unwrap().0.cache.as_ref().unwrap();
        let sources = |event_type| {
            let directives = policy.to_send(event_type);
            let hosts = directives.map(|each| each.source.as_str());
            hosts.collect::<Vec<_>>()
        };
        let (b, c) = ("https://b.example/x", "https://c.example/x");
        assert_eq!(sources(None), [b, c]);
        assert_eq!(sources(Some("rebuilt")), [b]);
        assert_eq!(sources(Some("Rebuilt")), [""; 0]);
        let (directive, key) = (policy.to_send(None).next().unwrap(), policy.key.as_ref());
        let address = Address::action("score");
        let event = Event::cache_invalidation(&address, directive, key, UtcMillis::UNIX_EPOCH);
        let directive = json!({"source": b, "event_type": "rebuilt", "action": "refresh"});
        let expected = json!({
            "event": "cache_invalidation",
            "directive": directive,
            "action": "score",
            "timestamp": "1970-01-01T00:00:00.000Z",
            "data": {"target_key": "score_{id}"},
        });
        assert_eq!(members(&event), expected);
    }

    #[test]
    fn bodies_about_variables_and_dates() {
        let dates = r#", "dateProcessing": {"sourceField": "a", "targetField": "b", "timestamp": "2024-02-29T15:30:00Z",
            "timezone": "UTC", "operation": "ADD_OFFSET", "offsetMinutes": 120}"#;
        let manifest = manifest(&action("score", dates));
        let (declared, _) = manifest.actions().next().unwrap();
        let variable = |name: &str, encrypted| VariableBody {
            name: name.parse().unwrap(),
            kind: VariableType::String,
            value: SecretText::new("canary"),
            literal: false,
            encrypted,
            scope: VariableScope::Action,
        };
        let variables = vec![
            variable("a", true),
            variable("b", false),
            variable("c", true),
        ];
        let sent = ActionBody::new(declared, Some(variables));
        let address = Address::action("score");
        let updated = Event::variables_updated(&address, &id(), &sent, 12.5);
        insta::assert_snapshot!(shown(&updated), @r#"
        {
          "data_action_id": "id-1",
          "encrypted_count": 2,
          "event": "VARIABLES_UPDATED",
          "latency_ms": 12.5,
          "success": true,
          "variable_count": 3
        }
        "#);
        let dates = sent.dates.as_ref().unwrap();
        let processed =
            Event::date_processed(&address, &id(), dates, "r-1", UtcMillis::UNIX_EPOCH, 12.5);
        insta::assert_snapshot!(shown(&processed), @r#"
        {
          "action_id": "id-1",
          "audit_record": {
            "accuracy_valid": true,
            "action_id": "id-1",
            "input_timestamp": "2024-02-29T15:30:00Z",
            "latency_ms": 12.5,
            "output_timestamp": "2024-02-29T17:30:00.000Z",
            "request_id": "r-1",
            "status": "SUCCESS",
            "timestamp": "1970-01-01T00:00:00.000Z"
          }
        }
        "#);
        let unmanaged = ActionBody::new(declared, None);
        let none = members(&Event::variables_updated(&address, &id(), &unmanaged, 1.0));
        assert_eq!(
            (&none["variable_count"], &none["encrypted_count"]),
            (&json!(0), &json!(0))
        );
    }
}
