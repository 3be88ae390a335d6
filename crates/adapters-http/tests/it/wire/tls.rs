//! TLS that is refused: nothing but the handshake is sent, nothing is tried again, and the reason is plain.

use std::sync::Arc;
use std::time::Duration;

use cxda_adapters_http::HttpTenant;
use cxda_adapters_http::config::ConfigError;
use cxda_adapters_http::transport::{HttpClient, Trust};
use cxda_adapters_memory::ids::FixedJitter;
use cxda_adapters_memory::stop::NeverStops;
use cxda_ports::error::ApiErrorKind;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use super::peer::{ACTION, Ask, Peer, SOON, clock, config_with, ok, ready_token};

/// A CA of the tests' own.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key.
pub(super) struct Identity {
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

/// The name that a certificate for loopback has.
const LOOPBACK: &str = "127.0.0.1";

impl Authority {
    pub(super) fn new() -> Self {
        Self::called("Tests")
    }

    fn called(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    /// What a client needs that trusts this CA alone.
    pub(super) fn trust(&self) -> Trust {
        Trust::Only(vec![self.0.der().to_vec()])
    }

    /// A certificate for loopback, good for the year before `year`.
    fn until(&self, year: i32) -> Identity {
        let mut params = CertificateParams::new([LOOPBACK.to_owned()]).unwrap();
        params.not_before = date_time_ymd(year - 1, 1, 1);
        params.not_after = date_time_ymd(year, 1, 1);
        self.sign(&params)
    }

    /// A good certificate for `name`.
    pub(super) fn names(&self, name: &str) -> Identity {
        self.sign(&CertificateParams::new([name.to_owned()]).unwrap())
    }

    /// A good certificate for loopback.
    pub(super) fn identity(&self) -> Identity {
        self.names(LOOPBACK)
    }

    fn sign(&self, params: &CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let certificate = certificate.der().clone();
        Identity { certificate, key }
    }
}

impl Identity {
    /// A certificate for loopback that vouches for itself.
    fn self_signed() -> Self {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([LOOPBACK.to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { certificate, key }
    }

    /// What accepts TLS with this certificate and offers these protocols.
    pub(super) fn acceptor(&self, protocols: &[&str]) -> TlsAcceptor {
        let key = PrivatePkcs8KeyDer::from(self.key.serialize_der());
        let mut config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], key.into())
            .unwrap();
        config.alpn_protocols = protocols
            .iter()
            .map(|name| name.as_bytes().into())
            .collect();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// The tenant behind `peer`, spoken to over TLS.
pub(super) fn secure_tenant(peer: &Peer, trust: &Trust) -> HttpTenant {
    tenant_of(peer, trust, 10 * SOON, 20 * SOON)
}

/// The same with timeouts of connecting and of silence.
pub(super) fn tenant_of(
    peer: &Peer,
    trust: &Trust,
    connect: Duration,
    idle: Duration,
) -> HttpTenant {
    let base = format!("https://{}", peer.address);
    let config = config_with(&base, ready_token(), |timeouts| {
        (timeouts.connect, timeouts.idle) = (connect, idle);
    });
    let client = HttpClient::new("cxda-test", trust, config.timeouts).unwrap();
    HttpTenant::over(
        Arc::new(client),
        config,
        clock(),
        Arc::new(FixedJitter::NONE),
        Arc::new(NeverStops),
    )
    .unwrap()
}

/// A server that does the handshake as `identity` and answers one request.
async fn secure(identity: &Identity) -> Peer {
    let acceptor = identity.acceptor(&[]);
    Peer::start(move |line| {
        let acceptor = acceptor.clone();
        async move {
            let accepted = line
                .through(async |stream| acceptor.accept(stream).await)
                .await;
            let Some(mut line) = accepted else { return };
            if line.request().await.is_some() {
                line.say(ok(ACTION)).await;
                line.rest().await;
            }
        }
    })
    .await
}

#[tokio::test]
async fn h_02_a_certificate_that_the_trusted_ca_signed_is_taken() {
    let authority = Authority::new();
    let peer = secure(&authority.identity()).await;
    assert_eq!(
        Ask::Read
            .of(&secure_tenant(&peer, &authority.trust()))
            .await,
        Ok(1)
    );
    assert_eq!(peer.requests().len(), 1);
}

#[tokio::test]
async fn h_02_a_bad_certificate_ends_it_before_anything_is_sent() {
    let authority = Authority::new();
    for (identity, words) in [
        (
            Identity::self_signed(),
            "the certificate is not trusted, its issuer is unknown",
        ),
        (
            Authority::called("Others").identity(),
            "the certificate is not trusted, its issuer is unknown",
        ),
        (
            Authority::new().identity(),
            "the certificate is not trusted, its signature is wrong",
        ),
        (authority.until(2020), "the certificate has expired"),
        (authority.until(2200), "the certificate is not valid yet"),
        (
            authority.names("other.example"),
            "the certificate is for another name",
        ),
        (
            authority.names("127.0.0.2"),
            "the certificate is for another name",
        ),
    ] {
        for ask in Ask::ALL {
            let peer = secure(&identity).await;
            let error = ask.fails(&secure_tenant(&peer, &authority.trust())).await;
            let ended = (&error.kind, error.cost.attempts);
            assert_eq!(ended, (&ApiErrorKind::Unreachable, 1), "{words}");
            let message = format!(
                "cannot be reached at https://{}: TLS: {words}",
                peer.address
            );
            assert!(error.to_string().ends_with(&message), "{error}");
            assert_eq!((peer.connections(), peer.bytes()), (1, 0), "{words}");
        }
    }
}

#[tokio::test]
async fn h_05_a_body_that_ends_with_the_connection_alone_is_cut_off_where_tls_says_no_goodbye() {
    let authority = Authority::new();
    for (goodbye, whole) in [(true, true), (false, false)] {
        let acceptor = authority.identity().acceptor(&[]);
        let peer = Peer::start(move |line| {
            let acceptor = acceptor.clone();
            async move {
                let accepted = line.through(async |stream| acceptor.accept(stream).await);
                let Some(mut line) = accepted.await else {
                    return;
                };
                line.request().await;
                line.say(ok(ACTION).replace("Content-Length: 21\r\n", ""))
                    .await;
                line.stream.flush().await.unwrap();
                if goodbye {
                    line.stream.shutdown().await.unwrap();
                }
            }
        })
        .await;
        let read = Ask::Read
            .of(&secure_tenant(&peer, &authority.trust()))
            .await;
        assert_eq!(read.is_ok(), whole, "{read:?}");
        if let Err(error) = read {
            assert_eq!(error.kind, ApiErrorKind::Unavailable);
            assert!(
                error.detail.starts_with("the answer was cut off"),
                "{error}"
            );
        }
    }
}

#[tokio::test]
async fn h_02_the_machine_does_not_trust_whoever_signed_for_himself() {
    let peer = secure(&Identity::self_signed()).await;
    let error = Ask::Create
        .fails(&secure_tenant(&peer, &Trust::Machine))
        .await;
    assert_eq!(error.kind, ApiErrorKind::Unreachable);
    assert!(error.detail.contains("its issuer is unknown"), "{error}");
    assert_eq!(peer.bytes(), 0);
}

#[tokio::test]
async fn h_02_what_is_no_tls_is_named_and_not_tried_again() {
    let no_tls = "what the server says is no TLS";
    for (answer, words) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], no_tls),
        (b"SSH-2.0-OpenSSH_9.9\r\n", no_tls),
        (&[0xff; 64], no_tls),
        (
            b"\x15\x03\x03\0\x02\x02\x28",
            "the server refused the handshake: HandshakeFailure",
        ),
        (
            b"\x15\x03\x03\0\x02\x02\x46",
            "the server refused the handshake: ProtocolVersion",
        ),
        (
            b"\x15\x03\x03\0\x02\x02\x70",
            "the server refused the handshake: UnrecognisedName",
        ),
    ] {
        let peer = Peer::start(move |mut line| async move {
            line.say(answer).await;
            line.rest().await;
        })
        .await;
        let error = Ask::Create
            .fails(&secure_tenant(&peer, &Trust::Only(Vec::new())))
            .await;
        let ended = (&error.kind, error.cost.attempts);
        assert_eq!(ended, (&ApiErrorKind::Unreachable, 1), "{words}");
        assert!(error.detail.ends_with(&format!("TLS: {words}")), "{error}");
        assert_eq!(peer.connections(), 1, "{words}");
    }
}

#[tokio::test]
async fn h_02_a_handshake_that_breaks_off_is_no_refusal_and_nothing_was_sent() {
    let closed = "the connection was closed during the TLS handshake";
    let peer = Peer::start(|line| async move { drop(line) }).await;
    let cut = Peer::start(|mut line| async move { line.say(b"\x16\x03\x03").await }).await;
    let silent = Peer::start(|mut line| async move { drop(line.rest().await) }).await;
    for (peer, connect, words) in [
        (peer, 10 * SOON, closed),
        (cut, 10 * SOON, closed),
        (silent, SOON, "timed out while connecting"),
    ] {
        let tenant = tenant_of(&peer, &Trust::Only(Vec::new()), connect, 20 * SOON);
        let error = Ask::Relay.fails(&tenant).await;
        let ended = (&error.kind, error.cost.attempts);
        assert_eq!(ended, (&ApiErrorKind::Unreachable, 4), "{words}");
        assert!(error.detail.contains(words), "{error}");
    }
}

#[tokio::test]
async fn h_12_plain_http_is_never_spoken_where_https_is_configured() {
    let peer = Peer::start(|mut line| async move {
        let first = line.stream.read_u8().await.unwrap();
        line.note(&format!("{first:#x}"));
        line.rest().await;
    })
    .await;
    let tenant = tenant_of(&peer, &Trust::Only(Vec::new()), SOON, 10 * SOON);
    Ask::Read.fails(&tenant).await;
    // Each time a record of a handshake, and none other.
    assert_eq!(peer.requests(), ["0x16"; 4]);
}

#[test]
fn a_ca_that_is_no_certificate_is_refused_at_once() {
    let config = config_with("https://a.example", ready_token(), |_| {});
    let trust = Trust::Only(vec![b"no certificate".to_vec()]);
    let error = HttpClient::new("cxda-test", &trust, config.timeouts).unwrap_err();
    assert!(matches!(error, ConfigError::Client { .. }), "{error}");
}
