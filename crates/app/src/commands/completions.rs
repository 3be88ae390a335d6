//! `cxda completions`: what a shell needs to complete command lines.

use clap::CommandFactory;

use crate::cli::{Cli, CompletionsArgs};
use crate::commands::Context;
use crate::exit::Exit;

pub(crate) fn run(context: Context<'_>, arguments: &CompletionsArgs) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "cxda", &mut script);
    context.screen.result(&String::from_utf8_lossy(&script));
    Exit::Done
}
