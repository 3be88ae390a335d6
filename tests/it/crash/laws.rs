//! What must hold after a run that was cut short, and after the next one that was not.

use std::collections::{BTreeMap, BTreeSet};

use cxda_adapters_fs::audit::{compare, verify};
use cxda_adapters_fs::store::{Scope, Store};
use cxda_adapters_memory::clock::ManualClock;
use cxda_domain::instant::UtcMillis;
use cxda_domain::request::Operation;
use cxda_ports::outbox::Outbox;
use cxda_simulator::LogEntry;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::scene::{Desired, Scene};

/// What the audit log calls the delivery of a webhook.
const DELIVERY: &str = "DELIVER_WEBHOOK";

/// A write, by what the audit log calls it and by the name of its resource, before it has an id; of a delivery also by its event.
type Write = (String, String);

/// What is wrong after a run that was cut short: a write that came to the tenant although no whole line of the audit file says
/// that it was intended.
pub(super) fn unaudited(scene: &Scene) -> Vec<String> {
    let text = std::fs::read_to_string(scene.audit_log()).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let records: Vec<Value> = whole
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let resources = records.iter().map(|record| &record["resource"]);
    let names = resources.map(|resource| (said(&resource["id"]), said(&resource["name"])));
    let names: BTreeMap<String, String> = names.collect();
    let intended = records
        .iter()
        .filter(|record| record["phase"] == "intended");
    let intended: BTreeSet<Write> = intended.map(recorded).collect();
    let log = scene.tenant.log();
    let sent = log.iter().filter_map(|entry| sent(entry, &names));
    sent.filter(|write| !intended.contains(write))
        .map(|write| format!("{write:?} was sent and never intended"))
        .collect()
}

/// The write that a record is about.
fn recorded(record: &Value) -> Write {
    let (action, name) = (said(&record["action"]), said(&record["resource"]["name"]));
    if action == DELIVERY {
        let event = said(&record["changes"][0]);
        return (format!("{action} {event}"), name);
    }
    (action, name)
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
    block_on(compare(
        &verified,
        &journal,
        &ManualClock::starting_at(UtcMillis::UNIX_EPOCH),
    ))
    .map_err(|error| format!("audit log: {error:?}"))
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
    let log = scene.tenant.log();
    for entry in log.iter().filter(|entry| entry.status == Some(201)) {
        if let Some(write) = sent(entry, &BTreeMap::new()) {
            let key = entry.headers.get("idempotency-key").cloned();
            let known = keys.entry(write).or_default();
            known.insert(key.unwrap_or_default());
        }
    }
    keys.retain(|_, keys| keys.len() != 1);
    let twice = keys.iter();
    twice
        .map(|(write, keys)| format!("{write:?} was made under {keys:?}"))
        .collect()
}

/// Of each write the audit log holds one intent and one outcome, in this order, and then perhaps the next write of its kind.
fn of_pairs(records: &[Value]) -> Vec<String> {
    let mut stories: BTreeMap<Write, Vec<String>> = BTreeMap::new();
    for record in records {
        let story = stories.entry(recorded(record)).or_default();
        story.push(said(&record["phase"]));
    }
    let is_pair = |pair: &[String]| matches!(pair, [first, last] if first == "intended" && last != "intended");
    stories.retain(|_, story| !story.chunks(2).all(is_pair));
    stories
        .iter()
        .map(|(write, story)| format!("{write:?} has the records {story:?}"))
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
    let must_be_told =
        |(kind, _): &&(String, String)| kind.starts_with("VIEW") || kind.starts_with("ACTION");
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

/// The payloads that the tenant took to be relayed.
fn relayed(scene: &Scene) -> Vec<String> {
    let log = scene.tenant.log();
    let relayed = |entry: &&LogEntry| entry.operation == Some(Operation::RelayWebhook);
    let taken = log.iter().filter(relayed);
    let taken = taken.filter(|entry| entry.status == Some(202));
    taken.map(payload).collect()
}

/// What the tenant was asked to relay, byte for byte.
fn payload(entry: &LogEntry) -> String {
    #[derive(Deserialize)]
    struct Relayed {
        payload: Box<RawValue>,
    }
    let body = entry.body.as_ref().unwrap().get();
    let relayed: Relayed = serde_json::from_str(body).unwrap();
    relayed.payload.get().to_owned()
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

/// The write that the tenant was sent with a request, if it is one; `names` has the name of each id.
fn sent(entry: &LogEntry, names: &BTreeMap<String, String>) -> Option<Write> {
    let action = match entry.operation? {
        Operation::CreateView => "CREATE_MATERIALIZED_VIEW",
        Operation::ReplaceView => "UPDATE_MATERIALIZED_VIEW",
        Operation::DeleteView => "DELETE_MATERIALIZED_VIEW",
        Operation::CreateAction => "CREATE_DATA_ACTION",
        Operation::ReplaceAction => "UPDATE_DATA_ACTION",
        Operation::DeleteAction => "DELETE_DATA_ACTION",
        Operation::RelayWebhook => DELIVERY,
        _ => return None,
    };
    let name_of = |id: &str| names.get(id).cloned().unwrap_or_else(|| id.to_owned());
    let action = action.to_owned();
    if action == DELIVERY {
        let (event, id) = event_of(&payload(entry));
        Some((format!("{action} {event}"), name_of(&id)))
    } else if entry.method == "POST" {
        let body: Value = serde_json::from_str(entry.body.as_ref()?.get()).ok()?;
        Some((action, said(&body["name"])))
    } else {
        Some((action, name_of(entry.path.rsplit('/').next()?)))
    }
}

fn said(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
