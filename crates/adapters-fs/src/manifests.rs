//! The port of manifests over a project's folder.
//!
//! It joins [`project`](crate::project) and [`reader`], and does their blocking work
//! off the async threads.

use std::error::Error as _;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use async_trait::async_trait;
use cxda_domain::key::Digest;
use cxda_domain::manifest::Vars;
use cxda_domain::node::Mark;
use cxda_domain::rule::Rule;
use cxda_domain::violation::{FieldPath, Position, Violation};
use cxda_ports::error::SourceError;
use cxda_ports::manifests::{
    LoadedManifests, ManifestSource, ScriptFileError, ScriptRequest, SourceDocument,
};
use tokio::task::{JoinError, spawn_blocking};

use crate::project::{FileError, Found, Patterns, Project};
use crate::reader::{self, Format, ReadError};

mod addition;
mod outputs;
mod stamps;

pub use outputs::OutputsError;
pub use stamps::Stamps;

/// The manifests and scripts of a project's folder.
#[derive(Clone, Debug)]
pub struct FsManifests {
    project: Arc<Project>,
    patterns: Patterns,
    paths: Vec<PathBuf>,
    vars: Vars,
}

impl FsManifests {
    /// Every manifest of `project` that `patterns` match.
    pub fn new(project: Project, patterns: Patterns) -> Self {
        Self {
            project: Arc::new(project),
            patterns,
            paths: Vec::new(),
            vars: Vars::default(),
        }
    }

    /// The same with the values of a tenant in the place of `${var.NAME}`.
    #[must_use]
    pub fn with_vars(mut self, vars: Vars) -> Self {
        self.vars = vars;
        self
    }

    /// Only what a person named: files, and folders with what the patterns match in them.
    ///
    /// A path is absolute or relative to the project's folder; without any all is read.
    #[must_use]
    pub fn only(mut self, paths: Vec<PathBuf>) -> Self {
        self.paths = paths;
        self
    }

    fn found(&self) -> Found {
        if self.paths.is_empty() {
            self.project.find(&self.patterns)
        } else {
            self.project.select(&self.paths, &self.patterns)
        }
    }
}

#[async_trait]
impl ManifestSource for FsManifests {
    async fn load(&self) -> Result<LoadedManifests, SourceError> {
        let source = self.clone();
        spawn_blocking(move || load(&source, source.found()))
            .await
            .unwrap_or_else(|error| Err(no_folder(stopped(&error))))
    }

    async fn text(&self, manifest: &str) -> Option<String> {
        let project = Arc::clone(&self.project);
        let name = manifest.to_owned();
        let read = move || {
            let bytes = project.read(&name, reader::MAX_BYTES).ok()?;
            reader::text(&bytes).map(str::to_owned)
        };
        spawn_blocking(read).await.ok().flatten()
    }

    async fn scripts(&self, requests: &[ScriptRequest]) -> Vec<Result<String, ScriptFileError>> {
        let project = Arc::clone(&self.project);
        let asked = requests.to_vec();
        let read = move || {
            let texts = asked.iter().map(|request| project.script(request));
            texts.collect::<Vec<_>>()
        };
        spawn_blocking(read).await.unwrap_or_else(|error| {
            let why = stopped(&error);
            vec![Err(ScriptFileError::Unreadable { why }); requests.len()]
        })
    }
}

fn stopped(error: &JoinError) -> String {
    format!("reading stopped: {error}")
}

fn no_folder(why: String) -> SourceError {
    SourceError::Unreadable {
        what: "the project's folder".to_owned(),
        why,
    }
}

fn load(source: &FsManifests, found: Found) -> Result<LoadedManifests, SourceError> {
    // The folder itself has no name.
    if let Some(problem) = found.problems.iter().find(|it| it.name.is_empty()) {
        return Err(no_folder(reason(&problem.error)));
    }
    let mut loaded = LoadedManifests::default();
    if found.files.is_empty() && found.problems.is_empty() {
        loaded.violations.push(no_manifest());
    }
    for problem in found.problems {
        let violation = not_read(&problem.name.into(), &problem.error);
        loaded.violations.push(violation);
    }
    for part in read_all(&source.project, &found.files) {
        loaded.documents.extend(part.documents);
        loaded.digests.extend(part.digests);
        loaded.violations.extend(part.violations);
    }
    loaded.fill(&source.vars);
    Ok(loaded)
}

/// Reads the files on every core, and keeps their order.
fn read_all(project: &Project, files: &[String]) -> Vec<LoadedManifests> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let share = files.len().div_ceil(cores).max(1);
    thread::scope(|scope| {
        let readers: Vec<_> = files
            .chunks(share)
            .map(|files| scope.spawn(|| read_some(project, files)))
            .collect();
        readers
            .into_iter()
            .map(|reader| reader.join().unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    })
}

fn read_some(project: &Project, files: &[String]) -> LoadedManifests {
    let mut loaded = LoadedManifests::default();
    for name in files {
        let file: Arc<str> = name.as_str().into();
        match project.read(name, reader::MAX_BYTES) {
            Ok(bytes) => {
                loaded.digests.push((Arc::clone(&file), Digest::of(&bytes)));
                decode(&file, &bytes, &mut loaded);
            }
            Err(error) => loaded.violations.push(not_read(&file, &error)),
        }
    }
    loaded
}

fn decode(file: &Arc<str>, bytes: &[u8], loaded: &mut LoadedManifests) {
    let Some(format) = Format::of(file) else {
        let message = "the file is neither YAML, JSON nor TOML by its name";
        let hint = "let its name end in .yaml, .yml, .json or .toml";
        loaded
            .violations
            .push(violation(file, Mark::START, message, Some(hint)));
        return;
    };
    let read = reader::read(format, bytes);
    let documents = read.documents.into_iter().map(|root| SourceDocument {
        file: Arc::clone(file),
        root,
    });
    loaded.documents.extend(documents);
    for ReadError { message, at, hint } in read.errors {
        let violation = violation(file, at, &message, hint.as_deref());
        loaded.violations.push(violation);
    }
}

fn violation(file: &Arc<str>, mark: Mark, message: &str, hint: Option<&str>) -> Violation {
    let position = Position {
        file: Arc::clone(file),
        mark,
    };
    let hint = hint.map(str::to_owned);
    Violation::new(Rule::M001, Some(position), FieldPath::root(), message, hint)
}

fn not_read(file: &Arc<str>, error: &FileError) -> Violation {
    let message = format!("the file was not read: {}", reason(error));
    violation(file, Mark::START, &message, None)
}

fn reason(error: &FileError) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

fn no_manifest() -> Violation {
    let hint = "write one, such as views.cxda.yaml, or see `project.manifests`";
    Violation::new(
        Rule::M001,
        None,
        FieldPath::root(),
        "no manifest was found",
        Some(hint.to_owned()),
    )
}
