//! `cxda export`: what the tenant has becomes manifests and script files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cxda_adapters_fs::manifests::FsManifests;
use cxda_adapters_fs::project::flattened;
use cxda_usecases::export::{ExportError, ExportOptions, ExportPorts, export};

use crate::cli::ExportArgs;
use crate::commands::{Context, Ended};
use crate::exit::{self, Exit};
use crate::pause;
use crate::render::exported::Report;
use crate::settings::Settings;
use crate::system::SystemClock;
use crate::wiring::{self, Connection, Patience, WiringError};

/// Where the files go where nobody says so, relative to the project's folder.
const DEFAULT_FOLDER: &str = "manifests";

pub(crate) async fn run(
    context: Context<'_>,
    arguments: &ExportArgs,
    clock: Arc<SystemClock>,
) -> Result<Exit, Ended> {
    let settings = context.settings()?;
    let tenant = settings.tenant(context.environment)?;
    let goal = Place::of(context, &settings, arguments.folder.as_deref())?;
    let secrets = wiring::secrets(&settings, context.environment);
    let patience = Patience::AsSettled;
    let pace = context.pace(&clock);
    let connecting = wiring::connect(&settings, &tenant, &secrets, pace, patience);
    let connection = connecting.await?;
    let exporting = write(context, arguments, &settings, &goal, &connection, &clock);
    let ended = exporting.await;
    pause::keep(context.screen, &settings, &connection, &*clock).await;
    connection.close().await;
    ended
}

/// A project, and the folder in it that the files go to.
struct Place {
    manifests: FsManifests,
    /// Relative to the project's folder, with `/` between its parts; empty for that itself.
    folder: String,
    /// As a person finds it from where the command runs.
    shown: PathBuf,
}

impl Place {
    /// The folder that a person named: in this project, in another one, or a project of its own that begins there.
    fn of(context: Context<'_>, settings: &Settings, named: Option<&Path>) -> Result<Self, Ended> {
        let (folder, shown) = if let Some(named) = named {
            (flattened(&context.folder()?.join(named)), named.to_owned())
        } else {
            let default = PathBuf::from(DEFAULT_FOLDER);
            (settings.root.join(&default), default)
        };
        let start = folder.ancestors().find(|above| above.is_dir());
        let there = Settings::load(
            start.unwrap_or(&folder),
            context.environment,
            context.global.tenant(),
        )?;
        let (root, patterns) = if there.has_file {
            (&there.root, &there.manifests)
        } else if folder.starts_with(&settings.root) {
            (&settings.root, &settings.manifests)
        } else {
            (&folder, &there.manifests)
        };
        let below = folder.strip_prefix(root).unwrap_or(Path::new(""));
        let parts: Option<Vec<&str>> = below.iter().map(|part| part.to_str()).collect();
        let Some(parts) = parts else {
            let message = format!(
                "the folder {} has a name that is not UTF-8",
                folder.display()
            );
            return Err(Ended::message(Exit::Usage, message));
        };
        Ok(Self {
            folder: parts.join("/"),
            manifests: wiring::manifests_at(root, patterns)?.with_vars(there.vars()?),
            shown,
        })
    }
}

async fn write(
    context: Context<'_>,
    arguments: &ExportArgs,
    settings: &Settings,
    place: &Place,
    connection: &Connection,
    clock: &SystemClock,
) -> Result<Exit, Ended> {
    let journal = wiring::journal_to_read(settings, wiring::scope(connection))?;
    pause::respect(settings, connection, &*journal, clock).await?;
    let applied = journal.last_applied().await.map_err(WiringError::from)?;
    let protected = applied.into_values().filter(|applied| applied.protect);
    let protected = protected.map(|applied| applied.address).collect();
    // From here on a wish to stop ends the reading; what is being written is written to its end.
    context.interrupt.carefully();
    let bar = &**context.bar;
    bar.begin();
    let ports = ExportPorts {
        manifests: &place.manifests,
        files: &place.manifests,
        checker: &wiring::checker(),
        tenant: connection.ports(),
        progress: bar,
    };
    let options = ExportOptions {
        folder: &place.folder,
        targets: &arguments.targets,
        protected: &protected,
        holds_secret: &|text| connection.client.shows_secret(text),
    };
    let exported = export(ports, options).await;
    bar.clear();
    let exported = exported.map_err(|error| ended(context, error, connection))?;
    let report = Report {
        tenant: &connection.heading.tenant,
        folder: &place.shown,
        exported: &exported,
    };
    if context.is_json() {
        context.screen.result(&report.json());
    } else {
        context.screen.result(&report.text(context.screen));
    }
    let interrupted = context.interrupt.exit();
    if interrupted.is_some() {
        context
            .screen
            .remark("The wish to stop came while files were written: all of them are there.");
    }
    Ok(interrupted.unwrap_or(Exit::Done))
}

fn ended(context: Context<'_>, error: ExportError, connection: &Connection) -> Ended {
    let exit = exit::of_export(&error);
    let remedy = match &error {
        ExportError::Unsound(violations) => {
            context.show_findings(violations);
            Some("mend them first, or export into another folder".to_owned())
        }
        ExportError::Observe(error) => connection.remedy(error),
        ExportError::Ambiguous { .. } => {
            Some("rename or delete all but one of each name on the tenant".to_owned())
        }
        ExportError::NotRead { .. } => Some(format!(
            "name a folder that the project reads, or add a pattern such as \"{DEFAULT_FOLDER}/**/*.yaml\" to `project.manifests`"
        )),
        _ => None,
    };
    let ended = Ended::new(exit, error);
    match remedy {
        Some(remedy) => ended.hint(&remedy),
        None => ended,
    }
}
