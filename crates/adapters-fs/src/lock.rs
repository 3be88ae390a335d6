//! The lock of a project: one run writes at a time.
//!
//! The system releases it when the process ends, however that happens, so nobody ever has to unlock. It waits for nobody: who
//! wants to wait, tries again.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use cxda_ports::error::StoreError;

use crate::atomic;

/// The lock, held for as long as this value lives.
#[derive(Debug)]
pub struct ProjectLock {
    /// Closing the file releases the lock.
    _file: File,
}

/// The most bytes of the holder's text that are shown.
const MAX_HOLDER_BYTES: u64 = 256;

impl ProjectLock {
    /// Takes the lock in the file `path`, which is made where it lacks. `holder` says who has it from now on, in one line such as
    /// `apply by ci, process 4711, since 2026-01-02T03:04:05.000Z`.
    ///
    /// # Errors
    ///
    /// - [`StoreError::Locked`] if another process has it, with what that one said of itself.
    /// - [`StoreError::Failed`] if the file cannot be opened or locked.
    pub fn acquire(path: &Path, holder: &str) -> Result<Self, StoreError> {
        let mut file = atomic::open_private(path).map_err(|error| failed(path, error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = read_holder(&mut file);
                return Err(StoreError::Locked { holder });
            }
            Err(TryLockError::Error(error)) => return Err(failed(path, error)),
        }
        // What an earlier holder said stays in the file until here.
        file.set_len(0)
            .and_then(|()| file.write_all(holder.as_bytes()))
            .map_err(|error| failed(path, error))?;
        Ok(Self { _file: file })
    }
}

fn failed(path: &Path, source: io::Error) -> StoreError {
    StoreError::Failed {
        what: format!("the lock {}", path.display()),
        doing: "taken",
        source: source.into(),
    }
}

/// What the holder said of itself. It may be just writing that, or be another program; so anything may stand there.
fn read_holder(file: &mut File) -> String {
    let mut bytes = Vec::new();
    let read = file
        .seek(SeekFrom::Start(0))
        .and_then(|_| file.take(MAX_HOLDER_BYTES).read_to_end(&mut bytes));
    let text = String::from_utf8_lossy(&bytes);
    let line: String = text.chars().filter(|c| !c.is_control()).collect();
    match read {
        Ok(_) if !line.trim().is_empty() => line.trim().to_owned(),
        _ => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(path: &Path) -> String {
        match ProjectLock::acquire(path, "second").unwrap_err() {
            StoreError::Locked { holder } => holder,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_second_is_refused_and_told_who_holds_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".cxda/lock");
        let first = ProjectLock::acquire(&path, "first, with a rather long text").unwrap();
        assert_eq!(holder(&path), "first, with a rather long text");
        drop(first);
        let next = ProjectLock::acquire(&path, "next").unwrap();
        assert_eq!(holder(&path), "next");
        drop(next);
    }

    #[test]
    fn what_a_holder_says_is_shown_as_one_harmless_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        for (said, shown) in [
            ("", "unknown"),
            ("\n", "unknown"),
            ("a\u{1b}[2Jb\n", "a[2Jb"),
            (&"x".repeat(300), &"x".repeat(256)),
        ] {
            let lock = ProjectLock::acquire(&path, said).unwrap();
            assert_eq!(holder(&path), shown);
            drop(lock);
        }
    }
}
