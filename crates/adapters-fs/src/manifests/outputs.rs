//! New expected outputs in manifest files, each file whole or not at all.

use std::io;
use std::sync::Arc;

use cxda_domain::key::Digest;
use tokio::task::spawn_blocking;

use super::FsManifests;
use crate::atomic;
use crate::edit::{NewOutput, NotEdited, put_outputs};
use crate::project::{FileError, Project};
use crate::reader::{self, Format};

/// The mark that some editors put before UTF-8 text.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Why a manifest was left as it was.
#[derive(Debug, thiserror::Error)]
pub enum OutputsError {
    /// It is not the file that the tests were read from.
    #[error("it was changed meanwhile")]
    Moved,
    /// It cannot be read.
    #[error("it cannot be read again")]
    Unreadable(#[source] FileError),
    /// It cannot be written.
    #[error("it cannot be written")]
    Unwritable(#[source] io::Error),
}

impl FsManifests {
    /// Puts `outputs` into the manifest `file`, which was read as `read_as`, and tells of each in their order whether it is there.
    ///
    /// # Errors
    ///
    /// [`OutputsError`] if none of them is, for the file could not be read or written.
    pub async fn put_outputs(
        &self,
        file: &str,
        read_as: &Digest,
        outputs: Vec<NewOutput>,
    ) -> Result<Vec<Result<(), NotEdited>>, OutputsError> {
        let (project, file) = (Arc::clone(&self.project), file.to_owned());
        let read_as = read_as.clone();
        let put = move || put(&project, &file, &read_as, &outputs);
        let stopped = |error| Err(OutputsError::Unwritable(io::Error::other(error)));
        spawn_blocking(put).await.unwrap_or_else(stopped)
    }
}

fn put(
    project: &Project,
    file: &str,
    read_as: &Digest,
    outputs: &[NewOutput],
) -> Result<Vec<Result<(), NotEdited>>, OutputsError> {
    let bytes = project.read(file, reader::MAX_BYTES);
    let bytes = bytes.map_err(OutputsError::Unreadable)?;
    if Digest::of(&bytes) != *read_as {
        return Err(OutputsError::Moved);
    }
    let place = project.place_of(file).map_err(OutputsError::Unreadable)?;
    // What was read as a manifest is text of a notation.
    let (Ok(text), Some(format)) = (std::str::from_utf8(&bytes), Format::of(file)) else {
        return Err(OutputsError::Moved);
    };
    let (mark, text) = match text.strip_prefix(BYTE_ORDER_MARK) {
        Some(text) => (BYTE_ORDER_MARK, text),
        None => ("", text),
    };
    let (edited, results) = put_outputs(format, text, outputs);
    if edited != text {
        let bytes = [mark, &edited].concat().into_bytes();
        atomic::rewrite(&place, &bytes).map_err(OutputsError::Unwritable)?;
    }
    Ok(results)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use cxda_domain::node::Mark;
    use serde_json::json;

    use super::*;
    use crate::project::Patterns;

    const OLD: &str = "\u{feff}spec: {tests: [{expect: {output: 1}}]} # kept\n";

    type Put = Result<Vec<Result<(), NotEdited>>, OutputsError>;

    /// Puts 7 into the manifest `a.yaml`, which was read as `text`.
    async fn put_seven(folder: &tempfile::TempDir, text: &str) -> Put {
        let project = Project::open(folder.path()).unwrap();
        let manifests = FsManifests::new(project, Patterns::new(["*.yaml"]).unwrap());
        let seven = NewOutput {
            document: Mark::START,
            test: 0,
            output: json!(7),
        };
        let read_as = Digest::of(text);
        manifests.put_outputs("a.yaml", &read_as, vec![seven]).await
    }

    #[tokio::test]
    async fn a_manifest_keeps_its_mode_its_mark_and_the_link_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (
            folder.path().join("real.yaml"),
            folder.path().join("a.yaml"),
        );
        atomic::replace(&real, OLD.as_bytes()).unwrap();
        fs::set_permissions(&real, PermissionsExt::from_mode(0o644)).unwrap();
        symlink("real.yaml", &link).unwrap();
        assert_eq!(put_seven(&folder, OLD).await.unwrap(), [Ok(())]);
        let new = atomic::read(&real).unwrap().unwrap();
        assert_eq!(new, OLD.replace("output: 1", "output: 7"));
        assert_eq!(real.metadata().unwrap().permissions().mode() & 0o777, 0o644);
        assert!(link.is_symlink());
    }

    #[tokio::test]
    async fn a_manifest_that_was_changed_meanwhile_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yaml");
        atomic::replace(&path, OLD.as_bytes()).unwrap();
        let put = put_seven(&folder, "other").await;
        assert!(matches!(put, Err(OutputsError::Moved)));
        assert_eq!(atomic::read(&path).unwrap().unwrap(), OLD);
    }
}
