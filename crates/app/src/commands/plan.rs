//! `cxda plan`: what apply would do, and what it would cost; changes nothing on the tenant.

use std::path::Path;
use std::sync::Arc;

use cxda_adapters_fs::plans::PlanFiles;
use cxda_adapters_http::HttpTenant;
use cxda_domain::plan::{Plan, PlanScope};
use cxda_domain::violation::Violations;
use cxda_ports::error::SourceError;
use cxda_ports::journal::Journal;
use cxda_ports::manifests::{ManifestSource, PlanStore};
use cxda_ports::secrets::SecretSource;
use cxda_usecases::apply::{Subscription, count_relays};
use cxda_usecases::plan::{Planned, plan};
use cxda_usecases::ports::PlanPorts;
use cxda_usecases::saved::{Destination, SavedPlan, SavedPlanError};
use cxda_usecases::validate::validate;
use serde_json::Value;

use crate::cli::{Detail, OutputFormat, PlanArgs, ScopeArgs};
use crate::commands::{Context, Ended};
use crate::exit::Exit;
use crate::pause;
use crate::render::plan::{Heading, Shown};
use crate::settings::{Settings, Tenant, Webhook};
use crate::system::SystemClock;
use crate::wiring::{self, Connection, HiddenSecrets, Patience, WiringError};

impl From<&ScopeArgs> for PlanScope {
    fn from(arguments: &ScopeArgs) -> Self {
        Self {
            targets: arguments.targets.clone(),
            prune: arguments.prune,
        }
    }
}

/// What each of `webhooks` wants to be told.
pub(super) fn subscriptions<'a>(
    webhooks: impl IntoIterator<Item = &'a Webhook>,
) -> impl Iterator<Item = Subscription> {
    webhooks.into_iter().map(|webhook| Subscription {
        webhook: webhook.name.clone(),
        events: webhook.events.clone(),
    })
}

/// The same of those that the tenant tells, which costs requests.
pub(super) fn relayed(settings: &Settings) -> Vec<Subscription> {
    let relayed = settings
        .webhooks
        .iter()
        .filter(|webhook| webhook.is_relayed());
    subscriptions(relayed).collect()
}

/// To which tenant a saved plan of `connection` belongs.
pub(super) fn destination(connection: &Connection) -> Destination {
    Destination {
        tenant: connection.heading.tenant.clone(),
        origin: connection.origin.clone(),
    }
}

pub(crate) async fn run(
    context: Context<'_>,
    arguments: &PlanArgs,
    clock: Arc<SystemClock>,
) -> Result<Exit, Ended> {
    if let Some(path) = &arguments.out {
        spare(&context.folder()?.join(path)).await?;
    }
    let settings = context.settings()?;
    let tenant = settings.tenant(context.environment)?;
    let secrets = wiring::secrets(&settings, context.environment);
    let manifests = wiring::manifests(&settings, Vec::new())?;
    let patience = Patience::AsSettled;
    let pace = context.pace(&clock);
    let connecting = wiring::connect(&settings, &tenant, &secrets, pace, patience);
    let connection = match connecting.await {
        Ok(connection) => connection,
        Err(error) => return unconnected(context, (&settings, &tenant), &manifests, error).await,
    };
    let journal = wiring::journal_to_read(&settings, wiring::scope(&connection))?;
    let ended = match pause::respect(&settings, &connection, &*journal, &*clock).await {
        Ok(()) => {
            let secrets = HiddenSecrets::new(&secrets, &connection);
            look(
                context,
                arguments,
                (&settings, &connection),
                &manifests,
                &secrets,
                &*journal,
            )
            .await
        }
        Err(error) => unconnected(context, (&settings, &tenant), &manifests, error).await,
    };
    drop(journal);
    pause::keep(context.screen, &settings, &connection, &*clock).await;
    connection.close().await;
    ended
}

/// Makes sure that at `path`, where the plan is to be saved, nothing else stands than an earlier one.
async fn spare(path: &Path) -> Result<(), Ended> {
    let shown = path.display().to_string();
    let text = match PlanFiles::new("/").load(&shown).await {
        Err(SourceError::Missing { .. }) => return Ok(()),
        found => found.unwrap_or_default(),
    };
    match SavedPlan::from_text(&text) {
        Err(SavedPlanError::Unreadable(_)) => {
            let message = format!("{shown} is there and is no saved plan: it stays as it is");
            let hint = "name another file with --out, or move that one away";
            Err(Ended::message(Exit::Refused, message).hint(hint))
        }
        _ => Ok(()),
    }
}

async fn look(
    context: Context<'_>,
    arguments: &PlanArgs,
    (settings, connection): (&Settings, &Connection),
    manifests: &dyn ManifestSource,
    secrets: &dyn SecretSource,
    journal: &dyn Journal,
) -> Result<Exit, Ended> {
    let bar = &**context.bar;
    bar.begin();
    let scope = PlanScope::from(&arguments.scope);
    let ports = PlanPorts {
        manifests,
        checker: &wiring::checker(),
        secrets,
        tenant: connection.ports(),
        journal,
        progress: bar,
    };
    let planned = plan(ports, &scope).await;
    bar.clear();
    let mut planned = planned.map_err(|error| Ended::without_plan(error, connection))?;
    hide_echoes(&mut planned.plan, &connection.client);
    count_relays(&mut planned, &relayed(settings));
    let shown = Shown {
        heading: &connection.heading(),
        plan: &planned.plan,
        limit: connection.rate_limit,
    };
    show(context, shown, arguments.shown.detail);
    if planned.plan.violations.has_errors() {
        return Ok(Exit::Invalid);
    }
    if let Some(path) = &arguments.out {
        let path = context.folder()?.join(path);
        save(&planned, connection, &scope, &path.display().to_string()).await?;
        context
            .screen
            .remark(&format!("Saved to {}.", path.display()));
    }
    let changes = !planned.plan.changes.is_empty();
    Ok(if changes && arguments.detailed_exitcode {
        Exit::Changes
    } else {
        Exit::Done
    })
}

/// Takes the secrets in use out of what `plan` says in the tenant's own words.
pub(super) fn hide_echoes(plan: &mut Plan, client: &HttpTenant) {
    fn hide(value: &mut Value, client: &HttpTenant) {
        match value {
            Value::String(text) => *text = client.redact(text),
            // What is compared is a few levels deep, so the depth of this recursion is bounded.
            Value::Array(items) => items.iter_mut().for_each(|item| hide(item, client)),
            Value::Object(members) => members.values_mut().for_each(|item| hide(item, client)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    for field in plan
        .changes
        .iter_mut()
        .flat_map(|change| &mut change.fields)
    {
        // The names of variables are the only words of the tenant in a path.
        if let Some((block, name)) = field.path.split_once('.') {
            field.path = format!("{block}.{}", client.redact(name));
        }
        hide(&mut field.before, client);
    }
    let violations = std::mem::take(&mut plan.violations).into_iter();
    plan.violations = Violations::new();
    plan.violations.extend(violations.map(|mut violation| {
        violation.message = client.redact(&violation.message);
        // What would have to be changed is left out: its place would not be right any more.
        violation.leave_out(|line| client.redact(line) != line);
        violation
    }));
}

/// What is wrong with the manifests goes before what keeps the tenant from being reached.
pub(super) async fn unconnected(
    context: Context<'_>,
    (settings, tenant): (&Settings, &Tenant),
    manifests: &dyn ManifestSource,
    error: WiringError,
) -> Result<Exit, Ended> {
    let project = validate(manifests, &wiring::checker()).await;
    let violations = project
        .map(|project| project.violations)
        .unwrap_or_default();
    if !violations.has_errors() {
        return Err(error.into());
    }
    let plan = Plan {
        violations,
        ..Plan::default()
    };
    let heading = Heading {
        project: settings.name.clone(),
        tenant: tenant.name.clone(),
        origin: String::new(),
    };
    let shown = Shown {
        heading: &heading,
        plan: &plan,
        limit: tenant.profile.rate_limit(),
    };
    show(context, shown, None);
    Ok(Exit::Invalid)
}

/// Prints a plan as asked for.
pub(super) fn show(context: Context<'_>, shown: Shown<'_>, detail: Option<Detail>) {
    let text = match context.global.format {
        OutputFormat::Json => shown.json(),
        OutputFormat::Markdown => shown.markdown(),
        _ => shown.text(context.screen, detail),
    };
    context.screen.result(&text);
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
