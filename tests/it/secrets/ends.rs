//! Runs that end otherwise than planned: killed, interrupted, starved, or with nobody who reads what they say.

use std::fs;
use std::io::Read as _;
use std::process::{Child, Command, Stdio};

use super::commands::for_all;
use super::{assert_clean, assert_ended_clean, assert_files_clean, project, secret, with_secrets};
use crate::stage::{Answer, Foreign, Gate, Habits, Project, Scripted};

/// A tenant that does not answer a write before the gate is open.
fn holding(gate: &Gate) -> Scripted {
    let gate = gate.clone();
    Scripted::start(move |asked| {
        if asked.wants_token() {
            return Answer::token(secret(2));
        }
        if asked.method == "GET" {
            return Answer::empty_page();
        }
        gate.pass();
        Answer::json(201, asked.body.replacen('{', "{\"id\":\"a-1\",", 1))
    })
}

/// A process with every secret in its environment.
fn process(project: &Project, program: &str, words: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(words)
        .env_clear()
        .envs([
            ("CXONE_CLIENT_ID", "an-id"),
            ("CXONE_CLIENT_SECRET", secret(1)),
            ("THREE", secret(3)),
            ("SIX", secret(6)),
            ("SEVEN", secret(7)),
            ("TWELVE", secret(12)),
            (
                "HOOK_URL",
                "https://hooks.example.com/planted-09-in-the-url",
            ),
            ("HOOK_SECRET", secret(10)),
            ("RUST_BACKTRACE", "full"),
        ])
        .env("TMPDIR", project.path().join("tmp"))
        .current_dir(project.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// What it printed until its end.
fn said(process: Child) -> Vec<u8> {
    let output = process.wait_with_output().unwrap();
    [output.stdout, output.stderr].concat()
}

const APPLY: [&str; 5] = ["-vv", "--env-file", "it.env", "apply", "--yes"];
const CXDA: &str = env!("CARGO_BIN_EXE_cxda");

#[test]
fn t_04_a_run_that_is_killed_or_stopped_gives_nothing_away() {
    for_all(&["KILL", "TERM", "INT", "ABRT", "QUIT"], |signal| {
        let gate = Gate::default();
        let server = holding(&gate);
        let project = project(server.base_url());
        let running = process(&project, CXDA, &APPLY).spawn().unwrap();
        gate.wait_until_reached();
        let of = |name: &str| fs::read(format!("/proc/{}/{name}", running.id())).unwrap();
        assert_clean("argv", &of("cmdline"));
        let children = of(&format!("task/{}/children", running.id()));
        assert_eq!(
            children, b"",
            "it starts no process that could be given one"
        );
        assert_files_clean(&project);
        let sent = Command::new("kill")
            .args([format!("-{signal}"), running.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        if ["TERM", "INT"].contains(signal) {
            gate.open();
        }
        assert_clean(signal, &said(running));
        // A core file would lie here.
        assert_files_clean(&project);
        gate.open();
        let ended = with_secrets(
            project.cxda(&["-vv", "--env-file", "it.env", "plan"]),
            &project,
        )
        .run();
        assert_ended_clean("the next run", &ended);
    });
}

#[test]
fn t_04_no_core_file_is_written_and_nobody_may_look_inside() {
    let gate = Gate::default();
    let server = holding(&gate);
    let project = project(server.base_url());
    let script = format!("ulimit -c unlimited; exec {CXDA} apply --yes --env-file it.env");
    let mut running = process(&project, "sh", &["-c", &script]).spawn().unwrap();
    gate.wait_until_reached();
    let limits = fs::read_to_string(format!("/proc/{}/limits", running.id())).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    let words: Vec<&str> = core.split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{core}");
    // What lies in /proc of a process that cannot be dumped belongs to the administrator.
    let owner = std::os::unix::fs::MetadataExt::uid(
        &fs::metadata(format!("/proc/{}/environ", running.id())).unwrap(),
    );
    assert_eq!(owner, 0);
    gate.open();
    running.wait().unwrap();
}

#[test]
fn t_04_a_run_that_is_starved_of_memory_gives_nothing_away() {
    let tenant = Foreign::start(Habits {
        token: secret(2),
        ..Habits::PLAIN
    });
    let project = project(tenant.base_url());
    let mut starved = 0;
    // From too little for a thread to enough for all.
    for kib in (20_000..300_000).step_by(20_000) {
        let script = format!("ulimit -v {kib}; exec {CXDA} -vv --env-file it.env plan");
        let said = said(process(&project, "sh", &["-c", &script]).spawn().unwrap());
        let text = String::from_utf8_lossy(&said);
        assert!(!text.contains("panicked at"), "the hook speaks: {text}");
        starved += usize::from(!text.contains("Plan:"));
        assert_clean(&format!("a plan with {kib} KiB"), &said);
        assert_files_clean(&project);
    }
    assert!(
        (1..14).contains(&starved),
        "{starved} of 14 found too little"
    );
}

#[test]
fn t_04_a_run_that_nobody_reads_ends_as_any_other() {
    let streams = [
        "1>/dev/full",
        "2>/dev/full",
        "1>&-",
        "2>&-",
        "1>&- 2>&-",
        "1>/dev/full 2>/dev/full",
    ];
    for_all(&streams, |redirected| {
        let tenant = Foreign::start(Habits {
            token: secret(2),
            ..Habits::PLAIN
        });
        let project = project(tenant.base_url());
        for words in [
            "plan",
            "apply --yes",
            "doctor",
            "--log-format json get actions",
        ] {
            let script = format!("exec {CXDA} -vv --env-file it.env {words} {redirected}");
            let running = process(&project, "sh", &["-c", &script]).spawn().unwrap();
            let output = running.wait_with_output().unwrap();
            // That the result is lost is the one thing that counts.
            let code = i32::from(redirected.starts_with("1>/dev/full"));
            assert_eq!(output.status.code(), Some(code), "{words} {redirected}");
            assert_clean(redirected, &[output.stdout, output.stderr].concat());
            assert_files_clean(&project);
        }
    });
    // The reader is gone before the first line.
    let project = project("http://127.0.0.1:9");
    let mut running = process(&project, CXDA, &["-vv", "--env-file", "it.env", "plan"])
        .spawn()
        .unwrap();
    drop(running.stderr.take());
    let mut rest = Vec::new();
    running
        .stdout
        .take()
        .unwrap()
        .read_to_end(&mut rest)
        .unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(12));
    assert_clean("stdout", &rest);
}
