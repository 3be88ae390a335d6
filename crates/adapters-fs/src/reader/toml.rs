//! TOML to a tree: the parser's events, decoded and put into tables.
//!
//! What TOML forbids to define twice stands in the tree twice, as a repeated key does, for the
//! domain to judge. Which table a key belongs to is in [`tables`].

use std::borrow::Cow;

use cxda_domain::node::{Mark, Node, NodeValue};
use toml_parser::decoder::{Encoding, ScalarKind};
use toml_parser::parser::{EventReceiver, ValidateWhitespace, parse_document};
use toml_parser::{ErrorSink, Expected, ParseError, Raw, Source, Span};

use super::budget::check_depth;
use super::text::{Marks, mark_at};
use super::{Budget, MAX_NODES, ReadError};
use tables::{Content, Key, TableId, Tables, Value};

mod tables;

/// The most tokens of one file: more than any file needs whose values are within their limit.
const MAX_TOKENS: usize = 8 * MAX_NODES;

/// The document in `text`; `None` if it holds no key.
pub(super) fn read(text: &str) -> Result<Option<Node>, ReadError> {
    let source = Source::new(text);
    let tokens: Vec<_> = source.lex().take(MAX_TOKENS + 1).collect();
    if let Some(last) = tokens.get(MAX_TOKENS) {
        let at = mark_at(text.as_bytes(), last.span().start());
        return Err(ReadError::new(
            at,
            format!("the file has more than {MAX_TOKENS} TOML tokens"),
        )
        .with_hint("split the file"));
    }
    let mut builder = Builder::new(source);
    builder.budget.count(Mark::START)?;
    let mut error: Option<ParseError> = None;
    let mut receiver = ValidateWhitespace::new(&mut builder, source);
    parse_document(&tokens, &mut receiver, &mut error);
    if let Some(refusal) = builder.refusal {
        return Err(refusal);
    }
    match error {
        Some(error) => Err(syntax_error(text, &error)),
        None => Ok(builder.tables.into_document()),
    }
}

fn syntax_error(text: &str, error: &ParseError) -> ReadError {
    let mut message = format!("not valid TOML: {}", error.description());
    for (index, expected) in error.expected().unwrap_or_default().iter().enumerate() {
        message.push_str(if index == 0 { ", expected " } else { " or " });
        match expected {
            Expected::Literal("\n") => message.push_str("the end of the line"),
            Expected::Literal(literal) => message.extend(["`", literal, "`"]),
            Expected::Description(description) => message.push_str(description),
            _ => message.push_str("something else"),
        }
    }
    let place = error.unexpected().or(error.context());
    let offset = place.map_or(text.len(), |span| span.start());
    ReadError::new(mark_at(text.as_bytes(), offset), message)
}

/// Takes the parser's events and fills the tables.
struct Builder<'t> {
    source: Source<'t>,
    marks: Marks<'t>,
    budget: Budget,
    tables: Tables,
    /// The table that the last header opened, or the document.
    section: TableId,
    /// The parts of the key that is being read.
    path: Vec<Key>,
    /// Where the values belong that are being read, the innermost last.
    targets: Vec<(TableId, Key)>,
    /// The inline tables and arrays that are being read, the innermost last.
    open: Vec<Open>,
    refusal: Option<ReadError>,
}

enum Open {
    Table {
        at: Mark,
        table: TableId,
    },
    Array {
        at: Mark,
        depth: usize,
        items: Vec<Value>,
    },
}

impl<'t> Builder<'t> {
    fn new(source: Source<'t>) -> Self {
        Self {
            source,
            marks: Marks::new(source.input()),
            budget: Budget::default(),
            tables: Tables::new(),
            section: Tables::ROOT,
            path: Vec::new(),
            targets: Vec::new(),
            open: Vec::new(),
            refusal: None,
        }
    }

    /// Does `step`, unless the file was refused before.
    fn go_on<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T, ReadError>) -> Option<T> {
        if self.refusal.is_some() {
            return None;
        }
        step(self)
            .map_err(|refusal| self.refusal = Some(refusal))
            .ok()
    }

    fn raw(&self, span: Span, encoding: Option<Encoding>) -> Raw<'t> {
        let text = self.source.input();
        let raw = text.get(span.start()..span.end()).unwrap_or_default();
        Raw::new_unchecked(raw, encoding, span)
    }

    /// How many maps and lists stand around the value that is being read.
    fn depth(&self) -> usize {
        match (self.open.last(), self.targets.last()) {
            (Some(Open::Array { depth, .. }), _) => *depth,
            (_, Some((table, _))) => self.tables.depth(*table),
            (_, None) => 0,
        }
    }

    /// Puts a whole value where it belongs.
    fn place(&mut self, value: Value) {
        if let Some(Open::Array { items, .. }) = self.open.last_mut() {
            items.push(value);
        } else if let Some((table, key)) = self.targets.pop() {
            self.tables.insert(table, key, value);
        }
    }
}

impl EventReceiver for Builder<'_> {
    fn std_table_open(&mut self, _span: Span, _errors: &mut dyn ErrorSink) {
        self.path.clear();
    }

    fn std_table_close(&mut self, _span: Span, _errors: &mut dyn ErrorSink) {
        self.go_on(|builder| {
            let path = std::mem::take(&mut builder.path);
            builder.section = builder.tables.open(path, &mut builder.budget)?;
            Ok(())
        });
    }

    fn array_table_open(&mut self, _span: Span, _errors: &mut dyn ErrorSink) {
        self.path.clear();
    }

    fn array_table_close(&mut self, _span: Span, _errors: &mut dyn ErrorSink) {
        self.go_on(|builder| {
            let path = std::mem::take(&mut builder.path);
            builder.section = builder.tables.append(path, &mut builder.budget)?;
            Ok(())
        });
    }

    fn simple_key(&mut self, span: Span, encoding: Option<Encoding>, errors: &mut dyn ErrorSink) {
        self.go_on(|builder| {
            let at = builder.marks.at(span.start());
            check_depth(builder.path.len(), at)?;
            let mut name = Cow::Borrowed("");
            builder.raw(span, encoding).decode_key(&mut name, errors);
            let name = name.into_owned();
            builder.path.push(Key { name, at });
            Ok(())
        });
    }

    fn key_val_sep(&mut self, _span: Span, _errors: &mut dyn ErrorSink) {
        self.go_on(|builder| {
            let table = match builder.open.last() {
                Some(Open::Table { table, .. }) => *table,
                _ => builder.section,
            };
            let path = std::mem::take(&mut builder.path);
            let target = builder.tables.dotted(table, path, &mut builder.budget)?;
            builder.targets.extend(target);
            Ok(())
        });
    }

    fn inline_table_open(&mut self, span: Span, _errors: &mut dyn ErrorSink) -> bool {
        self.go_on(|builder| {
            let at = builder.marks.at(span.start());
            let depth = builder.depth() + 1;
            let table = builder.tables.add_inline(depth, at, &mut builder.budget)?;
            builder.open.push(Open::Table { at, table });
            builder.path.clear();
            Ok(())
        })
        .is_some()
    }

    fn inline_table_close(&mut self, _span: Span, _errors: &mut dyn ErrorSink) {
        self.go_on(|builder| {
            if let Some(Open::Table { at, table }) = builder.open.pop() {
                let content = Content::Table(table);
                builder.place(Value { at, content });
            }
            Ok(())
        });
    }

    fn array_open(&mut self, span: Span, _errors: &mut dyn ErrorSink) -> bool {
        self.go_on(|builder| {
            let at = builder.marks.at(span.start());
            let depth = builder.depth() + 1;
            check_depth(depth, at)?;
            builder.budget.count(at)?;
            let items = Vec::new();
            builder.open.push(Open::Array { at, depth, items });
            Ok(())
        })
        .is_some()
    }

    fn array_close(&mut self, _span: Span, _errors: &mut dyn ErrorSink) {
        self.go_on(|builder| {
            if let Some(Open::Array { at, items, .. }) = builder.open.pop() {
                let content = Content::Array(items);
                builder.place(Value { at, content });
            }
            Ok(())
        });
    }

    fn scalar(&mut self, span: Span, encoding: Option<Encoding>, errors: &mut dyn ErrorSink) {
        self.go_on(|builder| {
            let at = builder.marks.at(span.start());
            builder.budget.count(at)?;
            let raw = builder.raw(span, encoding);
            let content = Content::Scalar(decode(raw, span, errors));
            builder.place(Value { at, content });
            Ok(())
        });
    }
}

/// The value of a scalar; what it cannot be goes to `errors`.
fn decode(raw: Raw<'_>, span: Span, errors: &mut dyn ErrorSink) -> NodeValue {
    let mut text = Cow::Borrowed("");
    match raw.decode_scalar(&mut text, errors) {
        ScalarKind::String => NodeValue::Text(text.into_owned()),
        ScalarKind::Boolean(value) => NodeValue::Bool(value),
        ScalarKind::DateTime => NodeValue::Date(raw.as_str().to_owned()),
        ScalarKind::Float => text
            .parse()
            .map_or_else(|_| out_of_range(span, errors), NodeValue::Float),
        ScalarKind::Integer(radix) => i128::from_str_radix(&text, radix.value())
            .map_or_else(|_| out_of_range(span, errors), NodeValue::Integer),
    }
}

fn out_of_range(span: Span, errors: &mut dyn ErrorSink) -> NodeValue {
    errors.report_error(ParseError::new("a number that no type holds").with_unexpected(span));
    NodeValue::Null
}
