//! What the resources of a project stand on and what a change of one reaches, as a graph to be shown.
//!
//! It judges nothing: a cycle is marked in it, and [`crate::check`] reports it. It knows the manifests alone, so what
//! stands only on the tenant has no dependencies here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::address::ResourceKind;
use crate::graph::DependencyGraph;
use crate::manifest::{Declaration, Manifest};
use crate::view::ViewSource;

/// What kind of thing a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeKind {
    /// A table of the tenant.
    Table,
    /// A materialized view.
    View,
    /// A data action.
    Action,
    /// Whom cache directives tell that entries are stale: a URL.
    Source,
}

impl NodeKind {
    /// Every kind, in the order in which nodes stand.
    pub const ALL: [Self; 4] = [Self::Table, Self::View, Self::Action, Self::Source];

    /// The word before the name in a node's id.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::View => "view",
            Self::Action => "action",
            Self::Source => "source",
        }
    }
}

/// A node's kind and name; it prints as `view/NAME`, for views and actions their addresses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeId {
    /// What it is.
    pub kind: NodeKind,
    /// Its name; a table's id, a source's URL.
    pub name: String,
}

impl NodeId {
    fn new(kind: NodeKind, name: impl Into<String>) -> Self {
        let name = name.into();
        Self { kind, name }
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.kind.as_str(), self.name)
    }
}

/// One thing that the manifests declare or name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectNode {
    /// Which one.
    pub id: NodeId,
    /// Whether it is a view or an action that no manifest declares; it may stand on the tenant.
    pub is_missing: bool,
    /// Whether it depends on itself, by whatever way.
    pub on_cycle: bool,
}

/// That one node depends on another; both are positions in [`ProjectGraph::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProjectEdge {
    /// The dependent.
    pub from: usize,
    /// What it depends on.
    pub to: usize,
    /// Whether the dependency is part of a cycle.
    pub on_cycle: bool,
}

/// The dependencies of a project: nodes by kind and name, edges by their ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectGraph {
    nodes: Vec<ProjectNode>,
    edges: Vec<ProjectEdge>,
}

impl ProjectGraph {
    /// The graph of all that `manifest` declares. Documents that hold a mistake take part with what they say soundly of
    /// others.
    pub fn of(manifest: &Manifest) -> Self {
        let mut needs: BTreeMap<NodeId, BTreeSet<NodeId>> = BTreeMap::new();
        for (address, outline) in manifest.unsound() {
            let kind = address.kind.into();
            let references = outline.references.iter();
            let named = references.map(|reference| NodeId::new(kind, &*reference.name));
            needs.insert(NodeId::new(kind, &*address.name), named.collect());
        }
        for (address, declared) in manifest.resources() {
            let id = NodeId::new(address.kind.into(), &*address.name);
            needs.insert(id, needs_of(&declared.resource));
        }
        Self::from_needs(needs)
    }

    /// The graph of what is declared, each with what it depends on.
    pub fn from_needs<D>(declared: impl IntoIterator<Item = (NodeId, D)>) -> Self
    where
        D: IntoIterator<Item = NodeId>,
    {
        let mut needs: BTreeMap<NodeId, BTreeSet<NodeId>> = BTreeMap::new();
        for (id, dependencies) in declared {
            needs.entry(id).or_default().extend(dependencies);
        }
        let declared: BTreeSet<NodeId> = needs.keys().cloned().collect();
        let named: Vec<NodeId> = needs.values().flatten().cloned().collect();
        for id in named {
            needs.entry(id).or_default();
        }
        Self::marked(&needs, &declared)
    }

    /// The graph of `needs`, whose keys are all nodes, with its cycles found.
    fn marked(needs: &BTreeMap<NodeId, BTreeSet<NodeId>>, declared: &BTreeSet<NodeId>) -> Self {
        let positions: BTreeMap<&NodeId, usize> = needs.keys().zip(0..).collect();
        let names: Vec<String> = needs.keys().map(ToString::to_string).collect();
        let names_of = |ids: &BTreeSet<NodeId>| -> Vec<&str> {
            let positions = ids.iter().filter_map(|id| positions.get(id));
            positions.map(|at| names[*at].as_str()).collect()
        };
        let rows = names.iter().zip(needs.values());
        let graph = DependencyGraph::build(rows.map(|(name, ids)| (name.as_str(), names_of(ids))));
        let knots = graph.knots();
        let numbered = (0_usize..).zip(&knots);
        let knot_of: BTreeMap<&str, usize> = numbered
            .flat_map(|(number, knot)| knot.iter().map(move |name| (*name, number)))
            .collect();
        let knot = |at: usize| knot_of.get(names[at].as_str());
        let nodes = needs.keys().zip(0..).map(|(id, at)| ProjectNode {
            id: id.clone(),
            is_missing: matches!(id.kind, NodeKind::View | NodeKind::Action)
                && !declared.contains(id),
            on_cycle: knot(at).is_some(),
        });
        let ends = needs.values().zip(0..).flat_map(|(ids, from)| {
            let positions = ids.iter().filter_map(|id| positions.get(id));
            positions.map(move |to| (from, *to))
        });
        let edges = ends.map(|(from, to)| ProjectEdge {
            from,
            to,
            on_cycle: knot(from).is_some() && knot(from) == knot(to),
        });
        Self {
            nodes: nodes.collect(),
            edges: edges.collect(),
        }
    }

    /// Every node, by kind and name.
    pub fn nodes(&self) -> &[ProjectNode] {
        &self.nodes
    }

    /// Every edge, by its ends.
    pub fn edges(&self) -> &[ProjectEdge] {
        &self.edges
    }

    /// Where the node with this id stands.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.id.to_string() == id)
    }

    /// For each node, those that it depends on.
    pub fn dependencies(&self) -> Vec<Vec<usize>> {
        self.neighbors(|edge| (edge.from, edge.to))
    }

    /// For each node, those that depend on it.
    pub fn dependents(&self) -> Vec<Vec<usize>> {
        self.neighbors(|edge| (edge.to, edge.from))
    }

    /// What depends on the node at `position`, directly or not; itself is not among it.
    pub fn impact_of(&self, position: usize) -> BTreeSet<usize> {
        let dependents = self.dependents();
        let mut reached = BTreeSet::from([position]);
        let mut open = vec![position];
        while let Some(node) = open.pop() {
            let next = dependents.get(node).into_iter().flatten().copied();
            open.extend(next.filter(|next| reached.insert(*next)));
        }
        reached.remove(&position);
        reached
    }

    fn neighbors(&self, ends: impl Fn(&ProjectEdge) -> (usize, usize)) -> Vec<Vec<usize>> {
        let mut neighbors = vec![Vec::new(); self.nodes.len()];
        for (one, other) in self.edges.iter().map(ends) {
            neighbors[one].push(other);
        }
        neighbors
    }
}

impl From<ResourceKind> for NodeKind {
    fn from(kind: ResourceKind) -> Self {
        match kind {
            ResourceKind::View => Self::View,
            ResourceKind::Action => Self::Action,
        }
    }
}

fn needs_of(declaration: &Declaration) -> BTreeSet<NodeId> {
    match declaration {
        Declaration::View(view) => BTreeSet::from([match &view.source {
            ViewSource::Table(id) => NodeId::new(NodeKind::Table, id.to_string()),
            ViewSource::View(name) => NodeId::new(NodeKind::View, name.as_str()),
        }]),
        Declaration::Action(action) => {
            let actions = action.dependencies.iter();
            let actions = actions.map(|name| NodeId::new(NodeKind::Action, name.as_str()));
            let directives = action.cache.iter().flat_map(|cache| &cache.invalidation);
            let sources = directives.map(|each| NodeId::new(NodeKind::Source, &*each.source));
            actions.chain(sources).collect()
        }
    }
}

#[cfg(test)]
mod tests;
