//! Manifests: the desired state of one tenant, built from documents.
//!
//! Decoding gathers every finding. It opens no file: scripts in files are asked for by [`Decoded::script_files`] and
//! handed back to [`Decoded::complete`].

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::action::DataAction;
use crate::address::{Address, ResourceKind};
use crate::node::Mark;
use crate::view::MaterializedView;
use crate::violation::{FieldPath, Position};

mod action;
mod cache;
mod dates;
mod document;
mod reader;
mod suggest;
mod tests_block;
mod variables;
mod view;

pub use document::{Decoded, ScriptFile, ScriptFileProblem, decode};
pub use suggest::nearest;

/// Where a declaration stands, and where in it the references to other things stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The file, relative to the project's folder.
    pub file: Arc<str>,
    /// Where the document begins.
    pub start: Mark,
    places: BTreeMap<FieldPath, Mark>,
}

impl Origin {
    pub(crate) fn new(file: Arc<str>, start: Mark, places: BTreeMap<FieldPath, Mark>) -> Self {
        Self {
            file,
            start,
            places,
        }
    }

    /// Where `path` stands; where that is not known, the nearest thing around it.
    pub fn position(&self, path: &FieldPath) -> Position {
        let mut around = Some(path.clone());
        let mut mark = self.start;
        while let Some(place) = around {
            if let Some(found) = self.places.get(&place) {
                mark = *found;
                break;
            }
            around = place.parent();
        }
        Position {
            file: Arc::clone(&self.file),
            mark,
        }
    }
}

/// A view or an action as declared.
#[derive(Clone, Debug, PartialEq)]
pub enum Declaration {
    /// A materialized view.
    View(Box<MaterializedView>),
    /// A data action.
    Action(Box<DataAction>),
}

/// A declaration and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Declared {
    /// What is declared.
    pub resource: Declaration,
    /// Where.
    pub origin: Origin,
}

impl Declared {
    /// Its address.
    pub fn address(&self) -> Address {
        match &self.resource {
            Declaration::View(view) => Address::view(view.name.as_str()),
            Declaration::Action(action) => Address::action(action.name.as_str()),
        }
    }

    /// Whether it must never be deleted.
    pub fn protect(&self) -> bool {
        match &self.resource {
            Declaration::View(view) => view.protect,
            Declaration::Action(action) => action.protect,
        }
    }
}

/// The desired state: everything that the manifests declare, by address.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest {
    resources: BTreeMap<Address, Declared>,
}

impl Manifest {
    /// Adds a declaration; gives it back where its address is taken.
    ///
    /// # Errors
    ///
    /// The position of the declaration that already has the address.
    pub fn add(&mut self, declared: Declared) -> Result<(), Position> {
        let address = declared.address();
        if let Some(first) = self.resources.get(&address) {
            return Err(first.origin.position(&FieldPath::from("metadata.name")));
        }
        self.resources.insert(address, declared);
        Ok(())
    }

    /// Every declaration, by address.
    pub fn resources(&self) -> &BTreeMap<Address, Declared> {
        &self.resources
    }

    /// The declaration at `address`.
    pub fn get(&self, address: &Address) -> Option<&Declared> {
        self.resources.get(address)
    }

    /// Whether anything of `kind` is declared.
    pub fn has_kind(&self, kind: ResourceKind) -> bool {
        self.resources.keys().any(|address| address.kind == kind)
    }

    /// Every declared action with its origin, by name.
    pub fn actions(&self) -> impl Iterator<Item = (&DataAction, &Origin)> {
        self.resources
            .values()
            .filter_map(|declared| match &declared.resource {
                Declaration::Action(action) => Some((&**action, &declared.origin)),
                Declaration::View(_) => None,
            })
    }

    /// Every declared view with its origin, by name.
    pub fn views(&self) -> impl Iterator<Item = (&MaterializedView, &Origin)> {
        self.resources
            .values()
            .filter_map(|declared| match &declared.resource {
                Declaration::View(view) => Some((&**view, &declared.origin)),
                Declaration::Action(_) => None,
            })
    }
}
