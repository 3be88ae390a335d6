//! `cxda get`: what the tenant has, all pages.

use std::sync::Arc;

use cxda_usecases::get::{Listing, get};

use crate::cli::{GetArgs, GetKind};
use crate::commands::{Context, Ended};
use crate::exit::Exit;
use crate::pause;
use crate::render::counted;
use crate::render::listing::{listing_json, listing_text};
use crate::settings::Settings;
use crate::system::SystemClock;
use crate::wiring::{self, Connection, Patience};

pub(crate) async fn run(
    context: Context<'_>,
    arguments: &GetArgs,
    clock: Arc<SystemClock>,
) -> Result<Exit, Ended> {
    let settings = context.settings()?;
    let tenant = settings.tenant(context.environment)?;
    let secrets = wiring::secrets(&settings, context.environment);
    let patience = Patience::AsSettled;
    let pace = context.pace(&clock);
    let connecting = wiring::connect(&settings, &tenant, &secrets, pace, patience);
    let connection = connecting.await?;
    let ended = show(context, arguments, &settings, &connection, &clock).await;
    pause::keep(context.screen, &settings, &connection, &*clock).await;
    connection.close().await;
    ended
}

async fn show(
    context: Context<'_>,
    arguments: &GetArgs,
    settings: &Settings,
    connection: &Connection,
    clock: &SystemClock,
) -> Result<Exit, Ended> {
    let journal = wiring::journal_to_read(settings, wiring::scope(connection))?;
    pause::respect(settings, connection, &*journal, clock).await?;
    let (listing, kind) = match arguments.kind {
        GetKind::Views => (Listing::Views, "views"),
        GetKind::Actions => (Listing::Actions, "actions"),
        GetKind::Tables => (Listing::Tables, "tables"),
    };
    let bar = &**context.bar;
    bar.begin();
    let got = get(connection.ports(), bar, listing, arguments.name.as_deref()).await;
    bar.clear();
    let items = got.map_err(|error| Ended::unread(error, connection))?;
    if context.is_json() {
        let text = listing_json(&connection.heading.tenant, kind, &items)
            .map_err(|error| Ended::new(Exit::Unreachable, error))?;
        context.screen.result(&connection.client.redact(&text));
    } else if !items.is_empty() {
        let text = listing_text(context.screen, &items);
        context.screen.result(&connection.client.redact(&text));
    }
    let thing = kind.trim_end_matches('s');
    match &arguments.name {
        Some(name) if items.is_empty() => {
            let message = format!("there is no {thing} named {name:?}");
            Err(Ended::message(Exit::Unexpected, message))
        }
        _ => {
            context
                .screen
                .remark(&format!("{}.", counted(items.len(), thing)));
            Ok(Exit::Done)
        }
    }
}
