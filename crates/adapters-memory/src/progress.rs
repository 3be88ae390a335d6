//! Progress that can be read back.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cxda_domain::address::Address;
use cxda_ports::progress::{Hold, Progress, ProgressEvent};

/// One step, kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Noted {
    /// So many resources were read so far.
    Observing(usize),
    /// So many tests have ended, of so many.
    Testing(usize, usize),
    /// So many changes are about to be carried out.
    Applying(usize),
    /// A change has begun.
    Started(Address),
    /// A change was carried out.
    Done(Address),
    /// A change was not carried out.
    NotDone(Address),
    /// Requests are held back for so long.
    Held(Hold, Duration),
}

/// Remembers every step.
#[derive(Debug, Default)]
pub struct MemoryProgress(Mutex<Vec<Noted>>);

impl MemoryProgress {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every step, in order.
    pub fn noted(&self) -> Vec<Noted> {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.clone()
    }
}

impl Progress for MemoryProgress {
    fn note(&self, event: ProgressEvent<'_>) {
        let step = match event {
            ProgressEvent::Observing { seen } => Noted::Observing(seen),
            ProgressEvent::Testing { done, of } => Noted::Testing(done, of),
            ProgressEvent::Applying { changes } => Noted::Applying(changes),
            ProgressEvent::Started(address) => Noted::Started(address.clone()),
            ProgressEvent::Ended {
                address,
                done: true,
            } => Noted::Done(address.clone()),
            ProgressEvent::Ended {
                address,
                done: false,
            } => Noted::NotDone(address.clone()),
            ProgressEvent::Held { by, wait } => Noted::Held(by, wait),
        };
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.push(step);
    }
}
