//! New files into a folder: none that is there is touched, and all are written or none.
//!
//! Unlike what `cxda` keeps for itself, they are ordinary files of a project: others may read them.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::Builder;

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// Where, relative to the folder, with `/` between its parts.
    pub path: &'static str,
    /// What it holds.
    pub text: String,
}

/// What became of a [`NewFile`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// It was written.
    Written,
    /// Something was there before, and is as it was.
    Kept,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ScaffoldError {
    /// A symbolic link leads out of the folder, or nowhere.
    #[error("{} is a symbolic link that leads out of the folder", .0.display())]
    Outside(PathBuf),
    /// The system refused.
    #[error("{} cannot be written", path.display())]
    System {
        /// What was to be written or made.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl ScaffoldError {
    fn system(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        |source| Self::System { path, source }
    }
}

/// Writes those of `files` that are not there, in their order, and makes `folder` where it lacks. Says of each what became of it.
///
/// After an error everything is as it was, as far as the file system lets it.
///
/// # Errors
///
/// - [`ScaffoldError::Outside`] where a link below `folder` leads elsewhere.
/// - [`ScaffoldError::System`] where something cannot be read, made or written.
pub fn place(folder: &Path, files: &[NewFile]) -> Result<Vec<Placed>, ScaffoldError> {
    let mut made = Made::default();
    let placed = made
        .folder(folder)
        .and_then(|()| stays_inside(folder, files))
        .and_then(|()| {
            let each = files.iter().map(|file| made.file(folder, file));
            each.collect()
        });
    if placed.is_err() {
        made.take_back();
    }
    placed
}

/// Refuses links that lead out of `folder`, before anything is written.
fn stays_inside(folder: &Path, files: &[NewFile]) -> Result<(), ScaffoldError> {
    let home = folder
        .canonicalize()
        .map_err(ScaffoldError::system(folder))?;
    let paths = files.iter().flat_map(|file| {
        let parents = Path::new(file.path).ancestors();
        parents.filter(|part| !part.as_os_str().is_empty())
    });
    for part in paths.collect::<BTreeSet<_>>() {
        let path = folder.join(part);
        if path.is_symlink()
            && !path
                .canonicalize()
                .is_ok_and(|real| real.starts_with(&home))
        {
            return Err(ScaffoldError::Outside(path));
        }
    }
    Ok(())
}

/// What was made so far.
#[derive(Debug, Default)]
struct Made {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

impl Made {
    /// Makes `folder` and what lacks above it.
    fn folder(&mut self, folder: &Path) -> Result<(), ScaffoldError> {
        let lacking: Vec<&Path> = folder
            .ancestors()
            .take_while(|part| !part.as_os_str().is_empty() && !part.is_dir())
            .collect();
        for part in lacking.into_iter().rev() {
            fs::create_dir(part).map_err(ScaffoldError::system(part))?;
            self.folders.push(part.to_path_buf());
        }
        Ok(())
    }

    fn file(&mut self, folder: &Path, file: &NewFile) -> Result<Placed, ScaffoldError> {
        let path = folder.join(file.path);
        if path.symlink_metadata().is_ok() {
            return Ok(Placed::Kept);
        }
        let parent = path.parent().unwrap_or(folder);
        self.folder(parent)?;
        match write_new(parent, &path, file.text.as_bytes()) {
            Ok(()) => self.files.push(path),
            // Somebody else made it meanwhile.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(Placed::Kept),
            Err(error) => return Err(ScaffoldError::system(&path)(error)),
        }
        Ok(Placed::Written)
    }

    /// Removes everything again, the last first; what cannot be removed stays.
    fn take_back(&self) {
        for file in self.files.iter().rev() {
            let _ = fs::remove_file(file);
        }
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Writes a file whole, under its name only where that is free.
fn write_new(parent: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut builder = Builder::new();
    #[cfg(unix)]
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    #[cfg(unix)]
    builder.permissions(permissions);
    let mut file = builder.tempfile_in(parent)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path)?;
    Ok(())
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "what is found in a folder is put there by hand"
)]
mod tests {
    use super::*;

    const FILES: [(&str, &str); 3] = [("a.txt", "a"), ("deep/below/b.txt", "b"), ("c.txt", "c")];

    fn files() -> Vec<NewFile> {
        let file = |(path, text): (&'static str, &str)| NewFile {
            path,
            text: text.to_owned(),
        };
        FILES.map(file).into()
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = folder.read_dir().unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn files_and_folders_are_made_and_what_is_there_is_kept() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("new/project");
        assert_eq!(place(&folder, &files()).unwrap(), [Placed::Written; 3]);
        fs::write(folder.join("a.txt"), "mine").unwrap();
        fs::remove_file(folder.join("c.txt")).unwrap();
        let again = place(&folder, &files()).unwrap();
        assert_eq!(again, [Placed::Kept, Placed::Kept, Placed::Written]);
        assert_eq!(fs::read_to_string(folder.join("a.txt")).unwrap(), "mine");
        assert_eq!(names(&folder), ["a.txt", "c.txt", "deep"]);
    }

    #[test]
    fn a_failure_leaves_nothing_behind() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("deep"), "a file").unwrap();
        let error = place(home.path(), &files()).unwrap_err();
        assert!(matches!(error, ScaffoldError::System { .. }), "{error}");
        assert_eq!(names(home.path()), ["deep"]);
        let folder = home.path().join("deep/new");
        assert!(place(&folder, &files()).is_err());
        assert_eq!(names(home.path()), ["deep"]);
    }

    #[cfg(unix)]
    #[test]
    fn t_05_a_link_out_of_the_folder_is_refused_and_one_inside_is_not() {
        use std::os::unix::fs::symlink;
        let home = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        for (link, target) in [
            ("deep", elsewhere.path()),
            ("deep", Path::new("gone")),
            ("c.txt", Path::new("/etc/passwd")),
        ] {
            symlink(target, home.path().join(link)).unwrap();
            let error = place(home.path(), &files()).unwrap_err();
            assert!(matches!(error, ScaffoldError::Outside(_)), "{error}");
            assert_eq!(names(home.path()), [link]);
            fs::remove_file(home.path().join(link)).unwrap();
        }
        assert_eq!(names(elsewhere.path()), [""; 0]);
        fs::create_dir(home.path().join("real")).unwrap();
        symlink("real", home.path().join("deep")).unwrap();
        place(home.path(), &files()).unwrap();
        assert!(home.path().join("real/below/b.txt").is_file());
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_what_the_user_lets_them() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        place(home.path(), &files()).unwrap();
        let plain = home.path().join("plain");
        fs::write(&plain, "").unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode();
        assert_eq!(mode(&home.path().join("a.txt")), mode(&plain));
    }
}
