//! Planning: what is read, what is compared, and what a plan comes to.

use cxda_domain::address::ResourceKind;
use cxda_domain::request::Operation;
use cxda_domain::rule::Rule;
use cxda_ports::actions::ActionsApi;
use cxda_usecases::plan::PlanError;
use serde_json::json;

use crate::bench::{Bench, TABLE, action, address, changes, view, with};

#[tokio::test]
async fn a_plan_reads_each_kind_and_each_table_once_and_writes_nothing() {
    let table = json!({"table": TABLE});
    let bench = Bench::new([
        view("first_mv", &table),
        view("second_mv", &table),
        action("score"),
    ]);
    let planned = bench.plan().await;
    assert_eq!(planned.plan.changes.len(), 3);
    assert_eq!(bench.count(Operation::ListViews), 1);
    assert_eq!(bench.count(Operation::ListActions), 1);
    assert_eq!(bench.count(Operation::GetTable), 1);
    assert_eq!(bench.tenant.calls().total(), 3);
    // The three writes, the three reads, and the token.
    assert_eq!(planned.plan.requests.total(), 7);
}

#[tokio::test]
async fn a_kind_that_nobody_has_is_not_listed() {
    let bench = Bench::new([action("score")]);
    bench.plan().await;
    assert_eq!(bench.count(Operation::ListViews), 0);
}

#[tokio::test]
async fn plan_after_apply_is_empty_and_costs_the_listing() {
    let secret =
        json!([{"name": "token", "type": "string", "encrypted": true, "valueFrom": {"env": "T"}}]);
    let mut bench = Bench::new([
        view("base_mv", &json!({"table": TABLE})),
        view("top_mv", &json!({"view": "base_mv"})),
        with(action("score"), "/spec/variables", secret),
    ]);
    bench.secrets = bench.secrets.with_env("T", "s3cret-value");
    bench.run().await;
    bench.tenant.forget_calls();
    let planned = bench.plan().await;
    assert_eq!(changes(&planned), Vec::<String>::new());
    assert_eq!(planned.plan.unchanged, 3);
    assert_eq!(
        planned.plan.requests.total(),
        1 + bench.tenant.calls().total()
    );
}

#[tokio::test]
async fn a_changed_secret_is_an_update_and_an_unchanged_one_is_none() {
    let secret =
        json!([{"name": "token", "type": "string", "encrypted": true, "valueFrom": {"env": "T"}}]);
    let mut bench = Bench::new([with(action("score"), "/spec/variables", secret)]);
    bench.secrets = bench.secrets.with_env("T", "first-value");
    bench.run().await;
    assert!(bench.plan().await.plan.changes.is_empty());
    bench.secrets = bench.secrets.with_env("T", "second-value");
    let planned = bench.plan().await;
    assert_eq!(changes(&planned), ["update action/score pending"]);
    let shown = format!("{:?}", planned.plan.changes);
    assert!(!shown.contains("second-value") && !shown.contains("first-value"));
    bench.run().await;
    let kept = bench
        .tenant
        .encrypted_value(&address("action/score"), "token");
    assert_eq!(kept.as_deref(), Some("second-value"));
}

#[tokio::test]
async fn causes_tell_who_moved() {
    let mut bench = Bench::new([action("score")]);
    bench.run().await;
    let edit = |text: &'static str| {
        bench.tenant.edit(&address("action/score"), |fields| {
            fields.insert("description".into(), json!(text));
        })
    };
    assert!(edit("moved on the tenant"));
    assert_eq!(changes(&bench.plan().await), ["update action/score drift"]);
    bench.documents = vec![with(
        action("score"),
        "/spec/description",
        json!("moved in the file"),
    )];
    assert_eq!(
        changes(&bench.plan().await),
        ["update action/score conflict"]
    );
    bench.tenant.remove(&address("action/score"));
    assert_eq!(changes(&bench.plan().await), ["create action/score drift"]);
}

#[tokio::test]
async fn what_is_there_already_and_equal_is_noted_as_ours_without_a_request() {
    let first = Bench::new([action("score")]);
    first.run().await;
    // Another project meets the same tenant.
    let mut second = Bench::new([action("score")]);
    second.tenant = first.tenant;
    second.tenant.forget_calls();
    let applied = second.run().await;
    assert!(applied.results.is_empty());
    assert_eq!(second.tenant.calls().total(), 1);
    second.documents.clear();
    second.documents.push(action("other"));
    second.scope.prune = true;
    let planned = second.plan().await;
    assert_eq!(
        changes(&planned),
        ["create action/other pending", "delete action/score pending"]
    );
}

#[tokio::test]
async fn what_a_listing_leaves_out_is_read_singly() {
    let bench = Bench::new([action("score"), action("other")]);
    bench.run().await;
    bench
        .tenant
        .leave_out_of_lists(ResourceKind::Action, &["script"]);
    bench.tenant.forget_calls();
    let planned = bench.plan().await;
    assert!(planned.plan.changes.is_empty());
    assert_eq!(bench.count(Operation::GetAction), 2);
}

#[tokio::test]
async fn a_name_that_stands_twice_on_the_tenant_is_refused_with_its_ids() {
    let mut bench = Bench::new([action("score")]);
    bench.run().await;
    let body = bench.plan().await.desired;
    let tenant = cxda_adapters_memory::tenant::MemoryTenant::with_repeatable_names();
    for desired in body.values().chain(body.values()) {
        if let cxda_domain::plan::Body::Action(body) = &desired.body {
            tenant.put_action(body);
        }
    }
    bench.tenant = std::sync::Arc::new(tenant);
    let error = bench.try_plan().await.unwrap_err();
    assert!(
        matches!(&error, PlanError::Ambiguous { ids, .. } if ids.len() == 2),
        "{error}"
    );
}

#[tokio::test]
async fn a_missing_value_and_one_of_the_wrong_type_are_findings_of_the_plan() {
    let variables = json!([
        {"name": "gone", "type": "string", "valueFrom": {"env": "GONE"}},
        {"name": "odd", "type": "integer", "valueFrom": {"env": "ODD"}},
    ]);
    let mut bench = Bench::new([with(action("score"), "/spec/variables", variables)]);
    bench.secrets = bench.secrets.with_env("ODD", "c4nary-text");
    let planned = bench.try_plan().await.unwrap();
    let rules: Vec<Rule> = planned
        .plan
        .violations
        .iter()
        .map(|each| each.rule)
        .collect();
    assert_eq!(rules, [Rule::E004, Rule::E008]);
    assert!(!format!("{:?}", planned.plan.violations).contains("c4nary"));
    assert!(planned.plan.changes.is_empty());
}

#[tokio::test]
async fn a_cycle_that_closes_through_the_tenant_is_found() {
    let other = with(action("other"), "/spec/dependencies", json!(["score"]));
    let first = Bench::new([action("score"), other]);
    first.run().await;
    let mut second = Bench::new([with(
        action("score"),
        "/spec/dependencies",
        json!(["other"]),
    )]);
    second.tenant = first.tenant;
    let planned = second.try_plan().await.unwrap();
    let found: Vec<_> = planned.plan.violations.iter().collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].rule, Rule::G001);
    assert!(
        found[0].message.ends_with("score -> other -> score"),
        "{}",
        found[0].message
    );
}

#[tokio::test]
async fn h_33_a_plan_after_an_apply_is_empty_though_the_listing_lags_behind() {
    let bench = Bench::new([action("alpha"), action("beta"), action("gamma")]);
    bench.tenant.lag_lists(2);
    let _ = bench.run().await;
    let planned = bench.plan().await;
    assert_eq!(changes(&planned), [""; 0]);
    assert_eq!(bench.count(Operation::GetAction), 3);
}

#[tokio::test]
async fn h_17_what_is_gone_costs_a_plan_one_request_to_be_sure() {
    let bench = Bench::new([action("alpha"), action("beta"), action("gamma")]);
    let _ = bench.run().await;
    for there in bench.plan().await.observed.resources() {
        let _ = bench.tenant.delete(&there.id).await.unwrap();
    }
    let planned = bench.plan().await;
    assert_eq!(planned.plan.changes.len(), 3);
    assert_eq!(bench.count(Operation::GetAction), 1);
}
