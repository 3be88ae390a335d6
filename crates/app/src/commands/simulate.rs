//! `cxda simulate`: the simulated tenant as a server.

use std::path::Path;
use std::sync::Arc;

use cxda_ports::stop::StopSignal;
use cxda_simulator::WebhookSecret;
use cxda_simulator::config::SimConfig;
use cxda_simulator::faults::{FaultScript, FaultScriptError};
use cxda_simulator::profile::{ProfileName, SimProfile};

use crate::cli::SimulateArgs;
use crate::commands::{Context, Ended};
use crate::env::{self, Environment};
use crate::exit::Exit;
use crate::system::SystemClock;
use crate::wiring;

/// A fault script that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path} cannot be used")]
struct UnusableScript {
    path: String,
    #[source]
    source: FaultScriptError,
}

pub(crate) async fn run(
    context: Context<'_>,
    arguments: &SimulateArgs,
    clock: Arc<SystemClock>,
) -> Result<Exit, Ended> {
    let folder = context.folder()?;
    let mut config = SimConfig::new(SimProfile::named(ProfileName::CxoneV2));
    config.webhook_secret = webhook_secret(context.environment)?;
    let state = arguments.state.as_ref().map(|path| folder.join(path));
    let mut simulator = wiring::simulator(config, state.as_deref(), clock)?;
    let mut script = None;
    if let Some(path) = &arguments.faults {
        let faults = faults(&folder.join(path))?;
        script = Some(in_force(&faults, path));
        simulator = simulator.with_faults(faults);
    }
    let running = simulator
        .start(arguments.listen)
        .await
        .map_err(|error| Ended::new(Exit::Usage, error))?;
    context
        .screen
        .result(&format!("listening on {}\n", running.base_url()));
    context.screen.remark(
        "This is a simulated tenant: it takes any client id and secret. Look at /__sim/state and /__sim/log; stop it with Ctrl-C.",
    );
    if let Some(script) = script {
        context.screen.remark(&script);
    }
    context.interrupt.carefully();
    context.interrupt.raised().await;
    context.screen.remark("Stopping the simulated tenant.");
    running.stop().await;
    Ok(Exit::Done)
}

/// What the receivers of webhooks verify signatures with, where the environment says so.
fn webhook_secret(environment: &Environment) -> Result<Option<WebhookSecret>, Ended> {
    let name = env::SIM_WEBHOOK_SECRET;
    let Some(text) = environment.filled(name) else {
        return Ok(None);
    };
    let secret = WebhookSecret::parse(&text).map_err(|error| {
        Ended::message(Exit::Invalid, format!("{name} cannot be used: {error}"))
    })?;
    Ok(Some(secret))
}

/// What a script does, in one line.
fn in_force(faults: &FaultScript, path: &Path) -> String {
    let rules = match faults.rule_count() {
        1 => "1 rule".to_owned(),
        count => format!("{count} rules"),
    };
    let habits = match faults.habits_set().as_slice() {
        [] => String::new(),
        habits => format!(", and habits of the tenant: {}", habits.join(", ")),
    };
    format!(
        "The fault script {} is in force: {rules}{habits}.",
        path.display()
    )
}

fn faults(path: &Path) -> Result<FaultScript, Ended> {
    let shown = path.display();
    let text = cxda_adapters_fs::atomic::read(path)
        .map_err(|error| Ended::message(Exit::Invalid, format!("{shown} cannot be read: {error}")))?
        .ok_or_else(|| Ended::message(Exit::Invalid, format!("{shown} is not there")))?;
    FaultScript::from_json(&text).map_err(|source| {
        let path = shown.to_string();
        Ended::new(Exit::Invalid, UnusableScript { path, source })
    })
}
