//! Every command there is, in every tone: what it prints and leaves behind gives nothing away.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::{
    assert_ended_clean, assert_files_clean, assert_new_files_clean, project, secret, with_secrets,
};
use crate::stage::{Foreign, Habits, Served, Simulated};
use serde_json::json;

/// How a command may be told to speak.
const TONES: [&[&str]; 6] = [
    &[],
    &["-v"],
    &["-vv"],
    &["-o", "json"],
    &["-vv", "--log-format", "json"],
    &["-vv", "--log-format", "json", "-o", "json"],
];

/// A life on a tenant: each command, and how it ends.
const LIFE: [(&[&str], i32); 23] = [
    (&["validate"], 0),
    (&["plan", "--detailed-exitcode"], 2),
    (&["plan", "--detail", "full"], 0),
    (&["plan", "--out", "first.plan"], 0),
    (&["apply", "first.plan", "--yes"], 0),
    (&["apply", "first.plan", "--yes"], 5),
    (&["apply", "--yes"], 0),
    (&["apply"], 9),
    (&["plan", "--prune"], 0),
    (&["plan", "--target", "action/nobody"], 64),
    (&["get", "views"], 0),
    (&["get", "actions"], 0),
    (&["get", "actions", "holder"], 0),
    (&["get", "tables"], 1),
    (&["variables", "list"], 0),
    (&["variables", "rotation"], 0),
    (
        &["cache", "record", "holder", "--hits", "2", "--misses", "1"],
        0,
    ),
    (&["cache", "stats"], 0),
    (&["metrics"], 0),
    (&["doctor"], 0),
    (
        &[
            "datetime",
            "--timestamp",
            "2024-02-29T15:30:00Z",
            "--timezone",
            "UTC",
            "--operation",
            "ADD_OFFSET",
        ],
        0,
    ),
    (&["validate", "nowhere"], 3),
    (&["frobnicate"], 64),
];

/// Runs `each` case, as many at once as the machine has use for.
pub(super) fn for_all<T: Sync>(cases: &[T], each: impl Fn(&T) + Sync) {
    const THREADS: usize = 4;
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    each(case);
                }
            });
        }
    });
}

#[test]
fn t_04_no_command_in_any_tone_gives_a_secret_away() {
    for_all(&TONES, |tone| {
        let tenant = Foreign::start(Habits {
            token: secret(2),
            ..Habits::PLAIN
        });
        let project = project(tenant.base_url());
        let mut seen = BTreeMap::new();
        for (words, code) in LIFE {
            let line = [*tone, &["--env-file", "it.env"], words].concat();
            let call = with_secrets(project.cxda(&line), &project);
            let mut ended = call.run().exits(code);
            if words == ["get", "actions"] || words == ["get", "actions", "holder"] {
                // What is not encrypted is the tenant's to show.
                for clear in [7, 8].map(secret) {
                    ended.stdout = ended.stdout.replace(clear, "");
                }
            }
            assert_ended_clean(&line.join(" "), &ended);
            assert_new_files_clean(&project, &mut seen);
        }
        assert!(tenant.member("holder", "variables").contains(secret(4)));
    });
}

#[test]
fn t_04_no_fault_of_a_tenant_gives_a_secret_away() {
    let faults = [
        json!({"operation": "createAction", "nth": 1, "fault": {"kind": "drop", "committed": true}}),
        json!({"operation": "createAction", "nth": 1, "fault": {"kind": "reset"}}),
        json!({"operation": "createAction", "nth": 1, "fault": {"kind": "truncate", "bytes": 40}}),
        json!({"operation": "createAction", "fault": {"kind": "garble", "as": "trailing"}}),
        json!({"operation": "createAction", "fault": {"kind": "garble", "as": "badUtf8"}}),
        json!({"operation": "createAction", "fault": {"kind": "preempt", "members": {"description": "Another"}}}),
        json!({"operation": "listActions", "fault": {"kind": "garble", "as": "deep"}}),
        json!({"operation": "listActions", "fault": {"kind": "flood", "as": "headers"}}),
        json!({"operation": "listActions", "nth": 1, "fault": {"kind": "revoke"}}),
        json!({"operation": "token", "fault": {"kind": "garble", "as": "duplicateKeys"}}),
        json!({"operation": "token", "fault": {"kind": "answer", "status": 401, "body": {"error": "invalid_client"}}}),
        json!({"operation": "getAction", "fault": {"kind": "vanish"}}),
    ];
    for_all(&faults, |fault| {
        let tenant = Simulated::start();
        tenant.faults(&json!([fault]));
        let project = project(&tenant.base_url());
        for words in [
            &["apply", "--yes"][..],
            &["apply", "--yes", "-o", "json"],
            &["plan"],
            &["plan", "-o", "markdown"],
        ] {
            let line = [&["-vv", "--env-file", "it.env"], words].concat();
            let ended = with_secrets(project.cxda(&line), &project).run();
            assert_ended_clean(&format!("{} under {fault}", words.join(" ")), &ended);
            assert_files_clean(&project);
        }
    });
}

#[test]
fn t_04_a_served_simulator_shows_and_keeps_no_encrypted_value_and_no_credential() {
    let served = project("http://127.0.0.1:9");
    for name in ["seven", "eight"] {
        // What is not encrypted is the tenant's to show.
        let text = served.read("a.cxda.yaml");
        let kept = text
            .lines()
            .filter(|line| !line.contains(&format!("name: {name},")));
        served.write("a.cxda.yaml", kept.collect::<Vec<_>>().join("\n"));
    }
    let simulator = Served::start(served.path(), &["--state", "state.json"]);
    served.edit("cxda.toml", "http://127.0.0.1:9", simulator.base_url());
    let line = ["-vv", "--env-file", "it.env", "apply", "--yes"];
    let ended = with_secrets(served.cxda(&line), &served).run().exits(0);
    assert_ended_clean("apply", &ended);
    for page in ["state", "log"] {
        let shown = page_of(simulator.base_url(), &format!("/__sim/{page}"));
        assert!(shown.contains("holder"), "{shown}");
        super::assert_clean(page, shown.as_bytes());
    }
    assert!(served.has("state.json"));
    assert_files_clean(&served);
}

/// The answer to a GET, head and body.
fn page_of(base_url: &str, path: &str) -> String {
    use std::io::{Read, Write};
    let address = base_url.strip_prefix("http://").unwrap();
    let mut line = std::net::TcpStream::connect(address).unwrap();
    write!(
        line,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    line.read_to_string(&mut answer).unwrap();
    answer
}
