//! Rules that no single document shows: over a whole project, and over project and tenant together.

use std::collections::BTreeMap;

use crate::address::{Address, ResourceKind};
use crate::cache::{CacheKey, collision_form};
use crate::graph::{Cycle, DependencyGraph};
use crate::manifest::{Declaration, Manifest, nearest};
use crate::observed::ObservedState;
use crate::rule::Rule;
use crate::view::ViewSource;
use crate::violation::{FieldPath, Violation, Violations};

/// Where a view names its source view.
pub(crate) const SOURCE_VIEW: &str = "spec.source.view";

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

/// The finding that `path` of the declaration at `address` breaks `rule`.
fn report(
    manifest: &Manifest,
    address: &Address,
    rule: Rule,
    path: FieldPath,
    message: String,
    hint: Option<String>,
) -> Violation {
    let position = manifest
        .origin(address)
        .map(|origin| origin.position(&path));
    Violation::new(rule, position, path, message, hint)
}

/// What the tenant alone shows: no file is at fault.
fn warn(rule: Rule, message: String, hint: Option<String>) -> Violation {
    Violation::new(rule, None, FieldPath::root(), message, hint)
}

/// The names that each resource of `kind` needs: as declared, else as observed.
pub(crate) fn needs<'a>(
    manifest: &'a Manifest,
    observed: &'a ObservedState,
    kind: ResourceKind,
) -> BTreeMap<&'a str, Vec<&'a str>> {
    let there = observed.resources().iter();
    let mut needs: BTreeMap<&str, Vec<&str>> = there
        .filter(|there| there.kind == kind)
        .map(|there| (there.name.as_str(), there.fields.needs(kind).collect()))
        .collect();
    for (address, outline) in manifest.unsound() {
        if address.kind == kind {
            let references = outline.references.iter();
            let names = references.map(|reference| reference.name.as_str());
            needs.insert(&address.name, names.collect());
        }
    }
    for (address, declared) in manifest.resources() {
        if address.kind == kind {
            needs.insert(&address.name, declared.resource.needs().collect());
        }
    }
    needs
}

/// Where the declaration at `address` says that it needs `name`.
fn path_of_need(manifest: &Manifest, address: &Address, name: &str) -> FieldPath {
    match manifest.get(address).map(|declared| &declared.resource) {
        Some(Declaration::View(_)) => FieldPath::from(SOURCE_VIEW),
        Some(Declaration::Action(action)) => {
            let mut names = action.dependencies.iter();
            let index = names.position(|other| other.as_str() == name);
            dependency_path(index.unwrap_or_default())
        }
        None => {
            let outline = manifest.outline(address);
            let mut references = outline.into_iter().flat_map(|outline| &outline.references);
            let reference = references.find(|reference| reference.name == name);
            reference.map_or_else(FieldPath::root, |reference| reference.path.clone())
        }
    }
}

fn dependency_path(index: usize) -> FieldPath {
    FieldPath::from("spec.dependencies").index(index)
}

fn cycles(manifest: &Manifest, observed: &ObservedState, violations: &mut Violations) {
    for kind in [ResourceKind::View, ResourceKind::Action] {
        let needs = needs(manifest, observed, kind);
        let graph = DependencyGraph::build(
            needs
                .iter()
                .map(|(name, names)| (*name, names.iter().copied())),
        );
        let address = |name: &str| Address {
            kind,
            name: name.to_owned(),
        };
        let declared = |name: &str| manifest.origin(&address(name)).is_some();
        for cycle in graph.cycles_through(declared) {
            violations.push(cycle_violation(manifest, kind, &cycle));
        }
    }
}

/// What is said of `cycle`.
pub(crate) fn cycle_message(kind: ResourceKind, cycle: &Cycle) -> String {
    format!("{kind}s form a cycle: {cycle}")
}

fn cycle_violation(manifest: &Manifest, kind: ResourceKind, cycle: &Cycle) -> Violation {
    let message = cycle_message(kind, cycle);
    let names = cycle.names();
    // A cycle with any declared member starts at one; a cycle of one leads back to itself.
    let first = names.first().map(|name| Address {
        kind,
        name: name.clone(),
    });
    let Some(address) = first.filter(|address| manifest.origin(address).is_some()) else {
        let hint = "it stands on the tenant alone, and nothing here touches it".to_owned();
        return warn(Rule::W002, message, Some(hint));
    };
    let next = names.get(1).unwrap_or(&address.name);
    let path = path_of_need(manifest, &address, next);
    let hint = match names {
        [_] => "nothing can depend on itself: remove this".to_owned(),
        _ => "remove one of these dependencies".to_owned(),
    };
    let hint = Some(hint);
    let violation = report(manifest, &address, Rule::G001, path, message, hint);
    let nexts = names.iter().skip(2).chain(names.first());
    let links = names.iter().skip(1).zip(nexts).take(MOST_LINKS_SHOWN);
    links.fold(violation, |violation, (name, next)| {
        let name = name.clone();
        let address = Address { kind, name };
        let path = path_of_need(manifest, &address, next);
        match manifest.origin(&address) {
            Some(origin) => {
                let what = format!("{} needs {next}", address.name);
                violation.with_place(what, origin.position(&path))
            }
            None => violation,
        }
    })
}

/// How many links of a cycle are shown beside the first; its message names all.
const MOST_LINKS_SHOWN: usize = 4;

/// Who caches under a key.
#[derive(Clone, Copy)]
struct Holder<'a> {
    name: &'a str,
    key: &'a str,
    /// Whether a manifest says so; else the tenant does.
    declared: bool,
}

fn cache_keys(manifest: &Manifest, observed: &ObservedState, violations: &mut Violations) {
    let mut holders: BTreeMap<String, Vec<Holder<'_>>> = BTreeMap::new();
    for holder in declared_keys(manifest)
        .into_iter()
        .chain(tenant_keys(manifest, observed))
    {
        let others = holders.entry(collision_form(holder.key)).or_default();
        if others.iter().all(|other| other.name != holder.name) {
            others.push(holder);
        }
    }
    for sharing in holders.values().filter(|holders| holders.len() > 1) {
        let (declared, there): (Vec<_>, Vec<_>) =
            sharing.iter().partition(|holder| holder.declared);
        match (declared.split_first(), there.split_first()) {
            (Some((first, later)), there) => {
                // Each declaration is blamed once, whoever else has its key.
                let of_first = there.map(|(other, _)| (first, other));
                for (holder, other) in of_first
                    .into_iter()
                    .chain(later.iter().map(|one| (one, first)))
                {
                    violations.push(collision(manifest, *holder, *other));
                }
            }
            (None, Some((first, others))) => {
                violations.extend(others.iter().map(|other| shared_there(first, other)));
            }
            (None, None) => {}
        }
    }
}

/// The keys that declared actions cache under, in the order of the files.
fn declared_keys<'a>(manifest: &'a Manifest) -> Vec<Holder<'a>> {
    let sound = manifest.actions().filter_map(|(action, origin)| {
        let cache = action.cache.as_ref().filter(|cache| cache.enabled)?;
        Some((origin, action.name.as_str(), cache.key.as_ref()?))
    });
    let unsound = manifest.unsound().filter_map(|(address, outline)| {
        Some((
            &outline.origin,
            address.name.as_str(),
            outline.cache_key.as_ref()?,
        ))
    });
    let mut keys: Vec<_> = sound.chain(unsound).collect();
    keys.sort_by_key(|(origin, name, _)| (&origin.file, origin.start, *name));
    let holder = |(_, name, key): (_, _, &'a CacheKey)| Holder {
        name,
        key: key.as_str(),
        declared: true,
    };
    keys.into_iter().map(holder).collect()
}

/// The keys that the tenant's actions cache under, save where a manifest says what becomes of them.
fn tenant_keys<'a>(
    manifest: &'a Manifest,
    observed: &'a ObservedState,
) -> impl Iterator<Item = Holder<'a>> {
    let managed = |address: &Address| {
        let declared = manifest.get(address).map(|declared| &declared.resource);
        matches!(declared, Some(Declaration::Action(action)) if action.cache.is_some())
    };
    observed
        .resources()
        .iter()
        .filter(move |there| there.kind == ResourceKind::Action && !managed(&there.address()))
        .filter_map(|there| {
            Some(Holder {
                name: &there.name,
                key: there.fields.live_cache_key()?,
                declared: false,
            })
        })
}

fn collision(manifest: &Manifest, holder: Holder<'_>, other: Holder<'_>) -> Violation {
    let (key, name) = (holder.key, other.name);
    let message = format!("cache key {key:?} belongs to action {name} already");
    let hint = Some("give each action a key of its own; case and outer spaces do not count".into());
    let path = FieldPath::from("spec.cache.key");
    let there = manifest
        .origin(&Address::action(name))
        .map(|origin| origin.position(&path));
    let address = Address::action(holder.name);
    let violation = report(manifest, &address, Rule::C004, path, message, hint);
    match there.filter(|_| other.declared) {
        Some(there) => violation.with_place("there it is", there),
        None => violation,
    }
}

fn shared_there(first: &Holder<'_>, other: &Holder<'_>) -> Violation {
    let message = format!(
        "actions {} and {} of the tenant share the cache key {:?}",
        first.name, other.name, other.key
    );
    let hint = "no manifest sets either key, and nothing here touches them".to_owned();
    warn(Rule::W004, message, Some(hint))
}

fn dependencies(manifest: &Manifest, observed: &ObservedState, violations: &mut Violations) {
    let mut suggestions = Suggestions::new(manifest, observed);
    for (action, _) in manifest.actions() {
        for (index, name) in action.dependencies.iter().enumerate() {
            let needed = Address::action(name.as_str());
            if manifest.get(&needed).is_some() || observed.get(&needed).is_some() {
                continue;
            }
            let path = dependency_path(index);
            let message = format!("action {name} is neither in the project nor on the tenant");
            let hint = suggestions.near(&needed);
            let address = Address::action(action.name.as_str());
            violations.push(report(manifest, &address, Rule::A005, path, message, hint));
        }
    }
}

/// Known names that a missing one may have meant.
struct Suggestions<'a> {
    manifest: &'a Manifest,
    observed: &'a ObservedState,
    left: usize,
}

impl<'a> Suggestions<'a> {
    /// How many missing names are compared with all known ones; further ones get no suggestion, or the time would be quadratic.
    const MOST: usize = 20;

    fn new(manifest: &'a Manifest, observed: &'a ObservedState) -> Self {
        Self {
            manifest,
            observed,
            left: Self::MOST,
        }
    }

    fn near(&mut self, missing: &Address) -> Option<String> {
        self.left = self.left.checked_sub(1)?;
        let declared = self.manifest.resources().keys();
        let declared = declared.filter(|known| known.kind == missing.kind);
        let there = self.observed.resources().iter();
        let there = there.filter(|there| there.kind == missing.kind);
        let names = declared
            .map(|known| known.name.as_str())
            .chain(there.map(|there| there.name.as_str()));
        nearest(&missing.name, names).map(|name| format!("did you mean `{name}`?"))
    }
}

fn sources(manifest: &Manifest, observed: &ObservedState, violations: &mut Violations) {
    let mut suggestions = Suggestions::new(manifest, observed);
    for (view, _) in manifest.views() {
        let address = Address::view(view.name.as_str());
        match &view.source {
            ViewSource::View(name) => {
                let needed = Address::view(name.as_str());
                if manifest.get(&needed).is_some() || observed.get(&needed).is_some() {
                    continue;
                }
                let path = FieldPath::from(SOURCE_VIEW);
                let message =
                    format!("source view {name} is neither in the project nor on the tenant");
                let hint = suggestions.near(&needed);
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

#[cfg(test)]
mod tests;
