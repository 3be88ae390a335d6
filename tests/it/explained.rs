//! `cxda explain`: its examples are judged as it says, and codes are found in any case.

use cxda_domain::rule::{Rule, Severity};
use serde_json::{Value, json};

use crate::stage::Project;

/// How the explanation of a rule begins that `validate` does not judge.
const NOT_OFFLINE: &str = "Judged by `plan";

/// The keys of `spec` that a document of this kind needs, for examples that leave them out.
fn needed(kind: &str) -> &'static [&'static str] {
    match kind {
        "MaterializedView" => &[
            "  description: A view for an example",
            "  source: {table: 12345678-1234-1234-1234-123456789012}",
            "  columns: [{name: customer_id}]",
            "  refresh: {intervalMinutes: 15}",
        ],
        _ => &[
            "  description: An action for an example",
            "  script: {content: \"function main() { return 1; }\"}",
        ],
    }
}

/// The example below the heading `which` in the explanation of `rule`.
fn example(rule: Rule, which: &str) -> Option<&'static str> {
    let (_, after) = rule
        .explanation()
        .split_once(&format!("## {which}\n\n```yaml\n"))?;
    let (example, _) = after.split_once("\n```\n")?;
    Some(example)
}

/// The whole manifest of an example: what it leaves out is added.
fn whole(rule: Rule, example: &str) -> String {
    let documents = example.split("\n---\n");
    documents
        .map(|document| completed(rule, document))
        .collect::<Vec<_>>()
        .join("---\n")
}

fn completed(rule: Rule, document: &str) -> String {
    if document.starts_with("apiVersion:") {
        return format!("{document}\n");
    }
    let kind = if rule.code().starts_with('V') {
        "MaterializedView"
    } else {
        "DataAction"
    };
    let has = |key: &str| document.lines().any(|line| line.starts_with(key));
    let mut text = format!("apiVersion: cxda/v1\nkind: {kind}\n");
    if !has("metadata:") {
        text.push_str("metadata: {name: an_example}\n");
    }
    text.push_str(document);
    text.push('\n');
    if !has("spec:") {
        text.push_str("spec:\n");
    }
    for line in needed(kind) {
        let (key, _) = line.split_once(':').unwrap();
        if !has(key) {
            text.push_str(&format!("{line}\n"));
        }
    }
    let rest = (2..=51).map(|n| format!("    - {{name: limit_{n}, type: integer, value: {n}}}"));
    let rest: Vec<String> = rest.collect();
    text.replace("    # and so on to limit_51", &rest.join("\n"))
}

/// The codes of what `validate` finds in an example.
fn found(rule: Rule, example: &str) -> Vec<String> {
    let project = Project::on_simulator();
    project.write("scripts/score.js", "function main() { return 1; }");
    project.write("example.cxda.yaml", whole(rule, example));
    let report = project.cxda(&["validate", "-o", "json"]).run().json();
    let found = report["diagnostics"].as_array().unwrap().iter();
    found
        .map(|each| each["code"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_wrong_example_breaks_its_rule_and_no_other() {
    let mut offline = 0;
    for &rule in Rule::ALL {
        if rule.explanation().starts_with(NOT_OFFLINE) {
            assert_eq!(example(rule, "Wrong"), None, "{rule}");
            continue;
        }
        let mut codes = found(rule, example(rule, "Wrong").unwrap());
        codes.dedup();
        assert_eq!(codes, [rule.code()]);
        offline += 1;
    }
    assert_eq!(offline, Rule::ALL.len() - 7);
}

#[test]
fn a_right_example_breaks_no_rule() {
    for &rule in Rule::ALL {
        if let Some(example) = example(rule, "Right") {
            assert_eq!(found(rule, example), [""; 0], "{rule}");
        }
    }
}

#[test]
fn every_rule_is_explained_in_any_project_and_by_a_code_in_any_case() {
    let project = Project::empty();
    let explain = |code: &str| project.cxda(&["explain", code]).run().exits(0).stdout;
    assert_eq!(explain("v005"), explain("V005"));
    for rule in Rule::ALL {
        let text = explain(rule.code());
        assert!(text.starts_with(&format!("{rule}\n\n")), "{text}");
    }
}

#[test]
fn programs_get_an_explanation_in_its_parts() {
    let ended = Project::empty()
        .cxda(&["explain", "W001", "-o", "json"])
        .run()
        .exits(0);
    let mut explained = ended.json();
    let text = explained["explanation"].take();
    assert_eq!(text, Rule::W001.explanation());
    let want = json!({
        "formatVersion": "1.0",
        "code": "W001",
        "severity": Severity::Warning,
        "summary": Rule::W001.summary(),
        "explanation": Value::Null,
    });
    assert_eq!(explained, want);
}

#[test]
fn a_code_that_no_rule_has_brings_up_the_nearest() {
    let ended = Project::empty().cxda(&["explain", "K001"]).run().exits(64);
    assert_eq!(ended.stdout, "");
    let said = "invalid value 'K001' for '<CODE>': no rule has this code, did you mean A001, C001, D001, E001, G001, M001, V001 or W001?";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
}
