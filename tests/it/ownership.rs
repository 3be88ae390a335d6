//! What is ours: adoption of what was there before, and deletion of what this project alone made or adopted.

use cxda_domain::request::Operation::{self, DeleteAction, ListActions, Token};
use cxda_simulator::SimState;
use serde_json::{Value, json};

use crate::stage::{LONG_AGO, Project, Simulated, config};

fn action(name: &str, more: &str) -> String {
    format!(
        "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {{name: {name}{more}}}\nspec:\n  description: as declared\n  script: {{content: 'function main() {{}}'}}\n"
    )
}

fn there(name: &str, description: &str) -> String {
    format!(
        r#"{{"name":"{name}","description":"{description}","type":"SCRIPT","trigger":{{"type":"MANUAL"}},
        "script":{{"language":"JavaScript","content":"function main() {{}}"}},"enabled":false,"dependencies":[]}}"#
    )
}

fn tenant_with(actions: &[(&str, &str)]) -> Simulated {
    let mut state: SimState = Simulated::fresh();
    for (number, (name, description)) in actions.iter().enumerate() {
        state
            .seed_action(&format!("a-{number}"), &there(name, description), LONG_AGO)
            .unwrap();
    }
    Simulated::with(config(), state)
}

fn plan(project: &Project, words: &[&str]) -> Value {
    let words = [&["plan", "-o", "json"], words].concat();
    project.cxda_signed_in(&words).run().exits(0).json()
}

#[test]
fn an_equal_resource_is_unchanged_and_apply_notes_it_as_ours_without_a_request() {
    let tenant = tenant_with(&[("alpha", "as declared")]);
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", action("alpha", ""));
    let before_apply = plan(&project, &[]);
    assert_eq!(
        (
            &before_apply["changes"],
            &before_apply["summary"]["unchanged"]
        ),
        (&json!([]), &json!(1))
    );
    let before = tenant.log().len();
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    assert_eq!(tenant.since(before), [Token, ListActions]);
    // Ours now: prune deletes it once the manifest is gone.
    project.write("a.cxda.yaml", action("other", ""));
    assert_eq!(plan(&project, &["--prune"])["summary"]["delete"], 1);
}

#[test]
fn a_different_resource_is_an_update_that_says_it_is_adopted() {
    let tenant = tenant_with(&[("alpha", "as found")]);
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", action("alpha", ""));
    let change = plan(&project, &[])["changes"][0].clone();
    assert_eq!(
        (&change["operation"], &change["cause"]),
        (&json!("update"), &json!("pending"))
    );
    let _ = project
        .cxda_signed_in(&["plan"])
        .run()
        .exits(0)
        .says(&["adopted"]);
    let _ = project
        .cxda_signed_in(&["apply", "--yes"])
        .run()
        .exits(0)
        .says(&["adopted", "updated"]);
    assert_eq!(
        tenant.action("alpha")["members"]["enabled"],
        false,
        "as it was"
    );
    let _ = project
        .cxda_signed_in(&["plan"])
        .run()
        .exits(0)
        .never_says(&["adopted"]);
    assert_eq!(tenant.count(Operation::CreateAction), 0);
}

#[test]
fn what_was_only_planned_is_not_ours() {
    let tenant = tenant_with(&[("alpha", "as declared")]);
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", action("alpha", ""));
    let _ = plan(&project, &[]);
    project.write("a.cxda.yaml", action("other", ""));
    assert_eq!(plan(&project, &["--prune"])["summary"]["delete"], 0);
}

#[test]
fn prune_deletes_what_the_store_says_is_ours_and_nothing_else() {
    let tenant = tenant_with(&[("foreign", "never ours")]);
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", action("alpha", ""));
    project.write("b.cxda.yaml", action("beta", ""));
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    project.remove("b.cxda.yaml");
    assert_eq!(
        plan(&project, &[])["changes"],
        json!([]),
        "without --prune nothing is deleted"
    );
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    assert_eq!(tenant.count(DeleteAction), 0);
    let changes = plan(&project, &["--prune"])["changes"].clone();
    assert_eq!(changes.as_array().unwrap().len(), 1);
    assert_eq!(
        (&changes[0]["address"], &changes[0]["operation"]),
        (&json!("action/beta"), &json!("delete"))
    );
    let applied = project
        .cxda_signed_in(&["apply", "--yes", "--prune", "-o", "json"])
        .run()
        .exits(0)
        .json();
    assert_eq!(applied["summary"]["deleted"], 1);
    assert_eq!(tenant.names("actions"), ["alpha", "foreign"]);
    assert_eq!(plan(&project, &["--prune"])["changes"], json!([]));
    let other = Project::on(&tenant.base_url());
    other.write("x.cxda.yaml", action("gamma", ""));
    assert_eq!(
        plan(&other, &["--prune"])["summary"]["delete"],
        0,
        "another project owns nothing here"
    );
}

#[test]
fn t_21_what_is_protected_stays_and_is_listed_also_after_its_manifest_is_gone() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", action("alpha", ", protect: true"));
    project.write("b.cxda.yaml", action("beta", ""));
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    project.remove("a.cxda.yaml");
    for words in [&["plan", "--prune"][..], &["apply", "--yes", "--prune"]] {
        let _ = project
            .cxda_signed_in(words)
            .run()
            .exits(0)
            .says(&["action/alpha", "protected"]);
    }
    assert_eq!(tenant.names("actions"), ["alpha", "beta"]);
}

#[test]
fn deletes_come_last_and_in_reverse() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    let chain =
        |name: &str, needs: &str| action(name, "") + &format!("  dependencies: [{needs}]\n");
    project.write("a.cxda.yaml", chain("alpha", ""));
    project.write("b.cxda.yaml", chain("beta", "alpha"));
    project.write("c.cxda.yaml", chain("gamma", "beta"));
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    for file in ["a.cxda.yaml", "b.cxda.yaml", "c.cxda.yaml"] {
        project.remove(file);
    }
    project.write("n.cxda.yaml", action("new", ""));
    let plan = plan(&project, &["--prune"]);
    let order: Vec<String> = plan["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| {
            format!(
                "{} {}",
                change["operation"].as_str().unwrap(),
                change["address"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        order,
        [
            "create action/new",
            "delete action/gamma",
            "delete action/beta",
            "delete action/alpha"
        ]
    );
    let before = tenant.log().len();
    let _ = project
        .cxda_signed_in(&["apply", "--yes", "--prune"])
        .run()
        .exits(0);
    let writes: Vec<_> = tenant
        .since(before)
        .into_iter()
        .filter(|operation| operation.writes())
        .collect();
    assert_eq!(
        writes,
        [
            Operation::CreateAction,
            DeleteAction,
            DeleteAction,
            DeleteAction
        ]
    );
    assert_eq!(tenant.names("actions"), ["new"]);
}

#[test]
fn what_something_that_stays_still_needs_is_not_deleted() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", action("alpha", ""));
    project.write(
        "b.cxda.yaml",
        action("beta", "") + "  dependencies: [alpha]\n",
    );
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    project.remove("a.cxda.yaml");
    let _ = project
        .cxda_signed_in(&["apply", "--yes", "--prune"])
        .run()
        .exits(0)
        .says(&["action/alpha", "action/beta"]);
    assert_eq!(tenant.names("actions"), ["alpha", "beta"]);
}

#[test]
fn h_17_what_is_gone_already_is_deleted_with_success() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", action("alpha", ""));
    project.write("b.cxda.yaml", action("beta", ""));
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    project.remove("b.cxda.yaml");
    tenant.faults(&json!([{"operation": "deleteAction", "fault": {"kind": "answer", "status": 404, "committed": true, "body": {"message": "gone"}}}]));
    let _ = project
        .cxda_signed_in(&["apply", "--yes", "--prune"])
        .run()
        .exits(0);
    let audit = project.audit();
    let last = audit.last().unwrap();
    assert_eq!(
        (&last["phase"], &last["error"]),
        (&json!("done"), &json!("already_absent"))
    );
    let _ = project
        .cxda_signed_in(&["plan", "--prune", "--detailed-exitcode"])
        .run()
        .exits(0);
}

#[test]
fn a_target_takes_its_dependencies_along_and_leaves_the_rest() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", action("alpha", ""));
    project.write(
        "b.cxda.yaml",
        action("beta", "") + "  dependencies: [alpha]\n",
    );
    project.write("c.cxda.yaml", action("gamma", ""));
    let addresses = |words: &[&str]| -> Vec<String> {
        let plan = plan(&project, words);
        let changes = plan["changes"].as_array().unwrap().iter();
        changes
            .map(|change| change["address"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        addresses(&["--target", "action/beta"]),
        ["action/alpha", "action/beta"]
    );
    assert_eq!(addresses(&["--target", "action/g*"]), ["action/gamma"]);
    assert_eq!(
        addresses(&["--target", "action/alpha", "--target", "action/gamma"]),
        ["action/alpha", "action/gamma"]
    );
    assert_eq!(addresses(&["--target", "*"]).len(), 3);
    let _ = project
        .cxda_signed_in(&["apply", "--yes", "--target", "action/beta"])
        .run()
        .exits(0);
    assert_eq!(tenant.names("actions"), ["alpha", "beta"]);
    for file in ["a.cxda.yaml", "b.cxda.yaml"] {
        project.remove(file);
    }
    assert_eq!(
        addresses(&["--prune", "--target", "action/gamma"]),
        ["action/gamma"],
        "a target bounds deletes too"
    );
}

#[test]
fn a_target_that_fits_nothing_is_told() {
    let project = Project::on_simulator();
    project.write("a.cxda.yaml", action("alpha", ""));
    let ended = project.cxda(&["plan", "--target", "action/typo"]).run();
    assert!(ended.both().contains("action/typo"), "{ended:#?}");
}
