//! Runs the script of one action once, here, with an input of the person's own.

use cxda_domain::address::{Address, ResourceKind};
use cxda_domain::instant::UtcMillis;
use cxda_domain::manifest::{Declaration, Declared};
use cxda_domain::violation::Violations;
use cxda_ports::error::SourceError;
use cxda_ports::manifests::ManifestSource;
use cxda_ports::script::{ScriptChecker, ScriptOutcome, ScriptRun, ScriptRunError, ScriptRunner};

use crate::near::{did_you_mean, near};
use crate::test::thrown_at;
use crate::validate::validate;

/// With what a script is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunInput {
    /// `context.input`, a JSON text.
    pub input: String,
    /// What the script's clock shows; without it there is none.
    pub now: Option<UtcMillis>,
    /// The seed of the script's randomness; without it there is none.
    pub random_seed: Option<i64>,
}

/// Why nothing was run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The project cannot be read.
    #[error("the project cannot be read")]
    Project(#[source] SourceError),
    /// The project holds mistakes.
    #[error("the manifests hold mistakes")]
    Invalid(Violations),
    /// No manifest declares it, or it has no script.
    #[error("no manifest declares {address}, or it has no script{}", did_you_mean(near.as_deref()))]
    NoScript {
        /// What was asked for.
        address: Address,
        /// The address that was likely meant.
        near: Option<String>,
    },
    /// Scripts cannot be run.
    #[error("the script cannot be run")]
    Script(#[source] ScriptRunError),
}

/// What came of a run by hand.
#[derive(Clone, Debug, PartialEq)]
pub struct Ran {
    /// What the script did.
    pub outcome: ScriptOutcome,
    /// Where it threw, in words, as far as the engine says.
    pub thrown_at: Option<String>,
}

/// Runs the script of the action at `address` with `input`.
///
/// # Errors
///
/// [`RunError`] where it was not run; what the script does stands in the outcome.
pub async fn run(
    manifests: &dyn ManifestSource,
    checker: &dyn ScriptChecker,
    runner: &dyn ScriptRunner,
    address: &Address,
    input: RunInput,
) -> Result<Ran, RunError> {
    let project = validate(manifests, checker)
        .await
        .map_err(RunError::Project)?;
    if project.violations.has_errors() {
        return Err(RunError::Invalid(project.violations));
    }
    let Some(Declared {
        resource: Declaration::Action(action),
        origin,
    }) = project.manifest.get(address)
    else {
        let known = project.manifest.resources().keys();
        let actions = known.filter(|known| known.kind == ResourceKind::Action);
        return Err(RunError::NoScript {
            address: address.clone(),
            near: near(&address.to_string(), actions),
        });
    };
    let run = ScriptRun {
        source: action.script.as_str().to_owned(),
        input: input.input,
        now: input.now,
        random_seed: input.random_seed,
    };
    let outcome = runner.run(&run).await.map_err(RunError::Script)?;
    Ok(Ran {
        thrown_at: thrown_at(action, origin, &outcome.end),
        outcome,
    })
}
