//! `cxda plan`: what apply would do, and what it would cost; changes nothing on the tenant.

use std::sync::Arc;

use cxda_adapters_fs::plans::PlanFiles;
use cxda_domain::plan::PlanScope;
use cxda_ports::manifests::PlanStore;
use cxda_usecases::plan::{Planned, plan};
use cxda_usecases::ports::PlanPorts;
use cxda_usecases::saved::{Destination, SavedPlan};

use crate::cli::{PlanArgs, ScopeArgs};
use crate::commands::{Context, Ended};
use crate::exit::Exit;
use crate::progress::Bar;
use crate::render::plan::{plan_json, plan_text};
use crate::system::SystemClock;
use crate::wiring::{self, Connection, HiddenSecrets};

impl From<&ScopeArgs> for PlanScope {
    fn from(arguments: &ScopeArgs) -> Self {
        Self {
            targets: arguments.targets.clone(),
            prune: arguments.prune,
        }
    }
}

/// To which tenant a saved plan of `connection` belongs.
pub(super) fn destination(connection: &Connection) -> Destination {
    Destination {
        tenant: connection.heading.tenant.clone(),
        origin: connection.origin.clone(),
    }
}

/// Says which targets fit nothing: a plan that is empty because of a slip must not look like a job done.
pub(super) fn tell_idle_targets(context: Context<'_>, scope: &PlanScope, planned: &Planned) {
    let declared = planned.project.manifest.resources().keys();
    let planned = planned.plan.changes.iter().map(|change| &change.address);
    let known: Vec<_> = declared.chain(planned).collect();
    for target in &scope.targets {
        if !known.iter().any(|address| target.matches(address)) {
            let target = target.as_str();
            context.screen.remark(&format!(
                "--target {target} fits no resource of the project."
            ));
        }
    }
}

pub(crate) async fn run(
    context: Context<'_>,
    arguments: &PlanArgs,
    clock: Arc<SystemClock>,
) -> Result<Exit, Ended> {
    let settings = context.settings()?;
    let tenant = settings.tenant(context.environment)?;
    let secrets = wiring::secrets(&settings, context.environment);
    let manifests = wiring::manifests(&settings, Vec::new())?;
    let connection = wiring::connect(&settings, &tenant, &secrets, clock).await?;
    let journal = wiring::journal_to_read(&settings, wiring::scope(&connection))?;
    let bar = Bar::new(context.screen);
    let scope = PlanScope::from(&arguments.scope);
    let ports = PlanPorts {
        manifests: &manifests,
        secrets: &HiddenSecrets::new(&secrets, &connection),
        tenant: connection.ports(),
        journal: &*journal,
        progress: &bar,
    };
    let planned = plan(ports, &scope).await;
    bar.clear();
    let planned = planned.map_err(|error| Ended::without_plan(error, &connection))?;
    tell_idle_targets(context, &scope, &planned);
    let (heading, limit) = (&connection.heading, connection.rate_limit);
    let text = if context.is_json() {
        plan_json(heading, &planned.plan, limit)
    } else {
        plan_text(context.screen, heading, &planned.plan, limit)
    };
    context.screen.result(&text);
    if planned.plan.violations.has_errors() {
        return Ok(Exit::Invalid);
    }
    if let Some(path) = &arguments.out {
        let path = context.folder()?.join(path);
        save(&planned, &connection, &scope, &path.display().to_string()).await?;
        context
            .screen
            .remark(&format!("Saved to {}.", path.display()));
    }
    connection.close().await;
    let changes = !planned.plan.changes.is_empty();
    Ok(if changes && arguments.detailed_exitcode {
        Exit::Changes
    } else {
        Exit::Done
    })
}

async fn save(
    planned: &Planned,
    connection: &Connection,
    scope: &PlanScope,
    path: &str,
) -> Result<(), Ended> {
    let saved = SavedPlan::new(planned, &destination(connection), scope);
    let text = saved
        .to_text()
        .map_err(|error| Ended::new(Exit::Unexpected, error))?;
    let store = PlanFiles::new("/");
    store
        .save(path, &text)
        .await
        .map_err(|error| Ended::new(Exit::Unexpected, error))
}
