//! What `--prune` deletes: what the journal says is ours and no manifest names, save what is protected or still needed.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::applied::LastApplied;
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
    spare_needed(input, dependencies, included, &mut doomed, plan);
    let mut dependents: BTreeMap<&Address, BTreeSet<Address>> = BTreeMap::new();
    for &address in doomed.keys() {
        for need in dependencies.of(address) {
            dependents.entry(need).or_default().insert(address.clone());
        }
    }
    for address in dependencies.first_to_last().iter().rev() {
        let Some(there) = doomed.get(address) else {
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

/// Takes from `doomed` what something that stays needs, and then what that needs itself.
fn spare_needed<'a>(
    input: PlanInput<'a>,
    dependencies: &'a Dependencies,
    included: &BTreeSet<Address>,
    doomed: &mut BTreeMap<&'a Address, &'a ObservedResource>,
    plan: &mut Plan,
) {
    // After the run a declared resource that is left out of the plan still needs what the tenant shows, not what it declares.
    let needs_after = |there: &ObservedResource| {
        let address = there.address();
        if included.contains(&address) {
            dependencies.of(&address).cloned().collect()
        } else {
            observed(there)
        }
    };
    let gone = |doomed: &BTreeMap<&Address, &ObservedResource>, there: &ObservedResource| {
        let own = doomed.get(&there.address());
        own.is_some_and(|own| own.id == there.id)
    };
    let mut staying: Vec<(Address, BTreeSet<Address>)> = input
        .observed
        .resources()
        .iter()
        .filter(|there| !gone(doomed, there))
        .map(|there| (there.address(), needs_after(there)))
        .collect();
    let created = included
        .iter()
        .filter(|address| input.observed.get(address).is_none());
    staying.extend(created.map(|address| {
        let needs = dependencies.of(address).cloned().collect();
        (address.clone(), needs)
    }));
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
