//! Data actions over the wire.

use std::time::Duration;

use cxda_adapters_memory::scripts::MemoryScripts;
use cxda_domain::instant::UtcMillis;
use cxda_domain::node::Mark;
use cxda_domain::script::{ScriptEnd, ScriptLimit};
use cxda_simulator::config::{FilterHabit, KeyHabit, SecretDisplay};
use cxda_simulator::profile::Concurrency;
use cxda_simulator::{NameRule, SimState};
use serde_json::{Value, json};

use crate::bench::{ACTIONS, Bench, NEW_ACTION, START_MS, action, config, fresh};

fn id_of(made: &crate::bench::Got) -> String {
    made.json()["id"].as_str().unwrap_or_default().to_owned()
}

async fn named(bench: &Bench, filter: &str) -> Vec<String> {
    let page = bench
        .get(&format!("{ACTIONS}?page=1&pageSize=100&{filter}"))
        .await
        .json();
    let entities = page["entities"].as_array().unwrap();
    entities
        .iter()
        .map(|action| action["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn an_action_is_made_read_replaced_and_deleted() {
    let bench = Bench::fresh().await;
    let made = bench.post(NEW_ACTION, &action("score")).await;
    assert_eq!(made.status, 201);
    let mut want = action("score");
    want["id"] = json!(id_of(&made));
    want["variables"][1]["value"] = json!("********");
    want["state"] = json!("PUBLISHED");
    want["createdTimestamp"] = json!(START_MS);
    want["modifiedTimestamp"] = json!(START_MS);
    assert_eq!(made.json(), want);
    let path = format!("{ACTIONS}/{}", id_of(&made));
    let read = bench.get(&path).await;
    assert_eq!((read.json(), read.tag()), (want, made.tag()));

    bench.clock.advance(Duration::from_millis(5));
    let fragment = json!({"name": "score", "cacheEnabled": true});
    let replaced = bench.put(&path, &read.tag(), &fragment).await;
    assert_eq!(
        replaced.json(),
        json!({
            "id": id_of(&made), "name": "score", "cacheEnabled": true, "state": "PUBLISHED",
            "createdTimestamp": START_MS, "modifiedTimestamp": START_MS + 5,
        }),
        "what a PUT leaves out is lost"
    );
    assert_eq!(bench.put(&path, &read.tag(), &fragment).await.status, 412);
    assert_eq!(bench.delete(&path).await.status, 204);
    assert_eq!(bench.delete(&path).await.status, 404);
}

#[tokio::test]
async fn what_the_server_owns_is_not_taken_from_a_body() {
    let bench = Bench::fresh().await;
    let mut forged = action("score");
    forged["id"] = json!("forged");
    forged["state"] = json!("DELETING");
    forged["createdTimestamp"] = json!(1);
    let made = bench.post(NEW_ACTION, &forged).await.json();
    assert_eq!(made["state"], "PUBLISHED");
    assert_eq!(made["createdTimestamp"], START_MS);
    assert_ne!(made["id"], "forged");
}

#[tokio::test]
async fn an_invalid_action_is_refused_with_400() {
    let bench = Bench::fresh().await;
    let mut bad = action("score");
    bad["script"]["content"] = json!("");
    bad["dependencies"] = json!(["absent"]);
    bad["variables"][1]["value"] = json!("");
    let refused = bench.post(NEW_ACTION, &bad).await;
    assert_eq!(refused.status, 400);
    insta::assert_snapshot!(refused.text, @r#"{"message":"the action is invalid","errors":[{"field":"script.content","message":"must have 1 to 65536 bytes"},{"field":"dependencies[0]","message":"names no action"}]}"#);
    let mut secretless = action("score");
    secretless["variables"][1]["value"] = json!("********");
    let refused = bench.post(NEW_ACTION, &secretless).await;
    insta::assert_snapshot!(refused.text, @r#"{"message":"the action is invalid","errors":[{"field":"variables[1].value","message":"an encrypted variable needs a value"}]}"#);
}

#[tokio::test]
async fn a_secret_is_shown_as_the_tenant_shows_it_and_survives_being_sent_back() {
    for (display, shown) in [
        (SecretDisplay::Masked, json!("********")),
        (SecretDisplay::Empty, json!("")),
        (SecretDisplay::Absent, Value::Null),
    ] {
        let mut config = config();
        config.secret_values = display;
        let bench = Bench::of(config, fresh()).await;
        let made = bench.post(NEW_ACTION, &action("score")).await;
        assert_eq!(made.json()["variables"][1]["value"], shown);
        let before = bench.running.state().to_json();
        let path = format!("{ACTIONS}/{}", id_of(&made));
        assert_eq!(
            bench.put(&path, &made.tag(), &made.json()).await.status,
            200
        );
        let digest = cxda_domain::key::Digest::of("hunter3").to_string();
        let after = bench.running.state().to_json();
        assert!(
            before.contains(&digest) && after.contains(&digest),
            "{display:?}"
        );
        assert!(
            !before.contains("hunter3") && !after.contains("hunter3"),
            "{display:?}"
        );
    }
}

#[tokio::test]
async fn a_key_sent_again_makes_nothing_new() {
    let bench = Bench::fresh().await;
    let made = bench.post_keyed(NEW_ACTION, "k", &action("score")).await;
    let again = bench.post_keyed(NEW_ACTION, "k", &action("score")).await;
    assert_eq!(
        (again.status, again.tag(), again.text),
        (201, made.tag(), made.text.clone())
    );
    let other = bench.post_keyed(NEW_ACTION, "k", &action("other")).await;
    assert_eq!(other.status, 409);
    assert_eq!(named(&bench, "").await, ["score"]);
}

#[tokio::test]
async fn where_neither_key_nor_name_counts_a_repeated_create_makes_two() {
    let mut config = config();
    config.idempotency = KeyHabit::Ignored;
    let bench = Bench::of(config, SimState::fresh(NameRule::Repeatable)).await;
    for _ in 0..2 {
        let made = bench.post_keyed(NEW_ACTION, "k", &action("score")).await;
        assert_eq!(made.status, 201);
    }
    assert_eq!(named(&bench, "filter=name=score").await, ["score", "score"]);
}

#[tokio::test]
async fn a_filter_finds_the_exact_name_encoded_or_not() {
    let mut habits = config();
    habits.filter = FilterHabit::Exact;
    let bench = Bench::of(habits, fresh()).await;
    for name in ["score", "score_2", "Score"] {
        bench.post(NEW_ACTION, &action(name)).await;
    }
    assert_eq!(named(&bench, "filter=name=score").await, ["score"]);
    assert_eq!(named(&bench, "filter=name%3Dscore_2").await, ["score_2"]);
    assert_eq!(named(&bench, "filter=name%3Dsco").await, [""; 0]);
    let unknown = bench.get(&format!("{ACTIONS}?filter=id=1")).await;
    assert_eq!(unknown.status, 400);
    for (habit, found) in [(FilterHabit::Contains, 2), (FilterHabit::Ignored, 3)] {
        let mut habits = config();
        habits.filter = habit;
        let bench = Bench::of(habits, bench.running.state()).await;
        assert_eq!(
            named(&bench, "filter=name=score").await.len(),
            found,
            "{habit:?}"
        );
    }
}

#[tokio::test]
async fn a_listing_is_numbered_by_pages_and_names_its_total() {
    let mut state = fresh();
    let at = UtcMillis::from_epoch_millis(START_MS);
    for number in 0..25 {
        let members = action(&format!("action_{number:02}")).to_string();
        state
            .seed_action(&format!("a{number:02}"), &members, at)
            .unwrap();
    }
    let mut config = config();
    config.page_size_limit = 20;
    let bench = Bench::of(config, state).await;
    for (query, count, page_size) in [
        ("page=1&pageSize=10", 10, 10),
        ("page=3&pageSize=10", 5, 10),
        ("page=4&pageSize=10", 0, 10),
        ("page=4294967295&pageSize=10", 0, 10),
        ("page=1&pageSize=100", 20, 20),
        ("", 20, 20),
    ] {
        let page = bench.get(&format!("{ACTIONS}?{query}")).await.json();
        assert_eq!(page["entities"].as_array().unwrap().len(), count, "{query}");
        assert_eq!(
            (&page["total"], &page["pageSize"]),
            (&json!(25), &json!(page_size)),
            "{query}"
        );
    }
    for query in ["page=0", "page=-1", "page=one", "pageSize=0"] {
        assert_eq!(
            bench.get(&format!("{ACTIONS}?{query}")).await.status,
            400,
            "{query}"
        );
    }
}

#[tokio::test]
async fn an_action_that_is_being_published_is_busy_for_a_while() {
    let mut config = config();
    config.publishing = Duration::from_millis(2_500);
    let bench = Bench::of(config, fresh()).await;
    let made = bench.post(NEW_ACTION, &action("score")).await;
    assert_eq!(made.json()["state"], "PUBLISHING");
    let path = format!("{ACTIONS}/{}", id_of(&made));
    let busy = bench.put(&path, &made.tag(), &action("score")).await;
    assert_eq!((busy.status, busy.header("retry-after")), (409, "3"));
    bench.clock.advance(Duration::from_secs(3));
    assert_eq!(bench.get(&path).await.json()["state"], "PUBLISHED");
    assert_eq!(
        bench.put(&path, &made.tag(), &action("score")).await.status,
        200
    );
}

#[tokio::test]
async fn an_action_that_is_being_deleted_is_busy_until_it_is_gone() {
    let mut config = config();
    config.deleting = Duration::from_secs(5);
    config.profile.conflicts.busy = reqwest::StatusCode::LOCKED;
    let bench = Bench::of(config, fresh()).await;
    let made = bench.post(NEW_ACTION, &action("score")).await;
    let path = format!("{ACTIONS}/{}", id_of(&made));
    assert_eq!(bench.delete(&path).await.status, 204);
    assert_eq!(bench.get(&path).await.json()["state"], "DELETING");
    let busy = bench.put(&path, &made.tag(), &action("score")).await;
    assert_eq!((busy.status, busy.header("retry-after")), (423, "5"));
    bench.clock.advance(Duration::from_secs(5));
    assert_eq!(bench.get(&path).await.status, 404);
    assert_eq!(bench.post(NEW_ACTION, &action("score")).await.status, 201);
}

#[tokio::test]
async fn a_content_hash_or_nothing_may_stand_in_for_the_tag() {
    let mut hashed = config();
    hashed.profile.concurrency = Concurrency::ContentHash;
    let bench = Bench::of(hashed, fresh()).await;
    let made = bench.post(NEW_ACTION, &action("score")).await;
    let canonical = serde_json::to_string(&made.json()).unwrap();
    let want = format!("\"{}\"", cxda_domain::key::Digest::of(canonical));
    let path = format!("{ACTIONS}/{}", id_of(&made));
    assert_eq!(bench.get(&path).await.tag(), want);
    bench.clock.advance(Duration::from_millis(1));
    assert_eq!(bench.put(&path, &want, &action("score")).await.status, 200);
    assert_eq!(bench.put(&path, &want, &action("score")).await.status, 412);

    let mut untagged = config();
    untagged.profile.concurrency = Concurrency::None;
    let bench = Bench::of(untagged, fresh()).await;
    let made = bench.post(NEW_ACTION, &action("score")).await;
    assert_eq!(made.tag(), "");
    let path = format!("{ACTIONS}/{}", id_of(&made));
    assert_eq!(
        bench.put(&path, "\"any\"", &action("score")).await.status,
        200
    );
}

#[tokio::test]
async fn a_create_may_ignore_blocks_that_a_replace_takes() {
    let mut config = config();
    config.ignored_on_create = vec!["variables".to_owned(), "cacheEnabled".to_owned()];
    let bench = Bench::of(config, fresh()).await;
    let made = bench.post(NEW_ACTION, &action("score")).await;
    assert_eq!(made.json().get("variables"), None);
    assert_eq!(made.json().get("cacheEnabled"), None);
    let path = format!("{ACTIONS}/{}", id_of(&made));
    let replaced = bench.put(&path, &made.tag(), &action("score")).await;
    assert_eq!(replaced.json()["variables"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_sandbox_test_runs_the_script_and_says_what_came_of_it() {
    let threw = |at| ScriptEnd::Threw {
        message: "TypeError: no".to_owned(),
        at,
    };
    let ends = [
        (
            "sound",
            ScriptEnd::Returned(json!({"score": 12})),
            r#"{"status":"SUCCESS","output":{"score":12}}"#,
        ),
        (
            "silent",
            ScriptEnd::Returned(json!(null)),
            r#"{"status":"SUCCESS","output":null}"#,
        ),
        (
            "throws",
            threw(Some(Mark::new(3, 5))),
            r#"{"status":"FAILED","error":"TypeError: no (line 3, column 5)"}"#,
        ),
        (
            "throws_anywhere",
            threw(None),
            r#"{"status":"FAILED","error":"TypeError: no"}"#,
        ),
        (
            "endless",
            ScriptEnd::Stopped(ScriptLimit::Time),
            r#"{"status":"FAILED","error":"it took too long and was stopped"}"#,
        ),
    ];
    let source = |name: &str| format!("function main() {{ /* {name} */ }}");
    let scripts = ends
        .iter()
        .fold(MemoryScripts::new(), |scripts, (name, end, _)| {
            scripts.ending(&source(name), end.clone(), &[])
        });
    let bench = Bench::with_scripts(scripts).await;
    let input = json!({"input": {"testField": "validation_payload"}});
    for (name, _, want) in ends {
        let mut action = action(name);
        action["script"]["content"] = json!(source(name));
        let made = bench.post(NEW_ACTION, &action).await;
        let test = format!("{NEW_ACTION}/{}/test", id_of(&made));
        let answer = bench.post(&test, &input).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, want));
    }
}

#[tokio::test]
async fn a_sandbox_test_that_cannot_be_run_says_why() {
    let bench = Bench::fresh().await;
    let made = bench.post(NEW_ACTION, &action("score")).await;
    let mut off = action("off");
    off["enabled"] = json!(false);
    let off = bench.post(NEW_ACTION, &off).await;
    let test = |id: String| format!("{NEW_ACTION}/{id}/test");
    let input = json!({"input": {}});
    let failed = bench.post(&test(id_of(&off)), &input).await;
    insta::assert_snapshot!(failed.text, @r#"{"status":"FAILED","error":"the action is not enabled"}"#);
    assert_eq!(
        bench.post(&test("none".to_owned()), &input).await.status,
        404
    );
    assert_eq!(
        bench.post(&test(id_of(&made)), &json!({})).await.status,
        400
    );
}

#[tokio::test]
async fn a_large_tenant_is_listed_whole() {
    let mut state = fresh();
    let at = UtcMillis::from_epoch_millis(START_MS);
    let script = "x".repeat(1_024);
    for number in 0..10_000 {
        let name = format!("action_{number:05}");
        let members =
            json!({"name": name, "script": {"language": "JavaScript", "content": script}});
        state.seed_action(&name, &members.to_string(), at).unwrap();
    }
    let mut config = config();
    config.rate_limit = None;
    let bench = Bench::of(config, state).await;
    let mut listed = 0;
    for page in 1..=100 {
        let page = bench
            .get(&format!("{ACTIONS}?page={page}&pageSize=100"))
            .await
            .json();
        listed += page["entities"].as_array().unwrap().len();
    }
    assert_eq!(listed, 10_000);
}
