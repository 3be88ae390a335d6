//! The lock: of each tenant of a project one run writes at a time, and runs on different tenants share one audit log.

use std::thread;

use serde_json::json;

use crate::stage::{Ended, Gate, Project, Simulated, gated};

fn action(name: &str) -> String {
    format!(
        "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {{name: {name}}}\nspec:\n  description: x\n  script: {{content: 'function main() {{}}'}}\n"
    )
}

/// A project with `actions` actions and these tenants, by name.
fn project(tenants: &[(&str, &str)], actions: usize) -> Project {
    let project = Project::empty();
    let settings = tenants.iter().map(|(name, base_url)| {
        format!("[tenant.{name}]\nbase_url = {base_url:?}\nallow_http = true\n")
    });
    project.write("cxda.toml", settings.collect::<String>());
    let all = (0..actions).map(|number| "---\n".to_owned() + &action(&format!("action_{number}")));
    project.write("a.cxda.yaml", all.collect::<String>());
    project
}

fn apply(project: &Project, tenant: &str) -> Ended {
    let words = ["apply", "--yes", "--tenant", tenant];
    let call = project.cxda_signed_in(&words);
    call.env("CXDA_ACTOR", "who-holds-it").run()
}

#[test]
fn runs_on_different_tenants_go_at_the_same_time_and_share_one_sound_log() {
    let (one, other) = (Simulated::start(), Simulated::start());
    let project = project(
        &[("one", &one.base_url()), ("other", &other.base_url())],
        40,
    );
    thread::scope(|scope| {
        let runs = ["one", "other"].map(|tenant| scope.spawn(|| apply(&project, tenant)));
        for run in runs {
            let _ = run.join().unwrap().exits(0);
        }
    });
    let verdict = project.cxda(&["audit", "verify", "-o", "json"]).run();
    let verdict = verdict.exits(0).json();
    assert_eq!(
        (&verdict["records"], &verdict["comparedWithStore"]),
        (&json!(160), &json!(true))
    );
    for tenant in ["one", "other"] {
        let of_tenant = project
            .audit()
            .iter()
            .filter(|record| record["tenant"] == tenant)
            .count();
        assert_eq!(of_tenant, 80);
    }
}

#[test]
fn a_second_run_on_a_tenant_exits_10_and_names_the_first_while_another_tenant_is_free() {
    let gate = Gate::default();
    let (one, other) = (gated(&gate), Simulated::start());
    let project = project(&[("one", one.base_url()), ("other", &other.base_url())], 1);
    thread::scope(|scope| {
        let first = scope.spawn(|| apply(&project, "one"));
        gate.wait_until_reached();
        let asked = one.asked().len();
        let look = |words: &[&str]| project.cxda(words).run();
        let refused = apply(&project, "one");
        let sent = one.asked().len() - asked;
        let beside = apply(&project, "other");
        let tail = look(&["audit", "tail"]);
        let verdict = look(&["audit", "verify"]);
        // Everything is judged only now, for a test that fails must not leave the first run waiting.
        gate.open();
        let _ = first.join().unwrap().exits(0);
        assert_eq!(sent, 0, "the second sent nothing");
        let _ = refused.exits(10).says(&[
            "apply, process ",
            "since 20",
            "by who-holds-it",
            "--lock-timeout",
        ]);
        let _ = beside.exits(0);
        let _ = tail
            .exits(0)
            .says(&["on one by who-holds-it", "on other by who-holds-it"]);
        let _ = verdict.exits(0);
    });
    let _ = project.cxda(&["audit", "verify"]).run().exits(0);
}

#[cfg(unix)]
#[test]
fn after_a_kill_nobody_has_to_unlock() {
    let gate = Gate::default();
    let server = gated(&gate);
    let project = project(&[("one", server.base_url())], 1);
    let mut process = std::process::Command::new(env!("CARGO_BIN_EXE_cxda"))
        .args(["apply", "--yes"])
        .env_clear()
        .env("CXONE_CLIENT_ID", "the-client-id")
        .env("CXONE_CLIENT_SECRET", "the-client-secret")
        .current_dir(project.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    gate.wait_until_reached();
    process.kill().unwrap();
    process.wait().unwrap();
    gate.open();
    let _ = apply(&project, "one").exits(0);
    let _ = project.cxda(&["audit", "verify"]).run().exits(0);
}

#[test]
fn the_built_in_simulator_is_one_tenant_under_whatever_names() {
    let project = Project::empty();
    let settings = "[tenant.a]\nsimulator = true\n[tenant.b]\nsimulator = true\n";
    project.write("cxda.toml", settings);
    project.write("a.cxda.yaml", action("alpha"));
    let apply = |tenant: &str| {
        let words = [
            "apply",
            "--yes",
            "--tenant",
            tenant,
            "--lock-timeout",
            "60s",
        ];
        project.cxda(&words).run()
    };
    thread::scope(|scope| {
        let runs = ["a", "b"].map(|tenant| scope.spawn(move || apply(tenant)));
        for run in runs {
            let _ = run.join().unwrap().exits(0);
        }
    });
    let locks = project.files();
    let locks = locks.keys().filter(|path| path.starts_with(".cxda/locks"));
    assert_eq!(locks.count(), 1);
}
