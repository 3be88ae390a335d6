//! An open folder, and files below it that no swapped link can move elsewhere.
//!
//! Each part of a path is opened from the handle of the folder before it and never through a
//! symbolic link; a link's target is walked in the same way. So no check can be overtaken.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::{Mode, OFlags, open, openat, readlinkat};
use rustix::io::Errno;

use super::FileError;

/// How many symbolic links one path may lead through, as in Linux.
const MAX_LINKS: usize = 40;

/// A folder, held open.
#[derive(Debug)]
pub(super) struct Folder(OwnedFd);

const FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);
/// Opening a pipe does not wait for its other end, and a terminal does not become ours.
const FILE: OFlags = OFlags::RDONLY
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

impl Folder {
    /// Opens the folder at `path`.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(open(path, FOLDER, Mode::empty())?))
    }

    /// Opens what stands at `parts` below the folder, whatever kind of file it is.
    pub(super) fn file<'p>(&self, parts: impl Iterator<Item = &'p str>) -> Result<File, FileError> {
        let mut todo: VecDeque<OsString> = parts.map(OsString::from).collect();
        let mut above = Vec::new();
        let mut links = 0;
        while let Some(part) = todo.pop_front() {
            if part == ".." {
                above.pop().ok_or(FileError::Outside)?;
                continue;
            }
            let here = above.last().map_or(self.0.as_fd(), OwnedFd::as_fd);
            let kind = if todo.is_empty() { FILE } else { FOLDER };
            match openat(here, &part, kind | OFlags::NOFOLLOW, Mode::empty()) {
                Ok(file) if todo.is_empty() => return Ok(File::from(file)),
                Ok(folder) => above.push(folder),
                Err(error) => {
                    let target = link_target(here, &part, error)?;
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(FileError::System(Errno::LOOP.into()));
                    }
                    prepend(&mut todo, &target)?;
                }
            }
        }
        // No part is left where the path leads to a folder.
        Err(FileError::NotRegular)
    }
}

/// Where the symbolic link `part` leads, or why it could not be opened if it is none.
fn link_target(here: BorrowedFd<'_>, part: &OsStr, error: Errno) -> Result<Vec<u8>, FileError> {
    match error {
        Errno::LOOP | Errno::MLINK | Errno::NOTDIR => readlinkat(here, part, Vec::new())
            .map(std::ffi::CString::into_bytes)
            .map_err(|_| refused(error)),
        _ => Err(refused(error)),
    }
}

fn refused(error: Errno) -> FileError {
    match error {
        Errno::NOENT | Errno::NOTDIR | Errno::NAMETOOLONG => FileError::NotFound,
        Errno::NXIO | Errno::NODEV | Errno::OPNOTSUPP => FileError::NotRegular,
        _ => FileError::System(error.into()),
    }
}

/// Puts the parts of a link's target before what is left of the path.
fn prepend(todo: &mut VecDeque<OsString>, target: &[u8]) -> Result<(), FileError> {
    if target.starts_with(b"/") {
        return Err(FileError::Outside);
    }
    for part in target.rsplit(|byte| *byte == b'/') {
        if !matches!(part, b"" | b".") {
            todo.push_front(OsStr::from_bytes(part).to_owned());
        }
    }
    Ok(())
}
