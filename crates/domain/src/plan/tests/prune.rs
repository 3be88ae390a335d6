//! What `--prune` deletes, and what it leaves.

use super::*;

/// A tenant on which `text` was applied, and a project that holds `rest` of it.
fn shrunk(text: &str, rest: &str) -> World {
    World::new(text).settled().with_project(rest).with_prune()
}

fn protected(document: &str) -> String {
    document.replace(r#""}, "spec""#, r#"", "protect": true}, "spec""#)
}

#[test]
fn nothing_is_deleted_unless_asked_for() {
    let mut world = shrunk(&action("score", ""), "");
    world.scope.prune = false;
    insta::assert_snapshot!(text(&world.plan()), @"0 unchanged, 0 to note");
}

#[test]
fn what_was_applied_and_is_not_declared_any_more_is_deleted_by_its_id() {
    let plan = shrunk(&action("score", ""), "").plan();
    insta::assert_snapshot!(text(&plan), @"
    delete action/score pending
    0 unchanged, 0 to note
    ");
    assert_eq!(
        plan.changes[0].id.as_ref().unwrap().as_str(),
        "id-action-score"
    );
    assert!(plan.changes[0].listed.is_some());
}

#[test]
fn what_somebody_else_made_stays() {
    let mut world = shrunk(&(action("ours", "") + &action("theirs", "")), "");
    world.applied.remove(&Address::action("theirs"));
    insta::assert_snapshot!(text(&world.plan()), @"
    delete action/ours pending
    0 unchanged, 0 to note
    ");
}

#[test]
fn what_took_the_name_of_ours_stays() {
    let mut world = shrunk(&action("score", ""), "");
    world.there[0].id = "another".parse().unwrap();
    insta::assert_snapshot!(text(&world.plan()), @"0 unchanged, 0 to note");
}

#[test]
fn of_two_under_one_name_ours_is_deleted() {
    let mut world = shrunk(&action("score", ""), "");
    let mut twin = world.there[0].clone();
    twin.id = "another".parse().unwrap();
    world.there.insert(0, twin);
    let plan = world.plan();
    assert_eq!(
        plan.changes[0].id.as_ref().unwrap().as_str(),
        "id-action-score"
    );
}

#[test]
fn what_is_gone_already_needs_no_delete() {
    let mut world = shrunk(&action("score", ""), "");
    world.there.clear();
    insta::assert_snapshot!(text(&world.plan()), @"0 unchanged, 0 to note");
}

#[test]
fn what_is_protected_stays_and_is_listed_with_all_that_it_needs() {
    let all = protected(&needing("top", &["middle"]))
        + &needing("middle", &["base"])
        + &needing("base", &[])
        + &needing("other", &["base"]);
    insta::assert_snapshot!(text(&shrunk(&all, "").plan()), @"
    delete action/other pending
    keep action/base, needed by action/middle
    keep action/middle, needed by action/top
    keep action/top, protected
    0 unchanged, 0 to note
    ");
}

#[test]
fn what_a_resource_of_somebody_else_needs_stays() {
    let all = needing("ours", &[]) + &needing("theirs", &["ours"]);
    let mut world = shrunk(&all, "");
    world.applied.remove(&Address::action("theirs"));
    insta::assert_snapshot!(text(&world.plan()), @"
    keep action/ours, needed by action/theirs
    0 unchanged, 0 to note
    ");
}

#[test]
fn what_a_declared_resource_will_need_stays_what_it_needed_goes() {
    let old = needing("top", &["old"]) + &needing("old", &[]) + &needing("kept", &[]);
    insta::assert_snapshot!(text(&shrunk(&old, &needing("top", &["kept"])).plan()), @r#"
    update action/top pending
      dependencies: ["old"] -> ["kept"]
    delete action/old pending
    keep action/kept, needed by action/top
    0 unchanged, 0 to note
    "#);
}

#[test]
fn what_a_declared_resource_outside_the_targets_still_needs_stays() {
    let old = needing("top", &["old"]) + &needing("old", &[]) + &needing("gone", &[]);
    let world = shrunk(&old, &needing("top", &[]));
    let targets = ["action/old", "action/gone"];
    insta::assert_snapshot!(text(&world.with_targets(&targets).plan()), @"
    delete action/gone pending
    keep action/old, needed by action/top
    0 unchanged, 0 to note
    ");
}

/// What a person is told of resources that no manifest names.
fn notes(plan: &Plan) -> String {
    let notes = plan.notes().into_iter();
    let line = |note: Violation| {
        let hint = note.hint.map(|hint| format!(" ({hint})"));
        format!(
            "{} {}{}\n",
            note.rule,
            note.message,
            hint.unwrap_or_default()
        )
    };
    notes.map(line).collect()
}

#[test]
fn what_is_left_over_is_named_where_it_is_not_pruned() {
    let all = action("one", "") + &action("two", "") + &action("theirs", "");
    let mut world = shrunk(&all, "");
    world.scope.prune = false;
    world.applied.remove(&Address::action("theirs"));
    insta::assert_snapshot!(notes(&world.plan()), @"W006 action/one and 1 more were made here and no manifest names them any more (`--prune` deletes what is left over)");
    insta::assert_snapshot!(notes(&world.clone().with_targets(&["action/two"]).plan()), @"W006 action/two was made here and no manifest names it any more (`--prune` deletes what is left over)");
    assert_eq!(notes(&world.with_prune().plan()), "");
}

#[test]
fn what_stays_in_spite_of_pruning_is_named_with_its_reason() {
    let all = protected(&needing("top", &["base"])) + &needing("base", &[]);
    insta::assert_snapshot!(notes(&shrunk(&all, "").plan()), @"
    W005 action/base stays although no manifest names it: action/top depends on it
    W005 action/top stays although no manifest names it: it is protected
    ");
}

#[test]
fn targets_limit_what_is_deleted() {
    let world = shrunk(&(action("one", "") + &action("two", "")), "");
    insta::assert_snapshot!(text(&world.with_targets(&["action/two"]).plan()), @"
    delete action/two pending
    0 unchanged, 0 to note
    ");
}

#[test]
fn ten_thousand_deletes_of_which_each_is_needed_take_linear_time() {
    const MANY: usize = 10_000;
    let name = |number: usize| format!("a_{number:05}");
    let chain: String = (1..MANY)
        .map(|number| needing(&name(number), &[&name(number - 1)]))
        .collect();
    let chain = action(&name(0), "") + &chain;
    let all = shrunk(&chain, "").plan();
    assert_eq!(all.count(ChangeKind::Delete), MANY);
    assert_eq!(all.changes[0].address.name, name(MANY - 1));
    let mut world = shrunk(&chain, "");
    world.applied.remove(&Address::action(name(MANY - 1)));
    let none = world.plan();
    assert_eq!((none.changes.len(), none.kept.len()), (0, MANY - 1));
}
