//! Secrets: when they are sent anew, and that no plan shows one.

use super::*;

/// An action with these variables.
fn with(variables: &str) -> String {
    action("score", &format!(r#", "variables": [{variables}]"#))
}

const ENCRYPTED: &str =
    r#"{"name": "auth", "type": "string", "encrypted": true, "valueFrom": {"env": "AUTH"}}"#;
const BY_REFERENCE: &str = r#"{"name": "auth", "type": "string", "valueFrom": {"env": "AUTH"}}"#;
const LITERAL: &str = r#"{"name": "auth", "type": "string", "value": "plain"}"#;
const CANARY: &str = "canary-5b1f";

/// Asserts that the plan shows no canary, wherever one looks.
fn assert_silent(plan: &Plan) {
    assert!(!plan.changes.is_empty());
    let fields: Vec<_> = plan.changes.iter().map(|change| &change.fields).collect();
    assert!(!serde_json::to_string(&fields).unwrap().contains("canary"));
    assert!(!format!("{plan:?}").contains("canary"));
}

#[test]
fn an_encrypted_variable_that_is_as_applied_gives_no_change() {
    let world = World::new(&with(ENCRYPTED)).settled();
    insta::assert_snapshot!(text(&world.plan()), @"1 unchanged, 0 to note");
}

#[test]
fn an_encrypted_variable_of_which_the_journal_knows_nothing_is_an_update() {
    let mut world = World::new(&with(ENCRYPTED)).settled();
    world.applied.clear();
    insta::assert_snapshot!(text(&world.plan()), @r#"
    update action/score pending adopts
      variables.auth.value: "(hidden)" -> "(hidden, changed)"
    0 unchanged, 0 to note
    "#);
    let mut world = World::new(&with(ENCRYPTED)).settled();
    world
        .applied
        .values_mut()
        .for_each(|applied| applied.secrets.clear());
    insta::assert_snapshot!(text(&world.plan()), @r#"
    update action/score pending
      variables.auth.value: "(hidden)" -> "(hidden, changed)"
    0 unchanged, 0 to note
    "#);
}

#[test]
fn an_encrypted_variable_of_a_resource_that_took_the_name_is_an_update() {
    let mut world = World::new(&with(ENCRYPTED)).settled();
    world.there[0].id = "another".parse().unwrap();
    insta::assert_snapshot!(text(&world.plan()), @r#"
    update action/score pending adopts
      variables.auth.value: "(hidden)" -> "(hidden, changed)"
    0 unchanged, 0 to note
    "#);
}

#[test]
fn a_secret_that_changed_is_an_update_and_is_not_shown() {
    let world = World::new(&with(ENCRYPTED)).settled();
    let plan = world.with_value("AUTH", CANARY).plan();
    insta::assert_snapshot!(text(&plan), @r#"
    update action/score pending
      variables.auth.value: "(hidden)" -> "(hidden, changed)"
    0 unchanged, 0 to note
    "#);
    assert_silent(&plan);
}

#[test]
fn a_secret_that_changed_while_the_tenant_drifted_is_a_conflict() {
    let mut world = World::new(&with(ENCRYPTED))
        .settled()
        .with_value("AUTH", CANARY);
    world
        .remote("score")
        .insert("description".into(), json!("moved"));
    insta::assert_snapshot!(text(&world.plan()), @r#"
    update action/score conflict
      description: "moved" -> "d"
      variables.auth.value: "(hidden)" -> "(hidden, changed)"
    0 unchanged, 0 to note
    "#);
}

#[test]
fn a_new_encrypted_variable_is_one_difference() {
    let world = World::new(&with(""))
        .settled()
        .with_project(&with(ENCRYPTED));
    insta::assert_snapshot!(text(&world.with_value("AUTH", CANARY).plan()), @r#"
    update action/score pending
      variables.auth: null -> {"encrypted":true,"scope":"action","type":"string"}
    0 unchanged, 0 to note
    "#);
}

#[test]
fn a_variable_that_becomes_encrypted_is_sent_and_its_old_value_is_not_shown() {
    let world = World::new(&with(&LITERAL.replace("plain", CANARY))).settled();
    let plan = world.with_project(&with(ENCRYPTED)).plan();
    insta::assert_snapshot!(text(&plan), @r#"
    update action/score pending
      variables.auth.encrypted: false -> true
      variables.auth.value: "(hidden)" -> "(hidden, changed)"
    0 unchanged, 0 to note
    "#);
    assert_silent(&plan);
}

#[test]
fn a_value_by_reference_is_hidden_although_it_is_not_encrypted() {
    let world = World::new(&with(BY_REFERENCE)).with_value("AUTH", CANARY);
    assert_silent(&world.plan());
    let settled = world.settled();
    let plan = settled.clone().with_value("AUTH", "canary-two").plan();
    insta::assert_snapshot!(text(&plan), @r#"
    update action/score pending
      variables.auth.value: "(hidden)" -> "(hidden, changed)"
    0 unchanged, 0 to note
    "#);
    assert_silent(&plan);
    assert!(settled.plan().changes.is_empty());
}

#[test]
fn a_new_variable_by_reference_is_hidden_and_a_literal_is_not() {
    let literal = LITERAL.replace("auth", "limit");
    let world = World::new(&with("")).settled().with_value("AUTH", CANARY);
    let plan = world
        .with_project(&with(&format!("{BY_REFERENCE}, {literal}")))
        .plan();
    insta::assert_snapshot!(text(&plan), @r#"
    update action/score pending
      variables.auth: null -> {"encrypted":false,"scope":"action","type":"string","value":"(hidden)"}
      variables.limit: null -> {"encrypted":false,"scope":"action","type":"string","value":"plain"}
    0 unchanged, 0 to note
    "#);
    assert_silent(&plan);
}

#[test]
fn the_value_of_a_variable_that_goes_is_hidden_for_it_may_have_come_by_reference() {
    let world = World::new(&with(BY_REFERENCE))
        .with_value("AUTH", CANARY)
        .settled();
    let plan = world.with_project(&with("")).plan();
    insta::assert_snapshot!(text(&plan), @r#"
    update action/score pending
      variables.auth: {"encrypted":false,"scope":"action","type":"string","value":"(hidden)"} -> null
    0 unchanged, 0 to note
    "#);
    assert_silent(&plan);
}

#[test]
fn a_literal_is_shown_unless_it_looks_like_a_secret() {
    let literal = |name: &str, value: &str| {
        with(&format!(
            r#"{{"name": "{name}", "type": "string", "value": "{value}"}}"#
        ))
    };
    let plan = |name: &str, from: &str, to: &str| {
        let world = World::new(&literal(name, from)).settled();
        world.with_project(&literal(name, to)).plan()
    };
    insta::assert_snapshot!(text(&plan("region", "eu-1", "us-1")), @r#"
    update action/score pending
      variables.region.value: "eu-1" -> "us-1"
    0 unchanged, 0 to note
    "#);
    let secret = plan("api_token", "canary-before", "canary-after");
    insta::assert_snapshot!(text(&secret), @r#"
    update action/score pending
      variables.api_token.value: "(hidden)" -> "(hidden, changed)"
    0 unchanged, 0 to note
    "#);
    assert_silent(&secret);
    assert_silent(&World::new(&literal("api_token", CANARY)).plan());
}

#[test]
fn a_remote_variable_whose_name_has_a_dot_is_hidden_as_a_whole() {
    let mut world = World::new(&with(LITERAL)).settled();
    let odd = json!({"type": "string", "value": CANARY, "encrypted": false, "scope": "action"});
    world.remote("score").get_mut("variables").unwrap()["auth.value"] = odd;
    let plan = world.plan();
    insta::assert_snapshot!(text(&plan), @r#"
    update action/score pending
      variables.auth.value: {"encrypted":false,"scope":"action","type":"string","value":"(hidden)"} -> null
    0 unchanged, 0 to note
    "#);
    assert_silent(&plan);
}

#[test]
fn what_the_journal_keeps_of_a_secret_is_its_fingerprint() {
    let world = World::new(&with(ENCRYPTED))
        .with_value("AUTH", CANARY)
        .settled();
    let kept = serde_json::to_string(&world.applied.values().collect::<Vec<_>>()).unwrap();
    assert!(!kept.contains("canary"));
    assert!(!kept.contains("variables.auth.value"));
    assert!(kept.contains(r#""secrets":{"auth":"#));
}
