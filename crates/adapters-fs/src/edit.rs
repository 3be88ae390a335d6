//! Puts new expected outputs into the text of a manifest, and leaves every other byte as it is.
//!
//! Only what differs is replaced, value by value, so that comments inside an output stay as well. The text is then read again: a
//! manifest that says anything else than it shall is never given back.

use std::ops::Range;

use cxda_domain::node::{Entry, Mark, Node, NodeValue};
use serde_json::Value;

use crate::reader::{self, Format};
use spans::{Inner, Spans};

mod notation;
mod spans;

/// What a test is to expect from now on.
#[derive(Clone, Debug, PartialEq)]
pub struct NewOutput {
    /// Where the document begins that declares the test.
    pub document: Mark,
    /// The test's place in `spec.tests`, from 0.
    pub test: usize,
    /// The output.
    pub output: Value,
}

/// Why an output was not put in its place; the text is then as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotEdited {
    /// TOML has no null.
    #[error("TOML has no null")]
    Null,
    /// An anchor, a TOML header or the like: what stands there cannot be replaced alone.
    #[error("what stands there cannot be replaced without changing more than it")]
    Entangled,
}

/// `text` with each of `outputs` in its place, and for each in their order whether it is.
///
/// `text` has no byte order mark.
pub fn put_outputs(
    format: Format,
    text: &str,
    outputs: &[NewOutput],
) -> (String, Vec<Result<(), NotEdited>>) {
    let mut order: Vec<usize> = (0..outputs.len()).collect();
    // The last first, so that nothing moves that is still to be found.
    order.sort_by_key(|&at| std::cmp::Reverse((outputs[at].document, outputs[at].test)));
    let mut results = vec![Ok(()); outputs.len()];
    let mut edited = text.to_owned();
    for at in order {
        match put_output(format, &edited, &outputs[at]) {
            Ok(text) => edited = text,
            Err(reason) => results[at] = Err(reason),
        }
    }
    (edited, results)
}

/// A text and what takes its place.
type Piece = (Range<usize>, String);

fn put_output(format: Format, text: &str, new: &NewOutput) -> Result<String, NotEdited> {
    let documents = reader::read(format, text.as_bytes()).documents;
    let found = documents.iter().position(|root| root.at == new.document);
    let index = found.ok_or(NotEdited::Entangled)?;
    let mut wanted = documents;
    let place = output_in(&mut wanted[index], new.test).ok_or(NotEdited::Entangled)?;
    let old = std::mem::replace(place, Node::from(&new.output));
    let all = spans::of(format, text).ok_or(NotEdited::Entangled)?;
    let spans = all.get(index).and_then(|root| root.output(new.test));
    let spans = spans.ok_or(NotEdited::Entangled)?;

    let write = |value: &Value| notation::write(format, value);
    let mut pieces = Vec::new();
    replace_what_differs(&old, spans, &new.output, &write, &mut pieces)?;
    let whole = vec![(spans.range.clone(), write(&new.output)?)];
    for pieces in [pieces, whole] {
        let edited = replaced(format, text, pieces);
        let read = reader::read(format, edited.as_bytes());
        let is_wanted = read.documents.len() == wanted.len()
            && read
                .documents
                .iter()
                .zip(&wanted)
                .all(|(read, wanted)| is_same(read, wanted));
        if read.errors.is_empty() && is_wanted {
            return Ok(edited);
        }
    }
    Err(NotEdited::Entangled)
}

/// Collects what must be replaced for `old`, which stands at `spans`, to become `new`.
fn replace_what_differs(
    old: &Node,
    spans: &Spans,
    new: &Value,
    write: &impl Fn(&Value) -> Result<String, NotEdited>,
    pieces: &mut Vec<Piece>,
) -> Result<(), NotEdited> {
    match (&old.value, &spans.inner, new) {
        _ if is_same(old, &Node::from(new)) => {}
        (NodeValue::Map(entries), Inner::Map(members), Value::Object(new))
            if entries.len() == new.len()
                && entries.len() == members.len()
                && entries.iter().all(|entry| new.contains_key(&entry.key)) =>
        {
            for entry in entries {
                let spans = members.get(&entry.key).ok_or(NotEdited::Entangled)?;
                let new = new.get(&entry.key).ok_or(NotEdited::Entangled)?;
                replace_what_differs(&entry.node, spans, new, write, pieces)?;
            }
        }
        (NodeValue::List(items), Inner::List(spans), Value::Array(new))
            if items.len() == new.len() && items.len() == spans.len() =>
        {
            for ((item, spans), new) in items.iter().zip(spans).zip(new) {
                replace_what_differs(item, spans, new, write, pieces)?;
            }
        }
        _ => pieces.push((spans.range.clone(), write(new)?)),
    }
    Ok(())
}

fn replaced(format: Format, text: &str, mut pieces: Vec<Piece>) -> String {
    pieces.sort_by_key(|(range, _)| range.start);
    let (mut edited, mut end) = (String::with_capacity(text.len()), 0);
    for (range, new) in pieces {
        edited.push_str(text.get(end..range.start).unwrap_or_default());
        // Of a block, all that stands behind the key's colon is replaced.
        if format == Format::Yaml && edited.ends_with(':') {
            edited.push(' ');
        }
        edited.push_str(&new);
        end = range.end;
    }
    edited.push_str(text.get(end..).unwrap_or_default());
    edited
}

/// The expected output of the test `test` in the document `root`.
fn output_in(root: &mut Node, test: usize) -> Option<&mut Node> {
    let tests = member(member(root, "spec")?, "tests")?;
    let NodeValue::List(tests) = &mut tests.value else {
        return None;
    };
    member(member(tests.get_mut(test)?, "expect")?, "output")
}

fn member<'n>(node: &'n mut Node, key: &str) -> Option<&'n mut Node> {
    let NodeValue::Map(entries) = &mut node.value else {
        return None;
    };
    let entry = entries.iter_mut().find(|entry| entry.key == key);
    entry.map(|entry| &mut entry.node)
}

/// Whether both say the same, wherever they stand and in whatever order keys are.
pub(crate) fn is_same(left: &Node, right: &Node) -> bool {
    match (&left.value, &right.value) {
        (NodeValue::List(left), NodeValue::List(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(l, r)| is_same(l, r))
        }
        (NodeValue::Map(left), NodeValue::Map(right)) => {
            let sorted = |entries: &'_ [Entry]| {
                let mut order: Vec<usize> = (0..entries.len()).collect();
                order.sort_by_key(|&at| entries[at].key.clone());
                order
            };
            let pairs = sorted(left).into_iter().zip(sorted(right));
            left.len() == right.len()
                && pairs.into_iter().all(|(l, r)| {
                    left[l].key == right[r].key && is_same(&left[l].node, &right[r].node)
                })
        }
        (left, right) => left == right,
    }
}

#[cfg(test)]
mod tests;
