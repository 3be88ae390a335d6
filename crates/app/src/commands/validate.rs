//! `cxda validate`: every rule that needs no tenant; no network code runs.

use cxda_usecases::validate::validate;

use crate::cli::ValidateArgs;
use crate::commands::{Context, Ended};
use crate::exit::Exit;
use crate::render::diagnostics::{validation_json, validation_text};
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
    let text = if context.is_json() {
        validation_json(&project.violations)
    } else {
        validation_text(
            context.screen,
            &project.violations,
            project.manifest.resources().len(),
        )
    };
    context.screen.result(&text);
    Ok(if project.violations.has_errors() {
        Exit::Invalid
    } else {
        Exit::Done
    })
}
