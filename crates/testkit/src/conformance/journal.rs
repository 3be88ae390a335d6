//! What every journal promises. It must be fresh, and nobody else may use it.

use std::time::Duration;

use cxda_domain::address::Address;
use cxda_domain::applied::LastApplied;
use cxda_domain::audit::{Phase, SealedRecord};
use cxda_domain::event::EventKind;
use cxda_domain::instant::UtcMillis;
use cxda_domain::key::{Digest, EntityTag, Fingerprint, RunId};
use cxda_domain::request::Operation;
use cxda_domain::secret::SecretText;
use cxda_ports::journal::{Intent, Journal, Memory, OpenIntent};
use serde_json::{Map, Value};
use tokio::join;

use crate::samples::{audit_entry, intent, last_applied, outbox_entry, settlement};

/// The whole suite.
pub async fn keeps_its_promises(journal: &dyn Journal) {
    a_fresh_one_is_empty(journal).await;
    an_intent_is_kept_until_it_is_resolved(journal).await;
    an_intent_of_the_same_operation_is_replaced(journal).await;
    an_open_intent_is_gone_on_with_and_no_other(journal).await;
    what_was_applied_is_remembered_until_forgotten(journal).await;
    a_settlement_is_kept_whole_or_not_at_all(journal).await;
    the_latest_pause_is_kept(journal).await;
    writes_that_meet_are_all_kept(journal).await;
    records_make_one_chain(journal).await;
    fingerprints_tell_secrets_apart(journal);
}

async fn a_fresh_one_is_empty(journal: &dyn Journal) {
    assert!(journal.last_applied().await.unwrap().is_empty());
    assert_eq!(journal.serial().await.unwrap(), 0);
    assert_eq!(journal.open_intents().await.unwrap(), []);
    assert_eq!(records(journal).await, []);
    assert_eq!(journal.not_before().await.unwrap(), None);
}

async fn an_intent_is_kept_until_it_is_resolved(journal: &dyn Journal) {
    let first = intent("z first");
    let second = Intent {
        operation: Operation::ReplaceView,
        address: Address::view("a view/with a slash"),
        id: Some("view-1".parse().unwrap()),
        key: None,
        base_tag: Some(EntityTag::new("W/\"1\"")),
        tells: Some(EventKind::ActionUpdated),
        ..intent("a second")
    };
    for intent in [&first, &second] {
        begin(journal, intent).await;
    }
    let wanted = [open(&first), open(&second)];
    assert_eq!(
        journal.open_intents().await.unwrap(),
        wanted,
        "the oldest first"
    );

    let mut unknown = settlement("z first");
    unknown.resolved = false;
    unknown.record.phase = Phase::Unknown;
    unknown.record.timestamp = UtcMillis::from_epoch_millis(1_709_220_600_000);
    journal.settle(&unknown).await.unwrap();
    let doubtful = OpenIntent {
        phase: Phase::Unknown,
        since: unknown.record.timestamp,
        intent: first,
    };
    let wanted = [doubtful, open(&second)];
    assert_eq!(journal.open_intents().await.unwrap(), wanted, "still open");
    journal.settle(&settlement("z first")).await.unwrap();
    assert_eq!(journal.open_intents().await.unwrap(), [open(&second)]);
    journal.settle(&settlement("a second")).await.unwrap();
    assert_eq!(journal.open_intents().await.unwrap(), []);
}

/// `intent` as it is open before anything else is on record of it.
fn open(intent: &Intent) -> OpenIntent {
    OpenIntent {
        intent: intent.clone(),
        phase: Phase::Intended,
        since: intent.created,
    }
}

async fn an_open_intent_is_gone_on_with_and_no_other(journal: &dyn Journal) {
    let first = intent("resumed");
    begin(journal, &first).await;
    let kept = records(journal).await;
    let later = Intent {
        run: RunId::new("run-2"),
        created: first.created.saturating_add(Duration::from_secs(1)),
        ..first
    };
    journal.resume(&later).await.unwrap();
    assert_eq!(journal.open_intents().await.unwrap(), [open(&later)]);
    assert_eq!(records(journal).await, kept, "it is intended already");
    journal.settle(&settlement("resumed")).await.unwrap();
    assert!(journal.resume(&later).await.is_err());
    assert_eq!(journal.open_intents().await.unwrap(), []);
}

async fn an_intent_of_the_same_operation_is_replaced(journal: &dyn Journal) {
    let mut again = intent("again");
    begin(journal, &again).await;
    again.payload = Fingerprint::new("another body");
    begin(journal, &again).await;
    assert_eq!(journal.open_intents().await.unwrap(), [open(&again)]);
    journal.settle(&settlement("again")).await.unwrap();
}

async fn what_was_applied_is_remembered_until_forgotten(journal: &dyn Journal) {
    let mut done = settlement("remember");
    done.memory = Memory::Applied(last_applied("one"));
    journal.settle(&done).await.unwrap();
    let changed = LastApplied {
        id: "action-2".parse().unwrap(),
        protect: true,
        secrets: [].into(),
        ..last_applied("one")
    };
    let adopted = [changed.clone(), last_applied("two")];
    journal.adopt(&adopted).await.unwrap();
    let known = journal.last_applied().await.unwrap();
    assert_eq!(known.into_values().collect::<Vec<_>>(), adopted);

    let serial = journal.serial().await.unwrap();
    journal.settle(&settlement("unchanged")).await.unwrap();
    assert_eq!(journal.serial().await.unwrap(), serial);
    let mut gone = settlement("forget");
    gone.memory = Memory::Forgotten(Address::action("two"));
    journal.settle(&gone).await.unwrap();
    assert!(journal.serial().await.unwrap() > serial);
    let known = journal.last_applied().await.unwrap();
    assert_eq!(known.into_values().collect::<Vec<_>>(), [changed]);
}

async fn a_settlement_is_kept_whole_or_not_at_all(journal: &dyn Journal) {
    begin(journal, &intent("half")).await;
    let records = records(journal).await;
    let known = journal.last_applied().await.unwrap();
    let mut refused = settlement("half");
    refused.memory = Memory::Applied(last_applied("half"));
    // Ids of the outbox are unique, so this one cannot be kept.
    refused.outbox = vec![outbox_entry("twice"), outbox_entry("twice")];
    assert!(journal.settle(&refused).await.is_err());
    assert_eq!(journal.open_intents().await.unwrap().len(), 1);
    assert_eq!(journal.last_applied().await.unwrap(), known);
    assert_eq!(self::records(journal).await, records);
    journal.settle(&settlement("half")).await.unwrap();
}

async fn the_latest_pause_is_kept(journal: &dyn Journal) {
    // Also an earlier one goes before: whoever keeps it knows better. That it is over is no matter of the journal.
    for millis in [1_709_220_600_000, 1_709_220_599_999, -1] {
        let instant = UtcMillis::from_epoch_millis(millis);
        journal.keep_not_before(instant).await.unwrap();
        assert_eq!(journal.not_before().await.unwrap(), Some(instant));
    }
}

async fn writes_that_meet_are_all_kept(journal: &dyn Journal) {
    let before = records(journal).await.len();
    let (one, two) = (intent("one"), intent("two"));
    let end = settlement("zero");
    let ((), (), ended) = join!(
        begin(journal, &one),
        begin(journal, &two),
        journal.settle(&end),
    );
    ended.unwrap();
    assert_eq!(records(journal).await.len(), before + 3);
    assert_eq!(journal.open_intents().await.unwrap().len(), 2);
}

async fn records_make_one_chain(journal: &dyn Journal) {
    let records = records(journal).await;
    let mut before = "0".repeat(64);
    for (number, record) in (1..).zip(&records) {
        assert_eq!(record.seq, number);
        let mut members: Map<String, Value> = serde_json::from_str(&record.line).unwrap();
        assert_eq!(members["seq"], number);
        assert_eq!(members["prevHash"], *before);
        let hash = members.remove("hash").unwrap();
        let canonical = serde_jcs::to_vec(&members).unwrap();
        assert_eq!(hash, Digest::of(canonical).as_str(), "record {number}");
        hash.as_str().unwrap().clone_into(&mut before);
    }
    let places: Vec<_> = MEMBERS
        .iter()
        .map(|member| records[0].line.find(&format!("\"{member}\":")).unwrap())
        .collect();
    assert!(
        places.is_sorted(),
        "members stand in the order of the contract"
    );
    assert!(records.iter().all(|record| !record.line.contains('\n')));
    assert!(
        records
            .iter()
            .any(|record| record.line.contains(r#""latencyMs":12.0,"#))
    );

    let half = records.len() / 2;
    let after = u64::try_from(half).unwrap();
    for (after, most, expected) in [
        (after, usize::MAX, &records[half..]),
        (after, 2, &records[half..half + 2]),
        (after, 0, &[]),
        (u64::MAX, usize::MAX, &[]),
    ] {
        let page = journal.records_after(after, most).await.unwrap();
        assert_eq!(page, expected, "{most} after {after}");
    }
}

/// The members of a record, in order.
const MEMBERS: [&str; 15] = [
    "seq",
    "auditId",
    "runId",
    "timestamp",
    "actor",
    "tenant",
    "action",
    "phase",
    "resource",
    "changes",
    "metrics",
    "compliance",
    "error",
    "prevHash",
    "hash",
];

fn fingerprints_tell_secrets_apart(journal: &dyn Journal) {
    let fingerprint = |text: &str| journal.fingerprint(&SecretText::new(text));
    assert_eq!(fingerprint("hunter2"), fingerprint("hunter2"));
    assert_ne!(fingerprint("hunter2"), fingerprint("hunter3"));
    assert_ne!(fingerprint(""), fingerprint("\0"));
    let plain = Digest::of("hunter2");
    assert_ne!(
        fingerprint("hunter2").as_str(),
        plain.as_str(),
        "it is keyed"
    );
    assert!(!fingerprint("hunter2").as_str().contains("hunter2"));
}

async fn begin(journal: &dyn Journal, intent: &Intent) {
    let entry = audit_entry(&intent.operation_id, Phase::Intended);
    let record = journal.begin(intent, &entry).await.unwrap();
    let kept = journal.records_after(record.seq - 1, 1).await.unwrap();
    assert_eq!(kept, [record], "what is answered is what is kept");
}

async fn records(journal: &dyn Journal) -> Vec<SealedRecord> {
    journal.records_after(0, usize::MAX).await.unwrap()
}
