//! `cxda schema`: a JSON Schema, without a look at any project.

use crate::cli::SchemaArgs;
use crate::commands::Context;
use crate::exit::Exit;
use crate::render;
use crate::schema::schema;

pub(crate) fn run(context: Context<'_>, arguments: &SchemaArgs) -> Exit {
    let text = render::json(&schema(arguments.kind));
    context.screen.result(&text);
    Exit::Done
}
