//! Plans the removal of what somebody names: only what is ours, and nothing that is protected or still needed.

use std::collections::BTreeMap;

use cxda_domain::address::{Address, AddressPattern};
use cxda_domain::applied::LastApplied;
use cxda_domain::key::DigestKey;
use cxda_domain::plan::{self, Kept, PlanInput, PlanScope};
use cxda_domain::violation::Violations;
use cxda_ports::error::{ApiError, SourceError, StoreError};

use crate::near::{did_you_mean, near};
use crate::observe::{Needed, observe};
use crate::plan::Planned;
use crate::ports::PlanPorts;
use crate::validate::validate;

/// Why nothing is deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// The project cannot be read.
    #[error("the project cannot be read")]
    Project(#[source] SourceError),
    /// The manifests hold mistakes, so nobody can say what they protect or need.
    #[error("the manifests hold mistakes, so nobody can say what they protect and need")]
    Unsound(Violations),
    /// What was last applied cannot be read.
    #[error("what was last applied cannot be read")]
    Journal(#[source] StoreError),
    /// Nothing of that name was made or adopted from here.
    #[error("nothing named {} was made or adopted from here, and only that is deleted{}", pattern.as_str(), did_you_mean(near.as_deref()))]
    NotOurs {
        /// The pattern.
        pattern: AddressPattern,
        /// What was likely meant.
        near: Option<String>,
    },
    /// The tenant cannot be read.
    #[error("the tenant cannot be read")]
    Observe(#[source] ApiError),
    /// Something of it must stay.
    #[error("nothing is deleted, for {}", refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Refused {
        /// What must stay, by address.
        refusals: Vec<Refusal>,
    },
}

/// Something that must stay, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What must stay.
    pub address: Address,
    /// Why.
    pub why: Kept,
    /// What its end would reach, dependencies first; empty for what is protected.
    pub impact: Vec<Address>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.why {
            Kept::Protected => write!(formatter, "{} is protected", self.address),
            Kept::NeededBy(_) => {
                let names: Vec<_> = self.impact.iter().map(ToString::to_string).collect();
                write!(
                    formatter,
                    "{} is needed by {}",
                    self.address,
                    names.join(", ")
                )
            }
        }
    }
}

/// The plan that deletes what `targets` name.
///
/// What is ours and not on the tenant any more needs no change.
///
/// # Errors
///
/// [`DeleteError`] where project, journal or tenant cannot be read, a target is not ours, or anything must stay.
pub async fn plan_delete(
    ports: PlanPorts<'_>,
    targets: &[AddressPattern],
) -> Result<Planned, DeleteError> {
    let project = validate(ports.manifests, ports.checker)
        .await
        .map_err(DeleteError::Project)?;
    if !project.is_empty() && project.violations.has_errors() {
        return Err(DeleteError::Unsound(project.violations));
    }
    // The number first: what changes meanwhile has a later one.
    let serial = ports.journal.serial().await.map_err(DeleteError::Journal)?;
    let applied = ports.journal.last_applied().await;
    let applied = applied.map_err(DeleteError::Journal)?;
    let needed = needed(&applied, targets)?;
    let observation = observe(ports.tenant, ports.progress, &needed)
        .await
        .map_err(DeleteError::Observe)?;
    let key = DigestKey::new(|label| ports.journal.fingerprint(label));
    let scope = PlanScope {
        targets: targets.to_vec(),
        prune: true,
    };
    let mut plan = plan::delete(PlanInput {
        manifest: &project.manifest,
        desired: &BTreeMap::new(),
        observed: &observation.state,
        applied: &applied,
        key: &key,
        scope: &scope,
        spent: &observation.spent,
    });
    if !plan.kept.is_empty() {
        let refusal = |(address, why): (Address, Kept)| {
            let mut impact = match why {
                Kept::Protected => Vec::new(),
                Kept::NeededBy(_) => plan::impact(&project.manifest, &observation.state, &address),
            };
            if let Kept::NeededBy(by) = &why
                && !impact.contains(by)
            {
                impact.insert(0, by.clone());
            }
            Refusal {
                address,
                why,
                impact,
            }
        };
        let refusals = std::mem::take(&mut plan.kept)
            .into_iter()
            .map(refusal)
            .collect();
        return Err(DeleteError::Refused { refusals });
    }
    Ok(Planned {
        plan,
        project,
        observed: observation.state,
        serial,
        applied,
        ..Planned::default()
    })
}

/// The kinds that hold what `targets` name; each of them must name something of ours.
fn needed(
    applied: &BTreeMap<Address, LastApplied>,
    targets: &[AddressPattern],
) -> Result<Needed, DeleteError> {
    let mut needed = Needed::default();
    for pattern in targets {
        let mut ours = applied
            .values()
            .filter(|applied| pattern.matches(&applied.address))
            .peekable();
        if ours.peek().is_none() {
            return Err(DeleteError::NotOurs {
                pattern: pattern.clone(),
                near: near(pattern.as_str(), applied.keys()),
            });
        }
        for applied in ours {
            needed.kinds.insert(applied.address.kind);
            needed
                .known
                .insert(applied.address.clone(), applied.id.clone());
        }
    }
    Ok(needed)
}
