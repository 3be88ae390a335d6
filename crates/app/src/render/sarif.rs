//! Findings as SARIF 2.1.0, which code scanning reads. Lines of files are never in it.

use std::collections::BTreeMap;

use cxda_domain::key::Digest;
use cxda_domain::rule::{Rule, Severity};
use cxda_domain::violation::{Position, Violation, Violations};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

/// The file to which a finding without a place belongs: code scanning takes none without.
const SETTINGS: &str = "cxda.toml";

/// What stands in a URI as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// What `validate -o sarif` prints; `folder` is the way from the repository to the project, with a `/` at its end, or empty.
pub(crate) fn validation_sarif(violations: &Violations, folder: &str) -> String {
    let mut seen = BTreeMap::new();
    let results = violations
        .iter()
        .map(|violation| result(violation, folder, &mut seen));
    super::json(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": env!("CARGO_PKG_NAME"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": Rule::ALL.iter().copied().map(described).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    }))
}

fn described(rule: Rule) -> Value {
    let why = rule.explanation().split("\n\n").next().unwrap_or_default();
    let page = rule.page();
    json!({
        "id": rule.code(),
        "shortDescription": {"text": rule.summary()},
        "fullDescription": {"text": why.replace('\n', " ")},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": level(rule)},
    })
}

fn level(rule: Rule) -> &'static str {
    match rule.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// How often a rule was broken so far at one path of one file.
type Seen<'v> = BTreeMap<(Rule, Option<&'v str>, &'v str), u32>;

fn result<'v>(violation: &'v Violation, folder: &str, seen: &mut Seen<'v>) -> Value {
    let rule = violation.rule;
    let index = Rule::ALL.iter().position(|other| *other == rule);
    let text = match &violation.hint {
        Some(hint) => format!("{}\n{hint}", violation.message),
        None => violation.message.clone(),
    };
    let mut location = located(violation.position.as_ref(), folder);
    let path = violation.path.as_str();
    if !path.is_empty() {
        location["logicalLocations"] = json!([{"fullyQualifiedName": path}]);
    }
    let mut result = json!({
        "ruleId": rule.code(),
        "ruleIndex": index,
        "level": level(rule),
        "message": {"text": text},
        "locations": [location],
        "partialFingerprints": {"ruleAndPath/v1": fingerprint(violation, seen)},
    });
    let related = violation.also.iter().map(|place| {
        let mut location = located(Some(&place.position), folder);
        location["message"] = json!({"text": place.what});
        location
    });
    let related: Vec<Value> = related.collect();
    if !related.is_empty() {
        result["relatedLocations"] = related.into();
    }
    result
}

fn located(position: Option<&Position>, folder: &str) -> Value {
    let (file, line, column) = match position {
        Some(Position { file, mark }) => (&**file, mark.line, mark.column),
        None => (SETTINGS, 1, 1),
    };
    let path = format!("{folder}{file}");
    json!({"physicalLocation": {
        "artifactLocation": {
            "uri": utf8_percent_encode(&path, PLAIN).to_string(),
            "uriBaseId": "%SRCROOT%",
        },
        "region": {"startLine": line, "startColumn": column},
    }})
}

/// The same for the same finding of another run, also where its line has moved: only file, rule and path go into it, and how
/// many such findings stand before it.
fn fingerprint<'v>(violation: &'v Violation, seen: &mut Seen<'v>) -> Digest {
    let position = violation.position.as_ref();
    let file = position.map(|position| &*position.file);
    let (rule, path) = (violation.rule, violation.path.as_str());
    let before = seen.entry((rule, file, path)).or_default();
    let digest = Digest::of(format!(
        "{rule}\0{}\0{path}\0{before}",
        file.unwrap_or_default()
    ));
    *before += 1;
    digest
}
