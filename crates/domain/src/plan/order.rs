//! The order of a plan's writes: dependencies first, ties by address. What is deleted stands in `prune`.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{Address, ResourceKind};
use crate::graph::DependencyGraph;
use crate::observed::ObservedResource;
use crate::plan::PlanInput;

/// What every resource of project and tenant depends on.
#[derive(Debug)]
pub(super) struct Dependencies {
    edges: BTreeMap<Address, BTreeSet<Address>>,
    order: Vec<Address>,
}

impl Dependencies {
    /// Desired dependencies of what is declared, observed ones of everything else.
    pub(super) fn new(input: PlanInput<'_>) -> Self {
        let there = input.observed.resources().iter();
        let mut edges: BTreeMap<Address, BTreeSet<Address>> = there
            .map(|there| (there.address(), observed(there)))
            .collect();
        for (address, declared) in input.manifest.resources() {
            let needs = of_kind(address.kind, declared.resource.needs());
            edges.insert(address.clone(), needs);
        }
        let order = in_order(&edges);
        Self { edges, order }
    }

    /// Every address, views before actions, each after what it depends on.
    pub(super) fn first_to_last(&self) -> &[Address] {
        &self.order
    }

    /// What `address` depends on directly.
    pub(super) fn of(&self, address: &Address) -> impl Iterator<Item = &Address> {
        self.edges.get(address).into_iter().flatten()
    }

    /// The declared addresses that are planned: the targets and all that they depend on.
    pub(super) fn included(&self, input: PlanInput<'_>) -> BTreeSet<Address> {
        let targets = input.desired.keys();
        let mut open: Vec<&Address> = targets
            .filter(|address| input.scope.targets(address))
            .collect();
        let mut included = BTreeSet::new();
        while let Some(address) = open.pop() {
            if included.insert(address.clone()) {
                open.extend(self.of(address));
            }
        }
        included
    }
}

/// What `there` depends on as the tenant shows it.
pub(super) fn observed(there: &ObservedResource) -> BTreeSet<Address> {
    of_kind(there.kind, there.fields.needs(there.kind))
}

fn of_kind<'a>(kind: ResourceKind, names: impl Iterator<Item = &'a str>) -> BTreeSet<Address> {
    let address = |name: &str| Address {
        kind,
        name: name.to_owned(),
    };
    names.map(address).collect()
}

/// Views before actions, each kind dependencies first with ties by name.
fn in_order(edges: &BTreeMap<Address, BTreeSet<Address>>) -> Vec<Address> {
    let of_kind = |kind: ResourceKind| {
        let of_this_kind = edges
            .iter()
            .filter(move |(address, _)| address.kind == kind);
        let graph = DependencyGraph::build(of_this_kind.map(|(address, needs)| {
            let names = needs.iter().map(|need| need.name.as_str());
            (address.name.as_str(), names)
        }));
        let names = graph.dependencies_first().into_iter();
        let address = |name: &str| Address {
            kind,
            name: name.to_owned(),
        };
        names.map(address).collect::<Vec<_>>()
    };
    let mut order = of_kind(ResourceKind::View);
    order.extend(of_kind(ResourceKind::Action));
    order
}
