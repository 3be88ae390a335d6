//! `cxda explain`: one rule in full, without a look at any project.

use crate::cli::ExplainArgs;
use crate::commands::Context;
use crate::exit::Exit;
use crate::render::explained::{explained_json, explained_text};

pub(crate) fn run(context: Context<'_>, arguments: &ExplainArgs) -> Exit {
    context.screen.result(&if context.is_json() {
        explained_json(arguments.rule)
    } else {
        explained_text(context.screen, arguments.rule)
    });
    Exit::Done
}
