//! YAML 1.2 to trees: the parser's events, kept on a stack of open maps and lists.
//!
//! It resolves aliases and takes no merge keys and no tags but those of the core schema. What a
//! plain scalar means is in [`scalar`].
//!
//! A block scalar stands where its text begins, not at its `|` or `>`, so that the lines of a script
//! can be counted from there. A list that is not indented below its key stands at its first item,
//! for the parser tells no more.

use std::borrow::Cow;
use std::collections::BTreeMap;

use cxda_domain::node::{Entry, Mark, Node, NodeValue};
use granit_parser::{
    ErrorKind, Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput, Tag,
};

use super::budget::{Weight, too_deep};
use super::{Budget, MAX_DOCUMENTS, ReadError, ReadOutcome};

mod message;
mod scalar;

/// Reads every document of `text`.
///
/// After a broken one it goes on at the next `---`, unless a limit of the whole file was passed.
pub(super) fn read(text: &str, outcome: &mut ReadOutcome) {
    let mut reader = Reader {
        events: Parser::new_from_str(text),
        budget: Budget::default(),
    };
    for count in 0_usize.. {
        match reader.document(count) {
            Ok(Some(node)) => outcome.documents.extend(node.filled()),
            Ok(None) => return,
            Err(error) => {
                outcome.errors.push(error);
                let over = reader.budget.is_spent() || count >= MAX_DOCUMENTS;
                if over || !matches!(reader.events.proceed_next_document(), Ok(true)) {
                    return;
                }
            }
        }
    }
}

struct Reader<'t> {
    events: Parser<'t, StrInput<'t>>,
    budget: Budget,
}

/// A document that was read to its end.
enum Document {
    Empty,
    Filled(Node),
}

impl Document {
    fn filled(self) -> Option<Node> {
        match self {
            Self::Empty => None,
            Self::Filled(node) => Some(node),
        }
    }
}

impl Reader<'_> {
    /// The next document, with `before` of them before it; `None` at the end of the file.
    fn document(&mut self, before: usize) -> Result<Option<Document>, ReadError> {
        self.budget.restart();
        let mut tree = Tree {
            budget: &mut self.budget,
            anchors: BTreeMap::new(),
            open: Vec::new(),
            root: None,
        };
        for event in self.events.by_ref() {
            let (event, span) = event.map_err(|error| syntax_error(&error))?;
            match event {
                Event::DocumentStart(..) if before == MAX_DOCUMENTS => {
                    return Err(ReadError::new(
                        mark(span.start),
                        format!("the file holds more than {MAX_DOCUMENTS} documents"),
                    )
                    .with_hint("split the file"));
                }
                Event::DocumentEnd => {
                    return Ok(Some(tree.root.map_or(Document::Empty, Document::Filled)));
                }
                event => tree.take(event, span)?,
            }
        }
        Ok(None)
    }
}

fn syntax_error(error: &ScanError) -> ReadError {
    // The parser looks ahead, so that it may meet its own limit first.
    if *error.kind() == ErrorKind::RecursionLimitExceeded {
        return too_deep(mark(*error.marker()));
    }
    let said = error.info();
    let read_error = ReadError::new(mark(*error.marker()), format!("not valid YAML: {said}"));
    match message::hint(error.kind()) {
        Some(hint) => read_error.with_hint(hint),
        None => read_error,
    }
}

fn mark(marker: Marker) -> Mark {
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Mark::new(number(marker.line()), number(marker.col() + 1))
}

/// The tree of one document while it grows.
struct Tree<'b> {
    budget: &'b mut Budget,
    /// What `*name` stands for, by the number that the parser gives each anchor.
    anchors: BTreeMap<usize, Anchored>,
    open: Vec<Open>,
    root: Option<Node>,
}

/// The value behind an anchor.
enum Anchored {
    /// It is not read to its end, so that an alias to it stands inside it.
    Open,
    Whole(Node, Weight),
}

/// A map or list that is not read to its end.
struct Open {
    at: Mark,
    anchor: usize,
    items: Items,
}

enum Items {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        /// The key whose value comes next.
        key: Option<(String, Mark)>,
    },
}

impl Tree<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), ReadError> {
        let at = mark(span.start);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tag = core_tag(tag.as_deref(), &span)?;
                let is_written = !span.is_empty();
                // Where nothing is written the parser says `~`.
                let text = if is_written { text } else { Cow::Borrowed("") };
                if self.awaits_key() {
                    self.key(text, style, anchor, tag, at)
                } else if self.open.is_empty() && !is_written && anchor == 0 && tag.is_none() {
                    // The document is empty.
                    Ok(())
                } else {
                    self.budget.count(at)?;
                    let at = text_start(at, &text, style);
                    let value = scalar::value(text, style, tag, at)?;
                    self.place(Node { value, at }, anchor)
                }
            }
            Event::SequenceStart(_, anchor, tag) => {
                collection_tag(tag.as_deref(), "seq", &span)?;
                self.open(Items::List(Vec::new()), anchor, at)
            }
            Event::MappingStart(_, anchor, tag) => {
                collection_tag(tag.as_deref(), "map", &span)?;
                let (entries, key) = (Vec::new(), None);
                self.open(Items::Map { entries, key }, anchor, at)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => self.alias(anchor, at),
            // Whatever else there is, such as the start of the stream, holds no value.
            _ => Ok(()),
        }
    }

    fn awaits_key(&self) -> bool {
        matches!(
            self.open.last(),
            Some(Open {
                items: Items::Map { key: None, .. },
                ..
            })
        )
    }

    fn key(
        &mut self,
        text: Cow<'_, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: CoreTag<'_>,
        at: Mark,
    ) -> Result<(), ReadError> {
        if style == ScalarStyle::Plain && text == "<<" {
            return Err(
                ReadError::new(at, "merge keys (`<<`) are not part of YAML 1.2")
                    .with_hint("write the keys out, or let an alias stand for a whole value"),
            );
        }
        if anchor != 0 {
            let value = scalar::value(text.clone(), style, tag, at)?;
            self.keep(anchor, &Node { value, at })?;
        }
        if let Some(Open {
            items: Items::Map { key, .. },
            ..
        }) = self.open.last_mut()
        {
            *key = Some((text.into_owned(), at));
        }
        Ok(())
    }

    fn open(&mut self, items: Items, anchor: usize, at: Mark) -> Result<(), ReadError> {
        if self.awaits_key() {
            return Err(
                ReadError::new(at, "a key is a map or a list").with_hint("use text as a key")
            );
        }
        self.budget.enter(at)?;
        if anchor != 0 {
            self.anchors.insert(anchor, Anchored::Open);
        }
        self.open.push(Open { at, anchor, items });
        Ok(())
    }

    fn close(&mut self) -> Result<(), ReadError> {
        let Some(Open { at, anchor, items }) = self.open.pop() else {
            return Ok(());
        };
        self.budget.leave();
        let value = match items {
            Items::List(items) => NodeValue::List(items),
            Items::Map { entries, .. } => NodeValue::Map(entries),
        };
        self.place(Node { value, at }, anchor)
    }

    fn alias(&mut self, anchor: usize, at: Mark) -> Result<(), ReadError> {
        if self.awaits_key() {
            return Err(ReadError::new(at, "a key is an alias").with_hint("write the key out"));
        }
        match self.anchors.get(&anchor) {
            Some(Anchored::Whole(node, weight)) => {
                self.budget.repeat(*weight, at)?;
                // What stands inside keeps the place where it is written.
                let value = node.value.clone();
                self.place(Node { value, at }, 0)
            }
            Some(Anchored::Open) => Err(ReadError::new(
                at,
                "the alias stands for a value that holds it",
            )
            .with_hint("put the anchor at a value that ends before the alias")),
            // The parser refuses what it knows no anchor of.
            None => Err(ReadError::new(at, "the alias names no anchor")),
        }
    }

    /// Puts a whole value where it belongs.
    fn place(&mut self, node: Node, anchor: usize) -> Result<(), ReadError> {
        if anchor != 0 {
            self.keep(anchor, &node)?;
        }
        match self.open.last_mut().map(|open| &mut open.items) {
            Some(Items::List(items)) => items.push(node),
            Some(Items::Map { entries, key }) => {
                if let Some((key, at)) = key.take() {
                    entries.push(Entry { key, at, node });
                }
            }
            None => self.root = Some(node),
        }
        Ok(())
    }

    fn keep(&mut self, anchor: usize, node: &Node) -> Result<(), ReadError> {
        let weight = Weight::of(node);
        self.budget.copy(weight, node.at)?;
        self.anchors
            .insert(anchor, Anchored::Whole(node.clone(), weight));
        Ok(())
    }
}

/// Where the text of a scalar begins: the parser passes over the empty lines before a block's first word.
fn text_start(at: Mark, text: &str, style: ScalarStyle) -> Mark {
    let words = text.trim_start_matches('\n');
    if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) && !words.is_empty() {
        let empty_lines = u32::try_from(text.len() - words.len()).unwrap_or_default();
        return Mark::new(at.line.saturating_sub(empty_lines), at.column);
    }
    at
}

/// The name of a scalar's tag in the core schema, such as `int`; `str` for the tag `!`.
type CoreTag<'e> = Option<&'e str>;

fn core_tag<'e>(tag: Option<&'e Tag>, span: &Span) -> Result<CoreTag<'e>, ReadError> {
    match tag {
        None => Ok(None),
        Some(tag) if is_unspecific(tag) => Ok(Some("str")),
        Some(tag) => match tag.core_suffix() {
            Some(name @ ("str" | "int" | "float" | "bool" | "null")) => Ok(Some(name)),
            _ => Err(refused_tag(tag, span)),
        },
    }
}

fn collection_tag(tag: Option<&Tag>, allowed: &str, span: &Span) -> Result<(), ReadError> {
    match tag {
        Some(tag) if !is_unspecific(tag) && !tag.is_yaml_core_schema_tag(allowed) => {
            Err(refused_tag(tag, span))
        }
        _ => Ok(()),
    }
}

/// Whether a tag is `!`, which says that a value is what it looks like: text, a list or a map.
fn is_unspecific(tag: &Tag) -> bool {
    tag.parts() == ("", "!")
}

fn refused_tag(tag: &Tag, span: &Span) -> ReadError {
    let at = mark(span.tag_start().unwrap_or(span.start));
    ReadError::new(at, format!("the tag {} is not known here", tag.original()))
        .with_hint("remove the tag: manifests hold plain values only")
}
