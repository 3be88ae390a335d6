//! Scripted faults: what goes wrong, at which call of which operation.
//!
//! A script is JSON:
//!
//! ```json
//! {
//!   "formatVersion": "1.0",
//!   "rules": [
//!     {"operation": "createAction", "nth": 2, "fault": {"kind": "answer", "status": 503, "headers": {"Retry-After": "1"}}},
//!     {"operation": "replaceView", "fault": {"kind": "drop", "committed": true}},
//!     {"from": 3, "to": 5, "fault": {"kind": "delay", "milliseconds": 2000}},
//!     {"operation": "listViews", "nth": 1, "fault": {"kind": "truncate", "bytes": 10}}
//!   ]
//! }
//! ```
//!
//! `operation` is one of `token`, `listTables`, `getTable`, `listViews`, `getView`, `createView`, `replaceView`,
//! `deleteView`, `buildIndexes`, `relayWebhook`, `listActions`, `getAction`, `createAction`, `replaceAction`,
//! `deleteAction`, `testAction`; left out it is any. Each rule counts the calls that it matches, from 1. It fires
//! for the `nth` of them, or for those `from` one `to` another (both included, both open where left out).
//!
//! | kind | does |
//! |---|---|
//! | `answer` | answers `status` with `headers` (a list of values sends one several times) and `body` (text as it is, anything else as JSON, default none) |
//! | `drop` | closes the connection without an answer |
//! | `delay` | waits so many `milliseconds` |
//! | `truncate` | announces the whole body, sends its first `bytes` and closes the connection |
//!
//! With `"committed": true` the tenant first does what it was asked for, and then the fault happens; without, an
//! `answer` or a `drop` keeps the request from the tenant, and a `delay` comes before it. A `truncate` is always
//! committed. Of the rules that fire for one call, all delays count and of the rest the first.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode};
use cxda_domain::request::Operation;
use serde::Deserialize;
use serde_json::Value;

const FORMAT_VERSION: &str = "1.0";

/// A script of faults.
#[derive(Clone, Debug, Default)]
pub struct FaultScript {
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
        reason: &'static str,
    },
}

#[derive(Clone, Debug)]
struct Rule {
    operation: Option<Operation>,
    from: u64,
    to: u64,
    fault: Fault,
    matched: u64,
}

#[derive(Clone, Debug)]
enum Fault {
    Delay { wait: Duration, committed: bool },
    Break(Break),
}

/// Whether the tenant does what it is asked for although the answer goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Commitment {
    Committed,
    Refused,
}

/// How an answer goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Break {
    Answer {
        commitment: Commitment,
        scripted: ScriptedAnswer,
    },
    Drop {
        commitment: Commitment,
    },
    Truncate {
        bytes: usize,
    },
}

impl Break {
    /// Whether the tenant gets to see the request.
    pub(crate) fn commitment(&self) -> Commitment {
        match self {
            Self::Answer { commitment, .. } | Self::Drop { commitment } => *commitment,
            Self::Truncate { .. } => Commitment::Committed,
        }
    }
}

/// An answer that a script names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ScriptedAnswer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: String,
}

/// Everything that goes wrong with one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mishap {
    /// How long the request waits before the tenant sees it.
    pub(crate) before: Duration,
    /// How long the answer waits after the tenant gave it.
    pub(crate) after: Duration,
    /// How the answer goes wrong.
    pub(crate) broken: Option<Break>,
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
    /// - [`FaultScriptError::Rule`] if a rule names no call, or an answer that HTTP has no form for.
    pub fn from_json(text: &str) -> Result<Self, FaultScriptError> {
        let raw: RawScript =
            serde_json::from_str(text).map_err(|source| FaultScriptError::Malformed { source })?;
        if raw.format_version != FORMAT_VERSION {
            return Err(FaultScriptError::Version {
                found: raw.format_version,
            });
        }
        let rules = (1..).zip(raw.rules).map(|(number, rule)| {
            Rule::try_from(rule).map_err(|reason| FaultScriptError::Rule { number, reason })
        });
        Ok(Self {
            rules: rules.collect::<Result<_, _>>()?,
        })
    }

    /// Counts a call of `operation`, which is unknown where no path matched, and says what goes wrong with it.
    pub(crate) fn strike(&mut self, operation: Option<Operation>) -> Mishap {
        let mut mishap = Mishap::default();
        for rule in &mut self.rules {
            if rule.operation.is_some() && rule.operation != operation {
                continue;
            }
            rule.matched += 1;
            if !(rule.from..=rule.to).contains(&rule.matched) {
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
                Fault::Break(broken) if mishap.broken.is_none() => {
                    mishap.broken = Some(broken.clone());
                }
                Fault::Break(_) => {}
            }
        }
        mishap
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawScript {
    format_version: String,
    rules: Vec<RawRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    operation: Option<Operation>,
    nth: Option<u64>,
    from: Option<u64>,
    to: Option<u64>,
    fault: RawFault,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", deny_unknown_fields)]
enum RawFault {
    Answer {
        status: u16,
        #[serde(default)]
        headers: BTreeMap<String, Values>,
        #[serde(default)]
        body: Value,
        #[serde(default)]
        committed: bool,
    },
    Drop {
        #[serde(default)]
        committed: bool,
    },
    Delay {
        milliseconds: u64,
        #[serde(default)]
        committed: bool,
    },
    Truncate {
        bytes: usize,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Values {
    One(String),
    Many(Vec<String>),
}

impl TryFrom<RawRule> for Rule {
    type Error = &'static str;

    fn try_from(raw: RawRule) -> Result<Self, Self::Error> {
        let (from, to) = match (raw.nth, raw.from, raw.to) {
            (Some(nth), None, None) => (nth, nth),
            (None, from, to) => (from.unwrap_or(1), to.unwrap_or(u64::MAX)),
            (Some(_), ..) => return Err("`nth` stands beside `from` or `to`"),
        };
        if from == 0 || from > to {
            return Err("calls are counted from 1, and `from` is not after `to`");
        }
        Ok(Self {
            operation: raw.operation,
            from,
            to,
            fault: raw.fault.try_into()?,
            matched: 0,
        })
    }
}

impl TryFrom<RawFault> for Fault {
    type Error = &'static str;

    fn try_from(raw: RawFault) -> Result<Self, Self::Error> {
        let commitment = |committed| {
            if committed {
                Commitment::Committed
            } else {
                Commitment::Refused
            }
        };
        Ok(match raw {
            RawFault::Answer {
                status,
                headers,
                body,
                committed,
            } => {
                let scripted = scripted(status, headers, body)?;
                let commitment = commitment(committed);
                Self::Break(Break::Answer {
                    commitment,
                    scripted,
                })
            }
            RawFault::Drop { committed } => Self::Break(Break::Drop {
                commitment: commitment(committed),
            }),
            RawFault::Delay {
                milliseconds,
                committed,
            } => Self::Delay {
                wait: Duration::from_millis(milliseconds),
                committed,
            },
            RawFault::Truncate { bytes } => Self::Break(Break::Truncate { bytes }),
        })
    }
}

fn scripted(
    status: u16,
    headers: BTreeMap<String, Values>,
    body: Value,
) -> Result<ScriptedAnswer, &'static str> {
    let status = StatusCode::from_u16(status)
        .ok()
        .filter(|status| status.as_u16() >= 200)
        .ok_or("`status` is not 200 to 999")?;
    let mut pairs = Vec::with_capacity(headers.len());
    for (name, values) in headers {
        let name =
            HeaderName::try_from(name).map_err(|_| "a header has a name that HTTP forbids")?;
        let values = match values {
            Values::One(value) => vec![value],
            Values::Many(values) => values,
        };
        for value in values {
            let value = HeaderValue::try_from(value)
                .map_err(|_| "a header has a value that HTTP forbids")?;
            pairs.push((name.clone(), value));
        }
    }
    let body = match body {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(ScriptedAnswer {
        status,
        headers: pairs,
        body,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(rules: &str) -> Result<FaultScript, FaultScriptError> {
        FaultScript::from_json(&format!(r#"{{"formatVersion":"1.0","rules":[{rules}]}}"#))
    }

    #[test]
    fn the_example_in_the_documentation_is_a_script() {
        let text = include_str!("faults.rs");
        let example: String = text
            .lines()
            .skip_while(|line| *line != "//! ```json")
            .skip(1)
            .take_while(|line| *line != "//! ```")
            .map(|line| line.trim_start_matches("//!"))
            .collect();
        assert_eq!(FaultScript::from_json(&example).unwrap().rules.len(), 4);
    }

    #[test]
    fn a_rule_fires_for_the_calls_it_counts() {
        let cases = [
            (r#""nth":2"#, [false, true, false, false]),
            (r#""from":2,"to":3"#, [false, true, true, false]),
            (r#""from":3"#, [false, false, true, true]),
            (r#""to":1"#, [true, false, false, false]),
            (r#""operation":"createView""#, [true, true, true, true]),
        ];
        for (calls, want) in cases {
            let rule = format!(r#"{{{calls},"fault":{{"kind":"drop"}}}}"#);
            let mut script = script(&rule).unwrap();
            let fired =
                [(); 4].map(|()| script.strike(Some(Operation::CreateView)).broken.is_some());
            assert_eq!(fired, want, "{calls}");
        }
    }

    #[test]
    fn a_rule_counts_only_its_own_operation() {
        let rule = r#"{"operation":"token","nth":2,"fault":{"kind":"truncate","bytes":3}}"#;
        let mut script = script(rule).unwrap();
        let calls = [
            Some(Operation::Token),
            Some(Operation::ListViews),
            None,
            Some(Operation::Token),
        ];
        let fired = calls.map(|operation| script.strike(operation).broken.is_some());
        assert_eq!(fired, [false, false, false, true]);
    }

    #[test]
    fn delays_add_up_and_the_first_break_wins() {
        let mut script = script(
            r#"{"fault":{"kind":"delay","milliseconds":5}},
               {"fault":{"kind":"delay","milliseconds":7,"committed":true}},
               {"fault":{"kind":"answer","status":500,"headers":{"x-a":["1","2"]},"body":{"a":1},"committed":true}},
               {"fault":{"kind":"delay","milliseconds":20}},
               {"fault":{"kind":"drop"}}"#,
        )
        .unwrap();
        let mishap = script.strike(None);
        assert_eq!(mishap.before, Duration::from_millis(25));
        assert_eq!(mishap.after, Duration::from_millis(7));
        let scripted = ScriptedAnswer {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            headers: ["1", "2"]
                .map(|value| {
                    (
                        HeaderName::from_static("x-a"),
                        HeaderValue::from_static(value),
                    )
                })
                .to_vec(),
            body: r#"{"a":1}"#.to_owned(),
        };
        let commitment = Commitment::Committed;
        assert_eq!(
            mishap.broken,
            Some(Break::Answer {
                commitment,
                scripted
            })
        );
    }

    #[test]
    fn a_script_that_says_nothing_sensible_is_refused() {
        let bad_rules = [
            r#"{"nth":0,"fault":{"kind":"drop"}}"#,
            r#"{"nth":1,"to":2,"fault":{"kind":"drop"}}"#,
            r#"{"from":3,"to":2,"fault":{"kind":"drop"}}"#,
            r#"{"fault":{"kind":"answer","status":100}}"#,
            r#"{"fault":{"kind":"answer","status":1000}}"#,
            r#"{"fault":{"kind":"answer","status":500,"headers":{"a b":"1"}}}"#,
            r#"{"fault":{"kind":"answer","status":500,"headers":{"a":"1\n"}}}"#,
        ];
        for rule in bad_rules {
            let refused = script(rule);
            assert!(
                matches!(refused, Err(FaultScriptError::Rule { number: 1, .. })),
                "{rule}: {refused:?}"
            );
        }
        for rule in [
            r#"{"fault":{"kind":"explode"}}"#,
            r#"{"fault":{"kind":"drop","byte":1}}"#,
            r#"{"operation":"create-view","fault":{"kind":"drop"}}"#,
            r#"{"when":1,"fault":{"kind":"drop"}}"#,
        ] {
            let refused = script(rule);
            assert!(
                matches!(refused, Err(FaultScriptError::Malformed { .. })),
                "{rule}: {refused:?}"
            );
        }
        let version = FaultScript::from_json(r#"{"formatVersion":"0.9","rules":[]}"#);
        assert!(matches!(version, Err(FaultScriptError::Version { .. })));
    }
}
