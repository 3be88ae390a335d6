//! Lost answers, refused writes, and journals that fail: what is believed, and what is sent.

use std::sync::Arc;

use cxda_adapters_memory::faults::{
    AuditCall, FaultyAudit, FaultyJournal, JournalCall, Moment, Which,
};
use cxda_adapters_memory::ids::FixedJitter;
use cxda_adapters_memory::webhook::MemoryWebhooks;
use cxda_domain::event::EventKind;
use cxda_domain::key::RunId;
use cxda_domain::receiver::Receiver;
use cxda_domain::request::Operation;
use cxda_ports::error::ApiErrorKind;
use cxda_ports::journal::Journal;
use cxda_usecases::apply::Subscription;
use cxda_usecases::deliver::{Courier, CourierOptions, CourierPorts, Round};
use serde_json::json;

use crate::bench::{Bench, TABLE, action, address, outcomes, ports_of, view, with};

#[tokio::test]
async fn h_27_a_create_whose_answer_is_lost_is_settled_by_reading() {
    for document in [action("score"), view("base_mv", &json!({"table": TABLE}))] {
        let bench = Bench::new([document]);
        let applied = bench
            .run_with(|faulty| {
                let lost = ApiErrorKind::OutcomeUnknown;
                faulty
                    .failing(
                        Operation::CreateAction,
                        Which::Nth(1),
                        Moment::After,
                        lost.clone(),
                    )
                    .failing(Operation::CreateView, Which::Nth(1), Moment::After, lost)
            })
            .await;
        assert!(
            outcomes(&applied)
                .values()
                .all(|outcome| *outcome == "done")
        );
        assert_eq!(bench.tenant.addresses().len(), 1);
        assert!(bench.plan().await.plan.changes.is_empty());
    }
}

#[tokio::test]
async fn a_create_that_did_not_arrive_stays_open_and_keeps_its_key() {
    let bench = Bench::new([action("score")]);
    let applied = bench
        .run_with(|faulty| {
            faulty.failing(
                Operation::CreateAction,
                Which::Nth(1),
                Moment::Before,
                ApiErrorKind::OutcomeUnknown,
            )
        })
        .await;
    assert_eq!(outcomes(&applied)["action/score"], "unknown");
    let open = bench.journal.open_intents().await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(
        bench.audited(),
        ["CREATE_DATA_ACTION intended", "CREATE_DATA_ACTION unknown"]
    );
    let key = open[0].intent.key.clone();
    let applied = bench
        .run_with(|faulty| {
            faulty.failing(
                Operation::CreateAction,
                Which::Nth(1),
                Moment::Before,
                ApiErrorKind::OutcomeUnknown,
            )
        })
        .await;
    assert_eq!(outcomes(&applied)["action/score"], "unknown");
    let still_open = bench.journal.open_intents().await.unwrap();
    assert_eq!(still_open.len(), 1);
    assert_eq!(still_open[0].intent.key, key);
    bench.run().await;
    assert!(bench.journal.open_intents().await.unwrap().is_empty());
    assert_eq!(bench.tenant.addresses().len(), 1);
}

#[tokio::test]
async fn h_38_a_create_that_committed_late_is_settled_by_the_next_run() {
    let bench = Bench::new([action("score")]);
    let planned = bench.plan().await;
    bench
        .run_with(|faulty| {
            faulty.failing(
                Operation::CreateAction,
                Which::Nth(1),
                Moment::Before,
                ApiErrorKind::OutcomeUnknown,
            )
        })
        .await;
    // The request arrives after all, long after everybody stopped waiting for it.
    for desired in planned.desired.values() {
        if let cxda_domain::plan::Body::Action(body) = &desired.body {
            bench.tenant.put_action(body);
        }
    }
    let applied = bench.run().await;
    assert!(applied.results.is_empty());
    assert_eq!(bench.tenant.addresses().len(), 1);
    assert!(bench.journal.open_intents().await.unwrap().is_empty());
    assert_eq!(
        bench.audited(),
        [
            "CREATE_DATA_ACTION intended",
            "CREATE_DATA_ACTION unknown",
            "CREATE_DATA_ACTION done",
        ]
    );
}

#[tokio::test]
async fn h_18_a_name_that_is_taken_by_something_else_is_left_alone() {
    let bench = Bench::new([action("score")]);
    let planned = bench.plan().await;
    let other = Bench::new([with(
        action("score"),
        "/spec/description",
        json!("somebody else's"),
    )]);
    let desired = other.plan().await.desired;
    for each in desired.values() {
        if let cxda_domain::plan::Body::Action(body) = &each.body {
            bench.tenant.put_action(body);
        }
    }
    let applied = bench.apply_on(&*bench.tenant, &planned).await;
    assert_eq!(outcomes(&applied)["action/score"], "failed");
    assert_eq!(
        applied.results[0].failure.as_ref().unwrap().code(),
        "already_exists"
    );
    let there = bench.tenant.get(&address("action/score")).unwrap();
    assert_eq!(
        there.fields.at(&["description"]),
        Some(&json!("somebody else's"))
    );
}

#[tokio::test]
async fn h_20_a_version_mismatch_of_ones_own_write_is_done() {
    let mut bench = Bench::new([action("score")]);
    bench.run().await;
    bench.documents = vec![with(action("score"), "/spec/description", json!("wanted"))];
    let applied = bench
        .run_with(|faulty| {
            faulty.failing(
                Operation::ReplaceAction,
                Which::Nth(1),
                Moment::After,
                ApiErrorKind::VersionMismatch,
            )
        })
        .await;
    assert_eq!(outcomes(&applied)["action/score"], "done");
    assert_eq!(bench.count(Operation::ReplaceAction), 1);
}

#[tokio::test]
async fn h_17_what_is_gone_already_is_deleted() {
    let mut bench = Bench::new([action("score"), action("other")]);
    bench.run().await;
    bench.documents.pop();
    bench.scope.prune = true;
    let planned = bench.plan().await;
    bench.tenant.remove(&address("action/other"));
    let applied = bench.apply_on(&*bench.tenant, &planned).await;
    assert_eq!(outcomes(&applied)["action/other"], "done");
    let last = bench.audit.lines().pop().unwrap();
    assert!(last.contains("already_absent"), "{last}");
}

#[tokio::test]
async fn nothing_is_sent_without_a_journal() {
    let bench = Bench::new([action("score"), action("other")]);
    let planned = bench.plan().await;
    bench.tenant.forget_calls();
    let journal = FaultyJournal::new(Arc::clone(&bench.journal)).failing(
        JournalCall::Begin,
        Which::EVERY,
        Moment::Before,
    );
    let applied = bench
        .apply_with(ports_of(&*bench.tenant), &journal, &*bench.audit, &planned)
        .await;
    assert!(
        outcomes(&applied)
            .values()
            .all(|outcome| *outcome != "done")
    );
    assert_eq!(bench.tenant.calls().total(), 0);
}

#[tokio::test]
async fn nothing_is_sent_without_an_audit_log() {
    let bench = Bench::new([action("score"), action("other")]);
    let planned = bench.plan().await;
    bench.tenant.forget_calls();
    let audit =
        FaultyAudit::new(Arc::clone(&bench.audit)).failing(AuditCall::Append, 1, Moment::Before);
    let applied = bench
        .apply_with(ports_of(&*bench.tenant), &*bench.journal, &audit, &planned)
        .await;
    assert!(applied.results.iter().any(|result| {
        result
            .failure
            .as_ref()
            .is_some_and(|failure| failure.code() == "audit")
    }));
    assert_eq!(bench.tenant.calls().total(), 0);
}

#[tokio::test]
async fn every_write_has_one_intent_and_one_outcome() {
    let mut bench = Bench::new([action("score"), action("other")]);
    bench.parallelism = 1;
    bench.run().await;
    bench.documents = vec![with(action("score"), "/spec/description", json!("wanted"))];
    bench.scope.prune = true;
    bench.run().await;
    assert_eq!(
        bench.audited(),
        [
            "CREATE_DATA_ACTION intended",
            "CREATE_DATA_ACTION done",
            "CREATE_DATA_ACTION intended",
            "CREATE_DATA_ACTION done",
            "UPDATE_DATA_ACTION intended",
            "UPDATE_DATA_ACTION done",
            "DELETE_DATA_ACTION intended",
            "DELETE_DATA_ACTION done",
        ]
    );
}

#[tokio::test]
async fn webhooks_are_told_what_they_asked_for_and_a_failure_stays_in_the_outbox() {
    let mut bench = Bench::new([action("score"), view("base_mv", &json!({"table": TABLE}))]);
    bench.subscriptions = vec![
        Subscription {
            webhook: "bi".into(),
            events: Some([EventKind::ViewCreated].into()),
        },
        Subscription {
            webhook: "all".into(),
            events: None,
        },
    ];
    let sender = MemoryWebhooks::new().without(Receiver::Webhook("bi".into()));
    let ports = CourierPorts {
        outbox: &*bench.journal,
        audit: &*bench.audit,
        sender: &sender,
        clock: &bench.clock,
        ids: &bench.ids,
        jitter: &FixedJitter::NONE,
        stop: &bench.stop,
    };
    let options = CourierOptions {
        run: RunId::new("run"),
        actor: "tester".into(),
        tenant: "memory".into(),
        round: Round::Due,
    };
    let courier = Courier::new(ports, options).await.unwrap();
    let planned = bench.plan().await;
    let applying = bench.apply_telling(&courier, &planned);
    let (_, ended) = courier.beside(applying).await;
    ended.unwrap();
    let told = courier.delivered();
    assert_eq!((told.delivered, told.pending), (2, 1));
    let receivers = sender.taken().into_iter().map(|(receiver, _)| receiver);
    assert!(receivers.eq([
        Receiver::Webhook("all".into()),
        Receiver::Webhook("all".into())
    ]));
}
