//! Connections that are kept: closed, reset or dead when the next request wants one; nothing is lost, nothing sent twice.

use cxda_ports::error::ApiErrorKind;

use super::peer::{ACTION, Ask, Peer, SOON, ok, ready_token, tenant, tenant_with};

/// The answer of a relay.
const ACCEPTED: &str = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";

#[tokio::test]
async fn a_connection_is_used_again() {
    let peer = Peer::start(|mut line| async move {
        while line.request().await.is_some() {
            line.say(ok(ACTION)).await;
        }
    })
    .await;
    let tenant = tenant(&peer.base());
    for _ in 0..5 {
        assert_eq!(Ask::Read.of(&tenant).await, Ok(1));
    }
    assert_eq!((peer.connections(), peer.requests().len()), (1, 5));
}

#[tokio::test]
async fn a_connection_whose_answer_says_that_it_closes_is_not_used_again() {
    for close in [
        "Connection: close",
        "connection: CLOSE",
        "Connection: x, close",
    ] {
        let peer = Peer::start(move |mut line| async move {
            while line.request().await.is_some() {
                let answer = ok(ACTION).replace("\r\n\r\n", &format!("\r\n{close}\r\n\r\n"));
                line.say(answer).await;
            }
        })
        .await;
        let tenant = tenant(&peer.base());
        for nth in 1..=3 {
            assert_eq!(Ask::Read.of(&tenant).await, Ok(1));
            assert_eq!(peer.connections(), nth, "{close}");
        }
    }
}

#[tokio::test]
async fn a_request_on_a_connection_that_was_closed_meanwhile_is_neither_lost_nor_sent_twice() {
    for round in 0..40 {
        let peer = Peer::start(move |mut line| async move {
            line.request().await;
            line.say(ACCEPTED).await;
            // Sooner or later than the client sends the next request, by chance.
            for _ in 0..round % 8 {
                tokio::task::yield_now().await;
            }
            if round % 2 == 0 {
                line.reset();
            }
        })
        .await;
        let tenant = tenant(&peer.base());
        Ask::Relay.of(&tenant).await.unwrap();
        for _ in 0..round / 8 {
            tokio::task::yield_now().await;
        }
        let before = peer.requests().len();
        match Ask::Relay.of(&tenant).await {
            Ok(attempts) => assert_eq!(attempts, 1),
            Err(error) => assert_eq!(error.kind, ApiErrorKind::OutcomeUnknown, "{error}"),
        }
        assert!(peer.requests().len() - before <= 1, "sent twice");
    }
}

#[tokio::test]
async fn a_request_that_the_server_took_before_it_closed_is_not_sent_again_by_the_client_itself() {
    for (ask, kind, attempts) in [
        (Ask::Relay, ApiErrorKind::OutcomeUnknown, 1),
        (Ask::Delete, ApiErrorKind::OutcomeUnknown, 4),
        (Ask::Read, ApiErrorKind::Unavailable, 4),
    ] {
        // Every connection answers one relay and takes one request more.
        let peer = Peer::start(|mut line| async move {
            while let Some(request) = line.request().await {
                if !request.contains("/webhooks/") || line.nth > 1 {
                    return;
                }
                line.say(ACCEPTED).await;
                line.nth += 1;
            }
        })
        .await;
        let tenant = tenant(&peer.base());
        Ask::Relay.of(&tenant).await.unwrap();
        let error = ask.fails(&tenant).await;
        assert_eq!(
            (error.kind, error.cost.attempts),
            (kind, attempts),
            "{ask:?}"
        );
        let sent = 1 + attempts as usize;
        assert_eq!(peer.requests().len(), sent, "{ask:?}");
    }
}

#[tokio::test]
async fn h_35_a_connection_that_died_silently_costs_one_attempt() {
    let peer = Peer::start(|mut line| async move {
        line.request().await;
        line.say(ok(ACTION)).await;
        drop(line.rest().await);
    })
    .await;
    let tenant = tenant_with(&peer.base(), ready_token(), |timeouts| {
        timeouts.idle = 4 * SOON;
    });
    assert_eq!(Ask::Read.of(&tenant).await, Ok(1));
    assert_eq!(Ask::Read.of(&tenant).await, Ok(2));
    assert_eq!(peer.connections(), 2);
}

#[tokio::test]
async fn what_a_server_says_unasked_is_not_taken_for_an_answer() {
    let smuggled = ok(r#"{"id":"a","name":"smuggled"}"#);
    let peer = Peer::start(move |mut line| {
        let smuggled = smuggled.clone();
        async move {
            line.request().await;
            line.say(ok(ACTION) + &smuggled).await;
            line.rest().await;
        }
    })
    .await;
    let tenant = tenant(&peer.base());
    for nth in 1..=3 {
        let read = super::peer::name_of(&tenant).await;
        assert_eq!(read.as_deref(), Ok("n"));
        assert_eq!(peer.connections(), nth);
    }
}
