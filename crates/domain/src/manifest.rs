//! Manifests: the desired state of one tenant, built from documents.
//!
//! Decoding gathers every finding. It opens no file: scripts in files are asked for by [`Decoded::script_files`] and
//! handed back to [`Decoded::complete`].

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::action::{ActionName, DataAction};
use crate::address::{Address, ResourceKind};
use crate::cache::CacheKey;
use crate::node::Mark;
use crate::view::{MaterializedView, ViewName, ViewSource};
use crate::violation::{FieldPath, Position};

mod action;
mod cache;
mod dates;
mod document;
mod findings;
mod reader;
mod suggest;
mod tests_block;
mod variables;
mod vars;
mod view;

pub use document::{API_VERSION, Decoded, InlineScript, ScriptFile, ScriptFileProblem, decode};
pub(crate) use suggest::all_nearest;
pub use suggest::nearest;
pub use vars::{Filled, VAR_OPENING, VarName, VarNameError, VarValue, Vars, escape, fill};

#[cfg(test)]
pub(crate) mod tests;

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

impl Declaration {
    /// The names of its own kind that it needs: an action's dependencies, a view's source view.
    pub fn needs(&self) -> impl Iterator<Item = &str> {
        let (actions, view) = match self {
            Self::Action(action) => (action.dependencies.as_slice(), None),
            Self::View(view) => match &view.source {
                ViewSource::View(name) => (&[][..], Some(name)),
                ViewSource::Table(_) => (&[][..], None),
            },
        };
        let actions = actions.iter().map(ActionName::as_str);
        actions.chain(view.map(ViewName::as_str))
    }
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

/// Where a document names another resource of its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) name: String,
    pub(crate) path: FieldPath,
}

/// What a document says about other resources.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outline {
    pub(crate) origin: Origin,
    /// The actions that it depends on, or the view that it takes its rows from.
    pub(crate) references: Vec<Reference>,
    /// The key under which it caches, where it does.
    pub(crate) cache_key: Option<CacheKey>,
}

/// The desired state: everything that the manifests declare, by address.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest {
    resources: BTreeMap<Address, Declared>,
    /// Of documents that hold a mistake, what they still say about others: so one reading finds the mistakes between
    /// documents too.
    unsound: BTreeMap<Address, Outline>,
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

    /// Notes what a document that holds a mistake says about others.
    pub(crate) fn add_unsound(&mut self, address: Address, outline: Outline) {
        self.unsound.entry(address).or_insert(outline);
    }

    /// What documents that hold a mistake say about others, by the address that they declare.
    pub(crate) fn unsound(&self) -> impl Iterator<Item = (&Address, &Outline)> {
        let undeclared = |(address, _): &(&Address, _)| !self.resources.contains_key(address);
        self.unsound.iter().filter(undeclared)
    }

    /// Every declaration, by address.
    pub fn resources(&self) -> &BTreeMap<Address, Declared> {
        &self.resources
    }

    /// The declaration at `address`.
    pub fn get(&self, address: &Address) -> Option<&Declared> {
        self.resources.get(address)
    }

    /// What the document says about others that declares `address` and holds a mistake.
    pub(crate) fn outline(&self, address: &Address) -> Option<&Outline> {
        self.unsound.get(address)
    }

    /// Where `address` is declared, be its document sound or not.
    pub(crate) fn origin(&self, address: &Address) -> Option<&Origin> {
        let sound = self.resources.get(address);
        let unsound = || self.outline(address).map(|outline| &outline.origin);
        sound.map(|declared| &declared.origin).or_else(unsound)
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
