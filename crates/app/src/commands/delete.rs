//! `cxda delete`: removes what somebody names, if it is ours and nothing needs it.

use std::collections::BTreeSet;
use std::sync::Arc;

use cxda_adapters_fs::manifests::FsManifests;
use cxda_domain::address::Address;
use cxda_domain::audit::Compliance;
use cxda_domain::plan::Kept;
use cxda_domain::violation::FieldPath;
use cxda_ports::secrets::SecretSource;
use cxda_usecases::apply::OnError;
use cxda_usecases::delete::{DeleteError, plan_delete};
use cxda_usecases::plan::Planned;
use cxda_usecases::ports::PlanPorts;

use crate::cli::DeleteArgs;
use crate::commands::carrying_out::{Run, Terms, must_be_answered};
use crate::commands::{Context, Ended};
use crate::exit::{self, Exit};
use crate::pause;
use crate::render::safe;
use crate::system::SystemClock;
use crate::wiring::{self, Connection, HiddenSecrets, Patience, Writing};

pub(crate) async fn run(
    context: Context<'_>,
    arguments: &DeleteArgs,
    clock: Arc<SystemClock>,
) -> Result<Exit, Ended> {
    must_be_answered(context, "delete", arguments.yes, "use --yes")?;
    let settings = context.settings()?;
    let tenant = settings.tenant(context.environment)?;
    let secrets = wiring::secrets(&settings, context.environment);
    let manifests = wiring::manifests(&settings, Vec::new())?;
    let wait = context.global.lock_timeout;
    // Before the tenant is looked at: the built-in simulator reads its state when it is connected.
    let lock = wiring::lock(&settings, &tenant, "delete", &*clock, wait).await?;
    let pace = context.pace(&clock);
    let patience = Patience::AsSettled;
    let connection = wiring::connect(&settings, &tenant, &secrets, pace, patience).await?;
    let writing = wiring::writing(&settings, wiring::scope(&connection), lock, &*clock).await?;
    let run = Run {
        context,
        settings: &settings,
        connection: &connection,
        clock: &clock,
        terms: Terms {
            command: "delete",
            yes: arguments.yes,
            allow_deletes: arguments.bounds.allow_deletes,
            detail: None,
            parallelism: arguments.bounds.parallelism,
            on_error: OnError::Continue,
            compliance: Compliance {
                dependency_verified: Some(true),
                ..Compliance::default()
            },
            passed_here: BTreeSet::new(),
            tests_there: false,
        },
    };
    let ended = match pause::respect(&settings, &connection, &writing.store, &*clock).await {
        Ok(()) => {
            let secrets = HiddenSecrets::new(&secrets, &connection);
            plan_and_carry_out(&run, arguments, &manifests, &secrets, &writing).await
        }
        Err(error) => Err(error.into()),
    };
    pause::keep(context.screen, &settings, &connection, &*clock).await;
    connection.close().await;
    ended
}

async fn plan_and_carry_out(
    run: &Run<'_>,
    arguments: &DeleteArgs,
    manifests: &FsManifests,
    secrets: &dyn SecretSource,
    writing: &Writing,
) -> Result<Exit, Ended> {
    let (context, connection) = (run.context, run.connection);
    let bar = &**context.bar;
    bar.begin();
    let ports = PlanPorts {
        manifests,
        checker: &wiring::checker(),
        secrets,
        tenant: connection.ports(),
        journal: &writing.store,
        progress: bar,
    };
    let planned = plan_delete(ports, &arguments.addresses).await;
    bar.clear();
    let mut planned = planned.map_err(|error| ended(context, error, connection))?;
    if planned.plan.changes.is_empty() {
        context.screen.remark(
            "What was made from here is not on the tenant any more: there is nothing to delete.",
        );
    }
    run.agree(&mut planned).await?;
    let pace = context.pace(run.clock);
    let webhooks = wiring::webhooks(run.settings, secrets, connection, pace).await;
    let ran = run.carry_out(&planned, writing, &webhooks).await?;
    tell_of_manifests(context, &planned, &ran.done);
    Ok(ran.exit)
}

/// Names manifests that would make anew what is deleted.
fn tell_of_manifests(context: Context<'_>, planned: &Planned, done: &BTreeSet<Address>) {
    for address in done {
        let Some(declared) = planned.project.manifest.get(address) else {
            continue;
        };
        let place = declared.origin.position(&FieldPath::from("metadata.name"));
        context.screen.remark(&safe::line(&format!(
            "{address} is still declared at {place}: the next apply makes it anew."
        )));
    }
}

fn ended(context: Context<'_>, error: DeleteError, connection: &Connection) -> Ended {
    let exit = exit::of_delete(&error);
    let remedy = match &error {
        DeleteError::Unsound(violations) => {
            context.show_findings(violations);
            None
        }
        DeleteError::Observe(error) => connection.remedy(error),
        DeleteError::NotOurs { .. } => Some(
            "an apply adopts what a manifest declares; `cxda get` shows what is on the tenant"
                .to_owned(),
        ),
        DeleteError::Refused { refusals } => {
            let is_needed = refusals.iter().any(|each| each.why != Kept::Protected);
            let is_protected = refusals.iter().any(|each| each.why == Kept::Protected);
            let needed = "name what depends on it as well, or take the dependency away first";
            let protected = "lift the protection by applying `protect: false`";
            let advice = [
                is_needed.then_some(needed),
                is_protected.then_some(protected),
            ];
            Some(advice.into_iter().flatten().collect::<Vec<_>>().join("; "))
        }
        _ => None,
    };
    let ended = Ended::new(exit, error);
    match remedy {
        Some(remedy) => ended.hint(&remedy),
        None => ended,
    }
}
