//! `cxda validate`: every rule that needs no tenant; no network code runs.

use std::path::Path;

use cxda_usecases::validate::validate;

use crate::cli::{OutputFormat, ValidateArgs};
use crate::commands::{Context, Ended};
use crate::exit::Exit;
use crate::render::diagnostics::{validation_json, validation_text};
use crate::render::sarif::validation_sarif;
use crate::wiring;

pub(crate) async fn run(context: Context<'_>, arguments: &ValidateArgs) -> Result<Exit, Ended> {
    let settings = context.settings()?;
    let folder = context.folder()?;
    let paths = arguments
        .paths
        .iter()
        .map(|path| folder.join(path))
        .collect();
    let manifests = wiring::manifests(&settings, paths)?;
    let project = validate(&manifests, &wiring::checker())
        .await
        .map_err(|error| Ended::new(Exit::Invalid, error))?;
    let violations = &project.violations;
    let text = match context.global.format {
        OutputFormat::Sarif => validation_sarif(violations, &below_repository(&settings.root)),
        OutputFormat::Json => validation_json(violations),
        OutputFormat::Human
        | OutputFormat::Prometheus
        | OutputFormat::Junit
        | OutputFormat::Markdown => validation_text(
            context.screen,
            violations,
            project.manifest.resources().len(),
        ),
    };
    context.screen.result(&text);
    Ok(if project.violations.has_errors() {
        Exit::Invalid
    } else {
        Exit::Done
    })
}

/// The way from the repository that holds `root` to it, with a `/` at its end; empty where no repository does.
///
/// Code scanning wants names that begin at the repository, and a project may be a folder of one.
fn below_repository(root: &Path) -> String {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
    let repository = root.ancestors().find(|folder| folder.join(".git").exists());
    let below = repository.and_then(|repository| root.strip_prefix(repository).ok());
    let parts = below.into_iter().flat_map(Path::components);
    parts
        .map(|part| part.as_os_str().to_string_lossy().into_owned() + "/")
        .collect()
}
