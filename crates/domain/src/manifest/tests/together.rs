//! Everything at once: no mistake hides another one, and none is reported twice.

use std::sync::Arc;

use proptest::prelude::*;

use super::source::{decoded, read};
use super::{ACTION, VIEW, assert_findings, assert_is_readable, report};
use crate::address::Address;
use crate::manifest::decode;
use crate::node::{Node, NodeValue};

/// A mistake of every rule that one reading can show, in two documents.
const WRONG: &str = r#"{
"apiVersion": "cxda/v2",
"kind": "MaterializedView",
"metadata": {"name": "ab", "protcet": true},
"spec": {
  "description": "short",
  "source": {"table": "t"},
  "columns": [{"name": "q", "aggregation": "MEDIAN"}, {"name": "q"}],
  "refresh": {"intervalMinutes": 7},
  "indexes": {"custom": [{"columns": ["r"], "type": ""}]}
}}
{
"apiVersion": "cxda/v1",
"kind": "DataAction",
"metadata": {"name": "a b"},
"spec": {
  "description": "",
  "type": "REST",
  "script": {"content": ""},
  "dependencies": ["one", "one"],
  "cache": {"key": "{", "priority": "high", "payloadKb": 10000, "ttlMatrix": {"highPriority": 3601},
    "invalidation": [{"source": "x", "eventType": "e", "action": "noop"}]},
  "variables": [
    {"name": "1", "type": "integer", "value": "3"},
    {"name": "1", "type": "string", "encrypted": true, "value": "x"},
    {"name": "c", "type": "string", "value": "****", "scope": "global"}],
  "dateProcessing": {"sourceField": "", "targetField": "to", "timestamp": "now", "timezone": "Here",
    "operation": "ADD", "precision": 4}
}}"#;

#[test]
fn all_mistakes_of_all_documents_come_out_in_one_run() {
    let (manifest, violations) = decoded(WRONG);
    assert!(manifest.resources().is_empty());
    insta::assert_snapshot!(report(&violations), @r#"
    2:15 M002 apiVersion: apiVersion is "cxda/v2", expected cxda/v1 (did you mean `cxda/v1`?)
    4:22 V001 metadata.name: view name has 2 characters, expected 3 to 128
    4:28 M003 metadata.protcet: unknown key `protcet` (did you mean `protect`?)
    6:18 V002 spec.description: description has 5 characters, expected 10 to 500
    7:23 V003 spec.source.table: table "t" is not a UUID of the form 8-4-4-4-12 hexadecimal digits
    8:44 V005 spec.columns[0].aggregation: aggregation is "MEDIAN", expected SUM, AVG, COUNT, MIN or MAX
    8:64 V006 spec.columns[1].name: output name "q" stands twice, first in line 8 (give each column an alias of its own)
    9:34 V007 spec.refresh.intervalMinutes: refresh interval is 7 minutes, expected a multiple of 5
    10:39 V008 spec.indexes.custom[0].columns[0]: index names "r", which is no output column (output columns: q)
    10:53 V008 spec.indexes.custom[0].type: index type is empty
    15:22 A001 metadata.name: action name has ' ' at character 2, expected a letter, a digit, `_` or `-`
    18:11 A004 spec.type: type is "REST", expected SCRIPT
    19:25 A002 spec.script.content: script is empty
    20:27 A005 spec.dependencies[1]: dependency "one" stands twice (remove one of them)
    21:20 C001 spec.cache.key: cache key has an unbalanced brace at character 1 (write a placeholder as `{name}`)
    21:37 C003 spec.cache.priority: priority is "high", expected default, highPriority or staticReference (did you mean `highPriority`?)
    21:58 C005 spec.cache.payloadKb: cache entry is estimated at 11264282 bytes, expected at most 10485760 (it is (256 + bytes of the key + payloadKb × 1024) × 1.1: lower `payloadKb`)
    21:95 C002 spec.cache.ttlMatrix.highPriority: highPriority TTL is 3601 seconds, expected 0 to 3600
    22:33 C006 spec.cache.invalidation[0].source: source is no http or https URL with a plain host, without a user and without a fragment
    24:14 E002 spec.variables[0].name: variable name has '1' at character 1, expected a letter
    24:47 E004 spec.variables[0].value: value is string, expected integer (remove the quotes)
    25:14 E003 spec.variables[1].name: variable "1" stands twice, first in line 24 (remove or rename one of them)
    25:65 E006 spec.variables[1].value: value is to be encrypted and stands in clear (name where it comes from: `valueFrom: {env: NAME}` or `{file: PATH}`)
    26:46 E007 spec.variables[2].value: value of c looks like a mask, not like what it stands for (name where it comes from: `valueFrom: {env: NAME}` or `{file: PATH}`)
    26:63 E005 spec.variables[2].scope: scope global is broader than the parent scope action (narrow it, or set `parentScope: global`)
    27:37 D007 spec.dateProcessing.sourceField: sourceField is empty (name a field of the action's input or output)
    27:75 D001 spec.dateProcessing.timestamp: timestamp has 'n' at character 1, expected a digit 0 to 9
    27:94 D002 spec.dateProcessing.timezone: time zone "Here" is not in the IANA database (name it as the database does, such as America/New_York)
    28:18 D003 spec.dateProcessing.operation: operation is "ADD", expected ADD_OFFSET or SUBTRACT_OFFSET (did you mean `ADD_OFFSET`?)
    28:38 D004 spec.dateProcessing.precision: precision is 4, expected 0 to 3
    "#);
}

#[test]
fn findings_of_one_document_do_not_stand_in_the_way_of_another() {
    let text = [VIEW, WRONG, ACTION].join("\n");
    let (manifest, violations) = decoded(&text);
    let addresses: Vec<_> = manifest
        .resources()
        .keys()
        .map(ToString::to_string)
        .collect();
    assert_eq!(addresses, ["view/calls_by_queue", "action/score_calc"]);
    assert_eq!(violations.len(), decoded(WRONG).1.len());
}

/// How long a list must be for a quadratic walk over it to be noticed.
const MANY: usize = 20_000;

#[test]
fn m_02_long_lists_and_maps_take_linear_time() {
    let list = |item: &dyn Fn(usize) -> String| {
        let items: Vec<_> = (0..MANY).map(item).collect();
        items.join(", ")
    };
    let columns = list(&|number| format!(r#"{{"name": "q{number}"}}"#));
    let text = VIEW.replace(
        r#"[{"name": "queue", "alias": "q"}, {"name": "calls", "aggregation": "COUNT"}]"#,
        &format!("^[{columns}]"),
    );
    assert_findings(
        &text.replace(r#"["q"]"#, r#"["q0"]"#),
        &["V004 spec.columns"],
        "columns",
    );
    let dependencies = list(&|number| format!(r#""a{number}b""#));
    assert_findings(
        &ACTION.replace(r#""base_calc""#, &dependencies),
        &[],
        "dependencies",
    );
    let members = list(&|number| format!(r#""m{number}": 1"#));
    assert_findings(
        &ACTION.replace(r#"{"score": 10}"#, &format!("{{{members}}}")),
        &[],
        "members",
    );
    let (_, violations) = decoded(&VIEW.replace(r#""auto": true"#, &members));
    assert_eq!(violations.len(), MANY);
    let variables =
        list(&|number| format!(r#"{{"name": "v{number}", "type": "integer", "value": 1}}"#));
    let text = ACTION.replace(
        r#"{"name": "limit", "type": "integer", "value": 3}"#,
        &variables,
    );
    assert_eq!(decoded(&text).1.len(), 1);
}

/// Puts `value` in the place of the node with this number, counted from the root.
fn replace(node: &mut Node, number: &mut usize, value: &NodeValue) {
    if *number == 0 {
        node.value = value.clone();
    }
    *number = number.wrapping_sub(1);
    match &mut node.value {
        NodeValue::Map(entries) => {
            for entry in entries {
                replace(&mut entry.node, number, value);
            }
        }
        NodeValue::List(items) => {
            for item in items {
                replace(item, number, value);
            }
        }
        _ => {}
    }
}

proptest! {
    /// Whatever stands in the place of one value, reading ends, says the same each time, and blames at most what was
    /// put there and what is around it.
    #[test]
    fn one_value_gone_wrong_spoils_no_more_than_its_document(number in 0_usize..70, kind in 0_usize..7) {
        let values = [
            NodeValue::Null,
            NodeValue::Bool(false),
            NodeValue::Integer(-1),
            NodeValue::Float(f64::NAN),
            NodeValue::Text("\u{202e}?".into()),
            NodeValue::List(Vec::new()),
            NodeValue::Map(Vec::new()),
        ];
        let (mut documents, _) = read(&format!("{ACTION}\n{VIEW}"));
        replace(&mut documents[0], &mut number.clone(), &values[kind]);
        let file: Arc<str> = "a.yaml".into();
        let read = || decode(documents.iter().map(|root| (&file, root))).complete([]);
        let (manifest, violations) = read();
        prop_assert_eq!(&read().1, &violations);
        prop_assert!(manifest.get(&Address::view("calls_by_queue")).is_some());
        let sound = manifest.actions().next().is_some();
        prop_assert_eq!(sound, !violations.has_errors());
        // Only a map that lost all its keys breaks a rule for each of them.
        let most = if matches!(values[kind], NodeValue::Map(_)) { 7 } else { 1 };
        prop_assert!(violations.len() <= most, "{:#?}", violations);
        for violation in &violations {
            assert_is_readable(violation);
        }
    }
}
