//! The scripts, what each tries, and what must come of it.

use cxda_domain::script::ScriptLimit;

mod excess;
mod tricks;

/// One hostile script.
#[derive(Debug)]
pub(crate) struct Hostile {
    pub(crate) tries: &'static str,
    pub(crate) source: &'static str,
    pub(crate) comes: Comes,
}

/// What must come of a script.
#[derive(Debug)]
pub(crate) enum Comes {
    /// It returns this JSON text: what it tried made no difference.
    Returns(&'static str),
    /// It throws, with this in the message.
    Throws(&'static str),
    /// It is stopped, at one of these limits.
    Stops(&'static [ScriptLimit]),
    /// It throws or is stopped: where its memory ends, and how, differs from machine to machine.
    Fails,
}

const fn hostile(tries: &'static str, source: &'static str, comes: Comes) -> Hostile {
    Hostile {
        tries,
        source,
        comes,
    }
}

/// All of them.
pub(crate) fn corpus() -> impl Iterator<Item = &'static Hostile> {
    excess::SCRIPTS.iter().chain(tricks::SCRIPTS)
}
