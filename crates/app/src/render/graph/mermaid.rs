//! A graph in Mermaid's language, as GitHub and GitLab show it in Markdown: kinds by shape, cycles in red.

use cxda_domain::project_graph::NodeKind;

use super::{Shown, label};

/// How nodes of each class look; a later class goes before an earlier one.
const CLASSES: [(&str, &str); 4] = [
    ("missing", "stroke-dasharray:4"),
    ("changed", "stroke:#b45309,stroke-width:3px"),
    ("impacted", "fill:#fde68a,stroke:#b45309,color:#111"),
    ("cycle", "stroke:#dc2626,stroke-width:2px"),
];

/// The graph as a Mermaid flowchart. Nodes are numbered, for names hold what an id must not.
pub(super) fn mermaid(shown: Shown<'_>) -> String {
    let mut text = "flowchart LR\n".to_owned();
    let nodes = shown.graph.nodes();
    for (at, node) in nodes.iter().enumerate() {
        let (open, close) = match node.id.kind {
            NodeKind::Table => ("[(", ")]"),
            NodeKind::View => ("[", "]"),
            NodeKind::Action => ("([", "])"),
            NodeKind::Source => ("{{", "}}"),
        };
        let label = escaped(&label(node));
        text.push_str(&format!("  n{at}{open}\"{label}\"{close}\n"));
    }
    for edge in shown.graph.edges() {
        text.push_str(&format!("  n{} --> n{}\n", edge.from, edge.to));
    }
    let of_class = |class: &str| -> Vec<String> {
        let is_in = |at: usize| match class {
            "missing" => nodes[at].is_missing,
            "changed" => shown.is_changed(at),
            "impacted" => shown.is_reached(at),
            _ => nodes[at].on_cycle,
        };
        let members = (0..nodes.len()).filter(|at| is_in(*at));
        members.map(|at| format!("n{at}")).collect()
    };
    for (class, style) in CLASSES {
        let members = of_class(class);
        if !members.is_empty() {
            text.push_str(&format!("  classDef {class} {style}\n"));
            text.push_str(&format!("  class {} {class}\n", members.join(",")));
        }
    }
    let edges = shown.graph.edges().iter().enumerate();
    let circular: Vec<String> = edges
        .filter(|(_, edge)| edge.on_cycle)
        .map(|(at, _)| at.to_string())
        .collect();
    if !circular.is_empty() {
        let circular = circular.join(",");
        text.push_str(&format!(
            "  linkStyle {circular} stroke:#dc2626,stroke-width:2px\n"
        ));
    }
    text
}

/// `text` as a quoted label takes it: all that HTML, Markdown or Mermaid could read as more than itself is a number.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_alphanumeric() || matches!(c, '_' | '-' | '/' | '.' | ':' | ' ') {
            escaped.push(c);
        } else {
            escaped.push_str(&format!("#{};", u32::from(c)));
        }
    }
    escaped
}
