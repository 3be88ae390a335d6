//! What somebody names is deleted if it is ours, and stays where anything stands in the way.

use super::*;

/// A tenant on which `text` was applied by a project that still declares `rest`.
fn world(text: &str, rest: &str, targets: &[&str]) -> World {
    World::new(text)
        .settled()
        .with_project(rest)
        .with_targets(targets)
}

fn deletion(world: &World) -> Plan {
    delete(PlanInput {
        manifest: &world.manifest,
        desired: &BTreeMap::new(),
        observed: &ObservedState::new(world.there.clone(), BTreeMap::new()),
        applied: &world.applied,
        key: &key(),
        scope: &world.scope,
        spent: &RequestCount::default(),
    })
}

fn addresses(plan: &Plan) -> Vec<String> {
    plan.changes
        .iter()
        .map(|change| change.address.to_string())
        .collect()
}

#[test]
fn what_is_named_goes_whether_declared_or_not_and_dependents_go_first() {
    let all = needing("base", &[]) + &needing("score", &["base"]) + &needing("other", &[]);
    for rest in ["", &all] {
        let plan = deletion(&world(&all, rest, &["action/base", "action/score"]));
        assert_eq!(
            addresses(&plan),
            ["action/score", "action/base"],
            "declared: {}",
            !rest.is_empty()
        );
        assert_eq!(
            plan.changes[1].after,
            BTreeSet::from([Address::action("score")])
        );
        assert_eq!(plan.requests.total(), 2);
    }
}

#[test]
fn what_something_that_stays_needs_is_kept() {
    let all = needing("base", &[]) + &needing("score", &["base"]) + &needing("report", &["score"]);
    let world = world(&all, &all, &["action/base"]);
    let plan = deletion(&world);
    assert_eq!(addresses(&plan), [""; 0]);
    let kept = BTreeMap::from([(
        Address::action("base"),
        Kept::NeededBy(Address::action("score")),
    )]);
    assert_eq!(plan.kept, kept);
    let observed = ObservedState::new(world.there.clone(), BTreeMap::new());
    let reached = impact(&world.manifest, &observed, &Address::action("base"));
    assert_eq!(
        reached,
        [Address::action("score"), Address::action("report")]
    );
}

#[test]
fn what_is_declared_and_not_applied_yet_counts_as_well() {
    let before = needing("base", &[]) + &needing("score", &[]);
    let now = needing("base", &[]) + &needing("score", &["base"]);
    let plan = deletion(&world(&before, &now, &["action/base"]));
    assert_eq!(
        plan.kept.get(&Address::action("base")),
        Some(&Kept::NeededBy(Address::action("score")))
    );
}

#[test]
fn what_is_protected_now_or_was_when_it_was_applied_is_kept() {
    let protected = action("score", "").replace(r#""}, "spec""#, r#"", "protect": true}, "spec""#);
    for (before, now) in [
        (&action("score", ""), &protected),
        (&protected, &action("score", "")),
        (&protected, &String::new()),
    ] {
        let plan = deletion(&world(before, now, &["action/score"]));
        assert_eq!(
            plan.kept.get(&Address::action("score")),
            Some(&Kept::Protected)
        );
        assert_eq!(plan.changes, []);
    }
}

#[test]
fn what_is_not_ours_or_gone_is_no_change() {
    let mut foreign = world(&action("score", ""), "", &["action/*"]);
    foreign.there[0].id = "another".parse().unwrap();
    assert_eq!(deletion(&foreign).changes, []);
    let mut gone = world(&action("score", ""), "", &["action/score"]);
    gone.there.clear();
    assert_eq!(deletion(&gone).changes, []);
}
