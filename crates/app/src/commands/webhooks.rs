//! `cxda webhooks`: the outbox, as a person sees it and empties it.

use std::sync::Arc;

use cxda_domain::key::RunId;
use cxda_ports::ids::IdSource;
use cxda_ports::outbox::{Outbox, Outgoing};
use cxda_usecases::deliver::{Courier, CourierOptions, Round};

use crate::cli::WebhooksCommand;
use crate::commands::{Context, Ended};
use crate::exit::{self, Exit};
use crate::pause;
use crate::render::webhooks::{ends, list};
use crate::settings::Settings;
use crate::system::{SystemClock, SystemRandom};
use crate::wiring::{self, Connection, HiddenSecrets, Patience, WiringError, Writing};

/// How many delivered entries are shown, the latest ones.
const DELIVERED_SHOWN: usize = 20;

pub(crate) async fn run(
    context: Context<'_>,
    command: &WebhooksCommand,
    clock: Arc<SystemClock>,
) -> Result<Exit, Ended> {
    match command {
        WebhooksCommand::List => show(context).await,
        WebhooksCommand::Deliver => deliver(context, &clock).await,
        WebhooksCommand::Discard(arguments) => discard(context, &arguments.id, &clock).await,
    }
}

async fn show(context: Context<'_>) -> Result<Exit, Ended> {
    let settings = context.settings()?;
    let scope = wiring::scope_of(&settings.tenant(context.environment)?);
    let entries = match wiring::store_to_read(&settings, scope)? {
        Some(store) => store.entries(DELIVERED_SHOWN).await,
        None => Ok(Vec::new()),
    };
    let entries = entries.map_err(WiringError::from)?;
    context.screen.result(&list(context.for_people(), &entries));
    if entries.is_empty() {
        context.screen.remark("The outbox is empty.");
    }
    Ok(Exit::Done)
}

async fn deliver(context: Context<'_>, clock: &Arc<SystemClock>) -> Result<Exit, Ended> {
    let settings = context.settings()?;
    let tenant = settings.tenant(context.environment)?;
    let secrets = wiring::secrets(&settings, context.environment);
    let wait = context.global.lock_timeout;
    let lock = wiring::lock(&settings, &tenant, "webhooks deliver", &**clock, wait).await?;
    let (pace, patience) = (context.pace(clock), Patience::AsSettled);
    let connection = wiring::connect(&settings, &tenant, &secrets, pace, patience).await?;
    let writing = wiring::writing(&settings, wiring::scope(&connection), lock, &**clock).await?;
    let round = DeliveryRound {
        context,
        settings: &settings,
        connection: &connection,
        writing: &writing,
        clock,
    };
    let ended = match pause::respect(&settings, &connection, &writing.store, &**clock).await {
        Ok(()) => round.run(&HiddenSecrets::new(&secrets, &connection)).await,
        Err(error) => Err(error.into()),
    };
    pause::keep(context.screen, &settings, &connection, &**clock).await;
    connection.close().await;
    ended
}

struct DeliveryRound<'a> {
    context: Context<'a>,
    settings: &'a Settings,
    connection: &'a Connection,
    writing: &'a Writing,
    clock: &'a Arc<SystemClock>,
}

impl DeliveryRound<'_> {
    async fn run(&self, secrets: &HiddenSecrets<'_>) -> Result<Exit, Ended> {
        let context = self.context;
        let pace = context.pace(self.clock);
        let sender = wiring::webhooks(self.settings, secrets, self.connection, pace).await;
        let ports = wiring::courier(self.writing, &sender, self.clock, &**context.interrupt);
        let options = CourierOptions {
            run: RunId::new(SystemRandom.fresh()),
            actor: self.settings.actor.clone(),
            tenant: self.connection.heading.tenant.clone(),
            round: Round::Everything,
        };
        context.interrupt.carefully();
        let courier = Courier::new(ports, options).await;
        let courier = courier.map_err(WiringError::from)?;
        let ended = courier.deliver().await;
        let handled = courier.handled();
        context
            .screen
            .result(&ends(context.for_people(), &sender, &handled));
        if handled.is_empty() {
            context.screen.remark("The outbox is empty.");
        }
        ended.map_err(|error| Ended::new(exit::of_courier(&error), error))?;
        Ok(context
            .interrupt
            .exit()
            .unwrap_or(exit::of_handled(&handled)))
    }
}

async fn discard(context: Context<'_>, id: &str, clock: &Arc<SystemClock>) -> Result<Exit, Ended> {
    let settings = context.settings()?;
    let tenant = settings.tenant(context.environment)?;
    let wait = context.global.lock_timeout;
    let lock = wiring::lock(&settings, &tenant, "webhooks discard", &**clock, wait).await?;
    let writing = wiring::writing(&settings, wiring::scope_of(&tenant), lock, &**clock).await?;
    let discarded = writing.store.discard(id).await;
    if discarded.map_err(WiringError::from)? {
        context.screen.remark("Discarded: nobody will be told.");
        return Ok(Exit::Done);
    }
    let entries = writing.store.entries(usize::MAX).await;
    let is_it = |each: &Outgoing| each.entry.id == id;
    let message = if entries.map_err(WiringError::from)?.iter().any(is_it) {
        format!("{id} is delivered already")
    } else {
        format!("the outbox has no entry {id}")
    };
    let hint = "`cxda webhooks list` names what can be discarded";
    Err(Ended::message(Exit::Unexpected, message).hint(hint))
}
