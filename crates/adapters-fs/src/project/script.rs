//! Script files, by the path that a manifest writes.
//!
//! Whether the text is a script is judged elsewhere.

use cxda_domain::action::Script;
use cxda_ports::manifests::{ScriptFileError, ScriptRequest};

use super::{FileError, Project};

impl Project {
    /// The text of the script file that `request` names.
    ///
    /// # Errors
    ///
    /// Any [`ScriptFileError`]. [`ScriptFileError::OutsideProject`] for a path that is absolute,
    /// begins with `~` or a drive letter, or holds `..`, even where it would lead back inside.
    pub fn script(&self, request: &ScriptRequest) -> Result<String, ScriptFileError> {
        checked(&request.path)?;
        let name = name_of(request);
        let bytes = self.read(&name, Script::MAX_BYTES)?;
        if bytes.is_empty() {
            return Err(ScriptFileError::Empty);
        }
        String::from_utf8(bytes).map_err(|error| ScriptFileError::NotUtf8 {
            at: error.utf8_error().valid_up_to(),
        })
    }
}

/// The file that `request` means, relative to the project's folder.
pub(crate) fn name_of(ScriptRequest { manifest, path }: &ScriptRequest) -> String {
    match manifest.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{path}"),
        None => path.clone(),
    }
}

/// Judges the path as written: whether it means the same file on every system.
fn checked(path: &str) -> Result<(), ScriptFileError> {
    let has_drive = path.as_bytes().get(1) == Some(&b':')
        && path.starts_with(|c: char| c.is_ascii_alphabetic());
    let leaves = path.starts_with(['/', '\\', '~'])
        || has_drive
        || path.split(['/', '\\']).any(|part| part == "..");
    if leaves {
        return Err(ScriptFileError::OutsideProject);
    }
    if path.is_empty() {
        return Err(ScriptFileError::NotFound);
    }
    if path.ends_with('/') {
        return Err(ScriptFileError::NotRegular);
    }
    if path.contains('\\') {
        return Err(unreadable(
            "its path holds a backslash, `/` stands between folders",
        ));
    }
    if path.contains('\0') {
        return Err(unreadable("its path holds the character U+0000"));
    }
    Ok(())
}

fn unreadable(why: &str) -> ScriptFileError {
    ScriptFileError::Unreadable {
        why: why.to_owned(),
    }
}

impl From<FileError> for ScriptFileError {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Outside => Self::OutsideProject,
            FileError::NotFound => Self::NotFound,
            FileError::NotRegular => Self::NotRegular,
            FileError::TooLong { bytes, .. } => Self::TooLong { bytes },
            FileError::Name => unreadable("its name is not UTF-8"),
            FileError::System(error) => unreadable(&error.to_string()),
        }
    }
}
