//! Scripts: judged without being run, and run within limits.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use cxda_domain::instant::UtcMillis;
use cxda_domain::script::{ScriptEnd, ScriptFinding};

/// Judges scripts without running them. It cannot fail, so there is no mock of it.
pub trait ScriptChecker: fmt::Debug + Send + Sync {
    /// All that each of `sources` shows, in the order of its places; where its syntax is wrong, that alone.
    fn check(&self, sources: &[&str]) -> Vec<Vec<ScriptFinding>>;
}

/// One run of a script.
#[derive(Clone, Debug, PartialEq)]
pub struct ScriptRun {
    /// The script.
    pub source: String,
    /// `context.input`, a JSON text.
    pub input: String,
    /// What the script's clock shows; without it there is none.
    pub now: Option<UtcMillis>,
    /// The seed of the script's randomness; without it there is none.
    pub random_seed: Option<i64>,
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct ScriptOutcome {
    /// How it ended.
    pub end: ScriptEnd,
    /// What it logged, a line each; cut where it is long.
    pub logs: Vec<String>,
    /// How long it took, the start of what runs it excluded.
    pub took: Duration,
}

/// That a script could not be run at all. It says nothing of the script.
#[derive(Debug, thiserror::Error)]
#[error("scripts cannot be run here: {doing}")]
pub struct ScriptRunError {
    /// What failed.
    pub doing: &'static str,
    /// Why.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// Runs scripts, which are somebody else's code: each on its own, without a way out, and within limits.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ScriptRunner: fmt::Debug + Send + Sync {
    /// Runs one script to its end, or to a limit.
    ///
    /// # Errors
    ///
    /// [`ScriptRunError`] if it could not be run; what the script does is an [`ScriptOutcome`].
    async fn run(&self, run: &ScriptRun) -> Result<ScriptOutcome, ScriptRunError>;
}
