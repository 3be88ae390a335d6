//! A tenant that somebody else filled becomes a project, and the project finds nothing to do.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cxda_domain::request::Operation;
use cxda_simulator::{NameRule, SimState};
use serde_json::{Value, json};

use crate::stage::{Answer, LONG_AGO, Project, Scripted, Simulated, config};

const TABLE: &str = "12345678-1234-1234-1234-123456789012";
/// What the tenant keeps encrypted, and what stands there that only the server writes.
const SECRET: &str = "s3cret-canary-value";

fn action(name: &str, more: &Value) -> String {
    let mut all = json!({"name": name, "description": format!("does {name}"), "type": "SCRIPT", "trigger": {"type": "MANUAL"},
        "script": {"language": "JavaScript", "content": "// é\r\nfunction main() {\n  return 1;\n}"}, "enabled": true, "dependencies": [],
        "cacheEnabled": false, "cacheKey": null, "cacheTtl": null, "variables": [], "configuration": {"retries": 3}});
    let members = all.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    all.to_string()
}

fn view(name: &str, source: &str) -> String {
    json!({"name": name, "description": "calls by day and hour", "sourceTableId": source,
        "columnProjections": [{"name": "customer_id", "alias": "cust_id"}, {"name": "n", "aggregation": "COUNT"}],
        "refreshConfig": {"intervalMinutes": 15, "autoRefreshEnabled": true},
        "indexConfig": {"autoCreateIndexes": false, "customIndexes": [{"columns": ["cust_id"], "type": "BTREE"}]}})
    .to_string()
}

/// A tenant with all that manifests can say, over several pages.
fn filled(names: NameRule) -> SimState {
    let mut state = SimState::fresh(names);
    state
        .seed_view("v-1", &view("Calls / day", TABLE), LONG_AGO)
        .unwrap();
    state
        .seed_view("v-2", &view("calls_by_hour", "v-1"), LONG_AGO)
        .unwrap();
    let rich = json!({
        "dependencies": ["plain_0"], "enabled": false,
        "cacheEnabled": true, "cacheKey": "customer_{contactId}", "cacheTtl": 60,
        "variables": [
            {"name": "token", "type": "string", "value": SECRET, "encrypted": true, "scope": "action"},
            {"name": "limit", "type": "integer", "value": "3", "encrypted": false, "scope": "template"},
            {"name": "odd", "type": "string", "value": "no", "encrypted": false, "scope": "action"},
        ],
        "configuration": {"dateProcessing": {"sourceField": "in", "targetField": "out", "computedValue": "2024-02-29T12:30:00.000-05:00",
            "timezone": "America/New_York", "dstAdjustment": true, "precision": 3}},
    });
    let mut seed = |id: &str, members: String| state.seed_action(id, &members, LONG_AGO).unwrap();
    seed("a-rich", action("rich", &rich));
    for number in 0..5 {
        seed(
            &format!("a-{number}"),
            action(&format!("plain_{number}"), &json!({})),
        );
    }
    state
}

fn tenant(state: SimState) -> Simulated {
    let mut config = config();
    config.page_size_limit = 2;
    Simulated::with(config, state)
}

/// The files of the project that are no settings and nothing that `cxda` keeps for itself.
fn written(project: &Project) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = project.files();
    files.retain(|path, _| !path.starts_with(".cxda") && !path.ends_with("cxda.toml"));
    files
}

fn export(project: &Project, words: &[&str]) -> Value {
    let words = [&["export", "-o", "json"], words].concat();
    project.cxda_signed_in(&words).run().exits(0).json()
}

#[test]
fn a_tenant_over_several_pages_becomes_a_project_whose_plan_is_empty() {
    let tenant = tenant(filled(NameRule::Unique));
    let project = Project::on(&tenant.base_url());
    let report = export(&project, &[]);
    assert_eq!(report["resources"].as_array().unwrap().len(), 8);
    assert_eq!(
        (&report["skipped"], &report["unmanaged"]),
        (&json!([]), &json!([]))
    );
    assert_eq!(
        report["secrets"],
        json!([{"address": "action/rich", "variable": "token", "env": "CXDA_VAR_RICH_TOKEN"}])
    );
    assert_eq!(tenant.writes(), 0);

    let _ = project
        .cxda(&["validate"])
        .run()
        .exits(0)
        .says(&["8 resources valid"]);
    let plan = project
        .cxda_signed_in(&["plan", "-o", "json"])
        .env("CXDA_VAR_RICH_TOKEN", "filled in")
        .run()
        .exits(0)
        .json();
    let changes = plan["changes"].as_array().unwrap();
    assert_eq!(
        changes.len(),
        1,
        "what nobody can read is sent once: {plan}"
    );
    let fields: Vec<&Value> = changes[0]["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| &field["path"])
        .collect();
    assert_eq!(fields, ["variables.token.value"]);

    // What only the server writes, and what it hides, is in no file.
    for (path, bytes) in written(&project) {
        let text = String::from_utf8(bytes).unwrap();
        for never in [
            SECRET,
            "****",
            "a-rich",
            "createdTimestamp",
            "modifiedTimestamp",
            "PUBLISHED",
            "retries",
        ] {
            assert!(!text.contains(never), "{} holds {never}", path.display());
        }
    }
    let script = project.read("manifests/actions/scripts/rich.js");
    assert_eq!(script, "// é\r\nfunction main() {\n  return 1;\n}");
    insta::assert_snapshot!(
        "export_rich",
        project.read("manifests/actions/rich.cxda.yaml")
    );
    insta::assert_snapshot!(
        "export_view",
        project.read("manifests/views/Calls-day.cxda.yaml")
    );
}

#[test]
fn two_exports_of_one_tenant_are_the_same_bytes() {
    let tenant = tenant(filled(NameRule::Unique));
    let [one, other] = [(); 2].map(|()| {
        let project = Project::on(&tenant.base_url());
        export(&project, &[]);
        written(&project)
    });
    assert!(one == other && one.len() == 14, "{:?}", one.keys());
}

#[test]
fn a_second_export_leaves_every_file_as_it_is_and_adds_what_is_new() {
    let tenant = tenant(filled(NameRule::Unique));
    let project = Project::on(&tenant.base_url());
    export(&project, &["--target", "action/plain_*"]);
    project.edit(
        "manifests/actions/plain_3.cxda.yaml",
        "does plain_3",
        "# mine\n    does it my way",
    );
    let before = written(&project);
    let report = export(&project, &[]);
    assert_eq!(report["declared"].as_array().unwrap().len(), 5);
    assert_eq!(report["resources"].as_array().unwrap().len(), 3);
    let after = written(&project);
    for (path, bytes) in &before {
        assert_eq!(after.get(path), Some(bytes), "{}", path.display());
    }
    let _ = project
        .cxda_signed_in(&["export"])
        .run()
        .exits(0)
        .says(&["Nothing new; 8 resources declared already, left as they are."]);
}

#[test]
fn a_folder_outside_becomes_a_project_of_its_own() {
    let tenant = tenant(filled(NameRule::Unique));
    let project = Project::on(&tenant.base_url());
    let other = Project::empty();
    let folder = other.path().join("new/deep");
    export(&project, &[folder.to_str().unwrap(), "--target", "view/*"]);
    assert!(written(&project).is_empty());
    let names: Vec<PathBuf> = written(&other).into_keys().collect();
    assert_eq!(
        names,
        [
            "new/deep/views/Calls-day.cxda.yaml",
            "new/deep/views/calls_by_hour.cxda.yaml"
        ]
        .map(PathBuf::from)
    );
    let _ = other.cxda(&["validate", "-C", "new/deep"]).run().exits(0);
}

#[test]
fn a_name_that_stands_twice_is_refused_with_its_ids_before_anything_is_written() {
    let mut state = filled(NameRule::Repeatable);
    state
        .seed_action("a-twin", &action("plain_2", &json!({})), LONG_AGO)
        .unwrap();
    let tenant = tenant(state);
    let project = Project::on(&tenant.base_url());
    let _ = project.cxda_signed_in(&["export"]).run().exits(5).says(&[
        "action/plain_2",
        "a-2",
        "a-twin",
    ]);
    assert!(written(&project).is_empty());
}

#[test]
fn what_cannot_be_exported_is_named_with_the_rule_and_the_id() {
    let mut state = filled(NameRule::Unique);
    let mut seed = |id: &str, members: String| state.seed_action(id, &members, LONG_AGO).unwrap();
    seed("a-native", action("native", &json!({"type": "NATIVE"})));
    seed(
        "a-main",
        action(
            "no_main",
            &json!({"script": {"language": "JavaScript", "content": "let x = 1;"}}),
        ),
    );
    seed(
        "a-key",
        action(
            "key_twin",
            &json!({"cacheEnabled": true, "cacheKey": "CUSTOMER_{contactId} ", "cacheTtl": 60}),
        ),
    );
    let tenant = tenant(state);
    let project = Project::on(&tenant.base_url());
    let ended = project.cxda_signed_in(&["export"]).run().exits(0);
    insta::assert_snapshot!("export_report", ended.stdout);
    let _ = project
        .cxda_signed_in(&["plan", "--detailed-exitcode", "--target", "action/key_twin"])
        .env("CXDA_VAR_RICH_TOKEN", "filled in")
        .run()
        .exits(0);
}

#[test]
fn a_project_that_does_not_read_the_folder_is_told_so() {
    let tenant = tenant(filled(NameRule::Unique));
    let project = Project::on(&tenant.base_url());
    let settings = project.read("cxda.toml");
    project.write(
        "cxda.toml",
        format!("[project]\nmanifests = [\"conf/*.yaml\"]\n{settings}"),
    );
    let _ = project
        .cxda_signed_in(&["export"])
        .run()
        .exits(3)
        .says(&["manifests/views/Calls-day.cxda.yaml", "project.manifests"]);
    assert!(written(&project).is_empty());
}

#[test]
fn manifests_that_hold_mistakes_are_shown_and_nothing_is_written() {
    let tenant = tenant(filled(NameRule::Unique));
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", "kind: Unknown\n");
    let _ = project
        .cxda_signed_in(&["export"])
        .run()
        .exits(3)
        .says(&["error[M002]", "hold mistakes"]);
    assert_eq!(written(&project).len(), 1);
}

#[test]
fn export_only_reads_and_reads_no_more_than_the_pages_and_what_they_leave_out() {
    let tenant = tenant(filled(NameRule::Unique));
    let project = Project::on(&tenant.base_url());
    export(&project, &[]);
    let pages = (
        tenant.count(Operation::ListViews),
        tenant.count(Operation::ListActions),
    );
    assert_eq!(pages, (1, 3));
    assert_eq!(tenant.count(Operation::GetTable), 1);
    assert_eq!(tenant.count(Operation::GetAction), 0);
}

#[test]
fn text_of_the_tenant_that_looks_like_a_reference_stays_text() {
    let mut state = filled(NameRule::Unique);
    let odd = json!({"description": "takes ${var.region} and $${var.y}", "cacheEnabled": true, "cacheKey": "k_${var.region}_{x}", "cacheTtl": 5});
    state
        .seed_action("a-odd", &action("odd", &odd), LONG_AGO)
        .unwrap();
    state
        .seed_view("v-odd", &view("view ${var.region}", TABLE), LONG_AGO)
        .unwrap();
    let tenant = tenant(state);
    let project = Project::on(&tenant.base_url());
    let settings = project.read("cxda.toml");
    project.write(
        "cxda.toml",
        format!("{settings}[tenant.it.vars]\nregion = \"eu\"\n"),
    );
    export(
        &project,
        &["--target", "*/*odd*", "--target", "view/view *"],
    );
    let _ = project
        .cxda_signed_in(&["plan", "--detailed-exitcode"])
        .run()
        .exits(0);
}

#[test]
fn a_second_export_gives_no_action_the_secret_of_another() {
    let token = json!({"variables": [{"name": "tok", "type": "string", "value": SECRET, "encrypted": true, "scope": "action"}]});
    let mut state = Simulated::fresh();
    state
        .seed_action("a-1", &action("sec_a", &token), LONG_AGO)
        .unwrap();
    state
        .seed_action("a-2", &action("sec-a", &token), LONG_AGO)
        .unwrap();
    let tenant = tenant(state);
    let project = Project::on(&tenant.base_url());
    let name = |target: &str| export(&project, &["--target", target])["secrets"][0]["env"].clone();
    assert_eq!(name("action/sec_a"), "CXDA_VAR_SEC_A_TOK");
    assert_eq!(name("action/sec-a"), "CXDA_VAR_SEC_A_TOK_2");
}

#[test]
fn what_was_protected_when_it_was_applied_is_protected_in_its_new_manifest() {
    let tenant = tenant(filled(NameRule::Unique));
    let project = Project::on(&tenant.base_url());
    export(&project, &["--target", "action/plain_1"]);
    let file = "manifests/actions/plain_1.cxda.yaml";
    project.edit(file, "  name: plain_1", "  name: plain_1\n  protect: true");
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    project.remove(file);
    export(&project, &["--target", "action/plain_1"]);
    // The script of the first export is still there, and is nobody's.
    let again = project.read("manifests/actions/plain_1-2.cxda.yaml");
    assert!(again.contains("protect: true"), "{again}");
}

#[test]
fn h_17_what_goes_while_the_tenant_is_read_is_left_out_and_everything_else_is_read() {
    let listed = r#"{"id":"a-1","name":"gone"}"#.to_owned();
    let whole = action("there", &json!({"id": "a-2"}));
    let server = Scripted::with_token(move |asked| match asked.path.as_str() {
        "/api/v2/dataactions" => Answer::json(
            200,
            format!(r#"{{"entities":[{listed},{whole}],"total":2,"page":1,"pageSize":100}}"#),
        ),
        "/api/v2/dataactions/a-1" => Answer::json(404, r#"{"message":"no such action"}"#),
        _ => Answer::empty_page(),
    });
    let project = Project::on(server.base_url());
    let report = export(&project, &[]);
    assert_eq!(report["resources"][0]["address"], "action/there");
    assert_eq!(report["resources"].as_array().unwrap().len(), 1);
    assert_eq!(report["skipped"][0]["id"], "a-1");
    project.write(
        "gone.cxda.yaml",
        "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {name: gone}\nspec: {description: d, script: {content: 'function main() {}'}}\n",
    );
    let plan = project
        .cxda_signed_in(&["plan", "-o", "json"])
        .run()
        .exits(0)
        .json();
    assert_eq!(plan["changes"][0]["address"], "action/gone");
    assert_eq!(plan["changes"][0]["operation"], "create");
}
