//! `cxda init`: a project that works at once on the built-in simulator.

use std::path::{Path, PathBuf};

use cxda_adapters_fs::scaffold::{self, ScaffoldError};

use crate::cli::InitArgs;
use crate::commands::{Context, Ended};
use crate::exit::Exit;
use crate::init::{files, name_from};
use crate::render::begun::Begun;
use crate::settings::FILE_NAME;

pub(crate) fn run(context: Context<'_>, arguments: &InitArgs) -> Result<Exit, Ended> {
    let folder = real(&context.folder()?.join(&arguments.folder));
    let project = folder
        .ancestors()
        .find(|above| above.join(FILE_NAME).exists());
    if let Some(project) = project {
        let message = format!("{} is a project already", project.display());
        return Err(
            Ended::message(Exit::Refused, message).hint("choose a folder that is not below it")
        );
    }
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let files = files(&name_from(&name));
    let placed = scaffold::place(&folder, &files).map_err(|error| {
        let exit = match error {
            ScaffoldError::Outside(_) => Exit::Refused,
            ScaffoldError::System { .. } => Exit::Unexpected,
        };
        Ended::new(exit, error)
    })?;
    let begun = Begun {
        folder: &arguments.folder,
        files: files.iter().map(|file| file.path).zip(placed).collect(),
    };
    if context.is_json() {
        context.screen.result(&begun.json());
    } else {
        context.screen.result(&begun.text(context.screen));
        context
            .screen
            .remark(&begun.next(context.global.directory.as_deref()));
    }
    Ok(Exit::Done)
}

/// `folder` without links and `..`, as far as it is there.
fn real(folder: &Path) -> PathBuf {
    let is_there = |part: &Path| {
        let below = folder.strip_prefix(part).ok()?;
        let real = part.canonicalize().ok()?;
        Some(real.components().chain(below.components()).collect())
    };
    let found = folder.ancestors().find_map(is_there);
    found.unwrap_or_else(|| folder.to_path_buf())
}
