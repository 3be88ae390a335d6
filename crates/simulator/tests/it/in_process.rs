//! The simulator asked without a socket, on virtual time.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Method, Request, Response};
use cxda_adapters_memory::clock::RuntimeClock;
use cxda_adapters_memory::ids::SequentialIds;
use cxda_adapters_memory::scripts::MemoryScripts;
use cxda_domain::instant::UtcMillis;
use cxda_ports::clock::Clock as _;
use cxda_simulator::faults::FaultScript;
use cxda_simulator::{Exchanged, InProcess, Simulator};
use serde_json::{Value, json};

use crate::bench::{ACTIONS, NEW_ACTION, START_MS, action, config, fresh};

/// A simulator in this process, its clock, and a token for it.
pub(crate) struct Inside {
    pub(crate) sim: InProcess,
    pub(crate) clock: Arc<RuntimeClock>,
    pub(crate) token: String,
}

impl Inside {
    pub(crate) async fn fresh() -> Self {
        Self::with(|simulator| simulator).await
    }

    pub(crate) async fn with(arranged: impl FnOnce(Simulator) -> Simulator) -> Self {
        let start = UtcMillis::from_epoch_millis(START_MS);
        let clock = Arc::new(RuntimeClock::starting_at(start));
        let ids = Arc::new(SequentialIds::new());
        let simulator = Simulator::new(
            config(),
            fresh(),
            Arc::clone(&clock) as _,
            ids,
            Arc::new(MemoryScripts::new()),
        );
        let mut inside = Self {
            sim: arranged(simulator).in_process(),
            clock,
            token: String::new(),
        };
        inside.token = inside.fetch_token().await;
        inside
    }

    pub(crate) async fn fetch_token(&self) -> String {
        let credentials = json!({"grant_type": "client_credentials", "client_id": "me", "client_secret": "hunter2"});
        let exchanged = self.send(Method::POST, "/oauth/token", &credentials).await;
        let token = body(&answered(exchanged))["access_token"].clone();
        token.as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn request(&self, method: Method, path: &str, sent: &Value) -> Request<Bytes> {
        let text = if sent.is_null() {
            String::new()
        } else {
            sent.to_string()
        };
        Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .body(Bytes::from(text))
            .unwrap()
    }

    pub(crate) async fn send(&self, method: Method, path: &str, sent: &Value) -> Exchanged {
        self.sim.exchange(self.request(method, path, sent)).await
    }

    pub(crate) async fn create(&self, name: &str) -> Exchanged {
        self.send(Method::POST, NEW_ACTION, &action(name)).await
    }

    pub(crate) async fn get(&self, path: &str) -> Exchanged {
        self.send(Method::GET, path, &Value::Null).await
    }

    pub(crate) async fn actions(&self) -> usize {
        let page = body(&answered(self.get(ACTIONS).await));
        page["entities"].as_array().unwrap().len()
    }

    pub(crate) fn set_rules(&self, rules: &Value) {
        let text = json!({"formatVersion": "1.0", "rules": rules}).to_string();
        self.sim.set_faults(FaultScript::from_json(&text).unwrap());
    }
}

pub(crate) fn answered(exchanged: Exchanged) -> Response<Bytes> {
    match exchanged {
        Exchanged::Answered(response) => response,
        other => panic!("no answer: {other:?}"),
    }
}

pub(crate) fn body(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn in_process_the_tenant_is_the_same_and_marks_its_answers() {
    let inside = Inside::fresh().await;
    let made = answered(inside.create("score").await);
    assert_eq!(made.status(), 201);
    assert_eq!(made.headers()["x-cxda-simulator"], "1");
    assert!(made.headers().contains_key("etag"));
    assert_eq!(inside.clone_sees().await, 1);
    let statuses: Vec<_> = inside.sim.log().iter().map(|entry| entry.status).collect();
    assert_eq!(statuses, [Some(200), Some(201), Some(200)]);
    inside.sim.revoke_tokens();
    assert_eq!(answered(inside.get(ACTIONS).await).status(), 401);
}

impl Inside {
    async fn clone_sees(&self) -> usize {
        let clone = self.sim.clone();
        let exchanged = clone
            .exchange(self.request(Method::GET, ACTIONS, &Value::Null))
            .await;
        let page = body(&answered(exchanged));
        page["entities"].as_array().unwrap().len()
    }
}

#[tokio::test(start_paused = true)]
async fn in_process_a_delay_takes_its_time_on_the_virtual_clock() {
    let inside = Inside::fresh().await;
    inside.set_rules(&json!([
        {"operation": "createAction", "fault": {"kind": "delay", "milliseconds": 1_800_000}},
    ]));
    let before = inside.clock.elapsed();
    assert_eq!(answered(inside.create("score").await).status(), 201);
    let after = before + Duration::from_mins(30);
    assert_eq!(inside.clock.elapsed(), after);
}

#[tokio::test(start_paused = true)]
async fn in_process_a_caller_that_gives_up_does_not_undo_the_deed() {
    let inside = Inside::fresh().await;
    inside.set_rules(&json!([
        {"operation": "createAction", "fault": {"kind": "delay", "milliseconds": 90_000}},
    ]));
    let patience = Duration::from_secs(10);
    let given_up = tokio::time::timeout(patience, inside.create("score")).await;
    assert!(given_up.is_err());
    assert_eq!(inside.actions().await, 0);
    inside.clock.wait(Duration::from_secs(80)).await;
    assert_eq!(inside.actions().await, 1);
}

#[tokio::test(start_paused = true)]
async fn in_process_a_broken_connection_is_no_answer() {
    let inside = Inside::fresh().await;
    inside.set_rules(&json!([
        {"operation": "createAction", "nth": 1, "fault": {"kind": "drop", "committed": true}},
        {"operation": "listActions", "nth": 2, "fault": {"kind": "truncate", "bytes": 3}},
    ]));
    let dropped = inside.create("score").await;
    assert!(matches!(dropped, Exchanged::Broken), "{dropped:?}");
    assert_eq!(inside.actions().await, 1);
    let truncated = inside.get(ACTIONS).await;
    assert!(matches!(truncated, Exchanged::Broken), "{truncated:?}");
}
