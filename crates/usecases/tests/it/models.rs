//! Creates on every kind of server: after recovery there is one resource, never two.

use cxda_adapters_memory::faults::{FaultyTenant, Moment, Which};
use cxda_adapters_memory::tenant::MemoryTenant;
use cxda_domain::request::Operation;
use cxda_ports::error::ApiErrorKind;
use cxda_ports::journal::Journal;
use cxda_usecases::apply::{Applied, Failure, Outcome};
use serde_json::{Value, json};

use crate::bench::{Bench, TABLE, action, view};

/// How a server treats creates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Model {
    KeyHonoured,
    KeyIgnoredNamesUnique,
    KeyIgnoredNamesShared,
    KeyWindowExpired,
    FailureSavedForKey,
}

const MODELS: [Model; 5] = [
    Model::KeyHonoured,
    Model::KeyIgnoredNamesUnique,
    Model::KeyIgnoredNamesShared,
    Model::KeyWindowExpired,
    Model::FailureSavedForKey,
];

/// What becomes of the first run's reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reads {
    Answered,
    Lost,
    Lagging,
}

impl Model {
    fn tenant(self) -> MemoryTenant {
        match self {
            Self::KeyHonoured | Self::KeyWindowExpired | Self::FailureSavedForKey => {
                MemoryTenant::new()
            }
            Self::KeyIgnoredNamesUnique => MemoryTenant::new().ignoring_keys(),
            Self::KeyIgnoredNamesShared => {
                MemoryTenant::with_repeatable_names().offering_no_guard()
            }
        }
    }

    /// A face of the tenant on which the first create fails at `moment`, and reads as `reads` says.
    fn failing(self, bench: &Bench, moment: Moment, reads: Reads) -> FaultyTenant<MemoryTenant> {
        let mut faulty = bench.faulty();
        if self == Self::FailureSavedForKey && moment != Moment::Late {
            bench.tenant.save_failure_of_next_create(moment);
        } else {
            for create in [Operation::CreateAction, Operation::CreateView] {
                let lost = ApiErrorKind::OutcomeUnknown;
                faulty = faulty.failing(create, Which::Nth(1), moment, lost);
            }
        }
        if reads == Reads::Lost {
            for list in [Operation::ListActions, Operation::ListViews] {
                let down = ApiErrorKind::Unavailable;
                faulty = faulty.failing(list, Which::EVERY, Moment::Before, down);
            }
        }
        if reads == Reads::Lagging {
            bench.tenant.lag_lists(3);
        }
        faulty
    }
}

fn documents() -> [(&'static str, Value); 2] {
    [
        ("action/score", action("score")),
        ("view/base_mv", view("base_mv", &json!({"table": TABLE}))),
    ]
}

/// What was said must be what is: `done` means there, `failed` means not there.
fn honest(bench: &Bench, applied: &Applied, case: &str) {
    let there = bench.tenant.addresses().len();
    assert!(there <= 1, "{case}: two resources");
    for result in &applied.results {
        match result.outcome {
            Outcome::Done => assert_eq!(there, 1, "{case}: false success"),
            Outcome::Failed | Outcome::Skipped => assert_eq!(there, 0, "{case}: false failure"),
            Outcome::Unknown => {}
        }
    }
}

/// Runs again and again, `pause` seconds apart, until nothing is left to do.
async fn recover(bench: &Bench, model: Model, pause: u64, case: &str) {
    for _ in 0..4 {
        bench.pass(pause);
        if model == Model::KeyWindowExpired {
            bench.tenant.forget_keys();
        }
        let applied = bench.run().await;
        honest(bench, &applied, case);
    }
    assert_eq!(bench.tenant.addresses().len(), 1, "{case}: not there");
    assert!(bench.plan().await.plan.changes.is_empty(), "{case}");
    let open = bench.journal.open_intents().await.unwrap();
    assert!(open.is_empty(), "{case}: {open:?}");
}

#[tokio::test]
async fn h_27_h_28_h_33_a_create_ends_in_one_resource_on_every_kind_of_server() {
    for model in MODELS {
        for moment in [Moment::Before, Moment::After] {
            for reads in [Reads::Answered, Reads::Lost, Reads::Lagging] {
                for (name, document) in documents() {
                    for pause in [1, 119, 121, 3_600] {
                        let case = format!("{model:?} {moment:?} {reads:?} {name} {pause} s");
                        let bench = Bench::new([document.clone()]).on(model.tenant());
                        let faulty = model.failing(&bench, moment, reads);
                        let planned = bench.plan().await;
                        let applied = bench.apply_on(&faulty, &planned).await;
                        honest(&bench, &applied, &case);
                        let seen = moment == Moment::After && reads != Reads::Lost;
                        let wanted = if seen {
                            Outcome::Done
                        } else {
                            Outcome::Unknown
                        };
                        assert_eq!(applied.results[0].outcome, wanted, "{case}");
                        // Where the key fails for ever, or there is none, only quiet helps.
                        let pause = if needs_quiet(model) {
                            pause.max(121)
                        } else {
                            pause
                        };
                        recover(&bench, model, pause, &case).await;
                    }
                }
            }
        }
    }
}

fn needs_quiet(model: Model) -> bool {
    matches!(
        model,
        Model::FailureSavedForKey | Model::KeyIgnoredNamesShared
    )
}

#[tokio::test]
async fn h_38_a_create_that_commits_ninety_seconds_late_ends_in_one_resource() {
    for model in MODELS {
        for (name, document) in documents() {
            for second_run in [None, Some(30), Some(89)] {
                let case = format!("{model:?} {name} {second_run:?}");
                let bench = Bench::new([document.clone()]).on(model.tenant());
                let faulty = model.failing(&bench, Moment::Late, Reads::Answered);
                let planned = bench.plan().await;
                let applied = bench.apply_on(&faulty, &planned).await;
                assert_eq!(applied.results[0].outcome, Outcome::Unknown, "{case}");
                if let Some(seconds) = second_run {
                    bench.pass(seconds);
                    // A server that forgot the key in no time would offer none.
                    let applied = bench.run().await;
                    honest(&bench, &applied, &case);
                }
                faulty.let_late_ones_arrive().await;
                recover(&bench, Model::KeyHonoured, 31, &case).await;
            }
        }
    }
}

#[tokio::test]
async fn h_28_without_a_key_an_unanswered_create_is_not_sent_again_and_the_text_says_what_to_do() {
    let tenant = MemoryTenant::with_repeatable_names().offering_no_guard();
    let bench = Bench::new([action("score")]).on(tenant);
    let lost = |faulty: FaultyTenant<MemoryTenant>| {
        let kind = ApiErrorKind::OutcomeUnknown;
        faulty.failing(Operation::CreateAction, Which::Nth(1), Moment::Before, kind)
    };
    let applied = bench.run_with(lost).await;
    let failure = applied.results[0].failure.as_ref().unwrap();
    assert_eq!(failure.code(), "outcome_unknown");
    says(
        failure,
        "nobody knows whether action/score was created, and it is not sent again: the API profile offers no idempotency key; \
         look for action/score on the tenant, and run again after 120 s to take it over, or to create it where it is still missing",
    );
    bench.tenant.forget_calls();
    bench.pass(20);
    let applied = bench.run().await;
    assert_eq!(bench.count(Operation::CreateAction), 0);
    assert_eq!(applied.results[0].outcome, Outcome::Unknown);
    let failure = applied.results[0].failure.as_ref().unwrap();
    assert!(matches!(failure, Failure::Unsettled { .. }), "{failure:?}");
    says(
        failure,
        "an earlier write of action/score was not answered and may still be carried out; \
         look at action/score on the tenant, and run again after 100 s",
    );
    bench.pass(70);
    let waited = bench.clock.waits().len();
    let applied = bench.run().await;
    assert_eq!(applied.results[0].outcome, Outcome::Done);
    let waits = bench.clock.waits()[waited..].to_vec();
    assert_eq!(waits, [std::time::Duration::from_secs(30)]);
    assert_eq!(bench.tenant.addresses().len(), 1);
}

fn says(failure: &Failure, text: &str) {
    assert_eq!(failure.to_string(), text);
}
