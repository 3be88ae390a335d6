//! Other tenants than the default one: the dialects of the tutorials, other credentials, other habits.

use std::time::Duration;

use cxda_domain::request::Operation::{CreateAction, GetAction, ListActions, ReplaceAction, Token};
use cxda_simulator::config::{Credentials, FilterHabit, KeyHabit, SecretDisplay, SimConfig};
use cxda_simulator::profile::{ProfileName, SimProfile};
use serde_json::json;

use crate::stage::{Answer, Project, Scripted, Simulated, config};

/// The quickstart on a tenant with these habits, and with these settings of its own.
fn quickstart(tenant: &Simulated, settings: &str) -> Project {
    let project = Project::quickstart();
    let base_url = tenant.base_url();
    project.write(
        "cxda.toml",
        format!("[project]\nmanifests = [\"manifests/**/*.yaml\"]\n[tenant.it]\nbase_url = {base_url:?}\nallow_http = true\n{settings}"),
    );
    project
}

/// Applies, finds nothing more to do, changes something in each area, and applies again.
#[track_caller]
fn assert_brought_to_match(label: &str, project: &Project) {
    let run = |words: &[&str], code: i32| {
        let ended = project.cxda_signed_in(words).run();
        assert_eq!(
            ended.code,
            code,
            "case: {label}, {words:?}\n{}",
            ended.both()
        );
        ended
    };
    let first = run(&["apply", "--yes", "-o", "json"], 0).json();
    assert_eq!(first["summary"]["created"], 9, "case: {label}");
    let _ = run(&["plan", "--detailed-exitcode"], 0);
    project.edit(
        "manifests/1-views.yaml",
        "intervalMinutes: 15",
        "intervalMinutes: 20",
    );
    project.edit("manifests/3-cache.yaml", "ttl: 86400", "ttl: 3600");
    project.edit("manifests/4-variables.yaml", "value: 3}", "value: 4}");
    project.edit(
        "manifests/5-dates.yaml",
        "offsetMinutes: 120",
        "offsetMinutes: 60",
    );
    let second = run(&["apply", "--yes", "-o", "json"], 0).json();
    assert_eq!(second["summary"]["updated"], 4, "case: {label}");
    let _ = run(&["plan", "--detailed-exitcode"], 0);
    project.remove("manifests/5-dates.yaml");
    let third = run(&["apply", "--yes", "--prune", "-o", "json"], 0).json();
    assert_eq!(third["summary"]["deleted"], 2, "case: {label}");
}

#[test]
fn every_dialect_is_spoken_by_its_name() {
    for name in ProfileName::ALL {
        let config = SimConfig {
            profile: SimProfile::named(name),
            ..config()
        };
        let tenant = Simulated::with(config, Simulated::fresh());
        let project = quickstart(
            &tenant,
            &format!("[tenant.it.api]\nprofile = {:?}\n", name.as_str()),
        );
        assert_brought_to_match(name.as_str(), &project);
    }
}

#[test]
fn tenants_with_other_habits_are_brought_to_match() {
    let exactly = Credentials::Exactly {
        id: "the-client-id".into(),
        secret: "the-client-secret".into(),
    };
    let cases = [
        (
            "keys ignored",
            SimConfig {
                idempotency: KeyHabit::Ignored,
                ..config()
            },
        ),
        (
            "filter loose",
            SimConfig {
                filter: FilterHabit::Contains,
                ..config()
            },
        ),
        (
            "filter ignored",
            SimConfig {
                filter: FilterHabit::Ignored,
                ..config()
            },
        ),
        (
            "secrets empty",
            SimConfig {
                secret_values: SecretDisplay::Empty,
                ..config()
            },
        ),
        (
            "secrets absent",
            SimConfig {
                secret_values: SecretDisplay::Absent,
                ..config()
            },
        ),
        (
            "short pages",
            SimConfig {
                page_size_limit: 2,
                ..config()
            },
        ),
        (
            "credentials checked",
            SimConfig {
                credentials: exactly,
                ..config()
            },
        ),
        (
            "create ignores blocks",
            SimConfig {
                ignored_on_create: vec![
                    "variables".into(),
                    "configuration".into(),
                    "cacheTtl".into(),
                ],
                ..config()
            },
        ),
        (
            "tokens of a second",
            SimConfig {
                token_lifetime: Duration::from_secs(1),
                ..config()
            },
        ),
    ];
    for (label, config) in cases {
        let tenant = Simulated::with(config, Simulated::fresh());
        assert_brought_to_match(label, &quickstart(&tenant, ""));
    }
}

#[test]
fn every_way_to_compare_versions_works() {
    use cxda_simulator::profile::Concurrency;
    let cases = [
        ("etag", Concurrency::EntityTag),
        ("content-hash", Concurrency::ContentHash),
        ("none", Concurrency::None),
    ];
    for (word, concurrency) in cases {
        let profile = SimProfile {
            concurrency,
            ..SimProfile::named(ProfileName::CxoneV2)
        };
        let tenant = Simulated::with(
            SimConfig {
                profile,
                ..config()
            },
            Simulated::fresh(),
        );
        let project = quickstart(
            &tenant,
            &format!("[tenant.it.api]\nconcurrency = {word:?}\n"),
        );
        assert_brought_to_match(word, &project);
    }
}

#[test]
fn h_31_what_a_create_ignored_follows_in_one_get_and_one_put() {
    let config = SimConfig {
        ignored_on_create: vec!["variables".into()],
        ..config()
    };
    let tenant = Simulated::with(config, Simulated::fresh());
    let project = Project::on(&tenant.base_url());
    project.write(
        "a.cxda.yaml",
        "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {name: alpha}\nspec:\n  description: x\n  script: {content: 'function main() {}'}\n  variables: [{name: v, type: integer, value: 3}]\n",
    );
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    assert_eq!(
        tenant.since(0),
        [Token, ListActions, CreateAction, GetAction, ReplaceAction]
    );
    let _ = project
        .cxda_signed_in(&["plan", "--detailed-exitcode"])
        .run()
        .exits(0);
}

#[test]
fn an_action_that_is_still_publishing_is_waited_for() {
    let config = SimConfig {
        publishing: Duration::from_millis(1_500),
        ..config()
    };
    let tenant = Simulated::with(config, Simulated::fresh());
    let project = Project::on(&tenant.base_url());
    let manifest = "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {name: alpha}\nspec: {description: x, script: {content: 'function main() {}'}}\n";
    project.write("a.cxda.yaml", manifest);
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    project.edit("a.cxda.yaml", "description: x", "description: y");
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    assert_eq!(tenant.action("alpha")["members"]["description"], "y");
    assert_eq!(
        tenant.count(ReplaceAction),
        1,
        "no PUT is sent while it publishes"
    );
}

#[test]
fn a_ready_token_needs_no_token_call() {
    let server = Scripted::start(|asked| {
        if asked.header("authorization") == "Bearer ready-made" {
            Answer::empty_page()
        } else {
            Answer::json(401, "{}")
        }
    });
    let project = Project::on(server.base_url());
    let settings = project.read("cxda.toml");
    project.write(
        "cxda.toml",
        settings + "[tenant.it.auth]\nkind = \"bearer\"\n",
    );
    let _ = project
        .cxda(&["get", "actions"])
        .env("CXONE_TOKEN", "ready-made")
        .run()
        .exits(0);
    assert_eq!(server.asked().len(), 1);
    let _ = project
        .cxda(&["get", "actions"])
        .run()
        .exits(4)
        .says(&["CXONE_TOKEN"]);
}

#[test]
fn an_access_key_goes_as_json_to_its_own_endpoint() {
    let server = Scripted::start(|asked| {
        if asked.path == "/authentication/v1/token/access-key" {
            let body: serde_json::Value = serde_json::from_str(&asked.body).unwrap();
            assert_eq!(
                body,
                json!({"accessKeyId": "the-client-id", "accessKeySecret": "the-client-secret"})
            );
            Answer::token("from-a-key")
        } else {
            assert_eq!(asked.header("authorization"), "Bearer from-a-key");
            Answer::empty_page()
        }
    });
    let project = Project::on(server.base_url());
    let settings = project.read("cxda.toml");
    project.write(
        "cxda.toml",
        settings + "[tenant.it.auth]\nkind = \"access_key\"\n",
    );
    let _ = project.cxda_signed_in(&["get", "actions"]).run().exits(0);
    assert_eq!(server.asked().len(), 2);
}
