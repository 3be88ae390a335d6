//! What the simulator shows of itself.

use serde_json::json;

use crate::bench::{ACTIONS, Bench, NEW_ACTION, action};

#[tokio::test]
async fn the_state_is_shown_without_a_token_and_without_a_secret() {
    let bench = Bench::fresh().await;
    bench.post(NEW_ACTION, &action("score")).await;
    let hook = json!({"targetUrl": "https://example.com/hunter?k=1", "payload": {"event": "X"}});
    let relayed = bench
        .post("/api/v2/data/actions/webhooks/trigger", &hook)
        .await;
    assert_eq!(
        (relayed.status, relayed.json()),
        (202, json!({"status": "ACCEPTED"}))
    );
    let state = bench
        .send(bench.client.get(bench.url("/__sim/state")))
        .await;
    assert_eq!(state.text, bench.running.state().to_json());
    assert!(!state.text.contains("hunter"), "{}", state.text);
    let state = state.json();
    assert_eq!(state["actions"]["records"][0]["name"], "score");
    assert_eq!(
        state["webhooks"][0]["targetUrl"],
        "https://example.com/<redacted>"
    );
    assert_eq!(state["webhooks"][0]["payload"], json!({"event": "X"}));
}

#[tokio::test]
async fn the_log_shows_what_was_sent_and_no_secret() {
    let bench = Bench::fresh().await;
    let made = bench.post_keyed(NEW_ACTION, "k-1", &action("score")).await;
    let path = format!("{ACTIONS}/{}", made.json()["id"].as_str().unwrap());
    let stale = bench.put(&path, "\"stale\"", &action("score")).await;
    assert_eq!(stale.header("x-request-id"), "3");
    let log = bench.send(bench.client.get(bench.url("/__sim/log"))).await;
    assert!(
        !log.text.contains("hunter") && !log.text.contains(&bench.token),
        "{}",
        log.text
    );
    let log = log.json();
    assert_eq!(log["received"], 3);
    let entries = log["entries"].as_array().unwrap();
    let seen: Vec<_> = entries
        .iter()
        .map(|e| (e["operation"].as_str(), e["status"].as_u64()))
        .collect();
    assert_eq!(
        seen,
        [
            (Some("token"), Some(200)),
            (Some("createAction"), Some(201)),
            (Some("replaceAction"), Some(412)),
        ]
    );
    assert_eq!(entries[1]["headers"]["idempotency-key"], "k-1");
    assert_eq!(entries[1]["headers"]["authorization"], "Bearer");
    assert_eq!(entries[1]["body"]["variables"][1]["value"], "<redacted>");
    assert_eq!(entries[2]["headers"]["if-match"], "\"stale\"");
}

#[tokio::test]
async fn nothing_else_is_shown_and_nothing_can_be_changed_there() {
    let bench = Bench::fresh().await;
    assert_eq!(bench.get("/__sim/").await.status, 404);
    assert_eq!(bench.post("/__sim/state", &json!({})).await.status, 405);
}

#[tokio::test]
async fn a_relayed_webhook_needs_a_target_and_a_payload() {
    let bench = Bench::fresh().await;
    let refused = bench
        .post(
            "/api/v2/data/actions/webhooks/trigger",
            &json!({"payload": 1}),
        )
        .await;
    assert_eq!(refused.status, 400);
    assert_eq!(
        refused.json()["errors"],
        json!([{"field": "targetUrl", "message": "must be text"}])
    );
}
