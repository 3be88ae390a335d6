//! New files in a project's folder: beside what is there, never in its place.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use cxda_ports::error::SourceError;
use cxda_ports::manifests::{ManifestSink, NewContent, NewFile};
use tokio::task::spawn_blocking;

use super::{FsManifests, no_folder, reason, stopped};
use crate::atomic;
use crate::project::{FileError, Patterns, Project};
use crate::writer;

#[async_trait]
impl ManifestSink for FsManifests {
    fn takes(&self, manifest: &str) -> bool {
        // Hidden folders are passed over.
        self.patterns.matches(manifest) && !manifest.split('/').any(|part| part.starts_with('.'))
    }

    async fn names(&self, folder: &str) -> Result<BTreeSet<String>, SourceError> {
        let (project, folder) = (Arc::clone(&self.project), PathBuf::from(folder));
        spawn_blocking(move || names(&project, folder))
            .await
            .unwrap_or_else(|error| Err(no_folder(stopped(&error))))
    }

    async fn add(&self, files: &[NewFile]) -> Result<(), SourceError> {
        let (project, files) = (Arc::clone(&self.project), files.to_vec());
        spawn_blocking(move || Addition::new(&project).add_all(&files))
            .await
            .unwrap_or_else(|error| Err(no_folder(stopped(&error))))
    }
}

fn names(project: &Project, folder: PathBuf) -> Result<BTreeSet<String>, SourceError> {
    if !project.root().join(&folder).is_dir() {
        return Ok(BTreeSet::new());
    }
    let all = Patterns::new(["**/*"]).map_err(|error| no_folder(error.to_string()))?;
    let found = project.select(&[folder], &all);
    match found.problems.first() {
        None => Ok(found.files.into_iter().collect()),
        Some(problem) => Err(SourceError::Unreadable {
            what: problem.name.clone(),
            why: reason(&problem.error),
        }),
    }
}

/// Files and folders that were made, so that they can be taken away again.
#[derive(Debug)]
struct Addition<'p> {
    project: &'p Project,
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

impl<'p> Addition<'p> {
    fn new(project: &'p Project) -> Self {
        Self {
            project,
            files: Vec::new(),
            folders: Vec::new(),
        }
    }

    /// Adds all of `files`, or none.
    fn add_all(mut self, files: &[NewFile]) -> Result<(), SourceError> {
        for file in files {
            if let Err(why) = self.add(file) {
                self.take_away();
                return Err(SourceError::Unwritable {
                    what: file.name.clone(),
                    why,
                });
            }
        }
        Ok(())
    }

    fn add(&mut self, file: &NewFile) -> Result<(), String> {
        let bytes = match &file.content {
            NewContent::Manifest(root) => writer::yaml(root).map_err(|error| error.to_string())?,
            NewContent::Text(text) => text.clone(),
        };
        if !is_plain(&file.name) {
            return Err(FileError::Outside.to_string());
        }
        let path = self.project.root().join(&file.name);
        self.make_folder(atomic::folder_of(&path))?;
        atomic::add(&path, bytes.as_bytes()).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => "a file of that name is there already".to_owned(),
            _ => error.to_string(),
        })?;
        self.files.push(path);
        Ok(())
    }

    /// Makes `folder` and what lacks above it; no symbolic link on the way may lead out of the project.
    fn make_folder(&mut self, folder: &Path) -> Result<(), String> {
        let missing: Vec<&Path> = folder
            .ancestors()
            .take_while(|folder| folder.symlink_metadata().is_err())
            .collect();
        let there = missing
            .last()
            .map_or(Some(folder), |lowest| lowest.parent());
        let place = there.unwrap_or(folder).canonicalize();
        let place = place.map_err(|error| error.to_string())?;
        if !place.starts_with(self.project.root()) {
            return Err(FileError::Outside.to_string());
        }
        for folder in missing.into_iter().rev() {
            fs::create_dir(folder).map_err(|error| error.to_string())?;
            self.folders.push(folder.to_owned());
        }
        Ok(())
    }

    /// As far as possible: what cannot be taken away again is a file too many, and no loss.
    fn take_away(self) {
        for file in self.files {
            let _ = fs::remove_file(file);
        }
        for folder in self.folders.into_iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Whether `name` means the same file wherever it is read: parts of letters, nothing that leads elsewhere.
fn is_plain(name: &str) -> bool {
    let is_part = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', '\0']);
    name.split('/').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sink(root: &Path) -> FsManifests {
        let patterns = Patterns::new(Patterns::STANDARD).unwrap();
        FsManifests::new(Project::open(root).unwrap(), patterns)
    }

    fn file(name: &str) -> NewFile {
        NewFile {
            name: name.to_owned(),
            content: NewContent::Text("text".to_owned()),
        }
    }

    #[tokio::test]
    async fn nothing_stays_where_one_file_cannot_be_written() {
        let root = tempfile::tempdir().unwrap();
        let sink = sink(root.path());
        sink.add(&[file("b/there.js")]).await.unwrap();
        let error = sink.add(&[file("a/deep/new.js"), file("b/there.js")]).await;
        let message = error.unwrap_err().to_string();
        assert!(
            message.contains("b/there.js") && message.contains("already"),
            "{message}"
        );
        let names = sink.names("").await.unwrap();
        assert_eq!(names, BTreeSet::from(["b/there.js".to_owned()]));
        assert!(!root.path().join("a").exists());
    }

    #[tokio::test]
    #[cfg(unix)]
    async fn nothing_is_written_through_a_link_that_leads_out() {
        let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::os::unix::fs::symlink(outside.path(), root.path().join("actions")).unwrap();
        let sink = sink(root.path());
        for name in [
            "actions/x.js",
            "actions/deep/x.js",
            "../x.js",
            "/x.js",
            "a/../../x.js",
        ] {
            assert!(sink.add(&[file(name)]).await.is_err(), "case: {name}");
        }
        assert_eq!(outside.path().read_dir().unwrap().count(), 0);
    }
}
