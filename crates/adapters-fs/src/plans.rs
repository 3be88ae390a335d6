//! Saved plans as files.
//!
//! It judges no plan: whether one still holds is for whoever loads it.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use cxda_ports::error::SourceError;
use cxda_ports::manifests::PlanStore;

use crate::atomic;
use crate::blocking::off_the_runtime;

/// Plans as files, each for its owner alone and written whole or not at all.
#[derive(Clone, Debug)]
pub struct PlanFiles {
    folder: PathBuf,
}

impl PlanFiles {
    /// The most bytes of a plan.
    pub const MAX_BYTES: u64 = 256 * 1024 * 1024;

    /// Plans at paths relative to `folder`, or absolute.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        Self { folder }
    }
}

#[async_trait]
impl PlanStore for PlanFiles {
    async fn save(&self, path: &str, text: &str) -> Result<(), SourceError> {
        let (file, text) = (self.folder.join(path), text.to_owned());
        let written = off_the_runtime(move || atomic::replace(&file, text.as_bytes())).await;
        written.map_err(|error| SourceError::Unwritable {
            what: what(path),
            why: error.to_string(),
        })
    }

    async fn load(&self, path: &str) -> Result<String, SourceError> {
        let file = self.folder.join(path);
        let loaded = off_the_runtime(move || read(&file)).await;
        loaded.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => SourceError::Missing { what: what(path) },
            _ => unreadable(path, &error),
        })
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let file = atomic::open_followed(path)?;
    file.take(PlanFiles::MAX_BYTES + 1)
        .read_to_string(&mut text)?;
    if u64::try_from(text.len()).is_ok_and(|bytes| bytes <= PlanFiles::MAX_BYTES) {
        Ok(text)
    } else {
        Err(io::ErrorKind::FileTooLarge.into())
    }
}

fn what(path: &str) -> String {
    format!("plan file {path}")
}

fn unreadable(path: &str, error: &io::Error) -> SourceError {
    SourceError::Unreadable {
        what: what(path),
        why: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[tokio::test]
    async fn t_05_a_plan_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let plans = PlanFiles::new(folder.path());
        plans.save("plan.json", "{}").await.unwrap();
        let metadata = folder.path().join("plan.json").metadata().unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }

    #[tokio::test]
    async fn what_cannot_be_written_or_read_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let plans = PlanFiles::new(folder.path());
        let lacking = plans.save("no/such/folder.json", "{}").await.unwrap_err();
        assert!(matches!(lacking, SourceError::Unwritable { .. }));
        let no_file = plans.load(".").await.unwrap_err();
        assert_eq!(
            no_file.to_string(),
            "plan file . cannot be read: not a regular file"
        );
        atomic::replace(&folder.path().join("binary"), b"\xff").unwrap();
        let no_text = plans.load("binary").await.unwrap_err();
        assert!(matches!(no_text, SourceError::Unreadable { .. }));
    }
}
