//! A project folder that is gone after the test.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::Call;

/// A folder with manifests, and `cxda` to be run in it.
#[derive(Debug)]
pub(crate) struct Project {
    folder: TempDir,
}

impl Project {
    /// An empty folder.
    pub(crate) fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("cxda-it-").tempdir();
        Self {
            folder: folder.unwrap(),
        }
    }

    /// The same in memory, where the system has such a place: there a flush costs nothing.
    pub(crate) fn empty_in_memory() -> Self {
        let memory = Path::new("/dev/shm");
        if !memory.is_dir() {
            return Self::empty();
        }
        let folder = tempfile::Builder::new()
            .prefix("cxda-it-")
            .tempdir_in(memory);
        Self {
            folder: folder.unwrap(),
        }
    }

    /// A project on the built-in simulator, without a manifest.
    pub(crate) fn on_simulator() -> Self {
        let project = Self::empty();
        project.write("cxda.toml", "[tenant.local]\nsimulator = true\n");
        project
    }

    /// A project on the tenant at `base_url`, without a manifest. Credentials come from the environment.
    pub(crate) fn on(base_url: &str) -> Self {
        let project = Self::empty();
        project.point_to(base_url);
        project
    }

    /// A copy of the quickstart example.
    pub(crate) fn quickstart() -> Self {
        let project = Self::empty();
        copy(&example("quickstart"), project.path());
        project
    }

    /// Lets the one tenant be at `base_url`.
    pub(crate) fn point_to(&self, base_url: &str) {
        let settings = format!("[tenant.it]\nbase_url = {base_url:?}\nallow_http = true\n");
        self.write("cxda.toml", settings);
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes the file `name`, its folders included.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Removes the file `name`.
    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.path().join(name)).unwrap();
    }

    /// The text of the file `name`.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// Replaces `from`, which must be there, by `to` in the file `name`.
    #[track_caller]
    pub(crate) fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "{name} does not hold {from:?}");
        self.write(name, text.replace(from, to));
    }

    /// Whether `name` is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.path().join(name).exists()
    }

    /// `cxda ARGUMENTS` in this folder.
    pub(crate) fn cxda(&self, arguments: &[&str]) -> Call {
        Call::new(self.path(), arguments)
    }

    /// `cxda ARGUMENTS` in this folder with credentials in the environment.
    pub(crate) fn cxda_signed_in(&self, arguments: &[&str]) -> Call {
        self.cxda(arguments).with_credentials()
    }

    /// Every file, by its path inside the folder.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        collect(self.path(), self.path(), &mut found);
        found
    }

    /// The records of the audit log.
    pub(crate) fn audit(&self) -> Vec<serde_json::Value> {
        let text = self.read(".cxda/audit.jsonl");
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// The folder of an example.
pub(crate) fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples")
        .join(name)
}

/// Copies a folder, save what `cxda` keeps.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, name) = (entry.path(), entry.file_name());
        if name == ".cxda" {
            continue;
        }
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

fn collect(root: &Path, folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, found);
        } else {
            let name = path.strip_prefix(root).unwrap().to_path_buf();
            found.insert(name, fs::read(&path).unwrap());
        }
    }
}
