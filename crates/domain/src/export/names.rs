//! Names for what an export makes: files, and environment variables for encrypted values.
//!
//! A tenant decides what its resources are called. So nothing here keeps a character that means anything to a file system or a
//! shell, and no name can be that of a file or variable that is there for something else.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::address::{Address, ResourceKind};

/// What every environment variable begins with: a tenant must not be able to name one that holds another secret.
const ENV_PREFIX: &str = "CXDA_VAR_";
/// The most characters that a file's name keeps of a resource's.
const MAX_CHARS: usize = 100;

/// Names that are still free.
#[derive(Debug)]
pub(super) struct Names<'a> {
    folder: &'a str,
    /// In lower case, for some file systems know no other difference.
    files: BTreeSet<String>,
    variables: BTreeSet<String>,
}

/// The files of one resource.
#[derive(Debug)]
pub(super) struct FileNames {
    /// The manifest, relative to the project's folder.
    pub(super) manifest: Arc<str>,
    /// The script, relative to the manifest's folder.
    pub(super) script: String,
    /// The script, relative to the project's folder.
    pub(super) script_from_root: String,
}

impl<'a> Names<'a> {
    /// Names for files below `folder`, but for those that are `taken`, and for environment variables that are not `used` yet.
    pub(super) fn new<'u>(
        folder: &'a str,
        taken: &BTreeSet<String>,
        used: impl Iterator<Item = &'u str>,
    ) -> Self {
        Self {
            folder,
            files: taken.iter().map(|name| name.to_lowercase()).collect(),
            variables: used.map(ToOwned::to_owned).collect(),
        }
    }

    /// Files for the resource at `address`, which nothing else has.
    pub(super) fn files(&mut self, address: &Address) -> FileNames {
        let (folder, fallback) = match address.kind {
            ResourceKind::View => ("views", "view"),
            ResourceKind::Action => ("actions", "action"),
        };
        let stem = match stem(&address.name) {
            stem if stem.is_empty() => fallback.to_owned(),
            stem => stem,
        };
        let mut number = 1_u32;
        loop {
            let stem = match number {
                1 => stem.clone(),
                _ => format!("{stem}-{number}"),
            };
            let script = format!("scripts/{stem}.js");
            let [manifest, script_from_root] = [format!("{stem}.cxda.yaml"), script.clone()]
                .map(|name| self.below(&format!("{folder}/{name}")));
            let lower = [manifest.to_lowercase(), script_from_root.to_lowercase()];
            if lower.iter().all(|name| !self.files.contains(name)) {
                self.files.extend(lower);
                return FileNames {
                    manifest: manifest.into(),
                    script,
                    script_from_root,
                };
            }
            number += 1;
        }
    }

    fn below(&self, name: &str) -> String {
        match self.folder {
            "" => name.to_owned(),
            folder => format!("{folder}/{name}"),
        }
    }

    /// An environment variable for the variable `variable` of `action`, which no other has.
    pub(super) fn variable(&mut self, action: &str, variable: &str) -> String {
        let plain: String = format!("{ENV_PREFIX}{action}_{variable}")
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_uppercase()
                } else {
                    '_'
                }
            })
            .collect();
        let mut name = plain.clone();
        let mut number = 2_u32;
        while !self.variables.insert(name.clone()) {
            name = format!("{plain}_{number}");
            number += 1;
        }
        name
    }
}

/// What a file's name keeps of `name`: letters and digits of ASCII, `_` and `-`; one `-` for everything between.
fn stem(name: &str) -> String {
    let keeps = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let parts = name.split(|c| !keeps(c)).filter(|part| !part.is_empty());
    let stem = parts.collect::<Vec<_>>().join("-");
    // What begins with a dash is taken for an option by many programs.
    let stem = stem.trim_start_matches('-');
    stem.chars().take(MAX_CHARS).collect()
}
