//! Text of a manifest file to trees of values that know where they stand.
//!
//! It knows YAML, JSON and TOML, and nothing of what a manifest may say: unknown, missing and
//! repeated keys stay in the tree, for the domain to judge.

use cxda_domain::node::{Mark, Node};

use budget::Budget;

mod budget;
mod json;
mod text;
mod toml;
mod yaml;

/// The most bytes a manifest file may have.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;
/// The most maps and lists around a value, the document's own included.
pub const MAX_DEPTH: usize = 64;
/// The most documents in one file, empty ones included.
pub const MAX_DOCUMENTS: usize = 1_000;
/// The most values in one file, maps and lists included, with each alias counted as what it stands for.
pub const MAX_NODES: usize = 250_000;

/// The notation of a manifest file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// YAML 1.2 with the core schema; several documents a file.
    Yaml,
    /// JSON as of RFC 8259; one document a file.
    Json,
    /// TOML 1.1; one document a file.
    Toml,
}

impl Format {
    /// The notation that the end of a file's name tells, in either case of letters.
    ///
    /// ```
    /// use cxda_adapters_fs::reader::Format;
    ///
    /// assert_eq!(Format::of("views/calls.cxda.yml"), Some(Format::Yaml));
    /// assert_eq!(Format::of("views/calls.txt"), None);
    /// ```
    pub fn of(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "yaml" | "yml" => Some(Self::Yaml),
            "json" => Some(Self::Json),
            "toml" => Some(Self::Toml),
            _ => None,
        }
    }
}

/// Why a file, or one of its documents, could not be read (rule M001).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ReadError {
    /// What is wrong, in lower case, without a full stop.
    pub message: String,
    /// Where.
    pub at: Mark,
    /// What to do about it.
    pub hint: Option<String>,
}

impl ReadError {
    fn new(at: Mark, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            at,
            hint: None,
        }
    }

    fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// What a file holds: every document that could be read, and why the others could not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadOutcome {
    /// The documents that are not empty, in the order of the file.
    pub documents: Vec<Node>,
    /// What is wrong with the rest, in the order of the file; empty if all of it was read.
    pub errors: Vec<ReadError>,
}

/// Reads a whole file.
///
/// A broken document costs itself only: what stands before and after it is read. A file without
/// any document is an error.
pub fn read(format: Format, bytes: &[u8]) -> ReadOutcome {
    let mut outcome = ReadOutcome::default();
    match text::decode(bytes) {
        Ok(text) => match format {
            Format::Yaml => yaml::read(text, &mut outcome),
            Format::Json => outcome.take(json::read(text)),
            Format::Toml => outcome.take(toml::read(text)),
        },
        Err(error) => outcome.errors.push(error),
    }
    if outcome.documents.is_empty() && outcome.errors.is_empty() {
        outcome.errors.push(
            ReadError::new(Mark::START, "the file holds no document")
                .with_hint("declare a resource in it, or remove the file"),
        );
    }
    outcome
}

/// The text of a file, without a byte order mark; `None` where it is not to be read as text.
pub fn text(bytes: &[u8]) -> Option<&str> {
    text::decode(bytes).ok()
}

impl ReadOutcome {
    fn take(&mut self, read: Result<Option<Node>, ReadError>) {
        match read {
            Ok(document) => self.documents.extend(document),
            Err(error) => self.errors.push(error),
        }
    }
}
