//! Rules that no single document shows: over a whole project, and over project and tenant together.

use std::collections::BTreeMap;

use crate::action::ActionName;
use crate::address::{Address, ResourceKind};
use crate::cache::collision_form;
use crate::graph::{Cycle, DependencyGraph};
use crate::manifest::{Declaration, Manifest, nearest};
use crate::observed::ObservedState;
use crate::projection::Projection;
use crate::rule::Rule;
use crate::view::ViewSource;
use crate::violation::{FieldPath, Violation, Violations};

/// Findings that the project shows by itself: cycles (G001) and cache keys that stand twice (C004).
pub fn project(manifest: &Manifest) -> Violations {
    let mut violations = Violations::new();
    cycles(manifest, &ObservedState::default(), &mut violations);
    cache_keys(manifest, &ObservedState::default(), &mut violations);
    violations
}

/// Findings that show only together with the tenant: cycles, cache keys, and things that are not there (A005, V009); also warnings.
pub fn against_tenant(manifest: &Manifest, observed: &ObservedState) -> Violations {
    let mut violations = Violations::new();
    cycles(manifest, observed, &mut violations);
    cache_keys(manifest, observed, &mut violations);
    dependencies(manifest, observed, &mut violations);
    sources(manifest, observed, &mut violations);
    unmanaged_secrets(manifest, observed, &mut violations);
    violations
}

fn report(
    manifest: &Manifest,
    address: &Address,
    rule: Rule,
    path: FieldPath,
    message: String,
    hint: Option<String>,
) -> Violation {
    let position = manifest
        .get(address)
        .map(|declared| declared.origin.position(&path));
    Violation {
        rule,
        position,
        path,
        message,
        hint,
    }
}

/// The names that each resource of `kind` needs: as declared, else as observed.
fn needs<'a>(
    manifest: &'a Manifest,
    observed: &'a ObservedState,
    kind: ResourceKind,
) -> BTreeMap<&'a str, Vec<&'a str>> {
    let there = observed
        .resources()
        .iter()
        .filter(|there| there.kind == kind);
    let mut needs: BTreeMap<&str, Vec<&str>> = there
        .map(|there| {
            let names = match kind {
                ResourceKind::Action => there.fields.dependencies().collect(),
                ResourceKind::View => {
                    let source = there.fields.at(&[Projection::SOURCE, "view"]);
                    source
                        .and_then(serde_json::Value::as_str)
                        .into_iter()
                        .collect()
                }
            };
            (there.name.as_str(), names)
        })
        .collect();
    match kind {
        ResourceKind::Action => {
            for (action, _) in manifest.actions() {
                let names = action.dependencies.iter().map(ActionName::as_str).collect();
                needs.insert(action.name.as_str(), names);
            }
        }
        ResourceKind::View => {
            for (view, _) in manifest.views() {
                let names = match &view.source {
                    ViewSource::View(name) => vec![name.as_str()],
                    ViewSource::Table(_) => Vec::new(),
                };
                needs.insert(view.name.as_str(), names);
            }
        }
    }
    needs
}

fn cycles(manifest: &Manifest, observed: &ObservedState, violations: &mut Violations) {
    for kind in [ResourceKind::View, ResourceKind::Action] {
        let needs = needs(manifest, observed, kind);
        let graph = DependencyGraph::build(
            needs
                .iter()
                .map(|(name, names)| (*name, names.iter().copied())),
        );
        let declared = |name: &str| {
            let address = Address {
                kind,
                name: name.to_owned(),
            };
            manifest.get(&address).is_some()
        };
        for cycle in graph.cycles_through(declared) {
            violations.push(cycle_violation(manifest, kind, &needs, &cycle));
        }
    }
}

fn cycle_violation(
    manifest: &Manifest,
    kind: ResourceKind,
    needs: &BTreeMap<&str, Vec<&str>>,
    cycle: &Cycle,
) -> Violation {
    let plural = match kind {
        ResourceKind::View => "views",
        ResourceKind::Action => "actions",
    };
    let address = |name: &str| Address {
        kind,
        name: name.to_owned(),
    };
    // A cycle with any declared member starts at one.
    let names = cycle.names();
    let declared = names
        .first()
        .filter(|name| manifest.get(&address(name)).is_some());
    let message = format!("{plural} form a cycle: {cycle}");
    let Some(name) = declared else {
        return Violation {
            rule: Rule::W002,
            position: None,
            path: FieldPath::root(),
            message,
            hint: Some("it stands on the tenant alone, and nothing here touches it".into()),
        };
    };
    let field = match kind {
        ResourceKind::View => FieldPath::from("spec.source"),
        ResourceKind::Action => {
            let next = names.get(1).unwrap_or(name);
            let needed = needs.get(name.as_str());
            let index = needed.and_then(|needed| needed.iter().position(|other| other == next));
            FieldPath::from("spec.dependencies").index(index.unwrap_or_default())
        }
    };
    let hint = Some("remove one of these dependencies".into());
    report(manifest, &address(name), Rule::G001, field, message, hint)
}

fn cache_keys(manifest: &Manifest, observed: &ObservedState, violations: &mut Violations) {
    // Who holds a key: declared actions first, then what the tenant alone has.
    let mut holders: BTreeMap<String, &str> = BTreeMap::new();
    let mut declared: Vec<_> = manifest.actions().collect();
    declared.sort_by_key(|(action, origin)| (&origin.file, origin.start, &action.name));
    for (action, _) in &declared {
        let Some(key) = action
            .cache
            .as_ref()
            .filter(|cache| cache.enabled)
            .and_then(|cache| cache.key.as_ref())
        else {
            continue;
        };
        let name = action.name.as_str();
        let other = *holders.entry(key.collision_form()).or_insert(name);
        if other != name {
            violations.push(collision(manifest, name, key.as_str(), other));
        }
    }
    for there in observed.resources() {
        let address = there.address();
        let declared = manifest.get(&address).map(|declared| &declared.resource);
        let managed =
            matches!(declared, Some(Declaration::Action(action)) if action.cache.is_some());
        if there.kind != ResourceKind::Action || managed {
            continue;
        }
        let Some(key) = there.fields.live_cache_key() else {
            continue;
        };
        let Some(other) = holders.get(&collision_form(key)) else {
            holders.insert(collision_form(key), &there.name);
            continue;
        };
        if *other == there.name {
            continue;
        }
        if manifest.get(&Address::action(*other)).is_some() {
            violations.push(collision(manifest, other, key, &there.name));
        } else {
            violations.push(Violation {
                rule: Rule::W004,
                position: None,
                path: FieldPath::root(),
                message: format!(
                    "actions {other} and {} of the tenant share the cache key {key:?}",
                    there.name
                ),
                hint: None,
            });
        }
    }
}

fn collision(manifest: &Manifest, name: &str, key: &str, other: &str) -> Violation {
    let message = format!("cache key {key:?} belongs to action {other} already");
    let hint = Some("give each action a key of its own; case and outer spaces do not count".into());
    let path = FieldPath::from("spec.cache.key");
    report(
        manifest,
        &Address::action(name),
        Rule::C004,
        path,
        message,
        hint,
    )
}

fn dependencies(manifest: &Manifest, observed: &ObservedState, violations: &mut Violations) {
    for (action, _) in manifest.actions() {
        for (index, name) in action.dependencies.iter().enumerate() {
            let needed = Address::action(name.as_str());
            if manifest.get(&needed).is_some() || observed.get(&needed).is_some() {
                continue;
            }
            let path = FieldPath::from("spec.dependencies").index(index);
            let message = format!("action {name} is neither in the project nor on the tenant");
            let hint = near(manifest, observed, &needed);
            let address = Address::action(action.name.as_str());
            violations.push(report(manifest, &address, Rule::A005, path, message, hint));
        }
    }
}

fn near(manifest: &Manifest, observed: &ObservedState, missing: &Address) -> Option<String> {
    let declared = manifest
        .resources()
        .keys()
        .filter(|known| known.kind == missing.kind);
    let there = observed
        .resources()
        .iter()
        .filter(|there| there.kind == missing.kind);
    let names = declared
        .map(|known| known.name.as_str())
        .chain(there.map(|there| there.name.as_str()));
    nearest(&missing.name, names).map(|name| format!("did you mean `{name}`?"))
}

fn sources(manifest: &Manifest, observed: &ObservedState, violations: &mut Violations) {
    for (view, _) in manifest.views() {
        let address = Address::view(view.name.as_str());
        match &view.source {
            ViewSource::View(name) => {
                let needed = Address::view(name.as_str());
                if manifest.get(&needed).is_some() || observed.get(&needed).is_some() {
                    continue;
                }
                let path = FieldPath::from("spec.source.view");
                let message =
                    format!("source view {name} is neither in the project nor on the tenant");
                let hint = near(manifest, observed, &needed);
                violations.push(report(manifest, &address, Rule::V009, path, message, hint));
            }
            ViewSource::Table(id) => {
                if observed.has_table(*id) != Some(false) {
                    continue;
                }
                let path = FieldPath::from("spec.source.table");
                let message = format!("source table {id} is not on the tenant");
                let hint = Some("`cxda get tables` lists those that are".into());
                violations.push(report(manifest, &address, Rule::V009, path, message, hint));
            }
        }
    }
}

fn unmanaged_secrets(manifest: &Manifest, observed: &ObservedState, violations: &mut Violations) {
    for (action, _) in manifest
        .actions()
        .filter(|(action, _)| action.variables.is_none())
    {
        let address = Address::action(action.name.as_str());
        let Some(there) = observed.get(&address) else {
            continue;
        };
        let names: Vec<&str> = there.fields.encrypted_variables().collect();
        if names.is_empty() {
            continue;
        }
        let message = format!(
            "action {} holds encrypted variables that its manifest does not declare: {}",
            action.name,
            names.join(", ")
        );
        let hint = Some(
            "an update sends them back as the tenant shows them, masked; declare `variables` to be sure of their values"
                .into(),
        );
        violations.push(report(
            manifest,
            &address,
            Rule::W003,
            FieldPath::from("spec"),
            message,
            hint,
        ));
    }
}
