//! Servers that take their time: silence ends at the idle timeout, and everything at the request's.

use std::time::Duration;

use cxda_ports::error::ApiErrorKind;
use tokio::time::interval;

use super::peer::{Ask, Peer, SOON, ready_token, tenant_with};

/// A server that sends `head` at once and then a byte in every tick.
async fn dripping(head: &'static str, byte: &'static str) -> Peer {
    Peer::start(move |mut line| async move {
        line.request().await;
        line.say(head).await;
        let mut tick = interval(SOON / 20);
        for _ in 0..1_000 {
            tick.tick().await;
            line.say(byte).await;
        }
    })
    .await
}

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n";
const LONG: Duration = Duration::from_mins(1);

/// How it is told that a relay under these timeouts was not answered.
async fn unanswered(peer: &Peer, idle: Duration, request: Duration) -> String {
    let tenant = tenant_with(&peer.base(), ready_token(), |timeouts| {
        (timeouts.idle, timeouts.webhook) = (idle, request);
    });
    let error = Ask::Relay.fails(&tenant).await;
    assert_eq!(
        (error.kind, error.cost.attempts),
        (ApiErrorKind::OutcomeUnknown, 1)
    );
    error.detail
}

#[tokio::test]
async fn h_06_a_silent_server_is_left_at_whichever_timeout_comes_first() {
    let peer = Peer::start(|mut line| async move { drop(line.rest().await) }).await;
    for (idle, request) in [(SOON, LONG), (LONG, SOON)] {
        let detail = unanswered(&peer, idle, request).await;
        assert_eq!(detail, "no answer came in time");
    }
}

#[tokio::test]
async fn h_06_headers_that_drip_have_to_end_within_either_timeout() {
    // The idle timeout does not begin anew with every byte of a head.
    let peer = dripping("HTTP/1.1 200 OK\r\nX: ", "y").await;
    for (idle, request) in [(SOON, LONG), (LONG, SOON)] {
        let detail = unanswered(&peer, idle, request).await;
        assert_eq!(detail, "no answer came in time");
    }
}

#[tokio::test]
async fn h_06_a_body_that_drips_ends_at_the_timeout_of_the_request() {
    let peer = dripping(HEAD, " ").await;
    let detail = unanswered(&peer, 4 * SOON, 6 * SOON).await;
    assert_eq!(detail, "the answer did not come to its end in time");
}

#[tokio::test]
async fn h_06_a_body_that_falls_silent_ends_at_the_idle_timeout() {
    let peer = Peer::start(|mut line| async move {
        line.request().await;
        line.say(HEAD).await;
        line.say("{").await;
        drop(line.rest().await);
    })
    .await;
    let detail = unanswered(&peer, 4 * SOON, LONG).await;
    assert_eq!(detail, "the answer did not come to its end in time");
}

#[tokio::test]
async fn h_06_a_request_under_a_slow_server_is_tried_again_where_that_is_safe() {
    let peer = dripping("HTTP/1.1 201 Created\r\n\r\n", " ").await;
    for (ask, kind, attempts) in [
        (Ask::Read, ApiErrorKind::Unavailable, 4),
        (Ask::Create, ApiErrorKind::OutcomeUnknown, 1),
        (Ask::Delete, ApiErrorKind::OutcomeUnknown, 4),
    ] {
        let tenant = tenant_with(&peer.base(), ready_token(), |timeouts| {
            timeouts.request = SOON;
        });
        let error = ask.fails(&tenant).await;
        assert_eq!(
            (error.kind, error.cost.attempts),
            (kind, attempts),
            "{ask:?}"
        );
    }
}
