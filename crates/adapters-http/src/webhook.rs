//! The way of one message to its receiver: through the tenant, or straight to where it listens.
//!
//! It makes one attempt and decides about none of the next. No message that it gives back holds a receiver's URL, which is often
//! the only secret that a receiver asks for, nor what a receiver or the tenant said, which may quote it.

mod direct;
mod reach;
mod receiver_url;
mod signature;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use cxda_domain::receiver::Receiver;
use cxda_domain::secret::SecretText;
use cxda_ports::error::{Answer, ApiError, ApiErrorKind, CallCost};
use cxda_ports::stop::StopSignal;
use cxda_ports::webhook::{DeliveryError, DeliveryErrorKind, Message, WebhookRelay, WebhookSender};

pub use self::direct::Direct;
pub use self::reach::{Dialer, HttpDialer, Resolver, SystemResolver};
pub use self::signature::{SigningSecret, SigningSecretError};

/// How messages reach one webhook of the settings.
#[derive(Clone, Debug)]
pub enum Route {
    /// A tenant sends them to `url`.
    Relay {
        /// The receiver's URL.
        url: SecretText,
        /// The tenant.
        tenant: Arc<dyn WebhookRelay>,
    },
    /// They are posted to `url` from here.
    Direct {
        /// The receiver's URL.
        url: SecretText,
        /// What they are signed with: one signature for each, so two while a secret is being replaced; none leaves them unsigned.
        secrets: Vec<SigningSecret>,
    },
    /// Its URL or a secret of it cannot be read.
    Unreadable {
        /// Why not, without the value.
        why: String,
    },
}

/// Sends messages to the webhooks of the settings, and straight to the sources of cache directives, unsigned.
#[derive(Debug)]
pub struct Webhooks {
    routes: BTreeMap<String, Route>,
    direct: Direct,
    stop: Arc<dyn StopSignal>,
}

impl Webhooks {
    /// Sends by these `routes`, each under its webhook's name; from here by way of `direct`. Once `stop` is raised, nothing more is sent.
    pub fn new(routes: BTreeMap<String, Route>, direct: Direct, stop: Arc<dyn StopSignal>) -> Self {
        Self {
            routes,
            direct,
            stop,
        }
    }

    fn route_to(&self, name: &str) -> Result<&Route, DeliveryError> {
        let why = match self.routes.get(name) {
            Some(Route::Unreadable { why }) => why,
            Some(route) => return Ok(route),
            None => "the settings name no such webhook",
        };
        Err(unsent(DeliveryErrorKind::NoRoute, why))
    }

    async fn send_to_webhook(
        &self,
        name: &str,
        message: &Message,
    ) -> Result<Answer<()>, DeliveryError> {
        match self.route_to(name)? {
            Route::Direct { url, secrets } => {
                let stop = &*self.stop;
                self.direct.deliver(url, secrets, message, stop).await
            }
            Route::Relay { url, tenant } => {
                let relayed = tenant.relay(url.expose(), &message.payload).await;
                relayed.map_err(|error| not_relayed(&error))
            }
            Route::Unreadable { why } => Err(unsent(DeliveryErrorKind::NoRoute, why)),
        }
    }
}

#[async_trait]
impl WebhookSender for Webhooks {
    fn route(&self, receiver: &Receiver) -> Result<(), DeliveryError> {
        match receiver {
            Receiver::Webhook(name) => self.route_to(name).map(drop),
            Receiver::Source(_) => Ok(()),
        }
    }

    async fn send(
        &self,
        receiver: &Receiver,
        message: &Message,
    ) -> Result<Answer<()>, DeliveryError> {
        if self.stop.is_raised() {
            return Err(stopped());
        }
        match receiver {
            Receiver::Webhook(name) => self.send_to_webhook(name, message).await,
            Receiver::Source(url) => {
                let url = SecretText::new(url);
                self.direct.deliver(&url, &[], message, &*self.stop).await
            }
        }
    }
}

/// A failure before anything was sent.
fn unsent(kind: DeliveryErrorKind, why: impl fmt::Display) -> DeliveryError {
    DeliveryError {
        kind,
        detail: why.to_string(),
        retry_after: None,
        cost: CallCost::default(),
    }
}

fn stopped() -> DeliveryError {
    unsent(DeliveryErrorKind::Stopped, "cxda is stopping")
}

/// What a failed relay means. Where the tenant answered, its words are left out.
fn not_relayed(error: &ApiError) -> DeliveryError {
    let mut told = error.clone();
    if told.status.is_some() {
        told.detail.clear();
    }
    if let ApiErrorKind::Rejected { problems } = &mut told.kind {
        problems.clear();
    }
    DeliveryError {
        kind: match error.kind {
            ApiErrorKind::OutcomeUnknown => DeliveryErrorKind::Unanswered,
            ApiErrorKind::Stopped => DeliveryErrorKind::Stopped,
            _ => DeliveryErrorKind::NotTaken,
        },
        detail: told.to_string(),
        // The tenant's own pause is its adapter's business.
        retry_after: None,
        cost: error.cost,
    }
}
