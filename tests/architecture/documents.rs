//! Documents and the checks of every change agree with each other and with the repository.

use std::path::Path;

use crate::tree;

/// The command that runs all tests.
const TESTS: &str = "cargo test --workspace";

/// What `text`, the document at `path`, names and `exists` does not know.
fn missing(path: &str, text: &str, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let linked = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
        .filter(|target| !target.starts_with("http"))
        .map(|target| {
            if target.starts_with('#') {
                format!("{path}{target}")
            } else if folder.is_empty() {
                target.to_owned()
            } else {
                format!("{folder}/{target}")
            }
        });
    let folders = [
        "crates/",
        "tests/",
        "benches/",
        "examples/",
        ".ci/",
        "docs/",
    ];
    let quoted = text
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| folders.iter().any(|folder| word.starts_with(folder)))
        .filter(|word| !word.contains(['*', '<', ' ']) && *word == word.to_lowercase())
        .map(ToOwned::to_owned);
    linked
        .chain(quoted)
        .filter(|target| !exists(target))
        .map(|target| format!("{path} names {target}, which is not there"))
        .collect()
}

/// Whether the repository has the path `target` and, where it names a part of a document, a heading of that name.
fn is_there(target: &str) -> bool {
    let (path, part) = match target.split_once('#') {
        Some((path, part)) => (path, Some(part)),
        None => (target, None),
    };
    let has = |part: &str| {
        let text = tree::read(path);
        let headings = text.lines().filter(|line| line.starts_with('#'));
        headings.map(anchor).any(|anchor| anchor == part)
    };
    tree::root().join(path).exists() && part.is_none_or(has)
}

/// What a link to `heading` ends in.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    words
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

#[test]
fn links_and_paths_of_documents_lead_somewhere() {
    let mut documents = tree::files("docs", ".md");
    documents.extend(tree::files("examples", ".md"));
    let front = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
    ];
    documents.extend(front.map(ToOwned::to_owned));
    let missing: Vec<String> = documents
        .iter()
        .flat_map(|path| missing(path, &tree::read(path), is_there))
        .collect();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn a_dead_link_and_a_dead_path_are_found() {
    let exists = |target: &str| matches!(target, "a/there.md#part" | "crates/domain");
    let text = "[x](there.md#part) [w](#lost) [y](gone.md) [z](https://example.com) `crates/domain` `crates/gone.rs` `tests/*.rs`";
    assert_eq!(
        missing("a/b.md", text, exists),
        [
            "a/b.md names a/b.md#lost, which is not there",
            "a/b.md names a/gone.md, which is not there",
            "a/b.md names crates/gone.rs, which is not there"
        ]
    );
}

#[test]
fn every_change_is_checked_with_the_command_that_the_readme_shows() {
    assert!(tree::read("README.md").contains(&format!("\n{TESTS}\n")));
    let check = tree::read(".ci/run");
    let commands: Vec<&str> = check
        .lines()
        .filter(|line| line.starts_with("cargo "))
        .collect();
    assert_eq!(commands.last(), Some(&TESTS));
    for part in ["fmt", "clippy", "doc"] {
        let start = format!("cargo {part} ");
        assert!(
            commands.iter().any(|command| command.starts_with(&start)),
            "{part}"
        );
    }
    assert!(tree::read(".github/workflows/ci.yml").contains("run: .ci/run\n"));
}

#[cfg(unix)]
#[test]
fn the_check_of_every_change_can_be_started() {
    use std::os::unix::fs::PermissionsExt;

    let check = tree::root().join(".ci/run");
    let mode = check.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o111, 0o111);
}

#[test]
fn the_toolchain_is_the_oldest_that_is_promised() {
    let pinned: toml::Table = tree::read("rust-toolchain.toml").parse().unwrap();
    let workspace: toml::Table = tree::read("Cargo.toml").parse().unwrap();
    let pinned = pinned["toolchain"]["channel"].as_str().unwrap().to_owned();
    let promised = workspace["workspace"]["package"]["rust-version"]
        .as_str()
        .unwrap();
    assert!(pinned.starts_with(promised), "{pinned} is not {promised}");
}

#[test]
fn the_policy_allows_the_http_client_to_those_who_declare_it() {
    let policy: toml::Table = tree::read("deny.toml").parse().unwrap();
    let denied = policy["bans"]["deny"].as_array().unwrap();
    let client = denied
        .iter()
        .find(|entry| entry["crate"].as_str() == Some("reqwest"))
        .unwrap();
    let mut allowed: Vec<String> = client["wrappers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap().to_owned())
        .collect();
    allowed.sort();
    let declares = |folder: &String| {
        let manifest: toml::Table = tree::read(&format!("crates/{folder}/Cargo.toml"))
            .parse()
            .unwrap();
        let found = ["dependencies", "dev-dependencies"].iter().any(|section| {
            let section = manifest.get(*section).and_then(toml::Value::as_table);
            section.is_some_and(|table| table.contains_key("reqwest"))
        });
        found.then(|| manifest["package"]["name"].as_str().unwrap().to_owned())
    };
    let mut users: Vec<String> = tree::folders("crates")
        .iter()
        .filter_map(declares)
        .collect();
    users.sort();
    assert_eq!(allowed, users);
}

#[test]
fn unreleased_changes_have_their_place() {
    let changes = tree::read("CHANGELOG.md");
    assert!(changes.contains("\n## [Unreleased]\n"));
    let sections = changes
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .collect::<Vec<_>>();
    let known = ["Added", "Changed", "Fixed", "Removed"];
    assert!(sections.iter().all(|section| known.contains(section)));
    assert!(Path::new(&tree::root()).join("LICENSE-MIT").is_file());
}

/// Every document can be reached from the index, and the index from the README.
#[test]
fn the_index_names_every_document() {
    assert!(tree::read("README.md").contains("](docs/README.md)"));
    let index = tree::read("docs/README.md");
    let left_out: Vec<String> = tree::files("docs", ".md")
        .into_iter()
        .filter(|path| !path.starts_with("docs/errors/") && path != "docs/README.md")
        .filter(|path| !index.contains(&path.replacen("docs/", "](", 1)))
        .collect();
    assert_eq!(left_out, Vec::<String>::new());
}
