//! Empties the outbox: every pending event is tried, and stays where it was not taken.

use std::collections::BTreeMap;

use cxda_domain::audit::{
    AuditAction, AuditEntry, AuditMetrics, AuditedResource, Compliance, Phase,
};
use cxda_domain::delivery::DeliveryState;
use cxda_domain::key::RunId;
use cxda_domain::secret::SecretText;
use cxda_ports::audit::AuditSink;
use cxda_ports::clock::Clock;
use cxda_ports::error::CallCost;
use cxda_ports::ids::IdSource;
use cxda_ports::outbox::{Attempt, Outbox, OutboxEntry};
use cxda_ports::stop::StopSignal;
use cxda_ports::webhook::WebhookRelay;

use crate::apply::Failure;

/// What delivering needs.
#[derive(Clone, Copy, Debug)]
pub struct DeliveryPorts<'a> {
    /// What is to be delivered.
    pub outbox: &'a dyn Outbox,
    /// The audit log.
    pub audit: &'a dyn AuditSink,
    /// The tenant's route to webhooks.
    pub relay: &'a dyn WebhookRelay,
    /// Time.
    pub clock: &'a dyn Clock,
    /// Fresh ids.
    pub ids: &'a dyn IdSource,
    /// Whether to come to an end: what is not delivered yet stays in the outbox.
    pub stop: &'a dyn StopSignal,
}

/// On whose behalf events are delivered, for the audit log.
#[derive(Clone, Debug)]
pub struct Sender {
    /// Names the run.
    pub run: RunId,
    /// Who runs it.
    pub actor: String,
    /// The tenant's name.
    pub tenant: String,
}

/// What came of one round of deliveries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Taken by their receivers.
    pub delivered: usize,
    /// Still to be delivered.
    pub pending: usize,
}

/// Tries each pending event once. `targets` names the URL of each webhook that the tenant relays to.
///
/// # Errors
///
/// [`Failure::Journal`] and [`Failure::Audit`] if outbox or audit log cannot be read or written.
pub async fn deliver(
    ports: DeliveryPorts<'_>,
    sender: &Sender,
    targets: &BTreeMap<String, SecretText>,
) -> Result<Delivered, Failure> {
    let mut outcome = Delivered::default();
    for outgoing in ports.outbox.entries(0).await? {
        let entry = &outgoing.entry;
        let DeliveryState::Pending(due) = outgoing.state else {
            continue;
        };
        let url = targets.get(&entry.receiver.to_string());
        let Some(url) = url.filter(|_| !ports.stop.is_raised()) else {
            outcome.pending += 1;
            continue;
        };
        let intended = record(ports, sender, entry, Phase::Intended);
        if let Some(record) = ports.outbox.begin_attempt(&entry.id, &intended).await? {
            ports.audit.append(&record).await?;
        }
        let answer = ports.relay.relay(url.expose(), &entry.event.body).await;
        let failure = answer.as_ref().err().map(ToString::to_string);
        let (phase, state, cost) = match &answer {
            Ok(answer) => (Phase::Done, DeliveryState::Delivered, answer.cost),
            Err(error) => (Phase::Failed, DeliveryState::Pending(due), error.cost),
        };
        match state {
            DeliveryState::Delivered => outcome.delivered += 1,
            _ => outcome.pending += 1,
        }
        let attempt = Attempt {
            id: entry.id.clone(),
            attempts: outgoing.attempts + 1,
            state,
            record: AuditEntry {
                metrics: Some(metrics(cost)),
                error: failure.clone(),
                ..record(ports, sender, entry, phase)
            },
            failure,
        };
        let record = ports.outbox.end_attempt(&attempt).await?;
        ports.audit.append(&record).await?;
    }
    Ok(outcome)
}

fn metrics(cost: CallCost) -> AuditMetrics {
    AuditMetrics {
        latency_ms: cost.latency_ms(),
        attempts: cost.attempts,
        encrypted: None,
    }
}

fn record(
    ports: DeliveryPorts<'_>,
    sender: &Sender,
    entry: &OutboxEntry,
    phase: Phase,
) -> AuditEntry {
    AuditEntry {
        audit_id: ports.ids.fresh(),
        run_id: sender.run.clone(),
        timestamp: ports.clock.now(),
        actor: sender.actor.clone(),
        tenant: sender.tenant.clone(),
        action: AuditAction::DeliverWebhook,
        phase,
        resource: AuditedResource::new(&entry.event.address, None),
        changes: vec![entry.event.kind.as_str().to_owned()],
        metrics: None,
        compliance: Compliance::default(),
        error: None,
    }
}
