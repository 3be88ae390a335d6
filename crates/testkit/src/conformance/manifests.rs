//! What every source of manifests promises.
//!
//! The project must hold exactly [`MANIFESTS`] and [`scripts`].

use std::sync::Arc;

use cxda_domain::action::Script;
use cxda_domain::node::{Entry, Mark, Node, NodeValue};
use cxda_domain::rule::Rule;
use cxda_ports::manifests::{ManifestSource, ScriptFileError, ScriptRequest, SourceDocument};
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
        root: tree(&value),
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

fn tree(value: &Value) -> Node {
    let value = match value {
        Value::Object(members) => {
            let entries = members.iter().map(|(key, member)| Entry {
                key: key.clone(),
                at: Mark::START,
                node: tree(member),
            });
            NodeValue::Map(entries.collect())
        }
        Value::Number(number) => NodeValue::Integer(number.as_i64().unwrap().into()),
        other => NodeValue::Text(other.as_str().unwrap().to_owned()),
    };
    let at = Mark::START;
    Node { value, at }
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
