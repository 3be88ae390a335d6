//! Tests of the whole: the real binary, against tenants over loopback.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on has failed, and scenery reads files and clocks"
)]

mod quickstart;
mod secrets;
mod stage;
mod tenant_rules;
mod update_cost;
mod violations;
