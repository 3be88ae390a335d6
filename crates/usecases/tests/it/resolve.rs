//! What an earlier run left open: settled by reading, kept from doing harm meanwhile, and given up only when it is quiet.

use std::sync::Arc;
use std::time::Duration;

use cxda_adapters_memory::faults::{FaultyJournal, FaultyTenant, JournalCall, Moment, Which};
use cxda_adapters_memory::tenant::MemoryTenant;
use cxda_domain::request::Operation;
use cxda_ports::error::ApiErrorKind;
use cxda_ports::journal::{Intent, Journal};
use cxda_usecases::apply::{Applied, Failure, Outcome};
use serde_json::{Value, json};

use crate::bench::{Bench, TABLE, action, address, outcomes, ports_of, view, with};

fn lost(
    operation: Operation,
    moment: Moment,
) -> impl FnOnce(FaultyTenant<MemoryTenant>) -> FaultyTenant<MemoryTenant> {
    move |faulty| {
        faulty.failing(
            operation,
            Which::Nth(1),
            moment,
            ApiErrorKind::OutcomeUnknown,
        )
    }
}

fn described(text: &str) -> Value {
    with(action("score"), "/spec/description", json!(text))
}

async fn open(bench: &Bench) -> Vec<Intent> {
    let open = bench.journal.open_intents().await.unwrap();
    open.into_iter().map(|open| open.intent).collect()
}

fn failure(applied: &Applied) -> &Failure {
    applied.results[0].failure.as_ref().unwrap()
}

/// An action that was applied, and whose update to `new` was lost at `moment`.
async fn lost_update(moment: Moment) -> (Bench, FaultyTenant<MemoryTenant>) {
    let mut bench = Bench::new([described("old one")]);
    bench.run().await;
    bench.documents = vec![described("new one")];
    let planned = bench.plan().await;
    let faulty = lost(Operation::ReplaceAction, moment)(bench.faulty());
    bench.apply_on(&faulty, &planned).await;
    (bench, faulty)
}

#[tokio::test]
async fn h_38_the_same_create_keeps_its_key_until_it_is_quiet() {
    for (passed, same) in [
        (1, true),
        (119_999, true),
        (120_000, false),
        (500_000, false),
    ] {
        let bench = Bench::new([action("score")]);
        bench
            .run_with(lost(Operation::CreateAction, Moment::Before))
            .await;
        let first = open(&bench).await.remove(0).key;
        bench.clock.advance(Duration::from_millis(passed));
        bench
            .run_with(lost(Operation::CreateAction, Moment::Before))
            .await;
        let now = open(&bench).await;
        assert_eq!(now.len(), 1, "{passed}");
        assert_eq!(now[0].key == first, same, "{passed}");
    }
}

#[tokio::test]
async fn h_38_a_changed_create_waits_for_the_quiet_of_the_old_one_as_long_as_patience_lasts() {
    for (passed, wanted, waited) in [
        (0, "unknown", 0),
        (89_999, "unknown", 0),
        (90_000, "done", 30_000),
        (119_999, "done", 1),
        (120_000, "done", 0),
    ] {
        let mut bench = Bench::new([described("old one")]);
        bench
            .run_with(lost(Operation::CreateAction, Moment::Before))
            .await;
        bench.clock.advance(Duration::from_millis(passed));
        bench.documents = vec![described("new one")];
        let before = bench.elapsed_millis();
        let applied = bench.run().await;
        assert_eq!(outcomes(&applied)["action/score"], wanted, "{passed}");
        assert_eq!(bench.elapsed_millis() - before, waited, "{passed}");
        if wanted == "done" {
            assert_eq!(bench.description("action/score").unwrap(), "new one");
            assert!(open(&bench).await.is_empty());
        } else {
            assert!(matches!(failure(&applied), Failure::Unsettled { .. }));
            assert_eq!(bench.count(Operation::CreateAction), 0);
        }
    }
}

#[tokio::test]
async fn h_38_a_changed_create_whose_old_one_comes_late_becomes_an_update_of_it() {
    let mut bench = Bench::new([described("old one")]);
    let planned = bench.plan().await;
    let faulty = lost(Operation::CreateAction, Moment::Late)(bench.faulty());
    bench.apply_on(&faulty, &planned).await;
    bench.pass(60);
    bench.documents = vec![described("new one")];
    // It arrives between the listing and the write.
    let planned = bench.plan().await;
    faulty.let_late_ones_arrive().await;
    let applied = bench.apply_on(&*bench.tenant, &planned).await;
    assert_eq!(outcomes(&applied)["action/score"], "done");
    assert_eq!(bench.count(Operation::CreateAction), 1);
    assert_eq!(bench.description("action/score").unwrap(), "new one");
    assert!(bench.plan().await.plan.changes.is_empty());
    assert!(open(&bench).await.is_empty());
}

#[tokio::test]
async fn h_38_a_refusal_does_not_settle_an_earlier_send_of_the_same_create() {
    let bench = Bench::new([action("score")]);
    let planned = bench.plan().await;
    let faulty = lost(Operation::CreateAction, Moment::Late)(bench.faulty());
    bench.apply_on(&faulty, &planned).await;
    bench.pass(60);
    let denied = ApiErrorKind::PermissionDenied { scope: None };
    let applied = bench
        .run_with(|faulty| {
            let (create, first) = (Operation::CreateAction, Which::Nth(1));
            faulty.failing(create, first, Moment::Before, denied)
        })
        .await;
    assert_eq!(outcomes(&applied)["action/score"], "unknown");
    assert_eq!(open(&bench).await.len(), 1);
    faulty.let_late_ones_arrive().await;
    bench.run().await;
    assert_eq!(bench.tenant.addresses().len(), 1);
    assert!(open(&bench).await.is_empty());
}

#[tokio::test]
async fn a_run_that_did_not_live_to_tell_may_have_sent_for_long() {
    for (passed, wanted) in [(449, "unknown"), (450, "done"), (480, "done")] {
        let mut bench = Bench::new([described("old one")]);
        let planned = bench.plan().await;
        let journal = FaultyJournal::new(Arc::clone(&bench.journal)).failing(
            JournalCall::Settle,
            Which::EVERY,
            Moment::Before,
        );
        let faulty = bench.faulty().failing(
            Operation::CreateAction,
            Which::Nth(1),
            Moment::Before,
            ApiErrorKind::Unreachable,
        );
        bench
            .apply_with(ports_of(&faulty), &journal, &*bench.audit, &planned)
            .await;
        bench.pass(passed);
        bench.documents = vec![described("new one")];
        let applied = bench.run().await;
        assert_eq!(outcomes(&applied)["action/score"], wanted, "{passed} s");
    }
}

#[tokio::test]
async fn h_33_what_was_applied_and_is_not_listed_yet_is_not_made_again() {
    for names in [MemoryTenant::new, MemoryTenant::with_repeatable_names] {
        let mut bench = Bench::new([described("old one")]).on(names());
        bench.tenant.lag_lists(2);
        bench.run().await;
        bench.documents = vec![described("new one")];
        let applied = bench.run().await;
        assert_eq!(outcomes(&applied)["action/score"], "done");
        assert_eq!(bench.count(Operation::CreateAction), 1);
        assert_eq!(bench.description("action/score").unwrap(), "new one");
        assert!(bench.run().await.results.is_empty() || bench.tenant.addresses().len() == 1);
        assert_eq!(bench.tenant.addresses().len(), 1);
    }
}

#[tokio::test]
async fn h_33_absence_is_believed_after_three_polls() {
    let bench = Bench::new([action("score")]);
    let applied = bench
        .run_with(lost(Operation::CreateAction, Moment::Before))
        .await;
    assert_eq!(outcomes(&applied)["action/score"], "unknown");
    let seconds: Vec<u64> = bench.clock.waits().iter().map(Duration::as_secs).collect();
    assert_eq!(seconds, [1, 3, 9]);
    assert_eq!(bench.count(Operation::ListActions), 1 + 4);
}

#[tokio::test]
async fn a_create_that_nobody_wants_any_more_is_ours_to_prune_once_it_shows() {
    let mut bench = Bench::new([action("score"), action("other")]);
    let planned = bench.plan().await;
    let faulty = bench.faulty().failing(
        Operation::CreateAction,
        Which::EVERY,
        Moment::Late,
        ApiErrorKind::OutcomeUnknown,
    );
    bench.apply_on(&faulty, &planned).await;
    faulty.let_late_ones_arrive().await;
    bench.documents = vec![action("other")];
    bench.run().await;
    assert!(open(&bench).await.is_empty());
    bench.scope.prune = true;
    let applied = bench.run().await;
    assert_eq!(outcomes(&applied)["action/score"], "done");
    assert_eq!(bench.tenant.addresses(), [address("action/other")]);
}

#[tokio::test]
async fn a_create_that_nobody_wants_any_more_is_given_up_when_it_is_quiet_and_no_earlier() {
    // The kind is not listed any more, so it takes a read of its own.
    let table = json!({"table": TABLE});
    let mut bench = Bench::new([view("base_mv", &table), action("score")]);
    bench
        .run_with(lost(Operation::CreateAction, Moment::Before))
        .await;
    bench.documents = vec![view("base_mv", &table)];
    bench.pass(119);
    bench.run().await;
    assert_eq!(open(&bench).await.len(), 1);
    bench.pass(1);
    bench.run().await;
    assert!(open(&bench).await.is_empty());
    assert_eq!(bench.last_note(), "not_applied");
    assert_eq!(bench.count(Operation::CreateAction), 0);
}

#[tokio::test]
async fn h_27_an_update_that_shows_is_done_and_one_that_does_not_is_unknown() {
    let (bench, _) = lost_update(Moment::After).await;
    assert_eq!(bench.audited().last().unwrap(), "UPDATE_DATA_ACTION done");
    assert!(open(&bench).await.is_empty());
    let (bench, _) = lost_update(Moment::Before).await;
    assert_eq!(
        bench.audited().last().unwrap(),
        "UPDATE_DATA_ACTION unknown"
    );
    assert_eq!(open(&bench).await.len(), 1);
    bench.run().await;
    assert!(open(&bench).await.is_empty());
    assert_eq!(bench.description("action/score").unwrap(), "new one");
}

#[tokio::test]
async fn h_38_an_update_that_came_late_is_proved_by_the_next_run() {
    let (bench, faulty) = lost_update(Moment::Late).await;
    faulty.let_late_ones_arrive().await;
    let applied = bench.run().await;
    assert!(applied.results.is_empty());
    assert!(open(&bench).await.is_empty());
    assert_eq!(bench.last_note(), "proved_by_reading");
    assert_eq!(bench.audited().last().unwrap(), "UPDATE_DATA_ACTION done");
    assert!(bench.plan().await.plan.changes.is_empty());
}

#[tokio::test]
async fn h_38_an_update_under_a_version_cannot_undo_a_later_one() {
    let (mut bench, faulty) = lost_update(Moment::Late).await;
    bench.documents = vec![described("newest one")];
    let applied = bench.run().await;
    assert_eq!(outcomes(&applied)["action/score"], "done");
    faulty.let_late_ones_arrive().await;
    assert_eq!(bench.description("action/score").unwrap(), "newest one");
    assert!(open(&bench).await.is_empty());
    assert!(
        bench
            .audit
            .lines()
            .iter()
            .any(|line| line.contains("superseded"))
    );
}

#[tokio::test]
async fn an_update_that_was_taken_back_stays_open_until_it_is_quiet() {
    let (mut bench, _) = lost_update(Moment::Before).await;
    bench.documents = vec![described("old one")];
    bench.pass(119);
    assert!(bench.run().await.results.is_empty());
    assert_eq!(open(&bench).await.len(), 1);
    bench.pass(1);
    bench.run().await;
    assert!(open(&bench).await.is_empty());
    assert_eq!(bench.last_note(), "not_provable");
}

#[tokio::test]
async fn h_27_a_secret_whose_update_was_lost_is_told_by_its_version_alone() {
    for moment in [Moment::Before, Moment::After] {
        let variables = json!([{"name": "token", "type": "string", "encrypted": true, "valueFrom": {"env": "TOKEN"}}]);
        let document = with(action("score"), "/spec/variables", variables);
        let mut bench = Bench::new([document]);
        bench.secrets = bench.secrets.with_env("TOKEN", "old");
        bench.run().await;
        bench.secrets = bench.secrets.with_env("TOKEN", "new");
        let applied = bench.run_with(lost(Operation::ReplaceAction, moment)).await;
        let wanted = match moment {
            Moment::After => Outcome::Done,
            _ => Outcome::Unknown,
        };
        assert_eq!(applied.results[0].outcome, wanted, "{moment:?}");
        bench.run().await;
        let at = address("action/score");
        let kept = bench.tenant.encrypted_value(&at, "token");
        assert_eq!(kept.as_deref(), Some("new"), "{moment:?}");
        assert!(bench.plan().await.plan.changes.is_empty(), "{moment:?}");
        assert!(open(&bench).await.is_empty(), "{moment:?}");
    }
}

#[tokio::test]
async fn h_27_a_delete_whose_answer_is_lost_is_done_once_a_read_says_gone() {
    let mut bench = Bench::new([action("score"), action("other")]);
    bench.run().await;
    bench.documents.remove(0);
    bench.scope.prune = true;
    let applied = bench
        .run_with(lost(Operation::DeleteAction, Moment::After))
        .await;
    assert_eq!(outcomes(&applied)["action/score"], "done");
    assert_eq!(bench.last_note(), "proved_by_reading");
    assert!(open(&bench).await.is_empty());
}

#[tokio::test]
async fn h_38_a_delete_that_came_late_is_proved_by_the_next_run_and_what_replaces_it_waits() {
    let mut bench = Bench::new([described("old one"), action("other")]);
    bench.run().await;
    bench.documents.remove(0);
    bench.scope.prune = true;
    let planned = bench.plan().await;
    let faulty = lost(Operation::DeleteAction, Moment::Late)(bench.faulty());
    let applied = bench.apply_on(&faulty, &planned).await;
    assert_eq!(outcomes(&applied)["action/score"], "unknown");
    // Wanted again, and changed: the delete under way would undo the update.
    bench.documents = vec![described("new one"), action("other")];
    bench.pass(60);
    let applied = bench.run().await;
    assert_eq!(outcomes(&applied)["action/score"], "unknown");
    assert_eq!(bench.description("action/score").unwrap(), "old one");
    faulty.let_late_ones_arrive().await;
    let applied = bench.run().await;
    assert_eq!(outcomes(&applied)["action/score"], "done");
    assert_eq!(bench.description("action/score").unwrap(), "new one");
    assert!(open(&bench).await.is_empty());
    assert!(
        bench
            .audited()
            .contains(&"DELETE_DATA_ACTION done".to_owned())
    );
}

#[tokio::test]
async fn a_delete_that_was_taken_back_is_given_up_when_it_is_quiet() {
    let mut bench = Bench::new([described("old one"), action("other")]);
    bench.run().await;
    bench.documents.remove(0);
    bench.scope.prune = true;
    bench
        .run_with(lost(Operation::DeleteAction, Moment::Before))
        .await;
    bench.documents = vec![described("new one"), action("other")];
    bench.pass(100);
    // The rest of the quiet period is short enough to be waited for.
    let applied = bench.run().await;
    assert_eq!(outcomes(&applied)["action/score"], "done");
    assert_eq!(bench.description("action/score").unwrap(), "new one");
    assert!(open(&bench).await.is_empty());
}
