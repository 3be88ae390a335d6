//! The rate limit: never one request too many, and no waiting that it does not force.

use std::fmt::Write as _;
use std::time::Duration;

use cxda_domain::request::Operation;
use cxda_ports::progress::Hold;
use cxda_simulator::config::SimConfig;
use cxda_simulator::profile::{ProfileName, SimProfile};
use cxda_simulator::{NameRule, SimState};
use cxda_usecases::apply::Outcome;
use serde_json::json;

use super::stack::{LIMIT, Stack};

/// How long the tenant takes for each answer.
const LATENCY: Duration = Duration::from_millis(50);

fn strict() -> Stack {
    let config = SimConfig::new(SimProfile::named(ProfileName::CxoneV2));
    assert_eq!(config.rate_limit, Some(LIMIT));
    let stack = Stack::new(config, SimState::fresh(NameRule::Unique));
    let latency = u64::try_from(LATENCY.as_millis()).unwrap();
    stack.faults(&json!([{"fault": {"kind": "delay", "milliseconds": latency}}]));
    stack
}

fn actions(count: usize) -> String {
    (0..count).fold(String::new(), |mut text, number| {
        write!(
            text,
            "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {{name: action_{number:04}}}\nspec:\n  description: Scores customers\n  script: {{content: 'function main() {{}}'}}\n---\n"
        )
        .unwrap();
        text
    })
}

/// Applies so many requests, the token and the listing among them, eight at a time; gives the stack and how long that took.
async fn run(requests: usize) -> (Stack, Duration) {
    let stack = strict();
    let planned = stack.plan(&actions(requests - 2)).await.unwrap();
    let applied = stack.apply(&planned, 8).await;
    assert_eq!(applied.count(Outcome::Done), requests - 2);
    assert_eq!(stack.sent().len(), requests);
    let elapsed = stack.elapsed();
    (stack, elapsed)
}

#[tokio::test(start_paused = true)]
async fn h_23_a_thousand_requests_meet_no_429_and_take_no_longer_than_the_limit_forces() {
    let (stack, elapsed) = run(1_000).await;
    assert_eq!(stack.count(Operation::CreateAction), 998);
    assert!(!stack.statuses().contains(&Some(429)));
    let forced = LIMIT.per * 9;
    // Besides, each full window costs the latency of its requests, eight at a time.
    let latencies = LATENCY * (100 / 8 + 2) * 10;
    assert!(elapsed >= forced, "{elapsed:?}");
    assert!(elapsed <= forced + latencies, "{elapsed:?}");
    let sent = stack.sent();
    for (first, later) in sent.iter().zip(&sent[100..]) {
        assert!(*later >= *first + LIMIT.per, "{first:?} {later:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn ninety_requests_do_not_wait_at_all() {
    let (_, elapsed) = run(90).await;
    let rounds = u32::try_from(88_usize.div_ceil(8)).unwrap() + 2;
    assert_eq!(elapsed, LATENCY * rounds);
}

#[tokio::test(start_paused = true)]
async fn progress_tells_how_long_the_limit_holds_requests_back() {
    let (stack, _) = run(101).await;
    let (held, sent) = (stack.held_back(), stack.sent());
    let [(Hold::RateLimit(LIMIT), wait)] = held.as_slice() else {
        panic!("{held:?}");
    };
    let passed = sent[100].saturating_sub(sent[99]);
    assert!(*wait <= passed && passed <= *wait + LATENCY, "{wait:?}");
    let (stack, _) = run(90).await;
    assert_eq!(stack.held_back(), []);
}

#[tokio::test(start_paused = true)]
async fn progress_tells_of_a_pause_that_the_tenant_asks_for() {
    let stack = strict();
    stack.faults(&json!([
        {"operation": "listActions", "nth": 1, "fault": {"kind": "answer", "status": 429, "headers": {"Retry-After": "30"}}}
    ]));
    let _ = stack.plan(&actions(1)).await.unwrap();
    assert_eq!(stack.held_back(), [(Hold::Pause, Duration::from_secs(30))]);
    assert!(stack.elapsed() >= Duration::from_secs(30));
}
