//! `cxda report`: one page of a tenant or of a run, from what is on this machine alone.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::stage::{Project, Simulated};

#[cfg(unix)]
mod browser;
#[cfg(unix)]
mod pictures;

const TABLE: &str = "12345678-1234-1234-1234-123456789012";
const SECRET: &str = "the-value-of-the-token";
/// What a tenant may say, and a page must not take for its own.
const HOSTILE: &str = "no </p></table><script>alert(1)</script><img src=http://x.example/>";

/// Manifests of `count` resources of which every sixth is a view; the first `changed` are of `version`, the others of that before it.
fn manifests(count: usize, changed: usize, version: usize) -> String {
    let areas = ["billing", "routing", "callback", "profile", "loyalty"];
    let mut text = String::new();
    for number in 0..count {
        let version = if number < changed {
            version
        } else {
            version.saturating_sub(1)
        };
        let area = areas[number % areas.len()];
        let kind = if number % 6 == 0 {
            "MaterializedView"
        } else {
            "DataAction"
        };
        writeln!(
            text,
            "---\napiVersion: cxda/v1\nkind: {kind}\nmetadata: {{name: {area}_{number:03}}}\nspec:\n  description: Version {version} of number {number}"
        )
        .unwrap();
        if number % 6 == 0 {
            let source = match number % 30 {
                0 => format!("table: {TABLE}"),
                _ => format!(
                    "view: {}_{:03}",
                    areas[(number - 6) % areas.len()],
                    number - 6
                ),
            };
            writeln!(
                text,
                "  source: {{{source}}}\n  columns: [{{name: customer_id}}, {{name: total, alias: total_count, aggregation: COUNT}}]\n  refresh: {{intervalMinutes: 15}}"
            )
            .unwrap();
            continue;
        }
        let needs = match number % 6 {
            1 => String::new(),
            _ => format!("{}_{:03}", areas[(number - 1) % areas.len()], number - 1),
        };
        writeln!(
            text,
            "  script: {{content: 'function main(context) {{ return {{score: {number}}}; }}'}}\n  dependencies: [{needs}]"
        )
        .unwrap();
        if number % 10 == 5 {
            writeln!(
                text,
                "  variables:\n    - {{name: auth_token, type: string, encrypted: true, valueFrom: {{env: CRM_TOKEN}}}}\n    - {{name: retry_limit, type: integer, value: 3}}"
            )
            .unwrap();
        }
    }
    text
}

/// A project on `tenant`, without a manifest.
fn project_on(tenant: &Simulated) -> Project {
    let project = Project::empty_in_memory();
    project.point_to(&tenant.base_url());
    let settings = project.read("cxda.toml");
    let pace = "[tenant.it.api]\nrate_limit = {requests = 100000, per = \"1s\"}\n";
    let webhook = "[[webhook]]\nname = \"bi\"\nurl = \"https://hooks.example.com/bi\"\nevents = [\"VIEW_CREATED\"]\n";
    project.write("cxda.toml", settings + pace + webhook);
    project
}

fn apply(project: &Project, exit: i32) {
    let words = ["apply", "--yes", "--test", "none"];
    let call = project.cxda_signed_in(&words).env("CRM_TOKEN", SECRET);
    let _ = call.run().exits(exit);
}

/// A project of 300 resources whose log holds 2,000 records; its tenant is gone.
fn large() -> Project {
    let tenant = Simulated::start();
    let project = project_on(&tenant);
    for (changed, version) in [(300, 0), (300, 1), (300, 2), (100, 3)] {
        project.write("all.cxda.yaml", manifests(300, changed, version));
        apply(&project, 0);
    }
    for (action, hits, misses) in [("routing_001", "420", "61"), ("callback_002", "7", "9")] {
        let words = [
            "cache", "record", action, "--hits", hits, "--misses", misses,
        ];
        let _ = project.cxda(&words).run().exits(0);
    }
    assert!(project.audit().len() >= 2_000, "{}", project.audit().len());
    project
}

/// A project whose last run failed in part, for reasons that the tenant words; its tenant is gone.
fn with_failures() -> Project {
    let tenant = Simulated::start();
    let project = project_on(&tenant);
    project.write("all.cxda.yaml", manifests(30, 30, 0));
    tenant.faults(&json!([
        {"operation": "createAction", "every": 5, "fault": {"kind": "answer", "status": 400, "body": {"message": HOSTILE}}},
        {"operation": "createView", "nth": 3, "fault": {"kind": "answer", "status": 403}},
        {"operation": "relayWebhook", "fault": {"kind": "answer", "status": 400}},
    ]));
    apply(&project, 6);
    project
}

fn figures(project: &Project, words: &[&str]) -> Value {
    let words = [&["report", "-o", "json"], words].concat();
    project.cxda(&words).run().exits(0).json()
}

#[test]
fn a_tenant_is_told_from_what_is_here_and_nothing_is_written() {
    let project = with_failures();
    let before = project.files();
    let page = project.cxda(&["report"]).run().exits(0);
    assert!(page.stdout.starts_with("<!doctype html>\n"));
    let _ = page
        .says(&[
            "Left undone",
            "create failed",
            " pending.",
            "in agreement with the store",
            "Dependency graph",
            "auth_token",
        ])
        .never_says(&[SECRET, "<script", "<img", "https://hooks.example.com"]);
    let told = figures(&project, &[]);
    assert_eq!(told["audit"]["valid"], true);
    let failures = told["failures"].as_array().unwrap();
    assert_eq!(told["writes"]["failed"], failures.len());
    assert!(
        failures
            .iter()
            .any(|each| each["error"].as_str().unwrap().contains(HOSTILE))
    );
    assert_eq!(told["runs"].as_array().unwrap().len(), 1);
    assert_eq!(told["state"]["manifests"]["resources"], 30);
    let counted = told["histogram"].as_array().unwrap().iter();
    let counted: u64 = counted.map(|bin| bin["count"].as_u64().unwrap()).sum();
    assert_eq!(told["writes"]["latencyMs"]["count"], counted);
    assert_eq!(project.files(), before);
}

#[test]
fn a_run_is_told_alone_by_its_id_or_as_the_last() {
    let tenant = Simulated::start();
    let project = project_on(&tenant);
    for version in [0, 1] {
        project.write("all.cxda.yaml", manifests(6, 3, version));
        apply(&project, 0);
    }
    let all = figures(&project, &[]);
    let ids: Vec<&str> = [0, 1]
        .map(|at| all["runs"][at]["id"].as_str().unwrap())
        .to_vec();
    let last = figures(&project, &["--run", "last"]);
    assert_eq!(
        (&last["runs"][0]["id"], &last["state"]),
        (&json!(ids[0]), &Value::Null)
    );
    assert_eq!(last["writes"]["done"], 3);
    let first = figures(&project, &["--run", ids[1]]);
    assert_eq!(first["writes"]["done"], 6);
    let page = project.cxda(&["report", "--run", ids[1]]).run().exits(0);
    let _ = page
        .says(&["Run on <bdi>it</bdi>", ids[1], "6 created"])
        .never_says(&[ids[0], "Dependency graph"]);
    let _ = project
        .cxda(&["report", "--run", "nobody"])
        .run()
        .exits(64)
        .says(&["no run nobody wrote on it"]);
}

#[test]
fn a_project_that_applied_nothing_has_a_page_and_no_last_run() {
    let project = Project::on("https://na1.example");
    let _ = project.cxda(&["report"]).run().exits(0).says(&[
        "Nothing was applied yet",
        "No write is on record",
        "There is none yet",
        "No manifest declares",
    ]);
    let last = project.cxda(&["report", "--run", "last"]).run().exits(64);
    let _ = last.says(&["no run wrote on it yet"]);
    assert!(!project.has(".cxda"));
}

#[test]
fn a_log_outlives_its_store_on_the_page() {
    let project = with_failures();
    for file in ["state.db", "state.db-wal", "state.db-shm"] {
        if project.has(&format!(".cxda/{file}")) {
            project.remove(&format!(".cxda/{file}"));
        }
    }
    let page = project.cxda(&["report"]).run().exits(0);
    let _ = page.says(&["Left undone", "nobody knows whether its end was cut off"]);
}

#[test]
fn t_11_a_broken_log_stands_on_the_page_and_in_the_exit_code() {
    let project = with_failures();
    let log = project.read(".cxda/audit.jsonl");
    project.write(".cxda/audit.jsonl", log.replacen("intended", "done", 1));
    let page = project.cxda(&["report"]).run().exits(11);
    assert!(page.stdout.ends_with("</html>\n"));
    let _ = page.says(&["Broken: audit record 1 ", "keep ", "as evidence"]);
    let told = project.cxda(&["report", "-o", "json"]).run().exits(11);
    assert_eq!(told.json()["audit"]["fault"]["kind"], "edited");
}

#[test]
fn manifests_with_mistakes_are_shown_as_far_as_they_are_sound() {
    let project = Project::quickstart();
    project.edit(
        "manifests/1-views.yaml",
        "aggregation: AVG",
        "aggregation: MEDIAN",
    );
    let page = project.cxda(&["report"]).run().exits(3);
    let _ = page.says(&["1 error", "Dependency graph", "only what is sound is shown"]);
}

#[test]
fn a_file_gets_the_whole_page_and_only_an_earlier_report_gives_way() {
    let project = Project::quickstart();
    let words = ["report", "--out", "report.html"];
    for _ in 0..2 {
        let ended = project.cxda(&words).run().exits(0).says(&["Written to "]);
        assert_eq!(ended.stdout, "");
        assert!(project.read("report.html").ends_with("</html>\n"));
    }
    project.write("report.html", "<!doctype html>\nsomething else");
    let _ = project
        .cxda(&words)
        .run()
        .exits(9)
        .says(&["is no report: it stays as it is"]);
    assert!(project.read("report.html").ends_with("something else"));
    let both = ["report", "--out", "other.html", "-o", "json"];
    assert_eq!(
        project.cxda(&both).run().exits(0).json()["formatVersion"],
        "1.0"
    );
    assert!(project.has("other.html"));
    let lost = ["report", "--out", "no/such/folder.html"];
    let _ = project
        .cxda(&lost)
        .run()
        .exits(1)
        .says(&["cannot be written"]);
}
