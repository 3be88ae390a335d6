//! A folder and files below it, for systems that have no handles to open files from.
//!
//! It checks where a path leads and then opens it; whoever may change links in the folder between
//! the two is not held off.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::FileError;

/// A folder.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// The folder at `path`.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        path.read_dir()?;
        path.canonicalize().map(Self)
    }

    /// Opens what stands at `parts` below the folder.
    pub(super) fn file<'p>(&self, parts: impl Iterator<Item = &'p str>) -> Result<File, FileError> {
        let path = self.0.join(parts.collect::<PathBuf>());
        let open = || {
            let path = path.canonicalize()?;
            match path.strip_prefix(&self.0) {
                Ok(_) if !path.is_file() => Ok(Err(FileError::NotRegular)),
                Ok(_) => open_file(&path).map(Ok),
                Err(_) => Ok(Err(FileError::Outside)),
            }
        };
        open().unwrap_or_else(|error: io::Error| {
            Err(match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => FileError::NotFound,
                _ => FileError::System(error),
            })
        })
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the adapter that opens files"
)]
fn open_file(path: &Path) -> io::Result<File> {
    File::open(path)
}
