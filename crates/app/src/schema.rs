//! JSON Schemas (draft 2020-12), for editors and for programs that read what `cxda` prints.
//!
//! No limit, word or default is written here a second time: each comes from where the code that judges it has it. The
//! keys are; tests hold them against what the readers know.

#![expect(
    clippy::needless_pass_by_value,
    reason = "a part goes into the schema that holds it, and nobody needs it afterwards"
)]

use serde_json::{Value, json};

use crate::cli::SchemaKind;

mod audit;
mod config;
mod diagnostic;
mod manifest;
mod parts;
mod plan;
mod result;

/// The schema of `kind`.
pub(crate) fn schema(kind: SchemaKind) -> Value {
    let mut schema = match kind {
        SchemaKind::Manifest => manifest::schema(),
        SchemaKind::Config => config::schema(),
        SchemaKind::Plan => plan::schema(),
        SchemaKind::Result => result::schema(),
        SchemaKind::Audit => audit::schema(),
    };
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["$id"] = json!(format!("urn:cxda:schema:{}", kind.as_str()));
    schema
}

#[cfg(test)]
mod tests;
