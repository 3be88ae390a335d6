//! What every outbox promises. It must be fresh, and entries get into it by the journal that it belongs to.

use cxda_domain::audit::Phase;
use cxda_domain::delivery::DeliveryState;
use cxda_domain::instant::UtcMillis;
use cxda_domain::receiver::Receiver;
use cxda_ports::journal::Journal;
use cxda_ports::outbox::{Attempt, Outbox, OutboxEntry, Outgoing};

use crate::samples::{audit_entry, outbox_entry, settlement};

/// The whole suite.
pub async fn keeps_its_promises(store: &(impl Journal + Outbox)) {
    assert_eq!(store.entries(9).await.unwrap(), [], "a fresh one is empty");
    a_refused_settlement_puts_nothing_out(store).await;
    entries_of_no_write_are_put_in_all_or_none(store).await;
    entries_read_back_byte_for_byte_in_their_order(store).await;
    an_attempt_is_begun_once_and_ended(store).await;
    what_was_delivered_is_shown_as_far_as_asked_for(store).await;
    only_what_is_not_delivered_can_be_discarded(store).await;
    what_waits_for_a_receiver_that_is_gone_is_dead(store).await;
}

async fn a_refused_settlement_puts_nothing_out(store: &(impl Journal + Outbox)) {
    // Ids are unique, so this one cannot be kept.
    let twice = [outbox_entry("twice"), outbox_entry("twice")];
    let mut refused = settlement("refused");
    refused.outbox = twice.to_vec();
    assert!(store.settle(&refused).await.is_err());
    assert_eq!(store.entries(0).await.unwrap(), []);
}

async fn entries_of_no_write_are_put_in_all_or_none(store: &(impl Journal + Outbox)) {
    let ids = ["first", "second"];
    store.put(&ids.map(outbox_entry)).await.unwrap();
    assert!(
        store
            .put(&["third", "first"].map(outbox_entry))
            .await
            .is_err()
    );
    assert_eq!(
        store.entries(0).await.unwrap(),
        ids.map(outbox_entry).map(fresh)
    );
    for id in ids {
        assert!(store.discard(id).await.unwrap());
    }
}

async fn entries_read_back_byte_for_byte_in_their_order(store: &(impl Journal + Outbox)) {
    let mut entries = ["z", "a", "m"].map(outbox_entry);
    entries[1].event.body = r#"{"b": 1.50, "a":12345678901234567890123 }"#.into();
    entries[2].receiver = Receiver::Source("https://cache.example.com/hooks?a=b".into());
    put(store, "events", &entries[..2]).await;
    put(store, "more events", &entries[2..]).await;
    assert_eq!(store.entries(0).await.unwrap(), entries.map(fresh));
}

async fn an_attempt_is_begun_once_and_ended(store: &(impl Journal + Outbox)) {
    let record = audit_entry("try z", Phase::Intended);
    let sealed = store.begin_attempt("z", &record).await.unwrap().unwrap();
    let kept = store
        .records_after(sealed.seq - 1, usize::MAX)
        .await
        .unwrap();
    assert_eq!(kept[0], sealed, "what is answered is what is kept");
    let again = audit_entry("try z again", Phase::Intended);
    assert_eq!(store.begin_attempt("z", &again).await.unwrap(), None);
    assert_eq!(
        store.records_after(sealed.seq, usize::MAX).await.unwrap(),
        []
    );
    let begun = Outgoing {
        begun: true,
        ..fresh(outbox_entry("z"))
    };
    assert_eq!(find(store, "z").await, begun);

    let later = DeliveryState::Pending(UtcMillis::from_epoch_millis(1_709_220_605_000));
    let ended = Attempt {
        failure: Some("busy".into()),
        ..attempt("z", later)
    };
    let sealed = store.end_attempt(&ended).await.unwrap();
    let kept = store
        .records_after(sealed.seq - 1, usize::MAX)
        .await
        .unwrap();
    assert_eq!(kept[0], sealed, "what is answered is what is kept");
    let tried = Outgoing {
        state: later,
        attempts: 1,
        failure: Some("busy".into()),
        ..fresh(outbox_entry("z"))
    };
    assert_eq!(find(store, "z").await, tried);
    let order: Vec<String> = ids(store, 0).await;
    assert_eq!(order, ["z", "a", "m"], "an attempt changes no order");

    assert!(store.begin_attempt("absent", &record).await.is_err());
    let absent = attempt("absent", DeliveryState::Delivered);
    assert!(store.end_attempt(&absent).await.is_err());
    assert_eq!(
        store.records_after(sealed.seq, usize::MAX).await.unwrap(),
        []
    );
}

async fn what_was_delivered_is_shown_as_far_as_asked_for(store: &(impl Journal + Outbox)) {
    for id in ["z", "m"] {
        let delivered = attempt(id, DeliveryState::Delivered);
        store.end_attempt(&delivered).await.unwrap();
    }
    let dead = attempt("a", DeliveryState::Dead);
    store.end_attempt(&dead).await.unwrap();
    assert_eq!(find(store, "a").await.state, DeliveryState::Dead);
    assert_eq!(ids(store, 0).await, ["a"]);
    assert_eq!(ids(store, 1).await, ["a", "m"]);
    assert_eq!(ids(store, 2).await, ["z", "a", "m"]);
    let all = store.entries(usize::MAX).await.unwrap();
    assert_eq!(all.len(), 3);
    assert_eq!(all[0].failure, None);
}

async fn only_what_is_not_delivered_can_be_discarded(store: &(impl Journal + Outbox)) {
    assert!(!store.discard("absent").await.unwrap());
    assert!(!store.discard("z").await.unwrap());
    assert!(store.discard("a").await.unwrap());
    assert!(!store.discard("a").await.unwrap());
    assert_eq!(ids(store, 9).await, ["z", "m"]);
}

async fn what_waits_for_a_receiver_that_is_gone_is_dead(store: &(impl Journal + Outbox)) {
    let bi = Receiver::Webhook("bi".into());
    let other = OutboxEntry {
        receiver: Receiver::Webhook("other".into()),
        ..outbox_entry("to another")
    };
    put(store, "to two", &[outbox_entry("to bi"), other]).await;
    assert!(store.gone().await.unwrap().is_empty());
    let now = UtcMillis::from_epoch_millis(1_709_220_700_000);
    for _ in 0..2 {
        store.note_gone(&bi, Some(now)).await.unwrap();
    }
    assert_eq!(store.gone().await.unwrap(), [bi.clone()].into());
    put(store, "to bi alone", &[outbox_entry("to bi later")]).await;
    for id in ["to bi", "to bi later"] {
        assert_eq!(find(store, id).await.state, DeliveryState::Dead);
    }
    assert_ne!(find(store, "to another").await.state, DeliveryState::Dead);

    store.note_gone(&bi, None).await.unwrap();
    assert!(store.gone().await.unwrap().is_empty());
    assert_eq!(find(store, "to bi").await, fresh(outbox_entry("to bi")));
}

async fn put(store: &impl Journal, operation: &str, entries: &[OutboxEntry]) {
    let mut done = settlement(operation);
    done.outbox = entries.to_vec();
    store.settle(&done).await.unwrap();
}

async fn ids(store: &impl Outbox, delivered: usize) -> Vec<String> {
    let entries = store.entries(delivered).await.unwrap();
    entries.into_iter().map(|each| each.entry.id).collect()
}

async fn find(store: &impl Outbox, id: &str) -> Outgoing {
    let mut entries = store.entries(0).await.unwrap().into_iter();
    entries.find(|each| each.entry.id == id).unwrap()
}

fn fresh(entry: OutboxEntry) -> Outgoing {
    Outgoing {
        state: DeliveryState::Pending(entry.created),
        entry,
        attempts: 0,
        begun: false,
        failure: None,
    }
}

/// The first attempt of the entry `id`, which ended as `state`.
fn attempt(id: &str, state: DeliveryState) -> Attempt {
    Attempt {
        id: id.into(),
        attempts: 1,
        state,
        failure: None,
        record: audit_entry(&format!("{id} tried"), Phase::Done),
    }
}
