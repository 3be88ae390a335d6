//! The lock of a tenant in a project: of each tenant, one run writes at a time.
//!
//! The system releases it when the process ends, however that happens, so nobody ever has to unlock. It waits for nobody: who
//! wants to wait, tries again.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use cxda_domain::key::Digest;
use cxda_ports::error::StoreError;

use crate::atomic;

/// The lock, held for as long as this value lives.
#[derive(Debug)]
pub struct TenantLock {
    /// Closing the file releases the lock.
    _file: File,
}

/// The most bytes of the holder's text that are shown.
const MAX_HOLDER_BYTES: u64 = 256;

impl TenantLock {
    /// Takes the lock of `tenant` in `folder`, which is made where it lacks. `holder` says who has it from now on, in one line such
    /// as `apply, process 4711, since 2026-01-02T03:04:05.000Z, by ci`.
    ///
    /// The lock's file bears a digest of the tenant's name: a name may hold anything, also what differs in its case alone.
    ///
    /// # Errors
    ///
    /// - [`StoreError::Locked`] if another process has it, with what that one said of itself.
    /// - [`StoreError::Failed`] if the file cannot be opened or locked.
    pub fn acquire(folder: &Path, tenant: &str, holder: &str) -> Result<Self, StoreError> {
        let path = folder.join(Digest::of(tenant).as_str());
        let mut file = atomic::open_private(&path).map_err(|error| failed(&path, error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = read_holder(&mut file);
                return Err(StoreError::Locked { holder });
            }
            Err(TryLockError::Error(error)) => return Err(failed(&path, error)),
        }
        // What an earlier holder said stays in the file until here.
        file.set_len(0)
            .and_then(|()| file.write_all(holder.as_bytes()))
            .map_err(|error| failed(&path, error))?;
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

    fn holder(folder: &Path, tenant: &str) -> String {
        match TenantLock::acquire(folder, tenant, "second").unwrap_err() {
            StoreError::Locked { holder } => holder,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_second_is_refused_and_told_who_holds_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let locks = folder.path().join(".cxda/locks");
        let first = TenantLock::acquire(&locks, "prod", "first, with a rather long text").unwrap();
        assert_eq!(holder(&locks, "prod"), "first, with a rather long text");
        drop(first);
        let next = TenantLock::acquire(&locks, "prod", "next").unwrap();
        assert_eq!(holder(&locks, "prod"), "next");
        drop(next);
    }

    #[test]
    fn tenants_do_not_share_a_lock_whatever_they_are_called_and_none_leaves_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let locks = folder.path().join("locks");
        let long = "x".repeat(5_000);
        let names = [
            "prod", "PROD", "prod ", "", ".", "..", "../up", "/etc/x", "a/b", "a\\b", "a\0b",
            "nul", "é", "e\u{301}", &long,
        ];
        let held: Vec<_> = names
            .iter()
            .map(|name| TenantLock::acquire(&locks, name, name).unwrap())
            .collect();
        let found = locks
            .read_dir()
            .unwrap()
            .map(|file| file.unwrap().file_name());
        let mut found: Vec<_> = found.map(|name| name.into_string().unwrap()).collect();
        found.sort();
        found.dedup_by_key(|name| name.to_lowercase());
        assert_eq!(found.len(), held.len());
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn t_05_a_lock_is_for_its_owner_alone_and_no_link_is_followed() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let locks = folder.path().join(".cxda/locks");
        drop(TenantLock::acquire(&locks, "prod", "first").unwrap());
        let file = locks.join(Digest::of("prod").as_str());
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&locks), mode(&file)), (0o700, 0o600));

        let elsewhere = folder.path().join("elsewhere");
        atomic::replace(&elsewhere, b"kept").unwrap();
        std::fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
        assert!(TenantLock::acquire(&locks, "prod", "second").is_err());
        assert_eq!(atomic::read(&elsewhere).unwrap().unwrap(), "kept");
    }

    #[test]
    fn what_a_holder_says_is_shown_as_one_harmless_line() {
        let folder = tempfile::tempdir().unwrap();
        for (said, shown) in [
            ("", "unknown"),
            ("\n", "unknown"),
            ("a\u{1b}[2Jb\n", "a[2Jb"),
            (&"x".repeat(300), &"x".repeat(256)),
        ] {
            let lock = TenantLock::acquire(folder.path(), "prod", said).unwrap();
            assert_eq!(holder(folder.path(), "prod"), shown);
            drop(lock);
        }
    }
}
