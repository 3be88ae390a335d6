//! A project's folder: what is found in it, and what is never read.

use std::fs;
use std::path::Path;

use cxda_adapters_fs::project::Project;
use tempfile::TempDir;

mod find;
mod script;

/// A folder `project` with empty files, and its surroundings.
pub(crate) struct Fixture {
    pub(crate) around: TempDir,
}

impl Fixture {
    pub(crate) fn new(files: &[&str]) -> Self {
        let fixture = Self {
            around: TempDir::new().unwrap(),
        };
        fs::create_dir(fixture.around.path().join("project")).unwrap();
        for file in files {
            fixture.write(file, "");
        }
        fixture
    }

    /// Writes a file of the project; `../` leads beside it.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.around.path().join("project").join(name)
    }

    pub(crate) fn project(&self) -> Project {
        Project::open(&self.path("")).unwrap()
    }

    #[cfg(unix)]
    pub(crate) fn link(&self, name: &str, target: impl AsRef<Path>) {
        std::os::unix::fs::symlink(target, self.path(name)).unwrap();
    }
}
