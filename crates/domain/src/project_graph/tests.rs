//! What stands in the graph of a project, what is marked, and what a change reaches.

use super::*;
use crate::manifest::tests::source::{action, decoded, manifest, needing, view};

const TABLE: &str = "12345678-1234-1234-1234-123456789012";

/// A line for each node and each edge; `!` marks a cycle, `?` what is missing.
fn lines(graph: &ProjectGraph) -> Vec<String> {
    let mark = |set: bool, mark: &'static str| if set { mark } else { "" };
    let nodes = graph.nodes().iter().map(|node| {
        let missing = mark(node.is_missing, "?");
        format!("{}{}{missing}", node.id, mark(node.on_cycle, "!"))
    });
    let id = |at: usize| &graph.nodes()[at].id;
    let edges = graph.edges().iter().map(|edge| {
        let (from, to) = (id(edge.from), id(edge.to));
        format!("{from} -> {to}{}", mark(edge.on_cycle, "!"))
    });
    nodes.chain(edges).collect()
}

fn caching(name: &str, sources: &[&str]) -> String {
    let directive = |source: &&str| {
        format!(r#"{{"source": "{source}", "eventType": "e", "action": "refresh"}}"#)
    };
    let directives: Vec<_> = sources.iter().map(directive).collect();
    let directives = directives.join(", ");
    let cache = format!(r#", "cache": {{"key": "{name}", "invalidation": [{directives}]}}"#);
    action(name, &cache)
}

#[test]
fn tables_views_actions_and_sources_are_nodes_and_each_dependency_is_one_edge() {
    let text = view("base", &format!(r#"{{"table": "{TABLE}"}}"#))
        + &view("top", r#"{"view": "base"}"#)
        + &needing("calls", &["caches", "elsewhere"])
        + &caching("caches", &["https://a.example/x", "https://a.example/x"]);
    let table = format!("table/{TABLE}");
    assert_eq!(
        lines(&ProjectGraph::of(&manifest(&text))),
        [
            table.as_str(),
            "view/base",
            "view/top",
            "action/caches",
            "action/calls",
            "action/elsewhere?",
            "source/https://a.example/x",
            &format!("view/base -> {table}"),
            "view/top -> view/base",
            "action/caches -> source/https://a.example/x",
            "action/calls -> action/caches",
            "action/calls -> action/elsewhere",
        ]
    );
}

#[test]
fn a_view_and_an_action_of_one_name_are_two_nodes() {
    let text = view("same", r#"{"view": "other"}"#) + &needing("same", &[]);
    let graph = ProjectGraph::of(&manifest(&text));
    assert_eq!(
        lines(&graph),
        [
            "view/other?",
            "view/same",
            "action/same",
            "view/same -> view/other"
        ]
    );
}

#[test]
fn cycles_are_marked_with_their_edges_and_nothing_beside_them() {
    let text = needing("one", &["two", "base"])
        + &needing("two", &["one"])
        + &needing("self", &["self", "two"])
        + &needing("base", &[]);
    let (manifest, _) = decoded(&text);
    assert_eq!(
        lines(&ProjectGraph::of(&manifest)),
        [
            "action/base",
            "action/one!",
            "action/self!",
            "action/two!",
            "action/one -> action/base",
            "action/one -> action/two!",
            "action/self -> action/self!",
            "action/self -> action/two",
            "action/two -> action/one!",
        ]
    );
}

#[test]
fn a_document_with_a_mistake_takes_part_with_what_it_says_of_others() {
    let text = action("broken", r#", "dependencies": ["base"], "unknown": 1"#)
        + &needing("base", &["broken"]);
    let (manifest, violations) = decoded(&text);
    assert!(violations.has_errors());
    assert_eq!(
        lines(&ProjectGraph::of(&manifest)),
        [
            "action/base!",
            "action/broken!",
            "action/base -> action/broken!",
            "action/broken -> action/base!",
        ]
    );
}

#[test]
fn a_change_reaches_all_that_depends_on_it_however_far() {
    let text = needing("top", &["middle"])
        + &needing("middle", &["base"])
        + &needing("base", &[])
        + &needing("ring", &["loop"])
        + &needing("loop", &["ring", "base"])
        + &view("base", &format!(r#"{{"table": "{TABLE}"}}"#));
    let (manifest, _) = decoded(&text);
    let graph = ProjectGraph::of(&manifest);
    let table = format!("table/{TABLE}");
    let cases: &[(&str, &[&str])] = &[
        ("action/top", &[]),
        (
            "action/base",
            &["action/loop", "action/middle", "action/ring", "action/top"],
        ),
        ("action/ring", &["action/loop"]),
        (&table, &["view/base"]),
    ];
    for (id, wanted) in cases {
        let reached = graph.impact_of(graph.position(id).unwrap());
        let ids: Vec<_> = reached
            .iter()
            .map(|at| graph.nodes()[*at].id.to_string())
            .collect();
        assert_eq!(ids, *wanted, "case: {id}");
    }
    assert_eq!(graph.position("action/nowhere"), None);
}

#[test]
fn nothing_declared_is_an_empty_graph() {
    let graph = ProjectGraph::of(&Manifest::default());
    assert!(graph.nodes().is_empty() && graph.edges().is_empty());
}
