//! `cxda.toml` as it is written: every table and key, unknown ones refused. Nothing is resolved here.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::Duration;

use cxda_adapters_fs::atomic;
use cxda_adapters_http::profile::{Concurrency, Idempotency};
use cxda_domain::event::EventKind;
use cxda_domain::manifest::VarValue;
use cxda_domain::network::{AllowedHost, AllowedHostError};
use serde::{Deserialize, Deserializer};

use crate::settings::{Location, SettingsError, Webhook};

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SettingsFile {
    pub(super) project: ProjectTable,
    pub(super) tenant: BTreeMap<String, TenantTable>,
    pub(super) store: StoreTable,
    pub(super) audit: AuditTable,
    pub(super) webhook: Vec<WebhookTable>,
    pub(super) network: NetworkTable,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ProjectTable {
    pub(super) name: Option<String>,
    pub(super) default_tenant: Option<String>,
    pub(super) manifests: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct StoreTable {
    pub(super) url: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AuditTable {
    pub(super) path: Option<String>,
    pub(super) actor: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct NetworkTable {
    allow_hosts: Vec<String>,
}

impl NetworkTable {
    pub(super) fn settle(&self) -> Result<Vec<AllowedHost>, SettingsError> {
        let hosts = self.allow_hosts.iter().map(|text| {
            text.parse().map_err(|error: AllowedHostError| {
                SettingsError::new(format!("network.allow_hosts holds {text:?}: {error}"))
            })
        });
        hosts.collect()
    }
}

/// `[tenant.NAME]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TenantTable {
    pub(super) simulator: Option<bool>,
    pub(super) base_url: Option<String>,
    pub(super) timeout: Option<TimeSpan>,
    pub(super) allow_http: Option<bool>,
    pub(super) auth: AuthTable,
    pub(super) api: ApiTable,
    pub(super) vars: BTreeMap<String, Var>,
}

/// A value of `[tenant.NAME.vars]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "a value is a string, a whole number, or true or false"
)]
pub(super) enum Var {
    Text(String),
    Integer(i64),
    Boolean(bool),
}

impl From<&Var> for VarValue {
    fn from(var: &Var) -> Self {
        match var {
            Var::Text(text) => Self::Text(text.clone()),
            Var::Integer(number) => Self::Integer(*number),
            Var::Boolean(value) => Self::Boolean(*value),
        }
    }
}

/// `[tenant.NAME.auth]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AuthTable {
    pub(super) kind: Option<String>,
    pub(super) style: Option<String>,
    pub(super) auth_url: Option<String>,
    pub(super) token_path: Option<String>,
    pub(super) scopes: Option<Vec<String>>,
    pub(super) audience: Option<String>,
    pub(super) expiry_margin: Option<TimeSpan>,
    pub(super) client_id: Option<Reference>,
    pub(super) client_secret: Option<Reference>,
    pub(super) username: Option<Reference>,
    pub(super) password: Option<Reference>,
    pub(super) token: Option<Reference>,
}

/// `[tenant.NAME.api]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ApiTable {
    pub(super) profile: Option<String>,
    pub(super) views_path: Option<String>,
    pub(super) tables_path: Option<String>,
    pub(super) relay_path: Option<String>,
    pub(super) actions_path: Option<String>,
    pub(super) actions_create_path: Option<String>,
    pub(super) actions_test_path: Option<String>,
    pub(super) page_size: Option<u32>,
    concurrency: Option<String>,
    idempotency: Option<String>,
    pub(super) rate_limit: Option<RateLimitTable>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RateLimitTable {
    pub(super) requests: Option<u32>,
    pub(super) per: Option<TimeSpan>,
}

impl ApiTable {
    pub(super) fn concurrency(&self) -> Result<Option<Concurrency>, String> {
        let words = Concurrency::ALL.map(Concurrency::as_str);
        word(
            "api.concurrency",
            self.concurrency.as_deref(),
            Concurrency::from_word,
            &words,
        )
    }

    pub(super) fn idempotency(&self) -> Result<Option<Idempotency>, String> {
        let words = Idempotency::ALL.map(Idempotency::as_str);
        word(
            "api.idempotency",
            self.idempotency.as_deref(),
            Idempotency::from_word,
            &words,
        )
    }
}

fn word<T>(
    key: &str,
    found: Option<&str>,
    parse: impl Fn(&str) -> Option<T>,
    words: &[&str],
) -> Result<Option<T>, String> {
    let Some(found) = found else { return Ok(None) };
    let expected = words.join(", ");
    parse(found)
        .map(Some)
        .ok_or_else(|| format!("{key} is {found:?}, expected one of {expected}"))
}

/// A length of time such as `30s`.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeSpan(pub(super) Duration);

impl<'de> Deserialize<'de> for TimeSpan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let expected =
            || serde::de::Error::custom(format!("{text:?} is not a time such as 30s or 5m"));
        humantime::parse_duration(&text)
            .map(Self)
            .map_err(|_| expected())
    }
}

/// `{env = "NAME"}` or `{file = "PATH"}`. A secret never stands in the settings themselves, and where one does by
/// mistake no message shows it.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "toml::Value")]
pub(super) enum Reference {
    Env(String),
    File(String),
}

impl TryFrom<toml::Value> for Reference {
    type Error = &'static str;

    fn try_from(value: toml::Value) -> Result<Self, Self::Error> {
        const EXPECTED: &str = "expected {env = \"NAME\"} or {file = \"PATH\"}";
        let toml::Value::Table(table) = value else {
            return Err(EXPECTED);
        };
        let mut members = table.into_iter();
        match (members.next(), members.next()) {
            (Some((key, toml::Value::String(text))), None) => match key.as_str() {
                "env" => Ok(Self::Env(text)),
                "file" => Ok(Self::File(text)),
                _ => Err(EXPECTED),
            },
            _ => Err(EXPECTED),
        }
    }
}

impl Reference {
    pub(super) fn settle(&self, root: &Path) -> Location {
        match self {
            Self::Env(name) => Location::Env(name.clone()),
            Self::File(path) => Location::File(root.join(path)),
        }
    }
}

/// A URL, or where it is.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum UrlOrReference {
    Url(String),
    Reference(Reference),
}

/// `[[webhook]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookTable {
    name: String,
    url: UrlOrReference,
    via: Option<Via>,
    events: Option<Vec<String>>,
    secret: Option<OneOrTwo>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Via {
    Relay,
    Direct,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a reference or a list of references")]
enum OneOrTwo {
    One(Reference),
    Two(Vec<Reference>),
}

impl WebhookTable {
    pub(super) fn settle(self, root: &Path) -> Result<Webhook, SettingsError> {
        let in_hook =
            |message: String| SettingsError::new(format!("webhook {:?}: {message}", self.name));
        if self.name.is_empty() || self.name.contains("://") {
            let message = "a name is not empty and holds no \"://\"";
            return Err(in_hook(message.to_owned()));
        }
        let url = match &self.url {
            UrlOrReference::Url(url) => Location::Literal(url.clone()),
            UrlOrReference::Reference(reference) => reference.settle(root),
        };
        let events = match &self.events {
            None => None,
            Some(words) => {
                let known = |word: &String| {
                    EventKind::from_word(word).ok_or_else(|| {
                        let words = EventKind::ALL.map(EventKind::as_str).join(", ");
                        in_hook(format!(
                            "event {word:?} is unknown, expected one of {words}"
                        ))
                    })
                };
                Some(words.iter().map(known).collect::<Result<_, _>>()?)
            }
        };
        let secrets = match &self.secret {
            None => Vec::new(),
            Some(OneOrTwo::One(secret)) => vec![secret.settle(root)],
            Some(OneOrTwo::Two(secrets)) if (1..=2).contains(&secrets.len()) => {
                secrets.iter().map(|each| each.settle(root)).collect()
            }
            Some(OneOrTwo::Two(secrets)) => {
                let found = secrets.len();
                let message =
                    format!("secret is a list of {found} references, expected one or two");
                return Err(in_hook(message));
            }
        };
        let via = match self.via {
            None | Some(Via::Relay) => super::Via::Relay,
            Some(Via::Direct) => super::Via::Direct { secrets },
        };
        Ok(Webhook {
            name: self.name,
            url,
            via,
            events,
        })
    }
}

impl SettingsFile {
    /// Reads the file at `path`.
    pub(super) fn read(path: &Path) -> Result<Self, SettingsError> {
        let text = atomic::read(path)
            .and_then(|text| text.ok_or_else(|| io::ErrorKind::NotFound.into()))
            .map_err(|error| {
                SettingsError::new(format!("{} cannot be read: {error}", path.display()))
            })?;
        let name = path.display();
        if let Ok(table) = toml::from_str::<toml::Table>(&text)
            && let Some(key) = list_for_table(&table)
        {
            let message = format!("{name}: {key} is a list, expected a table such as [{key}]");
            return Err(SettingsError::new(message));
        }
        toml::from_str(&text).map_err(|error: toml::de::Error| {
            let place = error.span().map_or_else(String::new, |span| {
                let before = text.get(..span.start).unwrap_or_default();
                let line = before.matches('\n').count() + 1;
                let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
                format!(":{line}:{column}")
            });
            SettingsError::new(format!("{}{place}: {}", path.display(), error.message()))
        })
    }
}

/// The first key that holds a list in the place of a table, which the deserializer would take for its values in order.
fn list_for_table(settings: &toml::Table) -> Option<String> {
    let below = |table: &toml::Table, prefix: &str| {
        let list = table.iter().find(|(key, value)| {
            // Webhooks are a list of tables.
            value.is_array() && format!("{prefix}{key}") != "webhook"
        });
        list.map(|(key, _)| format!("{prefix}{key}"))
    };
    let tenants = settings.get("tenant").and_then(toml::Value::as_table);
    let of_tenant = |(name, tenant): (&String, &toml::Value)| {
        below(tenant.as_table()?, &format!("tenant.{name}."))
    };
    below(settings, "")
        .or_else(|| tenants.and_then(|tenants| below(tenants, "tenant.")))
        .or_else(|| tenants.into_iter().flatten().find_map(of_tenant))
}
