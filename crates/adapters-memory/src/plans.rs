//! Saved plans in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use cxda_ports::error::SourceError;
use cxda_ports::manifests::PlanStore;

/// Plans by path; the paths are names and nothing more.
#[derive(Debug, Default)]
pub struct MemoryPlans(Mutex<BTreeMap<String, String>>);

impl MemoryPlans {
    /// No plans.
    pub fn new() -> Self {
        Self::default()
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl PlanStore for MemoryPlans {
    async fn save(&self, path: &str, text: &str) -> Result<(), SourceError> {
        self.kept().insert(path.to_owned(), text.to_owned());
        Ok(())
    }

    async fn load(&self, path: &str) -> Result<String, SourceError> {
        let kept = self.kept().get(path).cloned();
        kept.ok_or_else(|| SourceError::Missing {
            what: format!("plan file {path}"),
        })
    }
}
