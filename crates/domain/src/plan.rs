//! Plans: the ordered writes that bring a tenant to match, why, and what they cost.
//!
//! A plan is computed from values alone and changes nothing; carrying it out is the use cases' work.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::address::{Address, AddressPattern, ResourceKind};
use crate::applied::LastApplied;
use crate::body::{ActionBody, ViewBody};
use crate::check;
use crate::diff::{Cause, FieldDifference, LeftOut, cause, differences};
use crate::graph::DependencyGraph;
use crate::key::{Digest, DigestKey, Fingerprint, ResourceId};
use crate::manifest::Manifest;
use crate::observed::{ObservedResource, ObservedState};
use crate::projection::Projection;
use crate::request::{Operation, RequestCount};
use crate::rule::Rule;
use crate::violation::{FieldPath, Violation, Violations};

mod hidden;
mod order;
mod prune;

#[cfg(test)]
mod tests;

/// What a change does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// A new resource.
    Create,
    /// Another version of one; sent as a replace.
    Update,
    /// One less.
    Delete,
}

impl ChangeKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Create, Self::Update, Self::Delete];

    /// The word in JSON and text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// What is sent of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A view.
    View(ViewBody),
    /// An action.
    Action(ActionBody),
}

impl Body {
    /// The managed fields, for comparison.
    pub fn projection(&self) -> Projection {
        match self {
            Self::View(body) => body.projection(),
            Self::Action(body) => body.projection(),
        }
    }
}

/// What is wanted of one resource, every reference resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desired {
    /// What is sent.
    pub body: Body,
    /// A fingerprint of each encrypted value, by the variable's name.
    pub secrets: BTreeMap<String, Fingerprint>,
    /// Whether its manifest protects it.
    pub protect: bool,
}

/// One write of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The resource.
    pub address: Address,
    /// Create, update or delete.
    pub kind: ChangeKind,
    /// Which side moved.
    pub cause: Cause,
    /// What differs, in the order of the fields' names.
    pub fields: Vec<FieldDifference>,
    /// Whether it takes over a resource that was never applied from here.
    pub adopts: bool,
    /// Whether somebody asked for a delete by name; else no manifest names the resource any more.
    pub named: bool,
    /// The server's id, where the resource is there.
    pub id: Option<ResourceId>,
    /// A digest of what the listing showed, where the resource is there.
    pub listed: Option<Digest>,
    /// Changes of this plan that must be done first.
    pub after: BTreeSet<Address>,
}

impl Change {
    /// A change of the resource `id` at `address` that no plan names: it follows another write of it.
    pub fn following(address: &Address, id: &ResourceId, kind: ChangeKind) -> Self {
        Self {
            address: address.clone(),
            kind,
            cause: Cause::Pending,
            fields: Vec::new(),
            adopts: false,
            named: false,
            id: Some(id.clone()),
            listed: None,
            after: BTreeSet::new(),
        }
    }
}

/// Why a resource that no manifest names stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Its manifest protected it.
    Protected,
    /// Something that stays depends on it.
    NeededBy(Address),
}

/// The ordered writes that bring a tenant to match.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// In the order of execution.
    pub changes: Vec<Change>,
    /// Resources that are as wanted.
    pub unchanged: usize,
    /// Resources that are as wanted and of which the journal does not know that they are ours, or knows something older.
    pub to_note: Vec<LastApplied>,
    /// Resources that `--prune` would delete and that stay.
    pub kept: BTreeMap<Address, Kept>,
    /// Resources that were made here, are not protected, and no manifest names; empty where they are pruned.
    pub orphans: Vec<Address>,
    /// The most that the whole costs, the listing included, as long as nothing fails.
    pub requests: RequestCount,
    /// Findings about the manifests and the tenant; a plan with errors has no changes.
    pub violations: Violations,
}

impl Plan {
    /// How many changes of `kind` there are.
    pub fn count(&self, kind: ChangeKind) -> usize {
        self.changes
            .iter()
            .filter(|change| change.kind == kind)
            .count()
    }

    /// What a person should know of resources that no manifest names, as warnings.
    pub fn notes(&self) -> Violations {
        let note = |rule, message: String, hint: Option<&str>| {
            let hint = hint.map(ToOwned::to_owned);
            Violation::new(rule, None, FieldPath::root(), message, hint)
        };
        let mut notes = Violations::new();
        for (address, kept) in &self.kept {
            let why = match kept {
                Kept::Protected => "it is protected".to_owned(),
                Kept::NeededBy(other) => format!("{other} depends on it"),
            };
            let message = format!("{address} stays although no manifest names it: {why}");
            notes.push(note(Rule::W005, message, None));
        }
        if let Some((first, rest)) = self.orphans.split_first() {
            let message = match rest.len() {
                0 => format!("{first} was made here and no manifest names it any more"),
                more => format!(
                    "{first} and {more} more were made here and no manifest names them any more"
                ),
            };
            notes.push(note(
                Rule::W006,
                message,
                Some("`--prune` deletes what is left over"),
            ));
        }
        notes
    }
}

/// What to plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanScope {
    /// Only these and what they depend on; everything where empty.
    pub targets: Vec<AddressPattern>,
    /// Whether to delete what this project made and no manifest names.
    pub prune: bool,
}

impl PlanScope {
    /// Whether `address` is asked for by itself; everything is where no target is named.
    pub fn targets(&self, address: &Address) -> bool {
        self.targets.is_empty() || self.targets.iter().any(|target| target.matches(address))
    }
}

/// Everything that a plan is made from.
#[derive(Clone, Copy, Debug)]
pub struct PlanInput<'a> {
    /// The manifests.
    pub manifest: &'a Manifest,
    /// What each declared resource must become, by address.
    pub desired: &'a BTreeMap<Address, Desired>,
    /// What the tenant has.
    pub observed: &'a ObservedState,
    /// What was last applied.
    pub applied: &'a BTreeMap<Address, LastApplied>,
    /// The key of the digests in it.
    pub key: &'a DigestKey,
    /// What to plan.
    pub scope: &'a PlanScope,
    /// What reading the tenant cost.
    pub spent: &'a RequestCount,
}

/// The plan that brings the observed state to the desired one.
///
/// The caller has made sure that the manifests hold no error and that no name stands twice on the tenant.
pub fn plan(input: PlanInput<'_>) -> Plan {
    let dependencies = order::Dependencies::new(input);
    let included = dependencies.included(input);
    let mut plan = Plan {
        requests: input.spent.clone(),
        ..Plan::default()
    };
    for address in dependencies.first_to_last() {
        let Some(desired) = input
            .desired
            .get(address)
            .filter(|_| included.contains(address))
        else {
            continue;
        };
        match write(input, address, desired) {
            Outcome::Change(change) => plan.changes.push(change),
            Outcome::Unchanged(note) => {
                plan.unchanged += 1;
                plan.to_note.extend(note);
            }
        }
    }
    let written: BTreeSet<Address> = plan
        .changes
        .iter()
        .map(|change| change.address.clone())
        .collect();
    for change in &mut plan.changes {
        let needs = dependencies.of(&change.address);
        change.after = needs
            .filter(|need| written.contains(need))
            .cloned()
            .collect();
    }
    if input.scope.prune {
        prune::prune(input, &dependencies, &included, &mut plan);
    } else {
        plan.orphans = prune::orphans(input)
            .filter(|(applied, _)| !applied.protect)
            .map(|(applied, _)| applied.address.clone())
            .collect();
    }
    for change in &plan.changes {
        count(
            change,
            input.desired.get(&change.address),
            &mut plan.requests,
        );
    }
    plan
}

/// What depends on `address`, directly or not, in project and tenant: what its end reaches.
pub fn impact(manifest: &Manifest, observed: &ObservedState, address: &Address) -> Vec<Address> {
    let needs = check::needs(manifest, observed, address.kind);
    let edges = needs
        .iter()
        .map(|(name, names)| (*name, names.iter().copied()));
    let graph = DependencyGraph::build(edges);
    let reached = graph.impact_of(&address.name).into_iter();
    let reached = reached.map(|name| Address {
        kind: address.kind,
        name: name.to_owned(),
    });
    reached.collect()
}

/// The plan that deletes what the scope's targets name, be it declared or not; what must stay is in [`Plan::kept`].
///
/// Only what the journal says is ours is deleted.
pub fn delete(input: PlanInput<'_>) -> Plan {
    let dependencies = order::Dependencies::new(input);
    let mut plan = Plan {
        requests: input.spent.clone(),
        ..Plan::default()
    };
    prune::delete(input, &dependencies, &mut plan);
    for change in &plan.changes {
        count(change, None, &mut plan.requests);
    }
    plan
}

enum Outcome {
    Change(Change),
    Unchanged(Option<LastApplied>),
}

/// What it takes to bring the resource at `address` to what is wanted.
fn write(input: PlanInput<'_>, address: &Address, desired: &Desired) -> Outcome {
    let wanted = desired.body.projection();
    let applied = input.applied.get(address);
    let Some(there) = input.observed.get(address) else {
        return Outcome::Change(create(address, desired, &wanted, applied));
    };
    // What was applied to another resource of this name, which is gone, says nothing about this one.
    let applied = applied.filter(|applied| applied.id == there.id);
    let mut fields = differences(&wanted, &there.fields, LeftOut::MeansEmpty);
    let mut causes: Vec<Cause> = fields
        .iter()
        .map(|field| cause(field, applied, input.key))
        .collect();
    let secrets = changed_secrets(desired, applied, &fields);
    causes.extend(secrets.iter().map(|_| Cause::Pending));
    fields.extend(secrets);
    fields.sort_by(|left, right| left.path.cmp(&right.path));
    let Some(cause) = causes.into_iter().reduce(Cause::with) else {
        let now = LastApplied::new(
            address.clone(),
            there.id.clone(),
            &wanted,
            desired.secrets.clone(),
            desired.protect,
            input.key,
        )
        .dated(applied, None);
        return Outcome::Unchanged((applied != Some(&now)).then_some(now));
    };
    Outcome::Change(Change {
        kind: ChangeKind::Update,
        cause,
        fields: shown(desired, fields),
        adopts: applied.is_none(),
        ..existing(there)
    })
}

fn create(
    address: &Address,
    desired: &Desired,
    wanted: &Projection,
    applied: Option<&LastApplied>,
) -> Change {
    let mut whole = wanted.fields().clone();
    if address.kind == ResourceKind::Action {
        // What is new runs unless the manifest says otherwise.
        whole.entry("enabled").or_insert(Value::Bool(true));
    }
    let fields = whole.into_iter().map(|(path, after)| FieldDifference {
        path,
        before: Value::Null,
        after,
    });
    Change {
        address: address.clone(),
        kind: ChangeKind::Create,
        // What was applied from here and is gone was deleted on the tenant.
        cause: if applied.is_some() {
            Cause::Drift
        } else {
            Cause::Pending
        },
        fields: shown(desired, fields.collect()),
        adopts: false,
        named: false,
        id: None,
        listed: None,
        after: BTreeSet::new(),
    }
}

/// A change of a resource that is there; what it changes is the caller's to say.
fn existing(there: &ObservedResource) -> Change {
    Change {
        address: there.address(),
        kind: ChangeKind::Delete,
        cause: Cause::Pending,
        fields: Vec::new(),
        adopts: false,
        named: false,
        id: Some(there.id.clone()),
        listed: Some(there.document.digest()),
        after: BTreeSet::new(),
    }
}

/// Encrypted variables whose value changed, or of which the journal knows nothing.
fn changed_secrets(
    desired: &Desired,
    applied: Option<&LastApplied>,
    fields: &[FieldDifference],
) -> Vec<FieldDifference> {
    let known = |name: &str| {
        let kept = applied.and_then(|applied| applied.secrets.get(name));
        kept.map(|kept| &kept.fingerprint)
    };
    // A variable that is new as a whole is one difference, not two.
    let is_new = |name: &str| {
        let path = format!("{}.{name}", Projection::VARIABLES);
        fields.iter().any(|field| field.path == path)
    };
    desired
        .secrets
        .iter()
        .filter(|(name, now)| known(name) != Some(*now) && !is_new(name))
        .map(|(name, _)| hidden::changed_value(name))
        .collect()
}

/// `fields` as they may be shown.
fn shown(desired: &Desired, fields: Vec<FieldDifference>) -> Vec<FieldDifference> {
    match &desired.body {
        Body::Action(action) => hidden::without_secrets(action, fields),
        Body::View(_) => fields,
    }
}

/// Whether a create carries blocks that a tenant may leave out of its answer, or ignore.
fn holds_blocks(desired: &Desired) -> bool {
    match &desired.body {
        Body::View(_) => false,
        Body::Action(action) => {
            action.cache.is_some() || action.variables.is_some() || action.dates.is_some()
        }
    }
}

/// Adds the most that carrying out `change` costs as long as nothing fails.
fn count(change: &Change, desired: Option<&Desired>, requests: &mut RequestCount) {
    use Operation as Op;
    let builds_indexes = |body: &Desired| match &body.body {
        Body::View(view) => !view.auto_indexes,
        Body::Action(_) => false,
    };
    if change.kind == ChangeKind::Create && change.cause == Cause::Drift {
        // What was applied before is looked for by its id first: a listing may lag behind.
        let read = match change.address.kind {
            ResourceKind::View => Op::GetView,
            ResourceKind::Action => Op::GetAction,
        };
        requests.add(read, 1);
    }
    match (change.kind, change.address.kind) {
        (ChangeKind::Create, ResourceKind::View) => requests.add(Op::CreateView, 1),
        (ChangeKind::Create, ResourceKind::Action) => {
            requests.add(Op::CreateAction, 1);
            // An answer that does not show these blocks costs a read, and what it ignored one write more.
            if desired.is_some_and(holds_blocks) {
                requests.add(Op::GetAction, 1);
                requests.add(Op::ReplaceAction, 1);
            }
        }
        (ChangeKind::Update, ResourceKind::View) => {
            requests.add(Op::GetView, 1);
            requests.add(Op::ReplaceView, 1);
        }
        (ChangeKind::Update, ResourceKind::Action) => {
            requests.add(Op::GetAction, 1);
            requests.add(Op::ReplaceAction, 1);
        }
        (ChangeKind::Delete, ResourceKind::View) => requests.add(Op::DeleteView, 1),
        (ChangeKind::Delete, ResourceKind::Action) => requests.add(Op::DeleteAction, 1),
    }
    // What is deleted is not wanted, so it has no indexes to build.
    if desired.is_some_and(builds_indexes) {
        requests.add(Op::BuildIndexes, 1);
    }
}
