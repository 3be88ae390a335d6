//! What every source of manifests promises.
//!
//! The project must hold exactly [`MANIFESTS`] and [`scripts`].

use std::sync::Arc;

use cxda_domain::action::Script;
use cxda_domain::node::Node;
use cxda_domain::rule::Rule;
use cxda_ports::manifests::{
    ManifestSink, ManifestSource, NewContent, NewFile, ScriptFileError, ScriptRequest,
    SourceDocument,
};
use serde_json::{Value, json};

/// Path and text of each manifest file, relative to the project's folder.
pub const MANIFESTS: [(&str, &str); 2] = [
    (
        "manifests/two.cxda.yaml",
        "kind: first\n---\nkind: second\ncount: 3\n",
    ),
    ("a.cxda.json", "{\"kind\": \"alone\"}\n"),
];

/// Path and text of each script file, relative to the project's folder.
pub fn scripts() -> [(&'static str, String); 4] {
    let longest = "/".repeat(Script::MAX_BYTES);
    [
        ("manifests/scripts/longest.js", longest.clone()),
        ("manifests/scripts/long.js", longest + "/"),
        ("manifests/scripts/empty.js", String::new()),
        ("outside.js", "outside".to_owned()),
    ]
}

/// The documents of [`MANIFESTS`] as trees, for adapters that read no text; their places are not kept.
pub fn documents() -> Vec<SourceDocument> {
    let document = |(file, value): (&str, Value)| SourceDocument {
        file: file.into(),
        root: Node::from(&value),
    };
    expected().map(document).into()
}

fn expected() -> [(&'static str, Value); 3] {
    [
        ("a.cxda.json", json!({"kind": "alone"})),
        ("manifests/two.cxda.yaml", json!({"kind": "first"})),
        (
            "manifests/two.cxda.yaml",
            json!({"kind": "second", "count": 3}),
        ),
    ]
}

/// The whole suite.
pub async fn keeps_its_promises(manifests: &dyn ManifestSource) {
    documents_come_by_file_and_place(manifests).await;
    scripts_come_in_the_order_asked_for(manifests).await;
    texts_are_those_of_the_files(manifests).await;
}

/// What is promised of a project without any file; a suite of its own.
pub async fn an_empty_project_is_a_finding(manifests: &dyn ManifestSource) {
    let loaded = manifests.load().await.unwrap();
    assert!(loaded.documents.is_empty() && loaded.digests.is_empty());
    let rules: Vec<_> = loaded.violations.iter().map(|each| each.rule).collect();
    assert_eq!(rules, [Rule::M001]);
}

async fn documents_come_by_file_and_place(manifests: &dyn ManifestSource) {
    let loaded = manifests.load().await.unwrap();
    assert!(loaded.violations.is_empty(), "{:?}", loaded.violations);
    let found: Vec<(&str, Value)> = loaded
        .documents
        .iter()
        .map(|each| (&*each.file, each.root.to_json().unwrap()))
        .collect();
    assert_eq!(found, expected());
    let files: Vec<&str> = loaded.digests.iter().map(|(file, _)| &**file).collect();
    assert_eq!(files, ["a.cxda.json", "manifests/two.cxda.yaml"]);
    assert_ne!(loaded.digests[0].1, loaded.digests[1].1);
    let again = manifests.load().await.unwrap();
    assert_eq!(again, loaded, "the same files load the same");
}

async fn texts_are_those_of_the_files(manifests: &dyn ManifestSource) {
    for (file, text) in MANIFESTS {
        assert_eq!(manifests.text(file).await.as_deref(), Some(text), "{file}");
    }
    assert_eq!(manifests.text("missing.cxda.yaml").await, None);
}

async fn scripts_come_in_the_order_asked_for(manifests: &dyn ManifestSource) {
    let limit = u64::try_from(Script::MAX_BYTES).unwrap();
    let (_, longest) = &scripts()[0];
    let asked = [
        ("scripts/longest.js", Ok(longest.clone())),
        ("./scripts/longest.js", Ok(longest.clone())),
        (
            "scripts/long.js",
            Err(ScriptFileError::TooLong { bytes: limit + 1 }),
        ),
        ("scripts/empty.js", Err(ScriptFileError::Empty)),
        ("scripts/absent.js", Err(ScriptFileError::NotFound)),
        ("scripts", Err(ScriptFileError::NotRegular)),
        ("../outside.js", Err(ScriptFileError::OutsideProject)),
        ("/outside.js", Err(ScriptFileError::OutsideProject)),
    ];
    let manifest: Arc<str> = MANIFESTS[0].0.into();
    let requests: Vec<_> = asked
        .iter()
        .map(|(path, _)| ScriptRequest {
            manifest: Arc::clone(&manifest),
            path: (*path).to_owned(),
        })
        .collect();
    let found = manifests.scripts(&requests).await;
    assert_eq!(found.len(), asked.len());
    for (found, (path, wanted)) in found.into_iter().zip(asked) {
        assert_eq!(found, wanted, "{path}");
    }
}

/// What every place for new files promises; its project is empty and reads `**/*.cxda.yaml`.
pub async fn new_files_stand_beside_what_is_there<P>(project: &P)
where
    P: ManifestSource + ManifestSink,
{
    let root = Node::from(&json!({"kind": "new", "text": "no", "list": [1, {"deep": true}]}));
    let new = |name: &str, content| NewFile {
        name: name.to_owned(),
        content,
    };
    assert!(project.takes("deep/one.cxda.yaml") && !project.takes("deep/one.js"));
    assert!(project.names("").await.unwrap().is_empty());
    assert!(project.names("deep").await.unwrap().is_empty());
    let script = "// \u{e9}\r\nfunction main() {}";
    let files = [
        new("deep/one.cxda.yaml", NewContent::Manifest(root.clone())),
        new("deep/scripts/one.js", NewContent::Text(script.to_owned())),
    ];
    project.add(&files).await.unwrap();
    let names = project.names("deep").await.unwrap();
    assert!(
        names
            .iter()
            .eq(["deep/one.cxda.yaml", "deep/scripts/one.js"])
    );

    let loaded = project.load().await.unwrap();
    assert!(loaded.violations.is_empty(), "{:?}", loaded.violations);
    let read: Vec<_> = loaded
        .documents
        .iter()
        .map(|each| each.root.to_json())
        .collect();
    assert_eq!(read, [root.to_json()]);
    let request = ScriptRequest {
        manifest: "deep/one.cxda.yaml".into(),
        path: "scripts/one.js".to_owned(),
    };
    assert_eq!(project.scripts(&[request]).await, [Ok(script.to_owned())]);

    let again = [
        new("deep/two.js", NewContent::Text("x".to_owned())),
        new("deep/scripts/one.js", NewContent::Text("x".to_owned())),
    ];
    assert!(project.add(&again).await.is_err(), "nothing is replaced");
    assert_eq!(project.names("deep").await.unwrap(), names, "all or none");
    assert!(
        project
            .add(&[new("../out.js", NewContent::Text("x".to_owned()))])
            .await
            .is_err()
    );
}
