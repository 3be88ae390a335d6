//! Receivers of webhooks beside the tenant.

use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::bench::{Bench, Got, START_MS};

async fn deliver(bench: &Bench, name: &str, id: &str, body: &Value) -> Got {
    let mut headers = HeaderMap::new();
    headers.insert("webhook-id", id.parse().unwrap());
    headers.insert("webhook-timestamp", (START_MS / 1_000).into());
    let request = bench
        .client
        .post(bench.url(&format!("/__sim/webhooks/{name}")));
    bench.send(request.headers(headers).json(body)).await
}

#[tokio::test]
async fn what_a_receiver_took_is_in_the_log_and_a_repeat_is_dropped() {
    let bench = Bench::fresh().await;
    let event = json!({"event": "ACTION_CREATED", "latency_ms": 1.5});
    for (name, id, status) in [
        ("bi", "msg-1", 204),
        ("bi", "msg-1", 200),
        ("etl", "msg-1", 204),
    ] {
        assert_eq!(deliver(&bench, name, id, &event).await.status, status);
    }
    let log = bench.get("/__sim/log").await.json();
    let entries = &log["entries"].as_array().unwrap()[1..];
    let seen = entries.iter().map(|entry| {
        let id = &entry["headers"]["webhook-id"];
        json!([entry["path"], id, entry["status"], entry["body"]])
    });
    let seen: Vec<Value> = seen.collect();
    assert_eq!(
        seen,
        [
            json!(["/__sim/webhooks/bi", "msg-1", 204, event]),
            json!(["/__sim/webhooks/bi", "msg-1", 200, null]),
            json!(["/__sim/webhooks/etl", "msg-1", 204, event]),
        ]
    );
}

#[tokio::test]
async fn what_is_no_delivery_is_refused() {
    let bench = Bench::fresh().await;
    assert_eq!(bench.get("/__sim/webhooks/bi").await.status, 405);
    assert_eq!(bench.post("/__sim/webhooks/", &json!({})).await.status, 404);
    assert_eq!(
        bench.post("/__sim/webhooks/a/b", &json!({})).await.status,
        404
    );
    let refused = bench
        .post("/__sim/webhooks/bi", &json!({"canary": 1}))
        .await;
    assert_eq!(
        (refused.status, refused.json()),
        (
            400,
            json!({"message": "the header webhook-id is missing or malformed"})
        )
    );
    assert!(!bench.get("/__sim/log").await.text.contains("canary"));
}
