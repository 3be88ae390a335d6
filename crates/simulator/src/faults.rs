//! Scripted faults: what goes wrong, at which call of which operation, and how the whole tenant behaves meanwhile.
//!
//! A script is JSON:
//!
//! ```json
//! {
//!   "formatVersion": "1.0",
//!   "tenant": {"names": "shared", "keys": "ignored"},
//!   "rules": [
//!     {"operation": "createAction", "nth": 2, "fault": {"kind": "answer", "status": 503, "headers": {"Retry-After": "1"}}},
//!     {"operation": "replaceView", "name": "calls", "fault": {"kind": "drop", "committed": true}},
//!     {"from": 3, "to": 5, "fault": {"kind": "delay", "milliseconds": 2000}},
//!     {"operation": "listViews", "every": 2, "fault": {"kind": "truncate", "bytes": 10}}
//!   ]
//! }
//! ```
//!
//! The format is described for users in `docs/rehearse-outages.md`. Deciding is all that happens here: neither a
//! connection nor the tenant is known.

use std::time::Duration;

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

pub(crate) use self::alter::merge;
pub(crate) use self::habits::Habits;
use self::kind::Fault;
pub(crate) use self::kind::{Break, Commitment, Framing, How, Meddling, ScriptedAnswer};
pub(crate) use self::rule::Call;
use self::rule::Rule;

mod alter;
pub(crate) mod flood;
mod garble;
mod habits;
mod kind;
mod members;
mod rule;

const FORMAT_VERSION: &str = "1.0";

/// A script of faults.
#[derive(Clone, Debug, Default)]
pub struct FaultScript {
    habits: Habits,
    rules: Vec<Rule>,
}

/// Why a text is not a script of faults.
#[derive(Debug, thiserror::Error)]
pub enum FaultScriptError {
    /// The text is not JSON, or not of the right form.
    #[error("fault script is not readable")]
    Malformed {
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// It is of another format.
    #[error("fault script has format version {found:?}, expected \"1.0\"")]
    Version {
        /// The version it names.
        found: String,
    },
    /// A rule cannot be carried out.
    #[error("rule {number} of the fault script: {reason}")]
    Rule {
        /// Which rule, from 1.
        number: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A habit of the tenant cannot be had.
    #[error("tenant of the fault script: {reason}")]
    Tenant {
        /// What is wrong with it.
        reason: String,
    },
}

/// Everything that goes wrong with one call.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Mishap {
    /// How long the request waits before the tenant sees it.
    pub(crate) before: Duration,
    /// How long the answer waits after the tenant gave it.
    pub(crate) after: Duration,
    /// What somebody else does just before.
    pub(crate) meddling: Vec<Meddling>,
    /// How the answer goes wrong.
    pub(crate) broken: Option<Break>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VersionOnly {
    format_version: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawScript {
    #[serde(rename = "formatVersion")]
    _format_version: String,
    #[serde(default)]
    tenant: Option<Value>,
    #[serde(default)]
    rules: Vec<Value>,
}

impl FaultScript {
    /// A script under which nothing goes wrong.
    pub fn none() -> Self {
        Self::default()
    }

    /// Reads a script.
    ///
    /// # Errors
    ///
    /// - [`FaultScriptError::Malformed`] if `text` is not JSON of the right form.
    /// - [`FaultScriptError::Version`] if its `formatVersion` is another.
    /// - [`FaultScriptError::Rule`] if a rule names no call, a kind that there is not, or a fault that cannot be had.
    /// - [`FaultScriptError::Tenant`] if a habit is unknown or cannot be had.
    pub fn from_json(text: &str) -> Result<Self, FaultScriptError> {
        let malformed = |source| FaultScriptError::Malformed { source };
        let version: VersionOnly = serde_json::from_str(text).map_err(malformed)?;
        if version.format_version != FORMAT_VERSION {
            return Err(FaultScriptError::Version {
                found: version.format_version,
            });
        }
        let raw: RawScript = serde_json::from_str(text).map_err(malformed)?;
        let habits = match raw.tenant {
            None => Habits::default(),
            Some(tenant) => {
                Habits::read(tenant).map_err(|reason| FaultScriptError::Tenant { reason })?
            }
        };
        let rules = (1..).zip(raw.rules).map(|(number, rule)| {
            Rule::read(rule).map_err(|reason| FaultScriptError::Rule { number, reason })
        });
        Ok(Self {
            habits,
            rules: rules.collect::<Result<_, _>>()?,
        })
    }

    /// How many rules it has.
    pub fn rule_count(&self) -> usize {
        self.rules.len()
    }

    /// The names of the habits that it gives the tenant.
    pub fn habits_set(&self) -> Vec<&'static str> {
        self.habits.names().collect()
    }

    /// How the tenant behaves while the script is in force.
    pub(crate) fn tenant(&self) -> &Habits {
        &self.habits
    }

    /// Whether a rule tells calls apart by what they are about.
    pub(crate) fn asks_for_names(&self) -> bool {
        self.rules.iter().any(Rule::asks_for_names)
    }

    /// Whether a rule may answer before a request's body is read.
    pub(crate) fn may_answer_early(&self) -> bool {
        let early = |rule: &Rule| matches!(rule.fault, Fault::Early(_));
        self.rules.iter().any(early)
    }

    /// Counts a call of which only the head is known, and says how it is answered before its body is read.
    pub(crate) fn strike_early(&mut self, call: Call<'_>) -> Option<StatusCode> {
        let mut early = None;
        for rule in &mut self.rules {
            if let Fault::Early(status) = rule.fault
                && rule.strikes(call)
            {
                early = early.or(Some(status));
            }
        }
        early
    }

    /// Counts a call and says what goes wrong with it.
    pub(crate) fn strike(&mut self, call: Call<'_>) -> Mishap {
        let mut mishap = Mishap::default();
        for rule in &mut self.rules {
            if matches!(rule.fault, Fault::Early(_)) || !rule.strikes(call) {
                continue;
            }
            match &rule.fault {
                Fault::Delay {
                    wait,
                    committed: true,
                } => mishap.after += *wait,
                Fault::Delay {
                    wait,
                    committed: false,
                } => mishap.before += *wait,
                Fault::Meddle(meddling) => mishap.meddling.push(meddling.clone()),
                Fault::Break(broken) if mishap.broken.is_none() => {
                    mishap.broken = Some(broken.clone());
                }
                Fault::Break(_) | Fault::Early(_) => {}
            }
        }
        mishap
    }
}

#[cfg(test)]
mod tests;
