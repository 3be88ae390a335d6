//! A checker of scripts that sees what it was told to see, and parses nothing.

use std::collections::BTreeMap;

use cxda_domain::script::ScriptFinding;
use cxda_ports::script::ScriptChecker;

/// Sees in a script what it was told, and in every other one nothing.
#[derive(Clone, Debug, Default)]
pub struct MemoryChecker {
    findings: BTreeMap<String, Vec<ScriptFinding>>,
}

impl MemoryChecker {
    /// Sees nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, which sees `finding` in the script `source`, after what it sees there already.
    #[must_use]
    pub fn with_finding(mut self, source: &str, finding: ScriptFinding) -> Self {
        self.findings
            .entry(source.to_owned())
            .or_default()
            .push(finding);
        self
    }
}

impl ScriptChecker for MemoryChecker {
    fn check(&self, sources: &[&str]) -> Vec<Vec<ScriptFinding>> {
        let seen = |source: &&str| self.findings.get(*source).cloned().unwrap_or_default();
        sources.iter().map(seen).collect()
    }
}
