//! Calls that are somewhere on their way when the run is to stop: how soon they end, and what they say of it.

use std::sync::Arc;
use std::time::Duration;

use cxda_adapters_http::profile::ProfileOverrides;
use cxda_adapters_http::transport::Lost;
use cxda_adapters_http::{HttpTenant, STOP_GRACE};
use cxda_domain::key::EntityTag;
use cxda_domain::observed::Versioned;
use cxda_domain::request::{Operation, RateLimit};
use cxda_ports::actions::ActionsApi;
use cxda_ports::clock::Clock;
use cxda_ports::error::{ApiError, ApiErrorKind};
use tokio::task::JoinHandle;

use crate::bench::{action_body, client_credentials, id, key};
use crate::stage::{Said, Sent, Stage, reply, shown, status, token};

const SECOND: Duration = Duration::from_secs(1);
/// When a call begins that is then stopped.
const BEGIN: Duration = Duration::from_millis(9_900);
/// When the run is to stop.
const STOP: Duration = Duration::from_secs(10);
/// For longer than anybody waits.
const NEVER: Duration = Duration::from_hours(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    Read,
    Create,
    Replace,
}

type Ended = Result<u32, ApiError>;

impl Ask {
    async fn of(self, tenant: &HttpTenant) -> Ended {
        let body = action_body("score");
        let cost = match self {
            Self::Read => ActionsApi::read(tenant, &id("a")).await?.cost,
            Self::Create => {
                let key = key("k");
                let created = ActionsApi::create(tenant, &body, &key).await;
                created?.cost
            }
            Self::Replace => {
                let read = ActionsApi::read(tenant, &id("a")).await?.value;
                let tag = Some(EntityTag::new("\"1\""));
                let current = Versioned { tag, ..read };
                let replaced = ActionsApi::replace(tenant, &current, &body).await;
                replaced?.cost
            }
        };
        Ok(cost.attempts)
    }

    async fn begun(self, tenant: &Arc<HttpTenant>) -> JoinHandle<Ended> {
        let tenant = Arc::clone(tenant);
        let task = tokio::spawn(async move { self.of(&tenant).await });
        tokio::task::yield_now().await;
        task
    }
}

/// Raises the signal when it is time, and gives how `call` ended and how long after.
async fn stopped(stage: &Arc<Stage>, call: JoinHandle<Ended>) -> (Duration, Ended) {
    stage.wait_until(STOP).await;
    assert!(!call.is_finished(), "it waits no longer");
    stage.stop.raise();
    let ended = call.await.unwrap();
    (stage.clock.elapsed().saturating_sub(STOP), ended)
}

#[track_caller]
fn failed(ended: Ended) -> (ApiErrorKind, u32) {
    let error = ended.unwrap_err();
    (error.kind, error.cost.attempts)
}

fn limit(requests: u32) -> ProfileOverrides {
    ProfileOverrides {
        rate_limit: Some(RateLimit {
            requests,
            per: 60 * SECOND,
        }),
        ..ProfileOverrides::default()
    }
}

fn pause(seconds: &str) -> Said {
    let told = reply(429, &[("retry-after", seconds)], "");
    (Duration::ZERO, Ok(told))
}

fn lost() -> Said {
    (Duration::ZERO, Err(Lost::Unanswered("reset".into())))
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_the_rate_limit_ends_at_once_and_is_not_sent() {
    let stage = Stage::new(|sent| {
        if sent.asks_for_a_token() {
            token(1, 3_600)
        } else {
            shown(sent)
        }
    });
    let tenant = stage.tenant_with(client_credentials(), &limit(2));
    Ask::Read.of(&tenant).await.unwrap();
    let create = Ask::Create.begun(&tenant).await;
    let (after, ended) = stopped(&stage, create).await;
    let error = ended.unwrap_err();
    assert_eq!((after, stage.sent().len()), (Duration::ZERO, 2));
    assert_eq!(error.operation, Operation::CreateAction);
    assert_eq!(
        error.to_string(),
        "create action failed: the run was stopped: nothing was sent"
    );
    assert_eq!(error.cost.attempts, 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_a_pause_of_the_tenant_holds_back_ends_at_once() {
    let stage = Stage::new(|sent| match sent.earlier {
        0 => pause("120"),
        _ => shown(sent),
    });
    let tenant = stage.ready();
    let refused = Ask::Read.begun(&tenant).await;
    let behind = Ask::Read.begun(&tenant).await;
    let (after, ended) = stopped(&stage, refused).await;
    assert_eq!(failed(ended), (ApiErrorKind::Stopped, 1));
    assert_eq!(
        failed(behind.await.unwrap()),
        (ApiErrorKind::Stopped, 0),
        "it was never sent"
    );
    assert_eq!((after, stage.sent().len()), (Duration::ZERO, 1));
}

#[tokio::test(start_paused = true)]
async fn a_call_to_an_origin_that_is_spared_ends_at_once() {
    let stage = Stage::new(|_| status(500));
    let tenant = stage.ready();
    let mut calls = Vec::new();
    for _ in 0..20 {
        calls.push(Ask::Read.begun(&tenant).await);
    }
    stage.wait_until(BEGIN).await;
    let sent = stage.sent().len();
    let late = Ask::Create.begun(&tenant).await;
    let (after, ended) = stopped(&stage, late).await;
    assert_eq!(failed(ended), (ApiErrorKind::Stopped, 0));
    for call in calls {
        drop(call.await.unwrap().unwrap_err());
    }
    assert_eq!((after, stage.sent().len()), (Duration::ZERO, sent));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_a_token_ends_at_once() {
    let stage = Stage::new(|_| (NEVER, Err(Lost::Unanswered("silence".into()))));
    let tenant = stage.tenant(client_credentials());
    stage.wait_until(BEGIN).await;
    let create = Ask::Create.begun(&tenant).await;
    let (after, ended) = stopped(&stage, create).await;
    assert_eq!(failed(ended), (ApiErrorKind::Stopped, 0));
    assert_eq!((after, stage.sent().len()), (Duration::ZERO, 1));
}

#[tokio::test(start_paused = true)]
async fn a_new_call_is_not_begun() {
    let stage = Stage::new(shown);
    let tenant = stage.ready();
    stage.stop.raise();
    for ask in [Ask::Read, Ask::Create] {
        let ended = ask.of(&tenant).await;
        assert_eq!(failed(ended), (ApiErrorKind::Stopped, 0), "{ask:?}");
    }
    assert_eq!(stage.sent().len(), 0);
}

/// How a call ends that waits for its next attempt, given how its write, or its read, is always answered.
async fn while_backing_off(ask: Ask, answer: fn() -> Said) -> (ApiErrorKind, u32) {
    let stage = Stage::new(move |sent: &Sent| match ask {
        // A replace reads first.
        Ask::Replace if sent.earlier == 0 => shown(sent),
        _ => answer(),
    });
    let tenant = stage.ready();
    // In the middle of a wait: no attempt is due for a while.
    stage.wait_until(BEGIN).await;
    let call = ask.begun(&tenant).await;
    let (after, ended) = stopped(&stage, call).await;
    assert_eq!(after, Duration::ZERO);
    failed(ended)
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_its_next_attempt_ends_with_what_is_known() {
    use ApiErrorKind::{OutcomeUnknown, Stopped};
    let fails: fn() -> Said = || status(503);
    let refused: fn() -> Said = || pause("60");
    let unconnected: fn() -> Said = || (Duration::ZERO, Err(Lost::NotSent("refused".into())));
    for (label, ask, answer, end) in [
        ("a read may be dropped", Ask::Read, fails, Stopped),
        ("a lost read too", Ask::Read, lost, Stopped),
        ("a lost create", Ask::Create, lost, OutcomeUnknown),
        ("a lost replace", Ask::Replace, lost, OutcomeUnknown),
        ("a refused create", Ask::Create, refused, Stopped),
        ("a refused replace", Ask::Replace, refused, Stopped),
        (
            "one that never got there",
            Ask::Create,
            unconnected,
            Stopped,
        ),
    ] {
        assert_eq!(while_backing_off(ask, answer).await, (end, 1), "{label}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_on_its_way_is_waited_for_a_moment_longer() {
    let (in_time, too_late) = (4 * SECOND, 6 * SECOND);
    for (ask, takes, end) in [
        (Ask::Read, in_time, Ok(1)),
        (Ask::Create, in_time, Ok(1)),
        (Ask::Read, too_late, Err(ApiErrorKind::Stopped)),
        (Ask::Create, too_late, Err(ApiErrorKind::OutcomeUnknown)),
    ] {
        let done = if ask == Ask::Create { 201 } else { 200 };
        let stage = Stage::new(move |_| {
            let answer = reply(done, &[], r#"{"id":"a","name":"score"}"#);
            (takes, Ok(answer))
        });
        let tenant = stage.ready();
        stage.wait_until(STOP).await;
        let call = ask.begun(&tenant).await;
        stage.stop.raise();
        let ended = call.await.unwrap();
        let after = stage.clock.elapsed().saturating_sub(STOP);
        assert_eq!(after, takes.min(STOP_GRACE), "{ask:?} {takes:?}");
        assert_eq!(ended.map_err(|error| error.kind), end, "{ask:?} {takes:?}");
        assert_eq!(stage.sent().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_answered_with_a_failure_meanwhile_is_not_sent_again() {
    for (ask, code, end) in [
        (Ask::Read, 503, ApiErrorKind::Stopped),
        (Ask::Create, 500, ApiErrorKind::OutcomeUnknown),
        (Ask::Create, 429, ApiErrorKind::Stopped),
        (Ask::Create, 401, ApiErrorKind::Unauthenticated),
        (Ask::Create, 409, ApiErrorKind::AlreadyExists),
    ] {
        let stage = Stage::new(move |_| (SECOND, Ok(reply(code, &[], ""))));
        let tenant = stage.ready();
        let call = ask.begun(&tenant).await;
        stage.stop.raise();
        let ended = call.await.unwrap();
        assert_eq!(failed(ended), (end, 1), "{ask:?} {code}");
        assert_eq!((stage.sent().len(), stage.clock.elapsed()), (1, SECOND));
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_create_whose_look_is_cut_off_is_unknown() {
    let stage = Stage::new(|sent| {
        if sent.path.ends_with("/actions") {
            lost()
        } else {
            // The listing that comes before the create is sent again.
            (NEVER, Err(Lost::Unanswered("silence".into())))
        }
    });
    let tenant = stage.ready();
    stage.wait_until(7 * SECOND).await;
    let create = Ask::Create.begun(&tenant).await;
    let (after, ended) = stopped(&stage, create).await;
    assert_eq!(failed(ended), (ApiErrorKind::OutcomeUnknown, 1));
    assert!(after <= STOP_GRACE, "{after:?}");
    assert_eq!(stage.sent().len(), 2);
}
