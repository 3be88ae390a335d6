//! Values that stand elsewhere: credentials, encrypted variables, the URLs of webhooks.
//!
//! What they are for is not known here.

use std::sync::Arc;

use async_trait::async_trait;
use cxda_adapters_fs::secrets::ReferencedSecrets;
use cxda_adapters_http::HttpTenant;
use cxda_domain::secret::SecretText;
use cxda_domain::variable::ValueReference;
use cxda_ports::error::SourceError;
use cxda_ports::secrets::SecretSource;

use super::{Connection, WiringError};
use crate::env::Environment;
use crate::exit::Exit;
use crate::settings::{Location, Settings};

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
        let client = &*connection.client;
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

/// The value at `location`, which `[tenant.NAME.auth]` names; what is missing is said with its name and never with a value.
pub(super) async fn value(
    secrets: &dyn SecretSource,
    location: &Location,
    what: &str,
) -> Result<SecretText, WiringError> {
    value_named_in("[tenant.NAME.auth]", secrets, location, what).await
}

/// The same where `table` of the settings names it.
pub(super) async fn value_named_in(
    table: &str,
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
                    format!("set {name}, or name another source in {table}")
                }
                _ => format!("create it, or name another source in {table}"),
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
