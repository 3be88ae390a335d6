//! Scripted faults, as a client feels them.

use std::time::Duration;

use cxda_simulator::faults::FaultScript;
use reqwest::Method;
use serde_json::json;

use crate::bench::{ACTIONS, Bench, NEW_ACTION, action};

fn script(rules: &serde_json::Value) -> FaultScript {
    let text = json!({"formatVersion": "1.0", "rules": rules}).to_string();
    FaultScript::from_json(&text).unwrap()
}

async fn actions(bench: &Bench) -> usize {
    let page = bench.get(ACTIONS).await.json();
    page["entities"].as_array().unwrap().len()
}

#[tokio::test]
async fn an_answer_may_come_instead_of_the_deed_or_after_it() {
    let bench = Bench::fresh().await;
    for (committed, made) in [(false, 0), (true, 1)] {
        bench.running.set_faults(script(&json!([{
            "operation": "createAction", "nth": 1,
            "fault": {
                "kind": "answer", "status": 503, "committed": committed,
                "headers": {"Retry-After": ["1", "2"]}, "body": {"message": "later"},
            },
        }])));
        let got = bench.post_keyed(NEW_ACTION, "k", &action("score")).await;
        assert_eq!((got.status, got.json()), (503, json!({"message": "later"})));
        let waits: Vec<_> = got.headers.get_all("retry-after").iter().collect();
        assert_eq!(waits, ["1", "2"]);
        assert_eq!(got.header("x-cxda-simulator"), "1");
        assert_eq!(actions(&bench).await, made, "committed: {committed}");
    }
    let again = bench.post_keyed(NEW_ACTION, "k", &action("score")).await;
    assert_eq!((again.status, actions(&bench).await), (201, 1));
}

#[tokio::test]
async fn a_dropped_connection_says_nothing_of_what_was_done() {
    let bench = Bench::fresh().await;
    for (committed, made) in [(false, 0), (true, 1)] {
        let drop = json!({"kind": "drop", "committed": committed});
        let rules = json!([{"operation": "createAction", "nth": 1, "fault": drop}]);
        bench.running.set_faults(script(&rules));
        let request = bench
            .request(Method::POST, NEW_ACTION)
            .json(&action("score"));
        let lost = bench.try_send(request).await.unwrap_err();
        assert!(lost.is_request(), "{lost:?}");
        assert_eq!(actions(&bench).await, made, "committed: {committed}");
    }
    let log = bench.running.log();
    let statuses: Vec<_> = log
        .iter()
        .filter(|e| e.method == "POST")
        .map(|e| e.status)
        .collect();
    assert_eq!(statuses, [Some(200), None, None]);
}

#[tokio::test]
async fn a_truncated_answer_has_its_headers_and_the_start_of_its_body() {
    let bench = Bench::fresh().await;
    let truncate = json!({"kind": "truncate", "bytes": 10});
    let rules = json!([{"operation": "createAction", "fault": truncate}]);
    bench.running.set_faults(script(&rules));
    let request = bench
        .request(Method::POST, NEW_ACTION)
        .json(&action("score"));
    let mut answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 201);
    assert!(answer.content_length().unwrap() > 10);
    let start = answer.chunk().await.unwrap().unwrap();
    assert_eq!(start.len(), 10);
    assert!(answer.chunk().await.is_err());
    assert_eq!(actions(&bench).await, 1);
}

#[tokio::test]
async fn a_delayed_request_is_carried_out_although_the_client_left() {
    let bench = Bench::fresh().await;
    let delay = json!({"kind": "delay", "milliseconds": 90_000});
    let rules = json!([{"operation": "createAction", "fault": delay}]);
    bench.running.set_faults(script(&rules));
    let request = bench
        .request(Method::POST, NEW_ACTION)
        .json(&action("score"));
    let sent = tokio::spawn(request.send());
    bench.waiting().await;
    sent.abort();
    assert!(sent.await.unwrap_err().is_cancelled());
    assert_eq!(actions(&bench).await, 0);
    bench.clock.advance(Duration::from_secs(90));
    while !bench.running.state().to_json().contains("score") {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_delayed_answer_comes_after_the_deed() {
    let bench = Bench::fresh().await;
    let delay = json!({"kind": "delay", "milliseconds": 2_000, "committed": true});
    let rules = json!([{"operation": "createAction", "fault": delay}]);
    bench.running.set_faults(script(&rules));
    let request = bench
        .request(Method::POST, NEW_ACTION)
        .json(&action("score"));
    let sent = tokio::spawn(request.send());
    bench.waiting().await;
    assert_eq!(actions(&bench).await, 1);
    bench.clock.advance(Duration::from_secs(2));
    assert_eq!(sent.await.unwrap().unwrap().status(), 201);
}
