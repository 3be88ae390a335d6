//! What every tenant promises of its data actions.
//!
//! The tenant must honour idempotency keys, keep names unique, and let nobody else write meanwhile. Pages of two put paging to the
//! test as well.

use cxda_domain::body::ActionBody;
use cxda_domain::key::{IdempotencyKey, ResourceId};
use cxda_domain::observed::{ObservedResource, Versioned};
use cxda_domain::secret::SecretText;
use cxda_ports::actions::{ActionsApi, Deleted};
use cxda_ports::error::{ApiError, ApiErrorKind};
use serde_json::json;

use super::assert_shows;
use crate::samples;

/// The whole suite.
pub async fn keeps_its_promises(actions: &dyn ActionsApi) {
    what_is_created_is_shown(actions).await;
    a_name_is_found_exactly(actions).await;
    a_key_creates_once(actions).await;
    a_name_is_taken_once(actions).await;
    a_replace_changes_what_is_managed(actions).await;
    a_replace_of_an_old_version_writes_nothing(actions).await;
    a_delete_is_done_once(actions).await;
    the_sandbox_answers(actions).await;
    a_listing_shows_each_once(actions).await;
}

async fn what_is_created_is_shown(actions: &dyn ActionsApi) {
    let secret = "conformance-canary";
    let body = samples::full_action("actions_created", secret);
    let made = actions.create(&body, &key("created")).await.unwrap();
    assert!(made.cost.attempts >= 1, "a call costs an attempt");
    let read = read(actions, &made.value.id).await.value;
    assert_eq!(
        (&read.id, read.name.as_str()),
        (&made.value.id, "actions_created")
    );
    for shown in [&made.value, &read] {
        assert_shows(&shown.fields, &body.projection());
        let text = format!("{shown:?}");
        assert!(!text.contains(secret), "an encrypted value is never shown");
    }
    let encrypted: Vec<_> = read.fields.encrypted_variables().collect();
    assert_eq!(encrypted, ["auth_token"]);
}

async fn a_name_is_found_exactly(actions: &dyn ActionsApi) {
    let body = samples::action("actions_found");
    let made = create(actions, &body).await;
    let longer = samples::action("actions_found_2");
    create(actions, &longer).await;
    let found = actions.find(&body.name).await.unwrap().value;
    let ids: Vec<_> = found.iter().map(|each| &each.id).collect();
    assert_eq!(ids, [&made.id], "exactly the one of that name");
    let absent = "actions_absent".parse().unwrap();
    assert_eq!(actions.find(&absent).await.unwrap().value, []);
    let absent = "actions-absent".parse().unwrap();
    assert_kind(actions.read(&absent).await, &ApiErrorKind::NotFound);
}

async fn a_key_creates_once(actions: &dyn ActionsApi) {
    let body = samples::action("actions_keyed");
    let key = key("once");
    let first = actions.create(&body, &key).await.unwrap().value;
    let again = actions.create(&body, &key).await.unwrap().value;
    assert_eq!(first.id, again.id, "the first answer again");
    assert_eq!(actions.find(&body.name).await.unwrap().value.len(), 1);
    let other = samples::action("actions_keyed_otherwise");
    let refused = actions.create(&other, &key).await;
    assert_kind(refused, &ApiErrorKind::KeyMismatch);
    assert_eq!(actions.find(&other.name).await.unwrap().value, []);
}

async fn a_name_is_taken_once(actions: &dyn ActionsApi) {
    let body = samples::action("actions_taken");
    create(actions, &body).await;
    let refused = actions.create(&body, &key("another")).await;
    assert_kind(refused, &ApiErrorKind::AlreadyExists);
}

async fn a_replace_changes_what_is_managed(actions: &dyn ActionsApi) {
    let full = samples::full_action("actions_replaced", "conformance-canary");
    let made = create(actions, &full).await;
    let before = settled(actions, &made.id).await;
    let mut bare = samples::action("actions_replaced");
    bare.description = "another description".into();
    bare.script = SecretText::new("function main() { return 1; }\n");
    bare.dependencies = vec!["actions_found".into()];
    let shown = actions.replace(&before, &bare).await.unwrap().value;
    assert_eq!(shown.id, made.id);
    let after = settled(actions, &made.id).await;
    for shown in [&shown, &after.value] {
        assert_shows(&shown.fields, &bare.projection());
    }
    for block in ["cache", "variables", "dateProcessing", "enabled"] {
        let (was, is) = (
            before.value.fields.at(&[block]),
            after.value.fields.at(&[block]),
        );
        assert_eq!(was, is, "{block} is not managed and stays");
    }

    let mut off = bare.clone();
    off.enabled = Some(false);
    off.variables = Some(Vec::new());
    actions.replace(&after, &off).await.unwrap();
    let last = settled(actions, &made.id).await.value;
    assert_eq!(last.fields.at(&["enabled"]), Some(&json!(false)));
    assert_eq!(last.fields.at(&["variables"]), Some(&json!({})));
}

async fn a_replace_of_an_old_version_writes_nothing(actions: &dyn ActionsApi) {
    let mut body = samples::action("actions_stale");
    let made = create(actions, &body).await;
    let old = settled(actions, &made.id).await;
    body.description = "the first writer's".into();
    actions.replace(&old, &body).await.unwrap();
    body.description = "the second writer's".into();
    let refused = actions.replace(&old, &body).await;
    assert_kind(refused, &ApiErrorKind::VersionMismatch);
    let now = settled(actions, &made.id).await;
    let description = now.value.fields.at(&["description"]);
    assert_eq!(description, Some(&json!("the first writer's")));
    actions.replace(&now, &body).await.unwrap();
}

async fn a_delete_is_done_once(actions: &dyn ActionsApi) {
    let body = samples::action("actions_deleted");
    let made = create(actions, &body).await;
    let current = settled(actions, &made.id).await;
    let deleted = actions.delete(&made.id).await.unwrap().value;
    assert_eq!(deleted, Deleted::Gone);
    let deleted = actions.delete(&made.id).await.unwrap().value;
    assert_eq!(deleted, Deleted::AlreadyAbsent);
    assert_kind(actions.read(&made.id).await, &ApiErrorKind::NotFound);
    let gone = actions.replace(&current, &body).await;
    assert_kind(gone, &ApiErrorKind::NotFound);
    assert_eq!(actions.find(&body.name).await.unwrap().value, []);
}

async fn the_sandbox_answers(actions: &dyn ActionsApi) {
    let made = create(actions, &samples::action("actions_tested")).await;
    settled(actions, &made.id).await;
    let answer = actions.test(&made.id, r#"{"score": 10}"#).await.unwrap();
    assert!(answer.value.succeeded);
    let absent = "actions-absent".parse().unwrap();
    let refused = actions.test(&absent, "{}").await;
    assert_kind(refused, &ApiErrorKind::NotFound);
}

async fn a_listing_shows_each_once(actions: &dyn ActionsApi) {
    let mut made = Vec::new();
    for number in 0..5 {
        let body = samples::action(&format!("actions_listed_{number}"));
        made.push(create(actions, &body).await.id);
    }
    let mut listed = Vec::new();
    let mut cursor = None;
    loop {
        let page = actions.list(cursor).await.unwrap().value;
        listed.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    for id in &made {
        let times = listed.iter().filter(|each| each.id == *id).count();
        assert_eq!(times, 1, "{id} is listed once");
    }
}

async fn create(actions: &dyn ActionsApi, body: &ActionBody) -> ObservedResource {
    let key = key(body.name.as_str());
    actions.create(body, &key).await.unwrap().value
}

async fn read(actions: &dyn ActionsApi, id: &ResourceId) -> Versioned<ObservedResource> {
    actions.read(id).await.unwrap().value
}

/// The action once the tenant has ended its work on it.
async fn settled(actions: &dyn ActionsApi, id: &ResourceId) -> Versioned<ObservedResource> {
    for _ in 0..100 {
        let current = read(actions, id).await;
        if !current.value.is_busy() {
            return current;
        }
    }
    panic!("{id} is busy without end");
}

fn key(name: &str) -> IdempotencyKey {
    IdempotencyKey::new(format!("conformance-actions-{name}"))
}

fn assert_kind<T: std::fmt::Debug>(result: Result<T, ApiError>, kind: &ApiErrorKind) {
    assert_eq!(result.unwrap_err().kind, *kind);
}
