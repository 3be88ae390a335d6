//! A project's manifests and scripts in memory.
//!
//! It reads no text: the documents are given as trees.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use cxda_domain::action::Script;
use cxda_domain::key::Digest;
use cxda_domain::node::Node;
use cxda_domain::rule::Rule;
use cxda_domain::violation::{FieldPath, Violation, Violations};
use cxda_ports::error::SourceError;
use cxda_ports::manifests::{
    LoadedManifests, ManifestSource, ScriptFileError, ScriptRequest, SourceDocument,
};

/// A project that holds what it was given.
#[derive(Clone, Debug, Default)]
pub struct MemoryManifests {
    documents: Vec<SourceDocument>,
    scripts: BTreeMap<String, String>,
    texts: BTreeMap<String, String>,
    violations: Violations,
}

impl MemoryManifests {
    /// A project of `documents`.
    pub fn new(documents: impl IntoIterator<Item = SourceDocument>) -> Self {
        let mut documents: Vec<_> = documents.into_iter().collect();
        // Documents of one file stay in their order.
        documents.sort_by(|left, right| left.file.cmp(&right.file));
        Self {
            documents,
            ..Self::default()
        }
    }

    /// The same with the script file `path`, relative to the project's folder.
    #[must_use]
    pub fn with_script(mut self, path: &str, text: &str) -> Self {
        self.scripts.insert(path.to_owned(), text.to_owned());
        self
    }

    /// The same with the text of the manifest `file`, in which places are shown.
    #[must_use]
    pub fn with_text(mut self, file: &str, text: &str) -> Self {
        self.texts.insert(file.to_owned(), text.to_owned());
        self
    }

    /// The same with a finding about a file that could not be read.
    #[must_use]
    pub fn with_violation(mut self, violation: Violation) -> Self {
        self.violations.push(violation);
        self
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
        let mut trees: BTreeMap<Arc<str>, Vec<&Node>> = BTreeMap::new();
        for document in &self.documents {
            let file = Arc::clone(&document.file);
            trees.entry(file).or_default().push(&document.root);
        }
        let mut violations = self.violations.clone();
        if self.documents.is_empty() && violations.is_empty() {
            violations.push(Violation {
                rule: Rule::M001,
                position: None,
                path: FieldPath::root(),
                message: "project has no manifest".to_owned(),
                hint: None,
                excerpt: None,
            });
        }
        let digests = trees
            .into_iter()
            .map(|(file, trees)| (file, Digest::of(format!("{trees:?}"))));
        Ok(LoadedManifests {
            documents: self.documents.clone(),
            digests: digests.collect(),
            violations,
        })
    }

    async fn text(&self, manifest: &str) -> Option<String> {
        self.texts.get(manifest).cloned()
    }

    async fn scripts(&self, requests: &[ScriptRequest]) -> Vec<Result<String, ScriptFileError>> {
        requests.iter().map(|each| self.script(each)).collect()
    }
}
