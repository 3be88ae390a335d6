//! Two adapters that are no part of `cxda`: values from a vault, and data actions in a registry.
//!
//! - [`vault`]: what stands for somebody's vault, and a [`SecretSource`](cxda_ports::secrets::SecretSource) over it.
//! - [`registry`]: what stands for somebody's store. [`actions`]: an [`ActionsApi`](cxda_ports::actions::ActionsApi) over it.
//!
//! `tests/it` holds both against the promises of their ports, then plans and applies through them. `docs/write-an-adapter.md` of the
//! repository goes through all of it.

pub mod actions;
pub mod registry;
pub mod vault;
