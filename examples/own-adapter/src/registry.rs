//! A store of somebody's own: rows under numbers, each with a revision.
//!
//! It stands for what you have already, behind whatever client you have for it. It knows nothing of `cxda`, but keeps values as
//! carefully.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cxda_domain::secret::SecretText;
use serde_json::{Map, Value};

/// Values that are stored and never shown, by name.
pub type Sealed = BTreeMap<String, SecretText>;

/// What shall stand in a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The name, which no other row has.
    pub name: String,
    /// All that is shown.
    pub columns: Map<String, Value>,
    /// All that is not shown; `None` leaves what is there.
    pub sealed: Option<Sealed>,
}

/// A row as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its number, from 1.
    pub number: u64,
    /// Counts the writes of the whole store, so no row ever has the same twice.
    pub revision: u64,
    /// The name.
    pub name: String,
    /// All that is shown.
    pub columns: Map<String, Value>,
}

/// The line to the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Line {
    /// It carries everything.
    #[default]
    Up,
    /// It carries requests, and loses the answers.
    Lossy,
    /// It carries nothing.
    Down,
}

/// Why there is no answer, or not the one that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistryError {
    /// There is no row of that number.
    Absent,
    /// Another row has the name.
    NameTaken,
    /// The request's id came with another draft before.
    RequestReused,
    /// The row has another revision.
    Moved,
    /// Nothing was sent.
    Offline,
    /// It was sent, and nothing came back.
    Unanswered,
}

/// Rows, with what was asked for before.
#[derive(Debug, Default)]
pub struct Registry(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    rows: BTreeMap<u64, Row>,
    sealed: BTreeMap<u64, Sealed>,
    answered: BTreeMap<String, (Draft, Row)>,
    writes: u64,
    line: Line,
}

impl Registry {
    /// Changes the line to the store.
    pub fn set_line(&self, line: Line) {
        self.state().line = line;
    }

    /// Up to `most` rows after the number `after`, and whether there are more.
    ///
    /// # Errors
    ///
    /// Those of the line.
    pub fn after(&self, after: u64, most: usize) -> Result<(Vec<Row>, bool), RegistryError> {
        self.ask(|state| {
            let mut rest = state.rows.range(after.saturating_add(1)..);
            let rows = rest.by_ref().take(most).map(|(_, row)| row.clone());
            Ok((rows.collect(), rest.next().is_some()))
        })
    }

    /// The row named `name`.
    ///
    /// # Errors
    ///
    /// Those of the line.
    pub fn named(&self, name: &str) -> Result<Option<Row>, RegistryError> {
        self.ask(|state| Ok(state.named(name).cloned()))
    }

    /// The row `number`.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Absent`], and those of the line.
    pub fn read(&self, number: u64) -> Result<Row, RegistryError> {
        self.ask(|state| {
            state
                .rows
                .get(&number)
                .cloned()
                .ok_or(RegistryError::Absent)
        })
    }

    /// Adds a row. The same `request` with the same draft adds one row, and gives the first answer again.
    ///
    /// # Errors
    ///
    /// [`RegistryError::RequestReused`], [`RegistryError::NameTaken`], and those of the line.
    pub fn insert(&self, request: &str, draft: &Draft) -> Result<Row, RegistryError> {
        self.ask(|state| {
            match state.answered.get(request) {
                Some((first, row)) if first == draft => return Ok(row.clone()),
                Some(_) => return Err(RegistryError::RequestReused),
                None if state.named(&draft.name).is_some() => return Err(RegistryError::NameTaken),
                None => {}
            }
            // Writes are only ever more, so no number comes twice.
            let number = state.writes + 1;
            let row = state.write(number, draft.clone());
            let answered = (draft.clone(), row.clone());
            state.answered.insert(request.to_owned(), answered);
            Ok(row)
        })
    }

    /// Puts `draft` in the place of the row `number`, while that has the revision `revision`.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Absent`], [`RegistryError::Moved`], and those of the line.
    pub fn update(&self, number: u64, revision: u64, draft: Draft) -> Result<Row, RegistryError> {
        self.ask(|state| match state.rows.get(&number) {
            None => Err(RegistryError::Absent),
            Some(row) if row.revision != revision => Err(RegistryError::Moved),
            Some(_) => Ok(state.write(number, draft)),
        })
    }

    /// Removes the row `number`; tells whether it was there.
    ///
    /// # Errors
    ///
    /// Those of the line.
    pub fn delete(&self, number: u64) -> Result<bool, RegistryError> {
        self.ask(|state| {
            state.sealed.remove(&number);
            Ok(state.rows.remove(&number).is_some())
        })
    }

    /// What is kept and not shown of the row `number`, for those who look into the store itself.
    pub fn sealed(&self, number: u64) -> Sealed {
        self.state()
            .sealed
            .get(&number)
            .cloned()
            .unwrap_or_default()
    }

    fn ask<T>(
        &self,
        work: impl FnOnce(&mut State) -> Result<T, RegistryError>,
    ) -> Result<T, RegistryError> {
        let mut state = self.state();
        match state.line {
            Line::Down => Err(RegistryError::Offline),
            Line::Up => work(&mut state),
            Line::Lossy => work(&mut state).and(Err(RegistryError::Unanswered)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn named(&self, name: &str) -> Option<&Row> {
        self.rows.values().find(|row| row.name == name)
    }

    fn write(&mut self, number: u64, draft: Draft) -> Row {
        self.writes += 1;
        let row = Row {
            number,
            revision: self.writes,
            name: draft.name,
            columns: draft.columns,
        };
        if let Some(sealed) = draft.sealed {
            self.sealed.insert(number, sealed);
        }
        self.rows.insert(number, row.clone());
        row
    }
}
