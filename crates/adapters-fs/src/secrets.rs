//! Values by reference: environment variables and files.
//!
//! No value is kept here, and no error holds any of it.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use cxda_domain::secret::SecretText;
use cxda_domain::variable::ValueReference;
use cxda_ports::error::SourceError;
use cxda_ports::secrets::SecretSource;

use crate::atomic;
use crate::blocking::off_the_runtime;

/// How an environment variable is looked up: by its name, `None` where it is not set.
pub type EnvLookup = Arc<dyn Fn(&str) -> Option<OsString> + Send + Sync>;

/// Reads values from the environment and from files.
///
/// A relative path is taken from the folder of the manifest that names it, which lies in the project's folder.
#[derive(Clone)]
pub struct ReferencedSecrets {
    project: PathBuf,
    env: EnvLookup,
}

impl ReferencedSecrets {
    /// The most bytes of a file.
    pub const MAX_BYTES: u64 = 1024 * 1024;

    /// A reader for the project in the folder `project`, with `env` for the environment.
    pub fn new(project: impl Into<PathBuf>, env: EnvLookup) -> Self {
        let project = project.into();
        Self { project, env }
    }

    fn variable(&self, name: &str) -> Result<SecretText, Failure> {
        let value = (self.env)(name).ok_or(Failure::Missing)?;
        let text = value.into_string().map_err(|_| Failure::NotUtf8)?;
        Ok(SecretText::new(text))
    }

    fn place(&self, path: &str, manifest: &str) -> PathBuf {
        let manifest = self.project.join(manifest);
        atomic::folder_of(&manifest).join(path)
    }
}

impl fmt::Debug for ReferencedSecrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ReferencedSecrets")
            .field("project", &self.project)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl SecretSource for ReferencedSecrets {
    async fn read(&self, reference: &ValueReference) -> Result<SecretText, SourceError> {
        let found = match reference {
            ValueReference::Env(name) => self.variable(name),
            ValueReference::File { path, manifest } => {
                let file = self.place(path, manifest);
                off_the_runtime(move || Ok(file_text(&file)))
                    .await
                    .unwrap_or_else(|error| Err(Failure::Refused(error)))
            }
        };
        found.map_err(|failure| failure.about(reference))
    }
}

/// Why there is no value.
enum Failure {
    Missing,
    NotUtf8,
    TooLong,
    Refused(io::Error),
}

impl Failure {
    fn about(self, reference: &ValueReference) -> SourceError {
        let what = reference.to_string();
        let why = match self {
            Self::Missing => return SourceError::Missing { what },
            Self::NotUtf8 => "not UTF-8".to_owned(),
            Self::TooLong => format!("more than {} bytes", ReferencedSecrets::MAX_BYTES),
            Self::Refused(error) => error.to_string(),
        };
        SourceError::Unreadable { what, why }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Refused(error),
        }
    }
}

/// So much more room than a file is long keeps a buffer from growing when its end is looked for.
const READ_AHEAD: usize = 64;

fn file_text(path: &Path) -> Result<SecretText, Failure> {
    // Mounted secrets are symbolic links, so links are followed here.
    let file = atomic::open_followed(path)?;
    // Room for all of it at once, for a buffer that grows leaves copies of its content behind.
    let length = file.metadata()?.len().min(ReferencedSecrets::MAX_BYTES + 1);
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0) + READ_AHEAD);
    file.take(ReferencedSecrets::MAX_BYTES + 1)
        .read_to_end(&mut bytes)?;
    let fits =
        u64::try_from(bytes.len()).is_ok_and(|length| length <= ReferencedSecrets::MAX_BYTES);
    if !fits {
        return Err(Failure::TooLong);
    }
    let mut text = String::from_utf8(bytes).map_err(|_| Failure::NotUtf8)?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(SecretText::new(text))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    struct Place(tempfile::TempDir);

    impl Place {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn secrets(&self) -> ReferencedSecrets {
            let env: EnvLookup = Arc::new(|name| match name {
                "TOKEN" => Some("line\n".into()),
                #[cfg(unix)]
                "BINARY" => {
                    use std::os::unix::ffi::OsStringExt;
                    Some(OsString::from_vec(vec![0xff]))
                }
                _ => None,
            });
            ReferencedSecrets::new(self.0.path(), env)
        }

        fn put(&self, path: &str, bytes: &[u8]) {
            let path = self.0.path().join(path);
            atomic::make_folder(path.parent().unwrap()).unwrap();
            atomic::replace(&path, bytes).unwrap();
        }

        async fn file(&self, path: &str) -> Result<String, SourceError> {
            let reference = ValueReference::File {
                path: path.into(),
                manifest: "below/score.cxda.yaml".into(),
            };
            let read = self.secrets().read(&reference).await;
            read.map(|secret| secret.expose().to_owned())
        }

        async fn env(&self, name: &str) -> Result<String, SourceError> {
            let read = self.secrets().read(&ValueReference::Env(name.into())).await;
            read.map(|secret| secret.expose().to_owned())
        }
    }

    #[tokio::test]
    async fn of_a_file_one_final_newline_is_cut_and_nothing_else() {
        let place = Place::new();
        for (bytes, text) in [
            (&b"s3cret"[..], "s3cret"),
            (b"s3cret\n", "s3cret"),
            (b"s3cret\r\n", "s3cret"),
            (b"s3cret\n\n", "s3cret\n"),
            (b" s3cret\r", " s3cret\r"),
            (b"\n", ""),
            (b"", ""),
        ] {
            place.put("below/secret", bytes);
            assert_eq!(place.file("secret").await.unwrap(), text, "{bytes:?}");
        }
    }

    #[tokio::test]
    async fn paths_are_relative_to_the_manifest_or_absolute() {
        let place = Place::new();
        place.put("outside", b"x");
        assert!(matches!(
            place.file("outside").await,
            Err(SourceError::Missing { .. })
        ));
        let absolute = place.0.path().join("outside");
        assert_eq!(place.file(absolute.to_str().unwrap()).await.unwrap(), "x");
    }

    #[tokio::test]
    async fn a_file_has_a_limit_and_is_text() {
        let place = Place::new();
        let most = usize::try_from(ReferencedSecrets::MAX_BYTES).unwrap();
        place.put("below/most", &vec![b'x'; most]);
        assert_eq!(place.file("most").await.unwrap().len(), most);
        place.put("below/more", &vec![b'x'; most + 1]);
        place.put("below/binary", b"s3cret\xff");
        for (path, message) in [
            ("more", "file more cannot be read: more than 1048576 bytes"),
            ("binary", "file binary cannot be read: not UTF-8"),
            (".", "file . cannot be read: not a regular file"),
        ] {
            assert_eq!(place.file(path).await.unwrap_err().to_string(), message);
        }
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn m_09_a_pipe_or_a_device_is_refused_and_not_waited_for() {
        use rustix::fs::{CWD, FileType, Mode, mknodat};
        let place = Place::new();
        place.put("below/score.cxda.yaml", b"");
        let pipe = place.0.path().join("below/pipe");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        for path in ["pipe", "/dev/zero"] {
            let read = tokio::time::timeout(Duration::from_secs(10), place.file(path));
            let refused = read.await.unwrap().unwrap_err();
            assert!(matches!(refused, SourceError::Unreadable { .. }), "{path}");
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_mounted_secret_may_be_a_link() {
        let place = Place::new();
        place.put("below/..data", b"x");
        let link = place.0.path().join("below/secret");
        std::os::unix::fs::symlink("..data", link).unwrap();
        assert_eq!(place.file("secret").await.unwrap(), "x");
    }

    #[tokio::test]
    async fn environment_variables_are_taken_as_they_are() {
        let place = Place::new();
        assert_eq!(place.env("TOKEN").await.unwrap(), "line\n");
        assert_eq!(
            place.env("OTHER").await.unwrap_err().to_string(),
            "environment variable OTHER is not there"
        );
        if cfg!(unix) {
            let binary = place.env("BINARY").await.unwrap_err();
            assert!(matches!(binary, SourceError::Unreadable { .. }));
        }
    }
}
