//! A graph as an indented tree: below each node what it depends on, or what depends on it where its impact is asked for.
//!
//! What was shown with all that is below it is not shown so again. No function recurses.

use std::collections::VecDeque;

use super::{Shown, label};
use crate::render::{Screen, Tone};

/// A deeper part of the tree begins again at the left, so that the text of a long chain stays short.
const DEEPEST: usize = 30;

/// The graph as text, a line for each node.
pub(super) fn tree(screen: Screen, shown: Shown<'_>) -> String {
    let nodes = shown.graph.nodes();
    let (below, mut roots) = match shown.impact {
        Some(impact) => (shown.graph.dependents(), VecDeque::from([impact.of])),
        None => (shown.graph.dependencies(), roots(shown)),
    };
    let mut text = String::new();
    let mut is_shown = vec![false; nodes.len()];
    while let Some(root) = roots.pop_front() {
        if is_shown[root] {
            continue;
        }
        let mut open = vec![(root, 0)];
        while let Some((at, depth)) = open.pop() {
            let node = &nodes[at];
            let is_inner = !below[at].is_empty();
            let later = is_inner && !is_shown[at] && depth == DEEPEST;
            let mut line = format!("{:1$}", "", 2 * depth);
            line.push_str(&label(node));
            if node.on_cycle {
                line.push_str(&screen.paint(Tone::Error, " [cycle]"));
            }
            if node.is_missing {
                line.push_str(&screen.paint(Tone::Faint, " [not in the project]"));
            }
            if is_inner && is_shown[at] {
                line.push_str(&screen.paint(Tone::Faint, " (see above)"));
            } else if later {
                line.push_str(&screen.paint(Tone::Faint, " (see below)"));
                roots.push_front(at);
            } else {
                open.extend(below[at].iter().rev().map(|next| (*next, depth + 1)));
                is_shown[at] = true;
            }
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

/// Where trees begin: at what nothing depends on, and for cycles that nothing else leads to, at any node.
fn roots(shown: Shown<'_>) -> VecDeque<usize> {
    let dependents = shown.graph.dependents();
    let nodes = 0..dependents.len();
    let (free, rest): (Vec<usize>, Vec<usize>) =
        nodes.partition(|node| dependents[*node].is_empty());
    free.into_iter().chain(rest).collect()
}
