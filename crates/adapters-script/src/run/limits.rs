//! Every limit of a run, in one place.
//!
//! The engine's own limits are the tighter ones, for it can say which was reached and what was logged until then. Those of
//! the process hold where the engine does not look: in the middle of one of its built-in functions.

use std::time::Duration;

/// How long a script may run before the engine stops it.
pub const ENGINE_TIME: Duration = Duration::from_millis(1_800);
/// How many seconds of a processor the child may use.
pub const CPU_SECONDS: u64 = 2;
/// How long the child may take from its start, before it is killed.
pub const WALL_TIME: Duration = Duration::from_secs(3);
/// How much memory the engine gives a script, in bytes.
pub const ENGINE_MEMORY_BYTES: usize = 96 * 1024 * 1024;
/// How much memory the child may take, in bytes.
pub const MEMORY_BYTES: u64 = 128 * 1024 * 1024;
/// How deep the engine's stack may grow, in bytes; well below what a process has.
pub const STACK_BYTES: usize = 1024 * 1024;
/// How long all that the child says may be, in bytes; the result is the greater part.
pub const OUTPUT_BYTES: usize = 1_000_000;
/// How deep a result may be nested.
pub const OUTPUT_DEPTH: usize = 100;
/// How many lines a script may log.
pub const LOG_LINES: usize = 10_000;
/// How much a script may log in all, in bytes.
pub const LOG_BYTES: usize = 250_000;
/// How long a logged line or a message may be, in UTF-16 units; what is longer is cut.
pub const TEXT_UNITS: usize = 2_000;
/// How long a logged line or a message may be, in bytes: no UTF-16 unit takes more than three, and a mark of the cut is added.
pub const TEXT_BYTES: usize = 3 * TEXT_UNITS + 3;
