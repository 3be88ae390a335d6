//! Rules that only project and tenant together show, and values behind references: found by `plan`, before any write.

use cxda_domain::request::Operation;
use cxda_simulator::{NameRule, SimState};
use serde_json::{Value, json};

use crate::stage::{LONG_AGO, Project, Simulated, config};

/// An action of the tenant.
fn there(name: &str, more: &str) -> String {
    format!(
        r#"{{"name":"{name}","description":"{name}","type":"SCRIPT","trigger":{{"type":"MANUAL"}},
        "script":{{"language":"JavaScript","content":"function main() {{}}"}},"enabled":true{more}}}"#
    )
}

/// A manifest of an action.
fn action(name: &str, more: &str) -> String {
    let script = "script: {content: 'function main() {}'}";
    format!(
        "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {{name: {name}}}\nspec:\n  description: {name}\n  {script}\n{more}"
    )
}

/// A manifest of a view.
fn view(name: &str, source: &str) -> String {
    format!(
        "apiVersion: cxda/v1\nkind: MaterializedView\nmetadata: {{name: {name}}}\nspec:\n  description: A view of {name}\n  source: {{{source}}}\n  columns: [{{name: a}}]\n  refresh: {{intervalMinutes: 5}}\n"
    )
}

fn tenant_with(actions: &[(&str, &str)]) -> Simulated {
    let mut state = Simulated::fresh();
    for (number, (name, more)) in actions.iter().enumerate() {
        state
            .seed_action(&format!("a-{number}"), &there(name, more), LONG_AGO)
            .unwrap();
    }
    Simulated::with(config(), state)
}

/// The one finding that stops plan and apply, which send no write.
#[track_caller]
fn only_finding(tenant: &Simulated, project: &Project) -> Value {
    let plan = project
        .cxda_signed_in(&["plan", "-o", "json"])
        .run()
        .exits(3)
        .json();
    let applied = project
        .cxda_signed_in(&["apply", "--yes", "-o", "json"])
        .run()
        .exits(3)
        .json();
    assert_eq!(plan["changes"], json!([]));
    assert_eq!(plan["diagnostics"], applied["diagnostics"]);
    assert_eq!(tenant.writes(), 0);
    let found = plan["diagnostics"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{found:#?}");
    found[0].clone()
}

#[track_caller]
fn assert_found(finding: &Value, code: &str, file: &str, line: u64, column: u64, words: &str) {
    let place = (
        &finding["code"],
        &finding["file"],
        &finding["line"],
        &finding["column"],
    );
    assert_eq!(
        place,
        (&json!(code), &json!(file), &json!(line), &json!(column)),
        "{finding:#}"
    );
    let message = finding["message"].as_str().unwrap();
    assert!(message.contains(words), "{message}");
}

#[test]
fn m_11_a_cycle_that_closes_only_through_the_tenant_is_found_with_its_whole_path() {
    let tenant = tenant_with(&[
        ("beta", r#","dependencies":["gamma"]"#),
        ("gamma", r#","dependencies":["alpha"]"#),
    ]);
    let project = Project::on(&tenant.base_url());
    project.write(
        "alpha.cxda.yaml",
        action("alpha", "  dependencies: [beta]\n"),
    );
    let _ = project.cxda(&["validate"]).run().exits(0);
    let found = only_finding(&tenant, &project);
    assert_found(
        &found,
        "G001",
        "alpha.cxda.yaml",
        7,
        18,
        "alpha -> beta -> gamma -> alpha",
    );
}

#[test]
fn a_cycle_of_views_through_the_tenant_is_found_by_names() {
    let mut state = Simulated::fresh();
    let members = r#"{"name":"upper","description":"A view of the tenant","sourceTableId":"v-lower","columnProjections":[{"name":"a"}],"refreshConfig":{"intervalMinutes":5,"autoRefreshEnabled":true}}"#;
    state.seed_view("v-upper", members, LONG_AGO).unwrap();
    let members = members
        .replace("upper", "lower")
        .replace("v-lower", SimState::FRESH_TABLE_ID);
    state.seed_view("v-lower", &members, LONG_AGO).unwrap();
    let tenant = Simulated::with(config(), state);
    let project = Project::on(&tenant.base_url());
    project.write("lower.cxda.yaml", view("lower", "view: upper"));
    let found = only_finding(&tenant, &project);
    assert_eq!(found["code"], "G001");
    assert!(
        found["message"]
            .as_str()
            .unwrap()
            .contains("lower -> upper -> lower"),
        "{found:#}"
    );
}

#[test]
fn a_cycle_that_the_manifest_breaks_up_is_none_and_a_foreign_one_is_a_warning() {
    let tenant = tenant_with(&[
        ("alpha", r#","dependencies":["beta"]"#),
        ("beta", r#","dependencies":["alpha"]"#),
        ("round", r#","dependencies":["round"]"#),
    ]);
    let project = Project::on(&tenant.base_url());
    project.write("alpha.cxda.yaml", action("alpha", "  dependencies: []\n"));
    let plan = project
        .cxda_signed_in(&["plan", "-o", "json"])
        .run()
        .exits(0)
        .json();
    let found = plan["diagnostics"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0]["severity"], "warning");
    assert!(
        found[0]["message"]
            .as_str()
            .unwrap()
            .contains("round -> round")
    );
    assert_eq!(plan["summary"]["update"], 1);
}

#[test]
fn v_009_a_source_table_that_is_not_there_is_found_and_the_request_counted() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    let absent = "11111111-2222-3333-4444-555555555555";
    project.write("a.cxda.yaml", view("on_table", &format!("table: {absent}")));
    let found = only_finding(&tenant, &project);
    assert_found(&found, "V009", "a.cxda.yaml", 6, 19, absent);
    assert!(found["hint"].is_string());
}

#[test]
fn v_009_a_source_view_that_is_nowhere_is_found_with_a_near_name() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    let table = format!("table: {}", SimState::FRESH_TABLE_ID);
    project.write("a.cxda.yaml", view("interactions", &table));
    project.write("b.cxda.yaml", view("on_view", "view: interaction"));
    let found = only_finding(&tenant, &project);
    assert_found(&found, "V009", "b.cxda.yaml", 6, 18, "interaction");
    assert!(
        found["hint"].as_str().unwrap().contains("interactions"),
        "{found:#}"
    );
}

#[test]
fn a_source_view_may_be_on_the_tenant_alone() {
    let mut state = Simulated::fresh();
    let members = format!(
        r#"{{"name":"base_mv","description":"A view of the tenant","sourceTableId":"{}","columnProjections":[{{"name":"a"}}],"refreshConfig":{{"intervalMinutes":5,"autoRefreshEnabled":true}}}}"#,
        SimState::FRESH_TABLE_ID
    );
    state.seed_view("v-base", &members, LONG_AGO).unwrap();
    let tenant = Simulated::with(config(), state);
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", view("on_view", "view: base_mv"));
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    assert_eq!(tenant.view("on_view")["members"]["sourceTableId"], "v-base");
    let _ = project
        .cxda_signed_in(&["plan", "--detailed-exitcode"])
        .run()
        .exits(0);
}

#[test]
fn a_005_a_dependency_that_is_nowhere_is_found_and_one_on_the_tenant_is_none() {
    let tenant = tenant_with(&[("on_tenant", "")]);
    let project = Project::on(&tenant.base_url());
    project.write(
        "a.cxda.yaml",
        action("alpha", "  dependencies: [on_tenant, nowhere]\n"),
    );
    let _ = project.cxda(&["validate"]).run().exits(0);
    let found = only_finding(&tenant, &project);
    assert_found(&found, "A005", "a.cxda.yaml", 7, 29, "nowhere");
}

#[test]
fn c_004_a_key_of_another_action_of_the_tenant_collides_its_own_does_not() {
    let tenant = tenant_with(&[
        (
            "alpha",
            r#","cacheEnabled":true,"cacheKey":"alpha_key","cacheTtl":300"#,
        ),
        (
            "other",
            r#","cacheEnabled":true,"cacheKey":" SHARED_{id} ","cacheTtl":300"#,
        ),
    ]);
    let project = Project::on(&tenant.base_url());
    project.write(
        "a.cxda.yaml",
        action("alpha", "  cache: {key: 'shared_{id}', ttl: 300}\n"),
    );
    let found = only_finding(&tenant, &project);
    assert_found(&found, "C004", "a.cxda.yaml", 7, 16, "other");
    project.write(
        "a.cxda.yaml",
        action("alpha", "  cache: {key: alpha_key, ttl: 600}\n"),
    );
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    let _ = project
        .cxda_signed_in(&["plan", "--detailed-exitcode"])
        .run()
        .exits(0);
}

#[test]
fn h_32_a_name_that_stands_twice_on_the_tenant_is_ambiguous_and_nothing_is_written() {
    let mut state = SimState::fresh(NameRule::Repeatable);
    for id in ["a-1", "a-2"] {
        state
            .seed_action(id, &there("alpha", ""), LONG_AGO)
            .unwrap();
    }
    state
        .seed_action("a-3", &there("alphabet", ""), LONG_AGO)
        .unwrap();
    let tenant = Simulated::with(config(), state);
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", action("alpha", ""));
    for words in [&["plan"][..], &["apply", "--yes"]] {
        let _ = project
            .cxda_signed_in(words)
            .run()
            .exits(5)
            .says(&["action/alpha", "a-1", "a-2"]);
    }
    assert_eq!(tenant.writes(), 0);
    project.write("a.cxda.yaml", action("alphabet", ""));
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
}

#[test]
fn e_008_every_missing_value_is_found_at_once_by_plan_and_not_by_validate() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    project.write(
        "a.cxda.yaml",
        action(
            "alpha",
            "  variables:\n    - {name: one, type: string, encrypted: true, valueFrom: {env: NOT_SET}}\n    - {name: two, type: string, valueFrom: {file: not/there.txt}}\n",
        ),
    );
    let _ = project.cxda(&["validate"]).run().exits(0);
    let plan = project
        .cxda_signed_in(&["plan", "-o", "json"])
        .run()
        .exits(3)
        .json();
    let found = plan["diagnostics"].as_array().unwrap();
    assert_eq!(found.len(), 2, "{found:#?}");
    assert_found(&found[0], "E008", "a.cxda.yaml", 8, 61, "NOT_SET");
    assert_found(&found[1], "E008", "a.cxda.yaml", 9, 49, "not/there.txt");
    assert_eq!(tenant.writes(), 0);
}

#[test]
fn e_008_is_told_also_where_the_tenant_cannot_be_reached() {
    let project = Project::on("http://127.0.0.1:9");
    project.write(
        "a.cxda.yaml",
        action(
            "alpha",
            "  variables:\n    - {name: one, type: string, valueFrom: {env: NOT_SET}}\n",
        ),
    );
    let _ = project
        .cxda_signed_in(&["plan"])
        .run()
        .exits(3)
        .says(&["E008", "NOT_SET"]);
}

#[test]
fn e_004_text_behind_a_reference_must_parse_as_its_type_and_is_not_shown() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    let cases = [
        ("integer", "12x-planted", false),
        ("integer", "9223372036854775808", false),
        ("integer", "-9223372036854775808", true),
        ("boolean", "maybe-planted", false),
        ("boolean", "true", true),
        ("object", "[planted]", false),
        ("object", r#"{"a": 1.0}"#, true),
        ("string", "anything", true),
    ];
    for (kind, text, fits) in cases {
        let variables =
            format!("  variables:\n    - {{name: one, type: {kind}, valueFrom: {{env: VALUE}}}}\n");
        project.write("a.cxda.yaml", action("alpha", &variables));
        let ended = project
            .cxda_signed_in(&["plan", "-o", "json"])
            .env("VALUE", text)
            .run();
        let ended = ended.exits(if fits { 0 } else { 3 });
        if !fits {
            let found = ended.json()["diagnostics"][0].clone();
            assert_eq!(
                (&found["code"], &found["line"]),
                (&json!("E004"), &json!(8)),
                "case: {text}"
            );
            let _ = ended.never_says(&["planted", "9223372036854775808"]);
        }
    }
    assert_eq!(tenant.writes(), 0);
}

#[test]
fn all_findings_of_project_tenant_and_references_come_in_one_run() {
    let tenant = tenant_with(&[
        ("beta", r#","dependencies":["alpha"]"#),
        (
            "gamma",
            r#","cacheEnabled":true,"cacheKey":"k1","cacheTtl":1"#,
        ),
    ]);
    let project = Project::on(&tenant.base_url());
    project.write(
        "a.cxda.yaml",
        action(
            "alpha",
            "  dependencies: [beta, nowhere]\n  cache: {key: K1}\n  variables:\n    - {name: one, type: string, valueFrom: {env: NOT_SET}}\n",
        ),
    );
    project.write("b.cxda.yaml", view("on_view", "view: nowhere_mv"));
    let plan = project
        .cxda_signed_in(&["plan", "-o", "json"])
        .run()
        .exits(3)
        .json();
    let codes: Vec<&str> = plan["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["G001", "A005", "C004", "E008", "V009"]);
}

#[test]
fn a_kind_that_neither_project_nor_store_has_is_not_listed() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", action("alpha", ""));
    let _ = project.cxda_signed_in(&["plan"]).run().exits(0);
    assert_eq!(tenant.since(0), [Operation::Token, Operation::ListActions]);
}
