//! The order of a run: dependencies first, deletes last, and what a failure leaves undone.

use cxda_adapters_memory::faults::{Moment, Which};
use cxda_adapters_memory::progress::Noted;
use cxda_domain::request::Operation;
use cxda_ports::error::ApiErrorKind;
use cxda_usecases::apply::{Failure, OnError};
use serde_json::json;

use crate::bench::{Bench, TABLE, action, address, changes, outcomes, view, with};

fn chain() -> Bench {
    Bench::new([
        with(action("a-top"), "/spec/dependencies", json!(["b-mid"])),
        with(action("b-mid"), "/spec/dependencies", json!(["c-base"])),
        action("c-base"),
        action("d-alone"),
    ])
}

fn refuse(
    faulty: cxda_adapters_memory::faults::FaultyTenant<cxda_adapters_memory::tenant::MemoryTenant>,
    nth: u64,
) -> cxda_adapters_memory::faults::FaultyTenant<cxda_adapters_memory::tenant::MemoryTenant> {
    let kind = ApiErrorKind::Rejected {
        problems: Vec::new(),
    };
    faulty.failing(
        Operation::CreateAction,
        Which::Nth(nth),
        Moment::Before,
        kind,
    )
}

#[tokio::test]
async fn dependencies_come_first_and_views_before_actions() {
    let mut bench = chain();
    bench
        .documents
        .push(view("x_top_mv", &json!({"view": "y_base_mv"})));
    bench
        .documents
        .push(view("y_base_mv", &json!({"table": TABLE})));
    bench.parallelism = 1;
    bench.run().await;
    let made: Vec<String> = bench
        .tenant
        .addresses()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        made,
        [
            "view/y_base_mv",
            "view/x_top_mv",
            "action/c-base",
            "action/b-mid",
            "action/a-top",
            "action/d-alone"
        ]
    );
}

#[tokio::test]
async fn independent_changes_run_at_once_up_to_the_limit() {
    let names: Vec<String> = (0..20)
        .map(|number| format!("action-{number:02}"))
        .collect();
    let mut bench = Bench::new(names.iter().map(|name| action(name)));
    bench.parallelism = 4;
    bench.run().await;
    assert_eq!(bench.tenant.most_at_once(), 4);
}

#[tokio::test]
async fn what_depends_on_a_failure_is_skipped_and_the_rest_goes_on() {
    let mut bench = chain();
    bench.parallelism = 1;
    let applied = bench.run_with(|faulty| refuse(faulty, 1)).await;
    let got = outcomes(&applied);
    assert_eq!(got["action/c-base"], "failed");
    assert_eq!(got["action/b-mid"], "skipped");
    assert_eq!(got["action/a-top"], "skipped");
    assert_eq!(got["action/d-alone"], "done");
    let named: Vec<String> = applied
        .results
        .iter()
        .filter_map(|result| match &result.failure {
            Some(Failure::Dependency { address }) => {
                Some(format!("{} after {address}", result.address))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        named,
        [
            "action/b-mid after action/c-base",
            "action/a-top after action/b-mid"
        ]
    );
    // A second run finishes the job.
    let applied = bench.run().await;
    assert_eq!(applied.results.len(), 3);
    assert!(bench.plan().await.plan.changes.is_empty());
}

#[tokio::test]
async fn on_error_stop_begins_nothing_new() {
    let mut bench = chain();
    bench.parallelism = 1;
    bench.on_error = OnError::Stop;
    let applied = bench.run_with(|faulty| refuse(faulty, 1)).await;
    assert_eq!(outcomes(&applied)["action/d-alone"], "skipped");
    assert!(bench.tenant.addresses().is_empty());
}

#[tokio::test]
async fn refused_credentials_stop_the_run() {
    let mut bench = chain();
    bench.parallelism = 1;
    let applied = bench
        .run_with(|faulty| {
            faulty.failing(
                Operation::CreateAction,
                Which::EVERY,
                Moment::Before,
                ApiErrorKind::Unauthenticated,
            )
        })
        .await;
    let failed = outcomes(&applied)
        .values()
        .filter(|outcome| **outcome == "failed")
        .count();
    assert_eq!(failed, 1);
}

#[tokio::test]
async fn deletes_come_last_and_in_reverse() {
    let mut bench = chain();
    bench.run().await;
    bench.documents = vec![action("d-alone"), action("e-new")];
    bench.scope.prune = true;
    bench.parallelism = 1;
    let planned = bench.plan().await;
    assert_eq!(
        changes(&planned),
        [
            "create action/e-new pending",
            "delete action/a-top pending",
            "delete action/b-mid pending",
            "delete action/c-base pending",
        ]
    );
    bench.apply_on(&*bench.tenant, &planned).await;
    let left: Vec<String> = bench
        .tenant
        .addresses()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(left, ["action/d-alone", "action/e-new"]);
    assert!(bench.plan().await.plan.changes.is_empty());
}

#[tokio::test]
async fn nothing_is_deleted_that_a_failed_update_still_needs() {
    let mut bench = chain();
    bench.run().await;
    bench.documents = vec![action("a-top"), action("d-alone")];
    bench.scope.prune = true;
    let refused = ApiErrorKind::Rejected {
        problems: Vec::new(),
    };
    let applied = bench
        .run_with(|faulty| {
            faulty.failing(
                Operation::ReplaceAction,
                Which::EVERY,
                Moment::Before,
                refused,
            )
        })
        .await;
    let got = outcomes(&applied);
    assert_eq!(got["action/a-top"], "failed");
    assert_eq!(got["action/b-mid"], "skipped");
    assert!(bench.tenant.get(&address("action/c-base")).is_some());
}

#[tokio::test]
async fn a_delete_waits_for_an_action_that_is_being_published() {
    let mut bench = Bench::new([action("score"), action("other")]);
    bench.run().await;
    bench.documents.pop();
    bench.scope.prune = true;
    let planned = bench.plan().await;
    bench.tenant.keep_publishing(&address("action/other"), 2);
    let applied = bench.apply_on(&*bench.tenant, &planned).await;
    assert_eq!(outcomes(&applied)["action/other"], "done");
    assert!(!bench.clock.waits().is_empty());
    assert!(bench.tenant.get(&address("action/other")).is_none());
}

#[tokio::test]
async fn progress_tells_of_each_change() {
    let bench = Bench::new([action("score")]);
    bench.run().await;
    let noted = bench.progress.noted();
    assert!(
        noted.contains(&Noted::Started(address("action/score"))),
        "{noted:?}"
    );
}
