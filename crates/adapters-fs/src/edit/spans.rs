//! Where each value of a manifest begins and ends in its text.
//!
//! The trees of the reader know beginnings only. These trees go beside them: the same documents, the same keys.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle};
use serde_json::value::RawValue;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::reader::Format;

/// A value's place in the text, in bytes.
#[derive(Debug)]
pub(super) struct Spans {
    pub(super) range: Range<usize>,
    pub(super) inner: Inner,
}

#[derive(Debug)]
pub(super) enum Inner {
    /// Text, a number and the like; also an alias.
    Leaf,
    List(Vec<Spans>),
    Map(BTreeMap<String, Spans>),
}

impl Spans {
    /// The expected output of the test `test` in this document.
    pub(super) fn output(&self, test: usize) -> Option<&Self> {
        let Inner::List(tests) = &self.member("spec")?.member("tests")?.inner else {
            return None;
        };
        tests.get(test)?.member("expect")?.member("output")
    }

    fn member(&self, key: &str) -> Option<&Self> {
        match &self.inner {
            Inner::Map(members) => members.get(key),
            _ => None,
        }
    }
}

/// Every document of `text` that is not empty; `None` where it cannot be read.
pub(super) fn of(format: Format, text: &str) -> Option<Vec<Spans>> {
    match format {
        Format::Yaml => yaml(text),
        Format::Json => {
            let root: &RawValue = serde_json::from_str(text).ok()?;
            Some(vec![json(text, root)])
        }
        Format::Toml => {
            let root = DeTable::parse(text).ok()?;
            let (range, root) = (root.span(), root.into_inner());
            Some(vec![toml_table(range, &root)])
        }
    }
}

/// No deeper than the reader allows, which read the text before.
fn json(text: &str, raw: &RawValue) -> Spans {
    // A raw value is a part of the text that it was read from.
    let start = raw.get().as_ptr().addr() - text.as_ptr().addr();
    let inner = if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(raw.get()) {
        Inner::List(items.into_iter().map(|item| json(text, item)).collect())
    } else if let Ok(members) = serde_json::from_str::<BTreeMap<Cow<'_, str>, &RawValue>>(raw.get())
    {
        let members = members.into_iter();
        Inner::Map(
            members
                .map(|(key, member)| (key.into_owned(), json(text, member)))
                .collect(),
        )
    } else {
        Inner::Leaf
    };
    let range = start..start + raw.get().len();
    Spans { range, inner }
}

fn toml_table(range: Range<usize>, table: &DeTable<'_>) -> Spans {
    let members = table.iter();
    let members = members.map(|(key, value)| (key.get_ref().to_string(), toml_value(value)));
    let inner = Inner::Map(members.collect());
    Spans { range, inner }
}

fn toml_value(value: &Spanned<DeValue<'_>>) -> Spans {
    let range = value.span();
    let inner = match value.get_ref() {
        DeValue::Table(table) => return toml_table(range, table),
        DeValue::Array(items) => Inner::List(items.iter().map(toml_value).collect()),
        _ => Inner::Leaf,
    };
    Spans { range, inner }
}

/// A map or list of YAML that is not read to its end.
struct Open {
    start: usize,
    is_flow: bool,
    inner: Inner,
    /// The key whose value comes next, and where its colon ends.
    key: Option<(String, usize)>,
}

fn yaml(text: &str) -> Option<Vec<Spans>> {
    let mut documents = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.ok()?;
        let range = span.byte_range()?;
        let whole = match event {
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                let is_list = matches!(event, Event::SequenceStart(..));
                open.push(Open {
                    start: range.start,
                    is_flow: matches!(text.get(range)?, "[" | "{"),
                    inner: if is_list {
                        Inner::List(Vec::new())
                    } else {
                        Inner::Map(BTreeMap::new())
                    },
                    key: None,
                });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let closed = open.pop()?;
                // A block ends with the last value in it, whatever comments follow.
                let end = if closed.is_flow {
                    range.end
                } else {
                    closed.inner.end()?
                };
                let layout = if closed.is_flow {
                    Layout::Inline
                } else {
                    Layout::Block
                };
                (closed.start..end, closed.inner, layout)
            }
            Event::Scalar(key, ..) if awaits_key(&open) => {
                let colon = range.end + text.get(range.end..)?.find(':')? + 1;
                open.last_mut()?.key = Some((key.into_owned(), colon));
                continue;
            }
            Event::Scalar(_, style, ..) => {
                let written = text.get(range.clone())?.trim_end();
                let is_inline = !written.is_empty()
                    && !matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                let layout = if is_inline {
                    Layout::Inline
                } else {
                    Layout::Block
                };
                (
                    range.start..range.start + written.len(),
                    Inner::Leaf,
                    layout,
                )
            }
            Event::Alias(..) => (range, Inner::Leaf, Layout::Inline),
            _ => continue,
        };
        place(text, &mut open, &mut documents, whole)?;
    }
    Some(documents)
}

/// How a value is laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// It may stand anywhere in a line.
    Inline,
    /// It takes lines of its own, or is not written at all.
    Block,
}

fn awaits_key(open: &[Open]) -> bool {
    let innermost = open.last();
    innermost.is_some_and(|open| matches!(open.inner, Inner::Map(_)) && open.key.is_none())
}

/// Puts a whole value where it belongs.
fn place(
    text: &str,
    open: &mut [Open],
    documents: &mut Vec<Spans>,
    (mut range, inner, layout): (Range<usize>, Inner, Layout),
) -> Option<()> {
    let Some(around) = open.last_mut() else {
        // An empty document holds an unwritten scalar, and the reader passes it over as well.
        if !range.is_empty() {
            documents.push(Spans { range, inner });
        }
        return Some(());
    };
    match &mut around.inner {
        Inner::List(items) => items.push(Spans { range, inner }),
        Inner::Map(members) => {
            let (key, colon) = around.key.take()?;
            if layout == Layout::Block {
                // What marks a block stands between the colon and its first word; a comment there is kept.
                let between = text.get(colon..range.start.max(colon))?;
                let is_mark =
                    |c: char| c.is_whitespace() || "-|>+".contains(c) || c.is_ascii_digit();
                if between.chars().all(is_mark) {
                    range = colon..range.end.max(colon);
                }
            }
            members.insert(key, Spans { range, inner });
        }
        Inner::Leaf => {}
    }
    Some(())
}

impl Inner {
    /// Where the last value in it ends.
    fn end(&self) -> Option<usize> {
        match self {
            Self::Leaf => None,
            Self::List(items) => items.last().map(|item| item.range.end),
            Self::Map(members) => members.values().map(|member| member.range.end).max(),
        }
    }
}
