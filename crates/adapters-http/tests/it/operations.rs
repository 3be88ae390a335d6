//! Every operation against a well-behaved tenant: what is sent, and what is made of the answers.

use cxda_adapters_http::profile::{Concurrency, ProfileOverrides};
use cxda_domain::request::Operation;
use cxda_ports::actions::Deleted;
use cxda_ports::error::ApiErrorKind;
use cxda_ports::webhook::WebhookRelay;
use cxda_simulator::SimState;
use cxda_simulator::profile::Concurrency as SimConcurrency;

use crate::bench::{Setup, action_body, id, key, view_body};

#[tokio::test]
async fn an_action_is_created_read_replaced_tested_and_deleted() {
    let bench = Setup::new().start().await;
    let actions = bench.actions();

    let created = actions
        .create(&action_body("score"), &key("k-1"))
        .await
        .unwrap();
    assert_eq!(
        (created.value.name.as_str(), created.cost.attempts),
        ("score", 1)
    );
    let read = actions.read(&created.value.id).await.unwrap().value;
    let tag = read.tag.clone().unwrap();

    let mut changed = action_body("score");
    changed.description = "Scores customers anew".into();
    let replaced = actions.replace(&read, &changed).await.unwrap().value;
    assert_eq!(
        replaced.fields.at(&["description"]).unwrap(),
        "Scores customers anew"
    );
    assert_eq!(
        bench.header(Operation::ReplaceAction, "if-match"),
        [tag.as_str()]
    );
    assert_eq!(
        bench.header(Operation::CreateAction, "idempotency-key"),
        ["k-1"]
    );

    let stale = actions.replace(&read, &changed).await.unwrap_err();
    assert_eq!(stale.kind, ApiErrorKind::VersionMismatch);

    let tested = actions
        .test(&created.value.id, r#"{"score":1.0}"#)
        .await
        .unwrap()
        .value;
    assert!(tested.succeeded);
    assert_eq!(
        bench.sent(Operation::TestAction)[0]
            .body
            .as_ref()
            .unwrap()
            .get(),
        r#"{"input":{"score":1.0}}"#
    );

    let gone = actions.delete(&created.value.id).await.unwrap().value;
    assert_eq!(gone, Deleted::Gone);
    let absent = actions.delete(&created.value.id).await.unwrap().value;
    assert_eq!(absent, Deleted::AlreadyAbsent);
    let missing = actions.read(&created.value.id).await.unwrap_err();
    assert_eq!(
        (missing.kind, missing.status),
        (ApiErrorKind::NotFound, Some(404))
    );
    assert!(missing.request_id.is_some());

    let traffic = bench.tenant.traffic();
    assert_eq!((traffic.sent, traffic.retried), (9, 0));
    assert_eq!(bench.sim.log().len(), 9);
}

#[tokio::test]
async fn a_view_is_created_read_replaced_indexed_and_deleted() {
    let bench = Setup::new().start().await;
    let views = bench.views();

    let created = views
        .create(&view_body("summary"), &key("k-1"))
        .await
        .unwrap()
        .value;
    let read = views.read(&created.id).await.unwrap().value;
    let mut changed = view_body("summary");
    changed.interval_minutes = 30;
    let replaced = views.replace(&read, &changed).await.unwrap().value;
    assert_eq!(
        replaced.fields.at(&["refresh", "intervalMinutes"]).unwrap(),
        30
    );
    views.build_indexes(&created.id).await.unwrap();
    assert_eq!(
        views.delete(&created.id).await.unwrap().value,
        Deleted::Gone
    );
    assert_eq!(
        views.delete(&created.id).await.unwrap().value,
        Deleted::AlreadyAbsent
    );
}

#[tokio::test]
async fn a_view_on_a_view_without_an_id_is_not_sent() {
    let bench = Setup::new().start().await;
    let mut body = view_body("top");
    body.source = cxda_domain::body::SourceBody::View {
        name: "base".parse().unwrap(),
        id: None,
    };
    let views = bench.views();
    let error = views.create(&body, &key("k")).await.unwrap_err();
    assert_eq!(error.kind, ApiErrorKind::Refused);
    assert_eq!(error.detail, "source view has no id yet");
    assert!(bench.sim.log().is_empty());
}

#[tokio::test]
async fn tables_are_listed_and_read() {
    let bench = Setup::new().start().await;
    let tables = bench.tables();
    let page = tables.list(None).await.unwrap().value;
    let table = tables
        .read(SimState::FRESH_TABLE_ID.parse().unwrap())
        .await
        .unwrap()
        .value;
    assert_eq!((&page.items[..], page.next), (&[table][..], None));
    let other = "00000000-0000-0000-0000-000000000000".parse().unwrap();
    assert_eq!(
        tables.read(other).await.unwrap_err().kind,
        ApiErrorKind::NotFound
    );
}

#[tokio::test]
async fn a_webhook_is_handed_to_the_tenant() {
    let bench = Setup::new().start().await;
    bench
        .tenant
        .relay("https://bi.example.com/hook", r#"{"n":1.10}"#)
        .await
        .unwrap();
    let sent = bench.sent(Operation::RelayWebhook);
    let body = sent[0].body.as_ref().unwrap().get();
    for member in [
        // The log keeps the origin of a webhook alone.
        r#""targetUrl":"https://bi.example.com/<redacted>""#,
        r#""payload":{"n":1.10}"#,
    ] {
        assert!(body.contains(member), "{body}");
    }
}

#[tokio::test]
async fn unmanaged_members_survive_a_replace_on_the_tenant() {
    let bench = Setup::new().actions(1).start().await;
    let actions = bench.actions();
    let read = actions.read(&id("action-0")).await.unwrap().value;
    let replaced = actions
        .replace(&read, &action_body("action-0"))
        .await
        .unwrap()
        .value;
    assert!(replaced.document.as_str().contains(r#""extra":1.10"#));
}

#[tokio::test]
async fn a_taken_name_is_told_from_a_stale_version() {
    let bench = Setup::new().actions(1).start().await;
    let actions = bench.actions();
    let taken = actions
        .create(&action_body("action-0"), &key("k"))
        .await
        .unwrap_err();
    assert_eq!(
        (taken.kind, taken.status),
        (ApiErrorKind::AlreadyExists, Some(409))
    );
}

#[tokio::test]
async fn with_content_hashes_the_precondition_is_the_hash_of_what_was_read() {
    let mut setup = Setup::new().actions(1);
    setup.sim.profile.concurrency = SimConcurrency::ContentHash;
    setup.overrides = ProfileOverrides {
        concurrency: Some(Concurrency::ContentHash),
        ..ProfileOverrides::default()
    };
    let bench = setup.start().await;
    let actions = bench.actions();
    let read = actions.read(&id("action-0")).await.unwrap().value;
    let replaced = actions.replace(&read, &action_body("action-0")).await;
    assert!(replaced.is_ok(), "{replaced:?}");
    let sent = bench.header(Operation::ReplaceAction, "if-match");
    assert_eq!(sent, [read.tag.unwrap().as_str()]);
    assert_eq!(sent[0].len(), 66);
}

#[tokio::test]
async fn what_cannot_be_hashed_is_read_and_not_replaced() {
    let mut setup = Setup::new();
    let members = r#"{"name":"big","owner":9007199254740993}"#;
    setup
        .state
        .seed_action("big", members, crate::bench::START)
        .unwrap();
    setup.overrides.concurrency = Some(Concurrency::ContentHash);
    let bench = setup.start().await;
    let actions = bench.actions();
    let read = actions.read(&id("big")).await.unwrap().value;
    assert_eq!(read.tag, None);
    let error = actions
        .replace(&read, &action_body("big"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ApiErrorKind::Refused);
    assert!(bench.sent(Operation::ReplaceAction).is_empty());
}

#[tokio::test]
async fn without_entity_tags_no_precondition_is_sent() {
    for concurrency in [Concurrency::Etag, Concurrency::None] {
        let mut setup = Setup::new().actions(1);
        setup.sim.profile.concurrency = SimConcurrency::None;
        setup.overrides.concurrency = Some(concurrency);
        let bench = setup.start().await;
        let actions = bench.actions();
        let read = actions.read(&id("action-0")).await.unwrap().value;
        assert_eq!(read.tag, None);
        actions
            .replace(&read, &action_body("action-0"))
            .await
            .unwrap();
        assert_eq!(bench.header(Operation::ReplaceAction, "if-match"), ["-"]);
    }
}

#[tokio::test]
async fn t_15_a_simulator_is_known_by_its_answers() {
    let bench = Setup::new().start().await;
    assert!(!bench.tenant.is_simulated(), "nothing was heard yet");
    bench.views().list(None).await.unwrap();
    assert!(bench.tenant.is_simulated());
}
