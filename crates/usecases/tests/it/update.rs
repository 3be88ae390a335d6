//! Updates: one read and one write, under the version that was read, and nothing lost that is not ours.

use cxda_domain::address::ResourceKind;
use cxda_domain::request::Operation;
use cxda_usecases::apply::{Applied, Failure};
use serde_json::{Value, json};

use crate::bench::{Bench, TABLE, action, address, outcomes, view, with};

fn full() -> Value {
    let cached = with(
        action("score"),
        "/spec/cache",
        json!({"key": "k-{id}", "ttl": 60}),
    );
    let variables = json!([{"name": "limit", "type": "integer", "value": 3}]);
    let with_variables = with(cached, "/spec/variables", variables);
    let dates = json!({
        "sourceField": "in", "targetField": "out", "timestamp": "2024-02-29T15:30:00Z",
        "timezone": "UTC", "operation": "ADD_OFFSET", "offsetMinutes": 5,
    });
    with(with_variables, "/spec/dateProcessing", dates)
}

#[tokio::test]
async fn all_blocks_of_an_action_cost_one_read_and_one_write() {
    let edits: [&[(&str, Value)]; 4] = [
        &[("/spec/cache/ttl", json!(61))],
        &[("/spec/variables/0/value", json!(4))],
        &[("/spec/dateProcessing/offsetMinutes", json!(6))],
        &[
            ("/spec/cache/ttl", json!(62)),
            ("/spec/variables/0/value", json!(5)),
            ("/spec/dateProcessing/offsetMinutes", json!(7)),
        ],
    ];
    for edit in edits {
        let mut bench = Bench::new([full()]);
        bench.run().await;
        bench.tenant.edit(&address("action/score"), |fields| {
            fields.insert("enabled".into(), json!(false));
        });
        bench
            .tenant
            .set_unmanaged(&address("action/score"), "labels", json!({"a": [1, 2]}));
        bench.documents = vec![edit.iter().fold(full(), |document, (path, value)| {
            with(document, path, value.clone())
        })];
        bench.tenant.forget_calls();
        bench.run().await;
        assert_eq!(bench.count(Operation::GetAction), 1);
        assert_eq!(bench.count(Operation::ReplaceAction), 1);
        let there = bench.tenant.get(&address("action/score")).unwrap();
        let document: Value = serde_json::from_str(there.document.as_str()).unwrap();
        assert_eq!(document["labels"], json!({"a": [1, 2]}));
        assert_eq!(there.fields.at(&["enabled"]), Some(&json!(false)));
        assert_eq!(
            there.fields.at(&["script", "content"]),
            Some(&json!("function main() {}"))
        );
        assert!(bench.plan().await.plan.changes.is_empty());
    }
}

/// Plans a change of the description, lets `meanwhile` move the tenant, and applies.
async fn moved_meanwhile(meanwhile: impl FnOnce(&Bench)) -> (Bench, Applied) {
    let mut bench = Bench::new([action("score")]);
    bench.run().await;
    bench.documents = vec![with(action("score"), "/spec/description", json!("wanted"))];
    let planned = bench.plan().await;
    meanwhile(&bench);
    bench.tenant.forget_calls();
    let applied = bench.apply_on(&*bench.tenant, &planned).await;
    (bench, applied)
}

fn set(bench: &Bench, field: &str, value: Value) {
    bench.tenant.edit(&address("action/score"), |fields| {
        fields.insert(field.into(), value);
    });
}

#[tokio::test]
async fn a_managed_field_that_moved_after_the_plan_is_a_conflict_and_stays() {
    let (bench, applied) =
        moved_meanwhile(|bench| set(bench, "dependencies", json!(["ghost"]))).await;
    let failure = applied.results[0].failure.as_ref();
    assert!(
        matches!(failure, Some(Failure::Conflict { fields }) if fields == &["dependencies"]),
        "{failure:?}"
    );
    assert_eq!(bench.count(Operation::ReplaceAction), 0);
}

#[tokio::test]
async fn an_unmanaged_field_that_moved_after_the_plan_is_merged() {
    let (bench, applied) = moved_meanwhile(|bench| {
        bench
            .tenant
            .set_unmanaged(&address("action/score"), "owner", json!("bi"));
        set(bench, "enabled", json!(false));
    })
    .await;
    assert_eq!(outcomes(&applied)["action/score"], "done");
    let there = bench.tenant.get(&address("action/score")).unwrap();
    assert!(there.document.as_str().contains("owner"));
    assert_eq!(there.fields.at(&["enabled"]), Some(&json!(false)));
}

#[tokio::test]
async fn an_action_that_is_being_published_is_waited_for() {
    let (bench, applied) = moved_meanwhile(|bench| {
        bench.tenant.keep_publishing(&address("action/score"), 3);
    })
    .await;
    assert_eq!(outcomes(&applied)["action/score"], "done");
    assert!(!bench.clock.waits().is_empty());
}

#[tokio::test]
async fn an_action_that_never_gets_ready_is_given_up_within_the_deadline() {
    let (bench, applied) = moved_meanwhile(|bench| {
        bench
            .tenant
            .keep_publishing(&address("action/score"), 10_000);
    })
    .await;
    assert_eq!(outcomes(&applied)["action/score"], "failed");
    let waited: std::time::Duration = bench.clock.waits().iter().sum();
    assert!(waited <= std::time::Duration::from_mins(3), "{waited:?}");
}

#[tokio::test]
async fn what_a_create_leaves_out_is_read_once_and_not_written_again() {
    let bench = Bench::new([full()]);
    bench.tenant.leave_out_of_creates(
        ResourceKind::Action,
        &["cache", "variables", "dateProcessing"],
    );
    bench.run().await;
    assert_eq!(bench.count(Operation::GetAction), 1);
    assert_eq!(bench.count(Operation::ReplaceAction), 0);
}

#[tokio::test]
async fn the_bare_answer_to_a_view_says_nothing() {
    let bench = Bench::new([view("base_mv", &json!({"table": TABLE}))]);
    let hidden = ["description", "columns", "refresh", "indexes"];
    bench
        .tenant
        .leave_out_of_creates(ResourceKind::View, &hidden);
    bench.run().await;
    assert_eq!(bench.count(Operation::GetView), 0);
    assert!(bench.plan().await.plan.changes.is_empty());
}

#[tokio::test]
async fn indexes_are_built_where_the_tenant_does_not_do_it_by_itself() {
    let by_hand = with(
        view("base_mv", &json!({"table": TABLE})),
        "/spec/indexes",
        json!({"auto": false}),
    );
    let bench = Bench::new([by_hand, view("auto_mv", &json!({"table": TABLE}))]);
    let planned = bench.plan().await;
    assert_eq!(
        planned.plan.requests.by_operation()[&Operation::BuildIndexes],
        1
    );
    bench.apply_on(&*bench.tenant, &planned).await;
    assert_eq!(bench.tenant.indexes_built().len(), 1);
    assert_eq!(
        bench
            .audited()
            .iter()
            .filter(|line| line.starts_with("BUILD_INDEXES"))
            .collect::<Vec<_>>(),
        ["BUILD_INDEXES intended", "BUILD_INDEXES done"]
    );
}

#[tokio::test]
async fn variables_left_out_are_not_managed_and_an_empty_list_means_none() {
    let mut bench = Bench::new([full()]);
    bench.run().await;
    bench.documents = vec![action("score")];
    assert!(bench.plan().await.plan.changes.is_empty());
    bench.documents = vec![with(action("score"), "/spec/variables", json!([]))];
    bench.run().await;
    let there = bench.tenant.get(&address("action/score")).unwrap();
    assert_eq!(there.fields.at(&["variables"]), Some(&json!({})));
    assert_eq!(there.fields.at(&["cache", "ttl"]), Some(&json!(60)));
}
