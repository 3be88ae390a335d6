//! What every sender of messages to webhooks promises.

use cxda_domain::receiver::Receiver;
use cxda_ports::webhook::{DeliveryErrorKind, Message, WebhookSender};

/// A message that shows what is kept of a body: order, spaces, digits and letters.
fn message(id: &str) -> Message {
    Message {
        id: id.to_owned(),
        payload: r#"{"event":"VIEW_CREATED", "data":{"name":"é","latency":1.10,"a":1}}"#.to_owned(),
    }
}

/// The suite of what gets there. `takes` takes every message, and `arrived` tells the payloads that it took so far; `unknown` is a
/// webhook that the settings do not name.
pub async fn keeps_its_promises(
    sender: &dyn WebhookSender,
    takes: &Receiver,
    unknown: &Receiver,
    arrived: impl Fn() -> Vec<String>,
) {
    for (id, count) in [("msg-1", 1), ("msg-1", 2), ("msg-2", 3)] {
        let answer = sender.send(takes, &message(id)).await.unwrap();
        assert!(answer.cost.attempts >= 1, "a delivery costs an attempt");
        let arrived = arrived();
        assert_eq!(
            arrived.len(),
            count,
            "one delivery a call, also of the same message"
        );
        assert!(
            arrived
                .iter()
                .all(|payload| *payload == message(id).payload),
            "the bytes of the payload are those of the message: {arrived:?}"
        );
    }
    assert_eq!(sender.route(takes), Ok(()));
    let failed = sender.send(unknown, &message("msg-3")).await.unwrap_err();
    assert_eq!(sender.route(unknown), Err(failed.clone()));
    assert_eq!(failed.kind, DeliveryErrorKind::NoRoute);
    assert_eq!(failed.cost.attempts, 0, "nothing was sent");
    assert!(!failed.detail.is_empty(), "a failure is told in words");
}

/// The suite of what is not taken. `refuses` refuses every message, `gone` is gone for good.
pub async fn tells_apart_who_is_gone(
    sender: &dyn WebhookSender,
    refuses: &Receiver,
    gone: &Receiver,
) {
    for (receiver, kind) in [
        (refuses, DeliveryErrorKind::NotTaken),
        (gone, DeliveryErrorKind::Gone),
    ] {
        for _ in 0..2 {
            let failed = sender.send(receiver, &message("msg-1")).await.unwrap_err();
            assert_eq!(failed.kind, kind);
            assert!(failed.cost.attempts >= 1, "an attempt costs one");
            assert!(!failed.detail.is_empty(), "a failure is told in words");
            assert!(!failed.detail.contains("://"), "no URL is told");
        }
    }
}
