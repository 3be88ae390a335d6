//! Tells webhooks: tries once what is pending in the outbox. A failure stays there and fails nothing.

use std::collections::BTreeMap;

use cxda_domain::secret::SecretText;
use cxda_ports::error::StoreError;
use cxda_ports::journal::{DeliveryState, Journal};
use cxda_ports::stop::StopSignal;
use cxda_ports::webhook::WebhookRelay;

/// What came of one round of deliveries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Taken by their receivers.
    pub delivered: usize,
    /// Still to be delivered.
    pub pending: usize,
}

/// Tries each pending event once, until `stop` is raised. `targets` names the URL of each webhook that the tenant relays to.
///
/// # Errors
///
/// [`StoreError`] if the outbox cannot be read or written.
pub async fn deliver(
    journal: &dyn Journal,
    relay: &dyn WebhookRelay,
    targets: &BTreeMap<String, SecretText>,
    stop: &dyn StopSignal,
) -> Result<Delivered, StoreError> {
    let mut outcome = Delivered::default();
    for entry in journal.pending_deliveries().await? {
        let url = targets.get(&entry.webhook);
        let Some(url) = url.filter(|_| !stop.is_raised()) else {
            outcome.pending += 1;
            continue;
        };
        let payload = entry.event.body.to_string();
        match relay.relay(url.expose(), &payload).await {
            Ok(_) => {
                journal
                    .note_delivery(&entry.id, DeliveryState::Delivered)
                    .await?;
                outcome.delivered += 1;
            }
            Err(error) => {
                tracing::warn!(webhook = entry.webhook, %error, "delivery failed, it stays in the outbox");
                journal
                    .note_delivery(&entry.id, DeliveryState::Pending)
                    .await?;
                outcome.pending += 1;
            }
        }
    }
    Ok(outcome)
}
