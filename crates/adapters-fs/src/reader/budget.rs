//! What a file may cost to read: how deep, how many values, how much text.
//!
//! It counts and refuses; the limits themselves stand in [`reader`](super).

use cxda_domain::node::{Mark, Node, NodeValue};

use super::{MAX_BYTES, MAX_DEPTH, MAX_NODES, ReadError};

/// What one file has cost so far.
#[derive(Debug, Default)]
pub(super) struct Budget {
    depth: usize,
    nodes: usize,
    copied: Weight,
    spent: bool,
}

/// How much a value holds, itself included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Weight {
    /// How many values.
    nodes: usize,
    /// Bytes of text, keys included.
    text_bytes: usize,
    /// Maps and lists, one in another; 0 for a scalar.
    depth: usize,
}

impl Budget {
    /// Counts one value at `at`.
    pub(super) fn count(&mut self, at: Mark) -> Result<(), ReadError> {
        self.count_all(1, at)
    }

    /// Goes into a map or list that begins at `at`, after counting it.
    pub(super) fn enter(&mut self, at: Mark) -> Result<(), ReadError> {
        self.count(at)?;
        self.depth += 1;
        check_depth(self.depth, at)
    }

    /// Leaves the innermost map or list.
    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Begins a document: nothing is open any more, however the one before it ended.
    pub(super) fn restart(&mut self) {
        self.depth = 0;
    }

    /// Whether a limit of the whole file was passed, so that reading on is of no use.
    pub(super) fn is_spent(&self) -> bool {
        self.spent
    }

    /// Counts a value that an alias at `at` repeats.
    pub(super) fn repeat(&mut self, weight: Weight, at: Mark) -> Result<(), ReadError> {
        check_depth(self.depth + weight.depth, at)?;
        self.count_all(weight.nodes, at)?;
        self.copy(weight, at)
    }

    /// Counts the copy of a value that is kept for later aliases.
    pub(super) fn copy(&mut self, weight: Weight, at: Mark) -> Result<(), ReadError> {
        self.copied.nodes += weight.nodes;
        self.copied.text_bytes += weight.text_bytes;
        if self.copied.nodes > MAX_NODES || self.copied.text_bytes > MAX_BYTES {
            self.spent = true;
            return Err(ReadError::new(
                at,
                format!(
                    "anchors and aliases stand for more than {MAX_NODES} values or {} MiB of text",
                    MAX_BYTES >> 20
                ),
            )
            .with_hint("write out what differs and repeat less"));
        }
        Ok(())
    }

    fn count_all(&mut self, nodes: usize, at: Mark) -> Result<(), ReadError> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES {
            self.spent = true;
            return Err(ReadError::new(
                at,
                format!(
                    "the file holds more than {MAX_NODES} values, aliases counted as written out"
                ),
            )
            .with_hint("split the file"));
        }
        Ok(())
    }
}

impl Weight {
    /// The weight of `node`.
    pub(super) fn of(node: &Node) -> Self {
        let mut weight = Self {
            nodes: 1,
            ..Self::default()
        };
        match &node.value {
            NodeValue::Text(text) => weight.text_bytes = text.len(),
            NodeValue::List(items) => {
                weight.depth = 1;
                for item in items {
                    weight.add(Self::of(item));
                }
            }
            NodeValue::Map(entries) => {
                weight.depth = 1;
                for entry in entries {
                    weight.text_bytes += entry.key.len();
                    weight.add(Self::of(&entry.node));
                }
            }
            NodeValue::Null
            | NodeValue::Bool(_)
            | NodeValue::Integer(_)
            | NodeValue::Float(_)
            | NodeValue::Date(_) => {}
        }
        weight
    }

    fn add(&mut self, inner: Self) {
        self.nodes += inner.nodes;
        self.text_bytes += inner.text_bytes;
        self.depth = self.depth.max(inner.depth + 1);
    }
}

/// Refuses more than [`MAX_DEPTH`] maps and lists around each other.
pub(super) fn check_depth(depth: usize, at: Mark) -> Result<(), ReadError> {
    if depth > MAX_DEPTH {
        return Err(too_deep(at));
    }
    Ok(())
}

/// The refusal of a map or list at `at` that is too deep.
pub(super) fn too_deep(at: Mark) -> ReadError {
    ReadError::new(
        at,
        format!("more than {MAX_DEPTH} maps and lists stand inside each other"),
    )
}
