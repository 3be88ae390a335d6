//! The adapter over loopback: against the simulator, on virtual time, and against servers that break the protocol.

#![expect(
    clippy::unwrap_used,
    reason = "clippy exempts test functions and not what they share"
)]

mod answers;
mod bench;
mod breaker;
mod conformance;
mod laws;
mod operations;
mod paging;
mod raw;
mod retries;
mod stage;
mod stop;
mod throttle;
mod token;
mod waits;
mod wire;
