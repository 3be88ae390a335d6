//! When a webhook is told of an event, when again, and when nobody tries any more.
//!
//! It decides and never waits: the clock and randomness come in as arguments. What is sent is not known here.

use crate::instant::UtcMillis;

/// How far a delivery came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeliveryState {
    /// To be tried, or tried again, at this instant or later.
    Pending(UtcMillis),
    /// The receiver took it.
    Delivered,
    /// It was tried for the last time, or its receiver is gone; only a person has it tried again.
    Dead,
}
