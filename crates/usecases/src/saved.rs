//! Saved plans: what a person approved, bound to what it was made from.
//!
//! A saved plan is not carried out from its file: it is made again and must come out the same.

use std::collections::BTreeMap;

use cxda_domain::address::Address;
use cxda_domain::diff::{Cause, FieldDifference};
use cxda_domain::key::{Digest, ResourceId};
use cxda_domain::plan::{Change, ChangeKind, PlanScope};
use serde::{Deserialize, Serialize};

use crate::plan::Planned;

/// The version of the file's format.
const FORMAT_VERSION: &str = "1.0";

/// A plan as it stands in a file. It holds no secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SavedPlan {
    format_version: String,
    tenant: String,
    origin: String,
    scope: PlanScope,
    manifests: BTreeMap<String, Digest>,
    /// How often what the store remembers of the tenant had changed.
    serial: u64,
    changes: Vec<SavedChange>,
    /// Over everything above.
    digest: Option<Digest>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SavedChange {
    address: Address,
    operation: ChangeKind,
    cause: Cause,
    fields: Vec<FieldDifference>,
    id: Option<ResourceId>,
    /// A digest of what the listing showed.
    listed: Option<Digest>,
}

impl From<&Change> for SavedChange {
    fn from(change: &Change) -> Self {
        Self {
            address: change.address.clone(),
            operation: change.kind,
            cause: change.cause,
            fields: change.fields.clone(),
            id: change.id.clone(),
            listed: change.listed.clone(),
        }
    }
}

/// Why a saved plan cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SavedPlanError {
    /// It is not a saved plan.
    #[error("{0}")]
    Unreadable(String),
    /// It was changed by hand.
    #[error("the saved plan was changed after it was made")]
    Edited,
    /// Something that it is bound to moved.
    #[error("the saved plan is stale: {what} changed since it was made")]
    Stale {
        /// What moved.
        what: String,
    },
}

/// To which tenant a plan belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The tenant's name in the settings.
    pub tenant: String,
    /// The origin of its API.
    pub origin: String,
}

impl SavedPlan {
    /// The plan of `planned` for `destination`.
    pub fn new(planned: &Planned, destination: &Destination, scope: &PlanScope) -> Self {
        Self {
            format_version: FORMAT_VERSION.to_owned(),
            tenant: destination.tenant.clone(),
            origin: destination.origin.clone(),
            scope: scope.clone(),
            manifests: planned.project.digests.clone(),
            serial: planned.serial,
            changes: planned.plan.changes.iter().map(SavedChange::from).collect(),
            digest: None,
        }
    }

    /// The text for the file, sealed with its own digest.
    ///
    /// # Errors
    ///
    /// [`SavedPlanError::Unreadable`] if a value cannot be written as JSON.
    pub fn to_text(&self) -> Result<String, SavedPlanError> {
        let unreadable = |error: serde_json::Error| SavedPlanError::Unreadable(error.to_string());
        let sealed = Self {
            digest: Some(self.seal().map_err(unreadable)?),
            ..self.clone()
        };
        serde_json::to_string_pretty(&sealed)
            .map(|text| text + "\n")
            .map_err(unreadable)
    }

    /// The plan that `text` holds.
    ///
    /// # Errors
    ///
    /// - [`SavedPlanError::Unreadable`] if it is no saved plan, or of another version.
    /// - [`SavedPlanError::Edited`] if it was changed by hand.
    pub fn from_text(text: &str) -> Result<Self, SavedPlanError> {
        let unreadable = |error: serde_json::Error| {
            SavedPlanError::Unreadable(format!("this is no saved plan: {error}"))
        };
        let saved: Self = serde_json::from_str(text).map_err(unreadable)?;
        if saved.format_version != FORMAT_VERSION {
            let version = &saved.format_version;
            let message =
                format!("the saved plan has version {version:?}, expected {FORMAT_VERSION:?}");
            return Err(SavedPlanError::Unreadable(message));
        }
        if saved.digest.as_ref() != Some(&saved.seal().map_err(unreadable)?) {
            return Err(SavedPlanError::Edited);
        }
        Ok(saved)
    }

    /// What was planned.
    pub fn scope(&self) -> &PlanScope {
        &self.scope
    }

    /// The tenant that it was made for.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// Makes sure that `planned`, made now for `destination`, is what was saved.
    ///
    /// # Errors
    ///
    /// [`SavedPlanError::Stale`] names the first thing that moved.
    pub fn matches(
        &self,
        planned: &Planned,
        destination: &Destination,
    ) -> Result<(), SavedPlanError> {
        let stale = |what: String| Err(SavedPlanError::Stale { what });
        let now = Self::new(planned, destination, &self.scope);
        if now.tenant != self.tenant {
            return stale(format!("the tenant ({} to {})", self.tenant, now.tenant));
        }
        if now.origin != self.origin {
            return stale(format!(
                "the tenant's address ({} to {})",
                self.origin, now.origin
            ));
        }
        let names = self.manifests.keys().chain(now.manifests.keys());
        let moved = |name: &&String| self.manifests.get(*name) != now.manifests.get(*name);
        if let Some(name) = names.into_iter().find(moved) {
            return stale(name.clone());
        }
        let by_address = |changes: &[SavedChange]| -> BTreeMap<Address, SavedChange> {
            changes
                .iter()
                .map(|change| (change.address.clone(), change.clone()))
                .collect()
        };
        let (before, after) = (by_address(&self.changes), by_address(&now.changes));
        let moved = |address: &&Address| before.get(*address) != after.get(*address);
        if let Some(address) = before.keys().chain(after.keys()).find(moved) {
            return stale(format!("{address} on the tenant or in the store"));
        }
        if now.serial != self.serial {
            let what = format!(
                "the store (serial {} to {}: something was applied or adopted)",
                self.serial, now.serial
            );
            return stale(what);
        }
        Ok(())
    }

    fn seal(&self) -> Result<Digest, serde_json::Error> {
        let unsealed = Self {
            digest: None,
            ..self.clone()
        };
        serde_json::to_string(&unsealed).map(Digest::of)
    }
}
