//! What a checker sees in scripts becomes findings at places of files.

use std::sync::Arc;

use cxda_adapters_memory::checker::MemoryChecker;
use cxda_adapters_memory::manifests::MemoryManifests;
use cxda_domain::node::Mark;
use cxda_domain::node::Node;
use cxda_domain::rule::Rule;
use cxda_domain::script::{ScriptFinding, SecondPlace};
use cxda_domain::violation::{Excerpt, Violation};
use cxda_ports::manifests::SourceDocument;
use cxda_usecases::validate::validate;
use serde_json::json;

const SCRIPT: &str = "one\ntwo three\n";

fn finding(rule: Rule) -> ScriptFinding {
    ScriptFinding {
        rule,
        at: Mark::new(2, 5),
        message: "wrong".to_owned(),
        also: Some(SecondPlace {
            what: "opened at",
            at: Mark::new(1, 2),
        }),
        hint: Some("do better".to_owned()),
    }
}

/// The findings of one action with this `script`; its manifest begins at 1:1 and so does, in it, all that stands there.
async fn found(script: serde_json::Value, text: Option<&str>, rule: Rule) -> Vec<Violation> {
    let document = SourceDocument {
        file: Arc::from("actions/a.cxda.yaml"),
        root: Node::from(&json!({
            "apiVersion": "cxda/v1", "kind": "DataAction", "metadata": {"name": "alpha"},
            "spec": {"description": "d", "script": script},
        })),
    };
    let mut manifests = MemoryManifests::new([document]).with_script("actions/a.js", SCRIPT);
    if let Some(text) = text {
        manifests = manifests.with_text("actions/a.cxda.yaml", text);
    }
    let checker = MemoryChecker::new().with_finding(SCRIPT, finding(rule));
    let project = validate(&manifests, &checker).await.unwrap();
    project.violations.into_iter().collect()
}

/// Place, path, message and excerpt of the only finding.
fn parts(found: &[Violation]) -> (String, &str, &str, Option<Excerpt>) {
    let [violation] = found else {
        panic!("{found:#?}");
    };
    assert_eq!(violation.hint.as_deref(), Some("do better"));
    let place = violation.position.as_ref().unwrap().to_string();
    (
        place,
        violation.path.as_str(),
        &violation.message,
        violation.excerpt.clone(),
    )
}

#[tokio::test]
async fn in_a_file_a_finding_stands_where_the_checker_saw_it() {
    let found = found(json!({"file": "./a.js"}), None, Rule::A003).await;
    let excerpt = Excerpt {
        before: "two ".to_owned(),
        marked: "three".to_owned(),
        after: String::new(),
    };
    let want = (
        "actions/a.js:2:5".to_owned(),
        "spec.script.file",
        "wrong, opened at 1:2",
        Some(excerpt),
    );
    assert_eq!(parts(&found), want);
}

#[tokio::test]
async fn in_a_manifest_a_finding_stands_where_the_manifest_shows_it() {
    let text = "\"one\\ntwo three\\n\"";
    let found = found(json!({"content": SCRIPT}), Some(text), Rule::W008).await;
    let excerpt = Excerpt {
        before: "\"one\\ntwo ".to_owned(),
        marked: "three".to_owned(),
        after: "\\n\"".to_owned(),
    };
    let want = (
        "actions/a.cxda.yaml:1:11".to_owned(),
        "spec.script.content",
        "wrong, opened at 1:3",
        Some(excerpt),
    );
    assert_eq!(parts(&found), want);
}

#[tokio::test]
async fn where_the_manifest_does_not_show_the_script_a_finding_stands_at_its_beginning() {
    for text in [None, Some("*alias")] {
        let found = found(json!({"content": SCRIPT}), text, Rule::A003).await;
        let (place, _, message, _) = parts(&found);
        assert_eq!(
            (place.as_str(), message),
            ("actions/a.cxda.yaml:1:1", "wrong, opened at 1:1")
        );
    }
}

#[tokio::test]
async fn a_secret_is_never_shown() {
    let found = found(json!({"file": "a.js"}), None, Rule::W007).await;
    assert_eq!(parts(&found).3, None);
}
