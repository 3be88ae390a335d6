//! One project for several tenants: `${var.NAME}` differs, everything else is the same.

use serde_json::{Value, json};

use crate::stage::{Ended, Project};

const SETTINGS: &str = r#"
[project]
default_tenant = "dev"

[tenant.dev]
simulator = true
[tenant.dev.vars]
host = "dev.example.com"
every = 60

[tenant.prod]
simulator = true
[tenant.prod.vars]
host = "crm.example.com"
every = 15
"#;

const MANIFESTS: &str = r#"
apiVersion: cxda/v1
kind: MaterializedView
metadata: {name: calls_mv}
spec:
  description: Calls as ${var.host} sees them
  source: {table: 12345678-1234-1234-1234-123456789012}
  columns: [{name: id}]
  refresh: {intervalMinutes: "${var.every}"}
---
apiVersion: cxda/v1
kind: DataAction
metadata: {name: notifier}
spec:
  description: Tells the CRM
  script: {content: 'function main() { return "${var.host}"; }'}
  cache: {key: "notify_{contactId}"}
  variables:
    - {name: endpoint, type: string, value: "https://${var.host}/v1"}
"#;

fn project() -> Project {
    let project = Project::empty();
    project.write("cxda.toml", SETTINGS);
    project.write("all.cxda.yaml", MANIFESTS);
    project
}

fn on(project: &Project, tenant: &str, words: &[&str]) -> Ended {
    project.cxda(&[words, &["--tenant", tenant]].concat()).run()
}

fn got(project: &Project, tenant: &str, kind: &str) -> Value {
    let listing = on(project, tenant, &["get", kind, "-o", "json"])
        .exits(0)
        .json();
    listing["items"][0].clone()
}

#[test]
fn two_tenants_get_their_own_values_from_one_project() {
    let project = project();
    for (tenant, host, every) in [
        ("dev", "dev.example.com", 60),
        ("prod", "crm.example.com", 15),
    ] {
        let _ = on(&project, tenant, &["validate"]).exits(0);
        let _ = on(&project, tenant, &["apply", "--yes"]).exits(0);
        let view = got(&project, tenant, "views");
        assert_eq!(view["description"], format!("Calls as {host} sees them"));
        assert_eq!(view["refreshConfig"]["intervalMinutes"], every);
        let action = got(&project, tenant, "actions");
        assert_eq!(
            action["variables"][0]["value"],
            format!("https://{host}/v1")
        );
        assert_eq!(action["cacheKey"], "notify_{contactId}");
        let script = action["script"]["content"].as_str().unwrap();
        assert!(
            script.contains("${var.host}"),
            "scripts are left alone: {script}"
        );
    }
    // Each keeps its own state, and neither plan sees the other's.
    for tenant in ["dev", "prod"] {
        let _ = on(&project, tenant, &["plan", "--detailed-exitcode"]).exits(0);
    }
    assert!(project.has(".cxda/simulator.json") && project.has(".cxda/simulator-prod.json"));
}

#[test]
fn a_reference_to_nothing_is_a_finding_at_its_place() {
    let project = project();
    project.edit(
        "all.cxda.yaml",
        "Calls as ${var.host}",
        "Calls as ${var.hots}",
    );
    let diagnostics = on(&project, "dev", &["validate", "-o", "json"])
        .exits(3)
        .json()["diagnostics"]
        .clone();
    let found: Vec<Value> = diagnostics
        .as_array()
        .unwrap()
        .iter()
        .map(|each| json!([each["code"], each["line"], each["path"], each["hint"]]))
        .collect();
    assert_eq!(
        found,
        [json!([
            "M003",
            6,
            "spec.description",
            "did you mean `${var.host}`?"
        ])]
    );
}

#[test]
fn without_a_tenant_nobody_knows_a_value() {
    let project = project();
    project.edit("cxda.toml", "default_tenant = \"dev\"\n", "");
    let _ = project
        .cxda(&["validate"])
        .run()
        .exits(3)
        .says(&["no tenant is chosen", "--tenant"]);
    project.write("all.cxda.yaml", "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {name: plain}\nspec: {description: d, script: {content: 'function main() {}'}}\n");
    let _ = project.cxda(&["validate"]).run().exits(0);
}

#[test]
fn a_value_that_changed_makes_a_saved_plan_stale() {
    let project = project();
    let _ = on(&project, "dev", &["plan", "--out", "plan.json"]).exits(0);
    project.edit("cxda.toml", "every = 60", "every = 30");
    let _ = on(&project, "dev", &["apply", "plan.json", "--yes"])
        .exits(5)
        .says(&["[tenant.dev.vars]"]);
}

#[test]
fn a_value_of_another_type_or_name_is_refused_with_its_place() {
    for (from, to, says) in [
        (
            "every = 60",
            "every = [1]",
            "a value is a string, a whole number, or true or false",
        ),
        ("every = 60", "\"a b\" = 1", "tenant.dev.vars"),
    ] {
        let project = project();
        project.edit("cxda.toml", from, to);
        let _ = project.cxda(&["validate"]).run().exits(3).says(&[says]);
    }
}

#[test]
fn a_diff_of_two_tenants_shows_what_their_values_make_of_one_project_and_nothing_else() {
    let project = project();
    for tenant in ["dev", "prod"] {
        let _ = on(&project, tenant, &["apply", "--yes"]).exits(0);
    }
    let diff = |words: &[&str]| {
        let words = [&["diff", "--tenant", "dev", "--tenant", "prod"], words].concat();
        project.cxda(&words).run()
    };
    let found = diff(&["-o", "json"]).exits(0).json();
    assert_eq!(
        found,
        json!({
            "formatVersion": "1.0",
            "tenants": ["dev", "prod"],
            "differences": [
                {"address": "view/calls_mv", "only": null, "fields": [
                    {"path": "description", "values": ["Calls as dev.example.com sees them", "Calls as crm.example.com sees them"]},
                    {"path": "refresh.intervalMinutes", "values": [60, 15]},
                ]},
                {"address": "action/notifier", "only": null, "fields": [
                    {"path": "variables.endpoint.value", "values": ["https://dev.example.com/v1", "https://crm.example.com/v1"]},
                ]},
            ],
            "summary": {"equal": 0, "different": 2, "only": [0, 0]},
        })
    );
    let _ = diff(&["--detailed-exitcode"]).exits(2);
    let text = diff(&["--target", "view/*"]).exits(0).stdout;
    insta::assert_snapshot!(text);

    let _ = on(&project, "prod", &["delete", "action/notifier", "--yes"]).exits(0);
    let _ = diff(&[]).exits(0).says(&[
        "- action/notifier  only on dev",
        "1 only on dev, 0 only on prod",
    ]);
    let same = [
        "diff",
        "--tenant",
        "dev",
        "--tenant",
        "dev",
        "--detailed-exitcode",
    ];
    let _ = project
        .cxda(&same)
        .run()
        .exits(0)
        .says(&["dev and dev do not differ: 2 resources equal."]);
}

#[test]
fn a_diff_needs_two_tenants_and_everything_else_takes_one() {
    let project = project();
    for words in [
        &["diff"][..],
        &["diff", "--tenant", "dev"],
        &["plan", "--tenant", "dev", "--tenant", "prod"],
        &[
            "diff", "--tenant", "dev", "--tenant", "dev", "--tenant", "prod",
        ],
    ] {
        let _ = project.cxda(words).run().exits(64).says(&["--tenant"]);
    }
    let _ = project
        .cxda(&["diff", "--tenant", "dev", "--tenant", "prdo"])
        .run()
        .exits(3)
        .says(&["prdo"]);
}

#[test]
fn a_tenant_that_is_not_there_is_refused_offline_too_and_so_is_a_target_that_fits_nothing() {
    let project = project();
    for command in ["validate", "test", "graph"] {
        let _ = project
            .cxda(&[command, "--tenant", "prdo"])
            .run()
            .exits(3)
            .says(&["there is no tenant \"prdo\"", "did you mean prod?"]);
    }
    for tenant in ["dev", "prod"] {
        let _ = on(&project, tenant, &["apply", "--yes"]).exits(0);
    }
    let _ = project
        .cxda(&[
            "diff",
            "--tenant",
            "dev",
            "--tenant",
            "prod",
            "--target",
            "action/notifer",
        ])
        .run()
        .exits(64)
        .says(&["did you mean action/notifier?"]);
}

#[test]
fn an_unknown_value_is_one_finding_whatever_stands_around_it() {
    let project = project();
    project.edit("all.cxda.yaml", "name: notifier", "name: \"${var.none}\"");
    project.edit(
        "all.cxda.yaml",
        "notify_{contactId}",
        "${var.one}_${var.two",
    );
    let diagnostics = on(&project, "dev", &["validate", "-o", "json"])
        .exits(3)
        .json()["diagnostics"]
        .clone();
    let found: Vec<Value> = diagnostics
        .as_array()
        .unwrap()
        .iter()
        .map(|each| json!([each["code"], each["path"]]))
        .collect();
    assert_eq!(
        found,
        [
            json!(["M003", "metadata.name"]),
            json!(["M003", "spec.cache.key"]),
            json!(["M003", "spec.cache.key"])
        ]
    );
}
