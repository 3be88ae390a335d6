//! A tree as text, so that a test shows what was read and where it stands.

use std::fmt::Write as _;

use cxda_adapters_fs::reader::{Format, ReadError, ReadOutcome, read};
use cxda_domain::node::{Mark, Node, NodeValue};

/// What a file was read as: documents, then errors.
pub(crate) fn show(format: Format, text: &str) -> String {
    outcome(&read(format, text.as_bytes()))
}

pub(crate) fn outcome(outcome: &ReadOutcome) -> String {
    let mut shown = String::new();
    for document in &outcome.documents {
        shown.push_str("--- ");
        node(&mut shown, document, 0);
    }
    for error in &outcome.errors {
        shown.push_str(&self::error(error));
        shown.push('\n');
    }
    shown
}

pub(crate) fn error(error: &ReadError) -> String {
    let hint = error.hint.as_deref().unwrap_or("-");
    format!("{} {} ({hint})", place(error.at), error.message)
}

fn place(at: Mark) -> String {
    format!("{}:{}", at.line, at.column)
}

fn node(shown: &mut String, node: &Node, indent: usize) {
    let at = place(node.at);
    let inner = indent + 2;
    match &node.value {
        NodeValue::Null => writeln!(shown, "{at} null").unwrap(),
        NodeValue::Bool(value) => writeln!(shown, "{at} bool {value}").unwrap(),
        NodeValue::Integer(value) => writeln!(shown, "{at} int {value}").unwrap(),
        NodeValue::Float(value) => writeln!(shown, "{at} float {value:?}").unwrap(),
        NodeValue::Text(value) => writeln!(shown, "{at} {value:?}").unwrap(),
        NodeValue::Date(value) => writeln!(shown, "{at} date {value}").unwrap(),
        NodeValue::List(items) => {
            writeln!(shown, "{at} list").unwrap();
            for item in items {
                write!(shown, "{:inner$}- ", "").unwrap();
                self::node(shown, item, inner);
            }
        }
        NodeValue::Map(entries) => {
            writeln!(shown, "{at} map").unwrap();
            for entry in entries {
                let key_at = place(entry.at);
                write!(shown, "{:inner$}{key_at} {} = ", "", entry.key).unwrap();
                self::node(shown, &entry.node, inner);
            }
        }
    }
}
