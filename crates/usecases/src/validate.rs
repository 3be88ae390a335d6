//! Reads the project and judges it by every rule that needs no tenant.

use std::collections::BTreeMap;

use cxda_domain::check;
use cxda_domain::key::Digest;
use cxda_domain::manifest::{Manifest, ScriptFile, ScriptFileProblem, decode};
use cxda_domain::rule::Rule;
use cxda_domain::violation::{Violation, Violations};
use cxda_ports::error::SourceError;
use cxda_ports::manifests::{ManifestSource, ScriptFileError, ScriptRequest};
use cxda_ports::script::ScriptChecker;

use scripts::ReadScript;
pub(crate) use texts::Texts;

mod scripts;
mod texts;

/// A project as read.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// The desired state; only what is sound stands in it.
    pub manifest: Manifest,
    /// Every finding.
    pub violations: Violations,
    /// A digest of each manifest and each script file, by name.
    pub digests: BTreeMap<String, Digest>,
    /// The script files that the manifests name.
    pub scripts: Vec<ScriptRequest>,
}

impl Project {
    /// Whether there is no manifest at all, which is a mistake only where one is needed.
    pub fn is_empty(&self) -> bool {
        let of_files = |violation: &Violation| violation.position.is_some();
        self.digests.is_empty() && !self.violations.iter().any(of_files)
    }
}

/// Reads and judges the project, its scripts among it.
///
/// # Errors
///
/// [`SourceError`] if the project's folder cannot be read; everything else is a finding.
pub async fn validate(
    source: &dyn ManifestSource,
    checker: &dyn ScriptChecker,
) -> Result<Project, SourceError> {
    let loaded = source.load().await?;
    let documents = loaded
        .documents
        .iter()
        .map(|document| (&document.file, &document.root));
    let decoded = decode(documents);
    let requests: Vec<ScriptRequest> = decoded.script_files().map(request).collect();
    let scripts = source.scripts(&requests).await;
    let read = decoded.script_files().zip(&scripts);
    let read =
        read.filter_map(|(file, text)| ReadScript::in_file(file.name(), text.as_ref().ok()?));
    let inline = decoded.inline_scripts().iter().map(ReadScript::from);
    let read: Vec<_> = read.chain(inline).collect();
    let mut texts = Texts::new(source);
    let judged = scripts::judge(&mut texts, checker, &read).await;
    let mut digests: BTreeMap<String, Digest> = loaded
        .digests
        .iter()
        .map(|(file, digest)| (file.to_string(), digest.clone()))
        .collect();
    for (request, text) in requests.iter().zip(&scripts) {
        if let Ok(text) = text {
            let name = format!("{} ({})", request.path, request.manifest);
            digests.insert(name, Digest::of(text.as_bytes()));
        }
    }
    let scripts = scripts
        .into_iter()
        .map(|read| read.map_err(|error| problem(&error)));
    let (manifest, decoded) = decoded.complete(scripts);
    // A string that could not be filled is one mistake, whatever it looks like without its value.
    let unfilled = |violation: &Violation| {
        let same = |other: &Violation| {
            let files = [violation, other].map(|each| each.position.as_ref().map(|at| &at.file));
            other.path == violation.path && files[0] == files[1] && !other.path.as_str().is_empty()
        };
        loaded.violations.iter().any(same)
    };
    let mut violations = Violations::new();
    violations.extend(decoded.into_iter().filter(|violation| !unfilled(violation)));
    violations.extend(loaded.violations.clone());
    violations.extend(judged);
    violations.extend(check::project(&manifest));
    Ok(Project {
        manifest,
        violations: texts.show(violations.sorted()).await,
        digests,
        scripts: requests,
    })
}

fn request(file: &ScriptFile) -> ScriptRequest {
    ScriptRequest {
        manifest: std::sync::Arc::clone(&file.manifest),
        path: file.path.clone(),
    }
}

fn problem(error: &ScriptFileError) -> ScriptFileProblem {
    let rule = match error {
        ScriptFileError::Empty
        | ScriptFileError::TooLong { .. }
        | ScriptFileError::NotUtf8 { .. } => Rule::A002,
        _ => Rule::A006,
    };
    ScriptFileProblem {
        rule,
        message: error.to_string(),
    }
}
