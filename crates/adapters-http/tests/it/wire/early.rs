//! Answers that come before the request is through, and interim answers without end.

use cxda_domain::secret::SecretText;
use cxda_ports::actions::ActionsApi;
use cxda_ports::error::{ApiError, ApiErrorKind};

use super::peer::{ACTION, Ask, Peer, SOON, ok, ready_token, tenant, tenant_with};
use crate::bench::{action_body, key};

/// What a create with a script of 60 KB comes to.
async fn upload(peer: &Peer) -> ApiError {
    let mut body = action_body("score");
    body.script = SecretText::new("x".repeat(60_000));
    let tenant = tenant(&peer.base());
    ActionsApi::create(&tenant, &body, &key("k"))
        .await
        .unwrap_err()
}

/// What a server does once it has answered a request of which it read the head alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// Takes the body after all.
    ReadsOn,
    /// Takes nothing more, and waits.
    StopsReading,
    /// Closes its side, then takes the body.
    Closes,
}

fn hasty(status: &'static str, then: Then) -> Peer {
    Peer::start_narrow(move |mut line| async move {
        use tokio::io::AsyncWriteExt as _;
        line.head().await;
        line.say(format!(
            "HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"
        ))
        .await;
        match then {
            Then::ReadsOn => drop(line.rest().await),
            Then::StopsReading => std::future::pending().await,
            Then::Closes => {
                line.stream.shutdown().await.unwrap();
                line.rest().await;
            }
        }
    })
}

#[tokio::test]
async fn h_36_an_answer_before_the_body_is_sent_is_honoured() {
    for (status, expected) in [
        ("401 Unauthorized", ApiErrorKind::Unauthenticated),
        (
            "403 Forbidden",
            ApiErrorKind::PermissionDenied {
                scope: Some("dataactions:write".into()),
            },
        ),
        ("409 Conflict", ApiErrorKind::AlreadyExists),
        ("413 Content Too Large", ApiErrorKind::Refused),
        ("415 Unsupported Media Type", ApiErrorKind::Refused),
    ] {
        for then in [Then::ReadsOn, Then::StopsReading, Then::Closes] {
            let peer = hasty(status, then);
            let error = upload(&peer).await;
            let ended = (&error.kind, error.cost.attempts);
            assert_eq!(ended, (&expected, 1), "{status}, {then:?}: {error}");
        }
    }
}

#[tokio::test]
async fn h_36_a_reset_under_an_upload_is_an_unknown_outcome_or_the_answer_and_nothing_else() {
    // The reset may overtake the answer on the way.
    let peer = Peer::start_narrow(|mut line| async move {
        line.head().await;
        line.say("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
            .await;
    });
    let error = upload(&peer).await;
    assert!(
        [ApiErrorKind::OutcomeUnknown, ApiErrorKind::Refused].contains(&error.kind),
        "{error}"
    );
}

#[tokio::test]
async fn h_36_a_handful_of_interim_answers_is_skipped() {
    for interim in [
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 102 Processing\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n",
        "HTTP/1.1 199 Whatever\r\nX: y\r\n\r\n",
    ] {
        let peer = Peer::saying(interim.repeat(16) + &ok(ACTION)).await;
        assert_eq!(
            Ask::Read.of(&tenant(&peer.base())).await,
            Ok(1),
            "{interim:?}"
        );
    }
}

#[tokio::test]
async fn h_36_a_flood_of_interim_answers_ends_at_the_idle_timeout() {
    for interim in [
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",
    ] {
        let peer = Peer::start(move |mut line| async move {
            line.request().await;
            line.pour(interim.repeat(100).as_bytes()).await;
        })
        .await;
        let tenant = tenant_with(&peer.base(), ready_token(), |timeouts| timeouts.idle = SOON);
        let error = Ask::Relay.fails(&tenant).await;
        let ended = (&error.kind, error.cost.attempts);
        assert_eq!(ended, (&ApiErrorKind::OutcomeUnknown, 1), "{interim:?}");
        assert!(error.detail.contains("no answer came in time"), "{error}");
        assert!(peer.bytes() > 16 * interim.len());
    }
}

#[tokio::test]
async fn h_36_a_switch_of_protocols_that_nobody_asked_for_is_no_answer() {
    let answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n";
    let peer = Peer::saying(answer.to_owned() + ACTION).await;
    let error = Ask::Create.fails(&tenant(&peer.base())).await;
    assert_eq!(error.kind, ApiErrorKind::OutcomeUnknown, "{error}");
}
