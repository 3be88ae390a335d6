//! Deliveries on virtual time: when they are tried, in which order, and what is on record of them.

use std::sync::Arc;
use std::time::Duration;

use cxda_adapters_memory::audit::MemoryAudit;
use cxda_adapters_memory::clock::RuntimeClock;
use cxda_adapters_memory::faults::{
    AuditCall, FaultyAudit, FaultyJournal, JournalCall, Moment, Which,
};
use cxda_adapters_memory::ids::{FixedJitter, SequentialIds};
use cxda_adapters_memory::journal::MemoryJournal;
use cxda_adapters_memory::stop::ManualStop;
use cxda_adapters_memory::webhook::MemoryWebhooks;
use cxda_domain::address::Address;
use cxda_domain::audit::{AuditAction, AuditEntry, AuditedResource, Compliance, Phase};
use cxda_domain::delivery::{DeliveryState, SCHEDULE};
use cxda_domain::event::{Event, EventKind};
use cxda_domain::instant::UtcMillis;
use cxda_domain::key::RunId;
use cxda_domain::receiver::Receiver;
use cxda_ports::audit::AuditSink;
use cxda_ports::clock::Clock;
use cxda_ports::journal::{Journal, Memory, Settlement};
use cxda_ports::outbox::{Outbox, OutboxEntry, Outgoing};
use cxda_ports::webhook::{DeliveryErrorKind, WebhookSender};
use cxda_usecases::deliver::{
    Courier, CourierError, CourierOptions, CourierPorts, Delivered, GRACE, Round,
};
use serde_json::Value;

const START: UtcMillis = UtcMillis::from_epoch_millis(1_709_220_600_000);

/// Everything that a courier works with.
struct Post {
    journal: Arc<MemoryJournal>,
    audit: Arc<MemoryAudit>,
    clock: RuntimeClock,
    ids: SequentialIds,
    stop: ManualStop,
}

impl Post {
    fn new() -> Self {
        let journal = Arc::new(MemoryJournal::new());
        Self {
            audit: Arc::new(MemoryAudit::beside(Arc::clone(&journal))),
            journal,
            clock: RuntimeClock::starting_at(START),
            ids: SequentialIds::new(),
            stop: ManualStop::new(),
        }
    }

    fn ports<'a>(&'a self, sender: &'a dyn WebhookSender) -> CourierPorts<'a> {
        CourierPorts {
            outbox: &*self.journal,
            audit: &*self.audit,
            sender,
            clock: &self.clock,
            ids: &self.ids,
            jitter: &FixedJitter::NONE,
            stop: &self.stop,
        }
    }

    async fn courier<'a>(&'a self, sender: &'a dyn WebhookSender, round: Round) -> Courier<'a> {
        Courier::new(self.ports(sender), options(round))
            .await
            .unwrap()
    }

    /// One run that has nothing else to do.
    async fn run(&self, sender: &dyn WebhookSender) -> Delivered {
        let courier = self.courier(sender, Round::Due).await;
        let ((), ended) = courier.beside(async {}).await;
        ended.unwrap();
        courier.delivered()
    }

    /// What a person does with `webhooks deliver`.
    async fn deliver(&self, sender: &dyn WebhookSender) -> Delivered {
        let courier = self.courier(sender, Round::Everything).await;
        courier.deliver().await.unwrap();
        courier.delivered()
    }

    /// Settles a write that tells of `entries`.
    async fn happens(&self, entries: &[OutboxEntry]) {
        let record = AuditEntry {
            audit_id: "settled".into(),
            run_id: RunId::new("run"),
            timestamp: self.clock.now(),
            actor: "tester".into(),
            tenant: "memory".into(),
            action: AuditAction::CreateDataAction,
            phase: Phase::Done,
            resource: AuditedResource::new(&entries[0].event.address, None),
            changes: Vec::new(),
            metrics: None,
            compliance: Compliance::default(),
            error: None,
        };
        let settlement = Settlement {
            operation_id: "write".into(),
            resolved: true,
            memory: Memory::Unchanged,
            record,
            outbox: entries.to_vec(),
        };
        let sealed = self.journal.settle(&settlement).await.unwrap();
        self.audit.append(&sealed).await.unwrap();
    }

    fn entry(&self, id: &str, webhook: &str, action: &str) -> OutboxEntry {
        let address = Address::action(action);
        let action = "action-1".parse().unwrap();
        OutboxEntry {
            id: id.into(),
            receiver: Receiver::Webhook(webhook.into()),
            event: Event::action(EventKind::ActionCreated, &address, &action, None, 12.5),
            created: self.clock.now(),
        }
    }

    async fn outgoing(&self, id: &str) -> Outgoing {
        let entries = self.journal.entries(usize::MAX).await.unwrap();
        let mut entries = entries.into_iter();
        entries.find(|each| each.entry.id == id).unwrap()
    }

    /// `phase error` of each record of a delivery.
    fn records(&self) -> Vec<String> {
        let lines = self.audit.lines();
        let records = lines
            .iter()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        records
            .filter(|record| record["action"] == "DELIVER_WEBHOOK")
            .map(|record| {
                assert_eq!(record["changes"], serde_json::json!(["ACTION_CREATED"]));
                let text = |key: &str| record[key].as_str().unwrap_or_default().to_owned();
                format!("{} {}", text("phase"), text("error"))
                    .trim_end()
                    .to_owned()
            })
            .collect()
    }
}

fn options(round: Round) -> CourierOptions {
    CourierOptions {
        run: RunId::new("run"),
        actor: "tester".into(),
        tenant: "memory".into(),
        round,
    }
}

fn webhook(name: &str) -> Receiver {
    Receiver::Webhook(name.into())
}

fn refusing(which: Which) -> MemoryWebhooks {
    MemoryWebhooks::new().failing(
        webhook("bi"),
        which,
        Moment::Before,
        DeliveryErrorKind::NotTaken,
    )
}

/// The ids that were taken, in order.
fn taken(sender: &MemoryWebhooks) -> Vec<String> {
    sender
        .taken()
        .into_iter()
        .map(|(_, message)| message.id)
        .collect()
}

/// The same with so many that nobody tries any more.
fn dead_and(dead: usize, counts: Delivered) -> Delivered {
    Delivered { dead, ..counts }
}

fn counts(delivered: usize, pending: usize) -> Delivered {
    Delivered {
        delivered,
        pending,
        dead: 0,
    }
}

/// Takes everything and never answers.
fn silent() -> MemoryWebhooks {
    MemoryWebhooks::new().silent(webhook("bi"))
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_refuses_is_tried_by_the_schedule_until_the_letter_is_dead() {
    let post = Post::new();
    let sender = refusing(Which::EVERY);
    post.happens(&[post.entry("e", "bi", "score")]).await;
    for (attempt, place) in (1..).zip(SCHEDULE) {
        let ahead = place.saturating_sub(post.clock.elapsed());
        if let Some(early) = ahead.checked_sub(Duration::from_millis(1)) {
            post.clock.wait(early).await;
            assert_eq!(post.run(&sender).await, counts(0, 1));
            assert_eq!(post.outgoing("e").await.attempts, attempt - 1, "too early");
            post.clock.wait(Duration::from_millis(1)).await;
        }
        post.run(&sender).await;
        assert_eq!(post.outgoing("e").await.attempts, attempt, "at {place:?}");
    }
    let dead = post.outgoing("e").await;
    assert_eq!(dead.state, DeliveryState::Dead);
    assert_eq!(dead.failure.as_deref(), Some("it fails by script"));
    post.clock.wait(Duration::from_hours(99)).await;
    assert_eq!(post.run(&sender).await, dead_and(1, counts(0, 0)));
    assert_eq!(post.outgoing("e").await.attempts, 10);

    let again = post.deliver(&sender).await;
    assert_eq!(again, dead_and(1, counts(0, 0)), "tried once more");
    assert_eq!(post.outgoing("e").await.attempts, 11);
    let well = MemoryWebhooks::new();
    assert_eq!(post.deliver(&well).await, counts(1, 0), "replayed");
    assert_eq!(taken(&well), ["e"]);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_is_on_record_before_it_is_made_and_its_outcome_after() {
    let post = Post::new();
    let sender = refusing(Which::Nth(1));
    post.happens(&[post.entry("e", "bi", "score")]).await;
    post.run(&sender).await;
    post.clock.wait(SCHEDULE[1]).await;
    assert_eq!(post.run(&sender).await, counts(1, 0));
    assert_eq!(
        post.records(),
        [
            "intended",
            "failed bi: it fails by script",
            "intended",
            "done"
        ]
    );
    let messages = sender.taken();
    assert_eq!(
        messages[0].1.payload,
        post.entry("e", "bi", "score").event.body
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_lost_brings_the_same_id_and_bytes_again() {
    let post = Post::new();
    let sender = MemoryWebhooks::new().failing(
        webhook("bi"),
        Which::Nth(1),
        Moment::After,
        DeliveryErrorKind::Unanswered,
    );
    post.happens(&[post.entry("e", "bi", "score")]).await;
    assert_eq!(post.run(&sender).await, counts(0, 1));
    assert_eq!(post.deliver(&sender).await, counts(1, 0));
    let taken = sender.taken();
    assert_eq!((taken.len(), &taken[0]), (2, &taken[1]));
    let unknown = "unknown bi: it fails by script";
    assert_eq!(post.records(), ["intended", unknown, "intended", "done"]);
}

#[tokio::test(start_paused = true)]
async fn one_resource_is_told_of_in_order_and_others_do_not_wait_for_it() {
    let post = Post::new();
    let sender = refusing(Which::Nth(1));
    let entries = [
        post.entry("a1", "bi", "one"),
        post.entry("a2", "bi", "one"),
        post.entry("b1", "bi", "two"),
        post.entry("a1 to another", "other", "one"),
    ];
    post.happens(&entries).await;
    assert_eq!(post.run(&sender).await, counts(2, 2));
    assert_eq!(taken(&sender), ["b1", "a1 to another"]);
    assert_eq!(
        post.outgoing("a2").await.attempts,
        0,
        "it waits for the first"
    );
    assert_eq!(post.deliver(&sender).await, counts(2, 0));
    assert_eq!(taken(&sender)[2..], ["a1", "a2"]);
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_holds_up_nothing() {
    let post = Post::new();
    post.happens(&[post.entry("first", "bi", "score")]).await;
    let sender = refusing(Which::EVERY);
    for place in SCHEDULE {
        post.clock
            .wait(place.saturating_sub(post.clock.elapsed()))
            .await;
        post.run(&sender).await;
    }
    post.happens(&[post.entry("second", "bi", "score")]).await;
    let well = MemoryWebhooks::new();
    assert_eq!(post.run(&well).await, dead_and(1, counts(1, 0)));
    assert_eq!(taken(&well), ["second"]);
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_is_gone_is_left_alone_until_a_person_finds_it_again() {
    let post = Post::new();
    let gone = MemoryWebhooks::new().failing(
        webhook("bi"),
        Which::EVERY,
        Moment::Before,
        DeliveryErrorKind::Gone,
    );
    let entries = ["one", "two", "three", "four", "five", "six"]
        .map(|action| post.entry(action, "bi", action));
    post.happens(&entries).await;
    assert_eq!(post.run(&gone).await, dead_and(6, counts(0, 0)));
    post.happens(&[post.entry("new", "bi", "score")]).await;
    let well = MemoryWebhooks::new();
    assert_eq!(post.run(&well).await, dead_and(7, counts(0, 0)));
    assert_eq!(taken(&well), [""; 0], "nobody asks it again");
    for id in ["one", "six", "new"] {
        assert_eq!(post.outgoing(id).await.state, DeliveryState::Dead, "{id}");
    }
    assert_eq!(post.outgoing("new").await.attempts, 0);

    assert_eq!(post.deliver(&well).await, counts(7, 0));
    post.happens(&[post.entry("later", "bi", "score")]).await;
    assert_eq!(post.run(&well).await, counts(1, 0), "it is back");
}

#[tokio::test(start_paused = true)]
async fn a_receiver_without_a_way_waits_and_costs_nothing() {
    let post = Post::new();
    post.happens(&[post.entry("e", "bi", "score")]).await;
    let lost = MemoryWebhooks::new().without(webhook("bi"));
    assert_eq!(post.run(&lost).await, counts(0, 1));
    assert_eq!(post.deliver(&lost).await, counts(0, 1));
    assert_eq!(post.outgoing("e").await.attempts, 0);
    assert_eq!(post.records(), [""; 0]);
    assert_eq!(post.run(&MemoryWebhooks::new()).await, counts(1, 0));
}

#[tokio::test(start_paused = true)]
async fn what_happens_meanwhile_is_told_at_once_beside_the_work() {
    let post = Post::new();
    let sender = MemoryWebhooks::new();
    let courier = post.courier(&sender, Round::Due).await;
    let entry = post.entry("e", "bi", "score");
    let work = async {
        post.clock.wait(Duration::from_mins(1)).await;
        post.happens(std::slice::from_ref(&entry)).await;
        courier.take(std::slice::from_ref(&entry));
        post.clock.wait(Duration::from_secs(1)).await;
        taken(&sender)
    };
    let (seen, ended) = courier.beside(work).await;
    ended.unwrap();
    assert_eq!(seen, ["e"]);
    assert_eq!(
        post.clock.elapsed(),
        Duration::from_secs(61),
        "nothing is waited for"
    );
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_is_silent_delays_the_end_by_the_grace_and_stays_unknown() {
    let post = Post::new();
    post.happens(&[post.entry("e", "bi", "score")]).await;
    assert_eq!(post.run(&silent()).await, counts(0, 1));
    assert_eq!(post.clock.elapsed(), GRACE);
    assert_eq!(
        post.records(),
        [
            "intended",
            "unknown bi: no answer came before the run ended"
        ]
    );
    let outgoing = post.outgoing("e").await;
    assert_eq!((outgoing.attempts, outgoing.begun), (1, false));
}

#[tokio::test(start_paused = true)]
async fn a_wish_to_stop_ends_deliveries_at_once_and_begins_none() {
    let post = Post::new();
    let entries: Vec<OutboxEntry> = (0..9)
        .map(|number| post.entry(&number.to_string(), "bi", &format!("action_{number}")))
        .collect();
    post.happens(&entries).await;
    let sender = silent();
    let courier = post.courier(&sender, Round::Everything).await;
    let raising = async {
        post.clock.wait(Duration::from_secs(7)).await;
        post.stop.raise();
    };
    let (ended, ()) = tokio::join!(courier.deliver(), raising);
    ended.unwrap();
    assert_eq!(post.clock.elapsed(), Duration::from_secs(7));
    assert_eq!(courier.delivered(), counts(0, 9));
    let begun = post
        .records()
        .iter()
        .filter(|record| *record == "intended")
        .count();
    assert!(begun < 9, "{begun} at once");
    assert_eq!(
        post.records().len(),
        2 * begun,
        "each has its end on record"
    );
    assert_eq!(
        post.run(&MemoryWebhooks::new()).await,
        counts(0, 9),
        "stopped before it began"
    );
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_a_killed_process_left_begun_goes_on_without_a_second_intent() {
    let post = Post::new();
    post.happens(&[post.entry("e", "bi", "score")]).await;
    let sender = MemoryWebhooks::new();
    let faulty = FaultyJournal::new(Arc::clone(&post.journal)).failing(
        JournalCall::EndAttempt,
        Which::Nth(1),
        Moment::Before,
    );
    let ports = CourierPorts {
        outbox: &faulty,
        ..post.ports(&sender)
    };
    let courier = Courier::new(ports, options(Round::Due)).await.unwrap();
    let ((), ended) = courier.beside(async {}).await;
    assert!(matches!(ended, Err(CourierError::Outbox(_))));
    assert!(post.outgoing("e").await.begun);
    assert_eq!(post.run(&sender).await, counts(1, 0));
    assert_eq!(post.records(), ["intended", "done"]);
    assert_eq!(taken(&sender), ["e", "e"]);
}

#[tokio::test(start_paused = true)]
async fn where_the_audit_log_cannot_be_written_nothing_is_sent() {
    let post = Post::new();
    let entries = ["one", "two"].map(|action| post.entry(action, "bi", action));
    post.happens(&entries).await;
    let sender = MemoryWebhooks::new();
    let faulty =
        FaultyAudit::new(Arc::clone(&post.audit)).failing(AuditCall::Append, 1, Moment::Before);
    let ports = CourierPorts {
        audit: &faulty,
        ..post.ports(&sender)
    };
    let courier = Courier::new(ports, options(Round::Due)).await.unwrap();
    let ((), ended) = courier.beside(async {}).await;
    assert!(matches!(ended, Err(CourierError::Audit(_))));
    assert_eq!(taken(&sender), [""; 0]);
    assert_eq!(courier.delivered(), counts(0, 2));
}
