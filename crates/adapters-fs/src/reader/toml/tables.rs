//! Which table of a TOML document a key belongs to.
//!
//! A table can be named by a header, by the parts of a longer header, by a dotted key or by being
//! written inline, and only some of these may add to what another began. Where one may not, a
//! second entry of the same key begins; nothing is refused here but what the budget forbids.

use std::collections::BTreeMap;

use cxda_domain::node::{Entry, Mark, Node, NodeValue};

use crate::reader::budget::check_depth;
use crate::reader::{Budget, ReadError};

/// One part of a key.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) name: String,
    pub(super) at: Mark,
}

/// A value of the document.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) at: Mark,
    pub(super) content: Content,
}

#[derive(Debug)]
pub(super) enum Content {
    Scalar(NodeValue),
    Array(Vec<Value>),
    Table(TableId),
    /// An array that headers in double brackets fill.
    Sections(Vec<(TableId, Mark)>),
}

/// Names a table of [`Tables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TableId(usize);

/// How a table came to be, which decides what may add to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// It is a part of a longer header only; its own header may follow.
    Implied,
    Header,
    Dotted,
    Inline,
}

#[derive(Debug)]
struct Table {
    origin: Origin,
    depth: usize,
    entries: Vec<(Key, Value)>,
}

impl Table {
    fn new(origin: Origin, depth: usize) -> Self {
        // Room for one, for a file may be made of many tables of one entry each.
        let entries = Vec::with_capacity(1);
        Self {
            origin,
            depth,
            entries,
        }
    }
}

/// All tables of one document.
#[derive(Debug)]
pub(super) struct Tables {
    tables: Vec<Table>,
    /// The last entry of each table and key.
    last: BTreeMap<(TableId, String), usize>,
}

impl Tables {
    /// The document itself.
    pub(super) const ROOT: TableId = TableId(0);

    /// A document without keys.
    pub(super) fn new() -> Self {
        Self {
            tables: vec![Table::new(Origin::Header, 1)],
            last: BTreeMap::new(),
        }
    }

    /// How many maps and lists stand around an entry of `table`, the table included.
    pub(super) fn depth(&self, table: TableId) -> usize {
        self.tables[table.0].depth
    }

    /// Adds `key` to `table`, even if it is there.
    pub(super) fn insert(&mut self, table: TableId, key: Key, value: Value) {
        let entries = &mut self.tables[table.0].entries;
        self.last.insert((table, key.name.clone()), entries.len());
        entries.push((key, value));
    }

    /// Adds a table that is written inline and belongs nowhere yet.
    pub(super) fn add_inline(
        &mut self,
        depth: usize,
        at: Mark,
        budget: &mut Budget,
    ) -> Result<TableId, ReadError> {
        self.add(Origin::Inline, depth, at, budget)
    }

    /// The table of the header `[path]`.
    pub(super) fn open(
        &mut self,
        mut path: Vec<Key>,
        budget: &mut Budget,
    ) -> Result<TableId, ReadError> {
        let Some(key) = path.pop() else {
            return Ok(Self::ROOT);
        };
        let parent = self.descend(Self::ROOT, path, Origin::Implied, budget)?;
        if let Some(Content::Table(existing)) = self.find(parent, &key.name)
            && self.tables[existing.0].origin == Origin::Implied
        {
            let existing = *existing;
            self.tables[existing.0].origin = Origin::Header;
            return Ok(existing);
        }
        self.add_under(parent, key, Origin::Header, budget)
    }

    /// The new table of the header `[[path]]`.
    pub(super) fn append(
        &mut self,
        mut path: Vec<Key>,
        budget: &mut Budget,
    ) -> Result<TableId, ReadError> {
        let Some(key) = path.pop() else {
            return Ok(Self::ROOT);
        };
        let parent = self.descend(Self::ROOT, path, Origin::Implied, budget)?;
        let depth = self.depth(parent) + 2;
        let at = key.at;
        let added = self.add(Origin::Header, depth, at, budget)?;
        if let Some(Content::Sections(sections)) = self.find_mut(parent, &key.name) {
            sections.push((added, at));
        } else {
            budget.count(at)?;
            let content = Content::Sections(vec![(added, at)]);
            self.insert(parent, key, Value { at, content });
        }
        Ok(added)
    }

    /// Where the value of the dotted key `path` in `table` belongs; `None` if the key has no part.
    pub(super) fn dotted(
        &mut self,
        table: TableId,
        mut path: Vec<Key>,
        budget: &mut Budget,
    ) -> Result<Option<(TableId, Key)>, ReadError> {
        let Some(key) = path.pop() else {
            return Ok(None);
        };
        let table = self.descend(table, path, Origin::Dotted, budget)?;
        Ok(Some((table, key)))
    }

    /// The table at `path` below `table`; what lacks is added as `origin`.
    fn descend(
        &mut self,
        mut table: TableId,
        path: Vec<Key>,
        origin: Origin,
        budget: &mut Budget,
    ) -> Result<TableId, ReadError> {
        for key in path {
            table = match self.passage(table, &key.name, origin) {
                Some(next) => next,
                None => self.add_under(table, key, origin, budget)?,
            };
        }
        Ok(table)
    }

    /// The table `name` of `table`, if a key or header of `origin` may lead through it.
    fn passage(&mut self, table: TableId, name: &str, origin: Origin) -> Option<TableId> {
        match (self.find(table, name)?, origin) {
            (Content::Sections(sections), Origin::Implied) => {
                sections.last().map(|(table, _)| *table)
            }
            (Content::Table(next), _) => {
                let next = *next;
                let found = &mut self.tables[next.0].origin;
                match (origin, *found) {
                    (_, Origin::Inline) | (Origin::Dotted, Origin::Header) => None,
                    (Origin::Dotted, _) => {
                        *found = Origin::Dotted;
                        Some(next)
                    }
                    _ => Some(next),
                }
            }
            _ => None,
        }
    }

    fn find(&self, table: TableId, name: &str) -> Option<&Content> {
        let last = *self.last.get(&(table, name.to_owned()))?;
        let (_, value) = self.tables[table.0].entries.get(last)?;
        Some(&value.content)
    }

    fn find_mut(&mut self, table: TableId, name: &str) -> Option<&mut Content> {
        let last = *self.last.get(&(table, name.to_owned()))?;
        let (_, value) = self.tables[table.0].entries.get_mut(last)?;
        Some(&mut value.content)
    }

    fn add_under(
        &mut self,
        parent: TableId,
        key: Key,
        origin: Origin,
        budget: &mut Budget,
    ) -> Result<TableId, ReadError> {
        let at = key.at;
        let added = self.add(origin, self.depth(parent) + 1, at, budget)?;
        let content = Content::Table(added);
        self.insert(parent, key, Value { at, content });
        Ok(added)
    }

    fn add(
        &mut self,
        origin: Origin,
        depth: usize,
        at: Mark,
        budget: &mut Budget,
    ) -> Result<TableId, ReadError> {
        check_depth(depth, at)?;
        budget.count(at)?;
        self.tables.push(Table::new(origin, depth));
        Ok(TableId(self.tables.len() - 1))
    }

    /// The tree of the whole document; `None` if it has no key.
    pub(super) fn into_document(mut self) -> Option<Node> {
        let value = self.take(Self::ROOT);
        let at = match &value {
            NodeValue::Map(entries) => entries.first()?.at,
            _ => return None,
        };
        Some(Node { value, at })
    }

    /// The tree of one table, which is empty afterwards; no deeper than the budget allows.
    fn take(&mut self, table: TableId) -> NodeValue {
        let entries = std::mem::take(&mut self.tables[table.0].entries);
        let entry = |(key, value): (Key, Value)| Entry {
            key: key.name,
            at: key.at,
            node: self.node(value),
        };
        NodeValue::Map(entries.into_iter().map(entry).collect())
    }

    fn node(&mut self, value: Value) -> Node {
        let at = value.at;
        let value = match value.content {
            Content::Scalar(value) => value,
            Content::Table(table) => self.take(table),
            Content::Array(items) => {
                NodeValue::List(items.into_iter().map(|item| self.node(item)).collect())
            }
            Content::Sections(sections) => NodeValue::List(
                sections
                    .into_iter()
                    .map(|(table, at)| Node {
                        value: self.take(table),
                        at,
                    })
                    .collect(),
            ),
        };
        Node { value, at }
    }
}
