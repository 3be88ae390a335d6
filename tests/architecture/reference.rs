//! The pages in `docs/reference` say what the binary says of itself: its help, its schemas, its exit codes, its variables.

use std::fmt::Write as _;

use serde_json::Value;

use crate::pages::{self, Page};
use crate::shell::Shell;
use crate::tree;

mod schema;

const FOLDER: &str = "docs/reference";

fn pages() -> Vec<Page> {
    let shell = Shell::empty();
    let pages = [
        ("commands", commands(&shell)),
        ("environment", environment()),
        ("exit-codes", exit_codes()),
        ("manifest", manifest(&shell)),
        ("settings", settings(&shell)),
    ];
    let path = |(name, text)| (format!("{FOLDER}/{name}.md"), text);
    pages.map(path).into()
}

#[test]
fn the_reference_says_what_the_binary_says() {
    pages::compare(FOLDER, &pages());
}

#[test]
#[ignore = "writes docs/reference"]
fn write_the_pages_anew() {
    pages::write(FOLDER, &pages());
}

/// A page that opens with `title` and `text`.
fn page(title: &str, text: &str) -> String {
    format!("# {title}\n\n{text}\n")
}

fn commands(shell: &Shell) -> String {
    let text = "Every command with its arguments, options and defaults, as `cxda help COMMAND` prints them.";
    let mut page = page("Commands", text);
    let help = help(shell, "");
    let (_, global) = help.split_once("Global options:\n").unwrap();
    let (global, _) = global.split_once("\n\nExit codes:").unwrap();
    let _ = write!(
        page,
        "\n## Options of every command\n\n```text\n{global}\n```\n"
    );
    for command in listed(&help) {
        describe(&mut page, shell, &command);
    }
    page
}

/// Adds what `command` says of itself, then each of its own commands.
fn describe(page: &mut String, shell: &Shell, command: &str) {
    let help = help(shell, command);
    let (own, _) = help.split_once("\n\nGlobal options:").unwrap();
    // The same in every command.
    let is_own = |part: &&str| {
        let part = part.trim_start_matches("Options:\n").trim_start();
        !part.starts_with("-h, --help") && !part.starts_with("-V, --version")
    };
    let own: Vec<&str> = own.split("\n\n").filter(is_own).collect();
    let (what, rest) = own.split_first().unwrap();
    let rest = rest.join("\n\n");
    let _ = write!(
        page,
        "\n## cxda {command}\n\n{what}.\n\n```text\n{rest}\n```\n"
    );
    for inner in listed(&help) {
        describe(page, shell, &format!("{command} {inner}"));
    }
}

/// The help of `command`, without spaces at the ends of lines.
fn help(shell: &Shell, command: &str) -> String {
    let (exit, help) = shell.run(&format!("cxda {command} --help"));
    assert_eq!(exit, 0, "{help}");
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    lines.join("\n")
}

/// The commands that `help` lists, itself left out.
fn listed(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| line.split_whitespace().next());
    names
        .filter(|name| *name != "help")
        .map(ToOwned::to_owned)
        .collect()
}

fn environment() -> String {
    let text = "The variables that `cxda` reads by itself. Settings and manifests may name others, with `{env = \"NAME\"}` and
`valueFrom: {env: NAME}`. A file of variables is read with `--env-file` alone; those of the process go before it.";
    let mut page = page("Environment variables", text);
    page.push_str("\n| variable | meaning |\n|---|---|\n");
    for (meaning, item) in documented("crates/app/src/env.rs") {
        let Some(constant) = item.strip_prefix("pub(crate) const ") else {
            continue;
        };
        let names: Vec<String> = constant
            .split('"')
            .skip(1)
            .step_by(2)
            .map(|name| format!("`{name}`"))
            .collect();
        let _ = writeln!(page, "| {} | {meaning} |", names.join(", "));
    }
    page
}

fn exit_codes() -> String {
    let text = "How `cxda` ends. Where several fit, 130 and 143 go first, then 11, 6 and 8, then the cause of the first failure in the order
of the plan.";
    let mut page = page("Exit codes", text);
    page.push_str("\n| exit code | meaning |\n|---|---|\n");
    for (meaning, item) in documented("crates/app/src/exit.rs") {
        let number = item
            .strip_suffix(',')
            .and_then(|item| item.split_once(" = "));
        if let Some((_, number)) = number {
            let _ = writeln!(page, "| {number} | {meaning} |");
        }
    }
    page
}

/// Each item of the source file at `path` that has documentation: that, and the line where the item begins.
fn documented(path: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut words: Vec<String> = Vec::new();
    for line in tree::read(path).lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("/// ") {
            words.push(text.to_owned());
        } else if !words.is_empty() {
            let text = words.join(" ");
            found.push((text.trim_end_matches('.').to_owned(), line.to_owned()));
            words.clear();
        }
    }
    found
}

fn printed(shell: &Shell, kind: &str) -> Value {
    let (exit, text) = shell.run(&format!("cxda schema {kind}"));
    assert_eq!(exit, 0, "{text}");
    serde_json::from_str(&text).unwrap()
}

fn manifest(shell: &Shell) -> String {
    let schema = printed(shell, "manifest");
    let text = "Every key of a manifest, from `cxda schema manifest`. [Manifests](../manifests.md) shows them at work. Any string but the
text of a script may hold `${var.NAME}`, which the settings of a tenant fill.";
    let mut page = page("Manifests", text);
    for kind in ["MaterializedView", "DataAction"] {
        let part = &schema["$defs"][kind];
        let what = part["description"].as_str().unwrap();
        let _ = write!(page, "\n## {kind}\n\n{what}\n\n{}", schema::table(part, ""));
    }
    page
}

fn settings(shell: &Shell) -> String {
    let schema = printed(shell, "config");
    let text = "Every key of `cxda.toml`, from `cxda schema config`. [A real tenant](../tenant.md) shows them at work. Paths are relative to
the project's folder. An unknown key is an error. A time is a number with a unit, such as `30s` or `5m`. Where `tenant.NAME.api` shows no
default, the profile has one.";
    let mut page = page("Settings", text);
    for (name, part) in schema["properties"].as_object().unwrap() {
        let what = part["description"].as_str().unwrap();
        let _ = write!(
            page,
            "\n## {name}\n\n{what}\n\n{}",
            schema::table(part, name)
        );
    }
    page
}
