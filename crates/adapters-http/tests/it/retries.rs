//! What is sent again, how often, and what is never sent twice.

use std::time::Duration;

use cxda_adapters_http::HttpTenant;
use cxda_adapters_http::profile::{Concurrency, Idempotency, ProfileOverrides};
use cxda_domain::request::Operation;
use cxda_ports::actions::{ActionsApi, Deleted};
use cxda_ports::clock::Clock;
use cxda_ports::error::{ApiError, ApiErrorKind};

use crate::bench::{Setup, action_body, client_credentials, config, id, key, view_body};

/// A rule that answers the calls of `operation` up to the `last`th with `status`.
fn answers(operation: &str, last: u32, status: u16) -> String {
    format!(
        r#"{{"operation":"{operation}","to":{last},"fault":{{"kind":"answer","status":{status}}}}}"#
    )
}

/// A rule that does what the first call of `operation` asks for and loses the answer.
fn lost(operation: &str) -> String {
    format!(r#"{{"operation":"{operation}","nth":1,"fault":{{"kind":"drop","committed":true}}}}"#)
}

fn summary(error: &ApiError) -> (ApiErrorKind, Option<u16>, u32) {
    (error.kind.clone(), error.status, error.cost.attempts)
}

#[tokio::test]
async fn h_29_reads_are_sent_again_after_failures_that_may_pass() {
    for status in [408, 425, 500, 502, 503, 504] {
        let setup = Setup::new()
            .actions(1)
            .faults(&answers("getAction", 2, status));
        let bench = setup.start().await;
        let read = bench.actions().read(&id("action-0")).await.unwrap();
        assert_eq!(read.cost.attempts, 3, "HTTP {status}");
        // Half of 200 ms, then half of 400 ms.
        assert_eq!(bench.clock.elapsed(), Duration::from_millis(300));
        assert_eq!(bench.tenant.traffic().retried, 2);
    }
}

#[tokio::test]
async fn h_28_four_attempts_are_all() {
    let setup = Setup::new()
        .actions(1)
        .faults(&answers("getAction", 99, 503));
    let bench = setup.start().await;
    let error = bench.actions().read(&id("action-0")).await.unwrap_err();
    assert_eq!(summary(&error), (ApiErrorKind::Unavailable, Some(503), 4));
    assert_eq!(bench.sent(Operation::GetAction).len(), 4);
    assert_eq!(
        bench.clock.waits().len(),
        3,
        "nobody waits after the last attempt"
    );
    insta::assert_snapshot!(error, @"get action failed: the tenant is unavailable: 4 attempts failed (HTTP 503, request 5)");
}

#[tokio::test]
async fn what_a_repetition_cannot_mend_is_sent_once() {
    for (status, kind) in [
        (
            403,
            ApiErrorKind::PermissionDenied {
                scope: Some("dataactions:read".into()),
            },
        ),
        (404, ApiErrorKind::NotFound),
        (405, ApiErrorKind::Refused),
        (410, ApiErrorKind::Refused),
        (413, ApiErrorKind::Refused),
        (501, ApiErrorKind::Unavailable),
    ] {
        let setup = Setup::new()
            .actions(1)
            .faults(&answers("getAction", 99, status));
        let bench = setup.start().await;
        let error = bench.actions().read(&id("action-0")).await.unwrap_err();
        assert_eq!(summary(&error), (kind, Some(status), 1));
    }
}

#[tokio::test]
async fn h_04_a_create_that_was_not_answered_is_sent_again_under_its_key() {
    let fault = answers("createAction", 1, 500);
    let bench = Setup::new().faults(&fault).start().await;
    let created = bench
        .actions()
        .create(&action_body("score"), &key("k-1"))
        .await
        .unwrap();
    assert_eq!(
        (created.value.name.as_str(), created.cost.attempts),
        ("score", 2)
    );
    assert_eq!(
        bench.header(Operation::CreateAction, "idempotency-key"),
        ["k-1", "k-1"]
    );
    let page = bench.actions().list(None).await.unwrap().value;
    assert_eq!(page.items.len(), 1);
}

#[tokio::test]
async fn h_27_a_create_that_the_tenant_shows_by_now_is_not_sent_again() {
    let bench = Setup::new().faults(&lost("createAction")).start().await;
    let error = bench
        .actions()
        .create(&action_body("score"), &key("k-1"))
        .await
        .unwrap_err();
    // Whose it is, and whether it is as wanted, is for a read to say.
    assert_eq!(summary(&error), (ApiErrorKind::OutcomeUnknown, None, 1));
    assert_eq!(bench.sent(Operation::CreateAction).len(), 1);
}

#[tokio::test]
async fn h_05_an_answer_that_is_cut_is_a_lost_answer() {
    let cut = |operation: &str| {
        format!(r#"{{"operation":"{operation}","nth":1,"fault":{{"kind":"truncate","bytes":10}}}}"#)
    };
    let rules = [cut("createView"), cut("getView")].join(",");
    let bench = Setup::new().faults(&rules).start().await;
    let error = bench
        .views()
        .create(&view_body("summary"), &key("k"))
        .await
        .unwrap_err();
    // It was carried out, and the tenant shows it.
    assert_eq!(
        (error.kind, error.cost.attempts),
        (ApiErrorKind::OutcomeUnknown, 1)
    );
    let page = bench.views().list(None).await.unwrap().value;
    let read = bench.views().read(&page.items[0].id).await.unwrap();
    assert_eq!(read.cost.attempts, 2);
}

#[tokio::test]
async fn h_28_a_write_that_may_have_happened_ends_as_unknown() {
    let bench = Setup::new()
        .faults(&answers("createAction", 99, 502))
        .start()
        .await;
    let error = bench
        .actions()
        .create(&action_body("score"), &key("k"))
        .await
        .unwrap_err();
    assert_eq!(
        summary(&error),
        (ApiErrorKind::OutcomeUnknown, Some(502), 4)
    );
}

#[tokio::test]
async fn h_27_after_a_lost_answer_only_an_answer_about_the_resource_settles_it() {
    for (status, kind) in [
        (403, ApiErrorKind::OutcomeUnknown),
        (429, ApiErrorKind::OutcomeUnknown),
        (413, ApiErrorKind::OutcomeUnknown),
        (422, ApiErrorKind::OutcomeUnknown),
        (409, ApiErrorKind::AlreadyExists),
    ] {
        let failed = answers("createAction", 1, 500);
        let rules = [failed, answers("createAction", 99, status)].join(",");
        let bench = Setup::new().faults(&rules).start().await;
        let error = bench
            .actions()
            .create(&action_body("score"), &key("k"))
            .await
            .unwrap_err();
        assert_eq!(error.kind, kind, "HTTP {status}");
    }
}

#[tokio::test]
async fn without_keys_a_create_is_never_sent_twice() {
    let without_keys = || ProfileOverrides {
        idempotency: Some(Idempotency::None),
        ..ProfileOverrides::default()
    };
    for fault in [lost("createAction"), answers("createAction", 1, 503)] {
        let mut setup = Setup::new().faults(&fault);
        setup.overrides = without_keys();
        let bench = setup.start().await;
        let error = bench
            .actions()
            .create(&action_body("score"), &key("k"))
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind, error.cost.attempts),
            (ApiErrorKind::OutcomeUnknown, 1)
        );
        assert_eq!(
            bench.header(Operation::CreateAction, "idempotency-key"),
            ["-"]
        );
    }
    // A 429 was not carried out, so it may be sent again all the same.
    let mut setup = Setup::new().faults(&answers("createAction", 1, 429));
    setup.overrides = without_keys();
    let bench = setup.start().await;
    let created = bench
        .actions()
        .create(&action_body("score"), &key("k"))
        .await
        .unwrap();
    assert_eq!(created.cost.attempts, 2);
}

#[tokio::test]
async fn h_20_a_replace_that_was_not_answered_is_sent_again_under_its_tag() {
    let bench = Setup::new()
        .actions(1)
        .faults(&lost("replaceAction"))
        .start()
        .await;
    let read = bench.actions().read(&id("action-0")).await.unwrap().value;
    let error = bench
        .actions()
        .replace(&read, &action_body("action-0"))
        .await
        .unwrap_err();
    // The first attempt was carried out, so the tag is stale: only reading tells whose write it was.
    assert_eq!(
        (error.kind, error.cost.attempts),
        (ApiErrorKind::VersionMismatch, 2)
    );
    let tags = bench.header(Operation::ReplaceAction, "if-match");
    assert_eq!(tags[0], tags[1]);
}

#[tokio::test]
async fn without_a_tag_a_replace_is_never_sent_twice() {
    let mut setup = Setup::new()
        .actions(1)
        .faults(&answers("replaceAction", 1, 500));
    setup.overrides.concurrency = Some(Concurrency::None);
    let bench = setup.start().await;
    let read = bench.actions().read(&id("action-0")).await.unwrap().value;
    let error = bench
        .actions()
        .replace(&read, &action_body("action-0"))
        .await
        .unwrap_err();
    assert_eq!(
        summary(&error),
        (ApiErrorKind::OutcomeUnknown, Some(500), 1)
    );
}

#[tokio::test]
async fn h_27_a_delete_means_the_same_twice() {
    let bench = Setup::new()
        .actions(1)
        .faults(&lost("deleteAction"))
        .start()
        .await;
    let deleted = bench.actions().delete(&id("action-0")).await.unwrap();
    assert_eq!(
        (deleted.value, deleted.cost.attempts),
        (Deleted::AlreadyAbsent, 2)
    );
}

#[tokio::test]
async fn tests_index_builds_and_webhooks_are_never_sent_twice() {
    use cxda_ports::webhook::WebhookRelay as _;
    let rules = ["testAction", "buildIndexes", "relayWebhook"].map(|each| answers(each, 1, 500));
    let bench = Setup::new()
        .actions(1)
        .views(1)
        .faults(&rules.join(","))
        .start()
        .await;
    let errors = [
        bench.actions().test(&id("action-0"), "{}").await.map(drop),
        bench.views().build_indexes(&id("view-0")).await.map(drop),
        bench
            .tenant
            .relay("https://a.example", "{}")
            .await
            .map(drop),
    ];
    for error in errors {
        let error = error.unwrap_err();
        assert_eq!(
            summary(&error),
            (ApiErrorKind::OutcomeUnknown, Some(500), 1)
        );
    }
}

#[tokio::test]
async fn h_19_a_conflict_that_names_a_time_is_waited_for_under_the_same_key() {
    let busy = r#"{"operation":"createAction","to":2,"fault":{"kind":"answer","status":409,"headers":{"Retry-After":"3"}}}"#;
    let bench = Setup::new().faults(busy).start().await;
    let created = bench
        .actions()
        .create(&action_body("score"), &key("k"))
        .await
        .unwrap();
    assert_eq!(created.cost.attempts, 3);
    assert!(bench.clock.elapsed() >= Duration::from_secs(6));
    assert_eq!(
        bench.header(Operation::CreateAction, "idempotency-key"),
        ["k"; 3]
    );
}

#[tokio::test]
async fn a_replace_waits_until_the_action_is_published() {
    let mut setup = Setup::new().actions(1);
    setup.sim.publishing = Duration::from_secs(5);
    let bench = setup.start().await;
    let read = bench.actions().read(&id("action-0")).await.unwrap().value;
    let body = action_body("action-0");
    bench.actions().replace(&read, &body).await.unwrap();
    let read = bench.actions().read(&id("action-0")).await.unwrap().value;
    assert!(read.value.is_busy());
    let replaced = bench.actions().replace(&read, &body).await.unwrap();
    assert_eq!(replaced.cost.attempts, 2);
    assert!(bench.clock.elapsed() >= Duration::from_secs(5));
}

#[tokio::test]
async fn an_action_that_moves_for_longer_is_busy_and_not_stale() {
    let mut setup = Setup::new().actions(1);
    setup.sim.publishing = Duration::from_mins(4);
    let bench = setup.start().await;
    let read = bench.actions().read(&id("action-0")).await.unwrap().value;
    let body = action_body("action-0");
    bench.actions().replace(&read, &body).await.unwrap();
    let read = bench.actions().read(&id("action-0")).await.unwrap().value;
    let error = bench.actions().replace(&read, &body).await.unwrap_err();
    let busy = ApiErrorKind::Busy {
        retry_after: Some(Duration::from_mins(4)),
    };
    assert_eq!((error.kind, error.cost.attempts), (busy, 1));
}

#[tokio::test]
async fn h_01_a_refused_connection_sent_nothing() {
    let clock = std::sync::Arc::new(cxda_adapters_memory::clock::ManualClock::starting_at(
        crate::bench::START,
    ));
    // A port that was just free; nobody listens there.
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let jitter = std::sync::Arc::new(cxda_adapters_memory::ids::FixedJitter::NONE);
    let stop = std::sync::Arc::new(cxda_adapters_memory::stop::NeverStops);
    let base = format!("http://127.0.0.1:{port}");
    let config = config(&base, &ProfileOverrides::default(), client_credentials());
    let tenant = HttpTenant::new(config, clock, jitter, stop).unwrap();
    let error = ActionsApi::create(&tenant, &action_body("score"), &key("k"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.operation),
        (ApiErrorKind::Unreachable, Operation::Token)
    );
    assert_eq!(tenant.traffic().sent, 4);
}

#[tokio::test]
async fn the_quota_of_retries_is_shared_by_all_calls_of_a_tenant() {
    // Of a kind that the breaker does not count.
    let bench = Setup::new()
        .actions(1)
        .faults(&answers("getAction", 999, 425))
        .start()
        .await;
    let mut attempts = 0;
    for _ in 0..20 {
        let error = bench.actions().read(&id("action-0")).await.unwrap_err();
        attempts += error.cost.attempts;
    }
    // 20 first attempts, and as many retries as 500 tokens pay for at 14 each.
    assert_eq!(attempts, 20 + 35);
}
