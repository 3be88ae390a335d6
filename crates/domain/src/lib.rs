//! The pure rules of `cxda`: what a manifest may say, and what it takes to bring a tenant to match.
//!
//! # Chapters
//!
//! **What a manifest says.** A reader hands over [`node::Node`]s, which know where they stand ([`place`]). [`manifest::decode`] turns
//! them into the desired state: [`action`]s with their [`script`]s, [`variable`]s, [`cache`] policies and dates ([`datetime`]), and
//! [`view`]s, each under its [`address`]. What was read by reference is a [`secret::SecretText`].
//!
//! **What is wrong with it.** A [`rule`] is a code with a text. It is checked where the type that it guards is parsed; what no single
//! document shows, such as cycles in the [`graph`], is looked at in [`check`]. Every mistake is a [`violation`] with its place, and all
//! of them come at once. [`verdict`] judges what a script's tests came to.
//!
//! **What is to be done.** What was read from the tenant is an [`observed::ObservedState`]; what would be sent, a [`body`]. Both are
//! shown as a [`projection`], so that [`diff`] can compare them with each other and with what was last [`applied`].
//! [`plan::plan`] makes ordered writes of that. The way back is [`export`]; [`comparison`] is about two tenants, and [`project_graph`]
//! about what a change reaches.
//!
//! **How it is sent.** State machines that decide and never wait or send; they are given time and randomness: [`retry`], [`throttle`],
//! [`breaker`], [`pause`], and in [`reconcile`] what may follow a write that nobody answered. [`key`] has the names of what passes
//! between runs and servers, [`request`] the operations.
//!
//! **What is told of it.** [`audit`] records; [`event`]s for a [`receiver`], whose address [`network`] allows and whose [`delivery`]
//! may take several tries. [`history`] reads records back; [`lookups`], [`metrics`] and [`rotation`] are figures. [`display`] keeps
//! terminals safe.
//!
//! # What holds everywhere
//!
//! Values of the model are valid, for their fields are parsed, never assigned; what a limit is stands in one constant; maps are ordered,
//! so the same input gives the same bytes; a secret has no `Display` and no `Serialize`. Durations carry their unit in their type or
//! name, and instants are [`instant::UtcMillis`].
//!
//! # A rule by itself
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
