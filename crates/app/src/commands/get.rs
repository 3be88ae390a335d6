//! `cxda get`: what the tenant has, all pages.

use std::sync::Arc;

use cxda_usecases::get::{Listing, get};

use crate::cli::{GetArgs, GetKind};
use crate::commands::{Context, Ended};
use crate::exit::{self, Exit};
use crate::progress::Bar;
use crate::render::listing::{listing_json, listing_text};
use crate::system::SystemClock;
use crate::wiring;

pub(crate) async fn run(
    context: Context<'_>,
    arguments: &GetArgs,
    clock: Arc<SystemClock>,
) -> Result<Exit, Ended> {
    let settings = context.settings()?;
    let tenant = settings.tenant(context.environment)?;
    let secrets = wiring::secrets(&settings, context.environment);
    let connection = wiring::connect(&settings, &tenant, &secrets, clock).await?;
    let (listing, kind) = match arguments.kind {
        GetKind::Views => (Listing::Views, "views"),
        GetKind::Actions => (Listing::Actions, "actions"),
        GetKind::Tables => (Listing::Tables, "tables"),
    };
    let bar = Bar::new(context.screen);
    let got = get(connection.ports(), &bar, listing, arguments.name.as_deref()).await;
    bar.clear();
    let items = got.map_err(|error| Ended::new(exit::of_api(&error), error))?;
    let text = if context.is_json() {
        listing_json(&tenant.name, kind, &items)
            .map_err(|error| Ended::new(Exit::Unreachable, error))?
    } else {
        listing_text(context.screen, kind, &items)
    };
    context.screen.result(&text);
    connection.close().await;
    match &arguments.name {
        Some(name) if items.is_empty() => {
            let message = format!("there is no {} named {name:?}", kind.trim_end_matches('s'));
            Err(Ended::message(Exit::Unexpected, message))
        }
        _ => Ok(Exit::Done),
    }
}
