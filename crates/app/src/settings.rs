//! Settings: arguments over environment over `cxda.toml` over defaults. The only place that knows defaults of settings.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use cxda_adapters_fs::project::Patterns;
use cxda_adapters_http::base_url::{BaseUrl, PlainHttp, UrlPart, UrlParts};
use cxda_adapters_http::credentials::{AuthKind, AuthStyle};
use cxda_adapters_http::profile::{ApiProfile, ProfileOverrides};
use cxda_domain::event::EventKind;
use cxda_domain::manifest::{VarName, VarValue, Vars, nearest};
use cxda_domain::network::AllowedHost;
use cxda_domain::request::RateLimit;

use crate::env::{self, Environment};

mod file;

use file::{AuthTable, Reference, SettingsFile, TenantTable, Var};

/// The name of the settings file; the folder that holds it is the project.
pub(crate) const FILE_NAME: &str = "cxda.toml";
/// The folder for everything that `cxda` keeps.
pub(crate) const STATE_FOLDER: &str = ".cxda";
/// The store, in that folder.
pub(crate) const STORE_FILE: &str = "state.db";
/// The audit log, in that folder.
pub(crate) const AUDIT_FILE: &str = "audit.jsonl";
/// The tenant that the environment alone makes.
const ENV_TENANT: &str = "env";

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct SettingsError {
    message: String,
}

impl SettingsError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }
}

/// Settings of a project, before a tenant is chosen.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The project's folder.
    pub(crate) root: PathBuf,
    /// The project's name, which is its folder's where the settings give none.
    pub(crate) name: String,
    /// Whether a settings file was found there.
    pub(crate) has_file: bool,
    /// Patterns of manifests.
    pub(crate) manifests: Vec<String>,
    /// The store.
    pub(crate) store: PathBuf,
    /// The audit log.
    pub(crate) audit: PathBuf,
    /// Who runs it.
    pub(crate) actor: String,
    /// Who is told.
    pub(crate) webhooks: Vec<Webhook>,
    /// Hosts that direct deliveries may reach although they are not public, or by plain http.
    pub(crate) allowed_hosts: Vec<AllowedHost>,
    tenants: BTreeMap<String, TenantTable>,
    default_tenant: Option<String>,
    chosen: Option<String>,
}

/// A webhook.
#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    pub(crate) name: String,
    pub(crate) url: Location,
    pub(crate) via: Via,
    pub(crate) events: Option<BTreeSet<EventKind>>,
}

/// How a webhook is told.
#[derive(Clone, Debug)]
pub(crate) enum Via {
    /// By the tenant.
    Relay,
    /// From here, signed with each of these secrets.
    Direct { secrets: Vec<Location> },
}

/// Where a value is.
#[derive(Clone, Debug)]
pub(crate) enum Location {
    /// Here.
    Literal(String),
    /// In the environment.
    Env(String),
    /// In a file, relative to the project's folder.
    File(PathBuf),
}

/// The tenant that a command speaks to.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) name: String,
    pub(crate) profile: ApiProfile,
    pub(crate) timeout: Option<Duration>,
    pub(crate) kind: TenantKind,
}

/// Where a tenant is.
#[derive(Debug)]
pub(crate) enum TenantKind {
    /// In this process, its state kept in a file.
    Simulator,
    /// At a base URL.
    Remote(Box<Remote>),
}

/// A tenant at a base URL, and how to get its token. Values of credentials are not read yet.
#[derive(Debug)]
pub(crate) struct Remote {
    pub(crate) base_url: BaseUrl,
    pub(crate) auth_url: Option<BaseUrl>,
    pub(crate) kind: AuthKind,
    pub(crate) style: Option<AuthStyle>,
    pub(crate) token_path: Option<String>,
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) audience: Option<String>,
    pub(crate) expiry_margin: Option<Duration>,
    pub(crate) client_id: Location,
    pub(crate) client_secret: Location,
    pub(crate) username: Location,
    pub(crate) password: Location,
    pub(crate) token: Location,
}

impl Webhook {
    /// Whether the tenant tells it.
    pub(crate) fn is_relayed(&self) -> bool {
        matches!(self.via, Via::Relay)
    }
}

impl Settings {
    /// The settings of the project at or above `start`, for the tenant that an argument may have named.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] where the file cannot be read or says something that it must not.
    pub(crate) fn load(
        start: &Path,
        environment: &Environment,
        tenant: Option<&str>,
    ) -> Result<Self, SettingsError> {
        let home = start
            .ancestors()
            .find(|folder| folder.join(FILE_NAME).is_file());
        let root = home.unwrap_or(start).to_path_buf();
        let file = match home {
            Some(folder) => SettingsFile::read(&folder.join(FILE_NAME))?,
            None => SettingsFile::default(),
        };
        let in_root = |path: &str| root.join(path);
        let audit = environment
            .filled(env::AUDIT_LOG_PATH)
            .or(file.audit.path)
            .map_or_else(
                || root.join(STATE_FOLDER).join(AUDIT_FILE),
                |path| in_root(&path),
            );
        let store = match file.store.url {
            None => root.join(STATE_FOLDER).join(STORE_FILE),
            Some(url) => match url.strip_prefix("sqlite:") {
                Some(path) if !path.is_empty() => in_root(path),
                _ => {
                    let message = format!("store.url is {url:?}, expected sqlite:PATH");
                    return Err(SettingsError::new(message));
                }
            },
        };
        let os_user = || whoami::username().ok();
        let actor = file
            .audit
            .actor
            .or_else(|| environment.filled(env::ACTOR))
            .or_else(os_user);
        let mut webhooks: Vec<Webhook> = Vec::new();
        for table in file.webhook {
            let webhook = table.settle(&root)?;
            if webhooks.iter().any(|other| other.name == webhook.name) {
                let message = format!("webhook {:?} stands twice", webhook.name);
                return Err(SettingsError::new(message));
            }
            webhooks.push(webhook);
        }
        let allowed_hosts = file.network.settle()?;
        let mut tenants = file.tenant;
        if home.is_none() {
            tenants.extend(tenant_of_environment(environment));
            let url = env::WEBHOOK_URLS
                .iter()
                .find(|name| environment.filled(name).is_some());
            webhooks.extend(url.map(|name| Webhook {
                name: ENV_TENANT.to_owned(),
                url: Location::Env((*name).to_owned()),
                via: Via::Relay,
                events: None,
            }));
        }
        let only = || {
            (tenants.len() == 1)
                .then(|| tenants.keys().next().cloned())
                .flatten()
        };
        let chosen = tenant
            .map(ToOwned::to_owned)
            .or_else(|| file.project.default_tenant.clone())
            .or_else(only);
        let manifests = file.project.manifests.unwrap_or_else(|| {
            Patterns::STANDARD
                .iter()
                .map(|pattern| (*pattern).to_owned())
                .collect()
        });
        let folder = || root.file_name().unwrap_or_default().to_string_lossy();
        Ok(Self {
            name: file.project.name.unwrap_or_else(|| folder().into_owned()),
            has_file: home.is_some(),
            manifests,
            store,
            audit,
            actor: actor.unwrap_or_else(|| "unknown".to_owned()),
            webhooks,
            allowed_hosts,
            tenants,
            default_tenant: file.project.default_tenant,
            chosen,
            root,
        })
    }

    /// Whether `tenant` is the simulator that a project has by itself: its only one, or its default tenant.
    pub(crate) fn is_main_simulator(&self, tenant: &str) -> bool {
        let simulators = self
            .tenants
            .values()
            .filter(|table| table.simulator == Some(true));
        simulators.count() == 1 || self.default_tenant.as_deref() == Some(tenant)
    }

    /// What the chosen tenant puts in the place of `${var.NAME}`.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] where a name is none.
    pub(crate) fn vars(&self) -> Result<Vars, SettingsError> {
        let Some(name) = &self.chosen else {
            return Ok(Vars::default());
        };
        let (tenant, table) = match self.tenants.get_key_value(name) {
            Some(found) => found,
            // Without settings a tenant is not needed before something is sent.
            None if self.tenants.is_empty() => return Ok(Vars::default()),
            None => return Err(self.no_tenant(name)),
        };
        let value = |(name, value): (&String, &Var)| {
            let parsed = name.parse::<VarName>();
            parsed.map(|name| (name, VarValue::from(value)))
        };
        let values: Result<_, _> = table.vars.iter().map(value).collect();
        let values =
            values.map_err(|error| SettingsError::new(format!("tenant.{tenant}.vars: {error}")))?;
        Ok(Vars {
            tenant: Some(tenant.clone()),
            values,
        })
    }

    /// The tenant to speak to.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] where none is chosen, or what the settings say of it does not fit.
    pub(crate) fn tenant(&self, environment: &Environment) -> Result<Tenant, SettingsError> {
        let names: Vec<&str> = self.tenants.keys().map(String::as_str).collect();
        let Some(name) = &self.chosen else {
            let message = if names.is_empty() {
                let folder = self.root.display();
                format!(
                    "no tenant: {folder} has no {FILE_NAME}, and {} is not set (run in a project, name one with -C DIR, or begin one with `cxda init`)",
                    env::BASE_URL
                )
            } else {
                let names = names.join(", ");
                format!(
                    "several tenants ({names}): choose one with --tenant or project.default_tenant"
                )
            };
            return Err(SettingsError::new(message));
        };
        let table = self.tenants.get(name).ok_or_else(|| self.no_tenant(name))?;
        settle_tenant(name, table, &self.root, environment)
            .map_err(|message| SettingsError::new(format!("tenant.{name}: {message}")))
    }

    fn no_tenant(&self, name: &str) -> SettingsError {
        let names: Vec<&str> = self.tenants.keys().map(String::as_str).collect();
        let known = if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        };
        let meant = nearest(name, names.iter().copied())
            .map_or_else(String::new, |near| format!(" (did you mean {near}?)"));
        SettingsError::new(format!(
            "there is no tenant {name:?} in the settings; there are: {known}{meant}"
        ))
    }
}

/// The tenant that the environment makes by itself, where it names one.
fn tenant_of_environment(environment: &Environment) -> Option<(String, TenantTable)> {
    let from_part = |name: &str, part: &str| {
        environment
            .filled(name)
            .map(|_| format!("https://{{{part}}}.api.nicecxone.com"))
    };
    let base_url = environment
        .filled(env::BASE_URL)
        .or_else(|| from_part(env::REGION, "region"))
        .or_else(|| from_part(env::SITE, "site"))?;
    // Nobody can say `allow_http` here; plain http still goes to loopback only.
    let table = TenantTable {
        base_url: Some(base_url),
        allow_http: Some(true),
        ..TenantTable::default()
    };
    Some((ENV_TENANT.to_owned(), table))
}

fn settle_tenant(
    name: &str,
    table: &TenantTable,
    root: &Path,
    environment: &Environment,
) -> Result<Tenant, String> {
    let api = &table.api;
    let named = ApiProfile::named(api.profile.as_deref().unwrap_or(ApiProfile::DEFAULT_NAME));
    let overrides = ProfileOverrides {
        views_path: api.views_path.clone(),
        tables_path: api.tables_path.clone(),
        relay_path: api.relay_path.clone(),
        actions_path: api.actions_path.clone(),
        actions_create_path: api.actions_create_path.clone(),
        actions_test_path: api.actions_test_path.clone(),
        page_size: api.page_size,
        concurrency: api.concurrency()?,
        idempotency: api.idempotency()?,
        rate_limit: api.rate_limit.as_ref().map(|limit| RateLimit {
            requests: limit.requests.unwrap_or(RateLimit::DEFAULT.requests),
            per: limit.per.map_or(RateLimit::DEFAULT.per, |per| per.0),
        }),
    };
    let profile = named
        .and_then(|profile| profile.with(&overrides))
        .map_err(|error| format!("api: {error}"))?;
    let kind = match (table.simulator.unwrap_or(false), &table.base_url) {
        (true, None) => TenantKind::Simulator,
        (false, Some(base_url)) => {
            TenantKind::Remote(Box::new(remote(table, base_url, root, environment)?))
        }
        (true, Some(_)) => return Err("simulator and base_url exclude each other".to_owned()),
        (false, None) => return Err("base_url is missing (or set simulator = true)".to_owned()),
    };
    Ok(Tenant {
        name: name.to_owned(),
        profile,
        timeout: table.timeout.map(|time| time.0),
        kind,
    })
}

fn remote(
    table: &TenantTable,
    base_url: &str,
    root: &Path,
    environment: &Environment,
) -> Result<Remote, String> {
    let plain = if table.allow_http.unwrap_or(false) {
        PlainHttp::Loopback
    } else {
        PlainHttp::Refused
    };
    let part = |name: &str| match environment.filled(name) {
        Some(text) => text
            .parse::<UrlPart>()
            .map(Some)
            .map_err(|error| format!("{name}: {error}")),
        None => Ok(None),
    };
    let parts = UrlParts {
        region: part(env::REGION)?,
        site: part(env::SITE)?,
    };
    let fill = |key: &str, template: &str| {
        BaseUrl::fill(template, &parts, plain).map_err(|error| format!("{key}: {error}"))
    };
    let auth: &AuthTable = &table.auth;
    let kind = match &auth.kind {
        Some(word) => AuthKind::from_word(word).ok_or_else(|| {
            let known: Vec<&str> = AuthKind::ALL.iter().map(|kind| kind.as_str()).collect();
            format!(
                "auth.kind is {word:?}, expected one of {}",
                known.join(", ")
            )
        })?,
        None => AuthKind::ClientCredentials,
    };
    let style = match &auth.style {
        Some(word) => Some(AuthStyle::from_word(word).ok_or_else(|| {
            let known: Vec<&str> = AuthStyle::ALL.iter().map(|style| style.as_str()).collect();
            format!(
                "auth.style is {word:?}, expected one of {}",
                known.join(", ")
            )
        })?),
        None => None,
    };
    let location = |reference: &Option<Reference>, default: &str| match reference {
        Some(reference) => reference.settle(root),
        None => Location::Env(default.to_owned()),
    };
    Ok(Remote {
        base_url: fill("base_url", base_url)?,
        auth_url: auth
            .auth_url
            .as_deref()
            .map(|url| fill("auth.auth_url", url))
            .transpose()?,
        kind,
        style,
        token_path: auth.token_path.clone(),
        scopes: auth.scopes.clone(),
        audience: auth.audience.clone(),
        expiry_margin: auth.expiry_margin.map(|time| time.0),
        client_id: location(&auth.client_id, env::CLIENT_ID),
        client_secret: location(&auth.client_secret, env::CLIENT_SECRET),
        username: location(&auth.username, env::ACCESS_KEY_ID),
        password: location(&auth.password, env::ACCESS_KEY_SECRET),
        token: location(&auth.token, env::TOKEN),
    })
}
