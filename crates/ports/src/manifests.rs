//! The project's files: manifests, scripts, saved plans.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use cxda_domain::key::Digest;
use cxda_domain::manifest::{self, Vars};
use cxda_domain::node::Node;
use cxda_domain::violation::Violations;

use crate::error::SourceError;

/// One document of a manifest file.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceDocument {
    /// The file, relative to the project's folder, with `/` between its parts.
    pub file: Arc<str>,
    /// The document.
    pub root: Node,
}

/// Everything that the manifest files of a project say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoadedManifests {
    /// Every document that could be read, by file and place.
    pub documents: Vec<SourceDocument>,
    /// A digest of each file's bytes, by file.
    pub digests: Vec<(Arc<str>, Digest)>,
    /// What could not be read: findings of rule M001, a project without any manifest among them.
    pub violations: Violations,
}

impl LoadedManifests {
    /// Puts the values of a tenant into every document; what is used of them counts as a file of its own.
    pub fn fill(&mut self, vars: &Vars) {
        let mut used = false;
        for SourceDocument { file, root } in &mut self.documents {
            let filled = manifest::fill(file, root, vars);
            used |= filled.used;
            self.violations.extend(filled.violations);
        }
        if used {
            let tenant = vars.tenant.as_deref().unwrap_or_default();
            let name = format!("[tenant.{tenant}.vars]").into();
            self.digests
                .push((name, Digest::of(format!("{:?}", vars.values))));
        }
    }
}

/// A script file as a manifest names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScriptRequest {
    /// The manifest, relative to the project's folder.
    pub manifest: Arc<str>,
    /// The path as written, relative to the manifest's folder.
    pub path: String,
}

/// Why a script file was not read. None of the variants holds content of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScriptFileError {
    /// It lies outside the project, or the path tries to leave it.
    #[error("script file lies outside the project")]
    OutsideProject,
    /// Nothing of that name.
    #[error("script file is not there")]
    NotFound,
    /// A folder, device, pipe or socket.
    #[error("script file is not a regular file")]
    NotRegular,
    /// Nothing in it (rule A002).
    #[error("script file is empty")]
    Empty,
    /// Too long (rule A002).
    #[error("script file has {bytes} bytes")]
    TooLong {
        /// Its bytes.
        bytes: u64,
    },
    /// Not UTF-8.
    #[error("script file is not UTF-8 at byte {at}")]
    NotUtf8 {
        /// The first bad byte, from 0.
        at: usize,
    },
    /// Anything else.
    #[error("script file cannot be read: {why}")]
    Unreadable {
        /// Why not.
        why: String,
    },
}

/// Reads the project's manifests and scripts.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ManifestSource: fmt::Debug + Send + Sync {
    /// Every document of every manifest, the values of its tenant put in. What is wrong with a file becomes a finding, not an error.
    ///
    /// # Errors
    ///
    /// [`SourceError`] if the project's folder itself cannot be read.
    async fn load(&self) -> Result<LoadedManifests, SourceError>;

    /// The text of a manifest, by its name in [`LoadedManifests`], without a byte order mark; `None` where it cannot be had.
    ///
    /// It serves to find and show places in it, and may be newer than what was loaded.
    async fn text(&self, manifest: &str) -> Option<String>;

    /// The text of each script file, in the order of `requests`.
    async fn scripts(&self, requests: &[ScriptRequest]) -> Vec<Result<String, ScriptFileError>>;
}

/// A file for a project.
#[derive(Clone, Debug, PartialEq)]
pub struct NewFile {
    /// Its name, relative to the project's folder, with `/` between its parts.
    pub name: String,
    /// What it shall hold.
    pub content: NewContent,
}

/// What a new file holds.
#[derive(Clone, Debug, PartialEq)]
pub enum NewContent {
    /// A manifest of one document.
    Manifest(Node),
    /// Text, byte for byte.
    Text(String),
}

/// Adds files to a project. What is there is never touched.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ManifestSink: fmt::Debug + Send + Sync {
    /// Whether the project would read `manifest`, a name relative to its folder.
    fn takes(&self, manifest: &str) -> bool;

    /// The names of all files in `folder` and below, hidden ones left out; `folder` and the names are relative to the project's folder.
    ///
    /// # Errors
    ///
    /// [`SourceError`] if the folder cannot be read; one that is not there is empty.
    async fn names(&self, folder: &str) -> Result<BTreeSet<String>, SourceError>;

    /// Writes `files`, and makes the folders that lack: all of them, or, where one cannot be written, none.
    ///
    /// # Errors
    ///
    /// [`SourceError::Unwritable`] if a file is there already, lies outside the project, or cannot be written.
    async fn add(&self, files: &[NewFile]) -> Result<(), SourceError>;
}

/// Keeps saved plans.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait PlanStore: fmt::Debug + Send + Sync {
    /// Writes `text` to `path`, whole or not at all, readable by its owner alone.
    ///
    /// # Errors
    ///
    /// [`SourceError::Unwritable`] if it cannot be written.
    async fn save(&self, path: &str, text: &str) -> Result<(), SourceError>;

    /// What was saved to `path`.
    ///
    /// # Errors
    ///
    /// [`SourceError`] if it is not there or is no text.
    async fn load(&self, path: &str) -> Result<String, SourceError>;
}
