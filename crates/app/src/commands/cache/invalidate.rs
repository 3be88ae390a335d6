//! `cxda cache invalidate`: the directives of a manifest, sent now. The tenant is not asked.

use std::sync::Arc;

use cxda_domain::action::{ActionName, DataAction};
use cxda_domain::key::RunId;
use cxda_ports::ids::IdSource;
use cxda_usecases::deliver::{CourierOptions, Round};
use cxda_usecases::invalidate::invalidate;
use cxda_usecases::validate::validate;

use crate::cli::CacheInvalidateArgs;
use crate::commands::{Context, Ended};
use crate::exit::{self, Exit};
use crate::render::webhooks::ends;
use crate::settings::Settings;
use crate::system::{SystemClock, SystemRandom};
use crate::wiring;

pub(super) async fn run(
    context: Context<'_>,
    arguments: &CacheInvalidateArgs,
    clock: &Arc<SystemClock>,
) -> Result<Exit, Ended> {
    let settings = context.settings()?;
    let tenant = settings.tenant(context.environment)?;
    let action = declared(&settings, &arguments.action).await?;
    let event = arguments.event.as_deref();
    if !is_anything_to_send(context, &action, event)? {
        return Ok(Exit::Done);
    }
    let wait = context.global.lock_timeout;
    let lock = wiring::lock(&settings, &tenant, "cache invalidate", &**clock, wait).await?;
    let writing = wiring::writing(&settings, wiring::scope_of(&tenant), lock, &**clock).await?;
    let sender = wiring::directive_sources(&settings, context.pace(clock));
    let ports = wiring::courier(&writing, &sender, clock, &**context.interrupt);
    let options = CourierOptions {
        run: RunId::new(SystemRandom.fresh()),
        actor: settings.actor.clone(),
        tenant: tenant.name.clone(),
        round: Round::Due,
    };
    context.interrupt.carefully();
    let handled = invalidate(ports, options, &action, event)
        .await
        .map_err(|error| Ended::new(exit::of_courier(&error), error))?;
    let screen = context.screen;
    screen.result(&ends(context.for_people(), &sender, &handled));
    let exit = exit::of_handled(&handled);
    if exit != Exit::Done {
        screen.remark("What was not taken stays in the outbox (see `cxda webhooks list`).");
    }
    Ok(context.interrupt.exit().unwrap_or(exit))
}

/// The action as its manifest says.
async fn declared(settings: &Settings, name: &ActionName) -> Result<DataAction, Ended> {
    let manifests = wiring::manifests(settings, Vec::new())?;
    let project = validate(&manifests, &wiring::checker())
        .await
        .map_err(|error| Ended::new(Exit::Invalid, error))?;
    let actions = || project.manifest.actions().map(|(action, _)| action);
    if let Some(action) = actions().find(|action| action.name == *name) {
        return Ok(action.clone());
    }
    if project.violations.has_errors() {
        let message = "the manifests are not sound, so that its directives are not known";
        return Err(Ended::message(Exit::Invalid, message).hint("see `cxda validate`"));
    }
    let message = format!("no manifest declares an action {name}");
    let known = actions().map(|action| action.name.as_str());
    Err(Ended::message(Exit::Usage, message).or_meant(name.as_str(), known))
}

/// Whether a directive is to be sent. An event that none of them is about is taken for a slip of the pen.
fn is_anything_to_send(
    context: Context<'_>,
    action: &DataAction,
    event: Option<&str>,
) -> Result<bool, Ended> {
    let name = &action.name;
    let Some(cache) = action
        .cache
        .as_ref()
        .filter(|cache| !cache.invalidation.is_empty())
    else {
        let message = format!("Nothing was sent: {name} declares no directive.");
        context.screen.remark(&message);
        return Ok(false);
    };
    let known = |wanted: &str| {
        cache
            .invalidation
            .iter()
            .any(|each| each.event_type == wanted)
    };
    if let Some(event) = event.filter(|event| !known(event)) {
        let mut types: Vec<&str> = cache
            .invalidation
            .iter()
            .map(|each| each.event_type.as_str())
            .collect();
        types.sort_unstable();
        types.dedup();
        let message = format!("{name} has no directive about {event}");
        let hint = format!("it has some about {}", types.join(", "));
        return Err(Ended::message(Exit::Usage, message).hint(&hint));
    }
    if cache.to_send(event).next().is_none() {
        let message = format!("Nothing was sent: what {name} declares is noop.");
        context.screen.remark(&message);
        return Ok(false);
    }
    Ok(true)
}
