//! The pages in `docs/errors` say what `cxda explain` says, one page for each rule.

use std::fs;

use cxda_domain::rule::Rule;

use crate::tree;

const FOLDER: &str = "docs/errors";

/// The path of each page, and what it must hold.
fn pages() -> Vec<(String, String)> {
    let pages = Rule::ALL.iter();
    pages
        .map(|rule| (format!("{FOLDER}/{rule}.md"), rule.page()))
        .collect()
}

#[test]
fn every_rule_has_its_page_and_no_page_is_left_over() {
    let pages = pages();
    let names: Vec<&str> = pages.iter().map(|(path, _)| path.as_str()).collect();
    let remedy =
        "cargo test -p cxda --test architecture write_the_pages_anew -- --ignored makes them anew";
    assert_eq!(tree::files(FOLDER, ".md"), names, "{remedy}");
    for (path, page) in &pages {
        assert_eq!(&tree::read(path), page, "{path}: {remedy}");
    }
}

#[test]
#[ignore = "writes docs/errors"]
fn write_the_pages_anew() {
    let folder = tree::root().join(FOLDER);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    for (path, page) in pages() {
        fs::write(tree::root().join(path), page).unwrap();
    }
}
