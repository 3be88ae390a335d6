//! Pauses that a tenant asks for: kept by the command that hears of one, respected by all others until they are over.

use cxda_adapters_fs::store::{Scope, Store};
use cxda_domain::instant::UtcMillis;
use cxda_domain::pause::Pause;
use cxda_ports::clock::Clock as _;
use cxda_ports::journal::Journal as _;

use crate::stage::{Answer, Project, RealClock, Scripted};

const ACTION: &str = "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {name: alpha}\nspec:\n  description: first\n  script: {content: 'function main() {}'}\n";
const COMMANDS: [&[&str]; 3] = [&["plan"], &["apply", "--yes"], &["get", "actions"]];

fn project(base_url: &str) -> Project {
    let project = Project::on(base_url);
    project.write("a.cxda.yaml", ACTION);
    project
}

/// A tenant that answers every listing with `status` and `Retry-After`.
fn busy(status: u16, retry_after: &'static str) -> Scripted {
    Scripted::with_token(move |_| {
        Answer::json(status, r#"{"message":"later"}"#).header("retry-after", retry_after)
    })
}

/// The store of `project` for its tenant at `origin`.
fn store(project: &Project, origin: &str) -> Store {
    let scope = Scope {
        tenant: "it".into(),
        origin: origin.into(),
    };
    Store::open(&project.path().join(".cxda/state.db"), scope, [7; 32]).unwrap()
}

fn on_runtime<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(work)
}

#[test]
fn h_23_a_pause_that_one_command_hears_of_is_respected_by_every_other() {
    for first in COMMANDS {
        let server = busy(429, "3600");
        let project = project(server.base_url());
        let _ = project
            .cxda_signed_in(first)
            .run()
            .exits(12)
            .says(&["asked for a pause", "60 minutes from now"]);
        let sent = server.asked().len();
        for second in COMMANDS {
            let ended = project.cxda_signed_in(second).run().exits(12);
            let ended = ended.says(&["nothing was sent", "Z, 60 minutes from now", "because: "]);
            assert_eq!(ended.stdout, "", "{first:?}, then {second:?}");
        }
        assert_eq!(server.asked().len(), sent, "{first:?}");
    }
}

#[test]
fn h_29_a_server_that_is_down_for_long_is_left_alone_too() {
    let server = busy(503, "1200");
    let project = project(server.base_url());
    let _ = project.cxda_signed_in(&["plan"]).run().exits(12);
    let sent = server.asked().len();
    let _ = project
        .cxda_signed_in(&["plan"])
        .run()
        .exits(12)
        .says(&["20 minutes"]);
    assert_eq!(server.asked().len(), sent);
}

#[test]
fn h_23_what_a_call_might_wait_for_is_not_kept() {
    let server = busy(429, "300");
    let project = project(server.base_url());
    let _ = project.cxda_signed_in(&["plan"]).run().exits(12);
    assert!(!project.has(".cxda"), "plan keeps nothing else");
    let sent = server.asked().len();
    let _ = project.cxda_signed_in(&["plan"]).run().exits(12);
    assert!(server.asked().len() > sent);
}

#[test]
fn a_pause_concerns_the_tenant_at_that_origin_alone() {
    let (paused, free) = (
        busy(429, "3600"),
        Scripted::with_token(|_| Answer::empty_page()),
    );
    let project = project(paused.base_url());
    let _ = project.cxda_signed_in(&["plan"]).run().exits(12);
    project.point_to(free.base_url());
    let _ = project.cxda_signed_in(&["plan"]).run().exits(0);
}

#[test]
fn mistakes_in_manifests_are_told_during_a_pause() {
    let server = busy(429, "3600");
    let project = project(server.base_url());
    let _ = project.cxda_signed_in(&["plan"]).run().exits(12);
    project.edit("a.cxda.yaml", "alpha", "'no name'");
    for words in [&["plan"][..], &["apply", "--yes"]] {
        let _ = project.cxda_signed_in(words).run().exits(3).says(&["A001"]);
    }
}

#[test]
fn doctor_tells_of_a_pause_sends_nothing_and_keeps_none() {
    let server = busy(429, "3600");
    let project = project(server.base_url());
    let words = ["doctor", "-o", "json"];
    let ended = project.cxda_signed_in(&words).run().exits(12);
    let _ = ended.says(&["new pause", "60 minutes from now"]);
    assert!(!project.has(".cxda"), "doctor writes nothing");
    let _ = project.cxda_signed_in(&["plan"]).run().exits(12);
    let sent = server.asked().len();
    let ended = project.cxda_signed_in(&words).run().exits(12);
    let _ = ended.says(&["not to be sent anything until", "60 minutes from now"]);
    assert_eq!(server.asked().len(), sent);
}

#[test]
fn a_pause_that_is_over_is_no_pause() {
    let server = Scripted::with_token(|asked| match asked.method.as_str() {
        "GET" => Answer::empty_page(),
        _ => Answer::json(400, "{}"),
    });
    let project = project(server.base_url());
    let over = UtcMillis::from_epoch_millis(RealClock::new().now().epoch_millis() - 1);
    on_runtime(store(&project, server.base_url()).keep_not_before(over)).unwrap();
    for words in COMMANDS {
        let ended = project.cxda_signed_in(words).run();
        let _ = ended.never_says(&["nothing was sent"]);
    }
}

#[test]
fn h_34_a_pause_from_a_clock_that_jumped_is_believed_for_a_day_and_no_longer() {
    let server = Scripted::with_token(|_| Answer::empty_page());
    let project = project(server.base_url());
    on_runtime(store(&project, server.base_url()).keep_not_before(UtcMillis::MAX)).unwrap();
    let ended = project.cxda_signed_in(&["plan"]).run().exits(12);
    let _ = ended.says(&["1440 minutes from now"]);
    assert_eq!(server.asked().len(), 0);
    let kept = on_runtime(store(&project, server.base_url()).not_before());
    let end = RealClock::new().now().saturating_add(Pause::LONGEST);
    assert!(kept.unwrap().unwrap() <= end, "so that it ends");
}
