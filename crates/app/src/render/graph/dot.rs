//! A graph in Graphviz's language: kinds by shape, cycles in red.

use cxda_domain::project_graph::NodeKind;

use super::{Shown, label};

/// The graph as DOT. Nodes are numbered, for names hold what an id must not.
pub(super) fn dot(shown: Shown<'_>) -> String {
    let mut text = "digraph cxda {\n  rankdir=LR;\n".to_owned();
    text.push_str("  node [fontname=\"monospace\", style=filled, fillcolor=white];\n");
    for (at, node) in shown.graph.nodes().iter().enumerate() {
        let shape = match node.id.kind {
            NodeKind::Table => "cylinder",
            NodeKind::View => "box",
            NodeKind::Action => "ellipse",
            NodeKind::Source => "hexagon",
        };
        let mut more = String::new();
        if node.on_cycle {
            more.push_str(", color=red");
        }
        if node.is_missing {
            more.push_str(", style=\"filled,dashed\"");
        }
        if shown.is_changed(at) {
            more.push_str(", penwidth=3");
        }
        if shown.is_reached(at) {
            more.push_str(", fillcolor=gold");
        }
        let label = quoted(&label(node));
        text.push_str(&format!("  n{at} [label={label}, shape={shape}{more}];\n"));
    }
    for edge in shown.graph.edges() {
        let more = if edge.on_cycle { " [color=red]" } else { "" };
        text.push_str(&format!("  n{} -> n{}{more};\n", edge.from, edge.to));
    }
    text + "}\n"
}

/// `text` in quotes; a backslash would begin an escape of labels.
fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{text}\"")
}
