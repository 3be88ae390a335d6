//! A small reader of JSON, so that documents in tests know where their values stand.
//!
//! It is no reader for users' files: it trusts its input, and a `^` before a value or a key marks a place to be told of.

use std::sync::Arc;

use crate::manifest::{Manifest, decode};
use crate::node::{Entry, Mark, Node, NodeValue};
use crate::violation::Violations;

/// The documents of `text`, one after the other, and the marked places in the order of the text.
pub(crate) fn read(text: &str) -> (Vec<Node>, Vec<Mark>) {
    let mut reader = Reader {
        rest: text.chars().peekable(),
        at: Mark::START,
        marked: Vec::new(),
    };
    let mut documents = Vec::new();
    while reader.next_token().is_some() {
        documents.push(reader.node());
    }
    (documents, reader.marked)
}

/// The only document of `text`.
pub(crate) fn document(text: &str) -> Node {
    let (mut documents, _) = read(text);
    documents.pop().expect("a document")
}

/// What the documents of `text` declare and all that is wrong with them, each script file being read as `main`.
pub(crate) fn decoded(text: &str) -> (Manifest, Violations) {
    let (documents, _) = read(text);
    let file: Arc<str> = "a.yaml".into();
    let decoded = decode(documents.iter().map(|root| (&file, root)));
    let scripts: Vec<_> = decoded.script_files().map(|_| Ok("main".into())).collect();
    let (manifest, violations) = decoded.complete(scripts);
    (manifest, violations.sorted())
}

/// The manifest of `text`, which holds no error.
pub(crate) fn manifest(text: &str) -> Manifest {
    let (manifest, violations) = decoded(text);
    assert!(!violations.has_errors(), "{violations:#?}");
    manifest
}

/// The least action of this name, with further members of its `spec`, in one line.
pub(crate) fn action(name: &str, more: &str) -> String {
    let spec = r#""description": "d", "script": {"content": "main"}"#;
    format!(
        r#"{{"apiVersion": "cxda/v1", "kind": "DataAction", "metadata": {{"name": "{name}"}}, "spec": {{{spec}{more}}}}}"#
    ) + "\n"
}

/// The least action that depends on these.
pub(crate) fn needing(name: &str, dependencies: &[&str]) -> String {
    action(name, &format!(r#", "dependencies": {dependencies:?}"#))
}

/// The least view over this source.
pub(crate) fn view(name: &str, source: &str) -> String {
    let spec = format!(
        r#""description": "long enough", "source": {source}, "columns": [{{"name": "q"}}], "refresh": {{"intervalMinutes": 5}}"#
    );
    format!(
        r#"{{"apiVersion": "cxda/v1", "kind": "MaterializedView", "metadata": {{"name": "{name}"}}, "spec": {{{spec}}}}}"#
    ) + "\n"
}

struct Reader<'t> {
    rest: std::iter::Peekable<std::str::Chars<'t>>,
    at: Mark,
    marked: Vec<Mark>,
}

impl Reader<'_> {
    fn advance(&mut self) -> char {
        let c = self.rest.next().expect("more text");
        if c == '\n' {
            self.at = Mark::new(self.at.line + 1, 1);
        } else if c != '^' {
            self.at.column += 1;
        }
        c
    }

    /// The first character of what comes next; commas and colons separate as spaces do.
    fn next_token(&mut self) -> Option<char> {
        loop {
            match *self.rest.peek()? {
                '^' => self.marked.push(self.at),
                c if c.is_whitespace() || c == ',' || c == ':' => {}
                c => return Some(c),
            }
            self.advance();
        }
    }

    fn node(&mut self) -> Node {
        let first = self.next_token().expect("a value");
        let at = self.at;
        let value = match first {
            '{' => NodeValue::Map(self.entries()),
            '[' => NodeValue::List(self.items()),
            '"' => NodeValue::Text(self.quoted()),
            _ => self.bare(),
        };
        Node { value, at }
    }

    fn entries(&mut self) -> Vec<Entry> {
        self.advance();
        let mut entries = Vec::new();
        while self.next_token() != Some('}') {
            let at = self.at;
            let key = self.quoted();
            let node = self.node();
            entries.push(Entry { key, at, node });
        }
        self.advance();
        entries
    }

    fn items(&mut self) -> Vec<Node> {
        self.advance();
        let mut items = Vec::new();
        while self.next_token() != Some(']') {
            items.push(self.node());
        }
        self.advance();
        items
    }

    fn quoted(&mut self) -> String {
        let mut text = String::from(self.advance());
        loop {
            let c = self.advance();
            text.push(c);
            match c {
                '"' => break,
                '\\' => text.push(self.advance()),
                _ => {}
            }
        }
        serde_json::from_str(&text).expect("a string")
    }

    fn bare(&mut self) -> NodeValue {
        let mut word = String::new();
        while let Some(&c) = self.rest.peek()
            && !(c.is_whitespace() || ",:]}".contains(c))
        {
            word.push(self.advance());
        }
        match word.as_str() {
            "null" => NodeValue::Null,
            "true" => NodeValue::Bool(true),
            "false" => NodeValue::Bool(false),
            _ => match word.parse() {
                Ok(number) => NodeValue::Integer(number),
                Err(_) => NodeValue::Float(word.parse().expect("a number")),
            },
        }
    }
}
