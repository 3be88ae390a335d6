//! Kills at each place that matters, by name, while resources are made and while they are changed.

use serde_json::json;

use super::fault::Kind::{Connect, Flush, Lock, Open, Receive, Rename, Send, Truncate, Write};
use super::fault::{Fault, Kind, Noted, Place};
use super::laws::{unaudited, violations};
use super::scene::{Desired, Scene, Size};
use crate::stage::{Call, Ended};

const WAL: &str = "state.db-wal";
const STORE: &str = "state.db";
const LOG: &str = "audit.jsonl";
const TOKEN: &str = "POST /oauth/token";
const RELAY: &str = "/webhooks/trigger";

/// A kill: at a place with a name, before or after the call.
#[derive(Clone, Debug)]
struct Point {
    name: String,
    fault: Fault,
}

/// The points right before and right after the call at `place`.
fn around(name: &str, place: &Place) -> [Point; 2] {
    [
        Point {
            name: format!("before {name}"),
            fault: Fault::KilledBefore(place.clone()),
        },
        Point {
            name: format!("after {name}"),
            fault: Fault::KilledAfter(place.clone()),
        },
    ]
}

/// One kind of write, as it shows in the audit log, on the wire and in the outbox.
struct Kindred {
    action: &'static str,
    request: &'static str,
    event: &'static str,
    /// Which of its kind is meant, from 1: neither the first nor the last, also where eight of them share each write to a file.
    nth: usize,
}

const CREATE: Kindred = Kindred {
    action: "CREATE_DATA_ACTION",
    request: "POST /api/v2/dataactions/actions",
    event: "ACTION_CREATED",
    nth: 15,
};
const CREATE_VIEW: Kindred = Kindred {
    action: "CREATE_MATERIALIZED_VIEW",
    request: "POST /api/v2/data/actions/views",
    event: "VIEW_CREATED",
    nth: 2,
};
const UPDATE: Kindred = Kindred {
    action: "UPDATE_DATA_ACTION",
    request: "PUT /api/v2/dataactions/",
    event: "ACTION_UPDATED",
    nth: 6,
};
const DELETE: Kindred = Kindred {
    action: "DELETE_DATA_ACTION",
    request: "DELETE /api/v2/dataactions/",
    event: "ACTION_DELETED",
    nth: 4,
};

impl Kindred {
    fn record(&self, kind: Kind, file: &str, phase: &str) -> Place {
        let Self { action, nth, .. } = self;
        let text = format!("\"action\":\"{action}\",\"phase\":\"{phase}\"");
        Place::file(kind, *nth, file, &text)
    }

    fn request(&self) -> Place {
        Place::socket(Send, self.nth, self.request)
    }

    /// The way of one write, from its intent in the store to its outcome in the audit log.
    fn way(&self) -> Vec<Point> {
        let intent = self.record(Write, WAL, "intended");
        let line = self.record(Write, LOG, "intended");
        let outcome = self.record(Write, WAL, "done");
        let last_line = self.record(Write, LOG, "done");
        let outbox = Place::file(Write, self.nth, WAL, self.event);
        [
            ("intent written", &intent),
            ("intent durable", &intent.clone().then(Flush, "")),
            ("intent's audit line", &line),
            ("intent's audit line durable", &line.clone().then(Flush, "")),
            ("request sent", &self.request()),
            ("answer received", &self.request().then(Receive, "")),
            ("outcome written", &outcome),
            ("outcome durable", &outcome.clone().then(Flush, "")),
            ("outbox insert", &outbox),
            ("outcome's audit line", &last_line),
            (
                "outcome's audit line durable",
                &last_line.clone().then(Flush, ""),
            ),
        ]
        .iter()
        .flat_map(|(name, place)| around(&format!("{} {name}", self.action), place))
        .collect()
    }
}

/// The way of a webhook, from its sending to what the store notes of it.
fn webhook() -> Vec<Point> {
    let sent = Place::socket(Send, 5, RELAY);
    let acknowledged = sent.clone().then(Receive, "");
    let noted = acknowledged.clone().then_file(Write, WAL);
    [
        ("webhook sent", &sent),
        ("webhook acknowledged", &acknowledged),
        ("webhook noted", &noted),
        ("webhook noted durably", &noted.clone().then(Flush, "")),
    ]
    .iter()
    .flat_map(|(name, place)| around(name, place))
    .collect()
}

/// What comes before the first write and after the last.
fn ends() -> Vec<Point> {
    // The lock is the first file of all.
    let locked = Place::file(Lock, 1, "", "");
    [
        ("lock made", &Place::file(Open, 1, "", "")),
        ("lock taken", &locked),
        ("lock emptied", &locked.clone().then(Truncate, "")),
        ("holder written", &locked.clone().then(Write, "")),
        ("store made", &Place::file(Open, 1, STORE, "")),
        ("store's first page", &Place::file(Write, 1, STORE, "")),
        ("tables made", &Place::file(Write, 1, WAL, "CREATE TABLE")),
        (
            "tables durable",
            &Place::file(Write, 1, WAL, "CREATE TABLE").then(Flush, ""),
        ),
        ("log made", &Place::file(Open, 1, LOG, "")),
        ("first connect", &Place::socket(Connect, 1, "")),
        ("later connect", &Place::socket(Connect, 2, "")),
        ("token asked for", &Place::socket(Send, 1, TOKEN)),
        ("token fetched", &Place::socket(Receive, 1, "access_token")),
        ("listing received", &Place::socket(Receive, 1, "entities")),
        (
            "store tidied at the end",
            &Place::file(Truncate, 1, STORE, ""),
        ),
    ]
    .iter()
    .flat_map(|(name, place)| around(name, place))
    .collect()
}

/// Runs `call` and makes sure that it is killed at `point`.
#[track_caller]
fn kill(scene: &Scene, point: &Point, call: Call) {
    let (ended, noted) = scene.under(&point.fault, call);
    assert_killed(point, &ended, &noted);
}

#[track_caller]
fn assert_killed(point: &Point, ended: &Ended, noted: &[Noted]) {
    let killed = noted.iter().any(|noted| noted.what == "killed");
    assert!(killed, "{}: never came\n{}", point.name, ended.both());
}

/// Applies the manifests, is killed at `point`, and applies them again.
#[track_caller]
fn kill_and_finish(scene: &Scene, desired: Desired, point: &Point) -> Vec<String> {
    kill(scene, point, scene.apply());
    finish(scene, desired, &point.name)
}

/// Looks at what a run has left behind, runs again, and looks at the whole.
pub(super) fn finish(scene: &Scene, desired: Desired, what: &str) -> Vec<String> {
    let mut found = unaudited(scene);
    let ended = scene.apply().run();
    if ended.code == 0 {
        found.extend(violations(scene, desired));
        let plan = scene.call(&["plan", "--detailed-exitcode"]).run();
        if plan.code != 0 {
            found.push(format!("the next plan is not empty: {}", plan.both()));
        }
    } else {
        found.push(format!("exit {}: {}", ended.code, ended.both()));
    }
    found.sort();
    found.dedup();
    found
        .iter()
        .map(|found| format!("{what}: {found}"))
        .collect()
}

#[track_caller]
fn assert_none(found: &[String]) {
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Kills at each of `points` on the way from nothing to the first state.
#[track_caller]
fn hold_while_made(size: Size, points: &[Point]) {
    let mut found = Vec::new();
    for point in points {
        let scene = Scene::new(size);
        found.extend(kill_and_finish(&scene, Desired::First, point));
    }
    assert_none(&found);
}

/// What is left of a run that was cut short.
#[derive(Clone, Copy)]
enum Left {
    /// All that was written.
    Written,
    /// What was flushed, as where the machine loses power.
    Flushed,
}

/// Cuts a run short at each of `made` on the way to the first state, and then at its counterpart of `changed` on the way to the second.
#[track_caller]
fn hold(left: Left, made: &[Point], changed: &[Point]) {
    let mut found = Vec::new();
    assert_eq!(made.len(), changed.len());
    for (made, changed) in made.iter().zip(changed) {
        let scene = Scene::new(Size::LARGE);
        for (desired, point) in [(Desired::First, made), (Desired::Second, changed)] {
            scene.wants(desired);
            let (ended, noted) = match left {
                Left::Written => scene.under(&point.fault, scene.apply()),
                Left::Flushed => scene.under_without_power(&point.fault),
            };
            assert_killed(point, &ended, &noted);
            found.extend(finish(&scene, desired, &point.name));
        }
    }
    assert_none(&found);
}

#[test]
fn a_kill_around_the_create_of_an_action_or_around_an_update_loses_and_doubles_nothing() {
    hold(Left::Written, &CREATE.way(), &UPDATE.way());
}

#[test]
fn a_loss_of_power_around_the_create_of_a_view_or_around_a_delete_loses_and_doubles_nothing() {
    hold(Left::Flushed, &CREATE_VIEW.way(), &DELETE.way());
}

#[test]
#[ignore = "takes a minute"]
fn a_kill_around_the_create_of_a_view_or_around_a_delete_loses_and_doubles_nothing() {
    hold(Left::Written, &CREATE_VIEW.way(), &DELETE.way());
}

#[test]
#[ignore = "takes a minute"]
fn a_loss_of_power_around_the_create_of_an_action_or_around_an_update_loses_and_doubles_nothing() {
    hold(Left::Flushed, &CREATE.way(), &UPDATE.way());
}

#[test]
fn a_kill_around_a_webhook_loses_no_event() {
    hold_while_made(Size::LARGE, &webhook());
}

#[test]
fn a_kill_before_the_first_write_or_after_the_last_loses_and_doubles_nothing() {
    hold_while_made(Size::SMALL, &ends());
}

/// An answer that comes byte by byte has a place between its headers and its body, and one within its body.
#[test]
fn a_kill_within_headers_or_body_of_an_answer_loses_and_doubles_nothing() {
    let mut found = Vec::new();
    let way = |kindred: &Kindred| {
        let answer = |text: &str| kindred.request().then(Receive, text);
        let mut points = around(&format!("{} body begun", kindred.action), &answer("{")).to_vec();
        points.push(Point {
            name: format!("{} headers begun", kindred.action),
            fault: Fault::KilledAfter(answer("")),
        });
        points
    };
    // So many are under way at once that the answer to the one that is meant comes slowly.
    let slow = |operation: &str, kindred: &Kindred| json!([{"operation": operation, "from": kindred.nth.saturating_sub(8).max(1), "fault": {"kind": "drip", "milliseconds": 1, "committed": true}}]);
    for (made, changed) in way(&CREATE).iter().zip(&way(&UPDATE)) {
        let scene = Scene::new(Size::LARGE);
        for (desired, point, faults) in [
            (Desired::First, made, slow("createAction", &CREATE)),
            (Desired::Second, changed, slow("replaceAction", &UPDATE)),
        ] {
            scene.wants(desired);
            scene.tenant.faults(&faults);
            kill(&scene, point, scene.apply());
            scene.tenant.faults(&json!([]));
            found.extend(finish(&scene, desired, &point.name));
        }
    }
    assert_none(&found);
}

/// The end of the audit log is torn before the run; setting it aside is cut short too.
#[test]
fn a_kill_while_a_torn_end_is_set_aside_loses_and_doubles_nothing() {
    let mut found = Vec::new();
    let side = Place::file(Open, 1, ".torn-1", "");
    for point in [
        ("side file made", &side),
        ("side file durable", &Place::file(Flush, 1, ".torn-1", "")),
        ("torn end cut off", &Place::file(Truncate, 1, LOG, "")),
        ("cut durable", &Place::file(Flush, 1, LOG, "")),
    ]
    .iter()
    .flat_map(|(name, place)| around(name, place))
    {
        let scene = Scene::new(Size::SMALL);
        let _ = scene.apply().run().exits(0);
        let whole = scene.project.read(".cxda/audit.jsonl");
        let torn = format!("{whole}{{\"seq\":4711,\"aud");
        scene.project.write(".cxda/audit.jsonl", torn);
        scene.wants(Desired::Second);
        found.extend(kill_and_finish(&scene, Desired::Second, &point));
    }
    assert_none(&found);
}

#[test]
fn a_plan_file_is_there_whole_or_not_at_all() {
    let renamed = Place::file(Rename, 1, "saved.plan", "");
    let [before, after] = around("plan file renamed", &renamed);
    for (point, there) in [(before, false), (after, true)] {
        let scene = Scene::new(Size::SMALL);
        let planning = scene.call(&["plan", "--out", "saved.plan"]);
        kill(&scene, &point, planning);
        assert_eq!(scene.project.has("saved.plan"), there, "{}", point.name);
        if !there {
            let again = scene.call(&["plan", "--out", "saved.plan"]);
            let _ = again.run().exits(0);
        }
        let carried_out = scene.call(&["apply", "--yes", "saved.plan"]);
        let _ = carried_out.run().exits(0);
        assert_none(&violations(&scene, Desired::First));
    }
}
