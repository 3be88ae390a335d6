//! `cxda cache`: lookups by action, as somebody counted them, and directives, sent by hand.

use std::sync::Arc;

use cxda_domain::action::ActionName;
use cxda_domain::address::Address;
use cxda_domain::lookups::Lookups;
use cxda_ports::journal::Journal;
use cxda_ports::lookups::CacheLookups;
use cxda_usecases::validate::validate;

use crate::cli::{CacheCommand, CacheRecordArgs, CacheStatsArgs};
use crate::commands::{Context, Ended};
use crate::exit::Exit;
use crate::render::caches::stats;
use crate::settings::Settings;
use crate::system::SystemClock;
use crate::wiring::{self, WiringError};

mod invalidate;

pub(crate) async fn run(
    context: Context<'_>,
    command: &CacheCommand,
    clock: &Arc<SystemClock>,
) -> Result<Exit, Ended> {
    match command {
        CacheCommand::Invalidate(arguments) => invalidate::run(context, arguments, clock).await,
        CacheCommand::Record(arguments) => record(context, arguments).await,
        CacheCommand::Stats(arguments) => show(context, arguments).await,
    }
}

async fn record(context: Context<'_>, arguments: &CacheRecordArgs) -> Result<Exit, Ended> {
    let settings = context.settings()?;
    let scope = wiring::scope_of(&settings.tenant(context.environment)?);
    let journal = wiring::journal_to_read(&settings, scope.clone())?;
    known(&settings, &*journal, &arguments.action).await?;
    let (hits, misses) = (arguments.hits, arguments.misses);
    let store = wiring::store(&settings, scope)?;
    store
        .add_lookups(&arguments.action, Lookups { hits, misses })
        .await
        .map_err(WiringError::from)?;
    Ok(Exit::Done)
}

/// Makes sure that the project has or had `action`: a slip in a name must not be taken for one of which nothing is known.
pub(super) async fn known(
    settings: &Settings,
    journal: &dyn Journal,
    action: &ActionName,
) -> Result<(), Ended> {
    let address = Address::action(action.as_str());
    let manifests = wiring::manifests(settings, Vec::new())?;
    let project = validate(&manifests, &wiring::checker())
        .await
        .map_err(|error| Ended::new(Exit::Invalid, error))?;
    let applied = journal.last_applied().await.map_err(WiringError::from)?;
    if project.manifest.get(&address).is_some() || applied.contains_key(&address) {
        return Ok(());
    }
    let message = format!("no action of the project is named {action}");
    Err(Ended::message(Exit::Usage, message))
}

async fn show(context: Context<'_>, arguments: &CacheStatsArgs) -> Result<Exit, Ended> {
    let settings = context.settings()?;
    let scope = wiring::scope_of(&settings.tenant(context.environment)?);
    let mut lookups = match wiring::store_to_read(&settings, scope.clone())? {
        Some(store) => store.lookups().await.map_err(WiringError::from)?,
        None => [].into(),
    };
    if let Some(only) = &arguments.action {
        if !lookups.contains_key(only) {
            let journal = wiring::journal_to_read(&settings, scope)?;
            known(&settings, &*journal, only).await?;
        }
        lookups.retain(|action, _| action == only);
    }
    let screen = context.screen;
    screen.result(&stats(context.for_people(), &lookups));
    if lookups.is_empty() {
        screen.remark("No lookups are recorded (see `cxda cache record`).");
    }
    Ok(Exit::Done)
}
