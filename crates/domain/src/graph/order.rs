//! The order of a graph, with each of its cycles taken as one.
//!
//! It judges no cycle: a graph with cycles has an order too, in which only their own names stand arbitrarily.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use petgraph::Direction;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

/// The strongly connected parts of a graph, numbered by their smallest nodes.
#[derive(Debug)]
pub(super) struct Condensation {
    /// The nodes of each part, in order.
    parts: Vec<Vec<NodeIndex>>,
    /// The part of each node.
    part_of: Vec<usize>,
}

impl Condensation {
    /// The parts of `graph`.
    pub(super) fn of(graph: &DiGraph<&str, ()>) -> Self {
        let mut parts = kosaraju_scc(graph);
        for part in &mut parts {
            part.sort_unstable();
        }
        parts.sort_unstable();
        let mut part_of = vec![0; graph.node_count()];
        for (number, part) in parts.iter().enumerate() {
            for node in part {
                part_of[node.index()] = number;
            }
        }
        Self { parts, part_of }
    }

    /// The nodes of each part, in order; the parts stand by their smallest nodes.
    pub(super) fn into_parts(self) -> Vec<Vec<NodeIndex>> {
        self.parts
    }

    /// Every node, dependencies first; of the parts that could come next, the first does.
    pub(super) fn dependencies_first(self, graph: &DiGraph<&str, ()>) -> Vec<NodeIndex> {
        let order = self.part_order(graph);
        order
            .into_iter()
            .flat_map(|part| self.parts[part].iter().copied())
            .collect()
    }

    /// The nodes of each level, in order: level 0 has those without dependencies outside their part.
    pub(super) fn levels(self, graph: &DiGraph<&str, ()>) -> Vec<Vec<NodeIndex>> {
        let mut level_of = vec![0; self.parts.len()];
        let mut levels: Vec<Vec<NodeIndex>> = Vec::new();
        for part in self.part_order(graph) {
            let dependencies = self.neighbors(graph, part, Direction::Outgoing);
            let level = dependencies.map(|other| level_of[other] + 1).max();
            let level = level.unwrap_or(0);
            level_of[part] = level;
            if level == levels.len() {
                levels.push(Vec::new());
            }
            levels[level].extend(&self.parts[part]);
        }
        for level in &mut levels {
            level.sort_unstable();
        }
        levels
    }

    /// Every part, dependencies first: Kahn's algorithm with the smallest part that is free.
    fn part_order(&self, graph: &DiGraph<&str, ()>) -> Vec<usize> {
        let count = |part| self.neighbors(graph, part, Direction::Outgoing).count();
        let mut missing: Vec<usize> = (0..self.parts.len()).map(count).collect();
        let mut free: BinaryHeap<_> = (0..self.parts.len())
            .filter(|part| missing[*part] == 0)
            .map(Reverse)
            .collect();
        let mut order = Vec::with_capacity(self.parts.len());
        while let Some(Reverse(part)) = free.pop() {
            order.push(part);
            for dependent in self.neighbors(graph, part, Direction::Incoming) {
                missing[dependent] -= 1;
                if missing[dependent] == 0 {
                    free.push(Reverse(dependent));
                }
            }
        }
        order
    }

    /// The other end of every edge that leaves or enters `part`; a part with several such edges occurs as often.
    fn neighbors<'g>(
        &'g self,
        graph: &'g DiGraph<&str, ()>,
        part: usize,
        direction: Direction,
    ) -> impl Iterator<Item = usize> + 'g {
        self.parts[part]
            .iter()
            .flat_map(move |node| graph.neighbors_directed(*node, direction))
            .map(|neighbor| self.part_of[neighbor.index()])
            .filter(move |other| *other != part)
    }
}
