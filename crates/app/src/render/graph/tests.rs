//! Each format by example, and names that would break out of their quotes.

use cxda_domain::project_graph::{NodeId, NodeKind, ProjectGraph};

use super::*;

fn id(kind: NodeKind, name: &str) -> NodeId {
    let name = name.to_owned();
    NodeId { kind, name }
}

/// A view on a table, two actions in a circle, one beside them that names a source, and one that is missing.
fn example() -> ProjectGraph {
    let action = |name| id(NodeKind::Action, name);
    let view = id(NodeKind::View, "v\"<&>\\#\u{1b}");
    ProjectGraph::from_needs([
        (view, vec![id(NodeKind::Table, "t-1")]),
        (action("one"), vec![action("two")]),
        (action("two"), vec![action("one"), action("base")]),
        (
            action("base"),
            vec![
                action("elsewhere"),
                id(NodeKind::Source, "https://a.example/x?y=1&z=2"),
            ],
        ),
    ])
}

fn shown(format: GraphFormat, impact: Option<&str>) -> String {
    let drawn = example();
    let impact = impact.map(|id| {
        let of = drawn.position(id).unwrap();
        let reached = drawn.impact_of(of);
        Impact { of, reached }
    });
    let shown = Shown {
        graph: &drawn,
        impact: impact.as_ref(),
    };
    graph(Screen::PLAIN, shown, format)
}

#[test]
fn t_06_a_tree_shows_each_thing_with_what_it_depends_on() {
    insta::assert_snapshot!(shown(GraphFormat::Text, None));
}

#[test]
fn a_tree_of_an_impact_shows_what_depends_on_what_changed() {
    insta::assert_snapshot!(shown(GraphFormat::Text, Some("action/elsewhere")));
}

#[test]
fn t_06_dot_takes_names_for_text_alone() {
    insta::assert_snapshot!(shown(GraphFormat::Dot, Some("action/base")));
}

#[test]
fn t_06_mermaid_takes_names_for_text_alone() {
    insta::assert_snapshot!(shown(GraphFormat::Mermaid, Some("action/base")));
}

#[test]
fn t_06_svg_takes_names_for_text_alone() {
    insta::assert_snapshot!(shown(GraphFormat::Svg, Some("action/base")));
}

#[test]
fn json_says_what_is_marked() {
    insta::assert_snapshot!(shown(GraphFormat::Json, Some("action/base")));
}

#[test]
fn a_long_chain_of_text_stays_narrow() {
    let name = |at: usize| id(NodeKind::Action, &format!("a{at:05}"));
    let chain = (0..2_000).map(|at| (name(at), vec![name(at + 1)]));
    let drawn = ProjectGraph::from_needs(chain);
    let shown = Shown {
        graph: &drawn,
        impact: None,
    };
    let text = graph(Screen::PLAIN, shown, GraphFormat::Text);
    assert!(text.lines().all(|line| line.len() < 100));
    for at in 0..=2_000 {
        assert!(text.contains(&format!("a{at:05}")), "case: {at}");
    }
}
