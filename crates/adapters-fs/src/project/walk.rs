//! Walking through a project's folder.
//!
//! It only lists: a name that it gives may be gone, or be refused, when it is opened.

use std::fs::DirEntry;
use std::io;
use std::path::Path;

use super::{FileError, Found, Patterns, Problem};

/// Adds to `found` what `patterns` match in the folder `start` of `root` and below.
pub(super) fn walk(root: &Path, start: String, patterns: &Patterns, found: &mut Found) {
    let mut folders = vec![start];
    while let Some(folder) = folders.pop() {
        let listed = list(root, &folder, |entry| {
            take(entry, &folder, patterns, &mut folders, found)
        });
        if let Err(error) = listed {
            found.problems.push(Problem {
                name: folder,
                error: FileError::System(error),
            });
        }
    }
}

fn list(
    root: &Path,
    folder: &str,
    mut take: impl FnMut(&DirEntry) -> io::Result<()>,
) -> io::Result<()> {
    for entry in root.join(folder).read_dir()? {
        take(&entry?)?;
    }
    Ok(())
}

fn take(
    entry: &DirEntry,
    folder: &str,
    patterns: &Patterns,
    folders: &mut Vec<String>,
    found: &mut Found,
) -> io::Result<()> {
    let part = entry.file_name();
    let is_text = part.to_str().is_some();
    let part = part.to_string_lossy();
    if part.starts_with('.') {
        return Ok(());
    }
    let name = if folder.is_empty() {
        part.into_owned()
    } else {
        format!("{folder}/{part}")
    };
    let kind = entry.file_type()?;
    let is_candidate = !kind.is_dir() && patterns.matches(&name);
    if kind.is_dir() && is_text {
        folders.push(name);
    } else if is_candidate && !is_text {
        found.problems.push(Problem {
            name,
            error: FileError::Name,
        });
    } else if is_candidate && !(kind.is_symlink() && entry.path().is_dir()) {
        found.files.push(name);
    }
    Ok(())
}
