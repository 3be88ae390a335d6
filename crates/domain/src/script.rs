//! What is known of a script: what stands in its text, and how a run of it ended.
//!
//! Reading and running JavaScript is the engine's matter; here is only what comes of it.

use std::fmt;

use serde_json::Value;

use crate::node::Mark;
use crate::rule::Rule;

/// The function that a run calls, with `{"input": …}` as its one argument.
pub const ENTRY_FUNCTION: &str = "main";

/// The most bytes of output that the platform takes from a script.
pub const MAX_OUTPUT_BYTES: usize = 32 * 1024;

/// Something that a script's text shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptFinding {
    /// The rule that it breaks.
    pub rule: Rule,
    /// Where, in the script.
    pub at: Mark,
    /// What is wrong: one line, without a final full stop, without text of the script that may be a secret.
    pub message: String,
    /// A second place that belongs to it.
    pub also: Option<SecondPlace>,
    /// What to do.
    pub hint: Option<String>,
}

/// A second place of a finding, such as where a bracket was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondPlace {
    /// What is there, such as `opened at`; the place follows it.
    pub what: &'static str,
    /// Where, in the script.
    pub at: Mark,
}

/// How a run of a script ended.
#[derive(Clone, Debug, PartialEq)]
pub enum ScriptEnd {
    /// `main` returned, and this is its result as JSON; `null` where it returned nothing.
    Returned(Value),
    /// The script threw.
    Threw {
        /// The error as text, such as `TypeError: x is not a function`; cut where it is long.
        message: String,
        /// Where, as far as the engine says.
        at: Option<Mark>,
    },
    /// The run was ended because it went beyond a limit.
    Stopped(ScriptLimit),
}

/// A limit of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScriptLimit {
    /// Its time.
    Time,
    /// Its memory.
    Memory,
    /// The size of its output and of what it logs.
    Output,
    /// The process that ran it died, of whatever.
    Process,
}

impl fmt::Display for ScriptLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Time => "it took too long and was stopped",
            Self::Memory => "it needed too much memory and was stopped",
            Self::Output => "it gave more output than is read and was stopped",
            Self::Process => "the process that ran it died",
        })
    }
}
