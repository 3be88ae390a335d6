//! The simulator in this process, served over loopback, so that a test can look at what it was sent.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;

use cxda_adapters_memory::ids::SequentialIds;
use cxda_adapters_script::run::{CHILD_ARGUMENT, ChildRunner};
use cxda_domain::instant::UtcMillis;
use cxda_domain::request::Operation;
use cxda_simulator::config::SimConfig;
use cxda_simulator::faults::FaultScript;
use cxda_simulator::profile::{ProfileName, SimProfile};
use cxda_simulator::{LogEntry, NameRule, Running, SimState, Simulator};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::clock::RealClock;

/// The binary, whose child runs scripts.
const CXDA: &str = env!("CARGO_BIN_EXE_cxda");

/// A tenant that is looked into.
#[derive(Debug)]
pub(crate) struct Simulated {
    // Before the runtime, for what is served ends first.
    running: Running,
    _runtime: Runtime,
}

/// The habits of a tenant that does not slow tests down.
pub(crate) fn config() -> SimConfig {
    SimConfig {
        rate_limit: None,
        ..SimConfig::new(SimProfile::named(ProfileName::CxoneV2))
    }
}

impl Simulated {
    /// A fresh tenant.
    pub(crate) fn start() -> Self {
        Self::with(config(), Self::fresh())
    }

    /// What a fresh tenant holds.
    pub(crate) fn fresh() -> SimState {
        SimState::fresh(NameRule::Unique)
    }

    /// A tenant with these habits that holds `state`.
    pub(crate) fn with(config: SimConfig, state: SimState) -> Self {
        let runtime = super::runtime();
        let ids = Arc::new(SequentialIds::new());
        let at_once = NonZeroUsize::MIN.saturating_add(1);
        let scripts = ChildRunner::new(CXDA.into(), CHILD_ARGUMENT.into(), at_once);
        let simulator = Simulator::new(
            config,
            state,
            Arc::new(RealClock::new()),
            ids,
            Arc::new(scripts),
        );
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        let running = runtime.block_on(simulator.start(loopback)).unwrap();
        Self {
            running,
            _runtime: runtime,
        }
    }

    pub(crate) fn base_url(&self) -> String {
        self.running.base_url()
    }

    /// Lets go wrong what these rules say.
    pub(crate) fn faults(&self, rules: &Value) {
        self.script(&json!({"formatVersion": "1.0", "rules": rules}));
    }

    /// Lets hold what this script says.
    pub(crate) fn script(&self, script: &Value) {
        let script = FaultScript::from_json(&script.to_string()).unwrap();
        self.running.set_faults(script);
    }

    /// Everything that it was sent.
    pub(crate) fn log(&self) -> Vec<LogEntry> {
        self.running.log()
    }

    /// What it was sent since it had received `before` requests, as operations; an unknown path counts as none.
    pub(crate) fn since(&self, before: usize) -> Vec<Operation> {
        self.log()[before..]
            .iter()
            .filter_map(|entry| entry.operation)
            .collect()
    }

    /// How often it was asked for `operation`.
    pub(crate) fn count(&self, operation: Operation) -> usize {
        self.log()
            .iter()
            .filter(|entry| entry.operation == Some(operation))
            .count()
    }

    /// The writes that it was sent.
    pub(crate) fn writes(&self) -> usize {
        let writes = |entry: &&LogEntry| entry.operation.is_some_and(Operation::writes);
        self.log().iter().filter(writes).count()
    }

    /// All that it holds, as JSON text.
    pub(crate) fn state_text(&self) -> String {
        self.running.state().to_json()
    }

    /// The members of the action `name`, its variables among them, as JSON text of the tenant's own tokens.
    #[track_caller]
    pub(crate) fn action(&self, name: &str) -> Value {
        self.resource("actions", name)
    }

    /// The members of the view `name`.
    #[track_caller]
    pub(crate) fn view(&self, name: &str) -> Value {
        self.resource("views", name)
    }

    /// The names of all that it holds of `kind`, which is `views` or `actions`.
    pub(crate) fn names(&self, kind: &str) -> Vec<String> {
        let state: Value = serde_json::from_str(&self.state_text()).unwrap();
        let records = state[kind]["records"].as_array().unwrap().clone();
        let mut names: Vec<String> = records
            .iter()
            .map(|record| record["name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    }

    #[track_caller]
    fn resource(&self, kind: &str, name: &str) -> Value {
        let state: Value = serde_json::from_str(&self.state_text()).unwrap();
        let records = state[kind]["records"].as_array().unwrap().clone();
        let found = records.into_iter().find(|record| record["name"] == name);
        found.unwrap_or_else(|| panic!("no {name} among the {kind}"))["value"].clone()
    }
}

/// When seeded resources were made.
pub(crate) const LONG_AGO: UtcMillis = UtcMillis::from_epoch_millis(1_700_000_000_000);
