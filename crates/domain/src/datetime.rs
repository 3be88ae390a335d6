//! Timestamps, time zones and the date manipulations of data actions.
//!
//! Every function is pure: nothing here reads a clock, and the zones are those of the bundled IANA database,
//! never those of the machine.

mod manipulation;
mod timestamp;
mod words;
mod zone;

pub use self::manipulation::{Arithmetic, DateError, DateManipulation, NegativeOffset};
pub use self::timestamp::{Timestamp, TimestampError};
pub use self::words::{
    Ambiguous, Operation, OperationError, Output, Precision, PrecisionError, WordError,
};
pub use self::zone::{Zone, ZoneError};
