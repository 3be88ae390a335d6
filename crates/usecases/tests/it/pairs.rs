//! Every ordered pair of faults on every kind of write: what a run says is so, and later runs bring it to its end.

use cxda_adapters_memory::faults::{FaultyTenant, Moment, Which};
use cxda_adapters_memory::tenant::MemoryTenant;
use cxda_domain::address::{Address, ResourceKind};
use cxda_domain::request::Operation;
use cxda_ports::error::ApiErrorKind;
use cxda_ports::journal::Journal;
use cxda_usecases::apply::{Applied, Failure, Outcome};
use serde_json::{Value, json};

use crate::bench::{Bench, TABLE, action, address, view, with};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Write,
    Read,
    List,
}

#[derive(Clone, Debug)]
struct Fault {
    name: &'static str,
    target: Target,
    moment: Moment,
    kind: ApiErrorKind,
}

fn faults() -> Vec<Fault> {
    use ApiErrorKind as Kind;
    use Moment::{After, Before, Late};
    use Target::{List, Read, Write};
    let busy = Kind::Busy { retry_after: None };
    let denied = Kind::PermissionDenied { scope: None };
    let invalid = Kind::Rejected {
        problems: Vec::new(),
    };
    [
        (
            "h_04 lost before commit",
            Write,
            Before,
            Kind::OutcomeUnknown,
        ),
        ("h_27 lost after commit", Write, After, Kind::OutcomeUnknown),
        ("h_38 committed late", Write, Late, Kind::OutcomeUnknown),
        ("h_07 answer cut off", Write, After, Kind::Malformed),
        (
            "h_07 garbage, not committed",
            Write,
            Before,
            Kind::Malformed,
        ),
        ("h_29 unavailable", Write, Before, Kind::Unavailable),
        ("h_16 denied", Write, Before, denied),
        ("h_14 no token", Write, Before, Kind::Unauthenticated),
        ("h_21 invalid", Write, Before, invalid),
        ("h_22 key mismatch", Write, Before, Kind::KeyMismatch),
        (
            "h_18 name taken by own write",
            Write,
            After,
            Kind::AlreadyExists,
        ),
        (
            "h_20 stale by own write",
            Write,
            After,
            Kind::VersionMismatch,
        ),
        ("h_20 stale", Write, Before, Kind::VersionMismatch),
        ("h_19 busy", Write, Before, busy),
        ("h_29 read fails", Read, Before, Kind::Unavailable),
        ("h_07 read cut off", Read, Before, Kind::Malformed),
        ("h_29 list fails", List, Before, Kind::Unavailable),
    ]
    .map(|(name, target, moment, kind)| Fault {
        name,
        target,
        moment,
        kind,
    })
    .into()
}

impl Fault {
    /// Whether a tenant may answer like this at all.
    fn fits(&self, doing: Doing) -> bool {
        match self.kind {
            ApiErrorKind::AlreadyExists | ApiErrorKind::KeyMismatch => doing == Doing::Create,
            ApiErrorKind::VersionMismatch => doing == Doing::Update,
            ApiErrorKind::Busy { .. } => doing != Doing::Create,
            _ => true,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    Create,
    Update,
    Delete,
}

/// One write that is to be made, and how to tell what became of it.
struct Case {
    doing: Doing,
    address: Address,
    bench: Bench,
}

const NEW: &str = "What is wanted now";

impl Case {
    async fn new(doing: Doing, kind: ResourceKind) -> Self {
        let (document, other, at) = match kind {
            ResourceKind::Action => (action("score"), action("other"), "action/score"),
            ResourceKind::View => (
                view("base_mv", &json!({"table": TABLE})),
                view("other_mv", &json!({"table": TABLE})),
                "view/base_mv",
            ),
        };
        let wanted: Value = with(document.clone(), "/spec/description", json!(NEW));
        let mut bench = Bench::new([other.clone()]);
        bench.scope.prune = true;
        if doing != Doing::Create {
            bench.documents.push(document);
        }
        bench.run().await;
        bench.documents = match doing {
            Doing::Create | Doing::Update => vec![other, wanted],
            Doing::Delete => vec![other],
        };
        bench.pass(1_000);
        let address = address(at);
        Self {
            doing,
            address,
            bench,
        }
    }

    fn operation(&self, target: Target) -> Operation {
        use Operation as Op;
        match (target, self.doing, self.address.kind) {
            (Target::Read, _, ResourceKind::View) => Op::GetView,
            (Target::Read, _, ResourceKind::Action) => Op::GetAction,
            (Target::List, _, ResourceKind::View) => Op::ListViews,
            (Target::List, _, ResourceKind::Action) => Op::ListActions,
            (_, Doing::Create, ResourceKind::View) => Op::CreateView,
            (_, Doing::Create, ResourceKind::Action) => Op::CreateAction,
            (_, Doing::Update, ResourceKind::View) => Op::ReplaceView,
            (_, Doing::Update, ResourceKind::Action) => Op::ReplaceAction,
            (_, Doing::Delete, ResourceKind::View) => Op::DeleteView,
            (_, Doing::Delete, ResourceKind::Action) => Op::DeleteAction,
        }
    }

    fn faulty(&self, first: &Fault, second: &Fault) -> FaultyTenant<MemoryTenant> {
        let nth = if first.target == second.target { 2 } else { 1 };
        let mut faulty = self.bench.faulty();
        for (fault, nth) in [(first, 1), (second, nth)] {
            let operation = self.operation(fault.target);
            let kind = fault.kind.clone();
            faulty = faulty.failing(operation, Which::Nth(nth), fault.moment, kind);
        }
        faulty
    }

    fn is_applied(&self) -> bool {
        let there = self.bench.description(&self.address.to_string());
        match self.doing {
            Doing::Create | Doing::Update => there.as_deref() == Some(NEW),
            Doing::Delete => there.is_none(),
        }
    }

    fn honest(&self, applied: &Applied, pair: &str) {
        let addresses = self.bench.tenant.addresses();
        let same = addresses.iter().filter(|each| **each == self.address);
        assert!(same.count() <= 1, "{pair}: two resources");
        for result in &applied.results {
            let failure = result.failure.as_ref();
            match result.outcome {
                Outcome::Done => assert!(self.is_applied(), "{pair}: false success"),
                Outcome::Failed | Outcome::Skipped => {
                    assert!(!self.is_applied(), "{pair}: false failure {failure:?}");
                }
                Outcome::Unknown => {
                    let code = failure.map(Failure::code);
                    assert_eq!(code, Some("outcome_unknown"), "{pair}");
                }
            }
        }
    }

    /// Of each write, the audit log tells an intent and then an outcome; what is unknown is open in the journal.
    async fn consistent(&self, applied: &Applied, pair: &str) {
        let lines = self.bench.audited();
        let told = |phase: &str| lines.iter().filter(|line| line.ends_with(phase)).count();
        let outcomes = told("done") + told("failed") + told("unknown");
        assert!(outcomes >= told("intended"), "{pair}: {lines:?}");
        let open = self.bench.journal.open_intents().await.unwrap();
        if applied.count(Outcome::Unknown) > 0 {
            assert_eq!(open.len(), 1, "{pair}: {open:?}");
        }
        let remembered = self.bench.journal.last_applied().await.unwrap();
        let done = applied.count(Outcome::Done) > 0;
        if done {
            let kept = remembered.contains_key(&self.address);
            assert_eq!(kept, self.doing != Doing::Delete, "{pair}");
            assert!(open.is_empty(), "{pair}: {open:?}");
        }
    }

    async fn go_through(&self, first: &Fault, second: &Fault) {
        let pair = format!(
            "{:?} {}: {}, then {}",
            self.doing, self.address, first.name, second.name
        );
        let faulty = self.faulty(first, second);
        for pause in [60, 61] {
            let planned = self.bench.plan().await;
            let applied = self.bench.apply_on(&faulty, &planned).await;
            self.honest(&applied, &pair);
            self.consistent(&applied, &pair).await;
            self.bench.pass(pause);
        }
        faulty.let_late_ones_arrive().await;
        // Whatever was not settled so far is settled by runs on a sound tenant, however long that takes.
        for pause in [0, 121] {
            self.bench.pass(pause);
            let applied = self.bench.run().await;
            self.honest(&applied, &pair);
            self.consistent(&applied, &pair).await;
        }
        assert!(self.is_applied(), "{pair}: never applied");
        let planned = self.bench.plan().await;
        assert!(planned.plan.changes.is_empty(), "{pair}");
        let open = self.bench.journal.open_intents().await.unwrap();
        assert!(open.is_empty(), "{pair}: {open:?}");
    }
}

async fn every_pair(doing: Doing, kind: ResourceKind) {
    let mut faults = faults();
    faults.retain(|fault| fault.fits(doing));
    assert!(faults.len() >= 12, "{}", faults.len());
    for first in &faults {
        for second in &faults {
            Case::new(doing, kind).await.go_through(first, second).await;
        }
    }
}

/// A test of its own for each row, so that they run beside each other.
macro_rules! rows {
    ($($name:ident: $doing:ident $kind:ident;)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                every_pair(Doing::$doing, ResourceKind::$kind).await;
            }
        )*
    };
}

rows! {
    h_38_every_pair_of_faults_on_a_create_of_an_action_ends_in_one: Create Action;
    h_38_every_pair_of_faults_on_a_create_of_a_view_ends_in_one: Create View;
    h_38_every_pair_of_faults_on_an_update_of_an_action_ends_in_what_is_wanted: Update Action;
    h_38_every_pair_of_faults_on_an_update_of_a_view_ends_in_what_is_wanted: Update View;
    h_38_every_pair_of_faults_on_a_delete_of_an_action_ends_in_absence: Delete Action;
    h_38_every_pair_of_faults_on_a_delete_of_a_view_ends_in_absence: Delete View;
}
