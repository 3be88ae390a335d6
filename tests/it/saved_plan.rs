//! Saved plans: carried out as approved, or not at all.

use cxda_simulator::SimState;
use serde_json::{Value, json};

use crate::stage::{Foreign, Habits, Project, Simulated};

const ACTION: &str = "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {name: alpha}\nspec:\n  description: first\n  script: {file: alpha.js}\n  cache: {key: alpha_key, ttl: 300}\n";

/// A project of one applied action and one more that is planned, and the plan's path.
fn planned(base_url: &str) -> Project {
    let project = Project::on(base_url);
    project.write("alpha.js", "function main() { return 1; }");
    project.write("a.cxda.yaml", ACTION);
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    project.edit("a.cxda.yaml", "ttl: 300", "ttl: 600");
    project.write(
        "b.cxda.yaml",
        ACTION
            .replace("alpha_key", "beta_key")
            .replace("name: alpha", "name: beta"),
    );
    let _ = project
        .cxda_signed_in(&["plan", "--out", "saved.plan"])
        .run()
        .exits(0);
    project
}

#[test]
fn a_saved_plan_is_carried_out_once() {
    let tenant = Simulated::start();
    let project = planned(&tenant.base_url());
    let applied = project
        .cxda_signed_in(&["apply", "saved.plan", "--yes", "-o", "json"])
        .run()
        .exits(0)
        .json();
    assert_eq!(
        (
            &applied["summary"]["created"],
            &applied["summary"]["updated"]
        ),
        (&json!(1), &json!(1))
    );
    let writes = tenant.writes();
    let _ = project
        .cxda_signed_in(&["apply", "saved.plan", "--yes"])
        .run()
        .exits(5)
        .says(&["stale", "action/alpha"]);
    assert_eq!(tenant.writes(), writes);
}

#[test]
fn a_saved_plan_is_stale_once_a_manifest_or_a_script_moved_and_names_it() {
    let tenant = Simulated::start();
    let edits = [
        ("a.cxda.yaml", "ttl: 600", "ttl: 601", "a.cxda.yaml"),
        ("b.cxda.yaml", "first", "second", "b.cxda.yaml"),
        ("alpha.js", "return 1", "return 2", "alpha.js"),
    ];
    let project = planned(&tenant.base_url());
    let writes = tenant.writes();
    for (file, from, to, named) in edits {
        project.edit(file, from, to);
        let call = project.cxda_signed_in(&["apply", "saved.plan", "--yes"]);
        let _ = call.run().exits(5).says(&["stale", named]);
        project.edit(file, to, from);
    }
    project.write(
        "c.cxda.yaml",
        ACTION
            .replace("alpha_key", "c_key")
            .replace("name: alpha", "name: gamma"),
    );
    let _ = project
        .cxda_signed_in(&["apply", "saved.plan", "--yes"])
        .run()
        .exits(5)
        .says(&["c.cxda.yaml"]);
    project.remove("c.cxda.yaml");
    assert_eq!(tenant.writes(), writes);
    let _ = project
        .cxda_signed_in(&["apply", "saved.plan", "--yes"])
        .run()
        .exits(0);
}

#[test]
fn a_saved_plan_is_stale_once_what_it_would_change_moved_on_the_tenant() {
    let tenant = Foreign::start(Habits::PLAIN);
    let project = planned(tenant.base_url());
    let asked = tenant.lines().len();
    for (member, raw) in [
        ("cacheTtl", "5"),
        ("vendorExtension", r#"{"moved":1}"#),
        ("enabled", "false"),
    ] {
        tenant.set("alpha", member, raw);
        let call = project.cxda_signed_in(&["apply", "saved.plan", "--yes"]);
        let _ = call.run().exits(5).says(&["stale", "action/alpha"]);
    }
    let reads = tenant.lines()[asked..]
        .iter()
        .all(|line| line.starts_with("GET "));
    assert!(reads, "{:?}", tenant.lines());
}

#[test]
fn t_11_a_saved_plan_that_was_changed_by_hand_exits_5_and_what_is_none_3() {
    let tenant = Simulated::start();
    let project = planned(&tenant.base_url());
    let text = project.read("saved.plan");
    let mut value: Value = serde_json::from_str(&text).unwrap();
    value["scope"]["prune"] = json!(true);
    let cases = [
        (5, "a field", text.replace("\"update\"", "\"delete\"")),
        (5, "a value", text.replace("600", "86400")),
        (5, "the scope", value.to_string()),
        (3, "the version", text.replace("\"1.0\"", "\"2.0\"")),
        (3, "a key", text.replacen('{', "{\"more\": 1,", 1)),
        (3, "half of it", text[..text.len() / 2].to_owned()),
        (3, "no JSON", "hello".to_owned()),
        (3, "empty", String::new()),
    ];
    let writes = tenant.writes();
    for (code, label, forged) in cases {
        assert_ne!(forged, text, "case: {label}");
        project.write("forged.plan", forged);
        let ended = project
            .cxda_signed_in(&["apply", "forged.plan", "--yes"])
            .run();
        assert_eq!(ended.code, code, "case: {label}\n{}", ended.both());
        let _ = ended.says(&["forged.plan"]);
    }
    assert_eq!(tenant.writes(), writes);
}

#[test]
fn a_saved_plan_is_bound_to_its_tenant() {
    let (tenant, other) = (Simulated::start(), Simulated::start());
    let project = planned(&tenant.base_url());
    project.point_to(&other.base_url());
    let _ = project
        .cxda_signed_in(&["apply", "saved.plan", "--yes"])
        .run()
        .exits(5)
        .says(&["stale", "address"]);
    let settings = project
        .read("cxda.toml")
        .replace("tenant.it", "tenant.other");
    project.write("cxda.toml", settings);
    let _ = project
        .cxda_signed_in(&["apply", "saved.plan", "--yes"])
        .run()
        .exits(5)
        .says(&["stale", "tenant"]);
    assert_eq!(other.writes(), 0);
}

#[test]
fn a_saved_plan_keeps_its_targets() {
    let tenant = Simulated::start();
    let project = planned(&tenant.base_url());
    let words = ["plan", "--target", "action/beta", "--out", "part.plan"];
    let _ = project.cxda_signed_in(&words).run().exits(0);
    let applied = project
        .cxda_signed_in(&["apply", "part.plan", "--yes", "-o", "json"])
        .run()
        .exits(0)
        .json();
    assert_eq!(
        (
            &applied["summary"]["created"],
            &applied["summary"]["updated"]
        ),
        (&json!(1), &json!(0))
    );
    assert_eq!(tenant.action("alpha")["members"]["cacheTtl"], 300);
}

#[test]
fn what_moves_elsewhere_on_the_tenant_makes_no_plan_stale() {
    let mut state: SimState = Simulated::fresh();
    let other = r#"{"name":"bystander","description":"x","type":"SCRIPT"}"#;
    state
        .seed_action("a-9", other, crate::stage::LONG_AGO)
        .unwrap();
    let tenant = Simulated::with(crate::stage::config(), state);
    let project = planned(&tenant.base_url());
    let elsewhere = Project::on(&tenant.base_url());
    elsewhere.write("alpha.js", "function main() {}");
    elsewhere.write(
        "x.cxda.yaml",
        ACTION
            .replace("alpha_key", "x_key")
            .replace("name: alpha", "name: bystander"),
    );
    let _ = elsewhere.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    let _ = project
        .cxda_signed_in(&["apply", "saved.plan", "--yes"])
        .run()
        .exits(0);
}

#[test]
fn a_saved_plan_is_stale_once_another_run_wrote_to_the_store() {
    let tenant = Simulated::start();
    let project = planned(&tenant.base_url());
    let only = ["plan", "--target", "action/beta", "--out", "beta.plan"];
    let _ = project.cxda_signed_in(&only).run().exits(0);
    let other = ["apply", "--yes", "--target", "action/alpha"];
    let _ = project.cxda_signed_in(&other).run().exits(0);
    let writes = tenant.writes();
    let _ = project
        .cxda_signed_in(&["apply", "beta.plan", "--yes"])
        .run()
        .exits(5)
        .says(&["stale", "the store", "serial"]);
    assert_eq!(tenant.writes(), writes);
}

#[test]
fn a_plan_with_findings_is_not_saved() {
    let tenant = Simulated::start();
    let project = planned(&tenant.base_url());
    project.edit("a.cxda.yaml", "ttl: 600", "ttl: 86401");
    let _ = project
        .cxda_signed_in(&["plan", "--out", "bad.plan"])
        .run()
        .exits(3);
    assert!(!project.has("bad.plan"));
}

#[test]
fn a_plan_is_saved_over_nothing_but_an_earlier_plan_and_that_is_known_before_anything_is_sent() {
    let tenant = Simulated::start();
    let project = planned(&tenant.base_url());
    project.write("empty", "");
    let before = project.files();
    let asked = tenant.log().len();
    for name in [
        "cxda.toml",
        "a.cxda.yaml",
        "empty",
        ".cxda/state.db",
        ".cxda",
    ] {
        let call = project.cxda_signed_in(&["plan", "--out", name]);
        let _ = call.run().exits(9).says(&[name, "no saved plan", "--out"]);
    }
    assert_eq!(project.files(), before);
    assert_eq!(tenant.log().len(), asked);
    // An earlier plan may be replaced, also one that was edited.
    project.edit("saved.plan", "600", "900");
    let _ = project
        .cxda_signed_in(&["plan", "--out", "saved.plan"])
        .run()
        .exits(0);
    assert_eq!(project.files(), before);
    let _ = project
        .cxda_signed_in(&["plan", "--out", "no/such/folder.plan"])
        .run()
        .exits(1)
        .says(&["folder.plan cannot be written"]);
}
