//! Names, defaults, types and dates of exported documents.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::*;
use crate::observed::{Document, source_by_id};

fn action(name: &str, fields: &Value) -> ObservedResource {
    let mut all = json!({"description": "d", "script": {"content": "main"}});
    let members = all.as_object_mut().unwrap();
    members.extend(fields.as_object().unwrap().clone());
    observed(Address::action(name), members.clone())
}

fn view(name: &str, source: &str) -> ObservedResource {
    let fields = json!({"description": "ten or more", "source": source_by_id(source), "columns": [{"name": "n"}],
        "refresh": {"intervalMinutes": 15.0, "auto": true}, "indexes": {"auto": true, "custom": []}});
    observed(Address::view(name), fields.as_object().unwrap().clone())
}

fn observed(address: Address, fields: serde_json::Map<String, Value>) -> ObservedResource {
    ObservedResource {
        kind: address.kind,
        id: format!("id-{}", address.name.len()).parse().unwrap(),
        name: address.name,
        status: None,
        fields: Projection::new(fields),
        document: Document::new("{}"),
    }
}

fn exported(resources: Vec<ObservedResource>, taken: &[&str]) -> Export {
    let observed = ObservedState::new(resources, BTreeMap::new());
    export(ExportInput {
        observed: &observed,
        manifest: &Manifest::default(),
        scope: &PlanScope::default(),
        obstacles: &BTreeMap::new(),
        protected: &BTreeSet::new(),
        folder: "",
        taken: &taken
            .iter()
            .map(ToString::to_string)
            .collect::<BTreeSet<_>>(),
    })
}

fn files(export: &Export) -> Vec<&str> {
    export
        .manifests
        .iter()
        .map(|each| each.file.as_str())
        .collect()
}

fn spec(export: &Export) -> Value {
    assert_eq!(
        (&export.skipped[..], &export.unmanaged[..]),
        (&[][..], &[][..])
    );
    export.manifests[0].root.to_json().unwrap()["spec"].clone()
}

#[test]
fn a_file_is_called_after_its_resource_whatever_that_is_called() {
    let table = "12345678-1234-1234-1234-123456789012";
    let names = [
        "../../etc/passwd",
        "Calls/day",
        "calls day",
        "CALLS-DAY",
        ".hidden",
        "日本語",
        "$(rm -rf)",
        "nul\\x",
    ];
    let views = names.iter().map(|name| view(name, table));
    let export = exported(views.collect(), &["views/Hidden.cxda.yaml"]);
    assert_eq!(
        files(&export),
        [
            "views/rm--rf.cxda.yaml",
            "views/etc-passwd.cxda.yaml",
            "views/hidden-2.cxda.yaml",
            "views/CALLS-DAY.cxda.yaml",
            "views/Calls-day-2.cxda.yaml",
            "views/calls-day-3.cxda.yaml",
            "views/nul-x.cxda.yaml",
            "views/view.cxda.yaml",
        ]
    );
}

#[test]
fn no_tenant_can_name_a_variable_that_holds_another_secret() {
    let secret = json!({"variables": {"client_secret": {"type": "string", "encrypted": true, "scope": "action"}}});
    let export = exported(
        vec![action("CXONE", &secret), action("cxone", &secret)],
        &[],
    );
    let names: Vec<&str> = export
        .manifests
        .iter()
        .map(|each| each.references[0].env.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "CXDA_VAR_CXONE_CLIENT_SECRET",
            "CXDA_VAR_CXONE_CLIENT_SECRET_2"
        ]
    );
}

#[test]
fn what_stands_as_by_default_is_left_out() {
    let plain = json!({"type": "SCRIPT", "trigger": {"type": "MANUAL"}, "enabled": true, "dependencies": [],
        "cache": {"enabled": false, "key": null, "ttl": null}, "variables": {}, "dateProcessing": null});
    let export = exported(vec![action("plain", &plain)], &[]);
    assert_eq!(
        spec(&export),
        json!({"description": "d", "script": {"file": "scripts/plain.js"}})
    );
    let off = exported(vec![action("off", &json!({"enabled": false}))], &[]);
    assert_eq!(spec(&off)["enabled"], false);
    let view = exported(
        vec![view("calls", "12345678-1234-1234-1234-123456789012")],
        &[],
    );
    assert_eq!(spec(&view)["refresh"], json!({"intervalMinutes": 15}));
    assert!(spec(&view).get("indexes").is_none());
}

#[test]
fn a_value_is_written_as_its_type() {
    let variable = |kind: &str, value: &str| json!({"type": kind, "value": value, "encrypted": false, "scope": "action"});
    let variables = json!({"a": variable("string", "3"), "b": variable("integer", "-3"), "c": variable("boolean", "true"),
        "d": variable("object", r#"{ "z": [1.0, "x"] }"#)});
    let export = exported(vec![action("typed", &json!({"variables": variables}))], &[]);
    let values: Vec<Value> = spec(&export)["variables"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each["value"].clone())
        .collect();
    assert_eq!(
        values,
        [json!("3"), json!(-3), json!(true), json!({"z": [1.0, "x"]})]
    );
    let odd = action(
        "odd",
        &json!({"variables": {"n": variable("integer", "007")}}),
    );
    let export = exported(vec![odd], &[]);
    assert_eq!(export.unmanaged[0].block, Block::Variables);
}

#[test]
fn a_date_is_a_manipulation_by_nothing_with_the_same_result() {
    // In New York 01:30 stands twice on 3 November 2024.
    for (value, adjusts, want) in [
        ("2024-02-29T17:30:00.000Z", true, json!({})),
        (
            "2024-02-29T12:30:00.000-05:00",
            true,
            json!({"output": "local"}),
        ),
        (
            "2024-11-03T01:30:00.000-04:00",
            false,
            json!({"output": "local", "dstAdjustment": false}),
        ),
        (
            "2024-11-03T01:30:00.000-05:00",
            false,
            json!({"output": "local", "dstAdjustment": false, "ambiguous": "later"}),
        ),
        (
            "2024-11-03T06:30:00.000Z",
            false,
            json!({"dstAdjustment": false, "ambiguous": "later"}),
        ),
    ] {
        let shown = json!({"sourceField": "a", "targetField": "b", "computedValue": value, "timezone": "America/New_York",
            "dstAdjustment": adjusts, "precision": 3});
        let export = exported(
            vec![action("dated", &json!({"dateProcessing": shown}))],
            &[],
        );
        let mut block = spec(&export)["dateProcessing"].clone();
        let members = block.as_object_mut().unwrap();
        for (member, wanted) in [
            ("sourceField", json!("a")),
            ("targetField", json!("b")),
            ("timestamp", json!(value)),
            ("timezone", json!("America/New_York")),
            ("operation", json!("ADD_OFFSET")),
            ("offsetMinutes", json!(0)),
            ("precision", json!(3)),
        ] {
            assert_eq!(members.remove(member), Some(wanted), "{value} {member}");
        }
        assert_eq!(block, want, "{value}");
    }
}

#[test]
fn what_a_listing_may_lack_makes_it_partial() {
    let whole = json!({"enabled": true, "dependencies": [], "cache": {}, "variables": null, "dateProcessing": null});
    assert!(!is_partial(&action("whole", &whole)));
    assert!(is_partial(&action("part", &json!({}))));
    let mut no_text = whole.clone();
    no_text["script"] = json!({"language": "JavaScript"});
    assert!(is_partial(&action("part", &no_text)));
}

#[test]
fn only_what_is_asked_for_is_exported() {
    let observed = ObservedState::new(
        vec![action("one", &json!({})), action("two", &json!({}))],
        BTreeMap::new(),
    );
    let scope = PlanScope {
        targets: vec!["action/t*".parse().unwrap()],
        prune: false,
    };
    let export = export(ExportInput {
        observed: &observed,
        manifest: &Manifest::default(),
        scope: &scope,
        obstacles: &BTreeMap::new(),
        protected: &BTreeSet::new(),
        folder: "deep/er",
        taken: &BTreeSet::new(),
    });
    assert_eq!(files(&export), ["deep/er/actions/two.cxda.yaml"]);
    assert_eq!(
        export.manifests[0].script.as_ref().unwrap().0,
        "deep/er/actions/scripts/two.js"
    );
}
