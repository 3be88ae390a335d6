//! What moved since the last apply, and who moved it: pending, drift, conflict.

use serde_json::{Value, json};

use crate::stage::{Foreign, Habits, Project, Simulated};

const ACTION: &str = "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {name: alpha}\nspec:\n  description: first\n  script: {content: 'function main() {}'}\n  cache: {key: alpha_key, ttl: 300}\n";

fn applied() -> (Foreign, Project) {
    let tenant = Foreign::start(Habits::PLAIN);
    let project = Project::on(tenant.base_url());
    project.write("a.cxda.yaml", ACTION);
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    (tenant, project)
}

fn plan(project: &Project) -> Value {
    project
        .cxda_signed_in(&["plan", "-o", "json"])
        .run()
        .exits(0)
        .json()
}

#[test]
fn a_changed_manifest_is_pending() {
    let (_tenant, project) = applied();
    project.edit("a.cxda.yaml", "ttl: 300", "ttl: 600");
    let plan = plan(&project);
    let change = &plan["changes"][0];
    assert_eq!(
        (&change["operation"], &change["cause"]),
        (&json!("update"), &json!("pending"))
    );
    assert_eq!(
        change["fields"],
        json!([{"path": "cache.ttl", "before": 300, "after": 600}])
    );
    let _ = project.cxda_signed_in(&["plan"]).run().exits(0).says(&[
        "~ action/alpha",
        "cache.ttl",
        "300",
        "600",
    ]);
}

#[test]
fn a_changed_tenant_is_drift_and_the_manifest_wins() {
    let (tenant, project) = applied();
    tenant.set("alpha", "cacheTtl", "5");
    let plan = plan(&project);
    let change = &plan["changes"][0];
    assert_eq!(
        (&change["operation"], &change["cause"]),
        (&json!("update"), &json!("drift"))
    );
    assert_eq!(
        change["fields"],
        json!([{"path": "cache.ttl", "before": 5, "after": 300}])
    );
    let _ = project
        .cxda_signed_in(&["plan"])
        .run()
        .exits(0)
        .says(&["drift"]);
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    assert_eq!(tenant.member("alpha", "cacheTtl"), "300");
}

#[test]
fn both_changed_is_a_conflict_and_the_manifest_wins() {
    let (tenant, project) = applied();
    tenant.set("alpha", "cacheTtl", "5");
    project.edit("a.cxda.yaml", "ttl: 300", "ttl: 600");
    let plan = plan(&project);
    let change = &plan["changes"][0];
    assert_eq!(
        (&change["operation"], &change["cause"]),
        (&json!("update"), &json!("conflict"))
    );
    assert_eq!(
        change["fields"],
        json!([{"path": "cache.ttl", "before": 5, "after": 600}])
    );
    let _ = project
        .cxda_signed_in(&["plan"])
        .run()
        .exits(0)
        .says(&["conflict"]);
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    assert_eq!(tenant.member("alpha", "cacheTtl"), "600");
    let _ = project
        .cxda_signed_in(&["plan", "--detailed-exitcode"])
        .run()
        .exits(0);
}

#[test]
fn a_file_and_a_tenant_that_moved_to_the_same_place_are_in_agreement() {
    let (tenant, project) = applied();
    tenant.set("alpha", "cacheTtl", "600");
    project.edit("a.cxda.yaml", "ttl: 300", "ttl: 600");
    assert_eq!(plan(&project)["changes"], json!([]));
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    tenant.set("alpha", "cacheTtl", "5");
    assert_eq!(
        plan(&project)["changes"][0]["cause"],
        "drift",
        "600 is what was last agreed on"
    );
}

#[test]
fn what_is_not_managed_moves_freely() {
    let (tenant, project) = applied();
    tenant.set("alpha", "vendorExtension", r#"{"moved":1.0}"#);
    tenant.set("alpha", "enabled", "false");
    tenant.set(
        "alpha",
        "variables",
        r#"[{"name":"x","type":"string","value":"y","encrypted":false,"scope":"action"}]"#,
    );
    assert_eq!(plan(&project)["changes"], json!([]));
}

#[test]
fn a_resource_that_was_deleted_on_the_tenant_is_created_again_for_drift() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", ACTION);
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    let other = Project::on(&tenant.base_url());
    other.write("a.cxda.yaml", ACTION);
    other.write("b.cxda.yaml", ACTION.replace("alpha", "other"));
    let _ = other.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    other.remove("a.cxda.yaml");
    let _ = other
        .cxda_signed_in(&["apply", "--yes", "--prune"])
        .run()
        .exits(0);
    assert_eq!(tenant.names("actions"), ["other"]);
    let change = plan(&project)["changes"][0].clone();
    assert_eq!(
        (&change["operation"], &change["cause"]),
        (&json!("create"), &json!("drift"))
    );
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    assert_eq!(tenant.names("actions"), ["alpha", "other"]);
}

#[test]
fn enabled_is_managed_only_where_the_manifest_says_so() {
    let (tenant, project) = applied();
    tenant.set("alpha", "enabled", "false");
    project.write("a.cxda.yaml", ACTION.to_owned() + "  enabled: true\n");
    assert_eq!(
        plan(&project)["changes"][0]["fields"],
        json!([{"path": "enabled", "before": false, "after": true}])
    );
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    assert_eq!(tenant.member("alpha", "enabled"), "true");
    project.write("a.cxda.yaml", ACTION);
    assert_eq!(plan(&project)["changes"], json!([]));
}

#[test]
fn a_block_that_the_manifest_no_longer_names_stays_and_an_empty_list_takes_variables_away() {
    let (tenant, project) = applied();
    project.write(
        "a.cxda.yaml",
        ACTION.to_owned() + "  variables: [{name: v, type: integer, value: 3}]\n",
    );
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    project.write(
        "a.cxda.yaml",
        ACTION.replace("  cache: {key: alpha_key, ttl: 300}\n", ""),
    );
    assert_eq!(plan(&project)["changes"], json!([]));
    assert_eq!(tenant.member("alpha", "cacheTtl"), "300");
    project.write("a.cxda.yaml", ACTION.to_owned() + "  variables: []\n");
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    assert_eq!(tenant.member("alpha", "variables"), "[]");
    let _ = project
        .cxda_signed_in(&["plan", "--detailed-exitcode"])
        .run()
        .exits(0);
}
