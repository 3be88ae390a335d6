//! `cxda man`: a manual page for each command.

use clap::CommandFactory;

use crate::cli::{Cli, ManArgs};
use crate::commands::{Context, Ended};
use crate::exit::Exit;
use crate::wiring::WiringError;

pub(crate) fn run(context: Context<'_>, arguments: &ManArgs) -> Result<Exit, Ended> {
    let folder = context.folder()?.join(&arguments.folder);
    let shown = arguments.folder.display();
    if !folder.is_dir() {
        let ended = Ended::message(Exit::Usage, format!("{shown} is not a folder"));
        return Err(ended.hint("make it first, such as with `mkdir`"));
    }
    clap_mangen::generate_to(Cli::command(), &folder).map_err(|error| {
        let message = format!("the pages cannot be written to {shown}");
        WiringError::from_source(Exit::Unexpected, message, error)
    })?;
    context
        .screen
        .remark(&format!("The pages are in {shown}; `man -l` shows one."));
    Ok(Exit::Done)
}
