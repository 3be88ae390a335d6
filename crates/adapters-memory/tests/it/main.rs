//! Every port in memory against the promises of its port.

#![allow(
    clippy::unwrap_used,
    reason = "only functions with a test attribute are exempt"
)]

use std::num::NonZeroUsize;
use std::sync::Arc;

use cxda_adapters_memory::audit::MemoryAudit;
use cxda_adapters_memory::checker::MemoryChecker;
use cxda_adapters_memory::clock::{ManualClock, RuntimeClock};
use cxda_adapters_memory::faults::{FaultyAudit, FaultyJournal, FaultyTenant, Moment, Which};
use cxda_adapters_memory::ids::{FixedJitter, SequentialIds};
use cxda_adapters_memory::journal::MemoryJournal;
use cxda_adapters_memory::lookups::MemoryLookups;
use cxda_adapters_memory::manifests::MemoryManifests;
use cxda_adapters_memory::plans::MemoryPlans;
use cxda_adapters_memory::progress::{MemoryProgress, Noted};
use cxda_adapters_memory::scripts::MemoryScripts;
use cxda_adapters_memory::secrets::MemorySecrets;
use cxda_adapters_memory::stop::{ManualStop, NeverStops};
use cxda_adapters_memory::tenant::MemoryTenant;
use cxda_adapters_memory::webhook::MemoryWebhooks;
use cxda_domain::address::Address;
use cxda_domain::instant::UtcMillis;
use cxda_domain::node::Mark;
use cxda_domain::receiver::Receiver;
use cxda_domain::rule::Rule;
use cxda_domain::script::ScriptFinding;
use cxda_ports::webhook::{DeliveryErrorKind, Message, WebhookSender};
use cxda_testkit::{conformance, samples};

fn tenant() -> MemoryTenant {
    MemoryTenant::new()
        .paged_by(NonZeroUsize::new(2).unwrap())
        .with_table(samples::table())
}

#[tokio::test]
async fn actions_keep_the_promises_of_the_port() {
    conformance::actions::keeps_its_promises(&tenant()).await;
}

#[tokio::test]
async fn lookups_keep_the_promises_of_the_port() {
    conformance::lookups::keeps_its_promises(&MemoryLookups::default()).await;
}

#[tokio::test]
async fn views_keep_the_promises_of_the_port() {
    conformance::views::keeps_its_promises(&tenant()).await;
}

#[tokio::test]
async fn tables_keep_the_promises_of_the_port() {
    let others = (0..4).map(|digit| format!("{digit}2345678-1234-1234-1234-123456789012"));
    let tenant = others.fold(tenant(), |tenant, id| {
        tenant.with_table(id.parse().unwrap())
    });
    conformance::tables::keeps_its_promises(&tenant).await;
}

#[tokio::test]
async fn relay_keeps_the_promises_of_the_port() {
    let tenant = tenant();
    conformance::relay::keeps_its_promises(&tenant, "https://bi.example/hook").await;
    assert_eq!(tenant.relayed()[0].0, "https://bi.example/hook");
}

#[tokio::test]
async fn a_tenant_that_fails_nowhere_is_a_tenant() {
    let tenant = FaultyTenant::new(Arc::new(tenant()));
    conformance::actions::keeps_its_promises(&tenant).await;
    conformance::views::keeps_its_promises(&tenant).await;
    conformance::tables::keeps_its_promises(&tenant).await;
    conformance::relay::keeps_its_promises(&tenant, "https://bi.example").await;
}

#[tokio::test]
async fn webhooks_keep_the_promises_of_the_port() {
    let webhook = |name: &str| Receiver::Webhook(name.to_owned());
    let (takes, unknown, refuses, gone) = (
        webhook("bi"),
        webhook("other"),
        webhook("strict"),
        webhook("old"),
    );
    let sender = MemoryWebhooks::new().without(unknown.clone());
    let sender = [
        (&refuses, DeliveryErrorKind::NotTaken),
        (&gone, DeliveryErrorKind::Gone),
    ]
    .into_iter()
    .fold(sender, |sender, (receiver, kind)| {
        sender.failing(receiver.clone(), Which::EVERY, Moment::Before, kind)
    });
    let payload = |(_, message): (_, Message)| message.payload;
    let arrived = || sender.taken().into_iter().map(payload).collect();
    conformance::webhook::keeps_its_promises(&sender, &takes, &unknown, arrived).await;
    conformance::webhook::tells_apart_who_is_gone(&sender, &refuses, &gone).await;
}

#[tokio::test]
async fn what_fails_after_its_work_was_taken_and_may_come_again() {
    let source = Receiver::Source("https://cache.example.com/hook".into());
    let sender = MemoryWebhooks::new().failing(
        source.clone(),
        Which::Nth(1),
        Moment::After,
        DeliveryErrorKind::NotTaken,
    );
    let message = Message {
        id: "msg-1".into(),
        payload: "{}".into(),
    };
    let failed = sender.send(&source, &message).await.unwrap_err();
    assert_eq!(failed.kind, DeliveryErrorKind::NotTaken);
    assert!(sender.send(&source, &message).await.is_ok());
    let taken = (source, message);
    assert_eq!(sender.taken(), [taken.clone(), taken]);
}

#[tokio::test]
async fn journal_keeps_the_promises_of_the_port() {
    conformance::journal::keeps_its_promises(&MemoryJournal::new()).await;
    let faulty = FaultyJournal::new(Arc::new(MemoryJournal::new()));
    conformance::journal::keeps_its_promises(&faulty).await;
}

#[tokio::test]
async fn outbox_keeps_the_promises_of_the_port() {
    conformance::outbox::keeps_its_promises(&MemoryJournal::new()).await;
    let faulty = FaultyJournal::new(Arc::new(MemoryJournal::new()));
    conformance::outbox::keeps_its_promises(&faulty).await;
}

#[tokio::test]
async fn audit_keeps_the_promises_of_the_port() {
    let journal = Arc::new(MemoryJournal::new());
    let log = MemoryAudit::beside(Arc::clone(&journal));
    conformance::audit::keeps_its_promises(&log, &*journal, &|| log.lines()).await;

    let journal = Arc::new(MemoryJournal::new());
    let log = Arc::new(MemoryAudit::beside(Arc::clone(&journal)));
    let faulty = FaultyAudit::new(Arc::clone(&log));
    conformance::audit::keeps_its_promises(&faulty, &*journal, &|| log.lines()).await;
}

#[tokio::test]
async fn clock_keeps_the_promises_of_the_port() {
    let clock = ManualClock::starting_at(UtcMillis::UNIX_EPOCH);
    conformance::clock::keeps_its_promises(&clock).await;
}

#[tokio::test(start_paused = true)]
async fn a_clock_on_the_runtime_keeps_the_promises_of_the_port() {
    let clock = RuntimeClock::starting_at(UtcMillis::UNIX_EPOCH);
    conformance::clock::keeps_its_promises(&clock).await;
}

#[test]
fn ids_keep_the_promises_of_the_port() {
    conformance::ids::keeps_its_promises(&SequentialIds::new());
}

#[test]
fn jitter_keeps_the_promises_of_the_port() {
    for jitter in [FixedJitter::NONE, FixedJitter::HALF, FixedJitter::MOST] {
        conformance::jitter::keeps_its_promises(&jitter);
    }
}

#[tokio::test]
async fn manifests_keep_the_promises_of_the_port() {
    let scripts = conformance::manifests::scripts();
    let project = MemoryManifests::new(conformance::manifests::documents());
    let project = scripts.iter().fold(project, |project, (path, text)| {
        project.with_script(path, text)
    });
    let texts = conformance::manifests::MANIFESTS;
    let project = texts.iter().fold(project, |project, (file, text)| {
        project.with_text(file, text)
    });
    conformance::manifests::keeps_its_promises(&project).await;
    let empty = MemoryManifests::new([]);
    conformance::manifests::an_empty_project_is_a_finding(&empty).await;
    conformance::manifests::new_files_stand_beside_what_is_there(&empty).await;
}

#[test]
fn checkers_keep_the_promises_of_the_port() {
    let finding = ScriptFinding {
        rule: Rule::A003,
        at: Mark::START,
        message: "not valid".to_owned(),
        also: None,
        hint: None,
    };
    let checker = MemoryChecker::new().with_finding("wrong", finding);
    conformance::checker::keeps_its_promises(&checker, &["wrong"]);
}

#[tokio::test]
async fn plans_keep_the_promises_of_the_port() {
    conformance::plans::keeps_its_promises(&MemoryPlans::new()).await;
}

#[tokio::test]
async fn secrets_keep_the_promises_of_the_port() {
    let (name, value) = conformance::secrets::ENV;
    let (path, text) = conformance::secrets::FILE;
    let secrets = MemorySecrets::new()
        .with_env(name, value)
        .with_file(path, text);
    conformance::secrets::keeps_its_promises(&secrets).await;
}

#[test]
fn progress_keeps_the_promises_of_the_port() {
    let progress = MemoryProgress::new();
    conformance::progress::keeps_its_promises(&progress);
    let noted = progress.noted();
    assert_eq!(noted.len(), 11);
    assert_eq!(noted[0], Noted::NotDone(Address::action("other")));
    assert_eq!(noted[4], Noted::Applying(2));
    assert_eq!(noted[9], Noted::Done(Address::view("one")));
}

#[tokio::test]
async fn scripts_keep_the_promises_of_the_port() {
    let samples = conformance::scripts::scripts().into_iter();
    let scripts = samples.fold(MemoryScripts::new(), |scripts, sample| {
        scripts.ending(sample.source, sample.end, sample.logs)
    });
    conformance::scripts::keeps_its_promises(&scripts).await;
    let ran = scripts.ran();
    assert_eq!(ran[0].input, conformance::scripts::INPUT);
}

#[tokio::test]
async fn signals_keep_the_promises_of_the_port() {
    let signal = ManualStop::new();
    conformance::stop::keeps_its_promises(&signal, || signal.raise()).await;
    conformance::stop::is_not_raised(&NeverStops).await;
}
