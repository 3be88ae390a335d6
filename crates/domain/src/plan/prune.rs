//! What is deleted of what the journal says is ours, save what is protected or still needed: by `--prune` what no manifest names, by
//! `delete` what somebody names.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::applied::LastApplied;
use crate::manifest::Declared;
use crate::observed::ObservedResource;
use crate::plan::order::{Dependencies, observed};
use crate::plan::{Change, Kept, Plan, PlanInput, existing};

/// Appends the deletes to `plan`, dependents first, and lists what stays although no manifest names it.
///
/// `included` are the declared addresses that the plan brings to what is wanted.
pub(super) fn prune(
    input: PlanInput<'_>,
    dependencies: &Dependencies,
    included: &BTreeSet<Address>,
    plan: &mut Plan,
) {
    let mut doomed: BTreeMap<&Address, &ObservedResource> = BTreeMap::new();
    for (applied, there) in orphans(input) {
        let address = &applied.address;
        if applied.protect {
            plan.kept.insert(address.clone(), Kept::Protected);
        } else {
            doomed.insert(address, there);
        }
    }
    let staying = staying(input, dependencies, included, &doomed);
    spare_needed(staying, &mut doomed, plan);
    push_deletes(dependencies, doomed, plan);
}

/// Appends the deletes of what the scope names to `plan`, be it declared or not, and lists what must stay.
pub(super) fn delete(input: PlanInput<'_>, dependencies: &Dependencies, plan: &mut Plan) {
    let mut doomed: BTreeMap<&Address, &ObservedResource> = BTreeMap::new();
    for applied in input.applied.values() {
        let address = &applied.address;
        let declared = input.manifest.get(address);
        let Some(there) = ours(input, applied).filter(|_| input.scope.targets(address)) else {
            continue;
        };
        if applied.protect || declared.is_some_and(Declared::protect) {
            plan.kept.insert(address.clone(), Kept::Protected);
        } else {
            doomed.insert(address, there);
        }
    }
    let mut staying = staying(input, dependencies, &BTreeSet::new(), &doomed);
    // What is declared and not applied yet counts as well: the next apply would miss what is deleted now.
    let declared = input.manifest.resources().keys();
    let declared = declared.filter(|address| !doomed.contains_key(*address));
    staying.extend(
        declared.map(|address| (address.clone(), dependencies.of(address).cloned().collect())),
    );
    spare_needed(staying, &mut doomed, plan);
    push_deletes(dependencies, doomed, plan);
    for change in &mut plan.changes {
        change.named = true;
    }
}

/// Appends the deletes of `doomed`, dependents first.
fn push_deletes(
    dependencies: &Dependencies,
    mut doomed: BTreeMap<&Address, &ObservedResource>,
    plan: &mut Plan,
) {
    let mut dependents: BTreeMap<&Address, BTreeSet<Address>> = BTreeMap::new();
    for &address in doomed.keys() {
        for need in dependencies.of(address) {
            dependents.entry(need).or_default().insert(address.clone());
        }
    }
    for address in dependencies.first_to_last().iter().rev() {
        let Some(there) = doomed.remove(address) else {
            continue;
        };
        plan.changes.push(Change {
            after: dependents.remove(address).unwrap_or_default(),
            ..existing(there)
        });
    }
}

/// What this project made or adopted, is still there, and no manifest names; only what the scope asks for.
pub(super) fn orphans(
    input: PlanInput<'_>,
) -> impl Iterator<Item = (&LastApplied, &ObservedResource)> {
    input.applied.values().filter_map(move |applied| {
        let address = &applied.address;
        let declared = input.desired.contains_key(address) || input.manifest.get(address).is_some();
        let there = ours(input, applied)?;
        (!declared && input.scope.targets(address)).then_some((applied, there))
    })
}

/// The resource that `applied` was about: by its id, for somebody else's may have taken its name.
fn ours<'a>(input: PlanInput<'a>, applied: &LastApplied) -> Option<&'a ObservedResource> {
    let there = input.observed.named(&applied.address);
    there.into_iter().find(|there| there.id == applied.id)
}

/// What stays after the run, with what it needs then.
fn staying(
    input: PlanInput<'_>,
    dependencies: &Dependencies,
    included: &BTreeSet<Address>,
    doomed: &BTreeMap<&Address, &ObservedResource>,
) -> Vec<(Address, BTreeSet<Address>)> {
    // After the run a declared resource that is left out of the plan still needs what the tenant shows, not what it declares.
    let needs_after = |there: &ObservedResource| {
        let address = there.address();
        if included.contains(&address) {
            dependencies.of(&address).cloned().collect()
        } else {
            observed(there)
        }
    };
    let gone = |there: &ObservedResource| {
        let own = doomed.get(&there.address());
        own.is_some_and(|own| own.id == there.id)
    };
    let mut staying: Vec<(Address, BTreeSet<Address>)> = input
        .observed
        .resources()
        .iter()
        .filter(|there| !gone(there))
        .map(|there| (there.address(), needs_after(there)))
        .collect();
    let created = included
        .iter()
        .filter(|address| input.observed.get(address).is_none());
    staying.extend(created.map(|address| {
        let needs = dependencies.of(address).cloned().collect();
        (address.clone(), needs)
    }));
    staying
}

/// Takes from `doomed` what something that stays needs, and then what that needs itself.
fn spare_needed(
    mut staying: Vec<(Address, BTreeSet<Address>)>,
    doomed: &mut BTreeMap<&Address, &ObservedResource>,
    plan: &mut Plan,
) {
    // The first by address is named as the one that needs it.
    staying.sort_unstable_by(|left, right| right.0.cmp(&left.0));
    while let Some((by, needs)) = staying.pop() {
        for need in needs {
            if let Some(spared) = doomed.remove(&need) {
                plan.kept.insert(need.clone(), Kept::NeededBy(by.clone()));
                staying.push((need, observed(spared)));
            }
        }
    }
}
