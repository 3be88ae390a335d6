//! The schema of manifests against the reader of manifests.

use std::collections::BTreeSet;
use std::sync::Arc;

use cxda_adapters_fs::reader::{Format, read};
use cxda_domain::action::Script;
use cxda_domain::cache::Footprint;
use cxda_domain::manifest::{ScriptFileProblem, decode};
use cxda_domain::rule::{Rule, Severity};
use cxda_domain::violation::Violation;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::documents::full;
use super::mutation::{Change, changed, places};
use super::validator;
use crate::cli::SchemaKind;
use crate::schema::schema;

/// Rules that a schema cannot state, or not in full.
const BEYOND: [Rule; 9] = [
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

/// Texts that are of the form that some rule demands, and texts that are nearly so.
const TEXTS: [&str; 65] = [
    "",
    " ",
    "a",
    "ab",
    "abc",
    "a b",
    "a\nb",
    "abc\n",
    "_a",
    "a-b",
    "é",
    "éé",
    "{a}",
    "{",
    "}",
    "a{}",
    "a{ }",
    "a{b",
    "a{{b}}",
    "a=b",
    "é{x}",
    "15",
    "true",
    "****",
    "view",
    "action",
    "default",
    "highPriority",
    "global",
    "template",
    "COUNT",
    "MEDIAN",
    "integer",
    "object",
    "local",
    "later",
    "SUBTRACT_OFFSET",
    "revert",
    "refresh",
    "MaterializedView",
    "DataAction",
    "SCRIPT",
    "Europe/Berlin",
    "US/Eastern",
    "europe/berlin",
    "localtime",
    "Factory",
    "2024-02-29T15:30:00",
    "2024-02-29T15:30:00.1234567Z",
    "2024-02-29 15:30:00",
    "2024-13-01T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "2024-02-29T15:30:00+05:30",
    "2024-02-29T24:00:00Z",
    "12345678-1234-1234-1234-12345678901",
    "ABCDEF00-1234-1234-1234-123456789ABC",
    "{12345678-1234-1234-1234-123456789012}",
    "https://example.com",
    "https://example.com:8080/a?b=c",
    "https://u@example.com",
    "ftp://example.com",
    "HTTP://example.com",
    "https://[::1]:80/",
    "/etc/passwd",
    "../outside.js",
];

/// What the reader finds in `document`, warnings left out.
fn findings(document: &Value) -> Vec<Violation> {
    let text = serde_json::to_vec(document).unwrap();
    let outcome = read(Format::Json, &text);
    assert_eq!(outcome.errors, []);
    let file: Arc<str> = "a.cxda.json".into();
    let decoded = decode(outcome.documents.iter().map(|node| (&file, node)));
    // What reads files does not look for one outside the project.
    let scripts: Vec<_> = decoded
        .script_files()
        .map(|file| match file.path.chars().next() {
            None | Some('/') => Err(ScriptFileProblem {
                rule: Rule::A006,
                message: "outside".to_owned(),
            }),
            Some(_) => Ok("function main() {}".to_owned()),
        })
        .collect();
    let (_, violations) = decoded.complete(scripts);
    let errors = violations
        .iter()
        .filter(|each| each.severity() == Severity::Error);
    errors.cloned().collect()
}

/// Holds schema and reader against each other; says whether both refuse.
fn agree(validator: &jsonschema::Validator, document: &Value) -> Result<bool, String> {
    let findings = findings(document);
    let takes = validator.is_valid(document);
    let is_beyond = findings.iter().any(|each| BEYOND.contains(&each.rule));
    match (takes, findings.is_empty()) {
        (true, true) => Ok(false),
        (false, false) => Ok(true),
        (true, false) if is_beyond => Ok(false),
        (true, false) => Err(format!(
            "the schema takes what has {:?} {}: {document}",
            findings[0].rule, findings[0].message
        )),
        (false, true) => Err(format!("the schema alone refuses {document}")),
    }
}

/// Values of every type, and at, below and beyond every limit.
fn values() -> Vec<Value> {
    let numbers = [
        -1,
        0,
        1,
        3,
        4,
        5,
        6,
        7,
        15,
        120,
        121,
        125,
        3_600,
        3_601,
        86_400,
        86_401,
        9_308,
        9_309,
        i64::MAX,
        i64::MIN,
    ];
    let long = [
        9, 10, 63, 64, 65, 127, 128, 129, 499, 500, 501, 65_536, 65_537,
    ]
    .map(|chars| "a".repeat(chars));
    let wide = [10, 128, 500].map(|chars| "é".repeat(chars));
    let others = [
        json!(null),
        json!(true),
        json!(false),
        json!(1.5),
        json!(u64::MAX),
        json!([]),
        json!({}),
        json!([1]),
        json!([null]),
        json!(["abc"]),
        json!(["abc", "abc"]),
        json!({"abc": 1}),
        json!({"env": "A"}),
        json!({"file": ""}),
        json!({"type": "MANUAL"}),
    ];
    let texts = TEXTS.into_iter().map(ToOwned::to_owned);
    let texts = texts.chain(long).chain(wide).map(Value::from);
    numbers
        .map(Value::from)
        .into_iter()
        .chain(texts)
        .chain(others)
        .collect()
}

fn changes() -> Vec<Change> {
    let counts = [2, 50, 51].map(Change::Repeat);
    let keys = ["unknown", "ttl", "priority", "value", "view"].map(Change::Key);
    let put = values().into_iter().map(Change::Put);
    put.chain(counts)
        .chain(keys)
        .chain([Change::Drop])
        .collect()
}

#[test]
fn documents_with_every_key_are_sound_to_both() {
    let validator = validator(SchemaKind::Manifest);
    for document in full() {
        assert!(findings(&document).is_empty(), "{:?}", findings(&document));
        validator.validate(&document).unwrap();
    }
}

#[test]
fn what_one_change_makes_wrong_is_wrong_to_both() {
    let validator = validator(SchemaKind::Manifest);
    let mut refused = 0;
    let mut failures = Vec::new();
    for document in full() {
        for place in places(&document) {
            for change in changes() {
                let Some(document) = changed(&document, &place, &change) else {
                    continue;
                };
                match agree(&validator, &document) {
                    Ok(wrong) => refused += usize::from(wrong),
                    Err(failure) => failures.push(failure),
                }
            }
        }
    }
    let shown: Vec<&String> = failures.iter().take(5).collect();
    assert!(failures.is_empty(), "{}: {shown:#?}", failures.len());
    assert!(refused > 1_000, "only {refused} were wrong");
}

#[test]
fn limits_at_which_every_rule_but_the_estimate_is_silent_are_the_same() {
    let validator = validator(SchemaKind::Manifest);
    let mut action = full().remove(2);
    action["spec"]["cache"]["key"] = "k".into();
    for (payload_kb, fits) in [
        (Footprint::MAX_PAYLOAD_KB, true),
        (Footprint::MAX_PAYLOAD_KB + 1, false),
    ] {
        action["spec"]["cache"]["payloadKb"] = payload_kb.into();
        assert_eq!(validator.is_valid(&action), fits, "{payload_kb}");
        assert_eq!(findings(&action).is_empty(), fits, "{payload_kb}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// What holds of one change holds of several.
    #[test]
    fn what_changes_make_wrong_is_wrong_to_both(
        which in 0..4_usize,
        steps in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..5),
    ) {
        thread_local! {
            static STAGE: (jsonschema::Validator, Vec<Change>) = (validator(SchemaKind::Manifest), changes());
        }
        STAGE.with(|(validator, changes)| {
            let mut document = full().remove(which);
            for (place, change) in steps {
                let places = places(&document);
                if places.is_empty() {
                    continue;
                }
                if let Some(next) = changed(&document, place.get::<String>(&places), change.get(changes)) {
                    document = next;
                }
            }
            let agreed = agree(validator, &document);
            prop_assert!(agreed.is_ok(), "{}", agreed.unwrap_err());
            Ok(())
        })?;
    }
}

#[test]
fn a_reference_to_a_value_of_the_tenant_may_stand_for_every_single_value() {
    let validator = validator(SchemaKind::Manifest);
    let reference = Change::Put(json!("${var.any}"));
    let mut filled = 0;
    for document in full() {
        for place in places(&document) {
            let value = document.pointer(&place).unwrap();
            let is_single = !value.is_object() && !value.is_array();
            if is_single && !matches!(place.as_str(), "/apiVersion" | "/kind") {
                let document = changed(&document, &place, &reference).unwrap();
                assert!(validator.is_valid(&document), "{place}");
                filled += 1;
            }
        }
    }
    assert!(filled > 80, "only {filled} were filled");
    let mut long = full().remove(2);
    let script = "${var.any}".repeat(Script::MAX_BYTES);
    long["spec"]["script"]["content"] = script.into();
    assert!(
        !validator.is_valid(&long),
        "no reference stands in a script"
    );
}

/// The schema of what stands at `place` in a document of `kind`.
fn at<'s>(schema: &'s Value, kind: &str, place: &str) -> &'s Value {
    let document = &schema["$defs"][kind];
    place.split('/').skip(1).fold(document, |schema, part| {
        let is_index = part.parse::<usize>().is_ok();
        if is_index {
            &schema["items"]
        } else {
            &schema["properties"][part]
        }
    })
}

/// The keys that the reader knows where `document` gets one that it does not know.
fn known(document: &Value) -> Option<BTreeSet<String>> {
    let mut hints = findings(document).into_iter().filter_map(|each| each.hint);
    let list = hints.find_map(|hint| hint.strip_prefix("known here: ").map(ToOwned::to_owned))?;
    Some(
        list.split(", ")
            .map(|key| key.trim_matches('`').to_owned())
            .collect(),
    )
}

#[test]
fn reader_and_schema_know_the_same_keys_in_every_map() {
    let schema = schema(SchemaKind::Manifest);
    let mut maps = 0;
    for document in full() {
        let kind = document["kind"].as_str().unwrap();
        let places = places(&document).into_iter().chain([String::new()]);
        for place in places.filter(|place| document.pointer(place).unwrap().is_object()) {
            let stranger = changed(&document, &place, &Change::Key("zzzzzzzzzzzz")).unwrap();
            let properties = at(&schema, kind, &place).get("properties");
            let properties = properties.and_then(Value::as_object);
            let in_schema = properties.map(|keys| keys.keys().cloned().collect::<BTreeSet<_>>());
            assert_eq!(known(&stranger), in_schema, "{place}");
            maps += usize::from(in_schema.is_some());
        }
    }
    assert!(maps > 30, "only {maps} maps were found");
}

#[test]
fn every_key_stands_in_a_document_of_these_tests() {
    let schema = schema(SchemaKind::Manifest);
    let mut written = BTreeSet::new();
    for document in full() {
        for place in places(&document) {
            written.insert(place.rsplit('/').next().unwrap().to_owned());
        }
    }
    super::walk(&schema, "", &mut |_, part| {
        let properties = part.get("properties").and_then(Value::as_object);
        for key in properties.into_iter().flatten().map(|(key, _)| key) {
            assert!(written.contains(key), "{key}");
        }
    });
}
