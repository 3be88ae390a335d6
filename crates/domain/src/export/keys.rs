//! Maps of a document that is being written, key by key.

use serde_json::{Map, Value};

use crate::node::{Entry, Mark, Node, NodeValue};

/// A map that grows key by key.
#[derive(Debug, Default)]
pub(super) struct Keys(Vec<Entry>);

impl Keys {
    pub(super) fn one(key: &str, value: NodeValue) -> NodeValue {
        let mut keys = Self::default();
        keys.put(key, value);
        keys.into()
    }

    pub(super) fn put(&mut self, key: &str, value: NodeValue) {
        self.0.push(entry(key, value));
    }

    /// Puts `block` in unless it is empty.
    pub(super) fn put_filled(&mut self, key: &str, block: Self) {
        if !block.0.is_empty() {
            self.put(key, block.into());
        }
    }

    /// Puts what is shown in, if anything is.
    pub(super) fn take(&mut self, key: &str, shown: Option<&Value>) {
        if let Some(value) = shown {
            self.put(key, node(value));
        }
    }

    /// Puts the switch `key` in unless it stands as manifests have it by default; left out or `null` it is off.
    pub(super) fn unless(&mut self, default: bool, key: &str, shown: Option<&Map<String, Value>>) {
        let Some(shown) = shown else { return };
        match shown.get(key) {
            Some(Value::Bool(value)) if *value == default => {}
            None | Some(Value::Null) => self.put(key, NodeValue::Bool(false)),
            Some(other) => self.put(key, node(other)),
        }
    }
}

/// The key `key` with its value.
pub(super) fn entry(key: &str, value: NodeValue) -> Entry {
    Entry {
        key: key.to_owned(),
        at: Mark::START,
        node: at_no_place(value),
    }
}

impl From<Keys> for NodeValue {
    fn from(keys: Keys) -> Self {
        Self::Map(keys.0)
    }
}

impl From<Keys> for Node {
    fn from(keys: Keys) -> Self {
        at_no_place(keys.into())
    }
}

pub(super) fn at_no_place(value: NodeValue) -> Node {
    Node {
        value,
        at: Mark::START,
    }
}

pub(super) fn text(text: &str) -> NodeValue {
    NodeValue::Text(text.to_owned())
}

/// A value as a manifest has it: `15.0` is the whole number 15.
pub(super) fn node(value: &Value) -> NodeValue {
    match Node::from(value).value {
        NodeValue::Float(number) if number.fract() == 0.0 => {
            let digits = format!("{number:.0}").parse();
            digits.map_or(NodeValue::Float(number), NodeValue::Integer)
        }
        value => value,
    }
}
