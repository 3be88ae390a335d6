//! The ways to the webhooks of the settings; their URLs and secrets are read here.

use std::collections::BTreeMap;
use std::sync::Arc;

use cxda_adapters_http::config::Timeouts;
use cxda_adapters_http::webhook::{Direct, Route, SigningSecret, Webhooks};
use cxda_ports::secrets::SecretSource;
use cxda_ports::stop::StopSignal;
use cxda_usecases::deliver::CourierPorts;

use super::secrets::value_named_in;
use super::tenant::user_agent;
use super::{Connection, Pace, WiringError, Writing};
use crate::exit::Exit;
use crate::render::chain;
use crate::settings::{Location, Settings, Via, Webhook};
use crate::system::{SystemClock, SystemRandom};

/// The table of the settings that names what is read here.
const TABLE: &str = "[[webhook]]";

/// The ways to the webhooks of `settings`, by the tenant at `connection` or from here. To one whose URL or secret cannot be used
/// there is none.
pub(crate) async fn webhooks(
    settings: &Settings,
    secrets: &dyn SecretSource,
    connection: &Connection,
    pace: Pace,
) -> Webhooks {
    let mut routes = BTreeMap::new();
    for webhook in &settings.webhooks {
        let route = route(webhook, secrets, connection).await;
        let route = route.unwrap_or_else(|error| {
            let why = chain(&error);
            tracing::warn!(webhook = webhook.name, why, "its events stay in the outbox");
            Route::Unreadable { why }
        });
        routes.insert(webhook.name.clone(), route);
    }
    sending(settings, routes, pace)
}

/// The ways to the sources of cache directives, which are told from here. To a webhook there is none.
pub(crate) fn directive_sources(settings: &Settings, pace: Pace) -> Webhooks {
    sending(settings, BTreeMap::new(), pace)
}

fn sending(settings: &Settings, routes: BTreeMap<String, Route>, pace: Pace) -> Webhooks {
    let direct = Direct::new(
        settings.allowed_hosts.clone(),
        &user_agent(),
        Timeouts::DEFAULT,
        pace.clock,
    );
    Webhooks::new(routes, direct, pace.stop)
}

/// What a courier needs that works for a command.
pub(crate) fn courier<'a>(
    writing: &'a Writing,
    sender: &'a Webhooks,
    clock: &'a SystemClock,
    stop: &'a dyn StopSignal,
) -> CourierPorts<'a> {
    CourierPorts {
        outbox: &writing.store,
        audit: &writing.audit,
        sender,
        clock,
        ids: &SystemRandom,
        jitter: &SystemRandom,
        stop,
    }
}

async fn route(
    webhook: &Webhook,
    secrets: &dyn SecretSource,
    connection: &Connection,
) -> Result<Route, WiringError> {
    let url = value_named_in(TABLE, secrets, &webhook.url, "its URL").await?;
    let Via::Direct { secrets: locations } = &webhook.via else {
        let tenant = Arc::clone(&connection.client) as _;
        return Ok(Route::Relay { url, tenant });
    };
    let mut signing = Vec::new();
    for location in locations {
        signing.push(signing_secret(location, secrets).await?);
    }
    Ok(Route::Direct {
        url,
        secrets: signing,
    })
}

async fn signing_secret(
    location: &Location,
    secrets: &dyn SecretSource,
) -> Result<SigningSecret, WiringError> {
    let text = value_named_in(TABLE, secrets, location, "its secret").await?;
    SigningSecret::parse(&text).map_err(|error| {
        WiringError::from_source(Exit::Invalid, "its secret cannot be used", error)
    })
}
