//! Tests of the whole: the real binary, against tenants over loopback.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on has failed, and scenery reads files and clocks"
)]

mod audit_trail;
mod bad_input;
mod datetime;
mod drift;
mod interrupted;
mod ownership;
mod quickstart;
mod saved_plan;
mod secrets;
mod server_answers;
mod stage;
mod tenant_rules;
mod update_cost;
mod violations;
