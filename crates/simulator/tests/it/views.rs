//! Tables and views over the wire.

use std::time::Duration;

use cxda_domain::instant::UtcMillis;
use cxda_simulator::SimState;
use reqwest::Method;
use serde_json::{Value, json};

use crate::bench::{Bench, START_MS, VIEWS, config, fresh, view};

#[tokio::test]
async fn a_fresh_tenant_has_one_table() {
    let bench = Bench::fresh().await;
    let table = json!({"id": SimState::FRESH_TABLE_ID, "name": "customer_interactions"});
    let list = bench.get("/api/v2/data/actions/tables?pageSize=100").await;
    assert_eq!(
        list.json(),
        json!({"entities": [table], "nextPageToken": null})
    );
    let one = format!("/api/v2/data/actions/tables/{}", SimState::FRESH_TABLE_ID);
    assert_eq!(bench.get(&one).await.json(), table);
    let other = bench.get("/api/v2/data/actions/tables/12345678").await;
    assert_eq!(
        (other.status, other.json()),
        (404, json!({"message": "table does not exist"}))
    );
}

#[tokio::test]
async fn a_view_is_made_read_replaced_and_deleted() {
    let bench = Bench::fresh().await;
    let made = bench.post(VIEWS, &view("calls_mv")).await;
    assert_eq!(made.status, 201);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(
        made.json(),
        json!({
            "id": id, "name": "calls_mv", "status": "PENDING",
            "sourceTableId": SimState::FRESH_TABLE_ID, "createdAt": "2023-11-14T22:13:20.000Z",
        })
    );
    bench.clock.advance(Duration::from_secs(1));
    let path = format!("{VIEWS}/{id}");
    let read = bench.get(&path).await;
    assert_eq!(read.json()["status"], "ACTIVE");
    assert_eq!(
        read.json()["columnProjections"],
        view("")["columnProjections"]
    );
    assert_eq!(read.tag(), made.tag());

    let mut changed = view("calls_mv");
    changed["refreshConfig"]["intervalMinutes"] = json!(30);
    changed.as_object_mut().unwrap().remove("indexConfig");
    let replaced = bench.put(&path, &read.tag(), &changed).await;
    assert_eq!(replaced.status, 200);
    assert_ne!(replaced.tag(), read.tag());
    let read = bench.get(&path).await;
    assert_eq!(read.json()["refreshConfig"]["intervalMinutes"], 30);
    assert_eq!(
        read.json().get("indexConfig"),
        None,
        "what a PUT leaves out is lost"
    );
    assert_eq!(read.json()["createdAt"], "2023-11-14T22:13:20.000Z");

    let gone = bench.delete(&path).await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    assert_eq!(bench.delete(&path).await.status, 404);
    assert_eq!(bench.get(&path).await.status, 404);
}

#[tokio::test]
async fn unknown_members_go_back_token_for_token() {
    let bench = Bench::fresh().await;
    let exact = r#""x":{"b":123456789012345678901234567890,"a":[1.50e+3,-0.0]}"#;
    let body = view("calls_mv")
        .to_string()
        .replacen('{', &format!("{{{exact},"), 1);
    let json_kind = "application/json";
    let made = bench
        .request(Method::POST, VIEWS)
        .header("content-type", json_kind)
        .body(body);
    let id = bench.send(made).await.json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("{VIEWS}/{id}");
    let read = bench.get(&path).await;
    assert!(read.text.contains(exact), "{}", read.text);
    let back = bench
        .request(Method::PUT, &path)
        .header("content-type", json_kind);
    let back = bench.send(back.body(read.text.clone())).await;
    assert_eq!((back.status, back.text), (200, read.text));
}

#[tokio::test]
async fn a_stale_tag_changes_nothing() {
    let bench = Bench::fresh().await;
    let made = bench.post(VIEWS, &view("calls_mv")).await;
    let path = format!("{VIEWS}/{}", made.json()["id"].as_str().unwrap());
    let first = made.tag();
    let second = bench.put(&path, &first, &view("calls_mv")).await.tag();
    let mut other = view("other_mv");
    other["refreshConfig"]["intervalMinutes"] = json!(60);
    for tag in [first.as_str(), "\"v0\"", second.trim_matches('"')] {
        assert_eq!(bench.put(&path, tag, &other).await.status, 412, "{tag}");
    }
    assert_eq!(bench.get(&path).await.json()["name"], "calls_mv");
    assert_eq!(bench.put(&path, "*", &other).await.status, 200);
    let unconditional = bench.request(Method::PUT, &path).json(&view("calls_mv"));
    assert_eq!(bench.send(unconditional).await.status, 200);
}

#[tokio::test]
async fn names_and_keys_conflict_with_a_message() {
    let bench = Bench::fresh().await;
    let made = bench.post_keyed(VIEWS, "k1", &view("calls_mv")).await;
    let again = bench.post_keyed(VIEWS, "k1", &view("calls_mv")).await;
    assert_eq!((again.status, again.text), (201, made.text));
    let cases = [
        (
            "k1",
            "other_mv",
            "the idempotency key was used for another payload",
        ),
        ("k2", "calls_mv", "the name of the view is taken"),
    ];
    for (key, name, message) in cases {
        let refused = bench.post_keyed(VIEWS, key, &view(name)).await;
        assert_eq!(
            (refused.status, refused.json()),
            (409, json!({"message": message}))
        );
    }
    bench.running.forget_keys();
    assert_eq!(
        bench
            .post_keyed(VIEWS, "k1", &view("other_mv"))
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn an_invalid_view_is_refused_field_by_field() {
    let bench = Bench::fresh().await;
    let mut bad = view("calls_mv");
    bad["sourceTableId"] = json!("00000000-0000-0000-0000-000000000000");
    bad["refreshConfig"]["intervalMinutes"] = json!(7);
    let refused = bench.post(VIEWS, &bad).await;
    assert_eq!(refused.status, 422);
    insta::assert_snapshot!(refused.text, @r#"{"message":"the view is invalid","errors":[{"field":"sourceTableId","message":"names no table and no view"},{"field":"refreshConfig.intervalMinutes","message":"must be 5 to 120 and a multiple of 5"}]}"#);
    let torn = bench.request(Method::POST, VIEWS).body("{");
    assert_eq!(bench.send(torn).await.status, 400);
}

#[tokio::test]
async fn a_view_may_stand_on_another_but_not_on_itself() {
    let bench = Bench::fresh().await;
    let base = bench.post(VIEWS, &view("base_mv")).await.json()["id"].clone();
    let mut upper = view("upper_mv");
    upper["sourceTableId"] = base.clone();
    assert_eq!(bench.post(VIEWS, &upper).await.status, 201);
    let mut own = view("base_mv");
    own["sourceTableId"] = base.clone();
    let path = format!("{VIEWS}/{}", base.as_str().unwrap());
    assert_eq!(bench.put(&path, "*", &own).await.status, 422);
}

#[tokio::test]
async fn indexes_are_built_while_the_clock_runs() {
    let bench = Bench::fresh().await;
    let made = bench.post(VIEWS, &view("calls_mv")).await;
    let path = format!("{VIEWS}/{}", made.json()["id"].as_str().unwrap());
    bench.clock.advance(Duration::from_secs(1));
    let ordered = bench.post(&format!("{path}/indexes"), &json!({})).await;
    assert_eq!(ordered.status, 202);
    let building = bench.get(&path).await;
    assert_eq!(building.json()["status"], "BUILDING");
    bench.clock.advance(Duration::from_secs(1));
    let built = bench.get(&path).await;
    assert_eq!(built.json()["status"], "ACTIVE");
    assert_eq!(built.tag(), building.tag(), "a status is no new version");
    let nowhere = bench
        .post(&format!("{VIEWS}/none/indexes"), &json!({}))
        .await;
    assert_eq!(nowhere.status, 404);
}

#[tokio::test]
async fn a_listing_is_followed_by_token_to_its_end() {
    let mut state = fresh();
    let at = UtcMillis::from_epoch_millis(START_MS);
    for number in 0..25 {
        let members = view(&format!("view_{number:02}")).to_string();
        state
            .seed_view(&format!("v{number:02}"), &members, at)
            .unwrap();
    }
    let bench = Bench::of(config(), state).await;
    let (mut sizes, mut names, mut token) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = bench
            .get(&format!("{VIEWS}?pageSize=10&pageToken={token}"))
            .await
            .json();
        let entities = page["entities"].as_array().unwrap().clone();
        sizes.push(entities.len());
        names.extend(
            entities
                .iter()
                .map(|view| view["name"].as_str().unwrap().to_owned()),
        );
        match &page["nextPageToken"] {
            Value::String(next) => token.clone_from(next),
            _ => break,
        }
    }
    assert_eq!(sizes, [10, 10, 5]);
    names.dedup();
    assert_eq!(names.len(), 25);
    for query in ["pageToken=unknown", "pageSize=0", "pageSize=x"] {
        assert_eq!(
            bench.get(&format!("{VIEWS}?{query}")).await.status,
            400,
            "{query}"
        );
    }
}
