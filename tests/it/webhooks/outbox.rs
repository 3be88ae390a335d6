//! Direct deliveries from settlement to acknowledgement: receivers that are out, slow, gone or back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use serde_json::{Value, json};

use crate::stage::{Answer, Asked, Project, Scripted, Simulated, until};

/// What no output may hold: the path of the receiver's URL, and its secret.
const CANARY: &str = "canary-path";
const SECRET: &str = "whsec_Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5";

/// A receiver of webhooks that answers as it is told.
pub(super) struct Receiver {
    pub(super) server: Scripted,
    status: Arc<AtomicU16>,
}

impl Receiver {
    pub(super) fn start(status: u16) -> Self {
        let status = Arc::new(AtomicU16::new(status));
        let told = Arc::clone(&status);
        let server = Scripted::start(move |_| Answer::json(told.load(Ordering::SeqCst), "{}"));
        Self { server, status }
    }

    pub(super) fn answers(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.server.asked()
    }

    /// The events that it was told of, in order.
    fn events(&self) -> Vec<String> {
        let event = |asked: &Asked| {
            let body: Value = serde_json::from_str(&asked.body).unwrap();
            let name = body.get("event").or_else(|| body.get("eventType"));
            name.unwrap().as_str().unwrap().to_owned()
        };
        self.asked().iter().map(event).collect()
    }

    /// The webhook `bi` by way of a POST to it.
    fn settings(&self) -> String {
        let url = self.server.base_url();
        let host = url.strip_prefix("http://").unwrap();
        format!(
            "[[webhook]]\nname = \"bi\"\nurl = \"{url}/{CANARY}\"\nvia = \"direct\"\nsecret = {{env = \"BI_SECRET\"}}\n\
             [network]\nallow_hosts = [\"{host}\"]\n"
        )
    }
}

fn view(interval: u8) -> String {
    format!(
        "apiVersion: cxda/v1\nkind: MaterializedView\nmetadata: {{name: view_one}}\nspec:\n  description: A view of a table\n  \
         source: {{table: 12345678-1234-1234-1234-123456789012}}\n  columns: [{{name: a}}]\n  refresh: {{intervalMinutes: {interval}}}\n"
    )
}

fn project(tenant: &Simulated, receiver: &Receiver) -> Project {
    let project = Project::on(&tenant.base_url());
    let settings = project.read("cxda.toml") + &receiver.settings();
    project.write("cxda.toml", settings);
    project.write("v.cxda.yaml", view(15));
    project
}

/// `cxda WORDS -o json`, which exits with `code`.
#[track_caller]
fn run(project: &Project, words: &[&str], code: i32) -> Value {
    let words = [words, &["-o", "json"]].concat();
    let call = project.cxda_signed_in(&words).env("BI_SECRET", SECRET);
    call.run().exits(code).json()
}

#[track_caller]
fn apply(project: &Project) -> Value {
    run(project, &["apply", "--yes"], 0)["webhooks"].clone()
}

/// Event and state of each entry of the outbox.
#[track_caller]
fn listed(project: &Project) -> Vec<(String, String)> {
    let list = run(project, &["webhooks", "list"], 0);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|item| (text(&item["event"]), text(&item["state"])))
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(event, state): &(&str, &str)| ((*event).to_owned(), (*state).to_owned());
    expected.iter().map(owned).collect()
}

/// The phases of deliveries on record.
fn phases(project: &Project) -> Vec<Value> {
    let records = project.audit().into_iter();
    let deliveries = records.filter(|record| record["action"] == "DELIVER_WEBHOOK");
    deliveries.map(|record| record["phase"].clone()).collect()
}

#[test]
fn an_outage_fails_nothing_and_afterwards_all_is_told_in_order_under_the_same_ids() {
    let (tenant, receiver) = (Simulated::start(), Receiver::start(503));
    let project = project(&tenant, &receiver);
    assert_eq!(apply(&project), json!({"delivered": 0, "pending": 1}));
    project.write("v.cxda.yaml", view(20));
    assert_eq!(apply(&project), json!({"delivered": 0, "pending": 2}));
    let pending = [("VIEW_CREATED", "pending"), ("VIEW_UPDATED", "pending")];
    assert_eq!(listed(&project), pairs(&pending));
    let left = run(&project, &["webhooks", "deliver"], 12);
    assert!(left["items"][0]["attempts"].as_u64().unwrap() >= 2);
    assert_eq!(left["items"][1]["attempts"], 0, "it waits for the first");

    receiver.answers(204);
    run(&project, &["webhooks", "deliver"], 0);
    let delivered = pending.map(|(event, _)| (event, "delivered"));
    assert_eq!(listed(&project), pairs(&delivered));
    let events = receiver.events();
    let (last, earlier) = events.split_last().unwrap();
    assert_eq!(last, "VIEW_UPDATED");
    assert!(earlier.iter().all(|event| event == "VIEW_CREATED"));
    let asked = receiver.asked();
    let (last, earlier) = asked.split_last().unwrap();
    for again in earlier {
        assert_eq!(again.header("webhook-id"), asked[0].header("webhook-id"));
        assert_eq!(again.body, asked[0].body);
    }
    assert_ne!(last.header("webhook-id"), asked[0].header("webhook-id"));
    assert!(last.header("webhook-signature").starts_with("v1,"));
    let outcomes = phases(&project);
    let intended = outcomes.iter().step_by(2);
    assert!(intended.eq(vec![&json!("intended"); asked.len()]));
    let failed = vec![json!("failed"); asked.len() - 2];
    let ends: Vec<Value> = outcomes.into_iter().skip(1).step_by(2).collect();
    assert_eq!(ends, [failed, vec![json!("done"), json!("done")]].concat());
    assert_eq!(apply(&project), json!({"delivered": 0, "pending": 0}));
}

#[test]
fn the_list_is_for_programs_and_for_narrow_terminals() {
    let (tenant, receiver) = (Simulated::start(), Receiver::start(503));
    let project = project(&tenant, &receiver);
    let _ = project
        .cxda(&["webhooks", "list"])
        .run()
        .exits(0)
        .says(&["empty"]);
    apply(&project);
    let mut list = run(&project, &["webhooks", "list"], 0);
    let item = list["items"][0].as_object_mut().unwrap();
    let id = item.insert("id".into(), json!("ID")).unwrap();
    let next = item.insert("nextAttempt".into(), json!("NEXT")).unwrap();
    let next = next.as_str().unwrap();
    assert!(next.starts_with("20") && next.ends_with('Z'), "{next}");
    let item = json!({"id": "ID", "webhook": "bi", "event": "VIEW_CREATED", "state": "pending", "attempts": 1, "nextAttempt": "NEXT"});
    assert_eq!(list, json!({"formatVersion": "1.0", "items": [item]}));
    // No tenant is needed to look.
    let shown = project.cxda(&["webhooks", "list"]).run().exits(0);
    let lines: Vec<&str> = shown.stdout.lines().collect();
    assert!(
        lines.iter().all(|line| line.chars().count() <= 80),
        "{lines:?}"
    );
    let id = id.as_str().unwrap();
    assert_eq!(lines[1], format!("{id}  VIEW_CREATED        pending    bi"));
    assert!(lines[2].starts_with(&format!("    1 attempt, next {next}: ")));
    // What is long is wrapped, not cut.
    assert!(!shown.stdout.contains('…'), "{lines:?}");
}

#[test]
fn a_receiver_that_is_gone_is_asked_no_more_until_a_person_delivers() {
    let (tenant, receiver) = (Simulated::start(), Receiver::start(410));
    let project = project(&tenant, &receiver);
    assert_eq!(apply(&project), json!({"delivered": 0, "pending": 0}));
    receiver.answers(204);
    project.write("v.cxda.yaml", view(20));
    assert_eq!(apply(&project), json!({"delivered": 0, "pending": 0}));
    assert_eq!(receiver.asked().len(), 1);
    let dead = [("VIEW_CREATED", "dead"), ("VIEW_UPDATED", "dead")];
    assert_eq!(listed(&project), pairs(&dead));

    run(&project, &["webhooks", "deliver"], 0);
    assert_eq!(receiver.events()[1..], ["VIEW_CREATED", "VIEW_UPDATED"]);
    project.write("v.cxda.yaml", view(25));
    assert_eq!(apply(&project), json!({"delivered": 1, "pending": 0}));
}

#[test]
fn what_is_not_delivered_can_be_discarded_and_nothing_else() {
    let (tenant, receiver) = (Simulated::start(), Receiver::start(503));
    let project = project(&tenant, &receiver);
    apply(&project);
    let list = run(&project, &["webhooks", "list"], 0);
    let id = list["items"][0]["id"].as_str().unwrap();
    let discard = |id: &str| project.cxda(&["webhooks", "discard", id]).run();
    let _ = discard("absent")
        .exits(1)
        .says(&["has no entry absent", "webhooks list"]);
    let _ = discard(id).exits(0);
    let _ = discard(id).exits(1);
    assert_eq!(listed(&project), []);

    receiver.answers(204);
    project.write("v.cxda.yaml", view(20));
    apply(&project);
    let list = run(&project, &["webhooks", "list"], 0);
    let id = list["items"][0]["id"].as_str().unwrap();
    let _ = discard(id).exits(1).says(&["is delivered already"]);
}

#[cfg(unix)]
#[test]
fn a_process_killed_between_sending_and_the_answer_tells_it_again_under_one_intent() {
    let tenant = Simulated::start();
    let (reached, arrived) = std::sync::mpsc::channel();
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let (reached, gate) = (std::sync::Mutex::new(reached), std::sync::Mutex::new(gate));
    let server = Scripted::start(move |_| {
        let _ = reached.lock().unwrap().send(());
        let _ = gate.lock().unwrap().recv();
        Answer::json(204, "")
    });
    let status = Arc::new(AtomicU16::new(204));
    let receiver = Receiver { server, status };
    let project = project(&tenant, &receiver);
    let mut process = std::process::Command::new(env!("CARGO_BIN_EXE_cxda"))
        .args(["apply", "--yes", "-q"])
        .env_clear()
        .env("CXONE_CLIENT_ID", "a")
        .env("CXONE_CLIENT_SECRET", "b-secret")
        .env("BI_SECRET", SECRET)
        .current_dir(project.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    arrived.recv().unwrap();
    // SIGKILL: nothing can be put in order.
    process.kill().unwrap();
    process.wait().unwrap();
    drop(open);
    until("the receiver is free", || {
        (receiver.asked().len() == 1).then_some(())
    });
    assert_eq!(apply(&project), json!({"delivered": 1, "pending": 0}));
    let asked = receiver.asked();
    assert_eq!(asked[1].header("webhook-id"), asked[0].header("webhook-id"));
    assert_eq!(asked[1].body, asked[0].body);
    assert_eq!(phases(&project), [json!("intended"), json!("done")]);
    let _ = project
        .cxda_signed_in(&["plan", "--detailed-exitcode"])
        .run()
        .exits(0);
}

#[test]
fn t_04_neither_url_nor_secret_of_a_webhook_stands_in_any_output() {
    let (tenant, receiver) = (Simulated::start(), Receiver::start(410));
    let project = project(&tenant, &receiver);
    let mut said = String::new();
    for words in [
        &["apply", "--yes"][..],
        &["webhooks", "list"],
        &["webhooks", "deliver"],
        &["webhooks", "deliver", "-o", "json"],
        &["webhooks", "discard", "absent"],
    ] {
        let words = [words, &["-vv"]].concat();
        let call = project.cxda_signed_in(&words).env("BI_SECRET", SECRET);
        said.push_str(&call.run().both());
    }
    for (path, content) in project.files() {
        if path.starts_with(".cxda") {
            said.push_str(&String::from_utf8_lossy(&content));
        }
    }
    assert!(said.contains("VIEW_CREATED"));
    for canary in [CANARY, SECRET, SECRET.strip_prefix("whsec_").unwrap()] {
        assert!(!said.contains(canary), "{canary} stands in {said}");
    }
}

#[test]
fn a_webhook_whose_secret_is_of_no_use_waits_and_says_why() {
    let (tenant, receiver) = (Simulated::start(), Receiver::start(204));
    let project = project(&tenant, &receiver);
    for (secret, why) in [("", "its secret is missing"), ("not-one", "whsec_")] {
        let with_secret = |words: &[&str]| {
            let call = project.cxda_signed_in(words);
            if secret.is_empty() {
                call
            } else {
                call.env("BI_SECRET", secret)
            }
        };
        let _ = with_secret(&["apply", "--yes"]).run().exits(0);
        let ended = with_secret(&["webhooks", "deliver"]).run().exits(12);
        let _ = ended.says(&[why]).never_says(&["not-one"]);
    }
    assert_eq!(receiver.asked().len(), 0);
    assert_eq!(phases(&project), [Value::Null; 0], "nothing was tried");
    run(&project, &["webhooks", "deliver"], 0);
    assert_eq!(receiver.events(), ["VIEW_CREATED"]);
}

#[test]
fn while_a_secret_is_replaced_both_sign() {
    let (tenant, receiver) = (Simulated::start(), Receiver::start(204));
    let project = project(&tenant, &receiver);
    let both = "secret = [{env = \"BI_SECRET\"}, {env = \"BI_OLD_SECRET\"}]";
    project.edit("cxda.toml", "secret = {env = \"BI_SECRET\"}", both);
    let call = project.cxda_signed_in(&["apply", "--yes"]);
    let old = "whsec_b2xkLW9sZC1vbGQtb2xkLW9sZC1vbGQtb2xk";
    let call = call.env("BI_SECRET", SECRET).env("BI_OLD_SECRET", old);
    let _ = call.run().exits(0);
    let asked = receiver.asked();
    let signatures = asked[0].header("webhook-signature").split(' ');
    assert_eq!(signatures.filter(|each| each.starts_with("v1,")).count(), 2);
}

#[test]
fn a_receiver_that_is_not_public_is_not_reached_unless_the_settings_allow_it() {
    let (tenant, receiver) = (Simulated::start(), Receiver::start(204));
    let project = project(&tenant, &receiver);
    let settings = project.read("cxda.toml");
    let (without, _) = settings.split_once("[network]").unwrap();
    project.write("cxda.toml", without);
    assert_eq!(apply(&project), json!({"delivered": 0, "pending": 1}));
    assert_eq!(receiver.asked().len(), 0);
    project.write("cxda.toml", &settings);
    run(&project, &["webhooks", "deliver"], 0);
    assert_eq!(receiver.events(), ["VIEW_CREATED"]);
}
