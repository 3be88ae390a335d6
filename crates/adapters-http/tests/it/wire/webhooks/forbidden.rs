//! What no delivery may reach: recorded where connections are made, and by servers on loopback.
//!
//! Public addresses stand only where connections are recorded instead of made: also a test that fails sends nothing out.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use cxda_adapters_http::config::ConfigError;
use cxda_adapters_http::transport::{BodySize, Lost, Outgoing, Reply, Transport};
use cxda_adapters_http::webhook::{Dialer, Direct, Route, Webhooks};
use cxda_domain::network::not_public;
use cxda_domain::receiver::Receiver;
use cxda_ports::webhook::{DeliveryErrorKind, WebhookSender};
use http::HeaderMap;
use url::Host;

use super::super::peer::Peer;
use super::corpus::{DANGEROUS, HARMLESS};
use super::{Answers, Setup, direct, message, webhook};

/// Records every place to which a connection would be made, and makes none.
#[derive(Clone, Debug, Default)]
struct Recorder(Arc<Mutex<Vec<SocketAddr>>>);

/// One would-be client.
#[derive(Debug)]
struct Line {
    addresses: Vec<SocketAddr>,
    dialed: Recorder,
}

impl Recorder {
    fn dialed(&self) -> Vec<SocketAddr> {
        self.0.lock().unwrap().clone()
    }
}

impl Dialer for Recorder {
    fn dial(&self, addresses: Vec<SocketAddr>) -> Result<Box<dyn Transport>, ConfigError> {
        let dialed = self.clone();
        Ok(Box::new(Line { addresses, dialed }))
    }
}

#[async_trait]
impl Transport for Line {
    async fn send(&self, outgoing: Outgoing) -> Result<Reply, Lost> {
        let port = outgoing.url.port_or_known_default().unwrap();
        let mut dialed = self.dialed.0.lock().unwrap();
        // An HTTP client asks nobody for the address that a URL holds itself.
        match outgoing.url.host().unwrap() {
            Host::Ipv4(ip) => dialed.push(SocketAddr::new(ip.into(), port)),
            Host::Ipv6(ip) => dialed.push(SocketAddr::new(ip.into(), port)),
            Host::Domain(_) => dialed.extend(&self.addresses),
        }
        Ok(Reply {
            status: 204,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            size: BodySize::Whole,
        })
    }
}

#[tokio::test]
async fn t_01_no_url_of_the_corpus_reaches_what_is_not_public() {
    let recorder = Recorder::default();
    let mut setup = Setup::new().resolver(&Answers::of(&["127.0.0.1"]));
    setup.dialer = Arc::new(recorder.clone());
    let sender = setup.sender();
    assert!(DANGEROUS.len() >= 120);
    for url in DANGEROUS {
        let source = Receiver::Source((*url).to_owned());
        let error = sender.send(&source, &message()).await.unwrap_err();
        assert_eq!(error.kind, DeliveryErrorKind::Forbidden, "case: {url:?}");
        assert_eq!(error.cost.attempts, 0, "case: {url:?}");
        assert_eq!(recorder.dialed(), [], "case: {url:?}");
        assert!(!error.detail.contains("canary"), "case: {url:?}: {error}");
    }
    let setup = setup.resolver(&Answers::of(&["8.8.8.8 2606:4700::1111"]));
    for (count, url) in (1..).zip(HARMLESS) {
        let source = Receiver::Source((*url).to_owned());
        let sent = setup.sender().send(&source, &message()).await;
        assert!(sent.is_ok(), "case: {url:?}: {sent:?}");
        assert!(recorder.dialed().len() >= count, "case: {url:?}");
    }
    let public = |place: &SocketAddr| not_public(place.ip()).is_none();
    assert!(recorder.dialed().iter().all(public));
}

#[tokio::test]
async fn t_01_a_name_that_answers_otherwise_each_time_leads_nowhere_forbidden() {
    let answers = [
        "8.8.8.8",
        "127.0.0.1",
        "8.8.4.4 1.1.1.1",
        "169.254.169.254",
        "8.8.8.8 10.0.0.1",
        "2606:4700::1111",
        "::ffff:127.0.0.1",
        "10.0.0.1 8.8.8.8",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "8.8.8.8 2606:4700::1111 ::1",
    ];
    let (public_answers, public_addresses) = (3, 4);
    let resolver = Answers::of(&answers);
    let recorder = Recorder::default();
    let mut setup = Setup::new().resolver(&resolver);
    setup.dialer = Arc::new(recorder.clone());
    let sender = setup
        .route("bi", direct("https://rebound.example/"))
        .sender();
    let rounds = 91;
    let mut taken = 0;
    for _ in 0..rounds * answers.len() {
        match sender.send(&webhook("bi"), &message()).await {
            Ok(_) => taken += 1,
            Err(error) => assert_eq!(error.kind, DeliveryErrorKind::Forbidden),
        }
    }
    assert!(rounds * answers.len() >= 1_000);
    // Each delivery asked once, so that what was checked is what was dialed.
    assert_eq!(resolver.asked().len(), rounds * answers.len());
    assert_eq!(taken, rounds * public_answers);
    let dialed = recorder.dialed();
    assert_eq!(dialed.len(), rounds * public_addresses);
    for place in dialed {
        assert_eq!((not_public(place.ip()), place.port()), (None, 443));
    }
}

#[tokio::test]
async fn t_01_servers_on_loopback_hear_of_no_delivery_that_nobody_allowed() {
    let canary = Peer::canary().await;
    let port = canary.address.port();
    let resolver = Answers::of(&["127.0.0.1", "::1 127.0.0.1", "127.0.0.1 ::1"]);
    // The port beside it, and the host under another name, say nothing of this one.
    let setup = Setup::new()
        .resolver(&resolver)
        .allowed(format!("127.0.0.1:{}", port ^ 1))
        .allowed(format!("rebound.example:{}", port ^ 1))
        .allowed("127.0.0.1");
    let sender = setup.sender();
    for host in [
        "127.0.0.1",
        "rebound.example",
        "localhost",
        "127.1",
        "[::ffff:127.0.0.1]",
    ] {
        for scheme in ["https", "http"] {
            for _ in 0..100 {
                let source = Receiver::Source(format!("{scheme}://{host}:{port}/"));
                let error = sender.send(&source, &message()).await.unwrap_err();
                assert_eq!(error.kind, DeliveryErrorKind::Forbidden, "{scheme} {host}");
            }
        }
    }
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn t_01_with_real_connections_the_first_answer_is_dialed_and_no_second_one_asked_for() {
    let peer = Peer::start(|mut line| async move {
        while line.request().await.is_some() {
            line.say("HTTP/1.1 204 No Content\r\n\r\n").await;
        }
    })
    .await;
    let port = peer.address.port();
    // Nobody listens at the second, at this port.
    let resolver = Answers::of(&["127.0.0.1", "127.0.0.2"]);
    let setup = Setup::new()
        .resolver(&resolver)
        .allowed(format!("rebound.example:{port}"));
    let sender = setup.sender();
    let source = Receiver::Source(format!("http://rebound.example:{port}/"));
    for round in 1..=20 {
        assert!(sender.send(&source, &message()).await.is_ok());
        let second = sender.send(&source, &message()).await.unwrap_err();
        assert_eq!(second.kind, DeliveryErrorKind::NotTaken);
        // Each delivery makes a connection of its own, so none outlives its check.
        assert_eq!(
            (peer.connections(), resolver.asked().len()),
            (round, 2 * round)
        );
    }
}

#[tokio::test]
async fn the_reason_of_a_refusal_names_the_address_and_what_to_do() {
    let mut setup = Setup::new().resolver(&Answers::of(&["8.8.8.8 10.1.2.3"]));
    setup.dialer = Arc::new(Recorder::default());
    let setup = setup.route("bi", direct("https://hooks.internal/canary"));
    let error = setup.sender().send(&webhook("bi"), &message()).await;
    insta::assert_snapshot!(error.unwrap_err(), @"the receiver's address 10.1.2.3 is not public (private), and network.allow_hosts does not name its host and port");
}

/// The wiring of the product, with the system's resolver and trust.
#[tokio::test]
async fn t_01_as_the_product_wires_it_loopback_is_refused() {
    let canary = Peer::canary().await;
    let setup = Setup::new();
    let direct = Direct::new(Vec::new(), "cxda-test", setup.timeouts, setup.clock);
    let routes: [(String, Route); 0] = [];
    let sender = Webhooks::new(routes.into(), direct, setup.stop);
    let port = canary.address.port();
    for host in [
        "localhost".to_owned(),
        IpAddr::from([127, 0, 0, 1]).to_string(),
    ] {
        let source = Receiver::Source(format!("https://{host}:{port}/"));
        let error = sender.send(&source, &message()).await.unwrap_err();
        assert_eq!(error.kind, DeliveryErrorKind::Forbidden, "{error}");
    }
    assert_eq!(canary.connections(), 0);
}
