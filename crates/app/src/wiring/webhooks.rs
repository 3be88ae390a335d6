//! The ways to the webhooks of the settings; their URLs and secrets are read here.

use std::collections::BTreeMap;
use std::sync::Arc;

use cxda_adapters_http::config::Timeouts;
use cxda_adapters_http::webhook::{Direct, Route, SigningSecret, Webhooks};
use cxda_ports::secrets::SecretSource;

use super::secrets::value_named_in;
use super::tenant::user_agent;
use super::{Connection, Pace, WiringError};
use crate::exit::Exit;
use crate::render::chain;
use crate::settings::{Location, Settings, Via, Webhook};

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
        let route = route(webhook, secrets).await.unwrap_or_else(|error| {
            let why = chain(&error);
            tracing::warn!(webhook = webhook.name, why, "its events stay in the outbox");
            Route::Unreadable { why }
        });
        routes.insert(webhook.name.clone(), route);
    }
    let direct = Direct::new(
        settings.allowed_hosts.clone(),
        &user_agent(),
        Timeouts::DEFAULT,
        pace.clock,
    );
    let relay = Arc::clone(&connection.client);
    Webhooks::new(routes, relay, direct, pace.stop)
}

async fn route(webhook: &Webhook, secrets: &dyn SecretSource) -> Result<Route, WiringError> {
    let url = value_named_in(TABLE, secrets, &webhook.url, "its URL").await?;
    let Via::Direct { secrets: locations } = &webhook.via else {
        return Ok(Route::Relay { url });
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
