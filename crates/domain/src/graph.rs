//! The dependency graph: which cycles stand in it, what comes first, and what a change reaches.
//!
//! It knows names alone, neither actions nor views, and not where a name was declared. No function recurses, so only
//! memory limits how deep a graph may be.

mod cycle;
mod order;

use std::collections::BTreeMap;

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{Dfs, Reversed, VisitMap};

pub use self::cycle::Cycle;
use self::order::Condensation;

/// Names and what each depends on; an edge leads from a dependent to its dependency, in this direction only.
///
/// Nodes are numbered by name, so every answer is the same whatever order they came in.
#[derive(Clone, Debug)]
pub struct DependencyGraph<'a> {
    graph: DiGraph<&'a str, ()>,
    nodes: BTreeMap<&'a str, NodeIndex>,
}

impl<'a> DependencyGraph<'a> {
    /// The graph of `edges`, each a name with the names that it depends on.
    ///
    /// A name that occurs twice has the dependencies of both. A dependency that is repeated counts once; one that no
    /// item of `edges` names is left out, for it can neither close a cycle nor be put in order.
    pub fn build<D>(edges: impl IntoIterator<Item = (&'a str, D)>) -> Self
    where
        D: IntoIterator<Item = &'a str>,
    {
        let mut declared: BTreeMap<&'a str, Vec<&'a str>> = BTreeMap::new();
        for (name, dependencies) in edges {
            declared.entry(name).or_default().extend(dependencies);
        }
        let mut graph = DiGraph::new();
        let nodes: BTreeMap<&'a str, NodeIndex> = declared
            .keys()
            .map(|name| (*name, graph.add_node(*name)))
            .collect();
        for (name, mut dependencies) in declared {
            dependencies.sort_unstable();
            dependencies.dedup();
            let dependencies = dependencies.iter().filter_map(|name| nodes.get(name));
            let dependent = nodes[name];
            for dependency in dependencies {
                graph.add_edge(dependent, *dependency, ());
            }
        }
        Self { graph, nodes }
    }

    /// Every name, in order of names.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.nodes.keys().copied()
    }

    /// What `name` depends on directly, in order of names; nothing where the name is unknown.
    pub fn dependencies_of(&self, name: &str) -> Vec<&'a str> {
        self.neighbors(name, Direction::Outgoing)
    }

    /// What depends on `name` directly, in order of names; nothing where the name is unknown.
    pub fn dependents_of(&self, name: &str) -> Vec<&'a str> {
        self.neighbors(name, Direction::Incoming)
    }

    /// What depends on `name`, directly or not and without itself, dependencies first.
    pub fn impact_of(&self, name: &str) -> Vec<&'a str> {
        let Some(start) = self.nodes.get(name) else {
            return Vec::new();
        };
        let dependents = Reversed(&self.graph);
        let mut search = Dfs::new(dependents, *start);
        while search.next(dependents).is_some() {}
        let reached = search.discovered;
        self.in_order()
            .filter(|node| node != start && reached.is_visited(node))
            .map(|node| self.graph[node])
            .collect()
    }

    /// One cycle for each group of names that all depend on each other, in order of their first names.
    ///
    /// It starts at the smallest name of its group and is a shortest one through it, the first of those by name. A
    /// name that depends on itself is a cycle of one. Takes linear time.
    pub fn cycles(&self) -> Vec<Cycle> {
        self.cycles_through(|_| false)
    }

    /// As [`DependencyGraph::cycles`], but a group with names that `preferred` accepts is shown by a cycle that starts
    /// at the smallest of them.
    ///
    /// With the project's names preferred, a cycle without any of them says that no cycle of its group has one.
    pub fn cycles_through(&self, preferred: impl Fn(&str) -> bool) -> Vec<Cycle> {
        cycle::find(&self.graph, preferred)
    }

    /// The names that lie on cycles, in groups that all depend on each other; groups and names stand in order.
    pub fn knots(&self) -> Vec<Vec<&'a str>> {
        let parts = Condensation::of(&self.graph).into_parts().into_iter();
        let is_knot = |part: &Vec<NodeIndex>| match part[..] {
            [node] => self.graph.contains_edge(node, node),
            _ => true,
        };
        let name = |node: NodeIndex| self.graph[node];
        parts
            .filter(is_knot)
            .map(|part| part.into_iter().map(name).collect())
            .collect()
    }

    /// Every name, each after all that it depends on; among those that could come next, the smallest name does.
    ///
    /// Names of a cycle have no such order: they stand together, by name, after what the cycle depends on.
    pub fn dependencies_first(&self) -> Vec<&'a str> {
        self.in_order().map(|node| self.graph[node]).collect()
    }

    /// The names in levels: what a name depends on stands on earlier levels, something of it on the one just before.
    ///
    /// Names of one level stand in order and can be worked on at once; names of a cycle share a level.
    pub fn levels(&self) -> Vec<Vec<&'a str>> {
        let levels = Condensation::of(&self.graph).levels(&self.graph);
        let name = |node: NodeIndex| self.graph[node];
        levels
            .into_iter()
            .map(|level| level.into_iter().map(name).collect())
            .collect()
    }

    fn in_order(&self) -> impl Iterator<Item = NodeIndex> {
        Condensation::of(&self.graph)
            .dependencies_first(&self.graph)
            .into_iter()
    }

    fn neighbors(&self, name: &str, direction: Direction) -> Vec<&'a str> {
        let node = self.nodes.get(name).into_iter();
        let mut names: Vec<_> = node
            .flat_map(|node| self.graph.neighbors_directed(*node, direction))
            .map(|neighbor| self.graph[neighbor])
            .collect();
        names.sort_unstable();
        names
    }
}

#[cfg(test)]
mod tests;
