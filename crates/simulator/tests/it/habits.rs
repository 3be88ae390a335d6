//! Habits that a script gives the tenant, and logins of every kind.

use std::time::Duration;

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cxda_ports::clock::Clock as _;
use cxda_simulator::faults::FaultScript;
use serde_json::{Value, json};

use crate::bench::{ACTIONS, Bench, NEW_ACTION, VIEWS, action, view};
use crate::in_process::{Inside, answered, body};

fn script(tenant: &Value, rules: &Value) -> FaultScript {
    let text = json!({"formatVersion": "1.0", "tenant": tenant, "rules": rules}).to_string();
    FaultScript::from_json(&text).unwrap()
}

async fn with_habits(tenant: Value) -> Inside {
    let habits = script(&tenant, &json!([]));
    Inside::with(|simulator| simulator.with_faults(habits)).await
}

async fn create_keyed(inside: &Inside, key: &str, name: &str) -> u16 {
    let mut request = inside.request(Method::POST, NEW_ACTION, &action(name));
    let headers = request.headers_mut();
    headers.insert("idempotency-key", key.parse().unwrap());
    answered(inside.sim.exchange(request).await)
        .status()
        .as_u16()
}

#[tokio::test(start_paused = true)]
async fn h_18_names_are_unique_or_shared_and_a_new_script_decides_anew() {
    let inside = with_habits(json!({"names": "shared"})).await;
    for _ in 0..2 {
        assert_eq!(answered(inside.create("score").await).status(), 201);
    }
    inside.sim.set_faults(FaultScript::none());
    assert_eq!(answered(inside.create("score").await).status(), 409);
    assert_eq!(inside.actions().await, 2);
}

#[tokio::test(start_paused = true)]
async fn h_28_keys_are_honoured_ignored_or_forgotten_after_a_while() {
    let shared = |keys: Value| json!({"names": "shared", "keys": keys});
    let minute = Duration::from_mins(1);
    for (keys, wait, there) in [
        (json!("honoured"), minute, 1),
        (json!("ignored"), Duration::ZERO, 2),
        (json!({"expireMilliseconds": 60_000}), minute, 2),
        (json!({"expireMilliseconds": 60_001}), minute, 1),
    ] {
        let inside = with_habits(shared(keys.clone())).await;
        assert_eq!(create_keyed(&inside, "k", "score").await, 201);
        inside.clock.wait(wait).await;
        assert_eq!(create_keyed(&inside, "k", "score").await, 201);
        assert_eq!(inside.actions().await, there, "{keys}");
    }
}

#[tokio::test(start_paused = true)]
async fn h_28_a_saved_error_is_replayed_for_its_key_whatever_was_done() {
    for committed in [false, true] {
        let rules = json!([{"operation": "createAction", "nth": 1, "fault": {
            "kind": "answer", "status": 500, "committed": committed,
        }}]);
        let habits = script(&json!({"keys": "replayErrors"}), &rules);
        let inside = Inside::with(|simulator| simulator.with_faults(habits)).await;
        for _ in 0..3 {
            assert_eq!(create_keyed(&inside, "k", "score").await, 500);
        }
        assert_eq!(inside.actions().await, usize::from(committed));
        let other = create_keyed(&inside, "other", "score").await;
        assert_eq!(other, if committed { 409 } else { 201 });
    }
}

#[tokio::test(start_paused = true)]
async fn h_33_what_is_new_is_missing_in_listings_for_a_while() {
    let inside = with_habits(json!({"listLagMilliseconds": 30_000, "pageSizeLimit": 1})).await;
    for name in ["one", "two"] {
        let view = inside.send(Method::POST, VIEWS, &view(name)).await;
        assert_eq!(answered(view).status(), 201);
    }
    let made = body(&answered(inside.create("score").await));
    let by_name = format!("{ACTIONS}?filter=name%3Dscore");
    let by_id = format!("{ACTIONS}/{}", made["id"].as_str().unwrap());
    let count = async |path: &str| {
        let page = body(&answered(inside.get(path).await));
        page["entities"].as_array().unwrap().len()
    };
    inside.clock.wait(Duration::from_millis(29_999)).await;
    for path in [ACTIONS, VIEWS, by_name.as_str()] {
        assert_eq!(count(path).await, 0, "{path}");
    }
    let total = body(&answered(inside.get(ACTIONS).await))["total"].clone();
    assert_eq!(total, 0);
    assert_eq!(answered(inside.get(&by_id).await).status(), 200);
    inside.clock.wait(Duration::from_millis(1)).await;
    for path in [ACTIONS, VIEWS, by_name.as_str()] {
        assert_eq!(count(path).await, 1, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn h_24_the_server_s_clock_may_be_an_hour_off() {
    for (skew, date) in [
        (0, "Tue, 14 Nov 2023 22:13:20 GMT"),
        (3_600, "Tue, 14 Nov 2023 23:13:20 GMT"),
        (-3_600, "Tue, 14 Nov 2023 21:13:20 GMT"),
    ] {
        let inside = with_habits(json!({"clockSkewSeconds": skew})).await;
        let response = answered(inside.get(ACTIONS).await);
        assert_eq!(response.headers()["date"], date);
    }
}

#[tokio::test(start_paused = true)]
async fn h_23_the_other_habits_are_those_of_the_configuration() {
    let inside = with_habits(json!({
        "rateLimit": {"requests": 2, "milliseconds": 1_000}, "tokenSeconds": 30,
        "scopes": ["dataactions:read", "dataactions:write"], "secretValues": "absent",
        "ignoredOnCreate": ["description"], "publishingMilliseconds": 500,
    }))
    .await;
    let made = body(&answered(inside.create("score").await));
    assert_eq!(
        (&made["state"], &made["description"]),
        (&json!("PUBLISHING"), &Value::Null)
    );
    assert_eq!(made["variables"][1].get("value"), None);
    let path = format!("{ACTIONS}/{}", made["id"].as_str().unwrap());
    let delete = inside.send(Method::DELETE, &path, &Value::Null).await;
    assert_eq!(answered(delete).status(), 403);
    assert_eq!(answered(inside.get(ACTIONS).await).status(), 200);
    assert_eq!(answered(inside.get(ACTIONS).await).status(), 429);
    inside.clock.wait(Duration::from_secs(30)).await;
    assert_eq!(answered(inside.get(ACTIONS).await).status(), 401);
}

#[tokio::test]
async fn an_access_key_is_exchanged_for_a_token_that_opens_the_tenant() {
    let mut bench = Bench::fresh().await;
    let key = json!({"accessKeyId": "id", "accessKeySecret": "hunter2"});
    let url = bench.url("/authentication/v1/token/access-key");
    let got = bench.send(bench.client.post(url).json(&key)).await;
    assert_eq!(got.status, 200);
    bench.token = got.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(bench.get(ACTIONS).await.status, 200);
    let log = serde_json::to_string(&bench.running.log()).unwrap();
    assert!(
        log.contains("accessKeyId") && !log.contains("hunter2"),
        "{log}"
    );
}

#[tokio::test]
async fn a_password_is_exchanged_for_a_token_that_tells_the_tenant_and_the_tenant_its_host() {
    let mut bench = Bench::fresh().await;
    let form = [
        ("grant_type", "password"),
        ("username", "u"),
        ("password", "hunter2"),
    ];
    let login = bench.client.post(bench.url("/auth/token"));
    let login = login.basic_auth("me", Some("hunter3")).form(&form);
    let got = bench.send(login).await;
    assert_eq!(got.status, 200);
    bench.token = got.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(bench.get(ACTIONS).await.status, 200);
    let id_token = got.json()["id_token"].as_str().unwrap().to_owned();
    let claims = id_token.split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    let tenant = claims["tenantId"].as_str().unwrap();
    let path = format!("/.well-known/cxone-configuration?tenantId={tenant}");
    let found = bench.send(bench.client.get(bench.url(&path))).await;
    assert_eq!(
        found.json(),
        json!({"api_endpoint": bench.running.base_url()})
    );
    let other = bench.url("/.well-known/cxone-configuration?tenantId=other");
    assert_eq!(bench.send(bench.client.get(other)).await.status, 404);
    let log = serde_json::to_string(&bench.running.log()).unwrap();
    assert!(!log.contains("hunter"), "{log}");
}
