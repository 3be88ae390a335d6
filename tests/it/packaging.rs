//! `cxda completions` and `cxda man`: what packages and shells need, and the archive of a release that holds them.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::stage::Project;

const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

fn completions(shell: &str) -> String {
    let project = Project::empty();
    let ended = project.cxda(&["completions", shell]).run();
    ended.exits(0).stdout
}

/// The commands that `cxda WORDS --help` lists, without `help`.
fn listed(project: &Project, words: &[&str]) -> Vec<String> {
    let help = project.cxda(&[words, &["--help"]].concat()).run().exits(0);
    help.stdout
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(ToOwned::to_owned)
        .collect()
}

/// Every command and what is below it, as a page is called, the whole among them.
fn commands(project: &Project) -> BTreeSet<String> {
    let mut found = BTreeSet::from(["cxda".to_owned()]);
    for name in listed(project, &[]) {
        for below in listed(project, &[&name]) {
            found.insert(format!("cxda-{name}-{below}"));
        }
        found.insert(format!("cxda-{name}"));
    }
    found
}

/// The pages that `cxda man` writes.
fn pages(project: &Project, folder: &str) -> Vec<(String, String)> {
    let path = project.path().join(folder);
    fs::create_dir(&path).unwrap();
    let ended = project.cxda(&["man", folder]).run().exits(0);
    assert_eq!(ended.stdout, "");
    let mut pages: Vec<(String, String)> = fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    pages.sort();
    pages
}

#[test]
fn every_command_has_a_manual_page_of_its_own() {
    let project = Project::empty();
    let pages = pages(&project, "man");
    let names = pages.iter().map(|(name, _)| name.clone());
    let commands = commands(&project);
    assert!(commands.contains("cxda-webhooks-deliver"), "{commands:?}");
    let want: Vec<String> = commands.iter().map(|name| format!("{name}.1")).collect();
    assert_eq!(names.collect::<BTreeSet<_>>(), want.into_iter().collect());
    for (name, page) in pages {
        assert!(page.contains(".SH SYNOPSIS"), "{name}: {page}");
    }
}

#[test]
fn two_calls_write_the_same_bytes() {
    let project = Project::empty();
    assert_eq!(pages(&project, "one"), pages(&project, "other"));
    for shell in SHELLS {
        assert_eq!(completions(shell), completions(shell), "{shell}");
    }
}

#[test]
fn pages_go_only_where_a_folder_is() {
    let ended = Project::empty().cxda(&["man", "gone"]).run().exits(64);
    assert!(ended.stderr.contains("gone is not a folder"), "{ended:?}");
}

#[test]
fn each_shell_completes_every_command_and_where_it_can_the_codes_of_rules() {
    let names = listed(&Project::empty(), &[]);
    for shell in SHELLS {
        let script = completions(shell);
        for name in names.iter().map(String::as_str) {
            assert!(script.contains(name), "{shell}: {name}");
        }
        // The others complete no positional arguments.
        let knows_values = matches!(shell, "bash" | "zsh");
        assert_eq!(script.contains("W011"), knows_values, "{shell}");
    }
}

/// Shells that are not there are not asked.
#[test]
fn completions_are_sound_scripts_to_their_shells() {
    for shell in ["bash", "zsh", "fish"] {
        let project = Project::empty();
        let script = project.write("completions", completions(shell));
        let Ok(checked) = Command::new(shell).arg("-n").arg(script).output() else {
            continue;
        };
        assert!(checked.status.success(), "{shell}: {checked:?}");
    }
}

#[test]
fn completions_have_one_format_and_know_five_shells() {
    let project = Project::empty();
    let json = project.cxda(&["completions", "bash", "-o", "json"]);
    json.run().exits(64);
    project.cxda(&["completions", "ksh"]).run().exits(64);
}

/// The archive is made twice, around a stand-in for the binary, which is too large here.
#[cfg(target_os = "linux")]
#[test]
fn a_release_has_all_that_a_package_needs_and_twice_the_same_bytes() {
    use std::os::unix::fs::PermissionsExt;

    let project = Project::empty();
    let call = format!("#!/bin/sh\nexec {} \"$@\"\n", env!("CARGO_BIN_EXE_cxda"));
    let binary = project.write("cxda", call);
    fs::set_permissions(&binary, fs::Permissions::from_mode(0o700)).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.ci/release");
    let archive = |folder: &str| {
        let made = Command::new(script)
            .arg(&binary)
            .arg(project.path().join(folder))
            .env("SOURCE_DATE_EPOCH", "1709220600")
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        String::from_utf8(made.stdout).unwrap().trim().to_owned()
    };
    let (one, other) = (archive("one"), archive("other"));
    assert_eq!(fs::read(&one).unwrap(), fs::read(&other).unwrap());

    let list = Command::new("tar").args(["-tzf", &one]).output().unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    let files: BTreeSet<&str> = list
        .lines()
        .filter(|line| !line.ends_with('/'))
        .filter_map(|line| Some(line.split_once('/')?.1))
        .collect();
    let pages = commands(&project)
        .into_iter()
        .map(|name| format!("share/man/man1/{name}.1"));
    let others = [
        "bin/cxda",
        "share/bash-completion/completions/cxda",
        "share/doc/cxda/CHANGELOG.md",
        "share/doc/cxda/LICENSE-APACHE",
        "share/doc/cxda/LICENSE-MIT",
        "share/doc/cxda/README.md",
        "share/elvish/lib/cxda.elv",
        "share/fish/vendor_completions.d/cxda.fish",
        "share/powershell/Scripts/cxda.ps1",
        "share/zsh/site-functions/_cxda",
    ];
    let wanted: BTreeSet<String> = pages.chain(others.map(ToOwned::to_owned)).collect();
    assert_eq!(files, wanted.iter().map(String::as_str).collect());
}
