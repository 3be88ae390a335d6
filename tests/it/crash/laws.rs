//! What must hold after a run that was cut short, and after the next one that was not.

use std::collections::{BTreeMap, BTreeSet};

use cxda_adapters_fs::audit::{compare, verify};
use cxda_adapters_fs::store::{Scope, Store};
use cxda_domain::request::Operation;
use cxda_ports::outbox::Outbox;
use cxda_simulator::LogEntry;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::scene::{Desired, Scene};

/// A write, by what the audit log calls it and by the name or the id of its resource.
type Write = (&'static str, String);

/// What is wrong after a run that was cut short: a write that came to the tenant although no whole line of the audit file says
/// that it was intended.
pub(super) fn unaudited(scene: &Scene) -> Vec<String> {
    let text = std::fs::read_to_string(scene.audit_log()).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let intended: BTreeSet<(String, String)> = whole
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|record| record["phase"] == "intended")
        .flat_map(|record| {
            let action = said(&record["action"]);
            let resource = &record["resource"];
            [&resource["name"], &resource["id"]].map(|which| (action.clone(), said(which)))
        })
        .collect();
    let lacks = |write: &Write| !intended.contains(&(write.0.to_owned(), write.1.clone()));
    let sent = scene.tenant.log();
    let sent = sent.iter().filter_map(write_of).filter(lacks);
    sent.map(|(action, which)| format!("{action} {which} was sent and never intended"))
        .collect()
}

/// All that is wrong after a run that came to its end.
pub(super) fn violations(scene: &Scene, desired: Desired) -> Vec<String> {
    let mut found = unaudited(scene);
    let records = match chained(scene) {
        Ok(()) => scene.project.audit(),
        Err(broken) => {
            found.push(broken);
            return found;
        }
    };
    found.extend(of_names(scene, desired));
    found.extend(of_creates(scene));
    found.extend(of_pairs(&records));
    found.extend(of_events(scene, &records));
    found
}

/// The file is one chain, and holds what the store holds.
fn chained(scene: &Scene) -> Result<(), String> {
    let verified = verify(&scene.audit_log()).map_err(|error| format!("audit log: {error:?}"))?;
    let journal = store(scene);
    block_on(compare(&verified, &journal)).map_err(|error| format!("audit log: {error:?}"))
}

/// The tenant has each name once, and no other.
fn of_names(scene: &Scene, desired: Desired) -> Vec<String> {
    let (views, actions) = scene.names(desired);
    let mut found = Vec::new();
    for (kind, expected) in [("views", views), ("actions", actions)] {
        let names = scene.tenant.names(kind);
        if names != expected {
            found.push(format!("the tenant has {kind} {names:?}"));
        }
    }
    found
}

/// No name was created twice: what was answered with 201 came under one key.
fn of_creates(scene: &Scene) -> Vec<String> {
    let mut keys: BTreeMap<Write, BTreeSet<String>> = BTreeMap::new();
    for entry in scene.tenant.log() {
        if let (Some(write), Some(201)) = (write_of(&entry), entry.status) {
            let key = entry.headers.get("idempotency-key").cloned();
            keys.entry(write)
                .or_default()
                .insert(key.unwrap_or_default());
        }
    }
    keys.retain(|_, keys| keys.len() != 1);
    keys.iter()
        .map(|(write, keys)| format!("{write:?} was made under {keys:?}"))
        .collect()
}

/// Of each write the audit log holds one intent and one outcome, in this order, and then perhaps the next write of its kind.
fn of_pairs(records: &[Value]) -> Vec<String> {
    let mut stories: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for record in records {
        let resource = &record["resource"];
        let (action, name) = (said(&record["action"]), said(&resource["name"]));
        let story = stories.entry(format!("{action} {name}")).or_default();
        story.push(said(&record["phase"]));
    }
    stories.retain(|_, story| {
        let mut pairs = story.chunks(2);
        !pairs.all(|pair| matches!(pair, [first, last] if first == "intended" && last != "intended"))
    });
    stories
        .iter()
        .map(|(write, story)| format!("{write} has the records {story:?}"))
        .collect()
}

/// Whatever was done was told to the webhook, or still will be; and what was told twice was told in the same words: there are no
/// more different texts of an event than writes that it can be about.
fn of_events(scene: &Scene, records: &[Value]) -> Vec<String> {
    let mut told: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for body in relayed(scene).into_iter().chain(pending(scene)) {
        told.entry(event_of(&body)).or_default().insert(body);
    }
    let mut done: BTreeMap<(String, String), usize> = BTreeMap::new();
    for record in records.iter().filter(|record| record["phase"] == "done") {
        let id = said(&record["resource"]["id"]);
        for kind in told_as(&said(&record["action"])) {
            *done.entry(((*kind).to_owned(), id.clone())).or_default() += 1;
        }
    }
    let must_be_told = |(kind, _): &&(String, String)| kind.starts_with("VIEW") || kind.starts_with("ACTION");
    let lost = done.keys().filter(must_be_told);
    let lost = lost.filter(|event| !told.contains_key(event));
    let mut found: Vec<String> = lost.map(|event| format!("{event:?} was lost")).collect();
    for (event, texts) in &told {
        if texts.len() > done.get(event).copied().unwrap_or(0) {
            found.push(format!("{event:?} was told as {texts:?}"));
        }
    }
    found
}

/// What a write of this name in the audit log may be told as.
fn told_as(action: &str) -> &'static [&'static str] {
    match action {
        "CREATE_MATERIALIZED_VIEW" => &["VIEW_CREATED"],
        "UPDATE_MATERIALIZED_VIEW" => &["VIEW_UPDATED"],
        "DELETE_MATERIALIZED_VIEW" => &["VIEW_DELETED"],
        "CREATE_DATA_ACTION" => &["ACTION_CREATED", "VARIABLES_UPDATED", "DATE_PROCESSED"],
        "UPDATE_DATA_ACTION" => &["ACTION_UPDATED", "VARIABLES_UPDATED", "DATE_PROCESSED"],
        "DELETE_DATA_ACTION" => &["ACTION_DELETED"],
        _ => &[],
    }
}

/// The event's kind and the id of its resource.
fn event_of(body: &str) -> (String, String) {
    let body: Value = serde_json::from_str(body).unwrap();
    let kind = ["event", "eventType"].iter().find_map(|key| body.get(key));
    let kind = kind.map_or("DATE_PROCESSED".to_owned(), said);
    let id = ["action_id", "data_action_id"]
        .iter()
        .find_map(|key| body.get(key));
    (kind, said(id.unwrap_or(&body["data"]["viewId"])))
}

/// The payloads that the tenant took to be relayed, byte for byte.
fn relayed(scene: &Scene) -> Vec<String> {
    #[derive(Deserialize)]
    struct Relayed {
        payload: Box<RawValue>,
    }
    let log = scene.tenant.log();
    let taken = log.iter().filter(|entry| {
        entry.operation == Some(Operation::RelayWebhook) && entry.status == Some(202)
    });
    taken
        .map(|entry| {
            let body = entry.body.as_ref().unwrap().get();
            let relayed: Relayed = serde_json::from_str(body).unwrap();
            relayed.payload.get().to_owned()
        })
        .collect()
}

/// The payloads that wait in the outbox.
fn pending(scene: &Scene) -> Vec<String> {
    let entries = block_on(store(scene).entries(0)).unwrap();
    let waiting = entries.into_iter();
    waiting.map(|each| each.entry.event.body).collect()
}

fn store(scene: &Scene) -> Store {
    let scope = Scope {
        tenant: "it".into(),
        origin: scene.tenant.base_url(),
    };
    let path = scene.project.path().join(".cxda/state.db");
    Store::open_read_only(&path, scope).unwrap().unwrap()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

/// What of the requests that the tenant received is a write of a resource.
fn write_of(entry: &LogEntry) -> Option<Write> {
    let action = match entry.operation? {
        Operation::CreateView => "CREATE_MATERIALIZED_VIEW",
        Operation::ReplaceView => "UPDATE_MATERIALIZED_VIEW",
        Operation::DeleteView => "DELETE_MATERIALIZED_VIEW",
        Operation::CreateAction => "CREATE_DATA_ACTION",
        Operation::ReplaceAction => "UPDATE_DATA_ACTION",
        Operation::DeleteAction => "DELETE_DATA_ACTION",
        Operation::BuildIndexes => "BUILD_INDEXES",
        _ => return None,
    };
    let which = if action.starts_with("CREATE") {
        let body: Value = serde_json::from_str(entry.body.as_ref()?.get()).ok()?;
        said(&body["name"])
    } else {
        let path = entry.path.trim_end_matches("/indexes");
        path.rsplit('/').next()?.to_owned()
    };
    Some((action, which))
}

fn said(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
