//! `cxda apply`: plan, ask, carry out, notify, audit.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use cxda_adapters_fs::plans::PlanFiles;
use cxda_domain::audit::Compliance;
use cxda_domain::plan::PlanScope;
use cxda_ports::manifests::{ManifestSource, PlanStore};
use cxda_ports::secrets::SecretSource;
use cxda_usecases::apply::{OnError, count_tests};
use cxda_usecases::plan::plan;
use cxda_usecases::ports::PlanPorts;
use cxda_usecases::saved::SavedPlan;

use crate::cli::{ApplyArgs, OnErrorChoice};
use crate::commands::carrying_out::{Run, Terms, must_be_answered};
use crate::commands::plan::{destination, hide_echoes, unconnected};
use crate::commands::{Context, Ended};
use crate::exit::{self, Exit};
use crate::pause;
use crate::system::SystemClock;
use crate::wiring::{self, HiddenSecrets, Patience, WiringError, Writing};

mod tests_here;

pub(crate) async fn run(
    context: Context<'_>,
    arguments: &ApplyArgs,
    clock: Arc<SystemClock>,
) -> Result<Exit, Ended> {
    let hint = "use --yes, or `cxda plan` to look first";
    must_be_answered(context, "apply", arguments.yes, hint)?;
    let settings = context.settings()?;
    let tenant = settings.tenant(context.environment)?;
    let secrets = wiring::secrets(&settings, context.environment);
    let manifests = wiring::manifests(&settings, Vec::new())?;
    let saved = match &arguments.plan_file {
        Some(path) => Some(load(&context.folder()?.join(path)).await?),
        None => None,
    };
    let scope = match &saved {
        Some(saved) => saved.scope().clone(),
        None => PlanScope::from(&arguments.scope),
    };
    let passed_here = if arguments.test.is_here() {
        tests_here::passed(context, &manifests, &scope).await?
    } else {
        BTreeSet::new()
    };
    let wait = context.global.lock_timeout;
    // Before the tenant is looked at: the built-in simulator reads its state when it is connected.
    let lock = wiring::lock(&settings, &tenant, "apply", &*clock, wait).await?;
    let patience = Patience::AsSettled;
    let pace = context.pace(&clock);
    let connecting = wiring::connect(&settings, &tenant, &secrets, pace, patience);
    let connection = match connecting.await {
        Ok(connection) => connection,
        Err(error) => return unconnected(context, (&settings, &tenant), &manifests, error).await,
    };
    let run = Run {
        context,
        settings: &settings,
        connection: &connection,
        clock: &clock,
        terms: Terms {
            command: "apply",
            yes: arguments.yes,
            allow_deletes: arguments.bounds.allow_deletes,
            detail: arguments.shown.detail,
            parallelism: arguments.bounds.parallelism,
            on_error: match arguments.on_error {
                OnErrorChoice::Stop => OnError::Stop,
                OnErrorChoice::Continue => OnError::Continue,
            },
            compliance: Compliance {
                schema_validated: Some(true),
                dependency_verified: Some(true),
                circular_reference_check_passed: Some(true),
                script_syntax_checked: Some(true),
                test_passed: None,
            },
            passed_here,
            tests_there: arguments.test.is_there(),
        },
    };
    let writing = wiring::writing(&settings, wiring::scope(&connection), lock, &*clock).await?;
    let ended = match pause::respect(&settings, &connection, &writing.store, &*clock).await {
        Ok(()) => {
            let secrets = HiddenSecrets::new(&secrets, &connection);
            let planning = Planning {
                manifests: &manifests,
                secrets: &secrets,
                scope: &scope,
                saved: saved.as_ref(),
            };
            plan_and_carry_out(&run, planning, &writing).await
        }
        Err(error) => unconnected(context, (&settings, &tenant), &manifests, error).await,
    };
    pause::keep(context.screen, &settings, &connection, &*clock).await;
    connection.close().await;
    ended
}

async fn load(path: &Path) -> Result<SavedPlan, Ended> {
    let text = PlanFiles::new("/")
        .load(&path.display().to_string())
        .await
        .map_err(|error| Ended::new(Exit::Invalid, error))?;
    SavedPlan::from_text(&text).map_err(|error| {
        let message = format!("{} cannot be applied", path.display());
        WiringError::from_source(exit::of_saved(&error), message, error).into()
    })
}

/// What a plan is made from, and what it must not differ from.
struct Planning<'a> {
    manifests: &'a dyn ManifestSource,
    secrets: &'a dyn SecretSource,
    scope: &'a PlanScope,
    saved: Option<&'a SavedPlan>,
}

async fn plan_and_carry_out(
    run: &Run<'_>,
    planning: Planning<'_>,
    writing: &Writing,
) -> Result<Exit, Ended> {
    let (context, connection) = (run.context, run.connection);
    let bar = &**context.bar;
    bar.begin();
    let ports = PlanPorts {
        manifests: planning.manifests,
        checker: &wiring::checker(),
        secrets: planning.secrets,
        tenant: connection.ports(),
        journal: &writing.store,
        progress: bar,
    };
    let planned = plan(ports, planning.scope).await;
    bar.clear();
    let mut planned = planned.map_err(|error| Ended::without_plan(error, connection))?;
    hide_echoes(&mut planned.plan, &connection.client);
    if planned.plan.violations.has_errors() {
        run.show(&planned);
        return Ok(Exit::Invalid);
    }
    if let Some(saved) = planning.saved {
        saved
            .matches(&planned, &destination(connection))
            .map_err(|error| Ended::new(exit::of_saved(&error), error))?;
    }
    if run.terms.tests_there {
        count_tests(&mut planned);
    }
    run.agree(&mut planned).await?;
    let pace = context.pace(run.clock);
    let webhooks = wiring::webhooks(run.settings, planning.secrets, connection, pace).await;
    let ran = run.carry_out(&planned, writing, &webhooks).await?;
    Ok(ran.exit)
}
