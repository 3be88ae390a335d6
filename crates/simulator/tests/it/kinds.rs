//! Every kind of fault in process, on virtual time.

use std::time::Duration;

use axum::http::Method;
use cxda_ports::clock::Clock as _;
use cxda_simulator::Exchanged;
use serde_json::{Value, json};

use crate::bench::{ACTIONS, VIEWS, action, view};
use crate::in_process::{Inside, answered, body};

/// A tenant whose first create of an action meets `fault`.
async fn at_create(fault: Value) -> Inside {
    let inside = Inside::fresh().await;
    inside.set_rules(&json!([{"operation": "createAction", "nth": 1, "fault": fault}]));
    inside
}

/// The id of an action that is made without a fault.
async fn made(inside: &Inside, name: &str) -> String {
    let id = body(&answered(inside.create(name).await))["id"].clone();
    id.as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn h_01_during_an_outage_nobody_listens_and_afterwards_everybody_does() {
    let inside = at_create(json!({"kind": "outage", "milliseconds": 3_000})).await;
    let began = inside.create("score").await;
    assert!(matches!(began, Exchanged::Broken), "{began:?}");
    let during = inside.create("score").await;
    assert!(matches!(during, Exchanged::NotConnected), "{during:?}");
    inside.clock.wait(Duration::from_millis(2_999)).await;
    let late = inside.get(ACTIONS).await;
    assert!(matches!(late, Exchanged::NotConnected), "{late:?}");
    inside.clock.wait(Duration::from_millis(1)).await;
    assert_eq!(inside.actions().await, 0);
    assert_eq!(inside.sim.log().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn h_29_an_outage_breaks_the_calls_that_are_under_way() {
    let inside = Inside::fresh().await;
    inside.set_rules(&json!([
        {"operation": "createAction", "fault": {"kind": "delay", "milliseconds": 1_000, "committed": true}},
        {"operation": "listActions", "nth": 1, "fault": {"kind": "outage", "milliseconds": 3_000}},
    ]));
    let (slow, _) = tokio::join!(inside.create("score"), inside.get(ACTIONS));
    assert!(matches!(slow, Exchanged::Broken), "{slow:?}");
    inside.clock.wait(Duration::from_secs(3)).await;
    assert_eq!(inside.actions().await, 1);
}

#[tokio::test(start_paused = true)]
async fn h_04_h_05_a_reset_and_a_broken_body_are_no_answer() {
    for (fault, there) in [
        (json!({"kind": "reset"}), 0),
        (json!({"kind": "reset", "committed": true}), 1),
        (json!({"kind": "truncate", "bytes": 5, "chunked": true}), 1),
    ] {
        let inside = at_create(fault.clone()).await;
        let lost = inside.create("score").await;
        assert!(matches!(lost, Exchanged::Broken), "{fault}: {lost:?}");
        assert_eq!(inside.actions().await, there, "{fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn h_06_silence_says_nothing_of_what_was_done() {
    for (committed, there) in [(false, 0), (true, 1)] {
        let inside = at_create(json!({"kind": "silence", "committed": committed})).await;
        let silent = inside.create("score").await;
        assert!(matches!(silent, Exchanged::Silent), "{silent:?}");
        assert_eq!(inside.actions().await, there, "committed: {committed}");
    }
}

#[tokio::test(start_paused = true)]
async fn h_06_a_dripping_answer_takes_its_time_for_every_byte() {
    let drip = json!({"kind": "drip", "milliseconds": 10_000, "committed": true});
    let inside = at_create(drip).await;
    let before = inside.clock.elapsed();
    let response = answered(inside.create("score").await);
    assert_eq!(response.status(), 201);
    let least = u32::try_from(response.body().len()).unwrap() * Duration::from_secs(10);
    assert!(inside.clock.elapsed() > before + least);
}

#[tokio::test(start_paused = true)]
async fn h_07_h_10_a_garbled_answer_has_an_honest_length_and_stands_for_a_deed() {
    for way in [
        "cut",
        "empty",
        "bom",
        "trailing",
        "badUtf8",
        "duplicateKeys",
        "deep",
        "wide",
    ] {
        let inside = at_create(json!({"kind": "garble", "as": way})).await;
        let response = answered(inside.create("score").await);
        assert_eq!(response.status(), 201, "{way}");
        let announced = response.headers().get("content-length");
        let announced = announced.map_or("0", |length| length.to_str().unwrap());
        assert_eq!(announced, response.body().len().to_string(), "{way}");
        // Whoever only parses these two takes them for good ones.
        if !["duplicateKeys", "wide"].contains(&way) {
            let read = serde_json::from_slice::<Value>(response.body());
            assert!(read.is_err(), "{way}");
        }
        assert_eq!(inside.actions().await, 1, "{way}");
    }
}

#[tokio::test(start_paused = true)]
async fn h_09_h_36_a_flood_is_what_a_client_would_have_to_hold() {
    for (way, limit) in [("chunks", 32 * 1024 * 1024), ("gzip", 32 * 1024 * 1024)] {
        let inside = at_create(json!({"kind": "flood", "as": way, "committed": true})).await;
        let response = answered(inside.create("score").await);
        assert!(response.body().len() > limit, "{way}");
        assert!(!response.headers().contains_key("content-length"), "{way}");
        assert_eq!(inside.actions().await, 1, "{way}");
    }
    let inside = at_create(json!({"kind": "flood", "as": "length"})).await;
    let response = answered(inside.create("score").await);
    assert_eq!(
        (response.status().as_u16(), inside.actions().await),
        (200, 0)
    );
    assert_eq!(response.headers()["content-length"], "10000000000");
    let inside = at_create(json!({"kind": "flood", "as": "headers", "committed": true})).await;
    let response = answered(inside.create("score").await);
    let bytes: usize = response
        .headers()
        .values()
        .map(axum::http::HeaderValue::len)
        .sum();
    assert!(bytes > 64 * 1024, "{bytes}");
    let inside = at_create(json!({"kind": "flood", "as": "informational"})).await;
    let lost = inside.create("score").await;
    assert!(matches!(lost, Exchanged::Broken), "{lost:?}");
}

#[tokio::test(start_paused = true)]
async fn h_30_h_31_an_altered_answer_stands_for_a_whole_deed() {
    let alter = json!({
        "kind": "alter", "status": 202, "headers": {"ETag": null, "X-Twice": ["a", "b"]},
        "body": {"id": "../x", "description": null, "trigger": {"type": "EVENT"}},
    });
    let inside = at_create(alter).await;
    let response = answered(inside.create("score").await);
    assert_eq!(response.status(), 202);
    assert!(!response.headers().contains_key("etag"));
    assert_eq!(response.headers().get_all("x-twice").iter().count(), 2);
    let shown = body(&response);
    assert_eq!(
        (&shown["id"], &shown["description"]),
        (&json!("../x"), &Value::Null)
    );
    assert_eq!(shown["trigger"], json!({"type": "EVENT"}));
    assert_eq!(shown["name"], "score");
    let stored = body(&answered(inside.get(ACTIONS).await))["entities"][0].clone();
    assert_eq!(stored["description"], "Scores");
    assert_eq!(inside.sim.log()[1].status, Some(202));
}

#[tokio::test(start_paused = true)]
async fn h_32_a_listing_answers_with_its_first_page_again_but_goes_on() {
    let inside = Inside::fresh().await;
    for name in ["one", "two", "three"] {
        answered(inside.create(name).await);
        answered(inside.send(Method::POST, VIEWS, &view(name)).await);
    }
    inside.set_rules(&json!([
        {"operation": "listActions", "nth": 2, "fault": {"kind": "repeatPage"}},
        {"operation": "listViews", "nth": 2, "fault": {"kind": "repeatPage"}},
    ]));
    let names = |page: &Value| {
        let entities = page["entities"].as_array().unwrap().iter();
        let names: Vec<_> = entities.map(|entity| entity["name"].clone()).collect();
        names
    };
    let page = async |path: String| body(&answered(inside.get(&path).await));
    let numbered = |number: u32| format!("{ACTIONS}?page={number}&pageSize=1");
    let mut seen = Vec::new();
    for number in 1..=3 {
        seen.extend(names(&page(numbered(number)).await));
    }
    assert_eq!(seen, ["one", "one", "three"]);
    let mut seen = Vec::new();
    let mut token = String::new();
    for _ in 0..3 {
        let page = page(format!("{VIEWS}?pageSize=1&pageToken={token}")).await;
        seen.extend(names(&page));
        token = page["nextPageToken"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
    }
    assert_eq!(
        (seen, token.as_str()),
        (vec![json!("one"), json!("one"), json!("three")], "")
    );
}

#[tokio::test(start_paused = true)]
async fn h_17_somebody_else_deletes_what_a_call_is_about() {
    let inside = Inside::fresh().await;
    let id = made(&inside, "score").await;
    made(&inside, "rank").await;
    let vanish = json!({"kind": "vanish"});
    inside.set_rules(&json!([{"operation": "getAction", "nth": 2, "fault": vanish}]));
    let path = format!("{ACTIONS}/{id}");
    assert_eq!(answered(inside.get(&path).await).status(), 200);
    assert_eq!(answered(inside.get(&path).await).status(), 404);
    assert_eq!(inside.actions().await, 1);
    let new_view = answered(inside.send(Method::POST, VIEWS, &view("calls")).await);
    let path = format!("{VIEWS}/{}", body(&new_view)["id"].as_str().unwrap());
    inside.set_rules(&json!([{"operation": "deleteView", "fault": vanish}]));
    let deleted = inside.send(Method::DELETE, &path, &Value::Null).await;
    assert_eq!(answered(deleted).status(), 404);
}

#[tokio::test(start_paused = true)]
async fn h_20_somebody_else_changes_what_a_call_is_about() {
    let inside = Inside::fresh().await;
    let id = made(&inside, "score").await;
    let path = format!("{ACTIONS}/{id}");
    let read = answered(inside.get(&path).await);
    let tag = read.headers()["etag"].clone();
    inside.set_rules(&json!([{"operation": "replaceAction", "nth": 1, "fault": {
        "kind": "edit", "members": {"description": "theirs", "x-theirs": {"a": 1}},
    }}]));
    let mut put = inside.request(Method::PUT, &path, &action("score"));
    put.headers_mut().insert("if-match", tag.clone());
    assert_eq!(answered(inside.sim.exchange(put).await).status(), 412);
    let now = answered(inside.get(&path).await);
    assert_ne!(now.headers()["etag"], tag);
    let shown = body(&now);
    assert_eq!(
        (&shown["description"], &shown["x-theirs"]),
        (&json!("theirs"), &json!({"a": 1}))
    );
    assert_eq!(shown["variables"], body(&read)["variables"]);
    let mut put = inside.request(Method::PUT, &path, &action("score"));
    put.headers_mut()
        .insert("if-match", now.headers()["etag"].clone());
    assert_eq!(answered(inside.sim.exchange(put).await).status(), 200);
}

#[tokio::test(start_paused = true)]
async fn h_20_views_and_variables_are_edited_too() {
    let inside = Inside::fresh().await;
    let id = made(&inside, "score").await;
    let new_view = answered(inside.send(Method::POST, VIEWS, &view("calls")).await);
    let view_path = format!("{VIEWS}/{}", body(&new_view)["id"].as_str().unwrap());
    inside.set_rules(&json!([
        {"name": "score", "nth": 1, "fault": {"kind": "edit", "members": {"variables": [
            {"name": "token", "type": "string", "encrypted": true, "scope": "template"},
        ]}}},
        {"name": "calls", "nth": 1, "fault": {"kind": "edit", "members": {"description": null}}},
    ]));
    let shown = body(&answered(inside.get(&format!("{ACTIONS}/{id}")).await));
    assert_eq!(shown["variables"].as_array().unwrap().len(), 1);
    assert_eq!(shown["variables"][0]["value"], "********");
    let shown = body(&answered(inside.get(&view_path).await));
    assert_eq!(
        (&shown["description"], &shown["name"]),
        (&Value::Null, &json!("calls"))
    );
}

#[tokio::test(start_paused = true)]
async fn h_18_somebody_else_creates_what_a_call_is_to_create() {
    for (theirs, description) in [
        (json!({}), "Scores"),
        (json!({"description": "theirs"}), "theirs"),
    ] {
        let inside = at_create(json!({"kind": "preempt", "members": theirs})).await;
        assert_eq!(answered(inside.create("score").await).status(), 409);
        let page = body(&answered(inside.get(ACTIONS).await));
        assert_eq!(page["entities"][0]["description"], description);
        assert_eq!(page["total"], 1);
    }
}

#[tokio::test(start_paused = true)]
async fn h_13_a_token_s_answer_is_altered_and_the_token_is_good() {
    let mut inside = Inside::fresh().await;
    inside.set_rules(&json!([{"operation": "token", "fault": {
        "kind": "alter", "body": {"expires_in": "3600.5", "token_type": null},
    }}]));
    let credentials =
        json!({"grant_type": "client_credentials", "client_id": "me", "client_secret": "s"});
    let token = body(&answered(
        inside
            .send(Method::POST, "/oauth/token", &credentials)
            .await,
    ));
    assert_eq!(
        (&token["expires_in"], &token["token_type"]),
        (&json!("3600.5"), &Value::Null)
    );
    inside.token = token["access_token"].as_str().unwrap().to_owned();
    assert_eq!(inside.actions().await, 0);
}

#[tokio::test(start_paused = true)]
async fn h_14_h_15_all_tokens_may_become_invalid_before_a_call() {
    let mut inside = at_create(json!({"kind": "revoke"})).await;
    assert_eq!(answered(inside.create("score").await).status(), 401);
    assert_eq!(answered(inside.get(ACTIONS).await).status(), 401);
    inside.token = inside.fetch_token().await;
    assert_eq!(answered(inside.create("score").await).status(), 201);
}

#[tokio::test(start_paused = true)]
async fn h_38_a_tenant_may_commit_when_nobody_waits_any_more() {
    let inside = at_create(json!({"kind": "commitLater", "milliseconds": 90_000})).await;
    let lost = inside.create("score").await;
    assert!(matches!(lost, Exchanged::Broken), "{lost:?}");
    // The request was let in when it came: what becomes of its token does not matter.
    inside.clock.wait(Duration::from_millis(89_999)).await;
    assert_eq!(inside.actions().await, 0);
    inside.sim.revoke_tokens();
    inside.clock.wait(Duration::from_millis(2)).await;
    assert!(inside.sim.state().to_json().contains("score"));
}

#[tokio::test(start_paused = true)]
async fn h_38_a_late_commit_needs_a_good_token_when_it_comes() {
    let inside = at_create(json!({"kind": "commitLater", "milliseconds": 1_000})).await;
    inside.sim.revoke_tokens();
    let lost = inside.create("score").await;
    assert!(matches!(lost, Exchanged::Broken), "{lost:?}");
    inside.clock.wait(Duration::from_secs(2)).await;
    assert!(!inside.sim.state().to_json().contains("score"));
}

#[tokio::test(start_paused = true)]
async fn h_36_an_early_answer_keeps_the_request_from_the_tenant() {
    let inside = at_create(json!({"kind": "early", "status": 413})).await;
    let early = answered(inside.create("score").await);
    assert_eq!(early.status(), 413);
    assert_eq!(early.headers()["x-cxda-simulator"], "1");
    assert_eq!(inside.actions().await, 0);
    assert_eq!(answered(inside.create("score").await).status(), 201);
    let log = inside.sim.log();
    assert_eq!((log[1].status, log[1].body_bytes), (Some(413), 0));
}

#[tokio::test(start_paused = true)]
async fn rules_by_name_strike_the_same_calls_in_any_order() {
    for order in [["one", "two"], ["two", "one"]] {
        let inside = Inside::fresh().await;
        inside.set_rules(&json!([
            {"operation": "createAction", "name": "two", "nth": 1, "fault": {"kind": "drop"}},
        ]));
        let first = inside.create(order[0]).await;
        let second = inside.create(order[1]).await;
        for (name, exchanged) in order.iter().zip([first, second]) {
            let broken = matches!(exchanged, Exchanged::Broken);
            assert_eq!(broken, *name == "two", "{order:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_knows_a_resource_by_id_by_name_and_by_filter() {
    let inside = Inside::fresh().await;
    let id = made(&inside, "score").await;
    let other = made(&inside, "rank").await;
    let calls = [
        (format!("{ACTIONS}/{id}"), true),
        (format!("{ACTIONS}/{other}"), false),
        (format!("{ACTIONS}?filter=name%3Dscore"), true),
        (ACTIONS.to_owned(), false),
    ];
    for (path, struck) in &calls {
        inside.set_rules(&json!([{"name": "score", "fault": {"kind": "drop"}}]));
        let broken = matches!(inside.get(path).await, Exchanged::Broken);
        assert_eq!(broken, *struck, "{path}");
    }
    inside.set_rules(&json!([{"name": id, "fault": {"kind": "drop"}}]));
    assert!(matches!(inside.get(&calls[0].0).await, Exchanged::Broken));
}
