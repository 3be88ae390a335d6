//! What is made of a receiver's answer, and of none.

use std::time::Duration;

use cxda_adapters_http::webhook::{Route, SystemResolver};
use cxda_domain::receiver::Receiver;
use cxda_domain::secret::SecretText;
use cxda_ports::webhook::{DeliveryError, DeliveryErrorKind, WebhookSender};
use cxda_testkit::conformance;

use super::super::peer::{CANARY, Peer, SOON, ok, tenant};
use super::{Answers, Setup, TOKEN, direct, message, plain, webhook};

/// A server that answers as the path of each request says.
async fn receiver() -> Peer {
    Peer::start(|mut line| async move {
        while let Some(request) = line.request().await {
            let status = match request.split(' ').nth(1) {
                Some("/takes") => "204 No Content",
                Some("/gone") => "410 Gone",
                _ => "500 Internal Server Error",
            };
            line.say(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"))
                .await;
        }
    })
    .await
}

fn body(request: &str) -> String {
    request.split_once("\r\n\r\n").unwrap().1.to_owned()
}

#[tokio::test]
async fn direct_deliveries_keep_the_promises_of_the_port() {
    let peer = receiver().await;
    let at = |path: &str| direct(format!("{}/{path}", peer.base()));
    let sender = Setup::new()
        .allowed(peer.address.to_string())
        .route("takes", at("takes"))
        .route("refuses", at("refuses"))
        .route("gone", at("gone"))
        .sender();
    let arrived = || peer.requests().iter().map(|text| body(text)).collect();
    let (takes, unknown) = (webhook("takes"), webhook("unknown"));
    conformance::webhook::keeps_its_promises(&sender, &takes, &unknown, arrived).await;
    let (refuses, gone) = (webhook("refuses"), webhook("gone"));
    conformance::webhook::tells_apart_who_is_gone(&sender, &refuses, &gone).await;
}

#[tokio::test]
async fn a_source_is_posted_to_and_keeps_the_promises_too() {
    let peer = receiver().await;
    let setup = Setup::new().allowed(peer.address.to_string());
    let source = |path: &str| Receiver::Source(format!("{}/{path}", peer.base()));
    let arrived = || peer.requests().iter().map(|text| body(text)).collect();
    let (sender, unknown) = (setup.sender(), webhook("unknown"));
    conformance::webhook::keeps_its_promises(&sender, &source("takes"), &unknown, arrived).await;
    let (refuses, gone) = (source("refuses"), source("gone"));
    conformance::webhook::tells_apart_who_is_gone(&sender, &refuses, &gone).await;
}

#[tokio::test]
async fn relayed_messages_keep_the_promises_of_the_port() {
    let url = "https://bi.example/hook";
    let setup = Setup::new().relay("bi", url);
    let arrived = || {
        let relayed = setup.tenant.relayed().into_iter();
        let payload = |(target, payload)| {
            assert_eq!(target, url);
            payload
        };
        relayed.map(payload).collect()
    };
    let (sender, unknown) = (setup.sender(), webhook("unknown"));
    conformance::webhook::keeps_its_promises(&sender, &webhook("bi"), &unknown, arrived).await;
}

/// How a delivery to a receiver that answers so ends.
async fn answered(answer: &str) -> Result<(), DeliveryError> {
    let peer = Peer::saying(answer).await;
    let setup = Setup::new().allowed(peer.address.to_string());
    let setup = setup.route("bi", direct(plain(peer.address)));
    let sent = setup.sender().send(&webhook("bi"), &message()).await;
    assert_eq!(peer.requests().len(), 1, "{answer:?}");
    if let Err(error) = &sent {
        let told = format!("{error} {error:?}");
        assert!(!told.contains(TOKEN) && !told.contains("echo"), "{told}");
        assert_eq!(error.cost.attempts, 1);
    }
    sent.map(drop)
}

#[tokio::test]
async fn every_2xx_counts_as_taken_and_410_as_gone() {
    for status in [200, 201, 202, 204, 206, 299] {
        let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(answered(&answer).await, Ok(()), "{status}");
    }
    let gone = answered("HTTP/1.1 410 Gone\r\nContent-Length: 4\r\n\r\necho").await;
    assert_eq!(gone.unwrap_err().kind, DeliveryErrorKind::Gone);
    for status in [300, 400, 401, 404, 407, 409, 429, 500, 503, 599] {
        let answer = format!("HTTP/1.1 {status} echo\r\nContent-Length: 4\r\n\r\necho");
        let error = answered(&answer).await.unwrap_err();
        assert_eq!(error.kind, DeliveryErrorKind::NotTaken, "{status}");
        assert!(
            error.detail.ends_with(&format!("(HTTP {status})")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_large_answer_is_cut_and_its_status_counts() {
    let long = ok(&"x".repeat(1_000_000));
    assert_eq!(answered(&long).await, Ok(()));
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_answer() {
    for answer in ["", "HTTP/1.1 200 OK\r\nContent-", "nonsense\r\n\r\n"] {
        let error = answered(answer).await.unwrap_err();
        assert_eq!(error.kind, DeliveryErrorKind::Unanswered, "{answer:?}");
    }
}

#[tokio::test]
async fn h_11_h_12_no_redirect_of_a_receiver_is_followed() {
    let canary = Peer::canary().await;
    for status in [301, 302, 303, 307, 308] {
        for target in [
            format!("http://{}/echo", canary.address),
            "http://169.254.169.254/echo".to_owned(),
            "/echo".to_owned(),
        ] {
            let answer = format!(
                "HTTP/1.1 {status} Moved\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"
            );
            let error = answered(&answer).await.unwrap_err();
            assert_eq!(error.kind, DeliveryErrorKind::NotTaken, "{answer:?}");
        }
    }
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn a_receiver_that_says_nothing_is_not_waited_for_beyond_the_timeout() {
    let silent = Peer::start(|mut line| async move { drop(line.rest().await) }).await;
    let mut setup = Setup::new().allowed(silent.address.to_string());
    assert_eq!(setup.timeouts.webhook, Duration::from_secs(5));
    setup.timeouts.webhook = SOON;
    let setup = setup.route("bi", direct(plain(silent.address)));
    let error = setup.sender().send(&webhook("bi"), &message()).await;
    let error = error.unwrap_err();
    assert_eq!(
        (error.kind, error.detail.as_str()),
        (DeliveryErrorKind::Unanswered, "no answer came in time")
    );
}

#[tokio::test]
async fn whoever_cannot_be_found_did_not_take_it() {
    let empty = Answers::of(&[""]);
    for (resolver, words) in [
        (
            Answers::of(&[]),
            "the receiver's host name cannot be resolved",
        ),
        (empty, "the receiver's host name has no address"),
    ] {
        let setup = Setup::new().resolver(&resolver);
        let setup = setup.route("bi", direct("https://hooks.example/canary-path"));
        let error = setup.sender().send(&webhook("bi"), &message()).await;
        let error = error.unwrap_err();
        assert_eq!(
            (error.kind, error.detail.as_str()),
            (DeliveryErrorKind::NotTaken, words)
        );
        assert_eq!(resolver.asked(), ["hooks.example"]);
    }
}

#[tokio::test]
async fn the_resolver_of_the_system_knows_this_machine() {
    use cxda_adapters_http::webhook::Resolver as _;
    let found = SystemResolver.resolve("localhost").await.unwrap();
    assert!(!found.is_empty() && found.iter().all(std::net::IpAddr::is_loopback));
    assert!(SystemResolver.resolve("127.0.0.1").await.unwrap()[0].is_loopback());
}

#[tokio::test]
async fn a_webhook_that_cannot_be_read_has_no_route_and_says_why() {
    let why = "environment variable BI_WEBHOOK_SECRET is not there";
    let route = Route::Unreadable { why: why.into() };
    let setup = Setup::new().route("bi", route);
    let error = setup.sender().send(&webhook("bi"), &message()).await;
    let error = error.unwrap_err();
    assert_eq!(
        (error.kind, error.detail.as_str(), error.cost.attempts),
        (DeliveryErrorKind::NoRoute, why, 0)
    );
}

#[tokio::test]
async fn once_the_process_is_to_stop_nothing_new_is_sent() {
    let peer = Peer::canary().await;
    let setup = Setup::new()
        .allowed(peer.address.to_string())
        .route("direct", direct(plain(peer.address)))
        .relay("relay", "https://bi.example");
    setup.stop.0.send_replace(true);
    let source = Receiver::Source(plain(peer.address));
    for receiver in [webhook("direct"), webhook("relay"), source] {
        let error = setup.sender().send(&receiver, &message()).await;
        assert_eq!(error.unwrap_err().kind, DeliveryErrorKind::Stopped);
    }
    assert_eq!(peer.connections(), 0);
    assert!(setup.tenant.relayed().is_empty());
}

#[tokio::test]
async fn t_04_what_the_tenant_says_of_a_receiver_is_not_passed_on() {
    use DeliveryErrorKind::{NotTaken, Unanswered};
    use cxda_adapters_http::webhook::{Direct, Webhooks};
    use std::sync::Arc;
    let url = format!("https://bi.example/{TOKEN}");
    let said = format!(r#"{{"message":"cannot reach /{TOKEN}","errors":[{{"message":"{url}"}}]}}"#);
    // After a 500 nobody knows what the tenant did before it failed.
    let answers = [400, 403, 404, 422].map(|status| (status, NotTaken));
    for (status, kind) in answers.into_iter().chain([(500, Unanswered)]) {
        let answer = ok(&said).replace("200 OK", &format!("{status} X"));
        let peer = Peer::saying(answer).await;
        let setup = Setup::new();
        let route = Route::Relay {
            url: SecretText::new(&url),
            tenant: Arc::new(tenant(&peer.base())),
        };
        let sender = Webhooks::new(
            [("bi".to_owned(), route)].into(),
            Direct::new(Vec::new(), "cxda-test", setup.timeouts, setup.clock),
            setup.stop,
        );
        let error = sender.send(&webhook("bi"), &message()).await.unwrap_err();
        assert_eq!(error.kind, kind, "HTTP {status}");
        let told = format!("{error} {error:?} {sender:?}");
        assert!(!told.contains(TOKEN) && !told.contains(CANARY), "{told}");
        assert!(error.detail.contains(&format!("HTTP {status}")), "{error}");
    }
}
