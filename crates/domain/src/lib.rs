//! The pure rules of `cxda`: what a manifest may say, and what it takes to bring a tenant to match.
//!
//! The way of a manifest through this crate: a reader hands over [`node::Node`]s; [`manifest::decode`] turns them into the
//! desired state and every finding; [`check`] judges it as a whole and against what was read from the tenant
//! ([`observed::ObservedState`]); [`plan::plan`] compares both with what was last applied and orders the writes.
//!
//! What decides about requests is here as well, as state machines that are given time and randomness: [`retry`], [`throttle`],
//! [`breaker`], [`pause`], and in [`reconcile`] what may follow a write that nobody answered.
//!
//! What holds everywhere: values of the model are valid, for their fields are parsed, never assigned; what a limit is
//! stands in one constant; maps are ordered, so the same input gives the same bytes; a secret has no `Display` and no
//! `Serialize` ([`secret::SecretText`]). Durations carry their unit in their type or name, and instants are
//! [`instant::UtcMillis`].
//!
//! Nothing here reads a file, a clock or the network, so a rule is tested with nothing running:
//!
//! ```
//! use std::sync::Arc;
//!
//! use cxda_domain::manifest::decode;
//! use cxda_domain::node::{Entry, Mark, Node, NodeValue};
//! use cxda_domain::rule::Rule;
//! use cxda_domain::view::RefreshInterval;
//!
//! // The rule as a type: only valid intervals exist (V007).
//! let minutes = |minutes| RefreshInterval::from_minutes(minutes).map(RefreshInterval::minutes);
//! assert_eq!(minutes(15), Ok(15));
//! let error = minutes(7).unwrap_err();
//! assert_eq!(error.to_string(), "refresh interval is 7 minutes, expected a multiple of 5");
//!
//! // The rule in a document: a finding has a code, a place and a path (M002; three more keys are missing).
//! let at = |line, column| Mark::new(line, column);
//! let version = Node { value: NodeValue::Text("cxda/v2".into()), at: at(1, 13) };
//! let entry = Entry { key: "apiVersion".into(), at: at(1, 1), node: version };
//! let root = Node { value: NodeValue::Map(vec![entry]), at: at(1, 1) };
//! let file: Arc<str> = "views.cxda.yaml".into();
//! let (_, findings) = decode([(&file, &root)]).complete([]);
//! let finding = findings.iter().find(|finding| finding.rule == Rule::M002).unwrap();
//! assert_eq!(finding.position.as_ref().unwrap().to_string(), "views.cxda.yaml:1:13");
//! assert_eq!(finding.path.as_str(), "apiVersion");
//! assert_eq!(findings.len(), 4);
//! ```

pub mod action;
pub mod address;
pub mod applied;
pub mod audit;
pub mod body;
pub mod breaker;
pub mod cache;
pub mod check;
pub mod comparison;
pub mod datetime;
pub mod delivery;
pub mod diff;
pub mod display;
pub mod event;
pub mod export;
pub mod graph;
pub mod history;
pub mod instant;
pub mod key;
pub mod lookups;
pub mod manifest;
pub mod metrics;
pub mod network;
pub mod node;
pub mod observed;
pub mod pause;
pub mod place;
pub mod plan;
pub mod project_graph;
pub mod projection;
pub mod receiver;
pub mod reconcile;
pub mod request;
pub mod retry;
pub mod rotation;
pub mod rule;
pub mod script;
pub mod secret;
pub mod throttle;
pub mod variable;
pub mod verdict;
pub mod view;
pub mod violation;
