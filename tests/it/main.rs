//! Tests of the whole: the real binary, against tenants over loopback.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::too_many_lines,
    reason = "a test that cannot go on has failed, scenery reads files and clocks, and tables are long"
)]

mod apply_tests;
mod audit_commands;
mod audit_trail;
mod bad_input;
mod crash;
mod datetime;
mod delete;
mod dialects;
mod doctor;
mod drift;
mod environments;
mod explained;
mod export;
mod figures;
mod graph;
mod hostile_scripts;
mod init;
mod interrupted;
mod json_shapes;
mod listing;
mod locks;
mod logs;
mod lost_store;
#[cfg(unix)]
mod messages;
mod outages;
mod ownership;
mod packaging;
mod pause;
mod plan_output;
mod quickstart;
mod report;
mod sandbox;
mod sarif;
mod saved_plan;
mod schema;
mod script_tests;
mod scripts_checked;
mod secrets;
mod server_answers;
#[cfg(unix)]
mod signals;
mod stage;
mod streams;
mod tenant_rules;
#[cfg(unix)]
mod terminal;
mod threats;
mod update_cost;
mod violations;
mod webhooks;
