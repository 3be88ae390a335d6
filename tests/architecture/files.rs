//! The form of source files: how they begin, how long they are, and what they and their items may be called.

use crate::tree;

/// The most lines of a file.
const MOST_LINES: usize = 500;
/// Words that say nothing about what a thing does.
const EMPTY_WORDS: [&str; 6] = ["helper", "helpers", "manager", "misc", "util", "utils"];
/// Words that say too little for the name of a whole file or module.
const EMPTY_FILE_WORDS: [&str; 4] = ["common", "data", "info", "service"];
/// What has no place in the domain, by how its use begins.
const IMPURE: [&str; 12] = [
    "async fn",
    "Instant::now",
    "SystemTime",
    "Utc::now",
    "Local::now",
    "new_v4",
    "now_v7",
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
];

/// What is wrong with the form of the file at `path`.
fn findings(path: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    if !text.starts_with("//!") {
        findings.push(format!("{path} does not open with `//!`"));
    }
    let lines = text.lines().count();
    if lines > MOST_LINES {
        findings.push(format!("{path} has {lines} lines, at most {MOST_LINES}"));
    }
    if path.ends_with("/mod.rs") {
        findings.push(format!("{path} belongs beside its folder, as NAME.rs"));
    }
    let empty = |word: &&str| EMPTY_WORDS.contains(word) || EMPTY_FILE_WORDS.contains(word);
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    let mut parts = stem.split(['/', '_', '-']);
    if let Some(word) = parts.find(empty) {
        findings.push(format!("{path} has `{word}` in its name"));
    }
    for (number, line) in (1..).zip(text.lines()) {
        let Some(name) = item(line) else { continue };
        if let Some(word) = words(name).find(|word| EMPTY_WORDS.contains(&word.as_str())) {
            findings.push(format!("{path}:{number} has `{word}` in `{name}`"));
        }
    }
    findings
}

/// What the domain's file at `path` does that it must not; its tests and comments are not looked at.
fn impurities(path: &str, text: &str) -> Vec<String> {
    let code = text
        .lines()
        .take_while(|line| line.trim() != "#[cfg(test)]")
        .filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| IMPURE.into_iter().filter(|word| line.contains(word)))
        .map(|word| format!("{path} has `{word}`"))
        .collect()
}

/// The name of the item that `line` begins.
fn item(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace().peekable();
    while words
        .next_if(|word| {
            matches!(*word, "pub" | "const" | "async" | "static") || word.starts_with("pub(")
        })
        .is_some()
    {}
    let keyword = words.next()?;
    if !matches!(keyword, "fn" | "struct" | "enum" | "trait" | "type" | "mod") {
        return None;
    }
    let rest = words.next()?;
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
    Some(&rest[..end.unwrap_or(rest.len())])
}

/// The words of a name in snake or camel case, in lower case.
fn words(name: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    for c in name.chars() {
        if (c == '_' || c.is_uppercase()) && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if c != '_'
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
    }
    words.into_iter()
}

fn sources() -> Vec<String> {
    let folders = ["crates", "tests", "benches"];
    folders
        .into_iter()
        .filter(|folder| tree::root().join(folder).is_dir())
        .flat_map(|folder| tree::files(folder, ".rs"))
        .collect()
}

#[test]
fn every_source_file_has_the_agreed_form() {
    let sources = sources();
    assert!(sources.len() > 100, "the sources were not found");
    let findings: Vec<String> = sources
        .iter()
        .flat_map(|path| findings(path, &tree::read(path)))
        .collect();
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn the_domain_reads_no_clock_and_no_file() {
    let findings: Vec<String> = tree::files("crates/domain/src", ".rs")
        .iter()
        .filter(|path| !path.ends_with("/tests.rs") && !path.contains("/tests/"))
        .flat_map(|path| impurities(path, &tree::read(path)))
        .collect();
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn each_kind_of_bad_form_is_found() {
    let long = format!("//! Long.\n{}", "\n".repeat(MOST_LINES));
    for (path, text, want) in [
        (
            "a/b.rs",
            "use std::fmt;\n",
            "a/b.rs does not open with `//!`",
        ),
        ("a/b.rs", "", "a/b.rs does not open with `//!`"),
        ("a/b.rs", long.as_str(), "a/b.rs has 501 lines, at most 500"),
        (
            "a/b/mod.rs",
            "//! A.\n",
            "a/b/mod.rs belongs beside its folder, as NAME.rs",
        ),
        (
            "a/string_utils.rs",
            "//! A.\n",
            "a/string_utils.rs has `utils` in its name",
        ),
        (
            "a/common/b.rs",
            "//! A.\n",
            "a/common/b.rs has `common` in its name",
        ),
        ("a/data.rs", "//! A.\n", "a/data.rs has `data` in its name"),
        (
            "a/b.rs",
            "//! A.\npub(crate) struct TokenManager<T>(T);\n",
            "a/b.rs:2 has `manager` in `TokenManager`",
        ),
        (
            "a/b.rs",
            "//! A.\n    pub async fn read_helper(x: u8) {}\n",
            "a/b.rs:2 has `helper` in `read_helper`",
        ),
        (
            "a/b.rs",
            "//! A.\nmod util;\n",
            "a/b.rs:2 has `util` in `util`",
        ),
    ] {
        assert_eq!(findings(path, text), [want]);
    }
}

#[test]
fn good_form_is_not_found() {
    let full = format!("//! Full.\n{}", "\n".repeat(MOST_LINES - 1));
    for (path, text) in [
        ("a/b.rs", full.as_str()),
        (
            "a/model.rs",
            "//! A.\nstruct DataAction;\nfn utility() {}\n",
        ),
        ("a/b.rs", "//! A.\nlet helper = 1;\n"),
    ] {
        assert_eq!(findings(path, text), [""; 0], "case: {path}");
    }
}

#[test]
fn an_impure_domain_is_found() {
    for (text, want) in [
        ("let t = SystemTime::now();", Some("x has `SystemTime`")),
        ("use std::fs::File;", Some("x has `std::fs`")),
        ("    pub async fn f() {}", Some("x has `async fn`")),
        ("Uuid::new_v4()", Some("x has `new_v4`")),
        ("// std::fs is not used here", None),
        ("#[cfg(test)]\nmod tests { use std::fs; }", None),
    ] {
        assert_eq!(impurities("x", text), Vec::from_iter(want), "case: {text}");
    }
}
