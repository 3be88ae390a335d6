//! Removal by name: what is ours, after a yes, and nothing that is protected or still needed.

use cxda_domain::request::Operation::{DeleteAction, DeleteView, ListActions, ListViews, Token};
use cxda_simulator::SimState;
use serde_json::json;

use crate::stage::{LONG_AGO, Project, Simulated, config};

fn action(name: &str, needs: &str, more: &str) -> String {
    format!(
        "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {{name: {name}{more}}}\nspec:\n  description: as declared\n  script: {{content: 'function main() {{}}'}}\n  dependencies: [{needs}]\n"
    )
}

/// Three actions in a row, applied.
fn applied() -> (Simulated, Project) {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    for (name, needs) in [
        ("alpha", ""),
        ("beta", "alpha"),
        ("gamma", "beta"),
        ("delta", ""),
    ] {
        project.write(&format!("{name}.cxda.yaml"), action(name, needs, ""));
    }
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    (tenant, project)
}

#[test]
fn what_is_named_goes_dependents_first_with_one_listing_and_one_request_each() {
    let (tenant, project) = applied();
    project.remove("gamma.cxda.yaml");
    let before = tenant.log().len();
    let ended = project
        .cxda_signed_in(&[
            "delete",
            "action/beta",
            "action/gamma",
            "--yes",
            "-o",
            "json",
        ])
        .run()
        .exits(0)
        .says(&["action/beta is still declared at beta.cxda.yaml:3"])
        .never_says(&["action/gamma is still declared"]);
    assert_eq!(
        ended.json()["summary"],
        json!({"created": 0, "updated": 0, "deleted": 2, "unchanged": 0, "failed": 0, "skipped": 0})
    );
    assert_eq!(
        tenant.since(before),
        [Token, ListActions, DeleteAction, DeleteAction]
    );
    assert_eq!(tenant.names("actions"), ["alpha", "delta"]);
    let records = project.audit();
    let deletes: Vec<_> = records
        .iter()
        .filter(|each| each["action"] == "DELETE_DATA_ACTION")
        .collect();
    assert_eq!(deletes.len(), 4);
    assert_eq!(deletes[0]["compliance"]["dependencyVerified"], true);
    assert_eq!(deletes[0]["resource"]["name"], "gamma");
    let _ = project.cxda(&["audit", "verify"]).run().exits(0);
}

#[test]
fn what_something_depends_on_stays_and_all_that_depends_on_it_is_listed() {
    let (tenant, project) = applied();
    let _ = project
        .cxda_signed_in(&["delete", "action/alpha", "--yes"])
        .run()
        .exits(9)
        .says(&["action/alpha is needed by action/beta, action/gamma"]);
    assert_eq!(tenant.count(DeleteAction), 0);
}

#[test]
fn what_is_protected_stays() {
    let (tenant, project) = applied();
    project.write("delta.cxda.yaml", action("delta", "", ", protect: true"));
    let delete = || {
        project
            .cxda_signed_in(&["delete", "action/delta", "--yes"])
            .run()
    };
    let _ = delete().exits(9).says(&["action/delta is protected"]);
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    project.remove("delta.cxda.yaml");
    let _ = delete().exits(9).says(&["action/delta is protected"]);
    assert_eq!(tenant.count(DeleteAction), 0);
}

#[test]
fn what_somebody_else_made_stays() {
    let mut state: SimState = Simulated::fresh();
    let members = json!({"name": "foreign", "description": "", "type": "SCRIPT", "trigger": {"type": "MANUAL"},
        "script": {"language": "JavaScript", "content": "function main() {}"}});
    state
        .seed_action("a-1", &members.to_string(), LONG_AGO)
        .unwrap();
    let tenant = Simulated::with(config(), state);
    let project = Project::on(&tenant.base_url());
    for name in ["action/foreign", "action/*", "view/nothing"] {
        let _ = project
            .cxda_signed_in(&["delete", name, "--yes"])
            .run()
            .exits(9)
            .says(&[name, "made or adopted from here"]);
    }
    assert_eq!(tenant.writes(), 0);
}

#[test]
fn more_than_allowed_are_refused_before_any_write() {
    let (tenant, project) = applied();
    let delete = |allowed: &str| {
        project
            .cxda_signed_in(&["delete", "action/*", "--yes", "--allow-deletes", allowed])
            .run()
    };
    let _ = delete("3")
        .exits(9)
        .says(&["deletes 4 resources", "--allow-deletes"]);
    assert_eq!(tenant.count(DeleteAction), 0);
    let _ = delete("4").exits(0);
    assert_eq!(tenant.names("actions"), [""; 0]);
}

#[test]
fn without_a_yes_and_a_terminal_nothing_is_even_read() {
    let (tenant, project) = applied();
    let before = tenant.log().len();
    let _ = project
        .cxda_signed_in(&["delete", "action/delta"])
        .run()
        .exits(9)
        .says(&["delete needs a yes", "--yes"]);
    assert_eq!(tenant.log().len(), before);
    let _ = project.cxda_signed_in(&["delete", "--yes"]).run().exits(64);
}

#[test]
fn what_is_gone_already_is_no_failure() {
    let (tenant, project) = applied();
    let _ = project
        .cxda_signed_in(&["delete", "action/gamma", "--yes"])
        .run()
        .exits(0);
    project.write("gamma.cxda.yaml", action("gamma", "", ""));
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    let other = Project::on(&tenant.base_url());
    for name in ["alpha", "beta", "gamma", "delta"] {
        other.write(
            &format!("{name}.cxda.yaml"),
            project.read(&format!("{name}.cxda.yaml")),
        );
    }
    let _ = other.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    let _ = other
        .cxda_signed_in(&["delete", "action/gamma", "--yes"])
        .run()
        .exits(0);
    let _ = project
        .cxda_signed_in(&["delete", "action/gamma", "--yes"])
        .run()
        .exits(0)
        .says(&["nothing to delete"]);
}

#[test]
fn a_view_goes_once_its_own_views_go_with_it() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    let view = |name: &str, source: &str| {
        format!(
            "apiVersion: cxda/v1\nkind: MaterializedView\nmetadata: {{name: {name}}}\nspec:\n  description: calls by day and hour\n  source: {{{source}}}\n  columns: [{{name: id}}]\n  refresh: {{intervalMinutes: 15}}\n"
        )
    };
    project.write(
        "a.cxda.yaml",
        view("base_mv", "table: 12345678-1234-1234-1234-123456789012"),
    );
    project.write("b.cxda.yaml", view("top_mv", "view: base_mv"));
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    let delete = |words: &[&str]| {
        project
            .cxda_signed_in(&[&["delete", "--yes"], words].concat())
            .run()
    };
    let _ = delete(&["view/base_mv"])
        .exits(9)
        .says(&["view/base_mv is needed by view/top_mv"]);
    let before = tenant.log().len();
    let _ = delete(&["view/*"]).exits(0);
    assert_eq!(
        tenant.since(before),
        [Token, ListViews, DeleteView, DeleteView]
    );
}

#[test]
fn a_delete_that_fails_says_to_delete_again_and_nothing_of_manifests() {
    let (tenant, project) = applied();
    tenant.faults(
        &json!([{"operation": "deleteAction", "fault": {"kind": "answer", "status": 403}}]),
    );
    let _ = project
        .cxda_signed_in(&["delete", "action/delta", "--yes"])
        .run()
        .exits(4)
        .says(&["run `cxda delete` again"])
        .never_says(&["still declared", "cxda apply"]);
}
