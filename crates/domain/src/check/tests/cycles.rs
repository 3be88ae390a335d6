//! Cycles: G001 and W002.

use super::*;
use crate::rule::Severity;

fn in_project(text: &str) -> String {
    lines(project(&manifest(text)))
}

#[test]
fn m_11_an_action_that_names_itself_is_a_cycle_of_one() {
    insta::assert_snapshot!(in_project(&needing("score", &["other", "score"])), @"G001 1:166 spec.dependencies[1]: actions form a cycle: score -> score (nothing can depend on itself: remove this)");
}

#[test]
fn m_11_a_cycle_of_two_is_reported_once_with_its_whole_path() {
    let project =
        needing("bbb", &["aaa"]) + &needing("aaa", &["ccc", "bbb"]) + &needing("ccc", &[]);
    insta::assert_snapshot!(in_project(&project), @"G001 2:162 spec.dependencies[1]: actions form a cycle: aaa -> bbb -> aaa (remove one of these dependencies)");
}

#[test]
fn a_view_that_takes_its_rows_from_itself_is_a_cycle() {
    let project = view("top", r#"{"view": "top"}"#)
        + &view("one", r#"{"view": "two"}"#)
        + &view("two", r#"{"view": "one"}"#);
    insta::assert_snapshot!(in_project(&project), @"
    G001 1:142 spec.source.view: views form a cycle: top -> top (nothing can depend on itself: remove this)
    G001 2:142 spec.source.view: views form a cycle: one -> two -> one (remove one of these dependencies)
    ");
}

#[test]
fn two_views_on_one_table_and_a_diamond_are_no_cycles() {
    let table = r#"{"table": "12345678-1234-1234-1234-123456789012"}"#;
    let project = view("one", table)
        + &view("two", table)
        + &needing("top", &["left", "right"])
        + &needing("left", &["base"])
        + &needing("right", &["base"])
        + &needing("base", &[]);
    assert_eq!(in_project(&project), "");
}

#[test]
fn an_action_and_a_view_of_one_name_are_two_things() {
    let project = needing("one", &["two"]) + &view("two", r#"{"view": "one"}"#);
    assert_eq!(in_project(&project), "");
}

#[test]
fn m_11_a_cycle_that_closes_on_the_tenant_is_reported_at_the_declared_dependency() {
    let project = needing("score", &["other", "remote_a"]);
    let resources = vec![
        remote("other", &[]),
        remote("remote_a", &["remote_b"]),
        remote("remote_b", &["score"]),
    ];
    assert_eq!(in_project(&project), "");
    insta::assert_snapshot!(judged(&project, resources), @"G001 1:166 spec.dependencies[1]: actions form a cycle: score -> remote_a -> remote_b -> score (remove one of these dependencies)");
}

#[test]
fn a_view_cycle_may_close_on_the_tenant_too() {
    let project = view("top", r#"{"view": "middle"}"#);
    let resources = vec![remote_view("middle", "id-top"), remote_view("top", "t")];
    insta::assert_snapshot!(judged(&project, resources), @"G001 1:142 spec.source.view: views form a cycle: top -> middle -> top (remove one of these dependencies)");
}

#[test]
fn what_a_manifest_says_counts_not_what_the_tenant_still_has() {
    let project = needing("score", &["base"]) + &needing("base", &[]);
    let resources = vec![remote("base", &["score"]), remote("score", &["base"])];
    assert_eq!(judged(&project, resources), "");
}

#[test]
fn a_cycle_wholly_outside_the_project_is_a_warning_without_a_place() {
    let project = needing("score", &["remote_a"]);
    let resources = vec![
        remote("remote_a", &["remote_b"]),
        remote("remote_b", &["remote_a"]),
    ];
    let violations = against_tenant(&manifest(&project), &tenant(resources));
    let severities: Vec<_> = violations.iter().map(Violation::severity).collect();
    assert_eq!(severities, [Severity::Warning]);
    insta::assert_snapshot!(lines(violations), @"W002: actions form a cycle: remote_a -> remote_b -> remote_a (it stands on the tenant alone, and nothing here touches it)");
}

#[test]
fn separate_cycles_are_separate_findings() {
    let project = needing("a_1", &["a_2"])
        + &needing("a_2", &["a_1"])
        + &needing("b_1", &["b_2"])
        + &needing("b_2", &["b_1"]);
    insta::assert_snapshot!(in_project(&project), @"
    G001 1:155 spec.dependencies[0]: actions form a cycle: a_1 -> a_2 -> a_1 (remove one of these dependencies)
    G001 3:155 spec.dependencies[0]: actions form a cycle: b_1 -> b_2 -> b_1 (remove one of these dependencies)
    ");
}

#[test]
fn a_cycle_through_documents_that_hold_other_mistakes_is_found_in_the_same_run() {
    let broken = needing("aaa", &["base", "bbb"]).replace(r#""d""#, "7");
    let broken_view = view("top", r#"{"view": "top"}"#).replace("5}", "6}");
    let text = broken + &needing("bbb", &["aaa"]) + &needing("base", &[]) + &broken_view;
    let (manifest, mut violations) = decoded(&text);
    violations.extend(project(&manifest));
    insta::assert_snapshot!(lines(violations), @"
    M003 1:102 spec.description: expected string, found integer (put it in quotes)
    G001 1:161 spec.dependencies[1]: actions form a cycle: aaa -> bbb -> aaa (remove one of these dependencies)
    G001 4:142 spec.source.view: views form a cycle: top -> top (nothing can depend on itself: remove this)
    V007 4:209 spec.refresh.intervalMinutes: refresh interval is 6 minutes, expected a multiple of 5
    ");
}

#[test]
fn m_11_a_chain_of_100000_is_no_cycle_and_one_that_is_closed_is() {
    const LENGTH: usize = 100_000;
    let name = |number: usize| format!("a_{number:06}");
    let link = |number: usize| remote(&name(number), &[&name(number + 1)]);
    let mut resources: Vec<_> = (1..LENGTH - 1).map(link).collect();
    resources.push(remote(&name(LENGTH - 1), &[]));
    let project = manifest(&needing(&name(0), &[&name(1)]));
    assert!(against_tenant(&project, &tenant(resources.clone())).is_empty());
    resources.pop();
    resources.push(remote(&name(LENGTH - 1), &[&name(0)]));
    let violations = against_tenant(&project, &tenant(resources));
    assert_eq!(violations.len(), 1);
    let message = &violations.iter().next().unwrap().message;
    assert_eq!(message.matches(" -> ").count(), LENGTH);
}

#[test]
fn ten_thousand_cycles_take_linear_time() {
    let text: String = (0..MANY)
        .map(|number| format!("score_{number}"))
        .map(|name| needing(&name, &[&name]))
        .collect();
    assert_eq!(project(&manifest(&text)).len(), MANY);
}
