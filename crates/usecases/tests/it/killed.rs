//! Runs that ended between the intent of a write and its outcome: the next one finishes that very write.

use std::sync::Arc;

use cxda_adapters_memory::faults::{FaultyJournal, JournalCall, Moment, Which};
use cxda_domain::request::Operation;
use cxda_ports::error::ApiErrorKind;
use cxda_ports::journal::Journal;
use serde_json::{Value, json};

use crate::bench::{Bench, action, outcomes, ports_of, with};

fn described(text: &str) -> Value {
    with(action("score"), "/spec/description", json!(text))
}

/// Plans and applies; the process ends while `operation` is under way, `moment` the tenant carries it out.
async fn killed(bench: &Bench, operation: Operation, moment: Moment) {
    let planned = bench.plan().await;
    let lost = ApiErrorKind::OutcomeUnknown;
    let tenant = bench
        .faulty()
        .failing(operation, Which::EVERY, moment, lost);
    // Nothing is kept any more, as if nobody were there to keep it.
    let journal = FaultyJournal::new(Arc::clone(&bench.journal)).failing(
        JournalCall::Settle,
        Which::EVERY,
        Moment::Before,
    );
    bench
        .apply_with(ports_of(&tenant), &journal, &*bench.audit, &planned)
        .await;
    assert_eq!(bench.journal.open_intents().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_create_has_one_intent_and_one_outcome_over_both_runs() {
    for moment in [Moment::Before, Moment::After] {
        let bench = Bench::new([action("score")]);
        killed(&bench, Operation::CreateAction, moment).await;
        bench.run().await;
        assert_eq!(
            bench.audited(),
            ["CREATE_DATA_ACTION intended", "CREATE_DATA_ACTION done"],
            "{moment:?}"
        );
        assert_eq!(bench.tenant.addresses().len(), 1);
        assert!(bench.journal.open_intents().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_create_with_a_secret_that_came_through_is_not_sent_again() {
    let variables = json!([{"name": "token", "type": "string", "encrypted": true, "valueFrom": {"env": "TOKEN"}}]);
    let mut bench = Bench::new([with(action("score"), "/spec/variables", variables)]);
    bench.secrets = bench.secrets.with_env("TOKEN", "first");
    killed(&bench, Operation::CreateAction, Moment::After).await;
    let applied = bench.run().await;
    assert_eq!(outcomes(&applied)["action/score"], "done");
    assert_eq!(bench.count(Operation::ReplaceAction), 0);
    assert!(bench.plan().await.plan.changes.is_empty());
    bench.secrets = bench.secrets.with_env("TOKEN", "second");
    assert_eq!(bench.plan().await.plan.changes.len(), 1);
}

#[tokio::test]
async fn an_update_has_one_intent_and_one_outcome_over_both_runs() {
    for moment in [Moment::Before, Moment::After] {
        let mut bench = Bench::new([described("an old text")]);
        bench.run().await;
        bench.documents = vec![described("a new text")];
        killed(&bench, Operation::ReplaceAction, moment).await;
        bench.run().await;
        assert_eq!(
            bench.audited()[2..],
            ["UPDATE_DATA_ACTION intended", "UPDATE_DATA_ACTION done"],
            "{moment:?}"
        );
        let now = bench.description("action/score");
        assert_eq!(now.as_deref(), Some("a new text"));
    }
}

#[tokio::test]
async fn an_update_that_is_not_wanted_any_more_is_closed_by_the_one_in_its_place() {
    let mut bench = Bench::new([described("an old text")]);
    bench.run().await;
    bench.documents = vec![described("a new text")];
    killed(&bench, Operation::ReplaceAction, Moment::Before).await;
    bench.documents = vec![described("a newer text")];
    bench.run().await;
    assert_eq!(
        bench.audited()[2..],
        [
            "UPDATE_DATA_ACTION intended",
            "UPDATE_DATA_ACTION intended",
            "UPDATE_DATA_ACTION done",
            "UPDATE_DATA_ACTION unknown",
        ]
    );
    assert_eq!(bench.last_note(), "superseded");
    assert!(bench.journal.open_intents().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_delete_has_one_intent_and_one_outcome_over_both_runs() {
    for moment in [Moment::Before, Moment::After] {
        let mut bench = Bench::new([action("score"), action("stays")]);
        bench.run().await;
        bench.documents = vec![action("stays")];
        bench.scope.prune = true;
        killed(&bench, Operation::DeleteAction, moment).await;
        bench.run().await;
        assert_eq!(
            bench.audited()[4..],
            ["DELETE_DATA_ACTION intended", "DELETE_DATA_ACTION done"],
            "{moment:?}"
        );
        assert_eq!(bench.tenant.addresses().len(), 1);
    }
}
