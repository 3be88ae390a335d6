//! The state outlives the simulator.

use std::error::Error;
use std::sync::{Arc, Mutex};

use cxda_simulator::faults::FaultScript;
use cxda_simulator::{NameRule, SimState, StateSink};
use serde_json::json;

use crate::bench::{ACTIONS, Bench, NEW_ACTION, VIEWS, action, config, fresh, view};

/// Keeps the last state and counts; refuses while told to.
#[derive(Debug, Default)]
struct Shelf(Mutex<ShelfContent>);

#[derive(Debug, Default)]
struct ShelfContent {
    saves: u32,
    kept: String,
    refusing: bool,
}

impl StateSink for Shelf {
    fn save(&self, json: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
        let mut content = self.0.lock().unwrap();
        if content.refusing {
            return Err("the shelf is full".into());
        }
        content.saves += 1;
        json.clone_into(&mut content.kept);
        Ok(())
    }
}

async fn shelved() -> (Bench, Arc<Shelf>) {
    let shelf = Arc::new(Shelf::default());
    let sink = Arc::clone(&shelf);
    let bench = Bench::with(config(), fresh(), |simulator| simulator.with_sink(sink)).await;
    (bench, shelf)
}

#[tokio::test]
async fn every_write_is_kept_before_it_is_answered_and_a_read_keeps_nothing() {
    let (bench, shelf) = shelved().await;
    let saves = || shelf.0.lock().unwrap().saves;
    assert_eq!(saves(), 0);
    let made = bench.post(NEW_ACTION, &action("score")).await;
    assert_eq!(saves(), 1);
    assert!(
        shelf
            .0
            .lock()
            .unwrap()
            .kept
            .contains(made.json()["id"].as_str().unwrap())
    );
    bench.get(ACTIONS).await;
    bench.post(NEW_ACTION, &action("score")).await;
    assert_eq!(saves(), 1, "neither a read nor a refusal changes anything");
    bench
        .delete(&format!(
            "{ACTIONS}/{}",
            made.json()["id"].as_str().unwrap()
        ))
        .await;
    assert_eq!(saves(), 2);
}

#[tokio::test]
async fn writes_at_once_are_all_kept() {
    let (bench, shelf) = shelved().await;
    let names: Vec<String> = (0..20).map(|number| format!("action_{number}")).collect();
    let bodies: Vec<_> = names.iter().map(|name| action(name)).collect();
    let writes = bodies.iter().map(|body| bench.post(NEW_ACTION, body));
    for made in futures_util::future::join_all(writes).await {
        assert_eq!(made.status, 201);
    }
    let kept = shelf.0.lock().unwrap().kept.clone();
    assert_eq!(kept, bench.running.stop().await.to_json());
}

#[tokio::test]
async fn another_simulator_goes_on_from_what_was_kept() {
    let (bench, shelf) = shelved().await;
    let seen = bench.post_keyed(VIEWS, "k", &view("calls_mv")).await;
    let made = bench.post(NEW_ACTION, &action("score")).await;
    let kept = shelf.0.lock().unwrap().kept.clone();
    drop(bench);
    let state = SimState::from_json(&kept, NameRule::Unique).unwrap();
    let bench = Bench::of(config(), state).await;
    let again = bench.post_keyed(VIEWS, "k", &view("calls_mv")).await;
    assert_eq!((again.status, again.text), (201, seen.text));
    let path = format!("{ACTIONS}/{}", made.json()["id"].as_str().unwrap());
    let read = bench.get(&path).await;
    assert_eq!(
        (read.text, read.headers["etag"].clone()),
        (made.text, made.headers["etag"].clone())
    );
}

#[tokio::test]
async fn what_cannot_be_kept_is_not_answered_as_done() {
    let (bench, shelf) = shelved().await;
    shelf.0.lock().unwrap().refusing = true;
    let lost = bench.post_keyed(NEW_ACTION, "k", &action("score")).await;
    assert_eq!(lost.status, 500);
    assert_eq!(
        lost.json(),
        json!({"message": "the simulator's state could not be kept"})
    );
    assert_eq!(bench.get(ACTIONS).await.status, 200);
    shelf.0.lock().unwrap().refusing = false;
    let again = bench.post_keyed(NEW_ACTION, "k", &action("score")).await;
    assert_eq!(again.status, 201);
    assert!(shelf.0.lock().unwrap().kept.contains("score"));
}

#[tokio::test]
async fn what_somebody_else_changes_before_a_read_is_kept_too() {
    let (bench, shelf) = shelved().await;
    bench.post(NEW_ACTION, &action("score")).await;
    let script = json!({"formatVersion": "1.0", "rules": [
        {"operation": "listActions", "fault": {"kind": "vanish"}},
    ]});
    let faults = FaultScript::from_json(&script.to_string()).unwrap();
    bench.running.set_faults(faults);
    bench.get(&format!("{ACTIONS}?filter=name%3Dscore")).await;
    assert!(!shelf.0.lock().unwrap().kept.contains("score"));
}
