//! `cache invalidate`: the directives of an action, told to their sources and to nobody else.

use serde_json::{Value, json};

use super::outbox::Receiver;
use crate::stage::{Asked, Project};

/// A project whose tenant cannot be reached, with an action that tells `source`.
fn project(source: &Receiver) -> Project {
    let url = source.server.base_url();
    let host = url.strip_prefix("http://").unwrap();
    let project = Project::on("http://127.0.0.1:1");
    let settings = project.read("cxda.toml");
    project.write(
        "cxda.toml",
        format!("{settings}[network]\nallow_hosts = [\"{host}\"]\n"),
    );
    project.write(
        "a.cxda.yaml",
        format!(
            "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {{name: score_calc}}\nspec:\n  description: x\n  \
             script: {{content: 'function main() {{}}'}}\n  cache:\n    key: score_{{id}}\n    invalidation:\n      \
             - {{source: '{url}/hooks/canary', eventType: profile.changed, action: invalidate}}\n      \
             - {{source: '{url}/other', eventType: scores.rebuilt, action: refresh}}\n      \
             - {{source: '{url}/never', eventType: scores.rebuilt, action: noop}}\n"
        ),
    );
    project
}

fn bodies(source: &Receiver) -> Vec<(String, Value)> {
    let asked = source.asked().into_iter();
    let mut bodies: Vec<(String, Value)> = asked
        .map(|asked: Asked| {
            (
                asked.path.clone(),
                serde_json::from_str(&asked.body).unwrap(),
            )
        })
        .collect();
    bodies.sort_by(|left, right| left.0.cmp(&right.0));
    bodies
}

#[test]
fn directives_are_sent_to_their_sources_and_put_on_record_without_the_tenant() {
    let source = Receiver::start(204);
    let project = project(&source);
    let told = project.cxda(&["cache", "invalidate", "score_calc"]).run();
    let _ = told.exits(0).says(&["2 delivered, 0 not"]);
    let bodies = bodies(&source);
    let paths: Vec<&str> = bodies.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["/hooks/canary", "/other"], "noop sends nothing");
    let mut body = bodies[0].1.clone();
    assert!(body["timestamp"].take().as_str().unwrap().ends_with('Z'));
    assert_eq!(
        body,
        json!({
            "event": "cache_invalidation",
            "directive": {"source": format!("{}/hooks/canary", source.server.base_url()), "event_type": "profile.changed", "action": "invalidate"},
            "action": "score_calc",
            "timestamp": null,
            "data": {"target_key": "score_{id}"},
        })
    );
    let records = project.audit();
    let mut phases: Vec<&Value> = records.iter().map(|record| &record["phase"]).collect();
    phases.sort_by_key(|phase| phase.as_str());
    assert_eq!(phases, ["done", "done", "intended", "intended"]);
    for record in &records {
        assert_eq!(record["action"], "INVALIDATE_CACHE");
        assert_eq!(record["resource"]["name"], "score_calc");
    }
    let verified = project.cxda(&["audit", "verify"]).run();
    let _ = verified.exits(0);
}

#[test]
fn one_event_can_be_picked_and_a_slip_in_it_or_in_the_name_is_told() {
    let source = Receiver::start(204);
    let project = project(&source);
    let invalidate = |words: &[&str]| {
        let words = [&["cache", "invalidate"], words].concat();
        project.cxda(&words).run()
    };
    let picked = invalidate(&["score_calc", "--event", "scores.rebuilt", "-o", "json"]);
    let items = picked.exits(0).json()["items"].clone();
    assert_eq!(items.as_array().unwrap().len(), 1);
    assert_eq!(items[0]["event"], "CACHE_INVALIDATION");
    assert_eq!(items[0]["state"], "delivered");
    assert_eq!(bodies(&source)[0].0, "/other");
    let slip = invalidate(&["score_calc", "--event", "scores.rebuild"]).exits(64);
    let _ = slip.says(&["scores.rebuild", "profile.changed, scores.rebuilt"]);
    let _ = invalidate(&["score_calk"]).exits(64).says(&["score_calk"]);
    assert_eq!(source.asked().len(), 1);
}

#[test]
fn a_source_that_is_out_is_told_later_by_webhooks_deliver() {
    let source = Receiver::start(503);
    let project = project(&source);
    let words = [
        "cache",
        "invalidate",
        "score_calc",
        "--event",
        "profile.changed",
    ];
    let left = project.cxda(&words).run().exits(12);
    let left = left.says(&["stays in the outbox", "0 delivered, 1 not"]);
    assert!(!left.both().contains("canary"), "a path may be a secret");
    let listed = project.cxda(&["webhooks", "list", "-o", "json"]).run();
    let items = listed.exits(0).json()["items"].clone();
    assert_eq!(items[0]["state"], "pending");
    source.answers(204);
    let _ = project
        .cxda_signed_in(&["webhooks", "deliver"])
        .run()
        .exits(0);
    let asked = source.asked();
    assert_eq!(asked[0].header("webhook-id"), asked[1].header("webhook-id"));
    assert_eq!(asked[0].body, asked[1].body);
}

#[test]
fn t_01_an_address_of_this_machine_is_not_told_unless_the_settings_allow_it() {
    let source = Receiver::start(204);
    let project = project(&source);
    let settings = project.read("cxda.toml");
    let (settings, _) = settings.split_once("[network]").unwrap();
    project.write("cxda.toml", settings);
    let words = ["cache", "invalidate", "score_calc"];
    let _ = project.cxda(&words).run().exits(12);
    assert_eq!(source.asked().len(), 0);
}

#[test]
fn an_action_without_directives_sends_nothing_and_says_so() {
    let source = Receiver::start(204);
    let project = project(&source);
    let text = project.read("a.cxda.yaml");
    let (text, _) = text.split_once("    invalidation:").unwrap();
    project.write("a.cxda.yaml", text);
    let words = ["cache", "invalidate", "score_calc"];
    let told = project.cxda(&words).run().exits(0);
    let _ = told.says(&["declares no directive"]);
    assert_eq!(source.asked().len(), 0);
}

#[test]
fn a_list_names_the_whole_host_of_a_source() {
    let source = Receiver::start(503);
    let project = project(&source);
    let words = ["cache", "invalidate", "score_calc", "--event"];
    let words = [&words[..], &["profile.changed"]].concat();
    let url = source.server.base_url();
    let _ = project.cxda(&words).run().exits(12).says(&[url]);
    let listed = project.cxda(&["webhooks", "list"]).run().exits(0);
    let _ = listed.says(&[url]);
}
