//! The checks so far, and the cause of the first that failed.

use crate::exit::Exit;
use crate::render::checks::{Check, CheckStatus};

/// Checks in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Checkup {
    checks: Vec<Check>,
    exit: Option<Exit>,
}

impl Checkup {
    /// All is well.
    pub(super) fn ok(&mut self, name: &'static str, detail: impl Into<String>) {
        self.add(name, CheckStatus::Ok, detail, None);
    }

    /// It works, and something should be done about it.
    pub(super) fn warn(
        &mut self,
        name: &'static str,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.add(name, CheckStatus::Warning, detail, Some(remedy.into()));
    }

    /// It does not work; the first such check says how the process ends.
    pub(super) fn fail(
        &mut self,
        name: &'static str,
        exit: Exit,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.add(name, CheckStatus::Failed, detail, Some(remedy.into()));
        self.exit.get_or_insert(exit);
    }

    /// It could not be looked at, or there is nothing to look at.
    pub(super) fn skip(&mut self, name: &'static str, why: impl Into<String>) {
        self.add(name, CheckStatus::Skipped, why, None);
    }

    /// The same, unless it was made already.
    pub(super) fn skip_unless_done(&mut self, name: &'static str, why: &str) {
        if !self.checks.iter().any(|check| check.name == name) {
            self.skip(name, why);
        }
    }

    /// Whether the check `name` was made and failed.
    pub(super) fn failed(&self, name: &str) -> bool {
        let failed = |check: &Check| check.name == name && check.status == CheckStatus::Failed;
        self.checks.iter().any(failed)
    }

    pub(super) fn checks(&self) -> &[Check] {
        &self.checks
    }

    #[cfg(test)]
    pub(super) fn into_checks(self) -> Vec<Check> {
        self.checks
    }

    /// How the process ends.
    pub(super) fn exit(&self) -> Exit {
        self.exit.unwrap_or(Exit::Done)
    }

    fn add(
        &mut self,
        name: &'static str,
        status: CheckStatus,
        detail: impl Into<String>,
        remedy: Option<String>,
    ) {
        self.checks.push(Check {
            name,
            status,
            detail: detail.into(),
            remedy,
        });
    }
}
