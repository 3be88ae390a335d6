//! What goes to a child and what comes back: one JSON document each way.
//!
//! Whatever comes back is data. It is taken only if it is an answer to the last byte, and its lengths are looked at again.

use std::time::Duration;

use cxda_domain::instant::UtcMillis;
use cxda_domain::node::Mark;
use cxda_domain::script::{ScriptEnd, ScriptLimit};
use cxda_ports::script::{ScriptOutcome, ScriptRun};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::limits;

/// What a child is told.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    pub(super) source: String,
    pub(super) input: String,
    pub(super) now_ms: Option<i64>,
    pub(super) random_seed: Option<i64>,
}

/// What a child says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    pub(super) end: End,
    pub(super) logs: Vec<String>,
    pub(super) took_us: u64,
}

/// How a run ended, as a child says it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum End {
    Returned(Box<RawValue>),
    Threw {
        message: String,
        line: Option<u32>,
        column: Option<u32>,
    },
    Stopped(Limit),
}

/// A limit that a child noticed by itself.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Limit {
    Time,
    Memory,
    Output,
}

impl Request {
    pub(super) fn of(run: &ScriptRun) -> Self {
        Self {
            source: run.source.clone(),
            input: run.input.clone(),
            now_ms: run.now.map(UtcMillis::epoch_millis),
            random_seed: run.random_seed,
        }
    }

    pub(super) fn to_bytes(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(self)
    }

    pub(super) fn parse(bytes: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(bytes)
    }
}

impl Answer {
    /// The answer as bytes, within the limit; one that is longer says that, and nothing else.
    pub(super) fn to_bytes(&self) -> serde_json::Result<Vec<u8>> {
        let bytes = serde_json::to_vec(self)?;
        if bytes.len() <= limits::OUTPUT_BYTES {
            return Ok(bytes);
        }
        serde_json::to_vec(&Self {
            end: End::Stopped(Limit::Output),
            logs: Vec::new(),
            took_us: self.took_us,
        })
    }

    /// The answer that `bytes` are, if they are one and nothing else.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// What this answer tells of a run that cannot have taken longer than `most`.
    pub(super) fn into_outcome(self, most: Duration) -> ScriptOutcome {
        let end = match self.end {
            End::Returned(text) => match read_result(text.get()) {
                Ok(value) => ScriptEnd::Returned(value),
                // The child judges it by the same function: it is none of ours.
                Err(_) => ScriptEnd::Stopped(ScriptLimit::Process),
            },
            End::Threw {
                message,
                line,
                column,
            } => ScriptEnd::Threw {
                message: cut(message),
                at: line
                    .zip(column)
                    .map(|(line, column)| Mark::new(line, column)),
            },
            End::Stopped(limit) => ScriptEnd::Stopped(match limit {
                Limit::Time => ScriptLimit::Time,
                Limit::Memory => ScriptLimit::Memory,
                Limit::Output => ScriptLimit::Output,
            }),
        };
        let lines = self.logs.into_iter().take(limits::LOG_LINES);
        ScriptOutcome {
            end,
            logs: lines.map(cut).collect(),
            took: Duration::from_micros(self.took_us).min(most),
        }
    }
}

/// The result that `text` is.
///
/// # Errors
///
/// Why it cannot be taken.
pub(super) fn read_result(text: &str) -> Result<Value, String> {
    if depth(text) > limits::OUTPUT_DEPTH {
        let most = limits::OUTPUT_DEPTH;
        return Err(format!("the result is nested more than {most} levels deep"));
    }
    // JSON may escape half a character, which is no text.
    serde_json::from_str(text).map_err(|_| "the result holds text that is not Unicode".to_owned())
}

/// How deep the lists and objects of a JSON text are nested.
fn depth(text: &str) -> usize {
    let (mut now, mut most) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                now += 1;
                most = most.max(now);
            }
            b']' | b'}' if !in_string => now = now.saturating_sub(1),
            _ => {}
        }
    }
    most
}

/// `text`, within the limit of a line.
fn cut(mut text: String) -> String {
    if text.len() > limits::TEXT_BYTES {
        text.truncate(text.floor_char_boundary(limits::TEXT_BYTES));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_lists_and_objects_and_not_text() {
        for (text, want) in [
            ("1", 0),
            ("[]", 1),
            (r#"{"a":[{}],"b":[]}"#, 3),
            (r#""[[[""#, 0),
            (r#"["\"[[", "\\", []]"#, 2),
            ("]]]", 0),
        ] {
            assert_eq!(depth(text), want, "case: {text}");
        }
    }

    #[test]
    fn a_result_is_taken_up_to_its_depth() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(read_result(&nested(limits::OUTPUT_DEPTH)).is_ok());
        let refused = read_result(&nested(limits::OUTPUT_DEPTH + 1)).unwrap_err();
        assert_eq!(refused, "the result is nested more than 100 levels deep");
        let refused = read_result(r#""\ud800""#).unwrap_err();
        assert_eq!(refused, "the result holds text that is not Unicode");
    }

    #[test]
    fn an_answer_that_is_too_long_says_so() {
        let answer = Answer {
            end: End::Threw {
                message: "x".repeat(limits::OUTPUT_BYTES),
                line: None,
                column: None,
            },
            logs: vec!["one".to_owned()],
            took_us: 7,
        };
        let text = String::from_utf8(answer.to_bytes().unwrap()).unwrap();
        assert_eq!(
            text,
            r#"{"end":{"stopped":"output"},"logs":[],"took_us":7}"#
        );
    }
}
