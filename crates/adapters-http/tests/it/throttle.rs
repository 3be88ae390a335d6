//! The rate limit and the pauses that the tenant asks for, on virtual time.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cxda_adapters_http::HttpTenant;
use cxda_adapters_http::credentials::AuthConfig;
use cxda_adapters_http::profile::ProfileOverrides;
use cxda_adapters_memory::clock::ManualClock;
use cxda_adapters_memory::ids::FixedJitter;
use cxda_adapters_memory::stop::NeverStops;
use cxda_domain::request::{Operation, RateLimit};
use cxda_ports::actions::ActionsApi;
use cxda_ports::clock::Clock;
use cxda_ports::error::{ApiError, ApiErrorKind};
use tokio::task::JoinSet;

use crate::bench::{START, Setup, config, id};
use crate::raw::{Server, json, ready_token};

const SECOND: Duration = Duration::from_secs(1);

fn tenant_that_allows(requests: u32) -> Setup {
    let mut setup = Setup::new().actions(1);
    setup.overrides.rate_limit = Some(RateLimit {
        requests,
        per: 60 * SECOND,
    });
    setup
}

#[tokio::test]
async fn requests_take_as_many_windows_as_they_need_and_no_more() {
    for (calls, windows) in [(9, 0), (10, 1), (19, 1), (20, 2)] {
        let bench = tenant_that_allows(10).start().await;
        for _ in 0..calls {
            bench.actions().read(&id("action-0")).await.unwrap();
        }
        // The token call is one of the ten.
        assert_eq!(
            bench.clock.elapsed(),
            windows * 60 * SECOND,
            "{calls} calls"
        );
    }
}

#[tokio::test]
async fn h_23_one_429_holds_back_every_call_to_the_tenant() {
    let setup = Setup::new().actions(1).faults(
        r#"{"operation":"getAction","nth":1,"fault":{"kind":"answer","status":429,"headers":{"Retry-After":"30"}}}"#,
    );
    let bench = setup.start().await;
    let read = bench.actions().read(&id("action-0")).await.unwrap();
    assert_eq!(read.cost.attempts, 2);
    // Jitter only adds: half of the second of backoff that a throttle begins with.
    assert_eq!(bench.clock.elapsed(), 30 * SECOND + SECOND / 2);

    let bench = Setup::new()
        .actions(1)
        .faults(
            r#"{"operation":"getAction","fault":{"kind":"answer","status":429,"headers":{"Retry-After":"170"}}}"#,
        )
        .start()
        .await;
    let error = bench.actions().read(&id("action-0")).await.unwrap_err();
    assert_eq!(error.cost.attempts, 2);
    let before = bench.clock.elapsed();
    bench.views().list(None).await.unwrap();
    assert_eq!(bench.clock.elapsed(), before + 170 * SECOND);
}

#[tokio::test]
async fn h_23_a_pause_beyond_what_a_call_may_wait_fails_every_call_at_once() {
    let setup = Setup::new().actions(1).faults(
        r#"{"operation":"getAction","fault":{"kind":"answer","status":429,"headers":{"Retry-After":"400"}}}"#,
    );
    let bench = setup.start().await;
    let error = bench.actions().read(&id("action-0")).await.unwrap_err();
    let asked = ApiErrorKind::RateLimited {
        retry_after: Some(400 * SECOND),
    };
    assert_eq!(
        (error.kind, error.status, error.cost.attempts),
        (asked.clone(), Some(429), 1)
    );
    let next = bench.views().list(None).await.unwrap_err();
    assert_eq!((next.kind, next.cost.attempts), (asked, 0));
    assert!(bench.sent(Operation::ListViews).is_empty());
    assert_eq!(bench.clock.elapsed(), Duration::ZERO);

    bench.clock.advance(400 * SECOND);
    bench.views().list(None).await.unwrap();
}

#[tokio::test]
async fn h_26_a_429_that_names_no_time_is_backed_off_from() {
    let setup = Setup::new().actions(1).faults(
        r#"{"operation":"getAction","from":1,"to":2,"fault":{"kind":"answer","status":429}}"#,
    );
    let bench = setup.start().await;
    bench.actions().read(&id("action-0")).await.unwrap();
    // Half of 1 s, then half of 2 s.
    assert_eq!(bench.clock.elapsed(), SECOND / 2 + SECOND);
}

#[tokio::test]
async fn h_24_a_date_is_measured_against_the_answers_own() {
    let setup = Setup::new().actions(1).faults(
        r#"{"operation":"getAction","nth":1,"fault":{"kind":"answer","status":429,"headers":{
            "Retry-After":"Sun, 06 Nov 1994 08:49:57 GMT","Date":"Sun, 06 Nov 1994 08:49:37 GMT"}}}"#,
    );
    let bench = setup.start().await;
    bench.actions().read(&id("action-0")).await.unwrap();
    assert_eq!(bench.clock.elapsed(), 20 * SECOND + SECOND / 2);
}

#[tokio::test]
async fn h_23_a_tenant_that_keeps_the_same_limit_exactly_refuses_nothing() {
    // What is slow on its way comes in later than it was sent, and what follows it may not.
    let late =
        r#"{"operation":"getAction","from":1,"to":3,"fault":{"kind":"delay","milliseconds":700}}"#;
    let mut setup = tenant_that_allows(10).faults(late);
    setup.sim.rate_limit = setup.overrides.rate_limit;
    let bench = setup.start().await;
    for _ in 0..34 {
        let read = bench.actions().read(&id("action-0")).await.unwrap();
        assert_eq!(read.cost.attempts, 1);
    }
    // 35 requests with the token call: three windows, each longer by no more than one request took.
    let hardly_more = 3 * (60 * SECOND + Duration::from_millis(700));
    let elapsed = bench.clock.elapsed();
    assert!(
        (180 * SECOND..=hardly_more).contains(&elapsed),
        "{elapsed:?}"
    );
}

/// A tenant that keeps a limit of its own exactly and names no time when it refuses a request.
struct TerseTenant {
    server: Server,
    clock: Arc<ManualClock>,
    received: Arc<AtomicU32>,
}

impl TerseTenant {
    async fn that_allows(requests: usize, per: Duration) -> Self {
        let clock = Arc::new(ManualClock::starting_at(START));
        let received = Arc::new(AtomicU32::new(0));
        let (time, count) = (Arc::clone(&clock), Arc::clone(&received));
        let window = Mutex::new(VecDeque::new());
        let server = Server::start(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            let now = time.elapsed();
            let mut window = window.lock().unwrap();
            while window.front().is_some_and(|came| *came + per <= now) {
                window.pop_front();
            }
            if window.len() >= requests {
                let head = "HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\n";
                return format!("{head}Content-Length: 0\r\n\r\n").into_bytes();
            }
            window.push_back(now);
            json("", br#"{"id":"a","name":"n"}"#)
        })
        .await;
        Self {
            server,
            clock,
            received,
        }
    }

    /// What became of so many reads that begin together, with a limit of 100 requests a minute on our side.
    async fn read_at_once(&self, calls: u32) -> Vec<Result<u32, ApiError>> {
        let overrides = ProfileOverrides::default();
        let config = config(
            &self.server.base,
            &overrides,
            AuthConfig::new(ready_token()),
        );
        let clock = Arc::<ManualClock>::clone(&self.clock);
        let tenant = HttpTenant::new(
            config,
            clock,
            Arc::new(FixedJitter::HALF),
            Arc::new(NeverStops),
        )
        .unwrap();
        let tenant = Arc::new(tenant);
        let mut reads = JoinSet::new();
        for _ in 0..calls {
            let tenant = Arc::clone(&tenant);
            reads.spawn(async move {
                let read = ActionsApi::read(&*tenant, &id("a")).await;
                read.map(|answer| answer.cost.attempts)
            });
        }
        reads.join_all().await
    }
}

#[tokio::test]
async fn h_26_calls_that_are_refused_together_do_not_fail_together() {
    for (requests, per) in [(5, 60), (1, 60), (5, 3), (20, 3)] {
        let tenant = TerseTenant::that_allows(requests, per * SECOND).await;
        for read in tenant.read_at_once(24).await {
            assert!(read.is_ok(), "{requests} in {per} s: {read:?}");
        }
    }
}

#[tokio::test]
async fn h_26_a_tenant_that_refuses_everything_is_given_up() {
    let tenant = TerseTenant::that_allows(0, SECOND).await;
    for read in tenant.read_at_once(24).await {
        let error = read.unwrap_err();
        assert_eq!(error.kind, ApiErrorKind::RateLimited { retry_after: None });
    }
    // 24 first requests, and few more: one at a time, with longer and longer pauses.
    let received = tenant.received.load(Ordering::Relaxed);
    assert!(received <= 2 * 24 + 10, "{received} requests");
    assert!(tenant.clock.elapsed() < 400 * SECOND);
}
