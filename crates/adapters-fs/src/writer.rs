//! Documents as YAML, so that [`reader`](crate::reader) reads them back as they were.

use cxda_domain::node::{Node, NodeValue};
use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};

/// `root` as a YAML document with a final line feed.
///
/// # Errors
///
/// Where the library has no notation for it, which no document that was read can bring about.
pub fn yaml(root: &Node) -> Result<String, NotWritten> {
    let options = serde_saphyr::ser_options! {
        compact_list_indent: false,
        prefer_block_scalars: false,
        quote_all: false,
    };
    serde_saphyr::to_string_with_options(&Tree(root), options)
        .map_err(|error| NotWritten(error.to_string()))
}

/// A document that cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the document cannot be written as YAML: {0}")]
pub struct NotWritten(String);

/// A tree that a serializer walks; keys keep their order.
#[derive(Debug)]
struct Tree<'a>(&'a Node);

impl Serialize for Tree<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0.value {
            NodeValue::Null => serializer.serialize_unit(),
            NodeValue::Bool(value) => serializer.serialize_bool(*value),
            NodeValue::Integer(value) => serializer.serialize_i128(*value),
            NodeValue::Float(value) => serializer.serialize_f64(*value),
            NodeValue::Text(text) | NodeValue::Date(text) => serializer.serialize_str(text),
            NodeValue::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(&Tree(item))?;
                }
                list.end()
            }
            NodeValue::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for entry in entries {
                    map.serialize_entry(&entry.key, &Tree(&entry.node))?;
                }
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests;
