//! Domain values to begin with; a test changes what it is about.

use cxda_domain::action::DateProcessing;
use cxda_domain::address::Address;
use cxda_domain::applied::LastApplied;
use cxda_domain::audit::{
    AuditAction, AuditEntry, AuditMetrics, AuditedResource, Compliance, Phase,
};
use cxda_domain::body::{ActionBody, CacheBody, SourceBody, VariableBody, ViewBody};
use cxda_domain::event::{Event, EventKind};
use cxda_domain::instant::UtcMillis;
use cxda_domain::key::{DigestKey, Fingerprint, IdempotencyKey, RunId};
use cxda_domain::receiver::Receiver;
use cxda_domain::request::Operation;
use cxda_domain::secret::SecretText;
use cxda_domain::variable::{VariableScope, VariableType};
use cxda_domain::view::{Aggregation, ColumnProjection, IndexDirective, TableId};
use cxda_ports::journal::{Intent, Memory, Settlement};
use cxda_ports::outbox::OutboxEntry;

/// The table that a fresh tenant holds.
pub fn table() -> TableId {
    "12345678-1234-1234-1234-123456789012".parse().unwrap()
}

/// An action that manages nothing but what every action must.
pub fn action(name: &str) -> ActionBody {
    ActionBody {
        name: name.parse().unwrap(),
        description: "scores a customer".into(),
        script: SecretText::new("function main(context) { return context.input; }\n"),
        enabled: None,
        dependencies: Vec::new(),
        cache: None,
        variables: None,
        dates: None,
    }
}

/// An action that manages everything, with the secret `secret` in the variable `auth_token`.
pub fn full_action(name: &str, secret: &str) -> ActionBody {
    ActionBody {
        enabled: Some(true),
        cache: Some(CacheBody {
            enabled: true,
            key: Some(format!("{name}_{{contactId}}")),
            ttl: 60,
        }),
        variables: Some(vec![
            variable("retry_limit", VariableType::Integer, "3"),
            VariableBody {
                literal: false,
                encrypted: true,
                ..variable("auth_token", VariableType::String, secret)
            },
        ]),
        dates: Some(DateProcessing {
            source_field: "input_datetime".into(),
            target_field: "processed_datetime".into(),
            input_timestamp: "2024-02-29T15:30:00.000Z".into(),
            computed_value: "2024-02-29T17:30:00.000Z".into(),
            timezone: "America/New_York".into(),
            dst_adjustment: true,
            precision: 3,
        }),
        ..action(name)
    }
}

/// A variable in clear, seen by one action.
pub fn variable(name: &str, kind: VariableType, value: &str) -> VariableBody {
    VariableBody {
        name: name.parse().unwrap(),
        kind,
        value: SecretText::new(value),
        literal: true,
        encrypted: false,
        scope: VariableScope::Action,
    }
}

/// A view over `source`.
pub fn view(name: &str, source: SourceBody) -> ViewBody {
    ViewBody {
        name: name.parse().unwrap(),
        description: "interactions for each customer".into(),
        source,
        columns: vec![
            ColumnProjection {
                name: "customer_id".into(),
                alias: Some("cust_id".into()),
                aggregation: None,
            },
            ColumnProjection {
                name: "interaction_count".into(),
                alias: None,
                aggregation: Some(Aggregation::Count),
            },
        ],
        interval_minutes: 15,
        auto_refresh: true,
        auto_indexes: true,
        custom_indexes: vec![IndexDirective {
            columns: vec!["cust_id".into()],
            kind: "BTREE".into(),
        }],
    }
}

/// What was applied to the action `name`.
pub fn last_applied(name: &str) -> LastApplied {
    let secrets = [("auth_token".to_owned(), Fingerprint::new("f1"))];
    LastApplied::new(
        Address::action(name),
        "action-1".parse().unwrap(),
        &action(name).projection(),
        secrets.into(),
        false,
        &DigestKey::new(|_| Fingerprint::new("k")),
    )
}

/// A create of the action `score` under the operation id `operation_id`.
pub fn intent(operation_id: &str) -> Intent {
    Intent {
        operation_id: operation_id.into(),
        run: RunId::new("run-1"),
        operation: Operation::CreateAction,
        address: Address::action("score"),
        id: None,
        key: Some(IdempotencyKey::new(format!("key of {operation_id}"))),
        payload: Fingerprint::new("body"),
        base_tag: None,
        tells: None,
        created: UtcMillis::from_epoch_millis(1_709_220_600_000),
    }
}

/// The audit entry `audit_id` of `phase`.
pub fn audit_entry(audit_id: &str, phase: Phase) -> AuditEntry {
    AuditEntry {
        audit_id: audit_id.into(),
        run_id: RunId::new("run-1"),
        timestamp: UtcMillis::from_epoch_millis(1_709_220_600_000),
        actor: "ci".into(),
        tenant: "prod".into(),
        action: AuditAction::CreateDataAction,
        phase,
        resource: AuditedResource::new(&Address::action("score"), None),
        changes: vec!["cache".into()],
        metrics: (phase != Phase::Intended).then_some(AuditMetrics {
            latency_ms: 12.0,
            attempts: 1,
            encrypted: None,
        }),
        compliance: Compliance {
            schema_validated: Some(true),
            ..Compliance::default()
        },
        error: None,
    }
}

/// The resolved, successful end of the write `operation_id`, which nobody is told of.
pub fn settlement(operation_id: &str) -> Settlement {
    Settlement {
        operation_id: operation_id.into(),
        resolved: true,
        memory: Memory::Unchanged,
        record: audit_entry(&format!("end of {operation_id}"), Phase::Done),
        outbox: Vec::new(),
    }
}

/// An entry of the outbox for the webhook `bi`.
pub fn outbox_entry(id: &str) -> OutboxEntry {
    let address = Address::action("score");
    let action = "action-1".parse().unwrap();
    OutboxEntry {
        id: id.into(),
        receiver: Receiver::Webhook("bi".into()),
        event: Event::action(EventKind::ActionCreated, &address, &action, None, 12.5),
        created: UtcMillis::from_epoch_millis(1_709_220_600_000),
    }
}
