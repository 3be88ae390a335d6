//! Cache lookups: how often an action's cache held what was asked for, as somebody reported it.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use cxda_domain::action::ActionName;
use cxda_domain::lookups::Lookups;

use crate::error::StoreError;

/// Counts cache lookups, for one tenant and one project.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait CacheLookups: fmt::Debug + Send + Sync {
    /// Adds `lookups` to those of `action`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if they could not be kept.
    async fn add_lookups(&self, action: &ActionName, lookups: Lookups) -> Result<(), StoreError>;

    /// The lookups of every action of which any were added.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if they cannot be read.
    async fn lookups(&self) -> Result<BTreeMap<ActionName, Lookups>, StoreError>;
}
