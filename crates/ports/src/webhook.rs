//! Webhooks: the tenant's route to them, and the way of one message to its receiver.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use cxda_domain::receiver::Receiver;

use crate::error::{Answer, ApiError, CallCost};

/// Hands payloads to the tenant, which delivers them.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait WebhookRelay: fmt::Debug + Send + Sync {
    /// Asks the tenant to deliver `payload`, a JSON text, to `target_url`.
    ///
    /// # Errors
    ///
    /// - `Rejected` if the tenant refuses the URL or the payload.
    /// - `OutcomeUnknown` if it was sent and not answered.
    async fn relay(&self, target_url: &str, payload: &str) -> Result<Answer<()>, ApiError>;
}

/// What is sent to a receiver: the same in every attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Unique. A receiver that has seen it drops the message.
    pub id: String,
    /// The body, a JSON text.
    pub payload: String,
}

/// How an attempt to deliver a message failed. It may be tried again, save where the receiver is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DeliveryErrorKind {
    /// Nobody knows where the receiver is: the settings do not name it, or its URL or secret cannot be read. Nothing was sent.
    NoRoute,
    /// The URL or an address behind it is not one that may be reached. Nothing was sent.
    Forbidden,
    /// The receiver, or the tenant that relays to it, did not take it, or could not be reached.
    NotTaken,
    /// It was sent, or a part of it, and nobody knows whether the receiver took it.
    Unanswered,
    /// The receiver is gone for good (410).
    Gone,
    /// The process is to stop. Nothing was sent.
    Stopped,
}

/// A failed attempt to deliver a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct DeliveryError {
    /// How it failed.
    pub kind: DeliveryErrorKind,
    /// What was said or what broke: sanitized, cut, without a secret and without the receiver's URL.
    pub detail: String,
    /// How long the receiver asked not to be sent anything, where it did.
    pub retry_after: Option<Duration>,
    /// What the attempt cost.
    pub cost: CallCost,
}

/// Brings messages to their receivers.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait WebhookSender: fmt::Debug + Send + Sync {
    /// Whether there is a way to `receiver` at all. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`DeliveryErrorKind::NoRoute`] where there is none, as [`WebhookSender::send`] would say.
    fn route(&self, receiver: &Receiver) -> Result<(), DeliveryError>;

    /// Makes one attempt to deliver `message` to `receiver`.
    ///
    /// # Errors
    ///
    /// [`DeliveryError`] if the receiver, or the tenant that relays to it, did not take it.
    async fn send(
        &self,
        receiver: &Receiver,
        message: &Message,
    ) -> Result<Answer<()>, DeliveryError>;
}
