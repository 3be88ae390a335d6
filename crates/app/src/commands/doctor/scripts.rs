//! Whether scripts can be run here, and behind how many walls.

use std::time::Duration;

use cxda_adapters_script::run::filters_calls;
use cxda_domain::script::ScriptEnd;
use cxda_ports::script::{ScriptRun, ScriptRunner};

use super::checkup::Checkup;
use crate::exit::Exit;
use crate::render::chain;
use crate::wiring;

/// What the check is called.
pub(super) const NAME: &str = "scripts";

/// A script that does nothing.
const SCRIPT: &str = "function main() {}";

pub(super) async fn scripts(checkup: &mut Checkup) {
    let remedy = "see the message; `cxda test` and `apply --test local` need it, `apply --test none` does not";
    match run().await {
        Err(detail) => checkup.fail(NAME, Exit::Unexpected, detail, remedy),
        Ok(took) if filters_calls() => {
            let detail = format!(
                "run in {:.1} ms, in processes of their own that limit memory, time and system calls",
                took.as_secs_f64() * 1_000.0
            );
            checkup.ok(NAME, detail);
        }
        Ok(_) => {
            let detail =
                "run in processes of their own that limit memory and time, but not system calls";
            let remedy = "run scripts that you do not trust on a Linux kernel with seccomp";
            checkup.warn(NAME, detail, remedy);
        }
    }
}

async fn run() -> Result<Duration, String> {
    let runner = wiring::scripts().map_err(|error| chain(&error))?;
    let run = ScriptRun {
        source: SCRIPT.to_owned(),
        input: "null".to_owned(),
        now: None,
        random_seed: None,
    };
    let outcome = runner.run(&run).await.map_err(|error| chain(&error))?;
    match outcome.end {
        ScriptEnd::Returned(_) => Ok(outcome.took),
        ScriptEnd::Threw { message, .. } => Err(message),
        ScriptEnd::Stopped(limit) => Err(limit.to_string()),
    }
}
