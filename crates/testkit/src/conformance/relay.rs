//! What every tenant promises of its route to webhooks.

use cxda_ports::webhook::WebhookRelay;

/// The whole suite. It asks for one delivery to `target_url`.
pub async fn keeps_its_promises(relay: &dyn WebhookRelay, target_url: &str) {
    let payload = r#"{"event":"VIEW_CREATED","data":{"name":"é"}}"#;
    let relayed = relay.relay(target_url, payload).await.unwrap();
    assert!(relayed.cost.attempts >= 1, "a call costs an attempt");
}
