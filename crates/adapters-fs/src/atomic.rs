//! Files for their owner alone, and writing a file whole or not at all.
//!
//! Nothing here knows what the files hold.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::path::Path;

use tempfile::NamedTempFile;

/// Replaces `path` by a file that holds `bytes`, readable by its owner alone. Whatever happens, `path` holds either the whole of
/// what it held before or the whole of `bytes`; a symbolic link is replaced, not followed.
///
/// # Errors
///
/// The error of the step that failed; `path` is then as it was.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_with(path, bytes, None)
}

/// As [`replace`], for a file that is there and not ours: it keeps its mode.
///
/// # Errors
///
/// The error of the step that failed; `path` is then as it was.
pub(crate) fn rewrite(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_with(path, bytes, Some(path.metadata()?.permissions()))
}

fn replace_with(path: &Path, bytes: &[u8], permissions: Option<Permissions>) -> io::Result<()> {
    let folder = folder_of(path);
    // The temporary file has mode 0600 from the start and lies in the same folder, so that the rename cannot cross a file system.
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync_folder(folder)
}

/// Makes the file `path`, which holds `bytes` whole, with the mode that new files of this user have; never in the place of another.
///
/// # Errors
///
/// The error of the step that failed; [`io::ErrorKind::AlreadyExists`] if something of that name is there.
pub(crate) fn add(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // What the user's mask takes away is taken away.
        builder.permissions(Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder_of(path))?;
    file.write_all(bytes)?;
    file.persist_noclobber(path)?;
    Ok(())
}

/// As [`replace`], and makes the folder where it lacks, for its owner alone.
///
/// # Errors
///
/// The error of the step that failed; `path` is then as it was.
pub fn keep(path: &Path, bytes: &[u8]) -> io::Result<()> {
    make_folder(folder_of(path))?;
    replace(path, bytes)
}

/// The text of the file `path`; `None` where there is none.
///
/// # Errors
///
/// The error of the system; also where it is no regular file or not UTF-8.
pub fn read(path: &Path) -> io::Result<Option<String>> {
    let mut file = match open_followed(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(Some(text))
}

/// Makes `folder` and what lacks above it, for their owner alone. A folder that is there keeps its mode: it may be somebody else's.
///
/// # Errors
///
/// The error of the system.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Whether others than its owner may do anything with the folder `path`, where one is there.
pub fn is_open_to_others(folder: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        folder
            .metadata()
            .is_ok_and(|found| found.is_dir() && found.permissions().mode() & 0o077 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        false
    }
}

/// Makes the folder `path`, which `cxda` made, its owner's alone again; nothing where it is that or is not there.
///
/// # Errors
///
/// The error of the system: a folder of another user must not be trusted.
pub fn close_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if is_open_to_others(folder) {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(folder, PermissionsExt::from_mode(0o700))?;
    }
    Ok(())
}

/// Opens the file `path` for reading and for writing at its end, and makes it where it lacks, its folder too. It ends up readable
/// by its owner alone, also where it was not.
///
/// # Errors
///
/// The error of the system; also where `path` is a symbolic link, no regular file, or another user's.
pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    let folder = folder_of(path);
    make_folder(folder)?;
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let file = open_regular(&mut options, path, Links::Refused)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mut permissions = file.metadata()?.permissions();
        if permissions.mode() & 0o077 != 0 {
            // This fails for a file of another user, and then it must not be trusted.
            permissions.set_mode(0o600);
            file.set_permissions(permissions)?;
        }
    }
    sync_folder(folder)?;
    Ok(file)
}

/// Opens the regular file `path`, which `cxda` made, for reading.
///
/// # Errors
///
/// The error of the system; also where `path` is a symbolic link or no regular file.
pub(crate) fn open_to_read(path: &Path) -> io::Result<File> {
    open_regular(OpenOptions::new().read(true), path, Links::Refused)
}

/// Opens the regular file that somebody names as `path` for reading, through symbolic links too.
///
/// # Errors
///
/// The error of the system; also where it is no regular file.
pub(crate) fn open_followed(path: &Path) -> io::Result<File> {
    // A device may do something just because it is opened, so the kind is looked at before; the opened file is looked at again.
    if path.metadata()?.is_file() {
        open_regular(OpenOptions::new().read(true), path, Links::Followed)
    } else {
        Err(not_regular())
    }
}

/// What becomes of a symbolic link at the end of a path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Links {
    Refused,
    Followed,
}

#[cfg_attr(
    not(unix),
    expect(
        unused_variables,
        clippy::needless_pass_by_ref_mut,
        reason = "flags are set on Unix alone"
    )
)]
fn open_regular(options: &mut OpenOptions, path: &Path, links: Links) -> io::Result<File> {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        // Without NONBLOCK the opening of a pipe waits for its other end.
        let mut flags = OFlags::NONBLOCK;
        flags.set(OFlags::NOFOLLOW, links == Links::Refused);
        options.custom_flags(flags.bits().cast_signed());
    }
    let file = options.open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(not_regular())
    }
}

/// What stands where a file is expected is none.
#[derive(Debug, thiserror::Error)]
#[error("not a regular file")]
struct NotRegular;

fn not_regular() -> io::Error {
    io::Error::other(NotRegular)
}

/// Whether `error` says that a folder, a device or the like stands where a file is expected.
pub(crate) fn is_no_file(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::IsADirectory
        || error
            .get_ref()
            .is_some_and(<dyn std::error::Error + Send + Sync>::is::<NotRegular>)
}

/// Makes the names in `folder` durable.
///
/// # Errors
///
/// The error of the system.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        OpenOptions::new().read(true).open(folder)?.sync_all()?;
    }
    Ok(())
}

/// The folder that `path` lies in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn text(path: &Path) -> String {
        let mut text = String::new();
        open_to_read(path)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        text
    }

    #[cfg(unix)]
    fn mode(path: &Path) -> u32 {
        use std::os::unix::fs::PermissionsExt;
        path.symlink_metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_replaced_file_holds_the_new_text_and_nothing_else_stays_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.json");
        replace(&path, b"a long first text").unwrap();
        replace(&path, b"second").unwrap();
        assert_eq!(text(&path), "second");
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn t_05_files_are_for_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let replaced = folder.path().join("plan.json");
        replace(&replaced, b"").unwrap();
        assert_eq!(mode(&replaced), 0o600);

        let opened = folder.path().join("deep/below/file");
        let file = open_private(&opened).unwrap();
        file.set_permissions(PermissionsExt::from_mode(0o666))
            .unwrap();
        open_private(&opened).unwrap();
        assert_eq!(mode(&opened), 0o600);
        assert_eq!(mode(&folder.path().join("deep")), 0o700);
        assert_eq!(mode(&folder.path().join("deep/below")), 0o700);
    }

    #[cfg(unix)]
    #[test]
    fn t_05_a_link_is_neither_followed_nor_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target");
        replace(&target, b"kept").unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert!(open_private(&link).is_err());
        replace(&link, b"new").unwrap();
        assert_eq!((text(&target), text(&link)), ("kept".into(), "new".into()));
    }

    #[test]
    fn a_folder_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        assert!(open_to_read(folder.path()).is_err());
    }
}
