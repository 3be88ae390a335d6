//! The courier: takes what webhooks are to be told from the outbox to its receivers, and puts on record what came of it.
//!
//! Several deliveries are under way at once, but of one resource and receiver one after the other, in order. When an entry is
//! tried, and when for the last time, is a rule of the domain; how it gets there is the sender's business.

use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use cxda_domain::delivery::DeliveryState;
use cxda_domain::key::RunId;
use cxda_domain::receiver::Receiver;
use cxda_ports::audit::AuditSink;
use cxda_ports::clock::Clock;
use cxda_ports::error::{AuditError, StoreError};
use cxda_ports::ids::{IdSource, Jitter};
use cxda_ports::outbox::{Outbox, OutboxEntry, Outgoing};
use cxda_ports::stop::StopSignal;
use cxda_ports::webhook::WebhookSender;
use futures_util::StreamExt;
use futures_util::future::{Either, poll_fn, select};
use futures_util::stream::FuturesUnordered;
use futures_util::task::AtomicWaker;

use desk::Desk;

mod attempt;
mod desk;

/// The most deliveries under way at once: few, for those by way of the tenant share its rate limit with the writes.
const AT_ONCE: usize = 4;
/// How long what is under way is waited for once there is nothing else to do.
pub const GRACE: Duration = Duration::from_secs(5);

/// What delivering needs.
#[derive(Clone, Copy, Debug)]
pub struct CourierPorts<'a> {
    /// What is to be delivered.
    pub outbox: &'a dyn Outbox,
    /// The audit log.
    pub audit: &'a dyn AuditSink,
    /// The ways to the receivers.
    pub sender: &'a dyn WebhookSender,
    /// Time.
    pub clock: &'a dyn Clock,
    /// Fresh ids.
    pub ids: &'a dyn IdSource,
    /// Spreads attempts.
    pub jitter: &'a dyn Jitter,
    /// Whether to come to an end.
    pub stop: &'a dyn StopSignal,
}

/// On whose behalf a courier works, and what it takes along.
#[derive(Clone, Debug)]
pub struct CourierOptions {
    /// Names the run.
    pub run: RunId,
    /// Who runs it.
    pub actor: String,
    /// The tenant's name.
    pub tenant: String,
    /// What is tried.
    pub round: Round,
}

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// What is due.
    Due,
    /// All that is not delivered, due or not, dead or not.
    Everything,
}

/// Why deliveries came to an end before their time.
#[derive(Debug, thiserror::Error)]
pub enum CourierError {
    /// The outbox cannot be read or written.
    #[error("the outbox cannot be used")]
    Outbox(#[from] StoreError),
    /// The audit log cannot be written, so nothing more was sent.
    #[error("the audit log cannot be written")]
    Audit(#[from] AuditError),
}

impl CourierError {
    /// Of two errors the one to tell: above all that the audit log failed, be it after the outbox; else the first.
    fn or_worse(self, later: Self) -> Self {
        match (&self, &later) {
            (Self::Outbox(_), Self::Audit(_)) => later,
            _ => self,
        }
    }
}

/// An entry that a courier had, as it left it.
#[derive(Clone, Debug, PartialEq)]
pub struct Handled {
    /// The entry and what became of it.
    pub outgoing: Outgoing,
    /// Whether it was tried in this round.
    pub tried: bool,
}

/// How many of the entries that a courier had are delivered, how many still wait, and how many nobody tries any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Taken by their receivers.
    pub delivered: usize,
    /// Still to be delivered.
    pub pending: usize,
    /// Not tried any more, unless a person wants it.
    pub dead: usize,
}

/// Delivers what is in the outbox and what is handed to it meanwhile, each entry at most once.
#[derive(Debug)]
pub struct Courier<'a> {
    ports: CourierPorts<'a>,
    options: CourierOptions,
    desk: Mutex<Desk>,
    /// Whoever serves the desk, while nothing there can be done.
    server: AtomicWaker,
}

impl<'a> Courier<'a> {
    /// A courier with everything in the outbox that is not delivered. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the outbox cannot be read.
    pub async fn new(ports: CourierPorts<'a>, options: CourierOptions) -> Result<Self, StoreError> {
        let mut desk = Desk::new(options.round, ports.outbox.gone().await?);
        for outgoing in ports.outbox.entries(0).await? {
            desk.put(outgoing);
        }
        Ok(Self {
            ports,
            options,
            desk: Mutex::new(desk),
            server: AtomicWaker::new(),
        })
    }

    /// Takes `entries`, which have just got into the outbox.
    pub fn take(&self, entries: &[OutboxEntry]) {
        self.change(|desk| {
            for entry in entries {
                desk.put(Outgoing {
                    state: DeliveryState::Pending(entry.created),
                    entry: entry.clone(),
                    attempts: 0,
                    begun: false,
                    failure: None,
                });
            }
        });
    }

    /// Delivers beside `work` and for at most [`GRACE`] after it; at once no more where the process is to stop.
    ///
    /// What is not delivered by then, or where delivering failed, stays in the outbox.
    pub async fn beside<T>(&self, work: impl Future<Output = T>) -> (T, Result<(), CourierError>) {
        let deliveries = pin!(self.deliveries());
        let (done, deliveries) = match select(pin!(work), deliveries).await {
            Either::Left(rest) => rest,
            Either::Right((ended, work)) => return (work.await, ended),
        };
        self.change(Desk::close);
        let ended = match select(deliveries, self.ports.clock.wait(GRACE)).await {
            Either::Left((ended, _)) => ended,
            Either::Right(((), deliveries)) => {
                self.change(Desk::cut);
                deliveries.await
            }
        };
        (done, ended)
    }

    /// Delivers until nothing is left that may be tried, or the process is to stop.
    ///
    /// # Errors
    ///
    /// [`CourierError`] if outbox or audit log cannot be used.
    pub async fn deliver(&self) -> Result<(), CourierError> {
        self.change(Desk::close);
        self.deliveries().await
    }

    /// Every entry that it had, in the order of the outbox.
    pub fn handled(&self) -> Vec<Handled> {
        self.desk().handled()
    }

    /// The same in numbers.
    pub fn delivered(&self) -> Delivered {
        let mut sum = Delivered::default();
        for handled in self.handled() {
            match handled.outgoing.state {
                DeliveryState::Delivered => sum.delivered += 1,
                DeliveryState::Pending(_) => sum.pending += 1,
                DeliveryState::Dead => sum.dead += 1,
            }
        }
        sum
    }

    /// Tries what may be tried, until nothing more can come or may be sent.
    async fn deliveries(&self) -> Result<(), CourierError> {
        // In this order: where it is raised already, nothing is begun.
        match select(self.ports.stop.raised(), pin!(self.serve())).await {
            Either::Left(((), serving)) => {
                self.change(Desk::cut);
                serving.await
            }
            Either::Right((ended, _)) => ended,
        }
    }

    async fn serve(&self) -> Result<(), CourierError> {
        let mut running = FuturesUnordered::new();
        let mut outcome = Ok(());
        loop {
            while running.len() < AT_ONCE
                && let Some(place) = self.next()
            {
                running.push(self.attempt(place));
            }
            if running.is_empty() && self.desk().is_over() {
                return outcome;
            }
            let turn = poll_fn(|context| {
                self.server.register(context.waker());
                if self.desk().take_news() {
                    return Poll::Ready(Ok(()));
                }
                match running.poll_next_unpin(context) {
                    Poll::Ready(Some(ended)) => Poll::Ready(ended),
                    Poll::Ready(None) | Poll::Pending => Poll::Pending,
                }
            });
            if let Err(error) = turn.await {
                self.change(Desk::cut);
                outcome = Err(match outcome {
                    Ok(()) => error,
                    Err(first) => first.or_worse(error),
                });
            }
        }
    }

    /// The place of an entry that is to be tried now.
    fn next(&self) -> Option<usize> {
        let now = self.ports.clock.now();
        let routed = |receiver: &Receiver| self.ports.sender.route(receiver).is_ok();
        self.desk().next(now, routed)
    }

    /// Changes the desk and lets whoever serves it know.
    fn change(&self, how: impl FnOnce(&mut Desk)) {
        how(&mut self.desk());
        self.server.wake();
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_the_audit_log_failed_is_told_whichever_came_first() {
        let outbox = || {
            CourierError::Outbox(StoreError::Locked {
                holder: "another run".to_owned(),
            })
        };
        let audit = |seq| {
            CourierError::Audit(AuditError::Broken {
                path: "audit.jsonl".to_owned(),
                seq,
            })
        };
        for (first, later, told) in [
            (outbox(), audit(1), "audit"),
            (audit(1), outbox(), "audit"),
            (outbox(), outbox(), "outbox"),
        ] {
            let found = first.or_worse(later).to_string();
            assert!(found.contains(told), "{found}");
        }
    }
}
