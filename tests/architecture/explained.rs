//! The pages in `docs/errors` say what `cxda explain` says, one page for each rule.

use cxda_domain::rule::Rule;

use crate::pages::{self, Page};

const FOLDER: &str = "docs/errors";

fn pages() -> Vec<Page> {
    let pages = Rule::ALL.iter();
    pages
        .map(|rule| (format!("{FOLDER}/{rule}.md"), rule.page()))
        .collect()
}

#[test]
fn every_rule_has_its_page_and_no_page_is_left_over() {
    pages::compare(FOLDER, &pages());
}

#[test]
#[ignore = "writes docs/errors"]
fn write_the_pages_anew() {
    pages::write(FOLDER, &pages());
}
