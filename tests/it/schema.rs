//! `cxda schema`: what the real binary reads and prints is as its schemas say, and they refuse what is wrong.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use cxda_adapters_fs::reader::{Format, read};
use cxda_domain::manifest::decode;
use cxda_domain::node::Node;
use cxda_domain::rule::{Rule, Severity};
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::stage::{Project, Simulated, example};

const ACTION: &str = "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {name: alpha}\nspec:\n  description: first\n  script: {content: 'function main() {}'}\n  cache: {key: alpha_key, ttl: 300}\n";

fn schema(kind: &str) -> Value {
    let project = Project::empty();
    project.cxda(&["schema", kind]).run().exits(0).json()
}

pub(crate) fn validator(kind: &str) -> Validator {
    jsonschema::draft202012::new(&schema(kind)).unwrap()
}

/// The documents of a manifest; none of a file that cannot be read.
pub(crate) fn documents(path: &Path) -> Vec<Node> {
    let format = Format::of(path.to_str().unwrap()).unwrap();
    read(format, &fs::read(path).unwrap()).documents
}

/// Every manifest in `folder` and below.
fn manifests(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(manifests(&path));
        } else if Format::of(path.to_str().unwrap()).is_some() {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[track_caller]
pub(crate) fn assert_fits(validator: &Validator, value: &Value) {
    let errors: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\n{value:#}");
}

#[test]
fn two_calls_print_the_same_bytes() {
    let project = Project::empty();
    for kind in ["manifest", "config", "plan", "result", "audit"] {
        let print = || project.cxda(&["schema", kind]).run().exits(0).stdout;
        assert_eq!(print(), print(), "{kind}");
        let json = project.cxda(&["schema", kind, "-o", "json"]).run().exits(0);
        assert_eq!(print(), json.stdout, "{kind}");
    }
}

#[test]
fn a_schema_of_something_else_is_a_mistake_in_the_command_line() {
    let project = Project::empty();
    let ended = project.cxda(&["schema", "manifests"]).run().exits(64);
    let _ = ended.says(&["'manifest'"]);
}

/// What programs read is the public interface.
#[test]
fn shapes_that_programs_read() {
    for kind in ["plan", "result", "audit"] {
        insta::assert_json_snapshot!(format!("schema_{kind}"), schema(kind), {
            ".properties.diagnostics.items.properties.code.enum" => "[the code of every rule]",
        });
    }
}

#[test]
fn examples_are_as_the_schemas_say() {
    let (manifest, config) = (validator("manifest"), validator("config"));
    let mut count = 0;
    for name in ["quickstart", "tenant"] {
        let folder = example(name);
        for path in manifests(&folder.join("manifests")) {
            for document in documents(&path) {
                assert_fits(&manifest, &document.to_json().unwrap());
                count += 1;
            }
        }
        let settings = fs::read_to_string(folder.join("cxda.toml")).unwrap();
        assert_fits(&config, &toml::from_str(&settings).unwrap());
    }
    assert_eq!(count, 12);
}

#[test]
fn a_manifest_with_every_key_is_as_its_schema_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/it/fixtures/every_key.yaml");
    let manifest = validator("manifest");
    let documents = documents(&path);
    assert_eq!(documents.len(), 2);
    for document in documents {
        assert_fits(&manifest, &document.to_json().unwrap());
    }
}

/// Rules about more than the value itself, or about values that a schema cannot tell apart.
fn is_beyond(rule: Rule) -> bool {
    let rules = [
        Rule::M004,
        Rule::V006,
        Rule::V008,
        Rule::C005,
        Rule::C006,
        Rule::D001,
        Rule::D005,
        Rule::D006,
        Rule::E003,
        Rule::E007,
    ];
    rules.contains(&rule)
}

#[test]
fn every_wrong_document_is_refused_by_the_schema_too() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/it/fixtures/violations");
    let manifest = validator("manifest");
    let file: Arc<str> = "a.cxda.yaml".into();
    let mut refused = 0;
    for path in manifests(&folder) {
        for document in documents(&path) {
            // Only a reader tells a key that stands twice.
            let Some(value) = document.to_json() else {
                continue;
            };
            let decoded = decode([(&file, &document)]);
            let scripts = vec![Ok("function main() {}".to_owned()); decoded.script_files().count()];
            let (_, violations) = decoded.complete(scripts);
            let errors: Vec<Rule> = violations
                .iter()
                .filter(|each| each.severity() == Severity::Error)
                .map(|each| each.rule)
                .collect();
            let at = format!("{}:{} has {errors:?}", path.display(), document.at.line);
            if manifest.is_valid(&value) {
                assert!(errors.iter().all(|rule| is_beyond(*rule)), "{at}");
            } else {
                assert!(!errors.is_empty(), "{at}: refused by the schema alone");
                refused += 1;
            }
        }
    }
    assert!(refused > 15, "only {refused} were refused");
}

#[test]
fn plans_are_as_their_schema_says() {
    let plans = validator("plan");
    let quickstart = Project::quickstart();
    let plan = |project: &Project, words: &[&str], code| {
        let words = [&["plan", "-o", "json"], words].concat();
        let plan = project.cxda_signed_in(&words).run().exits(code).json();
        assert_fits(&plans, &plan);
        plan
    };
    plan(&quickstart, &[], 0);
    let _ = quickstart.cxda(&["apply", "--yes"]).run().exits(0);
    quickstart.edit("manifests/3-cache.yaml", "ttl: 86400", "ttl: 3600");
    quickstart.remove("manifests/5-dates.yaml");
    let changed = plan(&quickstart, &["--prune"], 0);
    assert_eq!(changed["summary"]["update"], 1);
    assert_eq!(changed["summary"]["delete"], 2);
    quickstart.edit("manifests/3-cache.yaml", "ttl: 3600", "ttl: -1");
    let invalid = plan(&quickstart, &[], 3);
    assert_ne!(invalid["diagnostics"], json!([]));
}

#[test]
fn results_and_audit_records_are_as_their_schemas_say() {
    let (results, records) = (validator("result"), validator("audit"));
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", ACTION);
    project.write(
        "b.cxda.yaml",
        ACTION.replace("alpha", "beta") + "  dependencies: [alpha]\n",
    );
    let apply = |words: &[&str], code| {
        let words = [&["apply", "--yes", "-o", "json"], words].concat();
        let result = project.cxda_signed_in(&words).run().exits(code).json();
        assert_fits(&results, &result);
        result
    };
    tenant.faults(&json!([{"operation": "createAction", "nth": 1, "fault": {"kind": "answer", "status": 400}}]));
    let failed = apply(&[], 3);
    assert_eq!(failed["results"][0]["outcome"], "failed");
    assert_eq!(failed["results"][1]["outcome"], "skipped");
    let done = apply(&["--test", "remote"], 0);
    assert_eq!(done["results"][0]["test"]["status"], "passed");
    project.remove("b.cxda.yaml");
    let deleted = apply(&["--prune"], 0);
    assert_eq!(deleted["summary"]["deleted"], 1);
    apply(&[], 0);
    for record in project.audit() {
        assert_fits(&records, &record);
    }

    let quickstart = Project::quickstart();
    let words = ["apply", "--yes", "-o", "json"];
    assert_fits(&results, &quickstart.cxda(&words).run().exits(0).json());
    let encrypted = quickstart.audit();
    let encrypted = encrypted
        .iter()
        .inspect(|record| assert_fits(&records, record));
    let sent = encrypted.filter(|record| record["metrics"]["encryptedSent"].is_number());
    assert_eq!(sent.count(), 1);
}
