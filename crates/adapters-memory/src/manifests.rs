//! A project's manifests and scripts in memory.
//!
//! It reads no text: the documents are given as trees.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use cxda_domain::action::Script;
use cxda_domain::key::Digest;
use cxda_domain::manifest::Vars;
use cxda_domain::node::Node;
use cxda_domain::rule::Rule;
use cxda_domain::violation::{FieldPath, Violation, Violations};
use cxda_ports::error::SourceError;
use cxda_ports::manifests::{
    LoadedManifests, ManifestSink, ManifestSource, NewContent, NewFile, ScriptFileError,
    ScriptRequest, SourceDocument,
};

/// A project that holds what it was given, and what was added since.
#[derive(Debug, Default)]
pub struct MemoryManifests(Mutex<Files>);

#[derive(Debug, Default)]
struct Files {
    documents: Vec<SourceDocument>,
    scripts: BTreeMap<String, String>,
    texts: BTreeMap<String, String>,
    violations: Violations,
    vars: Vars,
}

impl MemoryManifests {
    /// A project of `documents`.
    pub fn new(documents: impl IntoIterator<Item = SourceDocument>) -> Self {
        let project = Self::default();
        project.files().documents.extend(documents);
        project.files().sort();
        project
    }

    /// The same with the script file `path`, relative to the project's folder.
    #[must_use]
    pub fn with_script(self, path: &str, text: &str) -> Self {
        let (path, text) = (path.to_owned(), text.to_owned());
        self.files().scripts.insert(path, text);
        self
    }

    /// The same with the text of the manifest `file`, in which places are shown.
    #[must_use]
    pub fn with_text(self, file: &str, text: &str) -> Self {
        let (file, text) = (file.to_owned(), text.to_owned());
        self.files().texts.insert(file, text);
        self
    }

    /// The same with the values of a tenant in the place of `${var.NAME}`.
    #[must_use]
    pub fn with_vars(self, vars: Vars) -> Self {
        self.files().vars = vars;
        self
    }

    /// The same with a finding about a file that could not be read.
    #[must_use]
    pub fn with_violation(self, violation: Violation) -> Self {
        self.files().violations.push(violation);
        self
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Files {
    /// Documents of one file stay in their order.
    fn sort(&mut self) {
        self.documents
            .sort_by(|left, right| left.file.cmp(&right.file));
    }

    fn names(&self) -> BTreeSet<String> {
        let documents = self
            .documents
            .iter()
            .map(|document| document.file.to_string());
        documents.chain(self.scripts.keys().cloned()).collect()
    }

    fn script(&self, request: &ScriptRequest) -> Result<String, ScriptFileError> {
        let path = resolve(&request.manifest, &request.path)?;
        let is_folder = || {
            let below = format!("{path}/");
            self.scripts.keys().any(|file| file.starts_with(&below))
        };
        match self.scripts.get(&path) {
            Some(text) if text.is_empty() => Err(ScriptFileError::Empty),
            Some(text) if text.len() > Script::MAX_BYTES => Err(ScriptFileError::TooLong {
                bytes: u64::try_from(text.len()).unwrap_or(u64::MAX),
            }),
            Some(text) => Ok(text.clone()),
            None if is_folder() => Err(ScriptFileError::NotRegular),
            None => Err(ScriptFileError::NotFound),
        }
    }
}

/// `path` as written in `manifest`, relative to the project's folder.
fn resolve(manifest: &str, path: &str) -> Result<String, ScriptFileError> {
    if path.starts_with('/') {
        return Err(ScriptFileError::OutsideProject);
    }
    let folder = manifest.rsplit_once('/').map(|(folder, _)| folder);
    let mut parts: Vec<&str> = folder
        .into_iter()
        .flat_map(|folder| folder.split('/'))
        .collect();
    for part in path.split('/') {
        match part {
            ".." => return Err(ScriptFileError::OutsideProject),
            "" | "." => {}
            name => parts.push(name),
        }
    }
    Ok(parts.join("/"))
}

#[async_trait]
impl ManifestSource for MemoryManifests {
    async fn load(&self) -> Result<LoadedManifests, SourceError> {
        let files = self.files();
        let mut trees: BTreeMap<Arc<str>, Vec<&Node>> = BTreeMap::new();
        for document in &files.documents {
            let file = Arc::clone(&document.file);
            trees.entry(file).or_default().push(&document.root);
        }
        let mut violations = files.violations.clone();
        if files.documents.is_empty() && violations.is_empty() {
            let message = "project has no manifest";
            let violation = Violation::new(Rule::M001, None, FieldPath::root(), message, None);
            violations.push(violation);
        }
        let digests = trees
            .into_iter()
            .map(|(file, trees)| (file, Digest::of(format!("{trees:?}"))));
        let mut loaded = LoadedManifests {
            documents: files.documents.clone(),
            digests: digests.collect(),
            violations,
        };
        loaded.fill(&files.vars);
        Ok(loaded)
    }

    async fn text(&self, manifest: &str) -> Option<String> {
        self.files().texts.get(manifest).cloned()
    }

    async fn scripts(&self, requests: &[ScriptRequest]) -> Vec<Result<String, ScriptFileError>> {
        let files = self.files();
        requests.iter().map(|each| files.script(each)).collect()
    }
}

#[async_trait]
impl ManifestSink for MemoryManifests {
    fn takes(&self, manifest: &str) -> bool {
        manifest.ends_with(".cxda.yaml")
    }

    async fn names(&self, folder: &str) -> Result<BTreeSet<String>, SourceError> {
        let lies_below = |name: &String| {
            folder.is_empty()
                || name
                    .strip_prefix(folder)
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        Ok(self
            .files()
            .names()
            .into_iter()
            .filter(lies_below)
            .collect())
    }

    async fn add(&self, new: &[NewFile]) -> Result<(), SourceError> {
        let mut files = self.files();
        let there = files.names();
        let leaves = |name: &str| name.split('/').any(|part| matches!(part, "" | "." | ".."));
        for NewFile { name, .. } in new {
            let why = match name {
                name if leaves(name) => "it lies outside the project",
                name if there.contains(name) => "a file of that name is there already",
                _ => continue,
            };
            return Err(SourceError::Unwritable {
                what: name.clone(),
                why: why.to_owned(),
            });
        }
        for NewFile { name, content } in new.iter().cloned() {
            match content {
                NewContent::Manifest(root) => files.documents.push(SourceDocument {
                    file: name.into(),
                    root,
                }),
                NewContent::Text(text) => {
                    files.scripts.insert(name, text);
                }
            }
        }
        files.sort();
        Ok(())
    }
}
