//! The dependency graph of a project: as a tree of text, for programs, for other tools, and as a picture.

use std::collections::BTreeSet;

use cxda_domain::project_graph::{ProjectGraph, ProjectNode};
use serde::Serialize;

use crate::cli::graph::GraphFormat;
use crate::render::{FORMAT_VERSION, Screen, json, safe};

mod dot;
mod layout;
mod mermaid;
mod svg;
mod tree;

/// A graph, and what a change reaches where somebody asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown<'a> {
    pub(crate) graph: &'a ProjectGraph,
    pub(crate) impact: Option<&'a Impact>,
}

/// What a change of one node reaches.
#[derive(Debug)]
pub(crate) struct Impact {
    /// What changes.
    pub(crate) of: usize,
    /// What depends on it, directly or not.
    pub(crate) reached: BTreeSet<usize>,
}

impl Shown<'_> {
    fn is_reached(&self, node: usize) -> bool {
        self.impact
            .is_some_and(|impact| impact.reached.contains(&node))
    }

    fn is_changed(&self, node: usize) -> bool {
        self.impact.is_some_and(|impact| impact.of == node)
    }
}

/// The whole graph as a picture.
pub(super) fn picture(graph: &ProjectGraph) -> String {
    svg::svg(Shown {
        graph,
        impact: None,
    })
}

/// The graph in `format`.
pub(crate) fn graph(screen: Screen, shown: Shown<'_>, format: GraphFormat) -> String {
    match format {
        GraphFormat::Text => tree::tree(screen, shown),
        GraphFormat::Dot => dot::dot(shown),
        GraphFormat::Mermaid => mermaid::mermaid(shown),
        GraphFormat::Svg => svg::svg(shown),
        GraphFormat::Json => graph_json(shown),
    }
}

/// A node's id, safe to be shown.
fn label(node: &ProjectNode) -> String {
    safe::line(&node.id.to_string())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GraphJson {
    format_version: &'static str,
    nodes: Vec<NodeJson>,
    edges: Vec<EdgeJson>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NodeJson {
    id: String,
    kind: &'static str,
    /// Whether it is a view or an action that no manifest declares.
    missing: bool,
    on_cycle: bool,
    /// Whether a change of what `--impact` names reaches it.
    impacted: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EdgeJson {
    from: String,
    to: String,
    /// What the edge leads to.
    kind: &'static str,
    on_cycle: bool,
}

fn graph_json(shown: Shown<'_>) -> String {
    let nodes = shown.graph.nodes();
    let each = nodes.iter().enumerate().map(|(at, node)| NodeJson {
        id: node.id.to_string(),
        kind: node.id.kind.as_str(),
        missing: node.is_missing,
        on_cycle: node.on_cycle,
        impacted: shown.is_reached(at),
    });
    let edges = shown.graph.edges().iter().map(|edge| EdgeJson {
        from: nodes[edge.from].id.to_string(),
        to: nodes[edge.to].id.to_string(),
        kind: nodes[edge.to].id.kind.as_str(),
        on_cycle: edge.on_cycle,
    });
    json(&GraphJson {
        format_version: FORMAT_VERSION,
        nodes: each.collect(),
        edges: edges.collect(),
    })
}

#[cfg(test)]
mod tests;
