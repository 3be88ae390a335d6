//! The composition root: the only place that names concrete adapters.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use cxda_adapters_fs::atomic;
use cxda_adapters_fs::audit::{AuditLog, LogError, level, verify};
use cxda_adapters_fs::lock::ProjectLock;
use cxda_adapters_fs::manifests::FsManifests;
use cxda_adapters_fs::project::{Patterns, Project};
use cxda_adapters_fs::secrets::ReferencedSecrets;
use cxda_adapters_fs::store::{Scope, Store};
use cxda_adapters_http::HttpTenant;
use cxda_adapters_http::base_url::{BaseUrl, PlainHttp};
use cxda_adapters_http::config::{HttpConfig, Timeouts};
use cxda_adapters_http::credentials::{AuthConfig, AuthKind, Credentials};
use cxda_adapters_http::profile::ApiPath;
use cxda_adapters_memory::journal::MemoryJournal;
use cxda_domain::request::RateLimit;
use cxda_domain::secret::SecretText;
use cxda_domain::variable::ValueReference;
use cxda_ports::clock::Clock;
use cxda_ports::error::{ApiError, SourceError, StoreError};
use cxda_ports::journal::Journal;
use cxda_ports::secrets::SecretSource;
use cxda_simulator::config::SimConfig;
use cxda_simulator::profile::{ProfileName, SimProfile};
use cxda_simulator::{NameRule, Running, SimState, Simulator, StateSink};
use cxda_usecases::ports::TenantPorts;

use crate::env::Environment;
use crate::exit::{self, Exit};
use crate::render::plan::Heading;
use crate::settings::{Location, Remote, STATE_FOLDER, Settings, Tenant, TenantKind, Webhook};
use crate::system::{SystemClock, SystemRandom, fresh_key};

/// What stands for the origin of the built-in simulator, whose port differs from run to run.
const SIMULATOR_ORIGIN: &str = "simulator";
/// The simulator's state, below the state folder.
const SIMULATOR_STATE: &str = "simulator.json";
/// The lock of commands that write, below the state folder.
const LOCK: &str = "lock";

/// Why something could not be wired, and how the process then ends.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct WiringError {
    pub(crate) exit: Exit,
    message: String,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl WiringError {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            source: None,
        }
    }

    fn from_source(
        exit: Exit,
        message: impl Into<String>,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self {
            exit,
            message: message.into(),
            source: Some(Box::new(source)),
        }
    }
}

impl From<StoreError> for WiringError {
    fn from(error: StoreError) -> Self {
        Self::from_source(exit::of_store(&error), "the store cannot be used", error)
    }
}

/// A tenant that can be spoken to.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) client: HttpTenant,
    pub(crate) heading: Heading,
    pub(crate) rate_limit: RateLimit,
    /// What journals and saved plans are bound to.
    pub(crate) origin: String,
    simulator: Option<Running>,
}

impl Connection {
    /// The tenant's ports.
    pub(crate) fn ports(&self) -> TenantPorts<'_> {
        let client = &self.client;
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

/// The project's manifests; only `paths` of them where any are given.
pub(crate) fn manifests(
    settings: &Settings,
    paths: Vec<PathBuf>,
) -> Result<FsManifests, WiringError> {
    let patterns =
        Patterns::new(settings.manifests.iter().map(String::as_str)).map_err(|error| {
            WiringError::from_source(Exit::Invalid, "project.manifests cannot be used", error)
        })?;
    let project = Project::open(&settings.root).map_err(|error| {
        WiringError::from_source(Exit::Invalid, "the project cannot be read", error)
    })?;
    Ok(FsManifests::new(project, patterns).only(paths))
}

/// Reads values by reference.
pub(crate) fn secrets(settings: &Settings, environment: &Environment) -> ReferencedSecrets {
    let environment = environment.clone();
    let lookup = move |name: &str| environment.var_os(name);
    ReferencedSecrets::new(settings.root.clone(), Arc::new(lookup))
}

/// Reads values by reference, and lets a tenant's client know each of them before it is used, so that no answer that
/// echoes one gets through.
#[derive(Debug)]
pub(crate) struct HiddenSecrets<'a> {
    source: &'a dyn SecretSource,
    client: &'a HttpTenant,
}

impl<'a> HiddenSecrets<'a> {
    /// Values from `source`, hidden from what `connection` says.
    pub(crate) fn new(source: &'a dyn SecretSource, connection: &'a Connection) -> Self {
        let client = &connection.client;
        Self { source, client }
    }
}

#[async_trait]
impl SecretSource for HiddenSecrets<'_> {
    async fn read(&self, reference: &ValueReference) -> Result<SecretText, SourceError> {
        let value = self.source.read(reference).await?;
        self.client.redact_also([value.clone()]);
        Ok(value)
    }
}

/// The store for reading; an empty one where there is none yet.
pub(crate) fn journal_to_read(
    settings: &Settings,
    scope: Scope,
) -> Result<Box<dyn Journal>, WiringError> {
    Ok(match Store::open_read_only(&settings.store, scope)? {
        Some(store) => Box::new(store),
        None => Box::new(MemoryJournal::new()),
    })
}

/// What a command that writes holds while it runs.
#[derive(Debug)]
pub(crate) struct Writing {
    pub(crate) store: Store,
    pub(crate) audit: AuditLog,
    _lock: ProjectLock,
}

/// Takes the lock, opens store and audit log, brings the log level with the store and verifies its chain.
pub(crate) async fn writing(
    settings: &Settings,
    scope: Scope,
    clock: &dyn Clock,
    wait: std::time::Duration,
) -> Result<Writing, WiringError> {
    const PAUSE: std::time::Duration = std::time::Duration::from_millis(100);
    let folder = settings.root.join(STATE_FOLDER);
    let holder = format!("process {} of {}", std::process::id(), settings.actor);
    let start = clock.elapsed();
    let lock = loop {
        match ProjectLock::acquire(&folder.join(LOCK), &holder) {
            Ok(lock) => break lock,
            Err(StoreError::Locked { .. }) if clock.elapsed().saturating_sub(start) < wait => {
                clock.wait(PAUSE).await;
            }
            Err(error) => return Err(error.into()),
        }
    };
    let key = fresh_key().map_err(|error| {
        WiringError::from_source(
            Exit::Unexpected,
            "there is no randomness for a new store",
            error,
        )
    })?;
    let store = Store::open(&settings.store, scope, key)?;
    let not_usable = |error: LogError| {
        let exit = match &error {
            LogError::Store(error) => exit::of_store(error),
            _ => Exit::Audit,
        };
        WiringError::from_source(
            exit,
            "the audit log cannot be used, so nothing was sent",
            error,
        )
    };
    let audit = AuditLog::new(settings.audit.clone()).map_err(|error| not_usable(error.into()))?;
    level(&store, &audit).await.map_err(not_usable)?;
    // Its end is the store's by now; only the whole chain tells that nothing before it was changed.
    verify(&settings.audit).map_err(not_usable)?;
    Ok(Writing {
        store,
        audit,
        _lock: lock,
    })
}

/// Whose journal belongs to `connection`.
pub(crate) fn scope(connection: &Connection) -> Scope {
    Scope {
        tenant: connection.heading.tenant.clone(),
        origin: connection.origin.clone(),
    }
}

/// Connects to `tenant`; nothing is sent yet.
pub(crate) async fn connect(
    settings: &Settings,
    tenant: &Tenant,
    secrets: &dyn SecretSource,
    clock: Arc<SystemClock>,
) -> Result<Connection, WiringError> {
    match &tenant.kind {
        TenantKind::Simulator => embedded(settings, tenant, clock).await,
        TenantKind::Remote(remote) => {
            let config = HttpConfig {
                tenant: tenant.name.clone(),
                base_url: remote.base_url.clone(),
                auth: auth(remote, secrets).await?,
                profile: tenant.profile.clone(),
                timeouts: timeouts(tenant),
                user_agent: user_agent(),
            };
            let origin = remote.base_url.origin().as_str().to_owned();
            let client = client(config, clock)?;
            let heading = Heading {
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

fn client(config: HttpConfig, clock: Arc<SystemClock>) -> Result<HttpTenant, WiringError> {
    HttpTenant::new(config, clock, Arc::new(SystemRandom)).map_err(|error| {
        WiringError::from_source(Exit::Invalid, "the tenant's settings cannot be used", error)
    })
}

fn user_agent() -> String {
    concat!("cxda/", env!("CARGO_PKG_VERSION")).to_owned()
}

fn timeouts(tenant: &Tenant) -> Timeouts {
    let standard = Timeouts::DEFAULT;
    Timeouts {
        request: tenant.timeout.unwrap_or(standard.request),
        ..standard
    }
}

/// The built-in simulator on a free loopback port, its state kept beside the store.
async fn embedded(
    settings: &Settings,
    tenant: &Tenant,
    clock: Arc<SystemClock>,
) -> Result<Connection, WiringError> {
    let path = settings.root.join(STATE_FOLDER).join(SIMULATOR_STATE);
    let profile = ProfileName::ALL
        .into_iter()
        .find(|name| name.as_str() == tenant.profile.name());
    let profile = SimProfile::named(profile.unwrap_or(ProfileName::CxoneV2));
    let simulator = simulator(
        SimConfig::new(profile),
        Some(&path),
        Arc::clone(&clock) as _,
    )?;
    let loopback = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let running = simulator.start(loopback).await.map_err(|error| {
        WiringError::from_source(Exit::Unexpected, "the simulator cannot be started", error)
    })?;
    let base_url = BaseUrl::parse(&running.base_url(), PlainHttp::Loopback).map_err(|error| {
        WiringError::from_source(Exit::Unexpected, "the simulator cannot be reached", error)
    })?;
    let any = || SecretText::new("simulator");
    let credentials = Credentials::ClientCredentials {
        client_id: any(),
        client_secret: any(),
        style: None,
    };
    let config = HttpConfig {
        tenant: tenant.name.clone(),
        base_url,
        auth: AuthConfig::new(credentials),
        profile: tenant.profile.clone(),
        timeouts: timeouts(tenant),
        user_agent: user_agent(),
    };
    let heading = Heading {
        tenant: tenant.name.clone(),
        origin: "built-in simulator".to_owned(),
    };
    Ok(Connection {
        client: client(config, clock)?,
        heading,
        rate_limit: tenant.profile.rate_limit(),
        origin: SIMULATOR_ORIGIN.to_owned(),
        simulator: Some(running),
    })
}

/// A simulator that goes on where the state at `path` stopped, and keeps it there.
pub(crate) fn simulator(
    config: SimConfig,
    path: Option<&Path>,
    clock: Arc<dyn Clock>,
) -> Result<Simulator, WiringError> {
    let state = match path.map(atomic::read).transpose() {
        Err(error) => {
            let message = "the simulator's state cannot be read";
            return Err(WiringError::from_source(Exit::Unexpected, message, error));
        }
        Ok(None | Some(None)) => SimState::fresh(NameRule::Unique),
        Ok(Some(Some(text))) => SimState::from_json(&text, NameRule::Unique).map_err(|error| {
            let message = format!(
                "the simulator's state in {} cannot be used (delete the file to begin anew)",
                path.unwrap_or(Path::new("")).display()
            );
            WiringError::from_source(Exit::Invalid, message, error)
        })?,
    };
    let simulator = Simulator::new(config, state, clock, Arc::new(SystemRandom));
    Ok(match path {
        Some(path) => simulator.with_sink(Arc::new(StateFile(path.to_path_buf()))),
        None => simulator,
    })
}

/// Keeps the simulator's state in a file.
#[derive(Debug)]
struct StateFile(PathBuf);

impl StateSink for StateFile {
    fn save(&self, json: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        atomic::keep(&self.0, json.as_bytes())?;
        Ok(())
    }
}

async fn auth(remote: &Remote, secrets: &dyn SecretSource) -> Result<AuthConfig, WiringError> {
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

/// The value at `location`; what is missing is said with its name and never with a value.
pub(crate) async fn value(
    secrets: &dyn SecretSource,
    location: &Location,
    what: &str,
) -> Result<SecretText, WiringError> {
    let reference = match location {
        Location::Literal(text) => return Ok(SecretText::new(text)),
        Location::Env(name) => ValueReference::Env(name.clone()),
        Location::File(path) => ValueReference::File {
            path: path.display().to_string(),
            manifest: Arc::from(""),
        },
    };
    let read = secrets.read(&reference).await;
    let empty = |value: &SecretText| value.expose().is_empty();
    match read {
        Ok(value) if !empty(&value) => Ok(value),
        Ok(_) => {
            let message = format!("{what} is empty: {reference}");
            Err(WiringError::new(Exit::Denied, message))
        }
        Err(SourceError::Missing { .. }) => {
            let remedy = match location {
                Location::Env(name) => {
                    format!("set {name}, or name another source in [tenant.NAME.auth]")
                }
                _ => "create it, or name another source in [tenant.NAME.auth]".to_owned(),
            };
            let message = format!("{what} is missing: {reference} is not there ({remedy})");
            Err(WiringError::new(Exit::Denied, message))
        }
        Err(error) => {
            let message = format!("{what} cannot be read");
            Err(WiringError::from_source(Exit::Denied, message, error))
        }
    }
}

/// The URL of each webhook that the tenant relays to; those that cannot be read are left out and stay pending.
pub(crate) async fn relay_targets(
    secrets: &dyn SecretSource,
    webhooks: &[Webhook],
) -> std::collections::BTreeMap<String, SecretText> {
    let mut targets = std::collections::BTreeMap::new();
    for webhook in webhooks.iter().filter(|webhook| webhook.relayed) {
        match value(secrets, &webhook.url, "the webhook's URL").await {
            Ok(url) => {
                targets.insert(webhook.name.clone(), url);
            }
            Err(error) => {
                tracing::warn!(webhook = webhook.name, %error, "events stay in the outbox");
            }
        }
    }
    targets
}
