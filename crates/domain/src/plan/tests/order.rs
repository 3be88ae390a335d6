//! The order of changes.

use super::*;

fn addresses(plan: &Plan) -> Vec<String> {
    let change = |change: &Change| format!("{} {}", change.kind.as_str(), change.address);
    plan.changes.iter().map(change).collect()
}

#[test]
fn views_come_before_actions_dependencies_first_and_ties_by_address() {
    let project = needing("aaa", &["zzz"])
        + &needing("zzz", &[])
        + &needing("bbb", &[])
        + &view("a_top", r#"{"view": "z_base"}"#)
        + &table_view("z_base")
        + &table_view("m_other");
    insta::assert_debug_snapshot!(addresses(&World::new(&project).plan()), @r#"
    [
        "create view/m_other",
        "create view/z_base",
        "create view/a_top",
        "create action/bbb",
        "create action/zzz",
        "create action/aaa",
    ]
    "#);
}

#[test]
fn a_change_waits_for_those_it_depends_on_and_for_no_other() {
    let project = needing("top", &["one", "two"])
        + &needing("one", &["base"])
        + &needing("two", &["base"])
        + &needing("base", &[]);
    insta::assert_snapshot!(text(&World::new(&project).plan()), @"
    create action/base pending
    create action/one pending after action/base
    create action/two pending after action/base
    create action/top pending after action/one, action/two
    0 unchanged, 0 to note
    ");
    // What is as wanted is not waited for.
    let settled = World::new(&project).settled();
    let changed = project.replace(r#"["base"]"#, "[]").replace(
        r#""description": "d", "script": {"content": "main"}, "dependencies": ["one", "two"]"#,
        r#""description": "e", "script": {"content": "main"}, "dependencies": ["one", "two"]"#,
    );
    insta::assert_snapshot!(text(&settled.with_project(&changed).plan()), @r#"
    update action/one pending
      dependencies: ["base"] -> []
    update action/two pending
      dependencies: ["base"] -> []
    update action/top pending after action/one, action/two
      description: "d" -> "e"
    1 unchanged, 0 to note
    "#);
}

#[test]
fn deletes_come_last_and_in_reverse() {
    let old = needing("top", &["middle"])
        + &needing("middle", &["base"])
        + &needing("base", &[])
        + &view("v_top", r#"{"view": "v_base"}"#)
        + &table_view("v_base");
    let world = World::new(&old)
        .settled()
        .with_project(&action("new", ""))
        .with_prune();
    insta::assert_snapshot!(text(&world.plan()), @"
    create action/new pending
    delete action/top pending
    delete action/middle pending after action/top
    delete action/base pending after action/middle
    delete view/v_top pending
    delete view/v_base pending after view/v_top
    0 unchanged, 0 to note
    ");
}

#[test]
fn an_update_that_no_longer_needs_something_stands_before_its_delete() {
    let old = needing("top", &["base"]) + &needing("base", &[]);
    let world = World::new(&old)
        .settled()
        .with_project(&needing("top", &[]))
        .with_prune();
    insta::assert_snapshot!(text(&world.plan()), @r#"
    update action/top pending
      dependencies: ["base"] -> []
    delete action/base pending
    0 unchanged, 0 to note
    "#);
}

#[test]
fn a_view_and_an_action_of_one_name_do_not_wait_for_each_other() {
    let project = needing("one", &["two"])
        + &needing("two", &[])
        + &view("two", r#"{"view": "one"}"#)
        + &table_view("one");
    insta::assert_snapshot!(text(&World::new(&project).plan()), @"
    create view/one pending
    create view/two pending after view/one
    create action/two pending
    create action/one pending after action/two
    0 unchanged, 0 to note
    ");
}

#[test]
fn m_11_a_chain_of_10000_is_ordered() {
    const LENGTH: usize = 10_000;
    let name = |number: usize| format!("a_{number:05}");
    let project: String = (1..LENGTH)
        .map(|number| needing(&name(number), &[&name(number - 1)]))
        .collect();
    let plan = World::new(&(action(&name(0), "") + &project)).plan();
    let ordered = plan.changes.iter().map(|change| &change.address.name);
    assert!(ordered.eq((0..LENGTH).map(name).collect::<Vec<_>>().iter()));
}
