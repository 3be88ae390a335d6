//! The headers of a delivery, as receivers judge them.

use std::net::SocketAddr;

use cxda_adapters_http::webhook::{Route, SigningSecret};
use cxda_adapters_memory::clock::ManualClock;
use cxda_domain::instant::UtcMillis;
use cxda_domain::receiver::Receiver;
use cxda_domain::secret::SecretText;
use cxda_ports::webhook::WebhookSender;
use cxda_simulator::WebhookSecret;
use http::{HeaderMap, HeaderName};
use standardwebhooks::Webhook;

use super::super::peer::{Peer, ok};
use super::super::tls::Authority;
use super::{Answers, Setup, dialer, message, plain, webhook};

const OLD: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NEW: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

fn signed(address: SocketAddr, secrets: &[&str]) -> Route {
    let parse = |text: &&str| SigningSecret::parse(&SecretText::new(*text)).unwrap();
    Route::Direct {
        url: SecretText::new(plain(address)),
        secrets: secrets.iter().map(parse).collect(),
    }
}

/// Now, by the clock of the machine, on which the published verifier insists.
fn now() -> UtcMillis {
    #[expect(
        clippy::disallowed_methods,
        reason = "the published verifier reads the clock of the machine"
    )]
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    UtcMillis::from_epoch_millis(since.unwrap().as_millis().try_into().unwrap())
}

/// Headers and body of a request.
fn parts(request: &str) -> (HeaderMap, String) {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let header = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())
    };
    (head.lines().skip(1).map(header).collect(), body.to_owned())
}

/// The request by which `message()` arrives where it is signed with `secrets`.
async fn delivered(secrets: &[&str]) -> (HeaderMap, String) {
    let peer = Peer::saying(ok("{}")).await;
    let mut setup = Setup::new().allowed(peer.address.to_string());
    setup.clock = ManualClock::starting_at(now()).into();
    let setup = setup.route("bi", signed(peer.address, secrets));
    let sent = setup.sender().send(&webhook("bi"), &message()).await;
    assert_eq!(sent.unwrap().cost.attempts, 1);
    parts(&peer.requests()[0])
}

#[tokio::test]
async fn a_signed_delivery_passes_the_published_verifier() {
    let (headers, body) = delivered(&[OLD]).await;
    assert_eq!(
        (headers["webhook-id"].as_bytes(), body),
        (&b"msg-1"[..], message().payload)
    );
    assert_eq!(headers["content-type"], "application/json");
    let verify = |secret: &str, body: &str| {
        let verifier = Webhook::new(secret).unwrap();
        verifier.verify(body.as_bytes(), &headers).is_ok()
    };
    assert!(verify(OLD, &message().payload));
    assert!(!verify(NEW, &message().payload));
    assert!(!verify(OLD, "{}"));
}

#[tokio::test]
async fn while_secrets_rotate_either_of_them_verifies() {
    let (headers, body) = delivered(&[NEW, OLD]).await;
    for secret in [OLD, NEW] {
        let verified = Webhook::new(secret)
            .unwrap()
            .verify(body.as_bytes(), &headers);
        assert!(verified.is_ok(), "{secret}");
    }
}

#[tokio::test]
async fn without_a_secret_there_is_an_id_and_a_timestamp_alone() {
    let peer = Peer::start(|mut line| async move {
        while line.request().await.is_some() {
            line.say(ok("{}")).await;
        }
    })
    .await;
    let setup = Setup::new().allowed(peer.address.to_string());
    let setup = setup.route("bi", signed(peer.address, &[]));
    let source = Receiver::Source(plain(peer.address));
    for receiver in [webhook("bi"), source] {
        setup.sender().send(&receiver, &message()).await.unwrap();
    }
    for request in peer.requests() {
        let (headers, _) = parts(&request);
        assert_eq!(headers["webhook-id"], "msg-1");
        // 2024-01-01T00:00:00Z.
        assert_eq!(headers["webhook-timestamp"], "1704067200");
        assert!(!headers.contains_key("webhook-signature"));
        assert!(!headers.contains_key("authorization"));
    }
}

#[tokio::test]
async fn a_delivery_over_tls_names_the_host_of_the_url_and_goes_to_the_address_that_was_checked() {
    let authority = Authority::new();
    let acceptor = authority.names("hooks.example").acceptor(&[]);
    let peer = Peer::start(move |line| {
        let acceptor = acceptor.clone();
        async move {
            let layer = async |stream| acceptor.accept(stream).await;
            let Some(mut line) = line.through(layer).await else {
                return;
            };
            let name = line.stream.get_ref().1.server_name().map(str::to_owned);
            line.request().await;
            line.note(&name.unwrap_or_default());
            line.say(ok("{}")).await;
        }
    })
    .await;
    let port = peer.address.port();
    // A second question would lead elsewhere.
    let resolver = Answers::of(&["127.0.0.1", "127.0.0.2"]);
    let mut setup = Setup::new()
        .resolver(&resolver)
        .allowed(format!("hooks.example:{port}"));
    setup.dialer = dialer(authority.trust());
    let source = Receiver::Source(format!("https://hooks.example:{port}/"));
    setup.sender().send(&source, &message()).await.unwrap();
    let requests = peer.requests();
    let host = format!("host: hooks.example:{port}\r\n");
    assert!(requests[0].contains(&host), "{}", requests[0]);
    assert_eq!(requests[1], "hooks.example");
    assert_eq!(resolver.asked(), ["hooks.example"]);
}

#[tokio::test]
async fn t_14_the_receiver_of_the_simulator_takes_what_is_signed_and_once() {
    let mut simulated = crate::bench::Setup::new();
    simulated.sim.webhook_secret = Some(WebhookSecret::parse(OLD).unwrap());
    let bench = simulated.start().await;
    let base = bench.sim.base_url();
    let route = |secrets| {
        let parse = |text: &&str| SigningSecret::parse(&SecretText::new(*text)).unwrap();
        Route::Direct {
            url: SecretText::new(format!("{base}/__sim/webhooks/bi")),
            secrets: <[&str]>::iter(secrets).map(parse).collect(),
        }
    };
    let setup = Setup::new()
        .allowed(base.trim_start_matches("http://"))
        .route("old", route(&[OLD]))
        .route("rotating", route(&[NEW, OLD]))
        .route("new", route(&[NEW]))
        .route("unsigned", route(&[]));
    let sender = setup.sender();
    for (name, taken) in [
        ("new", false),
        ("unsigned", false),
        ("rotating", true),
        ("old", true),
    ] {
        let sent = sender.send(&webhook(name), &message()).await;
        assert_eq!(sent.is_ok(), taken, "{name}: {sent:?}");
    }
    let statuses: Vec<_> = bench.sim.log().iter().map(|entry| entry.status).collect();
    assert_eq!(statuses, [Some(401), Some(400), Some(204), Some(200)]);
}
