//! JSON to a tree: `serde_json` judges and decodes, a scan beside it tells where each value begins.
//!
//! It takes no comments, no trailing commas and nothing else that RFC 8259 lacks.

use std::fmt;

use cxda_domain::node::{Entry, Mark, Node, NodeValue};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::text::{Marks, mark_in_line};
use super::{Budget, ReadError};

/// The document in `text`; `None` if it holds only blanks.
pub(super) fn read(text: &str) -> Result<Option<Node>, ReadError> {
    if text.trim_ascii().is_empty() {
        return Ok(None);
    }
    let mut state = State {
        tokens: Tokens { text, next: 0 },
        marks: Marks::new(text),
        budget: Budget::default(),
        refusal: None,
    };
    let mut json = serde_json::Deserializer::from_str(text);
    let read = Value(&mut state)
        .deserialize(&mut json)
        .and_then(|node| json.end().map(|()| node));
    read.map(Some).map_err(|error| {
        state
            .refusal
            .take()
            .unwrap_or_else(|| syntax_error(text, &error))
    })
}

fn syntax_error(text: &str, error: &serde_json::Error) -> ReadError {
    let (line, column) = (error.line(), error.column());
    let said = error.to_string();
    let said = said
        .strip_suffix(&format!(" at line {line} column {column}"))
        .unwrap_or(&said);
    ReadError::new(
        mark_in_line(text, line, column),
        format!("not valid JSON: {said}"),
    )
}

/// What reading a document needs beside the text's own reader.
#[derive(Debug)]
struct State<'t> {
    tokens: Tokens<'t>,
    marks: Marks<'t>,
    budget: Budget,
    refusal: Option<ReadError>,
}

impl State<'_> {
    /// Keeps the reason, which `serde_json`'s own error could only hold as text.
    fn refuse<E: serde::de::Error>(&mut self, refused: Result<(), ReadError>) -> Result<(), E> {
        refused.map_err(|error| {
            self.refusal = Some(error);
            E::custom("refused")
        })
    }
}

/// The keys and values of a text that is valid JSON so far, in its order.
#[derive(Debug)]
struct Tokens<'t> {
    text: &'t str,
    next: usize,
}

impl<'t> Tokens<'t> {
    /// Where the next key or value begins, and the text from there on.
    fn advance(&mut self) -> (usize, &'t str) {
        let rest = self.text.get(self.next..).unwrap_or_default();
        let between = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n' | ',' | ':' | ']' | '}');
        let token = rest.trim_start_matches(between);
        let start = self.next + (rest.len() - token.len());
        self.next = start + token_len(token.as_bytes());
        (start, token)
    }
}

/// How long the token at the front is: of a map or list its bracket alone.
fn token_len(rest: &[u8]) -> usize {
    match rest.first() {
        Some(b'"') => {
            let mut at = 1;
            loop {
                match rest.get(at) {
                    Some(b'\\') => at += 2,
                    Some(b'"') => return at + 1,
                    Some(_) => at += 1,
                    None => return rest.len(),
                }
            }
        }
        Some(b'{' | b'[') => 1,
        _ => rest
            .iter()
            .position(|byte| b" \t\r\n,:]}".contains(byte))
            .unwrap_or(rest.len()),
    }
}

/// Reads one value.
struct Value<'s, 't>(&'s mut State<'t>);

impl<'de> DeserializeSeed<'de> for Value<'_, '_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Node, D::Error> {
        let (offset, source) = self.0.tokens.advance();
        let at = self.0.marks.at(offset);
        let value = json.deserialize_any(ValueVisitor {
            state: self.0,
            at,
            source,
        })?;
        Ok(Node { value, at })
    }
}

/// Reads one key.
struct Key<'s, 't>(&'s mut State<'t>);

impl<'de> DeserializeSeed<'de> for Key<'_, '_> {
    type Value = (String, Mark);

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        let (offset, _) = self.0.tokens.advance();
        let at = self.0.marks.at(offset);
        let key = <String as serde::Deserialize>::deserialize(json)?;
        Ok((key, at))
    }
}

struct ValueVisitor<'s, 't> {
    state: &'s mut State<'t>,
    at: Mark,
    source: &'t str,
}

impl ValueVisitor<'_, '_> {
    fn scalar<E: serde::de::Error>(self, value: NodeValue) -> Result<NodeValue, E> {
        let counted = self.state.budget.count(self.at);
        self.state.refuse(counted)?;
        Ok(value)
    }

    /// A number as the text writes it: `serde_json` holds 64 bits, and rounds what it has no room for.
    fn number<E: serde::de::Error>(self, nearest: f64) -> Result<NodeValue, E> {
        let token = self.source.as_bytes();
        let digits = self.source.get(..token_len(token)).unwrap_or_default();
        let value = match digits.parse() {
            Ok(integer) => NodeValue::Integer(integer),
            Err(_) => NodeValue::Float(digits.parse().unwrap_or(nearest)),
        };
        self.scalar(value)
    }
}

impl<'de> Visitor<'de> for ValueVisitor<'_, '_> {
    type Value = NodeValue;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<NodeValue, E> {
        self.scalar(NodeValue::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<NodeValue, E> {
        self.scalar(NodeValue::Bool(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<NodeValue, E> {
        self.scalar(NodeValue::Integer(value.into()))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<NodeValue, E> {
        self.scalar(NodeValue::Integer(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<NodeValue, E> {
        self.number(value)
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<NodeValue, E> {
        self.scalar(NodeValue::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<NodeValue, A::Error> {
        let entered = self.state.budget.enter(self.at);
        self.state.refuse(entered)?;
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(Value(self.state))? {
            items.push(item);
        }
        self.state.budget.leave();
        Ok(NodeValue::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<NodeValue, A::Error> {
        let entered = self.state.budget.enter(self.at);
        self.state.refuse(entered)?;
        let mut entries = Vec::new();
        while let Some((key, at)) = map.next_key_seed(Key(self.state))? {
            let node = map.next_value_seed(Value(self.state))?;
            entries.push(Entry { key, at, node });
        }
        self.state.budget.leave();
        Ok(NodeValue::Map(entries))
    }
}
