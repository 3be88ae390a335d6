//! The CI job that the guide to rehearsals shows works, with every script that it calls ready.
//!
//! What else is scripted there is tested where fault scripts are read.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;

use crate::shell::{Shell, blocks};
use crate::tree;

const GUIDE: &str = "docs/rehearse-outages.md";
/// The address, the script and the end of the job as it stands in the guide.
const SHOWN: [&str; 3] = ["127.0.0.1:8900", "lost-answers.json", "-eq 0"];

/// The shell script of the job.
fn job() -> String {
    let blocks = blocks(&tree::read(GUIDE));
    let job = blocks
        .iter()
        .find(|block| block.language == "yaml")
        .unwrap();
    let start = "      - run: |";
    let lines = job.lines.iter().skip_while(|line| *line != start).skip(1);
    lines.fold(String::new(), |script, line| script + line.trim() + "\n")
}

/// Each script that the guide calls ready, with the exit code that it names.
fn ready() -> BTreeMap<String, String> {
    let guide = tree::read(GUIDE);
    let rows = guide
        .lines()
        .skip_while(|line| *line != "| script | what goes wrong | ends with |")
        .skip(2)
        .map_while(|line| line.strip_prefix("| "));
    let row = |row: &str| {
        let name = row.split('`').nth(1).unwrap().to_owned();
        let code = row.trim_end_matches(" |").rsplit(' ').next().unwrap();
        (name, code.to_owned())
    };
    rows.map(row).collect()
}

/// An address that nobody listens at, and that the system gives nobody who asks for any: those begin higher.
fn free_address() -> String {
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    let ports = (first..30_000).chain(20_000..first);
    let mut addresses = ports.map(|port| format!("127.0.0.1:{port}"));
    addresses
        .find(|address| TcpListener::bind(address).is_ok())
        .unwrap()
}

/// Runs the job under `script` instead of the one that is shown.
fn rehearse(script: &str) {
    let code = &ready()[script];
    let shell = Shell::new();
    let address = free_address();
    let mut commands = job();
    for (shown, here) in SHOWN.iter().zip([&address, script, &format!("-eq {code}")]) {
        assert!(commands.contains(shown), "{shown}");
        commands = commands.replace(shown, here);
    }
    let settings = shell.folder().join("examples/quickstart/cxda.toml");
    let moved = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, moved.replace(SHOWN[0], &address)).unwrap();
    fs::write(shell.folder().join("job.sh"), commands).unwrap();
    let (exit, said) = shell.run("sh -e job.sh");
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains(&format!("{script} is in force")), "{said}");
}

#[test]
fn every_ready_script_is_named_and_shown_with_its_end() {
    let files = tree::files("examples/outages", ".json");
    let names: Vec<&str> = files
        .iter()
        .filter_map(|path| path.rsplit('/').next())
        .collect();
    let ready = ready();
    assert_eq!(ready.keys().collect::<Vec<_>>(), names);
    assert_eq!(ready[SHOWN[1]], "0");
}

#[test]
fn the_job_ends_as_shown_where_answers_get_lost() {
    rehearse("lost-answers.json");
}

#[test]
fn the_job_ends_as_shown_where_the_tenant_asks_to_slow_down() {
    rehearse("slow-down.json");
}

#[test]
fn the_job_ends_as_shown_where_a_part_is_unavailable() {
    rehearse("unavailable.json");
}
