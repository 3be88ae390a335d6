//! Counts of cache lookups in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use cxda_domain::action::ActionName;
use cxda_domain::lookups::Lookups;
use cxda_ports::error::StoreError;
use cxda_ports::lookups::CacheLookups;

/// Counts that are forgotten with the process.
#[derive(Debug, Default)]
pub struct MemoryLookups(Mutex<BTreeMap<ActionName, Lookups>>);

#[async_trait]
impl CacheLookups for MemoryLookups {
    async fn add_lookups(&self, action: &ActionName, lookups: Lookups) -> Result<(), StoreError> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(action.clone()).or_default();
        *count = count.plus(lookups);
        Ok(())
    }

    async fn lookups(&self) -> Result<BTreeMap<ActionName, Lookups>, StoreError> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(counts.clone())
    }
}
