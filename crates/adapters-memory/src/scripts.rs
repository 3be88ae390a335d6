//! Scripts that are not run: what comes of each was told before.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use cxda_domain::script::ScriptEnd;
use cxda_ports::script::{ScriptOutcome, ScriptRun, ScriptRunError, ScriptRunner};
use serde_json::Value;

/// Answers for scripts by their text; one that it was not told of returns `null`.
#[derive(Debug, Default)]
pub struct MemoryScripts {
    ends: BTreeMap<String, (ScriptEnd, Vec<String>)>,
    ran: Mutex<Vec<ScriptRun>>,
}

impl MemoryScripts {
    /// Knows no script.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets `source` end so, and log these lines.
    #[must_use]
    pub fn ending(mut self, source: &str, end: ScriptEnd, logs: &[&str]) -> Self {
        let logs = logs.iter().map(|&line| line.to_owned()).collect();
        self.ends.insert(source.to_owned(), (end, logs));
        self
    }

    /// What it was asked to run, the oldest first.
    pub fn ran(&self) -> Vec<ScriptRun> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<ScriptRun>> {
        self.ran.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ScriptRunner for MemoryScripts {
    async fn run(&self, run: &ScriptRun) -> Result<ScriptOutcome, ScriptRunError> {
        self.lock().push(run.clone());
        let known = self.ends.get(&run.source).cloned();
        let (end, logs) = known.unwrap_or((ScriptEnd::Returned(Value::Null), Vec::new()));
        Ok(ScriptOutcome {
            end,
            logs,
            took: Duration::ZERO,
        })
    }
}
