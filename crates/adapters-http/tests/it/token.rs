//! The token: fetched once, renewed in time, replaced after a 401, and never sent elsewhere.

use std::sync::Arc;
use std::time::Duration;

use cxda_adapters_http::credentials::{AuthConfig, Credentials};
use cxda_domain::request::Operation;
use cxda_domain::secret::SecretText;
use cxda_ports::error::ApiErrorKind;

use crate::bench::{Bench, CLIENT_SECRET, Setup, action_body, id, key};

fn token_calls(bench: &Bench) -> usize {
    bench.sent(Operation::Token).len()
}

/// 50 reads at once; how each ended.
async fn fifty_reads(bench: &Bench) -> Vec<Result<u32, ApiErrorKind>> {
    let reads: Vec<_> = (0..50)
        .map(|_| {
            let tenant = Arc::clone(&bench.tenant);
            tokio::spawn(async move {
                use cxda_ports::actions::ActionsApi;
                let read = ActionsApi::read(&*tenant, &id("action-0")).await;
                read.map(|answer| answer.cost.attempts)
                    .map_err(|error| error.kind)
            })
        })
        .collect();
    let mut ended = Vec::new();
    for read in reads {
        ended.push(read.await.unwrap());
    }
    ended
}

#[tokio::test]
async fn h_14_fifty_calls_share_one_token() {
    let bench = Setup::new().actions(1).start().await;
    assert_eq!(fifty_reads(&bench).await, vec![Ok(1); 50]);
    assert_eq!(token_calls(&bench), 1);
    assert_eq!(bench.tenant.traffic().sent, 51);
}

#[tokio::test]
async fn h_14_a_token_refused_under_fifty_calls_is_replaced_once() {
    let bench = Setup::new().actions(1).start().await;
    bench.actions().read(&id("action-0")).await.unwrap();
    bench.sim.revoke_tokens();
    assert_eq!(fifty_reads(&bench).await, vec![Ok(2); 50]);
    assert_eq!(token_calls(&bench), 2);
}

#[tokio::test]
async fn h_14_a_write_is_replayed_under_its_key() {
    let bench = Setup::new().actions(1).start().await;
    bench.actions().read(&id("action-0")).await.unwrap();
    bench.sim.revoke_tokens();
    let created = bench
        .actions()
        .create(&action_body("score"), &key("k"))
        .await
        .unwrap();
    assert_eq!(created.cost.attempts, 2);
    assert_eq!(
        bench.header(Operation::CreateAction, "idempotency-key"),
        ["k", "k"]
    );
}

#[tokio::test]
async fn h_14_a_second_401_is_final() {
    let refuse = r#"{"operation":"getAction","fault":{"kind":"answer","status":401}}"#;
    let bench = Setup::new().actions(1).faults(refuse).start().await;
    let error = bench.actions().read(&id("action-0")).await.unwrap_err();
    assert_eq!(
        (error.kind, error.cost.attempts),
        (ApiErrorKind::Unauthenticated, 2)
    );
    assert_eq!(token_calls(&bench), 2);
    assert!(bench.clock.waits().is_empty());
}

#[tokio::test]
async fn a_token_is_renewed_a_margin_before_it_ends() {
    // The margin is a minute, at most half of the lifetime.
    for (lifetime, fresh) in [(3_600, 3_540), (120, 60), (100, 50), (10, 15)] {
        let mut setup = Setup::new().actions(1);
        setup.sim.token_lifetime = Duration::from_secs(lifetime);
        let bench = setup.start().await;
        bench.actions().read(&id("action-0")).await.unwrap();
        bench
            .clock
            .advance(Duration::from_millis(fresh * 1_000 - 1));
        if lifetime >= 30 {
            bench.actions().read(&id("action-0")).await.unwrap();
            assert_eq!(token_calls(&bench), 1, "lifetime {lifetime}");
        }
        bench.clock.advance(Duration::from_millis(1));
        bench.actions().read(&id("action-0")).await.unwrap();
        assert_eq!(token_calls(&bench), 2, "lifetime {lifetime}");
    }
}

#[tokio::test]
async fn h_34_a_wall_clock_that_jumps_costs_a_token_call_at_most() {
    for (jump_ms, calls) in [(3_600_000, 2), (-3_600_000, 1), (-315_360_000_000, 1)] {
        let bench = Setup::new().actions(1).start().await;
        bench.actions().read(&id("action-0")).await.unwrap();
        bench.clock.jump(jump_ms);
        bench.actions().read(&id("action-0")).await.unwrap();
        assert_eq!(token_calls(&bench), calls, "jump of {jump_ms} ms");
    }
}

#[tokio::test]
async fn h_13_a_token_endpoint_that_refuses_or_babbles_is_an_authentication_error() {
    let json = r#""headers":{"Content-Type":"application/json"}"#;
    for (label, answer) in [
        (
            "refused",
            r#""status":401,"body":{"error":"invalid_client","error_description":"unknown"}"#
                .to_owned(),
        ),
        (
            "bad grant",
            r#""status":400,"body":{"error":"invalid_grant"}"#.to_owned(),
        ),
        ("forbidden", r#""status":403"#.to_owned()),
        (
            "redirect",
            r#""status":302,"headers":{"Location":"https://evil.example/"}"#.to_owned(),
        ),
        (
            "no token",
            format!(r#""status":200,{json},"body":{{"token_type":"Bearer"}}"#),
        ),
        (
            "another type",
            format!(r#""status":200,{json},"body":{{"access_token":"t","token_type":"mac"}}"#),
        ),
        (
            "HTML",
            r#""status":200,"headers":{"Content-Type":"text/html"},"body":"<html>"#.to_owned()
                + r#"""#,
        ),
        (
            "unfit for a header",
            format!(r#""status":200,{json},"body":{{"access_token":"a\r\nX: y"}}"#),
        ),
    ] {
        let rule = format!(r#"{{"operation":"token","fault":{{"kind":"answer",{answer}}}}}"#);
        let bench = Setup::new().actions(1).faults(&rule).start().await;
        let error = bench.actions().read(&id("action-0")).await.unwrap_err();
        assert_eq!(error.kind, ApiErrorKind::Unauthenticated, "case: {label}");
        assert_eq!(error.operation, Operation::Token, "case: {label}");
        assert!(bench.sent(Operation::GetAction).is_empty(), "case: {label}");
    }
}

#[tokio::test]
async fn a_token_call_is_retried_like_any_other_and_counts_as_sent() {
    let busy = r#"{"operation":"token","to":2,"fault":{"kind":"answer","status":503}}"#;
    let bench = Setup::new().actions(1).faults(busy).start().await;
    let read = bench.actions().read(&id("action-0")).await.unwrap();
    assert_eq!(
        read.cost.attempts, 1,
        "the token call is not the operation's cost"
    );
    let traffic = bench.tenant.traffic();
    assert_eq!((traffic.sent, traffic.retried), (4, 2));
}

#[tokio::test]
async fn all_who_wait_for_a_token_that_fails_fail_with_it() {
    let refuse = r#"{"operation":"token","nth":1,"fault":{"kind":"answer","status":401}}"#;
    let bench = Setup::new().actions(1).faults(refuse).start().await;
    let ended = fifty_reads(&bench).await;
    assert_eq!(ended, vec![Err(ApiErrorKind::Unauthenticated); 50]);
    assert_eq!(token_calls(&bench), 1);
    bench.actions().read(&id("action-0")).await.unwrap();
}

#[tokio::test]
async fn a_ready_token_is_used_as_it_is_and_cannot_be_renewed() {
    let mut setup = Setup::new().actions(1);
    setup.auth = AuthConfig::new(Credentials::Bearer {
        token: SecretText::new("canary-token"),
    });
    let bench = setup.start().await;
    let error = bench.actions().read(&id("action-0")).await.unwrap_err();
    assert_eq!(
        (error.kind, error.cost.attempts),
        (ApiErrorKind::Unauthenticated, 1)
    );
    assert_eq!(token_calls(&bench), 0);
}

#[tokio::test]
async fn t_04_an_error_that_echoes_the_secret_does_not_show_it() {
    let echo = format!(
        r#"{{"operation":"token","fault":{{"kind":"answer","status":401,"body":{{"error":"no {CLIENT_SECRET}"}}}}}}"#
    );
    let bench = Setup::new().faults(&echo).start().await;
    let error = bench.actions().list(None).await.unwrap_err();
    insta::assert_snapshot!(error, @"fetch token failed: the tenant refused the credentials: no <redacted> (HTTP 401, request 1)");
    assert!(!format!("{error:?} {:?}", bench.tenant).contains("canary"));
}
