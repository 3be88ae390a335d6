//! What tests may arrange in this tenant; what every tenant promises is the conformance suites'.

use cxda_domain::body::{CacheBody, SourceBody, VariableBody};
use cxda_domain::key::IdempotencyKey;
use cxda_domain::secret::SecretText;
use cxda_domain::variable::{VariableScope, VariableType};
use cxda_ports::actions::ActionsApi;
use cxda_ports::views::ViewsApi;
use tokio::join;

use super::*;

fn action(name: &str) -> ActionBody {
    ActionBody {
        name: name.parse().unwrap(),
        description: "scores".into(),
        script: SecretText::new("function main() {}"),
        enabled: None,
        dependencies: vec!["second".into(), "first".into()],
        cache: None,
        variables: None,
        dates: None,
    }
}

fn token(value: &str) -> VariableBody {
    VariableBody {
        name: "token".parse().unwrap(),
        kind: VariableType::String,
        value: SecretText::new(value),
        literal: false,
        encrypted: true,
        scope: VariableScope::Action,
    }
}

fn view(name: &str, source: SourceBody) -> ViewBody {
    ViewBody {
        name: name.parse().unwrap(),
        description: "counts per customer".into(),
        source,
        columns: Vec::new(),
        interval_minutes: 15,
        auto_refresh: true,
        auto_indexes: true,
        custom_indexes: Vec::new(),
    }
}

async fn update(tenant: &MemoryTenant, body: &ActionBody) -> ObservedResource {
    let found = tenant.find(&body.name).await.unwrap().value.remove(0);
    let current = ActionsApi::read(tenant, &found.id).await.unwrap().value;
    ActionsApi::replace(tenant, &current, body)
        .await
        .unwrap()
        .value
}

#[tokio::test]
async fn a_new_action_is_enabled_and_an_existing_one_stays_as_it_is() {
    let tenant = MemoryTenant::new().with_action(&action("score"));
    let address = Address::action("score");
    let enabled = || {
        tenant
            .get(&address)
            .unwrap()
            .fields
            .at(&["enabled"])
            .cloned()
    };
    assert_eq!(enabled(), Some(json!(true)));
    tenant.edit(&address, |fields| {
        fields.insert("enabled".into(), json!(false));
    });
    update(&tenant, &action("score")).await;
    assert_eq!(enabled(), Some(json!(false)));
}

#[tokio::test]
async fn what_a_body_leaves_out_stays_and_unknown_members_stay_too() {
    let mut full = action("score");
    full.cache = Some(CacheBody {
        enabled: true,
        key: Some("k{id}".into()),
        ttl: 60,
    });
    full.variables = Some(vec![token("hunter2")]);
    let tenant = MemoryTenant::new().with_action(&full);
    let address = Address::action("score");
    tenant.set_unmanaged(&address, "owner", json!({"team": 7}));

    let mut bare = action("score");
    bare.cache = Some(CacheBody {
        enabled: false,
        key: None,
        ttl: 60,
    });
    let shown = update(&tenant, &bare).await;
    let cache = json!({"enabled": false, "key": "k{id}", "ttl": 60});
    assert_eq!(shown.fields.at(&["cache"]), Some(&cache));
    assert!(shown.document.as_str().contains(r#""owner":{"team":7}"#));
    assert_eq!(
        tenant.encrypted_value(&address, "token").as_deref(),
        Some("hunter2")
    );
}

#[tokio::test]
async fn an_encrypted_value_is_kept_and_never_shown() {
    let tenant = MemoryTenant::new();
    let key = IdempotencyKey::new("k");
    let mut body = action("score");
    body.variables = Some(vec![token("hunter2")]);
    let made = ActionsApi::create(&tenant, &body, &key)
        .await
        .unwrap()
        .value;
    assert!(!format!("{made:?}{tenant:?}").contains("hunter2"));
    let address = Address::action("score");
    let kept = |tenant: &MemoryTenant| tenant.encrypted_value(&address, "token");
    assert_eq!(kept(&tenant).as_deref(), Some("hunter2"));

    // Another value is another payload, although nobody is shown the difference.
    body.variables = Some(vec![token("hunter3")]);
    let again = ActionsApi::create(&tenant, &body, &key).await.unwrap_err();
    assert_eq!(again.kind, ApiErrorKind::KeyMismatch);
    update(&tenant, &body).await;
    assert_eq!(kept(&tenant).as_deref(), Some("hunter3"));
    body.variables = Some(Vec::new());
    update(&tenant, &body).await;
    assert_eq!(kept(&tenant), None);
}

#[tokio::test]
async fn a_change_behind_the_back_makes_a_new_version() {
    let tenant = MemoryTenant::new().with_action(&action("score"));
    let address = Address::action("score");
    let id = tenant.get(&address).unwrap().id;
    let current = ActionsApi::read(&tenant, &id).await.unwrap().value;
    tenant.edit(&address, |fields| {
        fields.insert("description".into(), json!("moved"));
    });
    let stale = ActionsApi::replace(&tenant, &current, &action("score")).await;
    assert_eq!(stale.unwrap_err().kind, ApiErrorKind::VersionMismatch);

    // A tenant without entity tags compares what was shown.
    let untagged = cxda_domain::observed::Versioned {
        tag: None,
        ..current
    };
    let stale = ActionsApi::replace(&tenant, &untagged, &action("score")).await;
    assert_eq!(stale.unwrap_err().kind, ApiErrorKind::VersionMismatch);
}

#[tokio::test]
async fn an_action_that_is_being_published_is_busy_until_it_was_shown_often_enough() {
    let tenant = MemoryTenant::new().with_action(&action("score"));
    let address = Address::action("score");
    assert!(tenant.keep_publishing(&address, 2));
    let id = tenant.get(&address).unwrap().id;
    let current = ActionsApi::read(&tenant, &id).await.unwrap().value;
    assert!(current.value.is_busy());
    for refused in [
        ActionsApi::replace(&tenant, &current, &action("score"))
            .await
            .map(drop),
        ActionsApi::delete(&tenant, &id).await.map(drop),
    ] {
        let kind = refused.unwrap_err().kind;
        assert_eq!(kind, ApiErrorKind::Busy { retry_after: None });
    }
    assert!(
        ActionsApi::read(&tenant, &id)
            .await
            .unwrap()
            .value
            .value
            .is_busy()
    );
    let current = ActionsApi::read(&tenant, &id).await.unwrap().value;
    assert!(!current.value.is_busy());
    assert!(
        ActionsApi::replace(&tenant, &current, &action("score"))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_view_shows_its_source_by_id_and_needs_one() {
    let table: TableId = "12345678-1234-1234-1234-123456789012".parse().unwrap();
    let tenant = MemoryTenant::new().with_view(&view("base", SourceBody::Table(table)));
    let base = tenant.get(&Address::view("base")).unwrap();
    let source = json!({ "id": table.to_string() });
    assert_eq!(base.fields.at(&["source"]), Some(&source));

    let mut top = view(
        "top",
        SourceBody::View {
            name: "base".parse().unwrap(),
            id: None,
        },
    );
    let key = IdempotencyKey::new("k");
    let refused = ViewsApi::create(&tenant, &top, &key).await.unwrap_err();
    assert_eq!(refused.code(), "rejected");
    top.source = SourceBody::View {
        name: "base".parse().unwrap(),
        id: Some(base.id.clone()),
    };
    let made = ViewsApi::create(&tenant, &top, &key).await.unwrap().value;
    assert_eq!(made.fields.at(&["source", "id"]), Some(&json!(base.id)));
}

#[tokio::test]
async fn what_answers_leave_out_is_as_arranged() {
    let tenant = MemoryTenant::new().with_action(&action("one"));
    tenant.leave_out_of_lists(ResourceKind::Action, &["script"]);
    tenant.leave_out_of_creates(ResourceKind::Action, &["dependencies"]);
    let listed = ActionsApi::list(&tenant, None).await.unwrap().value.items;
    assert_eq!(listed[0].fields.at(&["script"]), None);
    assert!(!listed[0].document.as_str().contains("function"));
    let key = IdempotencyKey::new("k");
    let made = ActionsApi::create(&tenant, &action("two"), &key).await;
    assert_eq!(made.unwrap().value.fields.at(&["dependencies"]), None);
    let read = ActionsApi::read(&tenant, &listed[0].id).await.unwrap();
    assert!(read.value.value.fields.at(&["script"]).is_some());
}

#[tokio::test]
async fn calls_are_counted_and_so_is_how_many_ran_at_once() {
    let tenant = MemoryTenant::new();
    let keys = ["a", "b", "c"].map(IdempotencyKey::new);
    let (one, two, three) = (action("one"), action("two"), action("one"));
    let (one, two, three) = join!(
        ActionsApi::create(&tenant, &one, &keys[0]),
        ActionsApi::create(&tenant, &two, &keys[1]),
        ActionsApi::create(&tenant, &three, &keys[2]),
    );
    assert!(two.is_ok());
    // Which of the two of one name comes first is not said.
    let refused = one.err().xor(three.err()).unwrap();
    assert_eq!(refused.cost.attempts, 1);
    assert_eq!(tenant.count(Operation::CreateAction), 3);
    assert_eq!(tenant.calls().total(), 3);
    assert_eq!(tenant.most_at_once(), 3);
    tenant.forget_calls();
    assert_eq!(tenant.calls().total(), 0);
}

#[tokio::test]
async fn names_may_repeat_where_the_tenant_lets_them() {
    let tenant = MemoryTenant::with_repeatable_names()
        .with_action(&action("same"))
        .with_action(&action("same"));
    let name = "same".parse().unwrap();
    assert_eq!(tenant.find(&name).await.unwrap().value.len(), 2);
}
