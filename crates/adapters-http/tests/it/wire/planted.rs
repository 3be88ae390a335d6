//! Settings that others plant: proxy variables and a netrc file in the environment of a process, which nobody asked for.

use std::process::Stdio;

use tokio::process::Command;

use cxda_domain::receiver::Receiver;
use cxda_ports::error::ApiErrorKind;
use cxda_ports::webhook::WebhookSender;

use super::peer::{ACTION, Ask, Peer, ok, tenant};
use super::webhooks::{Setup, message};

/// Tells the process that a test starts what to ask.
const TARGET: &str = "CXDA_TEST_PLANTED_TARGET";

/// Not a test by itself: what [`h_37_t_16_planted_proxies_and_netrc_files_are_not_looked_at`] runs as a process of its own.
#[tokio::test]
#[ignore = "needs the environment that another test plants"]
async fn asks_once_in_a_planted_environment() {
    let Some((_, base)) = std::env::vars().find(|(name, _)| name == TARGET) else {
        return;
    };
    assert_eq!(
        Ask::Create
            .of(&tenant(&base))
            .await
            .map_err(|error| error.to_string()),
        Ok(1)
    );
}

/// The same of a delivery: what [`h_37_t_16_a_delivery_does_not_look_at_them_either`] runs.
#[tokio::test]
#[ignore = "needs the environment that another test plants"]
async fn delivers_once_in_a_planted_environment() {
    let Some((_, base)) = std::env::vars().find(|(name, _)| name == TARGET) else {
        return;
    };
    let (_, host) = base.split_once("://").unwrap();
    let sender = Setup::new().allowed(host).sender();
    let sent = sender.send(&Receiver::Source(base), &message()).await;
    assert_eq!(sent.map(drop), Ok(()));
}

#[tokio::test]
async fn h_37_t_16_planted_proxies_and_netrc_files_are_not_looked_at() {
    asks_past_what_is_planted("asks_once_in_a_planted_environment").await;
}

#[tokio::test]
async fn h_37_t_16_a_delivery_does_not_look_at_them_either() {
    asks_past_what_is_planted("delivers_once_in_a_planted_environment").await;
}

/// Runs the test `name` in a planted environment: it shall ask the server once and the proxy never.
async fn asks_past_what_is_planted(name: &str) {
    let proxy = Peer::canary().await;
    let peer = Peer::saying(ok(ACTION).replace("200 OK", "201 Created")).await;
    let home = tempfile::tempdir().unwrap();
    let netrc = home.path().join(".netrc");
    let line = "machine 127.0.0.1 login planted password planted\ndefault login planted password planted\n";
    tokio::fs::write(&netrc, line).await.unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child
        .args(["--exact", "--ignored", &format!("wire::planted::{name}")])
        .env(TARGET, peer.base())
        .env("HOME", home.path())
        .env("NETRC", &netrc)
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .stdout(Stdio::piped());
    for name in [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "FTP_PROXY",
        "SOCKS_PROXY",
    ] {
        child.env(name, proxy.base());
        child.env(name.to_lowercase(), proxy.base());
    }
    let ended = child.output().await.unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(
        ended.status.success() && said.contains("1 passed"),
        "{said}"
    );
    assert_eq!(proxy.connections(), 0);
    let requests = peer.requests();
    assert_eq!(requests.len(), 1);
    assert!(
        !requests[0].contains("planted") && !requests[0].contains("Basic"),
        "{requests:?}"
    );
}

#[tokio::test]
async fn h_37_a_407_is_final_and_no_reason_to_send_credentials() {
    let answer = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n";
    for ask in Ask::ALL {
        let peer = Peer::saying(answer).await;
        let error = ask.fails(&tenant(&peer.base())).await;
        assert_eq!(
            (&error.kind, error.cost.attempts),
            (&ApiErrorKind::Unreachable, 1)
        );
        assert!(!peer.requests().concat().to_lowercase().contains("proxy-"));
    }
}
