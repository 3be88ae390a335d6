//! Receivers of webhooks in memory: they take what they are sent, save where a script says otherwise.

use std::collections::BTreeSet;
use std::future::pending;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use cxda_domain::receiver::Receiver;
use cxda_ports::error::{Answer, CallCost};
use cxda_ports::webhook::{DeliveryError, DeliveryErrorKind, Message, WebhookSender};

use crate::faults::{Moment, Script, Which};

/// Every receiver there may be, and what each of them took.
#[derive(Debug)]
pub struct MemoryWebhooks {
    taken: Mutex<Vec<(Receiver, Message)>>,
    unknown: BTreeSet<Receiver>,
    silent: BTreeSet<Receiver>,
    script: Script<Receiver, DeliveryErrorKind>,
}

impl Default for MemoryWebhooks {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryWebhooks {
    /// Receivers that took nothing yet, and take everything.
    pub fn new() -> Self {
        Self {
            taken: Mutex::default(),
            unknown: BTreeSet::new(),
            silent: BTreeSet::new(),
            script: Script::new(),
        }
    }

    /// The same, without a way to `receiver`.
    #[must_use]
    pub fn without(mut self, receiver: Receiver) -> Self {
        self.unknown.insert(receiver);
        self
    }

    /// The same, but `receiver` takes everything and never answers.
    #[must_use]
    pub fn silent(mut self, receiver: Receiver) -> Self {
        self.silent.insert(receiver);
        self
    }

    /// The same, failing as `kind` on the messages to `receiver` that `which` names. What fails after its work was taken all the same.
    #[must_use]
    pub fn failing(
        mut self,
        receiver: Receiver,
        which: Which,
        moment: Moment,
        kind: DeliveryErrorKind,
    ) -> Self {
        self.script.add(receiver, which, moment, kind);
        self
    }

    /// What was taken by whom, in order, repeats included.
    pub fn taken(&self) -> Vec<(Receiver, Message)> {
        self.kept().clone()
    }

    fn kept(&self) -> MutexGuard<'_, Vec<(Receiver, Message)>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl WebhookSender for MemoryWebhooks {
    fn route(&self, receiver: &Receiver) -> Result<(), DeliveryError> {
        if self.unknown.contains(receiver) {
            return Err(failure(DeliveryErrorKind::NoRoute));
        }
        Ok(())
    }

    async fn send(
        &self,
        receiver: &Receiver,
        message: &Message,
    ) -> Result<Answer<()>, DeliveryError> {
        let take = async {
            self.kept().push((receiver.clone(), message.clone()));
            if self.silent.contains(receiver) {
                pending::<()>().await;
            }
            Ok(Answer {
                value: (),
                cost: cost(1),
            })
        };
        self.route(receiver)?;
        let verdict = self.script.judge(receiver.clone());
        verdict.carry_out(take, failure).await
    }
}

fn failure(kind: DeliveryErrorKind) -> DeliveryError {
    let attempts = match kind {
        DeliveryErrorKind::NotTaken | DeliveryErrorKind::Unanswered | DeliveryErrorKind::Gone => 1,
        _ => 0,
    };
    DeliveryError {
        kind,
        detail: "it fails by script".to_owned(),
        retry_after: None,
        cost: cost(attempts),
    }
}

fn cost(attempts: u32) -> CallCost {
    CallCost {
        attempts,
        ..CallCost::default()
    }
}
