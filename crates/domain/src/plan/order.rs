//! The order of a plan's changes: dependencies first, deletes last and in reverse.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{Address, ResourceKind};
use crate::diff::Cause;
use crate::graph::DependencyGraph;
use crate::manifest::Declaration;
use crate::plan::{Change, ChangeKind, Kept, Plan, PlanInput, existing};
use crate::projection::Projection;
use crate::view::ViewSource;

/// What every resource of project and tenant depends on.
#[derive(Debug)]
pub(super) struct Dependencies {
    edges: BTreeMap<Address, BTreeSet<Address>>,
    order: Vec<Address>,
}

impl Dependencies {
    /// Desired dependencies of what is declared, observed ones of everything else.
    pub(super) fn new(input: PlanInput<'_>) -> Self {
        let mut edges: BTreeMap<Address, BTreeSet<Address>> = input
            .observed
            .resources()
            .iter()
            .map(|there| (there.address(), observed(there.kind, &there.fields)))
            .collect();
        for (address, declared) in input.manifest.resources() {
            edges.insert(address.clone(), desired(&declared.resource));
        }
        let order = in_order(&edges);
        Self { edges, order }
    }

    /// Every address, views before actions, each after what it depends on.
    pub(super) fn first_to_last(&self) -> &[Address] {
        &self.order
    }

    /// What `address` depends on directly.
    pub(super) fn of(&self, address: &Address) -> BTreeSet<Address> {
        self.edges.get(address).cloned().unwrap_or_default()
    }

    /// The declared addresses that are planned: the targets and all that they depend on.
    pub(super) fn included(&self, input: PlanInput<'_>) -> BTreeSet<Address> {
        let targets = &input.scope.targets;
        let fits = |address: &&Address| {
            targets.is_empty() || targets.iter().any(|target| target.matches(address))
        };
        let mut open: Vec<Address> = input.desired.keys().filter(fits).cloned().collect();
        let mut included = BTreeSet::new();
        while let Some(address) = open.pop() {
            if included.insert(address.clone()) {
                open.extend(self.of(&address));
            }
        }
        included
    }

    /// Appends the deletes of what this project made and no manifest names; what is protected or still needed stays.
    pub(super) fn prune(&self, input: PlanInput<'_>, plan: &mut Plan) {
        let targets = &input.scope.targets;
        let fits = |address: &Address| {
            targets.is_empty() || targets.iter().any(|target| target.matches(address))
        };
        let mut doomed: BTreeSet<Address> = BTreeSet::new();
        for (address, applied) in input.applied {
            let there = input.observed.get(address);
            let ours = there.is_some_and(|there| there.id == applied.id);
            if !ours || input.desired.contains_key(address) || !fits(address) {
                continue;
            }
            if applied.protect {
                plan.kept.insert(address.clone(), Kept::Protected);
            } else {
                doomed.insert(address.clone());
            }
        }
        // What stays may need what is doomed, and then that stays too, with all that it needs itself.
        loop {
            let needed = self.edges.iter().find_map(|(address, needs)| {
                let stays = !doomed.contains(address);
                let lost = needs.iter().find(|need| stays && doomed.contains(*need));
                lost.map(|lost| (lost.clone(), address.clone()))
            });
            let Some((lost, by)) = needed else { break };
            doomed.remove(&lost);
            plan.kept.insert(lost, Kept::NeededBy(by));
        }
        for address in self
            .order
            .iter()
            .rev()
            .filter(|address| doomed.contains(*address))
        {
            let Some(there) = input.observed.get(address) else {
                continue;
            };
            let dependents =
                |other: &&Address| doomed.contains(*other) && self.of(other).contains(address);
            let after = doomed.iter().filter(dependents).cloned().collect();
            let change = Change {
                kind: ChangeKind::Delete,
                cause: Cause::Pending,
                after,
                ..existing(there)
            };
            plan.changes.push(change);
        }
    }
}

fn desired(declaration: &Declaration) -> BTreeSet<Address> {
    match declaration {
        Declaration::Action(action) => action
            .dependencies
            .iter()
            .map(|name| Address::action(name.as_str()))
            .collect(),
        Declaration::View(view) => match &view.source {
            ViewSource::View(name) => BTreeSet::from([Address::view(name.as_str())]),
            ViewSource::Table(_) => BTreeSet::new(),
        },
    }
}

fn observed(kind: ResourceKind, fields: &Projection) -> BTreeSet<Address> {
    match kind {
        ResourceKind::Action => fields.dependencies().map(Address::action).collect(),
        ResourceKind::View => fields
            .at(&[Projection::SOURCE, "view"])
            .and_then(serde_json::Value::as_str)
            .map(Address::view)
            .into_iter()
            .collect(),
    }
}

/// Views before actions, each kind dependencies first with ties by name.
fn in_order(edges: &BTreeMap<Address, BTreeSet<Address>>) -> Vec<Address> {
    let of_kind = |kind: ResourceKind| {
        let of_this_kind = edges
            .iter()
            .filter(move |(address, _)| address.kind == kind);
        let graph = DependencyGraph::build(of_this_kind.map(|(address, needs)| {
            (
                address.name.as_str(),
                needs.iter().map(|need| need.name.as_str()),
            )
        }));
        let names: Vec<Address> = graph
            .dependencies_first()
            .into_iter()
            .map(|name| Address {
                kind,
                name: name.to_owned(),
            })
            .filter(|address| edges.contains_key(address))
            .collect();
        names
    };
    let mut order = of_kind(ResourceKind::View);
    order.extend(of_kind(ResourceKind::Action));
    order
}
