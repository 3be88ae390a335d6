//! Whether the files of a project were changed, told without reading them.

use std::collections::BTreeMap;
use std::time::SystemTime;

use cxda_ports::manifests::ScriptRequest;
use tokio::task::spawn_blocking;

use super::FsManifests;
use crate::project::script::name_of;

/// Size and time of change of each file that a project is made of. Two looks are equal where nothing was changed between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamps(BTreeMap<String, Option<(u64, SystemTime)>>);

impl FsManifests {
    /// A look at the manifests, at `scripts`, and at the files `others`, by their names relative to the project's folder.
    pub async fn stamps(&self, scripts: &[ScriptRequest], others: &[&str]) -> Stamps {
        let source = self.clone();
        let scripts = scripts.iter().map(name_of);
        let others = others.iter().map(|name| (*name).to_owned());
        let mut names: Vec<String> = scripts.chain(others).collect();
        let look = move || {
            names.extend(source.found().files);
            let stamp = |name: &String| {
                let metadata = source.project.place_of(name).ok()?.metadata().ok()?;
                Some((metadata.len(), metadata.modified().ok()?))
            };
            let stamps = names.into_iter().map(|name| {
                let stamp = stamp(&name);
                (name, stamp)
            });
            Stamps(stamps.collect())
        };
        // A look that was stopped saw nothing.
        spawn_blocking(look).await.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::atomic;
    use crate::project::{Patterns, Project};

    #[tokio::test]
    async fn every_change_of_a_file_is_seen_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| atomic::keep(&folder.path().join(name), text.as_bytes());
        let project = Project::open(folder.path()).unwrap();
        let manifests = FsManifests::new(project, Patterns::new(["**/*.yaml"]).unwrap());
        let scripts = [ScriptRequest {
            manifest: Arc::from("sub/a.yaml"),
            path: "s.js".to_owned(),
        }];
        let look = async || manifests.stamps(&scripts, &["cxda.toml"]).await;
        let mut last = look().await;
        assert_eq!(last, look().await);
        for (name, seen) in [
            ("sub/a.yaml", true),
            ("sub/new.yaml", true),
            ("sub/s.js", true),
            ("s.js", false),
            ("cxda.toml", true),
        ] {
            write(name, "longer than anything that was written before").unwrap();
            let now = look().await;
            assert_eq!(now != last, seen, "case: {name}");
            last = now;
        }
    }
}
