//! Ctrl-C and SIGTERM while something is waited for: the process comes to its end, everything is on record, and the next
//! run goes on.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cxda_domain::request::Operation;
use serde_json::{Value, json};

use crate::stage::{Project, Simulated, until};

/// How long a process may live on after its first signal, and some more for a machine that has much to do.
const BOUND: Duration = Duration::from_secs(20);

const INT: (&str, i32) = ("INT", 130);
const TERM: (&str, i32) = ("TERM", 143);

fn action(name: &str) -> String {
    format!(
        "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {{name: {name}}}\nspec: {{description: x, script: {{content: 'function main() {{}}'}}}}\n---\n"
    )
}

/// A `cxda` that is running.
pub(crate) struct Process {
    child: Child,
    signalled: Option<Instant>,
}

/// What it left behind.
pub(crate) struct Left {
    pub(crate) code: Option<i32>,
    stdout: String,
    pub(crate) stderr: String,
}

impl Process {
    pub(crate) fn start(project: &Project, words: &[&str]) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_cxda"))
            .args(words)
            .env_clear()
            .env("CXONE_CLIENT_ID", "a")
            .env("CXONE_CLIENT_SECRET", "b-secret")
            .current_dir(project.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        Self {
            child: child.unwrap(),
            signalled: None,
        }
    }

    pub(crate) fn signal(&mut self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([format!("-{name}"), id]).status();
        assert!(sent.unwrap().success());
        self.signalled.get_or_insert_with(Instant::now);
    }

    /// Reads stderr until a line holds `word`.
    pub(crate) fn until_it_says(&mut self, word: &str) {
        let mut lines = BufReader::new(self.child.stderr.as_mut().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains(word)), "{word}");
    }

    /// Waits for its end, which must come soon after the first signal.
    pub(crate) fn end(mut self) -> Left {
        let code = self.child.wait().unwrap().code();
        let took = self.signalled.unwrap().elapsed();
        assert!(took < BOUND, "{took:?}");
        let mut left = Left {
            code,
            stdout: String::new(),
            stderr: String::new(),
        };
        let (out, err) = (self.child.stdout.as_mut(), self.child.stderr.as_mut());
        out.unwrap().read_to_string(&mut left.stdout).unwrap();
        err.unwrap().read_to_string(&mut left.stderr).unwrap();
        left
    }
}

/// The phases of the records about the action `name`.
fn phases(project: &Project, name: &str) -> Vec<String> {
    let records = project.audit().into_iter();
    records
        .filter(|record| record["resource"]["name"] == name)
        .map(|record| record["phase"].as_str().unwrap().to_owned())
        .collect()
}

/// Applies `alpha` and `beta` under `script`, stops it with `signal` once the tenant was asked for `operation` so often, and
/// gives the outcomes. The next run must make what is missing, and nothing twice.
fn stopped(script: &Value, (operation, times): (Operation, usize), signal: (&str, i32)) -> Value {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    project.write("all.cxda.yaml", action("alpha") + &action("beta"));
    tenant.script(script);
    let words = ["apply", "--yes", "-o", "json", "--parallelism", "2"];
    let mut process = Process::start(&project, &words);
    until("the request", || {
        (tenant.count(operation) >= times).then_some(())
    });
    process.signal(signal.0);
    let left = process.end();
    assert_eq!(left.code, Some(signal.1), "{}", left.stderr);
    assert!(left.stderr.contains("Stopping"), "{}", left.stderr);
    let applied: Value = serde_json::from_str(&left.stdout).unwrap();
    for name in ["alpha", "beta"] {
        let phases = phases(&project, name);
        let settled = |pair: &[String]| pair[0] == "intended" && pair[1] != "intended";
        assert!(phases.chunks(2).all(settled), "{phases:?}");
    }
    tenant.script(&json!({"formatVersion": "1.0"}));
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    assert_eq!(tenant.names("actions"), ["alpha", "beta"]);
    let words = ["plan", "--detailed-exitcode"];
    let _ = project.cxda_signed_in(&words).run().exits(0);
    let outcome = |result: &Value| result["outcome"].clone();
    let results = applied["results"].as_array().unwrap().iter();
    results.map(outcome).collect()
}

#[test]
fn a_run_that_its_rate_limit_holds_back_sends_no_more() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    let settings = project.read("cxda.toml");
    let limit = "[tenant.it.api]\nrate_limit = {requests = 3, per = \"60s\"}\n";
    project.write("cxda.toml", settings + limit);
    project.write("all.cxda.yaml", action("alpha") + &action("beta"));
    let mut process = Process::start(&project, &["apply", "--yes"]);
    // A token, a listing, a create: the fourth request would have to wait for a minute.
    until("the create", || {
        (tenant.count(Operation::CreateAction) == 1).then_some(())
    });
    process.signal("INT");
    let left = process.end();
    assert_eq!(left.code, Some(130), "{}", left.stderr);
    assert!(left.stdout.contains("1 created"), "{}", left.stdout);
    assert_eq!(tenant.writes(), 1);
    project.write(
        "cxda.toml",
        project.read("cxda.toml").replace("= 3", "= 90"),
    );
    let again = project.cxda_signed_in(&["apply", "--yes"]).run();
    let _ = again.exits(0).says(&["1 created"]);
}

#[test]
fn a_run_in_a_pause_that_the_tenant_asked_for_takes_back_what_waits() {
    let refused =
        json!({"kind": "answer", "status": 429, "headers": {"Retry-After": "60"}, "body": {}});
    let script =
        json!({"formatVersion": "1.0", "rules": [{"operation": "createAction", "fault": refused}]});
    let outcomes = stopped(&script, (Operation::CreateAction, 1), INT);
    assert_eq!(outcomes, json!(["skipped", "skipped"]));
}

#[test]
fn h_03_a_run_at_a_tenant_that_never_answers_ends_and_says_that_it_does_not_know() {
    let script = json!({"formatVersion": "1.0", "rules": [
        {"operation": "createAction", "fault": {"kind": "silence", "committed": true}},
    ]});
    let outcomes = stopped(&script, (Operation::CreateAction, 2), TERM);
    assert_eq!(outcomes, json!(["unknown", "unknown"]));
}

#[test]
fn a_run_that_waits_for_a_busy_action_leaves_it_alone() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    project.write("all.cxda.yaml", action("alpha"));
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    project.edit("all.cxda.yaml", "description: x", "description: y");
    tenant.faults(&json!([{"operation": "getAction", "fault": {"kind": "alter", "body": {"state": "PUBLISHING"}}}]));
    let (writes, reads) = (tenant.writes(), tenant.count(Operation::GetAction));
    let mut process = Process::start(&project, &["apply", "--yes"]);
    until("a look", || {
        (tenant.count(Operation::GetAction) > reads).then_some(())
    });
    process.signal("INT");
    let left = process.end();
    assert_eq!(left.code, Some(130), "{}", left.stderr);
    assert!(left.stdout.contains("skipped"), "{}", left.stdout);
    assert_eq!(tenant.writes(), writes);
    assert_eq!(phases(&project, "alpha"), ["intended", "done"]);
    tenant.faults(&json!([]));
    let again = project.cxda_signed_in(&["apply", "--yes"]).run();
    let _ = again.exits(0).says(&["1 updated"]);
}

/// A tenant that never answers `operation`.
fn silent(operation: &str) -> Simulated {
    let tenant = Simulated::start();
    tenant.faults(&json!([{"operation": operation, "fault": {"kind": "silence"}}]));
    tenant
}

#[test]
fn who_waits_for_the_lock_ends_at_once_and_a_second_signal_ends_what_is_under_way() {
    let tenant = silent("createAction");
    let project = Project::on(&tenant.base_url());
    project.write("all.cxda.yaml", action("alpha"));
    let mut holder = Process::start(&project, &["apply", "--yes"]);
    until("the holder's create", || {
        (tenant.count(Operation::CreateAction) == 1).then_some(())
    });
    let words = ["apply", "--yes", "--lock-timeout", "60s", "-v"];
    let mut waits = Process::start(&project, &words);
    waits.until_it_says("waits for the lock");
    waits.signal("TERM");
    assert_eq!(waits.end().code, Some(143));
    holder.signal("INT");
    // Nobody has to wait for what it still waits for.
    holder.until_it_says("Stopping");
    holder.signal("INT");
    assert_eq!(holder.end().code, Some(130));
    assert_eq!(
        phases(&project, "alpha"),
        ["intended"],
        "it is taken up later"
    );
    tenant.faults(&json!([]));
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    assert_eq!(tenant.names("actions"), ["alpha"]);
}

#[test]
fn commands_that_only_read_end_at_once() {
    for (words, (signal, code)) in [
        (&["plan"][..], INT),
        (&["get", "actions"], TERM),
        (&["doctor"], INT),
        // It has sent nothing either.
        (&["apply", "--yes"], TERM),
    ] {
        let tenant = silent("listActions");
        let project = Project::on(&tenant.base_url());
        project.write("all.cxda.yaml", action("alpha"));
        let mut process = Process::start(&project, words);
        until("a listing", || {
            (tenant.count(Operation::ListActions) > 0).then_some(())
        });
        process.signal(signal);
        let left = process.end();
        assert_eq!(left.code, Some(code), "{words:?} {}", left.stderr);
        assert!(left.stderr.contains("Stopped"), "{words:?} {}", left.stderr);
    }
}

#[test]
fn what_webhooks_were_not_told_stays_in_the_outbox() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    let settings = project.read("cxda.toml");
    let webhook = "[[webhook]]\nname = \"bi\"\nurl = \"https://hooks.example.com/bi\"\n";
    project.write("cxda.toml", settings + webhook);
    project.write("all.cxda.yaml", action("alpha") + &action("beta"));
    tenant.faults(&json!([{"operation": "relayWebhook", "fault": {"kind": "silence"}}]));
    let mut process = Process::start(&project, &["apply", "--yes", "-o", "json"]);
    until("a delivery", || {
        (tenant.count(Operation::RelayWebhook) > 0).then_some(())
    });
    process.signal("INT");
    let left = process.end();
    assert_eq!(left.code, Some(130), "{}", left.stderr);
    let applied: Value = serde_json::from_str(&left.stdout).unwrap();
    assert_eq!(applied["summary"]["created"], 2);
    assert_eq!(applied["webhooks"], json!({"delivered": 0, "pending": 2}));
}

#[test]
fn an_answer_that_comes_soon_after_the_signal_still_counts() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    project.write("all.cxda.yaml", action("alpha"));
    let slow = json!({"kind": "delay", "milliseconds": 1_000});
    tenant.faults(&json!([{"operation": "createAction", "fault": slow}]));
    let mut process = Process::start(&project, &["apply", "--yes"]);
    until("the create", || {
        (tenant.count(Operation::CreateAction) == 1).then_some(())
    });
    process.signal("TERM");
    let left = process.end();
    assert_eq!(left.code, Some(143), "{}", left.stderr);
    assert!(left.stdout.contains("1 created"), "{}", left.stdout);
    assert_eq!(phases(&project, "alpha"), ["intended", "done"]);
}

#[test]
fn a_simulated_tenant_that_is_stopped_says_so_in_its_own_words() {
    let project = Project::empty();
    let words = ["simulate", "--listen", "127.0.0.1:0"];
    let mut process = Process::start(&project, &words);
    process.until_it_says("Ctrl-C");
    process.signal("INT");
    let left = process.end();
    assert_eq!(left.code, Some(0));
    assert!(!left.stderr.contains("answered"), "{}", left.stderr);
}
