//! Cycles as people read them: one full path for each knot of names.
//!
//! It does not list every cycle, of which a graph can have exponentially many.

use std::collections::VecDeque;
use std::fmt;

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

/// Names that depend on each other in a circle; it prints as `a -> b -> a`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cycle {
    names: Vec<String>,
}

impl Cycle {
    /// The names from the first to the last, each once; each depends on the next and the last on the first.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

impl fmt::Display for Cycle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for name in &self.names {
            write!(formatter, "{name} -> ")?;
        }
        formatter.write_str(self.names.first().map_or("", String::as_str))
    }
}

/// One cycle for each strongly connected part of `graph` that has any, in order of their first names.
///
/// It starts at the smallest name of its part that is `preferred`, or else at the smallest of all.
pub(super) fn find(graph: &DiGraph<&str, ()>, preferred: impl Fn(&str) -> bool) -> Vec<Cycle> {
    // Kosaraju's algorithm, because the library's version of Tarjan's recurses.
    let parts = kosaraju_scc(graph);
    let mut search = Search::new(graph, &parts);
    let mut found: Vec<_> = parts
        .iter()
        .filter_map(|part| {
            let wanted = part.iter().filter(|node| preferred(graph[**node])).min();
            search.shortest_cycle(*wanted.or(part.iter().min())?)
        })
        .collect();
    found.sort_unstable();
    found
}

/// A search, breadth first, that never leaves the part of the graph in which it starts.
///
/// Each part is searched once, so all searches together take linear time and can share their notes.
#[derive(Debug)]
struct Search<'g, 'a> {
    graph: &'g DiGraph<&'a str, ()>,
    /// The part of each node.
    part_of: Vec<usize>,
    /// The node from which each was reached first.
    reached_from: Vec<Option<NodeIndex>>,
}

impl<'g, 'a> Search<'g, 'a> {
    fn new(graph: &'g DiGraph<&'a str, ()>, parts: &[Vec<NodeIndex>]) -> Self {
        let mut part_of = vec![0; graph.node_count()];
        for (number, part) in parts.iter().enumerate() {
            for node in part {
                part_of[node.index()] = number;
            }
        }
        Self {
            graph,
            part_of,
            reached_from: vec![None; graph.node_count()],
        }
    }

    /// A shortest cycle through `start`, the first of those by name; `None` where there is none.
    fn shortest_cycle(&mut self, start: NodeIndex) -> Option<Cycle> {
        let mut waiting = VecDeque::from([start]);
        while let Some(node) = waiting.pop_front() {
            let mut dependencies: Vec<_> = self.neighbors_in_part(node).collect();
            if dependencies.contains(&start) {
                return Some(self.path_to(node));
            }
            dependencies.sort_unstable();
            for dependency in dependencies {
                let reached_from = &mut self.reached_from[dependency.index()];
                if reached_from.is_none() {
                    *reached_from = Some(node);
                    waiting.push_back(dependency);
                }
            }
        }
        None
    }

    /// The cycle that an edge from `last` back to the start closes; the start alone was reached from nowhere.
    fn path_to(&self, last: NodeIndex) -> Cycle {
        let back = |node: &NodeIndex| self.reached_from[node.index()];
        let mut names: Vec<_> = std::iter::successors(Some(last), back)
            .map(|node| self.graph[node].to_owned())
            .collect();
        names.reverse();
        Cycle { names }
    }

    fn neighbors_in_part(&self, node: NodeIndex) -> impl Iterator<Item = NodeIndex> {
        let part = self.part_of[node.index()];
        self.graph
            .neighbors(node)
            .filter(move |neighbor| self.part_of[neighbor.index()] == part)
    }
}
