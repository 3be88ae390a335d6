//! The tenant: its client, its credentials and what plans and journals know it by.
//!
//! Nothing is sent here.

use std::sync::Arc;
use std::time::Duration;

use cxda_adapters_http::HttpTenant;
use cxda_adapters_http::config::{HttpConfig, Timeouts};
use cxda_adapters_http::credentials::{AuthConfig, AuthKind, Credentials};
use cxda_adapters_http::profile::ApiPath;
use cxda_domain::request::RateLimit;
use cxda_ports::error::ApiError;
use cxda_ports::secrets::SecretSource;
use cxda_simulator::Running;
use cxda_usecases::ports::TenantPorts;

use super::secrets::value;
use super::{WiringError, simulator};
use crate::exit::{self, Exit};
use crate::interrupt::Interrupt;
use crate::progress::Bar;
use crate::render::plan::Heading;
use crate::settings::{Remote, Settings, Tenant, TenantKind};
use crate::system::{SystemClock, SystemRandom};

/// How long a request waits under [`Patience::Short`], at most.
const SHORT: Duration = Duration::from_secs(5);

/// How long single requests wait for their answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// As the settings say.
    AsSettled,
    /// For somebody who only wants to know whether there is one.
    Short,
}

/// By what a client goes while it speaks to a tenant.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    pub(crate) clock: Arc<SystemClock>,
    pub(crate) stop: Arc<Interrupt>,
    pub(crate) progress: Arc<Bar>,
}

/// A tenant that can be spoken to.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) client: Arc<HttpTenant>,
    pub(crate) heading: Heading,
    pub(crate) rate_limit: RateLimit,
    /// What journals and saved plans are bound to.
    pub(crate) origin: String,
    pub(super) simulator: Option<Running>,
}

impl Connection {
    /// The tenant's ports.
    pub(crate) fn ports(&self) -> TenantPorts<'_> {
        let client = &*self.client;
        TenantPorts {
            actions: client,
            views: client,
            tables: client,
            relay: client,
        }
    }

    /// What to do where the tenant answered with `error`.
    pub(crate) fn remedy(&self, error: &ApiError) -> Option<String> {
        exit::remedy(error, &self.heading.origin)
    }

    /// What a plan's header says, once the tenant has answered: also whether it marks itself as a simulator.
    pub(crate) fn heading(&self) -> Heading {
        let mut heading = self.heading.clone();
        if self.simulator.is_none() && self.client.is_simulated() {
            heading.origin.push_str(", a simulated tenant");
        }
        heading
    }

    /// Ends the simulator, where the tenant is one.
    pub(crate) async fn close(self) {
        if let Some(simulator) = self.simulator {
            simulator.stop().await;
        }
    }
}

/// Connects to `tenant`; nothing is sent yet.
pub(crate) async fn connect(
    settings: &Settings,
    tenant: &Tenant,
    secrets: &dyn SecretSource,
    pace: Pace,
    patience: Patience,
) -> Result<Connection, WiringError> {
    let timeouts = timeouts(tenant, patience);
    match &tenant.kind {
        TenantKind::Simulator => simulator::embedded(settings, tenant, pace, timeouts).await,
        TenantKind::Remote(remote) => {
            let config = HttpConfig {
                tenant: tenant.name.clone(),
                base_url: remote.base_url.clone(),
                auth: auth(remote, secrets).await?,
                profile: tenant.profile.clone(),
                timeouts,
                user_agent: user_agent(),
            };
            let origin = remote.base_url.origin().as_str().to_owned();
            let client = client(config, pace)?;
            let heading = Heading {
                project: settings.name.clone(),
                tenant: tenant.name.clone(),
                origin: origin.clone(),
            };
            let rate_limit = tenant.profile.rate_limit();
            Ok(Connection {
                client,
                heading,
                rate_limit,
                origin,
                simulator: None,
            })
        }
    }
}

pub(super) fn client(config: HttpConfig, pace: Pace) -> Result<Arc<HttpTenant>, WiringError> {
    let Pace {
        clock,
        stop,
        progress,
    } = pace;
    let client = HttpTenant::new(config, clock, Arc::new(SystemRandom), stop);
    let client = client.map_err(|error| {
        WiringError::from_source(Exit::Invalid, "the tenant's settings cannot be used", error)
    })?;
    client.report_to(progress);
    Ok(Arc::new(client))
}

pub(super) fn user_agent() -> String {
    concat!("cxda/", env!("CARGO_PKG_VERSION")).to_owned()
}

fn timeouts(tenant: &Tenant, patience: Patience) -> Timeouts {
    let standard = Timeouts::DEFAULT;
    let settled = Timeouts {
        request: tenant.timeout.unwrap_or(standard.request),
        ..standard
    };
    match patience {
        Patience::AsSettled => settled,
        Patience::Short => Timeouts {
            request: settled.request.min(SHORT),
            token: settled.token.min(SHORT),
            idle: settled.idle.min(SHORT),
            ..settled
        },
    }
}

/// How a token of the tenant `remote` is got; its credentials are read now.
pub(crate) async fn auth(
    remote: &Remote,
    secrets: &dyn SecretSource,
) -> Result<AuthConfig, WiringError> {
    let credentials = match remote.kind {
        AuthKind::ClientCredentials => Credentials::ClientCredentials {
            client_id: value(secrets, &remote.client_id, "the client id").await?,
            client_secret: value(secrets, &remote.client_secret, "the client secret").await?,
            style: remote.style,
        },
        AuthKind::AccessKey => Credentials::AccessKey {
            id: value(secrets, &remote.client_id, "the access key's id").await?,
            secret: value(secrets, &remote.client_secret, "the access key's secret").await?,
        },
        AuthKind::Password => Credentials::Password {
            client_id: value(secrets, &remote.client_id, "the client id").await?,
            client_secret: value(secrets, &remote.client_secret, "the client secret").await?,
            username: value(secrets, &remote.username, "the access key's id").await?,
            password: value(secrets, &remote.password, "the access key's secret").await?,
        },
        AuthKind::Bearer => Credentials::Bearer {
            token: value(secrets, &remote.token, "the token").await?,
        },
    };
    let standard = AuthConfig::new(credentials);
    let token_path = match &remote.token_path {
        Some(path) => Some(ApiPath::plain("auth.token_path", path).map_err(|error| {
            WiringError::from_source(Exit::Invalid, "the tenant's settings cannot be used", error)
        })?),
        None => None,
    };
    Ok(AuthConfig {
        auth_url: remote.auth_url.clone(),
        token_path,
        scopes: remote.scopes.clone(),
        audience: remote.audience.clone(),
        expiry_margin: remote.expiry_margin.unwrap_or(standard.expiry_margin),
        ..standard
    })
}
