//! One attempt: on record before it is made, and what came of it after.

use std::time::Duration;

use cxda_domain::audit::{
    AuditAction, AuditEntry, AuditMetrics, AuditedResource, Compliance, Phase,
};
use cxda_domain::delivery::DeliveryState;
use cxda_domain::receiver::Receiver;
use cxda_domain::retry::JitterFraction;
use cxda_ports::error::{Answer, CallCost};
use cxda_ports::outbox::{Attempt, OutboxEntry, Outgoing};
use cxda_ports::webhook::{DeliveryError, DeliveryErrorKind, Message};
use futures_util::future::{Aborted, abortable};

use super::{Courier, CourierError};

/// Why an attempt has no outcome that was cut off.
const NOT_AWAITED: &str = "no answer came before the run ended";

/// What came of sending; aborted where the run did not wait for it.
type Sent = Result<Result<Answer<()>, DeliveryError>, Aborted>;

/// How an attempt ended.
struct Ending {
    phase: Phase,
    state: DeliveryState,
    attempts: u32,
    cost: CallCost,
    failure: Option<String>,
}

impl Courier<'_> {
    /// Tries the entry at `place` of the desk once.
    pub(super) async fn attempt(&self, place: usize) -> Result<(), CourierError> {
        let mut outgoing = self.desk().outgoing(place);
        let entry = &outgoing.entry;
        let (outbox, audit) = (self.ports.outbox, self.ports.audit);
        let intended = self.record(entry, Phase::Intended);
        if let Some(record) = outbox.begin_attempt(&entry.id, &intended).await? {
            audit.append(&record).await?;
        }
        let message = Message {
            id: entry.id.clone(),
            payload: entry.event.body.clone(),
        };
        let (sending, handle) = abortable(self.ports.sender.send(&entry.receiver, &message));
        self.desk().begin_sending(place, handle);
        let sent = sending.await;
        self.desk().end_sending(place);

        let ending = self.judge(&outgoing, &sent);
        let error = ending
            .failure
            .as_ref()
            .map(|failure| match &entry.receiver {
                Receiver::Webhook(name) => format!("{name}: {failure}"),
                // Its URL may hold a secret.
                Receiver::Source(_) => failure.clone(),
            });
        let record = outbox
            .end_attempt(&Attempt {
                id: entry.id.clone(),
                attempts: ending.attempts,
                state: ending.state,
                failure: ending.failure.clone(),
                record: AuditEntry {
                    metrics: Some(AuditMetrics {
                        latency_ms: ending.cost.latency_ms(),
                        attempts: ending.cost.attempts,
                        encrypted: None,
                    }),
                    error,
                    ..self.record(entry, ending.phase)
                },
            })
            .await?;
        audit.append(&record).await?;
        self.note_presence(&entry.receiver, &sent).await?;
        outgoing.state = ending.state;
        outgoing.attempts = ending.attempts;
        outgoing.begun = false;
        outgoing.failure = ending.failure;
        self.change(|desk| desk.end(place, outgoing));
        Ok(())
    }

    fn judge(&self, outgoing: &Outgoing, sent: &Sent) -> Ending {
        let counted = outgoing.attempts.saturating_add(1);
        let (phase, cost, failure) = match sent {
            Ok(Ok(answer)) => (Phase::Done, answer.cost, None),
            Ok(Err(error)) => {
                let phase = match error.kind {
                    DeliveryErrorKind::Unanswered => Phase::Unknown,
                    _ => Phase::Failed,
                };
                (phase, error.cost, Some(error.detail.clone()))
            }
            Err(Aborted) => (
                Phase::Unknown,
                CallCost::default(),
                Some(NOT_AWAITED.to_owned()),
            ),
        };
        let (attempts, state) = match sent {
            Ok(Ok(_)) => (counted, DeliveryState::Delivered),
            Ok(Err(error)) => match error.kind {
                // Nothing was sent, and the receiver cannot help it.
                DeliveryErrorKind::NoRoute | DeliveryErrorKind::Stopped => {
                    (outgoing.attempts, outgoing.state)
                }
                DeliveryErrorKind::Gone => (counted, DeliveryState::Dead),
                _ => {
                    let state = self.after_failure(outgoing, counted, error.retry_after);
                    (counted, state)
                }
            },
            Err(Aborted) => (counted, self.after_failure(outgoing, counted, None)),
        };
        Ending {
            phase,
            state,
            attempts,
            cost,
            failure,
        }
    }

    /// What was dead stays so: only its delivery brings it back.
    fn after_failure(
        &self,
        outgoing: &Outgoing,
        attempts: u32,
        pause: Option<Duration>,
    ) -> DeliveryState {
        if outgoing.state == DeliveryState::Dead {
            return DeliveryState::Dead;
        }
        let jitter = JitterFraction::from_double(self.ports.jitter.fraction());
        let now = self.ports.clock.now();
        DeliveryState::after_failure(outgoing.entry.created, attempts, now, pause, jitter)
    }

    /// Remembers that a receiver is gone for good, or is there again.
    async fn note_presence(&self, receiver: &Receiver, sent: &Sent) -> Result<(), CourierError> {
        let outbox = self.ports.outbox;
        match sent {
            Ok(Ok(_)) if self.desk().find(receiver) => outbox.note_gone(receiver, None).await?,
            Ok(Err(error)) if error.kind == DeliveryErrorKind::Gone => {
                self.desk().lose(receiver.clone());
                let now = self.ports.clock.now();
                outbox.note_gone(receiver, Some(now)).await?;
            }
            _ => {}
        }
        Ok(())
    }

    fn record(&self, entry: &OutboxEntry, phase: Phase) -> AuditEntry {
        AuditEntry {
            audit_id: self.ports.ids.fresh(),
            run_id: self.options.run.clone(),
            timestamp: self.ports.clock.now(),
            actor: self.options.actor.clone(),
            tenant: self.options.tenant.clone(),
            action: match entry.receiver {
                Receiver::Webhook(_) => AuditAction::DeliverWebhook,
                Receiver::Source(_) => AuditAction::InvalidateCache,
            },
            phase,
            resource: AuditedResource::new(&entry.event.address, None),
            changes: vec![entry.event.kind.as_str().to_owned()],
            metrics: None,
            compliance: Compliance::default(),
            error: None,
        }
    }
}
