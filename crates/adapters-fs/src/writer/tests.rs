//! Whatever is written is read back as it was.

use cxda_domain::node::Node;
use cxda_testkit::strategies;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::yaml;
use crate::edit::is_same;
use crate::reader::{self, Format};

fn read_back(value: &Value) -> String {
    let root = Node::from(value);
    let text = yaml(&root).unwrap();
    let read = reader::read(Format::Yaml, text.as_bytes());
    assert_eq!(read.errors, [], "{text}");
    assert_eq!(read.documents.len(), 1, "{text}");
    assert!(is_same(&read.documents[0], &root), "{value}\n{text}");
    text
}

#[test]
fn a_document_is_written_as_people_write_it() {
    let text = read_back(&json!({
        "spec": {
            "columns": [{"alias": "cust_id", "name": "customer_id"}, {"name": "n"}],
            "dependencies": ["base"],
            "description": "Adds the customer's segment: gold, or # none",
            "empty": [], "none": {},
            "key": "customer_{id}_v2",
            "script": {"file": "scripts/score.js"},
        }
    }));
    insta::assert_snapshot!(text);
}

#[test]
fn text_that_looks_like_something_else_stays_text() {
    for text in [
        "",
        "no",
        "Yes",
        "on",
        "~",
        "null",
        "true",
        "0x1F",
        "1_000",
        "1.10",
        "12:30:45",
        "2024-02-29",
        ".inf",
        "-",
        "- a",
        "a: b",
        "a #b",
        "#",
        "&a",
        "*a",
        "!t",
        "%x",
        "@x",
        "`x`",
        "{a}",
        "[a]",
        "'",
        "\"",
        "? x",
        "| x",
        "> x",
        " lead",
        "trail ",
        "a\nb",
        "a\r\nb",
        "a\tb",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{7f}",
        "\u{1b}[31m",
        "---",
        "...",
        "<<",
        "=",
        "1e3",
        "+1",
        "0o7",
        "é😀",
    ] {
        read_back(&json!({ "value": text, "list": [text] }));
        if !text.is_empty() {
            read_back(&json!({ text: 1 }));
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_written_is_read_back(value in strategies::json()) {
        read_back(&json!({ "value": value }));
    }
}
