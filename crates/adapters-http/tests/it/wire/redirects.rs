//! Redirects: none is followed, so nothing reaches where they point, and where that is is told without harm.

use cxda_adapters_http::credentials::Credentials;
use cxda_domain::secret::SecretText;
use cxda_ports::actions::ActionsApi;
use cxda_ports::error::ApiErrorKind;
use tokio::net::TcpListener;

use super::peer::{Ask, Peer, ready_token, tenant, tenant_with};
use crate::bench::{action_body, id};

const STATUSES: [&str; 5] = [
    "301 Moved Permanently",
    "302 Found",
    "303 See Other",
    "307 Temporary Redirect",
    "308 Permanent Redirect",
];

fn redirect(status: &str, target: &str) -> String {
    format!("HTTP/1.1 {status}\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n")
}

/// Where redirects may point when `canary` listens: at itself in many spellings, at the metadata service, elsewhere.
fn targets(canary: &Peer) -> Vec<String> {
    let port = canary.address.port();
    let mut targets = vec![
        "/elsewhere".to_owned(),
        "elsewhere".into(),
        "?x=1".into(),
        "#x".into(),
        String::new(),
        format!("//127.0.0.1:{port}/"),
        "http://169.254.169.254/latest/meta-data/".into(),
        "http://10.0.0.1/".into(),
        "https://evil.example/".into(),
        "file:///etc/passwd".into(),
        "javascript:alert(1)".into(),
    ];
    for host in [
        "127.0.0.1",
        "localhost",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "0x7f.1",
        "user:pw@127.0.0.1",
    ] {
        targets.push(format!("http://{host}:{port}/api"));
        targets.push(format!("https://{host}:{port}/api"));
    }
    targets
}

#[tokio::test]
async fn h_11_h_12_no_redirect_is_followed_by_any_method() {
    let canary = Peer::canary().await;
    for status in STATUSES {
        for target in targets(&canary) {
            for ask in Ask::ALL {
                let peer = Peer::saying(redirect(status, &target)).await;
                let error = ask.fails(&tenant(&peer.base())).await;
                let expected = match ask {
                    Ask::Read => ApiErrorKind::Malformed,
                    _ => ApiErrorKind::OutcomeUnknown,
                };
                let ended = (&error.kind, error.cost.attempts);
                assert_eq!(ended, (&expected, 1), "{status} {target:?} {ask:?}");
                assert_eq!(peer.requests().len(), 1, "{status} {target:?} {ask:?}");
            }
        }
    }
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn h_11_h_12_a_replacement_is_not_carried_elsewhere() {
    let canary = Peer::canary().await;
    for status in STATUSES {
        for target in ["/elsewhere".to_owned(), canary.base()] {
            let peer = Peer::start(move |mut line| {
                let target = target.clone();
                async move {
                    while let Some(request) = line.request().await {
                        let answer = match request.split(' ').next() {
                            Some("GET") => "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETag: \"1\"\r\nContent-Length: 25\r\n\r\n{\"id\":\"a\",\"name\":\"score\"}".to_owned(),
                            _ => redirect(status, &target),
                        };
                        line.say(answer).await;
                    }
                }
            })
            .await;
            let tenant = tenant(&peer.base());
            let read = ActionsApi::read(&tenant, &id("a")).await.unwrap().value;
            let replaced = ActionsApi::replace(&tenant, &read, &action_body("score")).await;
            assert_eq!(
                replaced.unwrap_err().kind,
                ApiErrorKind::OutcomeUnknown,
                "{status}"
            );
            let requests = peer.requests();
            let methods = requests.iter().filter_map(|text| text.split(' ').next());
            let methods: Vec<&str> = methods.collect();
            assert_eq!(methods, ["GET", "PUT"], "{status}");
        }
    }
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn h_12_h_13_a_token_endpoint_that_redirects_gets_no_second_request() {
    let canary = Peer::canary().await;
    let all = [
        Credentials::ClientCredentials {
            client_id: SecretText::new("client"),
            client_secret: SecretText::new("canary-secret"),
            style: None,
        },
        Credentials::AccessKey {
            id: SecretText::new("key"),
            secret: SecretText::new("canary-secret"),
        },
        Credentials::Password {
            client_id: SecretText::new("client"),
            client_secret: SecretText::new("canary-1"),
            username: SecretText::new("user"),
            password: SecretText::new("canary-2"),
        },
    ];
    for status in STATUSES {
        for target in targets(&canary) {
            for credentials in &all {
                let peer = Peer::saying(redirect(status, &target)).await;
                let tenant = tenant_with(&peer.base(), credentials.clone(), |_| {});
                let error = Ask::Read.fails(&tenant).await;
                assert_eq!(
                    error.kind,
                    ApiErrorKind::Unauthenticated,
                    "{status} {target:?}"
                );
                assert_eq!(peer.requests().len(), 1, "{status} {target:?}");
            }
        }
    }
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn h_12_nothing_goes_to_the_same_port_of_ipv6_loopback() {
    // Not every machine has it.
    let Ok(listener) = TcpListener::bind("[::1]:0").await else {
        return;
    };
    let target = format!("http://{}/", listener.local_addr().unwrap());
    let peer = Peer::saying(redirect(STATUSES[3], &target)).await;
    let tenant = tenant(&peer.base());
    let accepted = tokio::select! {
        biased;
        _ = Ask::Create.fails(&tenant) => false,
        _ = listener.accept() => true,
    };
    assert!(!accepted);
}

#[tokio::test]
async fn h_11_the_target_of_a_redirect_is_told_without_harm() {
    let long = format!("https://evil.example/{}", "y".repeat(60_000));
    for (location, told) in [
        ("https://evil.example/?x=1", "https://evil.example/?x=1"),
        ("https://evil.example/\u{1b}[31m\u{7}", ""),
        (
            "https://evil.example/%1b%5b31m%0d%0aX:%20y",
            "https://evil.example/[31m X: y",
        ),
        (
            "https://evil.example/\u{202e}%e2%80%ae",
            "https://evil.example/",
        ),
        (
            "https://evil.example/?token=canary-token",
            "https://evil.example/?token=<redacted>",
        ),
        (
            "https://evil.example/?token=c%61nary-token",
            "https://evil.example/?token=<redacted>",
        ),
        (long.as_str(), &long[..80]),
    ] {
        let peer = Peer::saying(redirect(STATUSES[1], location)).await;
        let tenant = tenant_with(&peer.base(), ready_token(), |_| {});
        let error = Ask::Read.fails(&tenant).await;
        if told.is_empty() {
            // No header holds control characters.
            assert_eq!(error.kind, ApiErrorKind::Unavailable, "{error}");
        } else {
            let detail = format!("a redirect to {told:?}, which is not followed");
            assert_eq!(error.detail, detail);
        }
        assert!(
            !error.to_string().chars().any(char::is_control),
            "{error:?}"
        );
    }
}
