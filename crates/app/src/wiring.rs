//! The composition root: the only place that names concrete adapters.

use std::path::{Path, PathBuf};

use cxda_adapters_fs::manifests::FsManifests;
use cxda_adapters_fs::project::{Patterns, Project};
use cxda_adapters_script::check::OxcChecker;
use cxda_ports::error::StoreError;

use crate::exit::{self, Exit};
use crate::remedy;
use crate::settings::Settings;

mod scripts;
mod secrets;
mod simulator;
mod store;
mod tenant;
mod webhooks;

pub(crate) use scripts::{at_once as scripts_at_once, scripts, served};
pub(crate) use secrets::{HiddenSecrets, secrets};
pub(crate) use simulator::simulator;
pub(crate) use store::{
    Writing, journal_to_read, keep_pause, lock, open_folder, scope, scope_of, store, store_to_read,
    writing,
};
pub(crate) use tenant::{Connection, Pace, Patience, auth, connect};
pub(crate) use webhooks::{courier, directive_sources, webhooks};

/// Why something could not be wired, and how the process then ends.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct WiringError {
    pub(crate) exit: Exit,
    message: String,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
    pub(crate) remedy: Option<String>,
}

impl WiringError {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            source: None,
            remedy: None,
        }
    }

    pub(crate) fn from_source(
        exit: Exit,
        message: impl Into<String>,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self {
            exit,
            message: message.into(),
            source: Some(Box::new(source)),
            remedy: None,
        }
    }
}

impl From<StoreError> for WiringError {
    fn from(error: StoreError) -> Self {
        Self {
            remedy: remedy::of_store(&error),
            ..Self::from_source(exit::of_store(&error), "the store cannot be used", error)
        }
    }
}

/// Who judges scripts without running them.
pub(crate) fn checker() -> OxcChecker {
    OxcChecker
}

/// The project's manifests; only `paths` of them where any are given.
pub(crate) fn manifests(
    settings: &Settings,
    paths: Vec<PathBuf>,
) -> Result<FsManifests, WiringError> {
    let all = manifests_at(&settings.root, &settings.manifests)?;
    let vars = settings.vars().map_err(|error| {
        WiringError::from_source(Exit::Invalid, "the settings cannot be used", error)
    })?;
    Ok(all.only(paths).with_vars(vars))
}

/// The manifests that `patterns` match in the folder `root`, which is made where it lacks.
pub(crate) fn manifests_at(root: &Path, patterns: &[String]) -> Result<FsManifests, WiringError> {
    let patterns = Patterns::new(patterns.iter().map(String::as_str)).map_err(|error| {
        WiringError::from_source(Exit::Invalid, "project.manifests cannot be used", error)
    })?;
    let project = Project::create(root).map_err(|error| {
        WiringError::from_source(Exit::Invalid, "the project cannot be read", error)
    })?;
    Ok(FsManifests::new(project, patterns))
}
