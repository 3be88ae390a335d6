//! The port of manifests: everything read, every problem a finding.

use std::path::PathBuf;

use cxda_adapters_fs::manifests::FsManifests;
use cxda_adapters_fs::project::Patterns;
use cxda_domain::key::Digest;
use cxda_domain::violation::Violations;
use cxda_ports::error::SourceError;
use cxda_ports::manifests::{ManifestSource as _, ScriptFileError, ScriptRequest};

use crate::project::Fixture;

fn source(fixture: &Fixture) -> FsManifests {
    let patterns = Patterns::new(Patterns::STANDARD).unwrap();
    FsManifests::new(fixture.project(), patterns)
}

fn shown(violations: Violations) -> String {
    let line = |violation: &cxda_domain::violation::Violation| {
        let place = violation
            .position
            .as_ref()
            .map_or_else(|| "-".to_owned(), ToString::to_string);
        let hint = violation.hint.as_deref().unwrap_or("-");
        format!(
            "{} {place} {} ({hint})",
            violation.rule.code(),
            violation.message
        )
    };
    let lines: Vec<_> = violations.sorted().iter().map(line).collect();
    lines.join("\n")
}

#[tokio::test]
async fn every_document_of_every_file_is_loaded_in_order() {
    let fixture = Fixture::new(&[]);
    fixture.write("b/two.cxda.yaml", "a: 1\n---\nb: 2\n");
    fixture.write("a.cxda.json", "{}");
    fixture.write("c.cxda.toml", "c = 3");
    let loaded = source(&fixture).load().await.unwrap();
    let documents: Vec<_> = loaded
        .documents
        .iter()
        .map(|document| (&*document.file, document.root.at.line))
        .collect();
    let want = [
        ("a.cxda.json", 1),
        ("b/two.cxda.yaml", 1),
        ("b/two.cxda.yaml", 3),
        ("c.cxda.toml", 1),
    ];
    assert_eq!(documents, want);
    assert!(loaded.violations.is_empty());
    let digests: Vec<_> = loaded.digests.iter().map(|(file, _)| &**file).collect();
    assert_eq!(digests, ["a.cxda.json", "b/two.cxda.yaml", "c.cxda.toml"]);
    assert_eq!(loaded.digests[0].1, Digest::of("{}"));
}

#[tokio::test]
async fn every_problem_of_every_file_is_a_finding() {
    let fixture = Fixture::new(&["empty.cxda.yaml"]);
    fixture.write("broken.cxda.yaml", "a: 1\n---\nb: [\n---\nc: !x 3\n");
    fixture.write("good.cxda.yaml", "a: 1\n");
    fixture.write("latin.cxda.toml", b"a = '\xe9'");
    fixture.write("long.cxda.json", vec![b' '; (16 << 20) + 1]);
    let loaded = source(&fixture).load().await.unwrap();
    assert_eq!(loaded.documents.len(), 2);
    insta::assert_snapshot!(shown(loaded.violations), @"
    M001 broken.cxda.yaml:3:4 not valid YAML: unclosed bracket '[' (-)
    M001 broken.cxda.yaml:5:4 the tag !x is not known here (remove the tag: manifests hold plain values only)
    M001 empty.cxda.yaml:1:1 the file holds no document (declare a resource in it, or remove the file)
    M001 latin.cxda.toml:1:6 the file is not UTF-8 (save the file as UTF-8 text)
    M001 long.cxda.json:1:1 the file was not read: it has 16777217 bytes, more than 16777216 (-)
    ");
}

#[cfg(unix)]
#[tokio::test]
async fn a_manifest_that_is_no_file_of_the_project_is_a_finding() {
    let fixture = Fixture::new(&["../outside.cxda.yaml"]);
    fixture.link("out.cxda.yaml", "../outside.cxda.yaml");
    fixture.link("broken.cxda.yaml", "gone");
    let _listener =
        std::os::unix::net::UnixListener::bind(fixture.path("socket.cxda.yaml")).unwrap();
    let loaded = source(&fixture).load().await.unwrap();
    insta::assert_snapshot!(shown(loaded.violations), @"
    M001 broken.cxda.yaml:1:1 the file was not read: it is not there (-)
    M001 out.cxda.yaml:1:1 the file was not read: it lies outside the project (-)
    M001 socket.cxda.yaml:1:1 the file was not read: it is not a regular file (-)
    ");
}

#[tokio::test]
async fn m_08_a_project_without_a_manifest_is_a_finding() {
    let fixture = Fixture::new(&["cxda.toml"]);
    let loaded = source(&fixture).load().await.unwrap();
    insta::assert_snapshot!(shown(loaded.violations), @"M001 - no manifest was found (write one, such as views.cxda.yaml, or see `project.manifests`)");
}

#[tokio::test]
async fn only_what_a_person_names_is_loaded() {
    let fixture = Fixture::new(&["a.cxda.yaml", "m/notes.txt"]);
    fixture.write("m/b.cxda.yaml", "b: 1");
    fixture.write("plain.yaml", "c: 1");
    let paths = ["m", "plain.yaml", "m/notes.txt", "gone.yaml", "../x.yaml"];
    let only = source(&fixture).only(paths.iter().map(PathBuf::from).collect());
    let loaded = only.load().await.unwrap();
    let files: Vec<_> = loaded
        .documents
        .iter()
        .map(|document| &*document.file)
        .collect();
    assert_eq!(files, ["m/b.cxda.yaml", "plain.yaml"]);
    insta::assert_snapshot!(shown(loaded.violations), @"
    M001 ../x.yaml:1:1 the file was not read: it lies outside the project (-)
    M001 gone.yaml:1:1 the file was not read: it is not there (-)
    M001 m/notes.txt:1:1 the file is neither YAML, JSON nor TOML by its name (let its name end in .yaml, .yml, .json or .toml)
    ");
}

#[tokio::test]
async fn a_folder_that_is_gone_is_an_error() {
    let fixture = Fixture::new(&[]);
    let source = source(&fixture);
    std::fs::remove_dir(fixture.path("")).unwrap();
    assert!(matches!(
        source.load().await,
        Err(SourceError::Unreadable { .. })
    ));
}

#[tokio::test]
async fn scripts_come_in_the_order_they_were_asked_for() {
    let fixture = Fixture::new(&[]);
    fixture.write("m/a.js", "one");
    fixture.write("b.js", "two");
    let request = |manifest: &str, path: &str| ScriptRequest {
        manifest: manifest.into(),
        path: path.to_owned(),
    };
    let read = source(&fixture)
        .scripts(&[
            request("x.cxda.yaml", "b.js"),
            request("m/x.cxda.yaml", "gone.js"),
            request("m/x.cxda.yaml", "a.js"),
        ])
        .await;
    let want = [
        Ok("two".to_owned()),
        Err(ScriptFileError::NotFound),
        Ok("one".to_owned()),
    ];
    assert_eq!(read, want);
    assert_eq!(source(&fixture).scripts(&[]).await, []);
}
