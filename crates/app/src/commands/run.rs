//! `cxda run`: one run of one action's script, here. Its output alone goes to stdout.

use std::io;

use cxda_adapters_fs::atomic;
use cxda_domain::script::ScriptEnd;
use cxda_usecases::run::{RunError, RunInput, run as run_script};
use serde::de::IgnoredAny;
use tokio::task::spawn_blocking;

use crate::cli::RunArgs;
use crate::commands::{Context, Ended};
use crate::exit::{self, Exit};
use crate::render::tested::unreturned;
use crate::render::{json, safe};
use crate::wiring::{self, WiringError};

pub(crate) async fn run(context: Context<'_>, arguments: &RunArgs) -> Result<Exit, Ended> {
    let settings = context.settings()?;
    let manifests = wiring::manifests(&settings, Vec::new())?;
    let runner = wiring::scripts()?;
    let input = RunInput {
        input: input(context, arguments).await?,
        now: arguments.now,
        random_seed: arguments.random_seed,
    };
    let ran = match run_script(
        &manifests,
        &wiring::checker(),
        &runner,
        &arguments.address,
        input,
    )
    .await
    {
        Ok(ran) => ran,
        Err(RunError::Invalid(violations)) => return Ok(context.invalid(&violations)),
        Err(error) => return Err(Ended::new(exit::of_run(&error), error)),
    };
    for log in &ran.outcome.logs {
        context.screen.remark(&safe::lines(log));
    }
    let why = unreturned(&ran.outcome.end, ran.thrown_at.as_deref());
    match (ran.outcome.end, why) {
        (ScriptEnd::Returned(output), None) => {
            context.screen.result(&json(&output));
            Ok(Exit::Done)
        }
        (_, why) => Err(Ended::message(Exit::TestFailed, why.unwrap_or_default())),
    }
}

/// The input as JSON text.
async fn input(context: Context<'_>, arguments: &RunArgs) -> Result<String, Ended> {
    let (name, path) = (arguments.input.display().to_string(), &arguments.input);
    let refused = |message: String, error: io::Error| {
        Ended::from(WiringError::from_source(Exit::Usage, message, error))
    };
    let read = if name == "-" {
        spawn_blocking(|| io::read_to_string(io::stdin().lock()).map(Some)).await
    } else {
        let path = context.folder()?.join(path);
        spawn_blocking(move || atomic::read(&path)).await
    };
    let text = read
        .unwrap_or_else(|stopped| Err(io::Error::other(stopped)))
        .map_err(|error| refused(format!("the input {name} cannot be read"), error))?
        .ok_or_else(|| Ended::message(Exit::Usage, format!("the input {name} is not there")))?;
    serde_json::from_str::<IgnoredAny>(&text)
        .map_err(|error| refused(format!("the input {name} is no JSON"), error.into()))?;
    Ok(text)
}
