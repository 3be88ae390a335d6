//! Every port on disk against the promises of its port.

#![allow(
    clippy::unwrap_used,
    reason = "only functions with a test attribute are exempt"
)]

use std::path::Path;
use std::sync::Arc;

use cxda_adapters_fs::atomic;
use cxda_adapters_fs::audit::{AuditLog, compare, verify, verify_each};
use cxda_adapters_fs::manifests::FsManifests;
use cxda_adapters_fs::plans::PlanFiles;
use cxda_adapters_fs::project::{Patterns, Project};
use cxda_adapters_fs::secrets::ReferencedSecrets;
use cxda_adapters_fs::store::{Scope, SealedRecords, Store};
use cxda_adapters_memory::clock::ManualClock;
use cxda_domain::instant::UtcMillis;
use cxda_testkit::conformance;
use tempfile::{TempDir, tempdir};

fn store(folder: &Path) -> Store {
    let scope = Scope {
        tenant: "prod".into(),
        origin: "https://na1.example".into(),
    };
    Store::open(&folder.join(".cxda/state.db"), scope, [7; 32]).unwrap()
}

fn put(folder: &TempDir, path: &str, text: &str) {
    let path = folder.path().join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    atomic::replace(&path, text.as_bytes()).unwrap();
}

#[tokio::test]
async fn journal_keeps_the_promises_of_the_port() {
    let folder = tempdir().unwrap();
    conformance::journal::keeps_its_promises(&store(folder.path())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn journal_from_several_threads() {
    let folder = tempdir().unwrap();
    conformance::journal::keeps_its_promises(&store(folder.path())).await;
}

#[tokio::test]
async fn lookups_keep_the_promises_of_the_port() {
    let folder = tempdir().unwrap();
    conformance::lookups::keeps_its_promises(&store(folder.path())).await;
}

#[tokio::test]
async fn outbox_keeps_the_promises_of_the_port() {
    let folder = tempdir().unwrap();
    conformance::outbox::keeps_its_promises(&store(folder.path())).await;
}

#[tokio::test]
async fn audit_keeps_the_promises_of_the_port() {
    let folder = tempdir().unwrap();
    let path = folder.path().join(".cxda/audit.jsonl");
    let store = store(folder.path());
    let sealed = SealedRecords::open(&folder.path().join(".cxda/state.db")).unwrap();
    let log = AuditLog::new(&path, sealed).unwrap();
    let lines = || {
        let mut lines = Vec::new();
        verify_each(&path, |line| lines.push(line.to_owned())).unwrap();
        lines
    };
    conformance::audit::keeps_its_promises(&log, &store, &lines).await;
    let clock = ManualClock::starting_at(UtcMillis::UNIX_EPOCH);
    let verified = verify(&path).unwrap();
    compare(&verified, &store, &clock).await.unwrap();
}

#[tokio::test]
async fn manifests_keep_the_promises_of_the_port() {
    let folder = tempdir().unwrap();
    for (path, text) in conformance::manifests::MANIFESTS {
        put(&folder, path, text);
    }
    for (path, text) in conformance::manifests::scripts() {
        put(&folder, path, &text);
    }
    let project = Project::open(folder.path()).unwrap();
    let patterns = Patterns::new(Patterns::STANDARD).unwrap();
    let manifests = FsManifests::new(project, patterns.clone());
    conformance::manifests::keeps_its_promises(&manifests).await;

    let empty = tempdir().unwrap();
    let project = Project::open(empty.path()).unwrap();
    let manifests = FsManifests::new(project, patterns);
    conformance::manifests::an_empty_project_is_a_finding(&manifests).await;
    conformance::manifests::new_files_stand_beside_what_is_there(&manifests).await;
}

#[tokio::test]
async fn plans_keep_the_promises_of_the_port() {
    let folder = tempdir().unwrap();
    conformance::plans::keeps_its_promises(&PlanFiles::new(folder.path())).await;
}

#[tokio::test]
async fn secrets_keep_the_promises_of_the_port() {
    let folder = tempdir().unwrap();
    let (path, text) = conformance::secrets::FILE;
    put(&folder, conformance::secrets::MANIFEST, "");
    put(&folder, &format!("manifests/{path}"), text);
    let (name, value) = conformance::secrets::ENV;
    let env = Arc::new(move |asked: &str| (asked == name).then(|| value.into()));
    let secrets = ReferencedSecrets::new(folder.path(), env);
    conformance::secrets::keeps_its_promises(&secrets).await;
}
