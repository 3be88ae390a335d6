//! What everything promises that runs scripts. An adapter that does not know JavaScript must be told of [`scripts`] before.

use cxda_domain::script::ScriptEnd;
use cxda_ports::script::{ScriptRun, ScriptRunner};
use serde_json::{Value, json};

/// One script, and what comes of it where its input is [`INPUT`].
#[derive(Clone, Debug)]
pub struct Sample {
    /// The script.
    pub source: &'static str,
    /// How it ends. Where it throws, its place is not looked at.
    pub end: ScriptEnd,
    /// What it logs.
    pub logs: &'static [&'static str],
}

/// `context.input` of every script of the suite.
pub const INPUT: &str = r#"{"score":10}"#;

/// The scripts of the suite.
pub fn scripts() -> Vec<Sample> {
    let returned = |source, value: Value| Sample {
        source,
        end: ScriptEnd::Returned(value),
        logs: &[],
    };
    vec![
        returned(
            "function main(context) { return { score: context.input.score + 2 }; }",
            json!({"score": 12}),
        ),
        returned(
            "const main = async ({ input }) => input;",
            json!({"score": 10}),
        ),
        returned("function main() {}", Value::Null),
        Sample {
            logs: &["one", "two 2"],
            ..returned(
                "function main() { console.log('one'); console.warn('two', 2); return [1.5]; }",
                json!([1.5]),
            )
        },
        Sample {
            source: "function main() { console.log('before'); throw new TypeError('no'); }",
            end: ScriptEnd::Threw {
                message: "TypeError: no".to_owned(),
                at: None,
            },
            logs: &["before"],
        },
    ]
}

/// The whole suite.
pub async fn keeps_its_promises(runner: &dyn ScriptRunner) {
    // Twice, for no run leaves a trace that another finds.
    for sample in scripts().into_iter().chain(scripts()) {
        let run = ScriptRun {
            source: sample.source.to_owned(),
            input: INPUT.to_owned(),
            now: None,
            random_seed: None,
        };
        let outcome = runner.run(&run).await.unwrap();
        let end = match outcome.end {
            ScriptEnd::Threw { message, .. } => ScriptEnd::Threw { message, at: None },
            other => other,
        };
        assert_eq!(end, sample.end, "{}", sample.source);
        assert_eq!(outcome.logs, sample.logs, "{}", sample.source);
    }
}
