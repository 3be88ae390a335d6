//! A simulated CXone tenant over loopback: the API of the contract, with tokens that expire, pages, entity tags,
//! idempotency keys, a rate limit, masked secrets and scripted faults.
//!
//! It reads the wire by itself and shares no wire type with the client, so that a mistake there does not hide here.
//! It opens no file, reads no clock, makes no id and runs no script: what it needs of these comes from outside.
//!
//! It is served over loopback by [`Simulator::start`], or asked in the same process, without a socket and on any clock,
//! by way of [`Simulator::in_process`]. What goes wrong is scripted; users read of the format in
//! `docs/rehearse-outages.md`.
//!
//! # What it shows of itself
//!
//! Every answer bears the header [`MARKER_HEADER`], and `X-Request-Id` with the request's number in the log. `GET /__sim/state` shows what the tenant holds, in the form that
//! [`SimState::from_json`] reads; `GET /__sim/log` shows what it was sent. Neither needs a token, neither shows a secret:
//! of an encrypted value only its SHA-256 is there.
//!
//! `POST /__sim/webhooks/{name}` receives webhooks: it verifies their signatures where [`SimConfig::webhook_secret`](config::SimConfig)
//! is set, drops what comes again, and shows in the log what it took.
//!
//! # Where it is simpler than a tenant
//!
//! - In the sandbox a script's clock stands still at the moment of the test, and its randomness follows from that moment.
//! - The webhook relay notes what it was given and sends nothing.
//! - An id token is not signed, and names the same tenant always.
//! - A replace need not hold what a create must, save the name (of a view also the source): what it leaves out is lost.
//! - Delete refuses nothing, also where others depend on what is deleted.

mod auth;
pub mod config;
mod connection;
mod document;
pub mod faults;
mod in_process;
mod keys;
mod limit;
mod log;
mod meddling;
mod message;
pub mod profile;
mod receiver;
mod router;
mod routes;
mod rules;
mod server;
mod serving;
mod sink;
mod state;
mod subject;
mod tenant;
mod variables;

pub use crate::in_process::{Exchanged, InProcess};
pub use crate::log::LogEntry;
pub use crate::receiver::{WebhookSecret, WebhookSecretError};
pub use crate::server::{Running, Simulator, StartError};
pub use crate::serving::MARKER_HEADER;
pub use crate::sink::StateSink;
pub use crate::state::{SeedError, SimState, StateError};
pub use cxda_adapters_memory::collection::{NameRule, RestoreError};
