//! A document's shell commands, carried out in a copy of the examples, as a reader would type them.
//!
//! `cargo run --release --` stands for the binary under test; what else cargo would do is not done here, nor what `ELSEWHERE`
//! names. No network but loopback is used: a tenant at another address is moved to the simulator that the shell starts. A block
//! whose first line names a file behind the language is written there (```` ```yaml manifests/a.yaml ````) or added to it
//! (```` ```toml >> cxda.toml ````).

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::tree;

/// Where documents say that a simulator is.
const SHOWN_ADDRESS: &str = "127.0.0.1:8900";
/// Where documents say that a real tenant is, as it stands in `cxda.toml`.
const SHOWN_TENANT: &str = "base_url = \"https://{region}.api.nicecxone.com\"";

/// Beginnings of commands for those who make a release: of the repository's scripts, which it runs itself, and of containers.
const ELSEWHERE: [&str; 2] = [".ci/", "docker "];

/// One command of a document and what it shall come to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) command: String,
    /// The exit code that a comment `# exit N` behind the command names, else 0.
    pub(crate) exit: i32,
    /// The lines that the document shows; `None` where it shows none because the block is a list of commands.
    pub(crate) output: Option<Vec<String>>,
}

/// A fenced block: its language, the file that it names, and its lines.
pub(crate) struct Block {
    pub(crate) language: String,
    file: Option<String>,
    pub(crate) lines: Vec<String>,
}

/// Every fenced block of `markdown`; those in a list lose its indent.
pub(crate) fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open: Option<usize> = None;
    for line in markdown.lines() {
        let indent = line.len() - line.trim_start().len();
        match (open, line.trim_start().strip_prefix("```")) {
            (None, Some(head)) => {
                open = Some(indent);
                let (language, file) = match head.split_once(' ') {
                    Some((language, file)) => (language, Some(file.to_owned())),
                    None => (head, None),
                };
                blocks.push(Block {
                    language: language.to_owned(),
                    file,
                    lines: Vec::new(),
                });
            }
            (Some(_), Some(_)) => open = None,
            (Some(indent), None) => {
                let text = line.get(indent..).unwrap_or_default().to_owned();
                blocks.last_mut().unwrap().lines.push(text);
            }
            (None, None) => {}
        }
    }
    blocks
}

/// Every command of the blocks `sh` and `console` of `markdown`, and every file that is to be written, in order. One that is
/// listed in `sh` and shown with its output later counts where it is shown.
pub(crate) fn steps(markdown: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for block in blocks(markdown) {
        if let Some(file) = &block.file {
            let text = block.lines.join("\n");
            let to = if file.starts_with(">> ") { "" } else { "> " };
            steps.push(Step {
                command: format!("cat {to}{file} <<'END'\n{text}\nEND"),
                exit: 0,
                output: None,
            });
            continue;
        }
        match block.language.as_str() {
            "sh" => {
                let commands = block
                    .lines
                    .iter()
                    .filter(|line| !line.is_empty() && !line.starts_with('#'));
                steps.extend(commands.map(|line| step(line, None)));
            }
            "console" => {
                for line in &block.lines {
                    if let Some(command) = line.strip_prefix("$ ") {
                        steps.push(step(command, Some(Vec::new())));
                    } else {
                        let output = steps.last_mut().and_then(|step| step.output.as_mut());
                        output.unwrap().push(line.clone());
                    }
                }
            }
            _ => {}
        }
    }
    let shown: Vec<String> = steps
        .iter()
        .filter(|step| step.output.is_some())
        .map(|step| step.command.clone())
        .collect();
    // A change of folder counts wherever it stands.
    steps.retain(|step| {
        step.output.is_some() || step.command.starts_with("cd ") || !shown.contains(&step.command)
    });
    steps
}

fn step(line: &str, output: Option<Vec<String>>) -> Step {
    let (command, exit) = match line.split_once("# exit ") {
        Some((command, code)) => (command.trim_end(), code.trim().parse().unwrap()),
        None => (line, 0),
    };
    Step {
        command: command.to_owned(),
        exit,
        output,
    }
}

/// Whether `shown`, in which a line `...` stands for any lines, describes `actual`.
pub(crate) fn describes(shown: &[String], actual: &str) -> bool {
    let shown: Vec<String> = trimmed(shown.iter().map(String::as_str));
    let actual: Vec<String> = trimmed(actual.lines());
    matches(&shown, &actual)
}

fn matches(shown: &[String], actual: &[String]) -> bool {
    match shown.split_first() {
        None => actual.is_empty(),
        Some((first, rest)) if first == "..." => {
            (0..=actual.len()).any(|skipped| matches(rest, &actual[skipped..]))
        }
        Some((first, rest)) => actual
            .split_first()
            .is_some_and(|(line, others)| line == first && matches(rest, others)),
    }
}

/// The lines, alike where they differ from run to run only, without empty ones at the end.
fn trimmed<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut lines: Vec<String> = lines.map(alike).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

/// `line` with every id, port, instant and time in the place of which any other may stand.
fn alike(line: &str) -> String {
    let words = line.trim_end().split(' ').map(|word| {
        let bare = word.trim_end_matches([',', '.', ')']);
        let end = &word[bare.len()..];
        if is_uuid(bare) {
            return format!("ID{end}");
        }
        if is_instant(bare) {
            return format!("INSTANT{end}");
        }
        if let Some((before, port)) = bare.rsplit_once("127.0.0.1:")
            && port.chars().all(|c| c.is_ascii_digit())
        {
            return format!("{before}127.0.0.1:PORT{end}");
        }
        word.to_owned()
    });
    let words: Vec<String> = words.collect();
    let mut timed = words.clone();
    for (index, word) in words.iter().enumerate() {
        let number = |word: &String| word.trim_start_matches('(').parse::<f64>().is_ok();
        if index > 0
            && matches!(word.trim_end_matches(')'), "ms" | "s")
            && number(&words[index - 1])
        {
            timed[index - 1] = String::from("N");
            timed[index] = String::from("ms");
        }
    }
    timed.join(" ")
}

fn is_uuid(word: &str) -> bool {
    let lengths: Vec<usize> = word.split('-').map(str::len).collect();
    // The id of the one table is the same in every run, so it must be right.
    lengths == [8, 4, 4, 4, 12]
        && !word.starts_with("12345678-")
        && word.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

/// A date of today, a time with `Z`, or both; those of manifests are of 2024, and must be right.
fn is_instant(word: &str) -> bool {
    let shape = word
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c });
    let shape: String = shape.take(11).collect();
    let is_time = shape.starts_with("00:00:00") && word.ends_with('Z');
    is_time || (shape.starts_with("0000-00-00") && !word.starts_with("2024-"))
}

/// A shell in a copy of the examples, or in an empty folder.
pub(crate) struct Shell {
    folder: tempfile::TempDir,
    /// Where the next command runs, below the folder.
    current: PathBuf,
    variables: BTreeMap<String, String>,
    simulator: Option<Simulator>,
}

/// A running simulator, and the address that it listens at.
struct Simulator {
    process: Child,
    address: String,
}

impl Shell {
    /// A shell in a fresh copy, with `cxda` on the path and no variable set.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("clone");
        tree::copy(&tree::root().join("examples"), &root.join("examples"));
        let programs = folder.path().join("bin");
        fs::create_dir(&programs).unwrap();
        let cxda = programs.join("cxda");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_cxda"), cxda).unwrap();
        let cargo = programs.join("cargo");
        let script = "#!/bin/sh\ncase \"$*\" in\n\"run --release -- \"*) shift 3; exec cxda \"$@\" ;;\nesac\n";
        fs::write(&cargo, script).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&cargo, mode).unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", programs.display());
        Self {
            current: root,
            variables: BTreeMap::from([("PATH".to_owned(), path)]),
            simulator: None,
            folder,
        }
    }

    /// A shell in an empty folder, with `cxda` on the path and no variable set.
    pub(crate) fn empty() -> Self {
        let mut shell = Self::new();
        shell.current = shell.folder.path().join("empty");
        fs::create_dir(&shell.current).unwrap();
        shell
    }

    /// Where the shell is.
    pub(crate) fn folder(&self) -> &PathBuf {
        &self.current
    }

    /// Carries out `steps`, and says of each what was otherwise than shown.
    pub(crate) fn failures(&mut self, steps: &[Step]) -> String {
        let failures = steps.iter().filter_map(|step| self.carry_out(step).err());
        failures.collect::<Vec<_>>().join("\n\n")
    }

    /// Carries out `steps`, and fails where anything was otherwise than shown.
    pub(crate) fn follow(&mut self, steps: &[Step]) {
        let failures = self.failures(steps);
        assert!(failures.is_empty(), "{failures}");
    }

    /// Carries out `step`; says what was otherwise than shown.
    pub(crate) fn carry_out(&mut self, step: &Step) -> Result<(), String> {
        let command = step.command.as_str();
        if let Some(folder) = command.strip_prefix("cd ") {
            self.current = self.current.join(folder).canonicalize().unwrap();
            return Ok(());
        }
        if let Some((name, value)) = command
            .strip_prefix("export ")
            .and_then(|rest| rest.split_once('='))
        {
            self.variables.insert(name.to_owned(), value.to_owned());
            return Ok(());
        }
        if ELSEWHERE.iter().any(|start| command.starts_with(start)) {
            return Ok(());
        }
        let (exit, output) = if let Some(arguments) = command.strip_prefix("cxda simulate ") {
            let arguments: Vec<&str> = arguments.split(' ').collect();
            (0, self.serve(&arguments))
        } else {
            self.run(command)
        };
        let fits = step
            .output
            .as_ref()
            .is_none_or(|shown| describes(shown, &output));
        if exit == step.exit && fits {
            return Ok(());
        }
        let shown = step.output.as_deref().unwrap_or_default().join("\n");
        let expected = step.exit;
        Err(format!(
            "$ {command}\n--- shown, exit {expected}\n{shown}\n--- found, exit {exit}\n{output}"
        ))
    }

    /// The exit code of `command`, and what it prints on stdout and stderr together.
    pub(crate) fn run(&self, command: &str) -> (i32, String) {
        let command = self.moved(command);
        let output = Command::new("/bin/sh")
            .args(["-c", &format!("{{ {command}\n}} 2>&1")])
            .current_dir(&self.current)
            .env_clear()
            .envs(&self.variables)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let code = output.status.code().unwrap();
        (code, String::from_utf8(output.stdout).unwrap())
    }

    /// `text` with every tenant at an address that is shown moved to the running simulator.
    fn moved(&self, text: &str) -> String {
        let Some(Simulator { address, .. }) = &self.simulator else {
            return text.to_owned();
        };
        let tenant = format!("allow_http = true\nbase_url = \"http://{address}\"");
        text.replace(SHOWN_TENANT, &tenant)
            .replace(SHOWN_ADDRESS, address)
    }

    /// Starts a simulator on a free port, and moves every tenant of the examples to it.
    pub(crate) fn simulate(&mut self) {
        self.serve(&["--listen", SHOWN_ADDRESS]);
    }

    /// Starts `cxda simulate` with `arguments`, but on a free port, in the place of the one before; returns what it says first.
    fn serve(&mut self, arguments: &[&str]) -> String {
        self.simulator = None;
        let arguments = arguments.iter().map(|word| match *word {
            SHOWN_ADDRESS => "127.0.0.1:0",
            other => other,
        });
        let mut process = Command::new(env!("CARGO_BIN_EXE_cxda"))
            .args(["-q", "simulate"])
            .args(arguments)
            .current_dir(&self.current)
            .env_clear()
            .envs(&self.variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let stdout = process.stdout.take().unwrap();
        let mut stdout = BufReader::new(stdout.take(10_000));
        stdout.read_line(&mut said).unwrap();
        let address = said.trim().strip_prefix("listening on http://").unwrap();
        self.simulator = Some(Simulator {
            process,
            address: address.to_owned(),
        });
        let clone = self.folder.path().join("clone/examples");
        for example in fs::read_dir(clone).unwrap().map(Result::unwrap) {
            let settings = example.path().join("cxda.toml");
            if settings.is_file() {
                let text = fs::read_to_string(&settings).unwrap();
                fs::write(settings, self.moved(&text)).unwrap();
            }
        }
        said
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn steps_are_the_commands_of_sh_and_console_blocks() {
    let text = "Text.\n```sh\n# first\na b\n\nc\ne\n```\n1. In a list:\n\n   ```console\n   $ d    # exit 3\n   one\n\n   two\n   $ e\n   ```\n```toml\nf = 1\n```\n```toml a.toml\ng = 1\n```\n```toml >> a.toml\nh = 1\n```\n";
    let step = |command: &str, exit: i32, output: Option<&[&str]>| Step {
        command: command.to_owned(),
        exit,
        output: output.map(|lines| lines.iter().map(|line| (*line).to_owned()).collect()),
    };
    assert_eq!(
        steps(text),
        [
            step("a b", 0, None),
            step("c", 0, None),
            step("d", 3, Some(&["one", "", "two"])),
            step("e", 0, Some(&[])),
            step("cat > a.toml <<'END'\ng = 1\nEND", 0, None),
            step("cat >> a.toml <<'END'\nh = 1\nEND", 0, None),
        ]
    );
}

#[test]
fn shown_output_describes_what_differs_in_ids_ports_and_times_only() {
    let id = "98305a0e-296f-46d6-af0d-76481ff858d7";
    let other = "a6c5a4ba-8365-4326-832e-c9eeeaa053b7";
    for (shown, actual, want) in [
        (vec!["a"], "a\n".to_owned(), true),
        (vec!["a"], "b\n".to_owned(), false),
        (vec!["a"], "a\nb\n".to_owned(), false),
        (vec!["a", "b"], "a\n".to_owned(), false),
        (vec!["a", "..."], "a\nb\nc\n".to_owned(), true),
        (vec!["...", "c"], "a\nb\nc\n".to_owned(), true),
        (vec!["a", "...", "c"], "a\nc\n".to_owned(), true),
        (vec!["a", "...", "d"], "a\nb\nc\n".to_owned(), false),
        (
            vec!["x 98305a0e-296f-46d6-af0d-76481ff858d7, 12 ms"],
            format!("x {other}, 7 ms\n"),
            true,
        ),
        (vec!["x ID"], format!("x {id}\n"), true),
        (vec!["y (3 ms)"], "y (0.8 ms)\n".to_owned(), true),
        (
            vec!["1  2026-11-21 20:14:36Z  done"],
            "1  2027-01-02 03:04:05Z  done\n".to_owned(),
            true,
        ),
        (
            vec!["2024-02-29T17:30:00.000Z"],
            "2024-02-29T18:30:00.000Z\n".to_owned(),
            false,
        ),
        (
            vec!["table 12345678-1234-1234-1234-123456789012"],
            format!("table {id}\n"),
            false,
        ),
        (
            vec!["on http://127.0.0.1:8900"],
            "on http://127.0.0.1:41\n".to_owned(),
            true,
        ),
        (vec!["9 created"], "8 created\n".to_owned(), false),
    ] {
        let lines: Vec<String> = shown.iter().map(|line| (*line).to_owned()).collect();
        assert_eq!(describes(&lines, &actual), want, "case: {shown:?}");
    }
}

#[test]
fn a_command_that_ends_otherwise_than_shown_is_found() {
    let mut shell = Shell::new();
    for markdown in [
        "```sh\ncxda -C examples/nothing validate\n```",
        "```console\n$ cxda -C examples/quickstart validate    # exit 3\n...\n```",
        "```console\n$ cxda -C examples/quickstart validate\n8 resources valid.\n```",
    ] {
        let steps = steps(markdown);
        assert!(shell.carry_out(&steps[0]).is_err(), "case: {markdown}");
    }
    let right =
        steps("```console\n$ cxda -C examples/quickstart validate\n9 resources valid.\n```");
    assert_eq!(shell.carry_out(&right[0]), Ok(()));
}
