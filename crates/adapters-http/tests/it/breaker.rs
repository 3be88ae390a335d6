//! What an origin that keeps failing is sent, and what becomes of the calls to it meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cxda_adapters_http::HttpTenant;
use cxda_adapters_http::transport::Lost;
use cxda_domain::request::Operation;
use cxda_ports::actions::ActionsApi;
use cxda_ports::clock::Clock;
use cxda_ports::error::{ApiError, ApiErrorKind};
use cxda_ports::views::ViewsApi;
use tokio::task::JoinHandle;

use crate::bench::{action_body, client_credentials, id, key};
use crate::stage::{Said, Sent, Stage, reply, shown, status, token};

const SECOND: Duration = Duration::from_secs(1);

type Ended = Result<u32, ApiError>;

async fn read(tenant: &HttpTenant, name: &str) -> Ended {
    let read = ActionsApi::read(tenant, &id(name)).await;
    read.map(|answer| answer.cost.attempts)
}

/// A read on a task of its own, which begins at once.
async fn reading(tenant: &Arc<HttpTenant>, name: &'static str) -> JoinHandle<Ended> {
    let tenant = Arc::clone(tenant);
    let task = tokio::spawn(async move { read(&tenant, name).await });
    tokio::task::yield_now().await;
    task
}

fn is_read(sent: &Sent, name: &str) -> bool {
    sent.path.ends_with(&format!("/{name}"))
}

/// Fails every request before `instant` and shows what is asked for after.
fn fails_until(instant: Duration) -> impl Fn(&Sent) -> Said + Send + Sync {
    move |sent| {
        if sent.at < instant {
            status(503)
        } else {
            shown(sent)
        }
    }
}

/// Reads at once that all fail, ten requests altogether, of which `name-…` is none.
async fn ten_failures(tenant: &Arc<HttpTenant>) -> Vec<JoinHandle<Ended>> {
    let mut tasks = Vec::new();
    for name in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"] {
        tasks.push(reading(tenant, name).await);
    }
    tasks
}

#[tokio::test(start_paused = true)]
async fn h_29_ten_failures_open_it_and_who_meets_it_first_waits_for_the_probe() {
    let stage = Stage::new(fails_until(20 * SECOND));
    let tenant = stage.ready();
    let tasks = ten_failures(&tenant).await;
    for task in tasks {
        assert_eq!(task.await.unwrap(), Ok(2), "sent again after the rest");
    }
    let sent = stage.sent();
    let at = |sent: &Sent| sent.at.as_secs();
    assert_eq!(sent[..10].iter().map(at).collect::<Vec<_>>(), [0; 10]);
    assert_eq!(sent[10..].iter().map(at).collect::<Vec<_>>(), [30; 10]);
}

#[tokio::test(start_paused = true)]
async fn h_29_nine_failures_do_not_open_it() {
    let stage = Stage::new(|sent| {
        if sent.at < SECOND {
            status(501)
        } else {
            shown(sent)
        }
    });
    let tenant = stage.ready();
    for _ in 0..9 {
        assert!(read(&tenant, "a").await.is_err());
    }
    stage.clock.wait(30 * SECOND).await;
    assert_eq!(read(&tenant, "a").await, Ok(1));
    assert_eq!(stage.clock.elapsed(), 30 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn h_29_calls_that_waited_go_in_the_order_in_which_they_came_and_a_few_at_a_time() {
    let stage = Stage::new(|sent| {
        if sent.at < 20 * SECOND {
            return status(500);
        }
        (SECOND, shown(sent).1)
    });
    let tenant = stage.ready();
    let failing = ten_failures(&tenant).await;
    stage.wait_until(SECOND).await;
    let mut waiting = Vec::new();
    for name in ["k", "l", "m", "n", "o", "p", "q", "r"] {
        waiting.push(reading(&tenant, name).await);
        stage.clock.wait(SECOND).await;
    }
    for task in failing.into_iter().chain(waiting) {
        task.await.unwrap().unwrap();
    }
    let after: Vec<(String, u64)> = stage.sent()[10..]
        .iter()
        .map(|sent| {
            (
                sent.path.replace("/api/v2/dataactions/", ""),
                sent.at.as_secs(),
            )
        })
        .collect();
    let names: String = after.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, "abcdefghijklmnopqr");
    // The probe, then two, four, eight, and the rest.
    let times: Vec<u64> = after.iter().map(|(_, at)| *at).collect();
    let mut widths = Vec::new();
    for second in 30..36 {
        widths.push(times.iter().filter(|at| **at == second).count());
    }
    assert_eq!(widths, [1, 2, 8, 7, 0, 0], "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn h_29_once_a_probe_failed_calls_fail_at_once_and_unsent() {
    let stage = Stage::new(|_| status(502));
    let tenant = stage.ready();
    let tasks = ten_failures(&tenant).await;
    let mut attempts: Vec<u32> = Vec::new();
    for task in tasks {
        let error = task.await.unwrap().unwrap_err();
        assert_eq!(
            (error.kind, error.status),
            (ApiErrorKind::Unavailable, Some(502))
        );
        attempts.push(error.cost.attempts);
    }
    assert_eq!(
        attempts,
        [2, 1, 1, 1, 1, 1, 1, 1, 1, 1],
        "only the probe was sent"
    );
    assert_eq!(stage.clock.elapsed().as_secs(), 30);

    stage.clock.wait(SECOND / 2).await;
    let error = read(&tenant, "late").await.unwrap_err();
    assert_eq!(
        (&error.kind, error.status),
        (&ApiErrorKind::Unavailable, None)
    );
    assert_eq!((error.cost.attempts, stage.sent().len()), (0, 11));
    insta::assert_snapshot!(error, @"get action failed: the tenant is unavailable: nothing was sent: 10 of 10 calls to http://127.0.0.1:8080 failed within 30 s, and a probe after them; it is tried again in 30 s");

    // After the next rest there is one probe again.
    stage.wait_until(61 * SECOND).await;
    let error = read(&tenant, "later").await.unwrap_err();
    assert_eq!((error.cost.attempts, stage.sent().len()), (1, 12));
    insta::assert_snapshot!(error, @"get action failed: the tenant is unavailable: nothing more was sent: 10 of 10 calls to http://127.0.0.1:8080 failed within 30 s, and 2 probes after them; it is tried again in 30 s (HTTP 502)");
}

#[tokio::test(start_paused = true)]
async fn h_29_a_write_that_may_have_been_received_stays_unknown() {
    let stage = Stage::new(|_| (Duration::ZERO, Err(Lost::Unanswered("reset".into()))));
    let tenant = stage.ready();
    let writer = Arc::clone(&tenant);
    let write = tokio::spawn(async move {
        ActionsApi::create(&*writer, &action_body("score"), &key("k")).await
    });
    tokio::task::yield_now().await;
    ten_failures(&tenant).await;
    let error = write.await.unwrap().unwrap_err();
    assert_eq!(error.kind, ApiErrorKind::OutcomeUnknown);
    assert_eq!(error.operation, Operation::CreateAction);
    insta::assert_snapshot!(error, @"create action failed: sent but not answered, the outcome is unknown: reset; whether it happened could not be looked up: list actions failed: the tenant is unavailable: nothing was sent: 10 of 10 calls to http://127.0.0.1:8080 failed within 30 s, and a probe after them; it is tried again in 30 s");
    let keys: Vec<_> = stage
        .sent()
        .iter()
        .map(|sent| sent.header("idempotency-key").to_owned())
        .collect();
    assert!(keys.iter().all(|key| key == "k" || key == "-"));
}

#[tokio::test(start_paused = true)]
async fn h_29_a_call_waits_for_it_only_as_long_as_its_time_allows() {
    // Asked to wait 170 s, it has 9.9 s left when it meets a breaker that opens at 165 s.
    let stage = Stage::new(|sent| {
        if is_read(sent, "slow") && sent.earlier == 0 {
            let wait = [("retry-after", "170")];
            return (Duration::ZERO, Ok(reply(503, &wait, "")));
        }
        status(500)
    });
    let tenant = stage.ready();
    let slow = reading(&tenant, "slow").await;
    stage.wait_until(165 * SECOND).await;
    let tasks = ten_failures(&tenant).await;
    let error = slow.await.unwrap().unwrap_err();
    assert_eq!(stage.clock.elapsed().as_secs(), 170);
    assert_eq!(
        (&error.kind, error.cost.attempts),
        (&ApiErrorKind::Unavailable, 1)
    );
    insta::assert_snapshot!(error, @"get action failed: the tenant is unavailable: nothing more was sent: 10 of 10 calls to http://127.0.0.1:8080 failed within 30 s; it is tried again in 25 s (HTTP 503)");
    assert!(
        tasks.iter().all(|task| !task.is_finished()),
        "the others have the time"
    );
}

#[tokio::test(start_paused = true)]
async fn h_29_a_probe_has_a_deadline_of_ten_seconds() {
    let stage = Stage::new(|sent| match sent.at.as_secs() {
        0 => status(500),
        _ => (
            Duration::from_hours(1),
            Err(Lost::Unanswered("late".into())),
        ),
    });
    // The sandbox may take 15 s otherwise.
    let tenant = stage.ready();
    for task in ten_failures(&tenant).await {
        task.abort();
    }
    stage.wait_until(31 * SECOND).await;
    let test = ActionsApi::test(&*tenant, &id("x"), "{}").await;
    assert_eq!(test.unwrap_err().kind, ApiErrorKind::OutcomeUnknown);
    let sent = stage.sent();
    let probe = &sent[10];
    assert_eq!(probe.timeout, 10 * SECOND);
    assert_eq!(stage.clock.elapsed(), 41 * SECOND);
    assert_eq!(sent.len(), 11);
}

#[tokio::test(start_paused = true)]
async fn h_29_a_probe_that_is_dropped_does_not_lock_it() {
    let stage = Stage::new(|sent| {
        let takes = if is_read(sent, "a") {
            4 * SECOND
        } else {
            Duration::ZERO
        };
        if sent.at < 20 * SECOND {
            return status(500);
        }
        (takes, shown(sent).1)
    });
    let tenant = stage.ready();
    let mut tasks = ten_failures(&tenant).await;
    stage.wait_until(32 * SECOND).await;
    assert_eq!(stage.sent().len(), 11, "the probe is under way");
    tasks.remove(0).abort();
    for task in tasks {
        assert_eq!(task.await.unwrap(), Ok(2));
    }
    assert_eq!(stage.clock.elapsed(), 32 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn h_29_a_call_that_is_dropped_while_it_waits_is_in_nobodys_way() {
    let stage = Stage::new(fails_until(20 * SECOND));
    let tenant = stage.ready();
    let mut tasks = ten_failures(&tenant).await;
    stage.wait_until(10 * SECOND).await;
    for _ in 0..5 {
        tasks.remove(0).abort();
    }
    for task in tasks {
        assert_eq!(task.await.unwrap(), Ok(2));
    }
    assert_eq!(stage.sent().len(), 15);
}

#[tokio::test(start_paused = true)]
async fn h_29_refusals_never_open_it_and_answer_a_probe() {
    for refusal in [400, 401, 403, 404, 408, 409, 412, 422, 425, 429] {
        let stage = Stage::new(move |_| status(refusal));
        let tenant = stage.ready();
        for task in ten_failures(&tenant).await {
            let error = task.await.unwrap().unwrap_err();
            assert!(!error.detail.contains("calls to"), "{refusal}: {error}");
        }
    }
    let stage = Stage::new(|sent| status(if sent.at < 20 * SECOND { 500 } else { 404 }));
    let tenant = stage.ready();
    for task in ten_failures(&tenant).await {
        assert_eq!(
            task.await.unwrap().unwrap_err().kind,
            ApiErrorKind::NotFound
        );
    }
}

#[tokio::test(start_paused = true)]
async fn h_02_refused_tls_and_h_01_refused_connections_count() {
    let lost: [fn() -> Lost; 2] = [
        || Lost::Tls("bad certificate".into()),
        || Lost::NotSent("connection refused".into()),
    ];
    for lost in lost {
        let stage = Stage::new(move |_| (Duration::ZERO, Err(lost())));
        let tenant = stage.ready();
        let tasks = ten_failures(&tenant).await;
        let probe = reading(&tenant, "probe").await;
        for task in tasks {
            assert!(task.await.unwrap().is_err());
        }
        probe.await.unwrap().unwrap_err();
        assert_eq!(stage.sent().len(), 11);
    }
}

#[tokio::test(start_paused = true)]
async fn h_29_the_token_call_may_be_the_probe() {
    // The token ends while its origin, which is the API's as well, is spared.
    let stage = Stage::new(|sent| {
        let ready = sent.at >= 20 * SECOND;
        match sent.asks_for_a_token() {
            true if sent.earlier == 0 => token(1, 40),
            true if ready => token(2, 3_600),
            _ if ready => shown(sent),
            _ => status(500),
        }
    });
    let tenant = stage.tenant(client_credentials());
    for task in ten_failures(&tenant).await {
        assert!(task.await.unwrap().is_ok());
    }
    let sent = stage.sent();
    // One token, nine or ten failures with it, the next token, and then all.
    assert!(sent[11].asks_for_a_token() || sent[10].asks_for_a_token());
    assert_eq!(
        sent.iter().filter(|sent| sent.asks_for_a_token()).count(),
        2
    );
    assert!(
        sent[12..]
            .iter()
            .all(|sent| sent.header("authorization") == "Bearer t2")
    );
}

#[tokio::test(start_paused = true)]
async fn h_29_origins_are_spared_one_by_one() {
    use cxda_adapters_http::base_url::{BaseUrl, PlainHttp};
    let api_fails = Arc::new(AtomicBool::new(true));
    let fails = Arc::clone(&api_fails);
    let stage = Stage::new(move |sent| match sent.asks_for_a_token() {
        true => token(sent.earlier, 3_600),
        false if fails.load(Ordering::Relaxed) => status(500),
        false => shown(sent),
    });
    let mut auth = client_credentials();
    auth.auth_url = Some(BaseUrl::parse("http://127.0.0.1:9090", PlainHttp::Loopback).unwrap());
    let tenant = stage.tenant(auth);
    let tasks = ten_failures(&tenant).await;
    stage.wait_until(SECOND).await;
    let origins = |stage: &Stage, port: &str| {
        let sent = stage.sent();
        sent.iter()
            .filter(|sent| sent.origin.ends_with(port))
            .count()
    };
    assert_eq!(
        (origins(&stage, ":9090"), origins(&stage, ":8080")),
        (1, 10)
    );
    // While the API is spared, no token is asked for either.
    stage.clock.jump(3_600_000);
    let late = reading(&tenant, "late").await;
    stage.wait_until(29 * SECOND).await;
    assert_eq!(origins(&stage, ":9090"), 1);
    api_fails.store(false, Ordering::Relaxed);
    for task in tasks.into_iter().chain([late]) {
        task.await.unwrap().unwrap();
    }
    assert_eq!(origins(&stage, ":9090"), 2);
}

#[tokio::test(start_paused = true)]
async fn h_29_short_failures_every_three_seconds_are_ridden_out() {
    let stage = Stage::new(|sent| {
        if sent.at.as_millis() % 3_000 < 200 {
            status(503)
        } else {
            shown(sent)
        }
    });
    let tenant = stage.ready();
    for _ in 0..40 {
        let read = read(&tenant, "a").await;
        assert!(read.is_ok(), "{read:?} at {:?}", stage.clock.elapsed());
        stage.clock.wait(SECOND).await;
    }
    assert!(
        stage.clock.elapsed() < 50 * SECOND,
        "nobody was made to wait"
    );
}

#[tokio::test(start_paused = true)]
async fn views_and_actions_share_it() {
    let stage = Stage::new(fails_until(20 * SECOND));
    let tenant = stage.ready();
    drop(ten_failures(&tenant).await);
    let view = ViewsApi::read(&*tenant, &id("v")).await.unwrap();
    assert_eq!(view.cost.attempts, 1);
    assert!(stage.clock.elapsed() >= 30 * SECOND);
}
