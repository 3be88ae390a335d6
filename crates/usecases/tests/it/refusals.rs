//! What a tenant refuses, and what it takes without doing it: named, left alone, and sent no second time in vain.

use cxda_adapters_memory::faults::{FaultyTenant, Moment, Which};
use cxda_adapters_memory::tenant::MemoryTenant;
use cxda_domain::address::ResourceKind;
use cxda_domain::plan::Body;
use cxda_domain::request::Operation;
use cxda_ports::error::ApiErrorKind;
use cxda_ports::journal::Journal;
use cxda_usecases::apply::{Applied, Failure, Outcome};
use serde_json::{Value, json};

use crate::bench::{Bench, TABLE, action, address, outcomes, view, with};

fn failing(
    operation: Operation,
    which: Which,
    moment: Moment,
    kind: ApiErrorKind,
) -> impl FnOnce(FaultyTenant<MemoryTenant>) -> FaultyTenant<MemoryTenant> {
    move |faulty| faulty.failing(operation, which, moment, kind)
}

fn failure(applied: &Applied) -> &Failure {
    applied.results[0].failure.as_ref().unwrap()
}

fn secretive(name: &str) -> Value {
    let variables = json!([{"name": "token", "type": "string", "encrypted": true, "valueFrom": {"env": "TOKEN"}}]);
    with(action(name), "/spec/variables", variables)
}

/// Puts what `documents` ask for on the tenant of `bench`, behind its back.
async fn put(bench: &Bench, documents: Vec<Value>) {
    let other = Bench::new(documents);
    for desired in other.plan().await.desired.values() {
        match &desired.body {
            Body::Action(body) => drop(bench.tenant.put_action(body)),
            Body::View(body) => drop(bench.tenant.put_view(body)),
        }
    }
}

#[tokio::test]
async fn h_16_after_a_denied_write_no_further_one_of_its_kind_is_sent_and_others_go_on() {
    let names = ["score", "second", "third", "fourth"];
    let mut documents: Vec<Value> = names.map(action).into();
    documents.push(view("base_mv", &json!({"table": TABLE})));
    let mut bench = Bench::new(documents);
    bench.parallelism = 1;
    let denied = ApiErrorKind::PermissionDenied {
        scope: Some("dataactions:write".into()),
    };
    let planned = bench.plan().await;
    bench.tenant.forget_calls();
    let faulty = bench.faulty().failing(
        Operation::CreateAction,
        Which::Nth(1),
        Moment::Before,
        denied,
    );
    let applied = bench.apply_on(&faulty, &planned).await;
    assert_eq!(bench.count(Operation::CreateAction), 0);
    assert_eq!(outcomes(&applied)["view/base_mv"], "done");
    assert_eq!(applied.count(Outcome::Failed), 1);
    assert_eq!(applied.count(Outcome::Skipped), 3);
    for result in &applied.results {
        if let Some(failure) = &result.failure {
            assert_eq!(failure.code(), "permission_denied");
            assert!(failure.to_string().contains("dataactions:write"));
        }
    }
}

#[tokio::test]
async fn h_17_a_replace_of_what_is_gone_is_a_conflict() {
    let mut bench = Bench::new([action("score")]);
    bench.run().await;
    bench.documents = vec![with(action("score"), "/spec/description", json!("wanted"))];
    let gone = failing(
        Operation::ReplaceAction,
        Which::Nth(1),
        Moment::Before,
        ApiErrorKind::NotFound,
    );
    let applied = bench.run_with(gone).await;
    assert!(matches!(failure(&applied), Failure::Gone { .. }));
    let planned = bench.plan().await;
    bench.tenant.remove(&address("action/score"));
    let applied = bench.apply_on(&*bench.tenant, &planned).await;
    assert_eq!(failure(&applied).code(), "gone");
    assert_eq!(outcomes(&applied)["action/score"], "failed");
}

#[tokio::test]
async fn h_18_a_taken_name_whose_bearer_is_as_wanted_is_adopted() {
    for document in [action("score"), view("base_mv", &json!({"table": TABLE}))] {
        let bench = Bench::new([document.clone()]);
        let planned = bench.plan().await;
        put(&bench, vec![document]).await;
        let applied = bench.apply_on(&*bench.tenant, &planned).await;
        assert_eq!(applied.count(Outcome::Done), 1);
        assert_eq!(bench.last_note(), "adopted");
        assert_eq!(bench.journal.last_applied().await.unwrap().len(), 1);
        assert!(bench.plan().await.plan.changes.is_empty());
    }
}

#[tokio::test]
async fn h_18_a_taken_name_whose_bearer_differs_is_left_alone_and_the_fields_are_named() {
    let bench = Bench::new([action("score")]);
    let planned = bench.plan().await;
    let theirs = with(action("score"), "/spec/description", json!("theirs"));
    put(&bench, vec![theirs]).await;
    let applied = bench.apply_on(&*bench.tenant, &planned).await;
    let failure = failure(&applied);
    assert!(
        matches!(failure, Failure::NameTaken { fields, .. } if fields == &["description"]),
        "{failure:?}"
    );
    assert_eq!(bench.description("action/score").unwrap(), "theirs");
    assert_eq!(bench.count(Operation::ReplaceAction), 0);
}

#[tokio::test]
async fn h_18_a_secret_that_nobody_can_see_is_written_once_before_the_bearer_counts_as_wanted() {
    let mut bench = Bench::new([secretive("score")]);
    bench.secrets = bench.secrets.with_env("TOKEN", "ours");
    let planned = bench.plan().await;
    let mut theirs = Bench::new([secretive("score")]);
    theirs.secrets = theirs.secrets.with_env("TOKEN", "theirs");
    for desired in theirs.plan().await.desired.values() {
        if let Body::Action(body) = &desired.body {
            bench.tenant.put_action(body);
        }
    }
    let applied = bench.apply_on(&*bench.tenant, &planned).await;
    assert_eq!(outcomes(&applied)["action/score"], "done");
    let kept = bench
        .tenant
        .encrypted_value(&address("action/score"), "token");
    assert_eq!(kept.as_deref(), Some("ours"));
    assert!(bench.plan().await.plan.changes.is_empty());
}

#[tokio::test]
async fn h_18_a_name_that_stands_twice_is_ambiguous_and_both_ids_are_told() {
    let bench = Bench::new([action("score")]).on(MemoryTenant::with_repeatable_names());
    let planned = bench.plan().await;
    put(&bench, vec![action("score")]).await;
    put(&bench, vec![action("score")]).await;
    let taken = failing(
        Operation::CreateAction,
        Which::Nth(1),
        Moment::Before,
        ApiErrorKind::AlreadyExists,
    );
    let tenant = taken(bench.faulty());
    let applied = bench.apply_on(&tenant, &planned).await;
    let failure = failure(&applied);
    assert!(
        matches!(failure, Failure::Ambiguous { ids, .. } if ids.len() == 2),
        "{failure:?}"
    );
    assert_eq!(bench.tenant.addresses().len(), 2);
}

#[tokio::test]
async fn h_20_only_unmanaged_fields_moved_is_merged_once_and_a_second_mismatch_is_a_conflict() {
    for (mismatches, wanted) in [(1, "done"), (2, "failed")] {
        let mut bench = Bench::new([action("score")]);
        bench.run().await;
        bench.documents = vec![with(action("score"), "/spec/description", json!("wanted"))];
        let applied = bench
            .run_with(|mut faulty| {
                for nth in 1..=mismatches {
                    let (which, kind) = (Which::Nth(nth), ApiErrorKind::VersionMismatch);
                    faulty = faulty.failing(Operation::ReplaceAction, which, Moment::Before, kind);
                }
                faulty
            })
            .await;
        assert_eq!(outcomes(&applied)["action/score"], wanted, "{mismatches}");
    }
}

#[tokio::test]
async fn h_20_a_mismatch_on_a_secret_alone_proves_nothing_so_it_is_sent_once_more() {
    let mut bench = Bench::new([secretive("score")]);
    bench.secrets = bench.secrets.with_env("TOKEN", "old");
    bench.run().await;
    bench.secrets = bench.secrets.with_env("TOKEN", "new");
    let planned = bench.plan().await;
    bench
        .tenant
        .set_unmanaged(&address("action/score"), "owner", json!("bi"));
    let stale = failing(
        Operation::ReplaceAction,
        Which::Nth(1),
        Moment::Before,
        ApiErrorKind::VersionMismatch,
    );
    let applied = bench.apply_on(&stale(bench.faulty()), &planned).await;
    assert_eq!(outcomes(&applied)["action/score"], "done");
    let kept = bench
        .tenant
        .encrypted_value(&address("action/score"), "token");
    assert_eq!(kept.as_deref(), Some("new"));
}

#[tokio::test]
async fn h_22_a_key_of_another_payload_freezes_the_write() {
    let bench = Bench::new([action("score")]);
    let mismatch = failing(
        Operation::CreateAction,
        Which::Nth(1),
        Moment::Before,
        ApiErrorKind::KeyMismatch,
    );
    let applied = bench.run_with(mismatch).await;
    assert_eq!(failure(&applied).code(), "key_mismatch");
    assert_eq!(outcomes(&applied)["action/score"], "failed");
    assert_eq!(bench.journal.open_intents().await.unwrap().len(), 1);
    bench.tenant.forget_calls();
    bench.pass(60);
    let applied = bench.run().await;
    assert!(matches!(failure(&applied), Failure::Frozen { .. }));
    assert_eq!(bench.count(Operation::CreateAction), 0);
}

#[tokio::test]
async fn h_31_what_the_tenant_ignored_is_read_and_written_once() {
    let cached = with(
        action("score"),
        "/spec/cache",
        json!({"key": "k-{id}", "ttl": 60}),
    );
    for (ignoring, wanted, reads) in [(1, "done", 1), (2, "failed", 2)] {
        let bench = Bench::new([cached.clone()]);
        bench
            .tenant
            .ignore_in_writes(ResourceKind::Action, &["cache"], ignoring);
        let applied = bench.run().await;
        assert_eq!(outcomes(&applied)["action/score"], wanted);
        assert_eq!(bench.count(Operation::GetAction), reads);
        assert_eq!(bench.count(Operation::ReplaceAction), 1);
        if wanted == "failed" {
            assert_eq!(failure(&applied).code(), "ignored");
            assert_eq!(bench.audited().last().unwrap(), "UPDATE_DATA_ACTION failed");
        }
    }
}

#[tokio::test]
async fn h_31_an_answer_without_an_id_is_made_up_for_by_reading() {
    let bench = Bench::new([action("score")]);
    let no_id = failing(
        Operation::CreateAction,
        Which::Nth(1),
        Moment::After,
        ApiErrorKind::Malformed,
    );
    let applied = bench.run_with(no_id).await;
    assert_eq!(outcomes(&applied)["action/score"], "done");
    assert_eq!(bench.last_note(), "proved_by_reading");
}

#[tokio::test]
async fn h_31_a_read_that_fails_after_the_write_leaves_it_unknown() {
    let cached = with(
        action("score"),
        "/spec/cache",
        json!({"key": "k-{id}", "ttl": 60}),
    );
    let bench = Bench::new([cached]);
    bench
        .tenant
        .leave_out_of_creates(ResourceKind::Action, &["cache"]);
    let down = failing(
        Operation::GetAction,
        Which::Nth(1),
        Moment::Before,
        ApiErrorKind::Unavailable,
    );
    let applied = bench.run_with(down).await;
    assert_eq!(outcomes(&applied)["action/score"], "unknown");
    assert!(matches!(failure(&applied), Failure::Unread { .. }));
    assert!(bench.plan().await.plan.changes.is_empty());
}
