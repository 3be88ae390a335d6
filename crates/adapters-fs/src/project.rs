//! The folder of a project: which files are manifests, and reading files that lie in it.
//!
//! Nothing outside the folder is ever read, whatever a path or a symbolic link says. What a file
//! holds is not its business.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use cxda_ports::error::SourceError;

use folder::Folder;

pub use pattern::{PatternError, Patterns};

#[cfg_attr(not(unix), path = "project/folder_portable.rs")]
mod folder;
mod pattern;
pub(crate) mod script;
mod walk;

/// A project's folder, held open.
#[derive(Debug)]
pub struct Project {
    root: PathBuf,
    folder: Folder,
}

/// The manifest files of a project.
#[derive(Debug, Default)]
pub struct Found {
    /// Their names, relative to the project's folder, with `/` between their parts; sorted, none twice.
    pub files: Vec<String>,
    /// What could not be looked at.
    pub problems: Vec<Problem>,
}

/// A file or folder that could not be read.
#[derive(Debug)]
pub struct Problem {
    /// Its name, relative to the project's folder where it lies in it.
    pub name: String,
    /// Why not.
    pub error: FileError,
}

/// Why a file of the project was not read. No variant holds content of the file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It lies outside the project, or a symbolic link leads out.
    #[error("it lies outside the project")]
    Outside,
    /// Nothing of that name.
    #[error("it is not there")]
    NotFound,
    /// A folder, device, pipe or socket.
    #[error("it is not a regular file")]
    NotRegular,
    /// Longer than what may be read.
    #[error("it has {bytes} bytes, more than {limit}")]
    TooLong {
        /// Its bytes.
        bytes: u64,
        /// The most bytes.
        limit: usize,
    },
    /// Its name is not UTF-8, so that nothing could refer to it.
    #[error("its name is not UTF-8")]
    Name,
    /// The system refused.
    #[error("it cannot be read")]
    System(#[source] io::Error),
}

impl Project {
    /// Opens the folder `root`.
    ///
    /// # Errors
    ///
    /// - [`SourceError::Missing`] if nothing of that name is there.
    /// - [`SourceError::Unreadable`] if it is no folder, or may not be opened.
    pub fn open(root: &Path) -> Result<Self, SourceError> {
        let open = || {
            let root = root.canonicalize()?;
            let folder = Folder::open(&root)?;
            Ok(Self { root, folder })
        };
        open().map_err(|error: io::Error| {
            let what = format!("the folder {}", root.display());
            match error.kind() {
                io::ErrorKind::NotFound => SourceError::Missing { what },
                _ => SourceError::Unreadable {
                    what,
                    why: error.to_string(),
                },
            }
        })
    }

    /// Makes the folder `root` where it lacks, with what lacks above it, and opens it.
    ///
    /// # Errors
    ///
    /// As [`Project::open`]; [`SourceError::Unwritable`] if the folder cannot be made.
    pub fn create(root: &Path) -> Result<Self, SourceError> {
        std::fs::create_dir_all(root).map_err(|error| SourceError::Unwritable {
            what: format!("the folder {}", root.display()),
            why: error.to_string(),
        })?;
        Self::open(root)
    }

    /// The folder, without symbolic links.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Every file that `patterns` match.
    ///
    /// Hidden folders and files, whose names begin with `.`, are passed over, `.cxda` among them;
    /// symbolic links to folders are not followed.
    pub fn find(&self, patterns: &Patterns) -> Found {
        let mut found = Found::default();
        walk::walk(&self.root, String::new(), patterns, &mut found);
        found.sorted()
    }

    /// The files that a person named: a file whatever its name, of a folder what `patterns` match.
    ///
    /// A path is absolute or relative to the project's folder.
    pub fn select(&self, paths: &[PathBuf], patterns: &Patterns) -> Found {
        let mut found = Found::default();
        for path in paths {
            match self.relative(path) {
                Ok(name) if self.root.join(&name).is_dir() => {
                    walk::walk(&self.root, name, patterns, &mut found);
                }
                Ok(name) => found.files.push(name),
                Err(error) => found.problems.push(Problem {
                    name: path.to_string_lossy().into_owned(),
                    error,
                }),
            }
        }
        found.sorted()
    }

    /// The bytes of the file `name`, relative to the project's folder.
    ///
    /// # Errors
    ///
    /// Any [`FileError`]; [`FileError::TooLong`] if it has more than `limit` bytes.
    pub fn read(&self, name: &str, limit: usize) -> Result<Vec<u8>, FileError> {
        let parts = name.split('/').filter(|part| !matches!(*part, "" | "."));
        let file = self.folder.file(parts)?;
        read_up_to(file, limit)
    }

    /// Where the file `name` really lies, symbolic links followed.
    ///
    /// # Errors
    ///
    /// [`FileError::Outside`] if that is outside the project; [`FileError::System`] if nobody can say.
    pub(crate) fn place_of(&self, name: &str) -> Result<PathBuf, FileError> {
        let place = self.root.join(name).canonicalize();
        let place = place.map_err(FileError::System)?;
        let lies_inside = place.starts_with(&self.root);
        lies_inside.then_some(place).ok_or(FileError::Outside)
    }

    /// The name of `path` relative to the project's folder; empty for the folder itself.
    fn relative(&self, path: &Path) -> Result<String, FileError> {
        let path = flattened(&self.root.join(path));
        let below = match path.strip_prefix(&self.root) {
            Ok(below) => below.to_owned(),
            // Another spelling of the folder, such as one through a symbolic link.
            Err(_) => match (path.parent().map(Path::canonicalize), path.file_name()) {
                (Some(Ok(parent)), Some(name)) => parent
                    .join(name)
                    .strip_prefix(&self.root)
                    .map_err(|_| FileError::Outside)?
                    .to_owned(),
                _ => return Err(FileError::Outside),
            },
        };
        let parts: Option<Vec<_>> = below.iter().map(|part| part.to_str()).collect();
        Ok(parts.ok_or(FileError::Name)?.join("/"))
    }
}

impl Found {
    fn sorted(mut self) -> Self {
        self.files.sort_unstable();
        self.files.dedup();
        self.problems
            .sort_by(|left, right| left.name.cmp(&right.name));
        self
    }
}

/// The path without `.` and `..`, each `..` taking away what stands before it.
pub fn flattened(path: &Path) -> PathBuf {
    let mut flat = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                flat.pop();
            }
            part => flat.push(part),
        }
    }
    flat
}

/// The bytes of an open file, if it is a regular one.
fn read_up_to(file: File, limit: usize) -> Result<Vec<u8>, FileError> {
    let metadata = file.metadata().map_err(FileError::System)?;
    if !metadata.is_file() {
        return Err(FileError::NotRegular);
    }
    let most = limit as u64;
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(most)).unwrap_or(limit));
    // One byte more than may be there shows that it grew since it was measured.
    let read = match metadata.len() {
        len if len > most => len,
        _ => file
            .take(most + 1)
            .read_to_end(&mut bytes)
            .map_err(FileError::System)? as u64,
    };
    if read > most {
        return Err(FileError::TooLong { bytes: read, limit });
    }
    Ok(bytes)
}
