//! A set of manifests with a mistake for every rule: each is found at its place, in one run, without a network call.
//!
//! The mistakes stand in `fixtures/violations`. Marks in the files say what is expected: the code, and the text at
//! which the finding points. What cannot bear a mark stands in [`UNMARKED`].

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use cxda_domain::rule::{Rule, Severity};
use serde_json::{Value, json};

use crate::stage::{Project, Recorder};

/// File, line, column and code of what no comment can mark.
const UNMARKED: [(&str, u64, u64, &str); 8] = [
    ("broken.cxda.json", 2, 10, "M001"),
    ("broken.cxda.toml", 2, 8, "M001"),
    ("broken.cxda.yaml", 4, 5, "M001"),
    ("nothing.cxda.yaml", 1, 1, "M001"),
    ("view.cxda.json", 6, 20, "V002"),
    ("view.cxda.json", 8, 46, "V005"),
    ("view.cxda.json", 9, 36, "M003"),
    ("view.cxda.json", 10, 5, "M003"),
];

/// Rules that need a tenant, or the values behind references.
const NOT_OFFLINE: [Rule; 2] = [Rule::V009, Rule::E008];

type Finding = (String, u64, u64, String);

pub(crate) fn fixtures() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/it/fixtures/violations")
}

/// The project of mistakes, on a tenant that must never be asked.
pub(crate) fn project(base_url: &str) -> Project {
    let project = Project::on(base_url);
    for entry in fs::read_dir(fixtures()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            project.write(&name, fs::read(&path).unwrap());
        }
    }
    project.write("scripts/empty.js", "");
    project
}

/// What the marks say.
fn marked() -> Vec<Finding> {
    const MARK: &str = "#! ";
    let mut found = Vec::new();
    for entry in fs::read_dir(fixtures()).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_file() {
            continue;
        }
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        for (line, text) in (1..).zip(fs::read_to_string(&path).unwrap().lines()) {
            let Some((before, marks)) = text.split_once(MARK) else {
                continue;
            };
            for mark in marks.split("; ") {
                let (code, place) = mark.trim_end().split_once(" at ").unwrap();
                let start = before
                    .rfind(place)
                    .unwrap_or_else(|| panic!("{file}:{line}: no {place}"));
                let column = u64::try_from(before[..start].chars().count()).unwrap() + 1;
                found.push((file.clone(), line, column, code.to_owned()));
            }
        }
    }
    found
}

fn expected() -> Vec<Finding> {
    let unmarked =
        UNMARKED.map(|(file, line, column, code)| (file.to_owned(), line, column, code.to_owned()));
    let mut expected = marked();
    expected.extend(unmarked);
    expected.sort();
    expected
}

fn findings(diagnostics: &Value) -> Vec<Finding> {
    let diagnostics = diagnostics.as_array().unwrap().iter();
    diagnostics
        .map(|each| {
            let text = |key: &str| each[key].as_str().unwrap().to_owned();
            let number = |key: &str| each[key].as_u64().unwrap();
            (text("file"), number("line"), number("column"), text("code"))
        })
        .collect()
}

#[test]
fn the_fixtures_hold_a_mistake_for_every_rule_that_is_checked_offline() {
    let there: BTreeSet<String> = expected().into_iter().map(|(.., code)| code).collect();
    let rules = Rule::ALL
        .iter()
        .filter(|rule| rule.severity() == Severity::Error && !NOT_OFFLINE.contains(rule));
    let rules: BTreeSet<String> = rules.map(|rule| rule.code().to_owned()).collect();
    assert_eq!(there, rules);
}

#[test]
fn every_mistake_is_one_finding_at_its_line_and_column_in_one_run() {
    let nobody = Recorder::start();
    let project = project(&nobody.base_url());
    let ended = project.cxda(&["validate", "-o", "json"]).run().exits(3);
    let report = ended.json();
    assert_eq!(
        (&report["formatVersion"], &report["valid"]),
        (&json!("1.0"), &json!(false))
    );
    let found = findings(&report["diagnostics"]);
    let (missing, excess): (Vec<_>, Vec<_>) = {
        let (found, expected): (BTreeSet<_>, BTreeSet<_>) = (
            found.iter().cloned().collect(),
            expected().into_iter().collect(),
        );
        (
            expected.difference(&found).cloned().collect(),
            found.difference(&expected).cloned().collect(),
        )
    };
    assert!(
        missing.is_empty() && excess.is_empty(),
        "missing {missing:#?}\nexcess {excess:#?}"
    );
    assert_eq!(
        found,
        expected(),
        "each once, in the order of file, line, column and code"
    );
    for diagnostic in report["diagnostics"].as_array().unwrap() {
        assert_eq!(diagnostic["severity"], "error");
        assert!(!diagnostic["message"].as_str().unwrap().is_empty());
        assert!(
            diagnostic["path"].is_string()
                && diagnostic["hint"].is_null() | diagnostic["hint"].is_string()
        );
    }
    assert_eq!(nobody.connections(), 0);
}

#[test]
fn plan_and_apply_report_the_same_and_never_ask_the_tenant() {
    let nobody = Recorder::start();
    let project = project(&nobody.base_url());
    let validated = project
        .cxda(&["validate", "-o", "json"])
        .run()
        .exits(3)
        .json();
    for words in [
        &["plan", "-o", "json"][..],
        &["plan", "-o", "json", "--prune"],
        &["apply", "--yes", "-o", "json"],
    ] {
        let plan = project.cxda_signed_in(words).run().exits(3).json();
        assert!(
            plan["diagnostics"] == validated["diagnostics"],
            "{words:?}: {plan:#}"
        );
        assert_eq!(plan["changes"], json!([]), "{words:?}");
        assert_eq!(
            plan["summary"],
            json!({"create": 0, "update": 0, "delete": 0, "unchanged": 0})
        );
        assert_eq!(plan["requests"]["estimated"], 0);
    }
    assert_eq!(nobody.connections(), 0);
}

#[test]
fn people_read_code_place_and_count() {
    let project = project("http://127.0.0.1:9");
    let ended = project.cxda(&["validate"]).run().exits(3);
    for (file, line, column, code) in expected() {
        let place = format!("{file}:{line}:{column}");
        assert!(
            ended.stdout.contains(&place),
            "no {place} in\n{}",
            ended.stdout
        );
        assert!(ended.stdout.contains(&code));
    }
    let count = expected().len().to_string();
    let _ = ended.says(&[
        &format!("{count} error"),
        "ring_a -> ring_b -> ring_c -> ring_a",
    ]);
}

#[test]
fn only_the_named_files_are_validated() {
    let project = project("http://127.0.0.1:9");
    let ended = project
        .cxda(&["validate", "-o", "json", "dates.cxda.yaml"])
        .run()
        .exits(3);
    let found = findings(&ended.json()["diagnostics"]);
    assert!(
        !found.is_empty() && found.iter().all(|(file, ..)| file == "dates.cxda.yaml"),
        "{found:?}"
    );
}

#[test]
fn m_07_a_near_miss_gets_a_suggestion() {
    let project = project("http://127.0.0.1:9");
    let ended = project
        .cxda(&["validate", "documents.cxda.yaml"])
        .run()
        .exits(3);
    let _ = ended.says(&["did you mean `dependencies`?", "did you mean `DataAction`?"]);
}

#[test]
fn m_15_a_literal_that_looks_like_a_secret_is_a_warning_and_changes_no_exit_code() {
    let project = Project::on_simulator();
    project.write(
        "a.cxda.yaml",
        "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {name: warned}\nspec:\n  description: x\n  script: {content: 'function main() {}'}\n  variables:\n    - {name: api_password, type: string, value: 'Xk29-sLq8-ppQ1-77aZ'}\n",
    );
    let report = project
        .cxda(&["validate", "-o", "json"])
        .run()
        .exits(0)
        .json();
    assert_eq!(report["valid"], true);
    assert_eq!(report["diagnostics"][0]["severity"], "warning");
    assert_eq!(report["diagnostics"][0]["code"], "W001");
}
