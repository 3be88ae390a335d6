//! No connection comes about: nothing was sent, so every request may be tried again.

use std::net::SocketAddr;

use cxda_ports::error::ApiErrorKind;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;

use super::peer::{Ask, SOON, ready_token, tenant, tenant_with};

/// A port of loopback on which nobody listens.
async fn closed_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

#[tokio::test]
async fn h_01_a_refused_connection_is_tried_again_whatever_was_asked() {
    let base = format!("http://{}", closed_port().await);
    for ask in Ask::ALL {
        let error = ask.fails(&tenant(&base)).await;
        let ended = (&error.kind, error.cost.attempts);
        assert_eq!(ended, (&ApiErrorKind::Unreachable, 4), "{ask:?}");
        let words = format!("the tenant cannot be reached at {base}: connection refused");
        assert!(error.to_string().contains(&words), "{error}");
    }
}

#[tokio::test]
async fn h_01_a_host_name_that_does_not_resolve_is_named() {
    let tenant = tenant_with("https://tenant.invalid", ready_token(), |timeouts| {
        timeouts.connect = SOON;
    });
    let error = Ask::Relay.fails(&tenant).await;
    let ended = (&error.kind, error.cost.attempts);
    assert_eq!(ended, (&ApiErrorKind::Unreachable, 4));
    // Where there is no network, a name server may keep one waiting.
    let words = [
        "its host name cannot be resolved",
        "timed out while connecting",
    ];
    assert!(
        words.iter().any(|words| error.detail.contains(words)),
        "{error}"
    );
}

/// A listener whose queue is full: whoever connects hears nothing.
async fn black_hole() -> (TcpListener, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queued = Vec::new();
    while let Ok(connected) = timeout(SOON, TcpStream::connect(address)).await {
        queued.push(connected.unwrap());
    }
    (listener, queued)
}

#[tokio::test]
async fn h_03_a_black_hole_is_left_at_the_connect_timeout_and_counts_as_not_sent() {
    let (listener, _queued) = black_hole().await;
    let base = format!("http://{}", listener.local_addr().unwrap());
    let tenant = tenant_with(&base, ready_token(), |timeouts| timeouts.connect = SOON);
    let error = Ask::Relay.fails(&tenant).await;
    let ended = (&error.kind, error.cost.attempts);
    assert_eq!(ended, (&ApiErrorKind::Unreachable, 4));
    assert!(
        error.detail.contains("timed out while connecting"),
        "{error}"
    );
}
