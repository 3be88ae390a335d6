//! Writes what the tenant has as manifests into a project, beside what is there.

use std::collections::{BTreeMap, BTreeSet};

use cxda_domain::address::{Address, AddressPattern};
use cxda_domain::export::{self, Export, ExportInput, ExportedManifest, Obstacle};
use cxda_domain::observed::{ObservedResource, ObservedState};
use cxda_domain::plan::PlanScope;
use cxda_domain::projection::Projection;
use cxda_domain::rule::Severity;
use cxda_domain::view::TableId;
use cxda_domain::violation::{FieldPath, Violations};
use cxda_ports::error::{ApiError, SourceError};
use cxda_ports::manifests::{ManifestSink, ManifestSource, NewContent, NewFile};
use cxda_ports::progress::Progress;
use cxda_ports::script::ScriptChecker;
use serde_json::Value;

use crate::near::{did_you_mean, near};
use crate::observe::{Doubled, Whole, doubled, tables, whole};
use crate::ports::TenantPorts;
use crate::validate::validate;

/// What exporting needs.
#[derive(Clone, Copy, Debug)]
pub struct ExportPorts<'a> {
    /// The project as it is.
    pub manifests: &'a dyn ManifestSource,
    /// Where its new files go.
    pub files: &'a dyn ManifestSink,
    /// Who judges scripts.
    pub checker: &'a dyn ScriptChecker,
    /// The tenant.
    pub tenant: TenantPorts<'a>,
    /// What a person sees meanwhile.
    pub progress: &'a dyn Progress,
}

/// What to export, and where to.
#[derive(Clone, Copy)]
pub struct ExportOptions<'a> {
    /// The folder for the files, relative to the project's; empty for that itself.
    pub folder: &'a str,
    /// Only these; everything where empty.
    pub targets: &'a [AddressPattern],
    /// What must never be deleted although no manifest says so any more.
    pub protected: &'a BTreeSet<Address>,
    /// Whether a text holds a secret that is in use, which must not go into a file.
    pub holds_secret: &'a dyn Fn(&str) -> bool,
}

impl std::fmt::Debug for ExportOptions<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("ExportOptions");
        shown
            .field("folder", &self.folder)
            .field("targets", &self.targets);
        shown.finish_non_exhaustive()
    }
}

/// Why nothing was exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The project cannot be read.
    #[error("the project cannot be read")]
    Project(#[source] SourceError),
    /// The project's manifests hold mistakes, so nobody can say what is declared.
    #[error("the manifests that are there hold mistakes, so nobody can say what they declare")]
    Unsound(Violations),
    /// The tenant cannot be read.
    #[error("the tenant cannot be read")]
    Observe(#[source] ApiError),
    /// A target that nothing on the tenant bears.
    #[error("nothing on the tenant is named {}{}", pattern.as_str(), did_you_mean(near.as_deref()))]
    NoTarget {
        /// The pattern.
        pattern: AddressPattern,
        /// What was likely meant.
        near: Option<String>,
    },
    /// Names that stand on the tenant more than once: a manifest could mean any of them.
    #[error("names stand on the tenant more than once: {}", doubled.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Ambiguous {
        /// The names.
        doubled: Vec<Doubled>,
    },
    /// The project would not read the files.
    #[error(
        "the project does not read {file}: none of its patterns in `project.manifests` matches it"
    )]
    NotRead {
        /// The first of them.
        file: String,
    },
    /// The files cannot be written.
    #[error("nothing was exported")]
    Files(#[source] SourceError),
}

/// Reads the tenant to the end and adds a manifest for each resource that the project does not declare.
///
/// # Errors
///
/// [`ExportError`]; then no file was written.
pub async fn export(
    ports: ExportPorts<'_>,
    options: ExportOptions<'_>,
) -> Result<Export, ExportError> {
    let project = validate(ports.manifests, ports.checker)
        .await
        .map_err(ExportError::Project)?;
    if !project.is_empty() && project.violations.has_errors() {
        return Err(ExportError::Unsound(project.violations));
    }
    let (observed, gone) = observed(ports.tenant, ports.progress)
        .await
        .map_err(ExportError::Observe)?;
    let scope = PlanScope {
        targets: options.targets.to_vec(),
        prune: false,
    };
    known_targets(&observed, &scope)?;
    unambiguous(&observed, &scope)?;
    let taken = ports.files.names(options.folder).await;
    let taken = taken.map_err(ExportError::Project)?;
    let mut exported = export::export(ExportInput {
        observed: &observed,
        manifest: &project.manifest,
        scope: &scope,
        obstacles: &obstacles(ports.checker, &observed, options.holds_secret),
        folder: options.folder,
        protected: options.protected,
        taken: &taken,
    });
    exported.note_gone(&gone);
    let unread = exported
        .manifests
        .iter()
        .find(|each| !ports.files.takes(&each.file));
    if let Some(ExportedManifest { file, .. }) = unread {
        return Err(ExportError::NotRead { file: file.clone() });
    }
    let files: Vec<NewFile> = exported.manifests.iter().flat_map(files_of).collect();
    ports.files.add(&files).await.map_err(ExportError::Files)?;
    Ok(exported)
}

fn files_of(exported: &ExportedManifest) -> impl Iterator<Item = NewFile> {
    let manifest = NewFile {
        name: exported.file.clone(),
        content: NewContent::Manifest(exported.root.clone()),
    };
    let script = exported.script.clone().map(|(name, text)| NewFile {
        name,
        content: NewContent::Text(text),
    });
    // The script first: one that no manifest names yet is in nobody's way.
    script.into_iter().chain([manifest])
}

/// Everything that the tenant has, each resource in full, and whether the tables are there that views name.
async fn observed(
    tenant: TenantPorts<'_>,
    progress: &dyn Progress,
) -> Result<(ObservedState, Vec<ObservedResource>), ApiError> {
    let Whole { resources, gone } = whole(tenant, progress).await?;
    let views: BTreeSet<&str> = resources.iter().map(|there| there.id.as_str()).collect();
    let sources = resources.iter().filter_map(|there| {
        let source = there.fields.at(&[Projection::SOURCE])?;
        let id = source.get("id").and_then(Value::as_str)?;
        let table: TableId = id.parse().ok()?;
        (!views.contains(id)).then_some(table)
    });
    let tables = tables(tenant, &sources.collect()).await?;
    Ok((ObservedState::new(resources, tables), gone))
}

/// What is seen in scripts, and secrets in use that the tenant shows.
fn obstacles(
    checker: &dyn ScriptChecker,
    observed: &ObservedState,
    holds_secret: &dyn Fn(&str) -> bool,
) -> BTreeMap<Address, Vec<Obstacle>> {
    let mut found: BTreeMap<Address, Vec<Obstacle>> = BTreeMap::new();
    let resources = observed.resources();
    let with_secret = resources
        .iter()
        .filter(|there| holds_secret(there.document.as_str()));
    found.extend(with_secret.map(|there| (there.address(), vec![Obstacle::Secret])));
    let scripts: Vec<(&ObservedResource, &str)> = resources
        .iter()
        .filter_map(|there| {
            let text = there.fields.at(&["script", "content"])?.as_str()?;
            Some((there, text))
        })
        .collect();
    let texts: Vec<&str> = scripts.iter().map(|(_, text)| *text).collect();
    for ((there, _), seen) in scripts.iter().zip(checker.check(&texts)) {
        let errors = seen
            .into_iter()
            .filter(|finding| finding.rule.severity() == Severity::Error);
        let errors: Vec<Obstacle> = errors
            .map(|finding| Obstacle::Rule {
                rule: finding.rule,
                path: FieldPath::from("spec.script"),
                message: format!("{} (line {})", finding.message, finding.at.line),
            })
            .collect();
        if !errors.is_empty() {
            found.entry(there.address()).or_default().extend(errors);
        }
    }
    found
}

fn known_targets(observed: &ObservedState, scope: &PlanScope) -> Result<(), ExportError> {
    for pattern in &scope.targets {
        let mut there = observed.resources().iter();
        if !there.any(|there| pattern.matches(&there.address())) {
            let there: Vec<Address> = observed
                .by_name()
                .map(|(address, _)| address.clone())
                .collect();
            return Err(ExportError::NoTarget {
                pattern: pattern.clone(),
                near: near(pattern.as_str(), &there),
            });
        }
    }
    Ok(())
}

fn unambiguous(observed: &ObservedState, scope: &PlanScope) -> Result<(), ExportError> {
    match doubled(observed, scope) {
        doubled if doubled.is_empty() => Ok(()),
        doubled => Err(ExportError::Ambiguous { doubled }),
    }
}
