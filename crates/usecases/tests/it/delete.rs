//! Removal by name: planned, refused where it must be, and carried out like any other change.

use cxda_domain::address::{Address, AddressPattern};
use cxda_domain::plan::Kept;
use cxda_domain::request::Operation;
use cxda_usecases::delete::{DeleteError, plan_delete};
use cxda_usecases::plan::Planned;
use cxda_usecases::ports::PlanPorts;
use serde_json::{Value, json};

use crate::bench::{Bench, action, ports_of};

fn needing(name: &str, dependency: &str) -> Value {
    let mut document = action(name);
    document["spec"]["dependencies"] = json!([dependency]);
    document
}

async fn delete(bench: &Bench, targets: &[&str]) -> Result<Planned, DeleteError> {
    let manifests = bench.manifests();
    let ports = PlanPorts {
        manifests: &manifests,
        checker: &bench.checker,
        secrets: &bench.secrets,
        tenant: ports_of(&*bench.tenant),
        journal: &*bench.journal,
        progress: &bench.progress,
    };
    let targets: Vec<AddressPattern> = targets.iter().map(|each| each.parse().unwrap()).collect();
    plan_delete(ports, &targets).await
}

#[tokio::test]
async fn what_is_ours_is_deleted_and_forgotten() {
    let mut bench = Bench::new([action("base"), needing("score", "base"), action("other")]);
    bench.run().await;
    bench.documents.clear();
    let planned = delete(&bench, &["action/score", "action/base"])
        .await
        .unwrap();
    let applied = bench.apply_on(&*bench.tenant, &planned).await;
    assert!(applied.results.iter().all(|each| each.failure.is_none()));
    assert_eq!(bench.tenant.addresses(), [Address::action("other")]);
    assert_eq!(bench.count(Operation::DeleteAction), 2);
    let again = delete(&bench, &["action/score"]).await.unwrap_err();
    assert!(matches!(again, DeleteError::NotOurs { .. }), "{again}");
}

#[tokio::test]
async fn everything_that_depends_on_it_is_told() {
    let bench = Bench::new([
        action("base"),
        needing("score", "base"),
        needing("report", "score"),
    ]);
    bench.run().await;
    let error = delete(&bench, &["action/base"]).await.unwrap_err();
    let DeleteError::Refused { refusals } = &error else {
        panic!("{error}");
    };
    assert_eq!(refusals[0].why, Kept::NeededBy(Address::action("score")));
    assert_eq!(
        error.to_string(),
        "nothing is deleted, for action/base is needed by action/score, action/report"
    );
}

#[tokio::test]
async fn what_was_never_applied_from_here_is_not_ours() {
    let bench = Bench::new([action("base")]);
    let error = delete(&bench, &["action/base"]).await.unwrap_err();
    assert!(matches!(error, DeleteError::NotOurs { .. }), "{error}");
    assert_eq!(bench.tenant.calls().total(), 0);
}

#[tokio::test]
async fn what_is_gone_already_needs_no_change() {
    let bench = Bench::new([action("base")]);
    bench.run().await;
    bench.tenant.remove(&Address::action("base"));
    assert_eq!(
        delete(&bench, &["action/base"]).await.unwrap().plan.changes,
        []
    );
}

#[tokio::test]
async fn manifests_with_mistakes_may_protect_what_nobody_can_read() {
    let mut bench = Bench::new([action("base")]);
    bench.run().await;
    bench.documents.push(json!({"kind": "Unknown"}));
    let error = delete(&bench, &["action/base"]).await.unwrap_err();
    assert!(matches!(error, DeleteError::Unsound(_)), "{error}");
}
