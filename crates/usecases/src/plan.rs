//! Makes a plan: validate, read the tenant, compare. Nothing is written.

use std::collections::{BTreeMap, BTreeSet};

use cxda_domain::address::{Address, AddressPattern, ResourceKind};
use cxda_domain::applied::LastApplied;
use cxda_domain::check;
use cxda_domain::diff::shows_all;
use cxda_domain::key::DigestKey;
use cxda_domain::manifest::Manifest;
use cxda_domain::observed::ObservedState;
use cxda_domain::plan::{Desired, Plan, PlanInput, PlanScope, plan as compare};
use cxda_domain::request::{Operation, RequestCount};
use cxda_domain::secret::SecretText;
use cxda_domain::view::ViewSource;
use cxda_ports::error::{ApiError, SourceError, StoreError};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::near::{did_you_mean, near};
use crate::observe::{CONCURRENT_READS, Needed, Observation, observe, read};
use crate::ports::{PlanPorts, TenantPorts};
use crate::resolve::resolve;
use crate::validate::{Project, Texts, validate};

/// Why there is no plan. Findings are no error: they stand in the plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The project cannot be read.
    #[error("the project cannot be read")]
    Project(#[source] SourceError),
    /// What was last applied cannot be read.
    #[error("what was last applied cannot be read")]
    Journal(#[source] StoreError),
    /// The tenant cannot be read.
    #[error("the tenant cannot be read")]
    Observe(#[source] ApiError),
    /// A target that nothing bears.
    #[error("no resource of the project is named {}{}", pattern.as_str(), did_you_mean(near.as_deref()))]
    NoTarget {
        /// The pattern.
        pattern: AddressPattern,
        /// The address that was likely meant.
        near: Option<String>,
    },
    /// The tenant holds a declared name more than once, so nobody can say which resource is meant.
    #[error("{address} stands on the tenant {} times, with the ids {}", ids.len(), ids.join(", "))]
    Ambiguous {
        /// The name.
        address: Address,
        /// The server's ids under it.
        ids: Vec<String>,
    },
}

/// A plan with all that carrying it out needs.
#[derive(Clone, Debug, Default)]
pub struct Planned {
    /// The plan; without changes where its findings hold an error.
    pub plan: Plan,
    /// The project that it was made from.
    pub project: Project,
    /// What each declared resource must become.
    pub desired: BTreeMap<Address, Desired>,
    /// What the tenant had.
    pub observed: ObservedState,
    /// How often what the journal remembers had changed before.
    pub serial: u64,
    /// What was applied before.
    pub applied: BTreeMap<Address, LastApplied>,
    /// Values that were read by reference: none of them may be shown.
    pub secrets: Vec<SecretText>,
}

/// Plans what `scope` asks for.
///
/// # Errors
///
/// [`PlanError`] where project, journal or tenant cannot be read, or a name is ambiguous on the tenant.
pub async fn plan(ports: PlanPorts<'_>, scope: &PlanScope) -> Result<Planned, PlanError> {
    let project = validate(ports.manifests, ports.checker)
        .await
        .map_err(PlanError::Project)?;
    if project.violations.has_errors() {
        let plan = Plan {
            violations: project.violations.clone(),
            ..Plan::default()
        };
        return Ok(Planned {
            plan,
            project,
            ..Planned::default()
        });
    }
    let resolved = resolve(&project.manifest, ports.secrets, ports.journal).await;
    // The number first: what changes meanwhile has a later one.
    let serial = ports.journal.serial().await.map_err(PlanError::Journal)?;
    let applied = ports
        .journal
        .last_applied()
        .await
        .map_err(PlanError::Journal)?;
    known_targets(&project.manifest, &applied, scope)?;
    let needed = needed(&project.manifest, &applied);
    let observed = observe(ports.tenant, ports.progress, &needed).await;
    let mut violations = project.violations.clone();
    violations.extend(resolved.violations);
    let mut observation = match observed {
        Ok(observation) => observation,
        // What is wrong with the project is worth more than that the tenant does not answer.
        Err(_) if violations.has_errors() => Observation::default(),
        Err(error) => return Err(PlanError::Observe(error)),
    };
    if observation.spent != RequestCount::default() {
        violations.extend(check::against_tenant(&project.manifest, &observation.state));
    }
    let mut violations = Texts::new(ports.manifests).show(violations.sorted()).await;
    let secrets = resolved.secrets;
    if violations.has_errors() {
        let plan = Plan {
            violations,
            requests: observation.spent,
            ..Plan::default()
        };
        return Ok(Planned {
            plan,
            project,
            secrets,
            ..Planned::default()
        });
    }
    unambiguous(&resolved.desired, &observation.state)?;
    complete(ports.tenant, &resolved.desired, &mut observation)
        .await
        .map_err(PlanError::Observe)?;
    let key = DigestKey::new(|label| ports.journal.fingerprint(label));
    let input = PlanInput {
        manifest: &project.manifest,
        desired: &resolved.desired,
        observed: &observation.state,
        applied: &applied,
        key: &key,
        scope,
        spent: &observation.spent,
    };
    let plan = compare(input);
    violations.extend(plan.notes());
    let plan = Plan {
        violations: violations.sorted(),
        ..plan
    };
    let (desired, observed) = (resolved.desired, observation.state);
    Ok(Planned {
        plan,
        project,
        desired,
        observed,
        serial,
        applied,
        secrets,
    })
}

/// A kind that neither project nor journal has is not listed; each source table is looked for once.
fn needed(manifest: &Manifest, applied: &BTreeMap<Address, LastApplied>) -> Needed {
    let kinds = [ResourceKind::View, ResourceKind::Action]
        .into_iter()
        .filter(|kind| {
            manifest.has_kind(*kind) || applied.keys().any(|address| address.kind == *kind)
        });
    let tables = manifest.views().filter_map(|(view, _)| match view.source {
        ViewSource::Table(id) => Some(id),
        ViewSource::View(_) => None,
    });
    let known = applied
        .iter()
        .filter(|(address, _)| manifest.get(address).is_some())
        .map(|(address, applied)| (address.clone(), applied.id.clone()));
    Needed {
        kinds: kinds.collect(),
        tables: tables.collect(),
        known: known.collect(),
    }
}

/// A target that fits nothing is a slip, and a plan without changes would hide it.
fn known_targets(
    manifest: &Manifest,
    applied: &BTreeMap<Address, LastApplied>,
    scope: &PlanScope,
) -> Result<(), PlanError> {
    for pattern in &scope.targets {
        let known = || manifest.resources().keys().chain(applied.keys());
        if !known().any(|address| pattern.matches(address)) {
            return Err(PlanError::NoTarget {
                pattern: pattern.clone(),
                near: near(pattern.as_str(), known()),
            });
        }
    }
    Ok(())
}

fn unambiguous(
    desired: &BTreeMap<Address, Desired>,
    observed: &ObservedState,
) -> Result<(), PlanError> {
    for address in desired.keys() {
        let there = observed.named(address);
        if there.len() > 1 {
            let ids = there.iter().map(|each| each.id.to_string()).collect();
            return Err(PlanError::Ambiguous {
                address: address.clone(),
                ids,
            });
        }
    }
    Ok(())
}

/// Reads singly what the listing showed only in part.
async fn complete(
    tenant: TenantPorts<'_>,
    desired: &BTreeMap<Address, Desired>,
    observation: &mut Observation,
) -> Result<(), ApiError> {
    let in_part = desired.iter().filter_map(|(address, desired)| {
        let there = observation.state.get(address)?;
        let whole = shows_all(&desired.body.projection(), &there.fields);
        (!whole).then(|| (address.kind, there.id.clone()))
    });
    let in_part: BTreeSet<_> = in_part.collect();
    let reads = stream::iter(in_part).map(|(kind, id)| async move {
        let found = read(tenant, kind, &id).await?;
        Ok((kind, id, found))
    });
    let bodies: Vec<_> = reads
        .buffer_unordered(CONCURRENT_READS)
        .try_collect()
        .await?;
    for (kind, id, found) in bodies {
        let operation = match kind {
            ResourceKind::View => Operation::GetView,
            ResourceKind::Action => Operation::GetAction,
        };
        observation.spent.add(operation, 1);
        match found {
            Some(body) => observation.state.complete(body),
            None => observation.state.forget(kind, &id),
        }
    }
    Ok(())
}
