//! Which side moved: pending, drift, conflict, and resources that are taken over.

use super::*;

/// The least action with this description.
fn described(description: &str) -> String {
    action("score", "").replace(r#""d""#, &format!("{description:?}"))
}

#[test]
fn the_file_moved_the_tenant_moved_both_moved() {
    for (file, tenant, want) in [
        ("a", "a", "0 changes"),
        ("b", "a", "pending"),
        ("a", "b", "drift"),
        ("b", "c", "conflict"),
        // Both moved to the same: nothing is left to do but to note it.
        ("b", "b", "0 changes, noted"),
    ] {
        let mut world = World::new(&described("a"))
            .settled()
            .with_project(&described(file));
        world
            .remote("score")
            .insert("description".into(), json!(tenant));
        let plan = world.plan();
        let found = match plan.changes.as_slice() {
            [] if plan.to_note.is_empty() => "0 changes",
            [] => "0 changes, noted",
            [change] => change.cause.as_str(),
            _ => "more",
        };
        assert_eq!(found, want, "file {file}, tenant {tenant}");
    }
}

#[test]
fn fields_that_moved_on_different_sides_make_a_conflict() {
    let mut world = World::new(&described("a"))
        .settled()
        .with_project(&described("b"));
    world.remote("score").insert(
        "script".into(),
        json!({"language": "JavaScript", "content": "other"}),
    );
    insta::assert_snapshot!(text(&world.plan()), @r#"
    update action/score conflict
      description: "a" -> "b"
      script.content: "other" -> "main"
    0 unchanged, 0 to note
    "#);
}

#[test]
fn a_resource_that_was_never_applied_is_taken_over() {
    let mut world = World::new(&described("a")).settled();
    world.applied.clear();
    let plan = world.plan();
    assert!(plan.changes.is_empty());
    assert_eq!(plan.to_note.len(), 1);
    let settled = world.clone().after(&plan);
    assert!(settled.plan().to_note.is_empty());
    insta::assert_snapshot!(text(&world.with_project(&described("b")).plan()), @r#"
    update action/score pending adopts
      description: "a" -> "b"
    0 unchanged, 0 to note
    "#);
}

#[test]
fn another_resource_under_a_known_name_is_not_ours_whatever_the_journal_says() {
    let mut world = World::new(&described("a"))
        .settled()
        .with_project(&described("b"));
    world.there[0].id = "somebody-elses".parse().unwrap();
    let plan = world.plan();
    insta::assert_snapshot!(text(&plan), @r#"
    update action/score pending adopts
      description: "a" -> "b"
    0 unchanged, 0 to note
    "#);
    assert_eq!(
        plan.changes[0].id.as_ref().unwrap().as_str(),
        "somebody-elses"
    );
    // Where it is as wanted, the journal learns of its id.
    let world = world.with_project(&described("a"));
    assert_eq!(world.plan().to_note[0].id.as_str(), "somebody-elses");
}

#[test]
fn h_17_what_was_applied_and_is_gone_is_made_again_as_drift() {
    let mut world = World::new(&described("a")).settled();
    world.there.clear();
    insta::assert_snapshot!(text(&world.plan()), @"
    create action/score drift
    0 unchanged, 0 to note
    ");
}

#[test]
fn m_19_a_rename_is_a_create_and_with_prune_a_delete() {
    let renamed = action("rank", "");
    let world = World::new(&action("score", ""))
        .settled()
        .with_project(&renamed);
    insta::assert_snapshot!(text(&world.plan()), @"
    create action/rank pending
    0 unchanged, 0 to note
    ");
    insta::assert_snapshot!(text(&world.with_prune().plan()), @"
    create action/rank pending
    delete action/score pending
    0 unchanged, 0 to note
    ");
}

#[test]
fn protection_that_changed_is_noted_without_a_request() {
    let protected = action("score", "").replace(
        r#"{"name": "score"}"#,
        r#"{"name": "score", "protect": true}"#,
    );
    let world = World::new(&action("score", ""))
        .settled()
        .with_project(&protected);
    let plan = world.plan();
    assert!(plan.changes.is_empty());
    assert_eq!(plan.requests.total(), 0);
    assert!(plan.to_note[0].protect);
}

#[test]
fn a_variable_that_somebody_added_is_drift_one_that_the_file_dropped_is_pending() {
    let variable = |name: &str| format!(r#"{{"name": "{name}", "type": "integer", "value": 1}}"#);
    let with = |list: &str| action("score", &format!(r#", "variables": [{list}]"#));
    let mut world = World::new(&with(&variable("a"))).settled();
    let added = json!({"type": "integer", "value": "2", "encrypted": false, "scope": "action"});
    let variables = world.remote("score").get_mut("variables").unwrap();
    variables["b"] = added;
    insta::assert_snapshot!(text(&world.plan()), @r#"
    update action/score drift
      variables.b: {"encrypted":false,"scope":"action","type":"integer","value":"(hidden)"} -> null
    0 unchanged, 0 to note
    "#);
    let world = World::new(&with(&variable("a")))
        .settled()
        .with_project(&with(""));
    insta::assert_snapshot!(text(&world.plan()), @r#"
    update action/score pending
      variables.a: {"encrypted":false,"scope":"action","type":"integer","value":"(hidden)"} -> null
    0 unchanged, 0 to note
    "#);
}

#[test]
fn a_number_that_the_tenant_writes_otherwise_has_not_moved() {
    let cached = |ttl: u32| {
        action(
            "score",
            &format!(r#", "cache": {{"key": "k", "ttl": {ttl}}}"#),
        )
    };
    let mut world = World::new(&cached(60)).settled().with_project(&cached(70));
    world.remote("score").get_mut("cache").unwrap()["ttl"] = json!(60.0);
    assert_eq!(world.plan().changes[0].cause, Cause::Pending);
}
