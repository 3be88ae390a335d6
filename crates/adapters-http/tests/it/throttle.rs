//! The rate limit and the pauses that the tenant asks for, on virtual time.

use std::time::Duration;

use cxda_domain::request::{Operation, RateLimit};
use cxda_ports::clock::Clock;
use cxda_ports::error::ApiErrorKind;

use crate::bench::{Setup, id};

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
