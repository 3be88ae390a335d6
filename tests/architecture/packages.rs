//! What a registry asks of each crate. Whether one can be packed and built from its package is tried by cargo itself.

use std::collections::BTreeSet;

use toml::Table;

use crate::tree;

/// The most keywords of a crate, and the most characters of one.
const MOST_KEYWORDS: usize = 5;
const MOST_CHARS: usize = 20;

/// The manifest of each crate, by its folder.
fn manifests() -> Vec<(String, Table)> {
    let folders = tree::folders("crates").into_iter();
    let read = |folder: String| {
        let path = format!("crates/{folder}/Cargo.toml");
        let manifest = tree::read(&path).parse().unwrap();
        (folder, manifest)
    };
    folders.map(read).collect()
}

#[test]
fn every_crate_says_what_it_is_and_carries_its_licences() {
    let mut descriptions = BTreeSet::new();
    for (folder, manifest) in manifests() {
        let package = &manifest["package"];
        let description = package["description"].as_str().unwrap().to_owned();
        assert!(descriptions.insert(description), "{folder} repeats another");
        for inherited in ["license", "readme", "keywords", "include"] {
            let inherits = package[inherited].get("workspace");
            assert!(inherits.is_some(), "{folder}: {inherited}");
        }
        for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
            let carried = tree::read(&format!("crates/{folder}/{licence}"));
            assert_eq!(carried, tree::read(licence), "{folder}: {licence}");
        }
    }
}

#[test]
fn all_of_a_crate_but_its_tests_is_packed() {
    let workspace: Table = tree::read("Cargo.toml").parse().unwrap();
    let packed = workspace["workspace"]["package"]["include"]
        .as_array()
        .unwrap();
    for (folder, _) in manifests() {
        for part in tree::folders(&format!("crates/{folder}")) {
            let entry = toml::Value::from(format!("/{part}"));
            let is_packed = packed.contains(&entry);
            assert_ne!(is_packed, part == "tests", "{folder}: {part}");
        }
    }
}

#[test]
fn keywords_are_as_a_registry_takes_them() {
    let workspace: Table = tree::read("Cargo.toml").parse().unwrap();
    let keywords = &workspace["workspace"]["package"]["keywords"];
    let keywords = keywords.as_array().unwrap();
    assert!(keywords.len() <= MOST_KEYWORDS);
    for keyword in keywords {
        let keyword = keyword.as_str().unwrap();
        assert!(keyword.len() <= MOST_CHARS, "{keyword} is too long");
    }
}

/// A version in the wrong place would make each of two crates wait for the other to be published.
#[test]
fn what_tests_alone_need_is_left_out_of_what_is_published() {
    let workspace: Table = tree::read("Cargo.toml").parse().unwrap();
    let testkit = &workspace["workspace"]["dependencies"]["cxda-testkit"];
    assert!(testkit.get("version").is_none());
    for (folder, manifest) in manifests() {
        let needs = manifest.get("dependencies").and_then(toml::Value::as_table);
        let ships = needs.is_some_and(|needs| needs.contains_key("cxda-testkit"));
        assert!(!ships, "{folder} ships with its tests");
    }
}

#[test]
fn the_image_is_built_with_the_toolchain_of_the_workspace() {
    let pinned: Table = tree::read("rust-toolchain.toml").parse().unwrap();
    let channel = pinned["toolchain"]["channel"].as_str().unwrap();
    let from = format!("FROM rust:{channel}-");
    assert!(tree::read("Dockerfile").contains(&from), "{from}");
}
