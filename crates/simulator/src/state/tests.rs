//! What a state keeps and what it refuses.

use cxda_adapters_memory::collection::Keyed;
use cxda_domain::key::{Digest, IdempotencyKey};

use super::*;

const AT: i64 = 1_700_000_000_000;

fn filled() -> SimState {
    let at = UtcMillis::from_epoch_millis(AT);
    let mut state = SimState::fresh(NameRule::Unique);
    state
        .seed_view("v1", r#"{"id":"x","name":"calls","big":1e400}"#, at)
        .unwrap();
    let action =
        r#"{"name":"score","variables":[{"name":"t","value":"hunter2","encrypted":true}]}"#;
    state.seed_action("a1", action, at).unwrap();
    state.relay(RelayedWebhook {
        received_ms: AT,
        target_url: "https://example.com".to_owned(),
        payload: RawValue::from_string("{\"n\":1.00}".to_owned()).unwrap(),
    });
    state
}

#[test]
fn a_state_comes_back_byte_for_byte_and_without_secrets() {
    let json = filled().to_json();
    let again = SimState::from_json(&json, NameRule::Unique).unwrap();
    assert_eq!(again.to_json(), json);
    assert!(json.contains("1e400"));
    assert!(!json.contains("hunter2"));
}

#[test]
fn first_answers_are_kept_in_full_only_where_the_record_moved_on() {
    let mut state = SimState::fresh(NameRule::Unique);
    for id in ["v1", "v2"] {
        let draft = Draft {
            id: id.to_owned(),
            name: id.to_owned(),
            value: StoredView {
                members: Document::default(),
                created_ms: AT,
                active_from_ms: AT,
                indexed_from_ms: AT,
            },
        };
        let keyed = Keyed {
            key: IdempotencyKey::new(id),
            payload: Digest::of(id),
        };
        state.views.insert(draft, Some(keyed)).unwrap();
    }
    state.views.remove("v2");
    let json = state.to_json();
    assert_eq!(json.matches("\"first\"").count(), 1);
    let again = SimState::from_json(&json, NameRule::Unique).unwrap();
    assert_eq!(again.views.snapshot().answers.len(), 2);
}

#[test]
fn a_text_that_is_no_state_is_refused() {
    let json = filled().to_json();
    let other = json.replace("\"formatVersion\":\"1.0\"", "\"formatVersion\":\"2.0\"");
    let names = NameRule::Unique;
    assert!(matches!(
        SimState::from_json(&other, names),
        Err(StateError::Version { found }) if found == "2.0"
    ));
    let cut = &json[..json.len() - 1];
    assert!(matches!(
        SimState::from_json(cut, names),
        Err(StateError::Malformed { .. })
    ));
    let twice = json.replace("\"sequence\":1", "\"sequence\":9");
    assert!(matches!(
        SimState::from_json(&twice, names),
        Err(StateError::Damaged { .. })
    ));
}

#[test]
fn what_cannot_be_seeded_says_why() {
    let at = UtcMillis::from_epoch_millis(AT);
    let mut state = filled();
    let malformed = state.seed_view("v2", "{}", at);
    assert!(matches!(malformed, Err(SeedError::Malformed)));
    let taken = state.seed_action("a2", r#"{"name":"score"}"#, at);
    assert!(matches!(taken, Err(SeedError::Taken { .. })));
    let bare = r#"{"name":"other","variables":[{"name":"t","encrypted":true}]}"#;
    let secretless = state.seed_action("a3", bare, at);
    assert!(matches!(secretless, Err(SeedError::NoSecret)));
}

#[test]
fn an_action_that_departs_is_there_until_it_is_due_also_after_being_kept() {
    let mut state = filled();
    assert!(state.depart("a1", AT + 10));
    assert!(
        state.depart("a1", AT + 99),
        "departing again changes nothing"
    );
    assert!(!state.depart("a2", AT));
    let mut state = SimState::from_json(&state.to_json(), NameRule::Unique).unwrap();
    state.sweep(UtcMillis::from_epoch_millis(AT + 9));
    assert!(state.actions.get("a1").is_some());
    state.sweep(UtcMillis::from_epoch_millis(AT + 10));
    assert!(state.actions.get("a1").is_none());
}

#[test]
fn names_that_were_shared_are_read_and_from_then_on_unique() {
    let at = UtcMillis::from_epoch_millis(5);
    let mut shared = SimState::fresh(NameRule::Repeatable);
    for id in ["a", "b"] {
        shared.seed_action(id, r#"{"name":"score"}"#, at).unwrap();
    }
    let mut read = SimState::from_json(&shared.to_json(), NameRule::Unique).unwrap();
    assert_eq!(read.actions.named("score").count(), 2);
    assert!(read.seed_action("c", r#"{"name":"score"}"#, at).is_err());
}
