//! The request for a token, for every kind of credentials and every style of sending them.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cxda_domain::key::ResourceId;
use cxda_domain::request::Operation;
use cxda_domain::secret::SecretText;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Method};
use url::form_urlencoded::{Serializer, byte_serialize};

use crate::base_url::BaseUrl;
use crate::call::{AnswerForm, Call, Permission, Resend};
use crate::config::HttpConfig;
use crate::credentials::{AuthStyle, Credentials};

const ACCESS_KEY_PATH: &str = "/authentication/v1/token/access-key";
const PASSWORD_PATH: &str = "/auth/token";
const CONFIGURATION_PATH: &str = "/.well-known/cxone-configuration";
const FORM: &str = "application/x-www-form-urlencoded";

/// How a token is asked for; the same each time.
pub(super) struct TokenRequest {
    /// Where the token endpoint is.
    pub(super) origin: BaseUrl,
    credentials: Credentials,
    style: AuthStyle,
    path: String,
    scope: Option<String>,
    audience: Option<String>,
    timeout: Duration,
}

impl fmt::Debug for TokenRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TokenRequest")
            .field("origin", &self.origin)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl TokenRequest {
    pub(super) fn new(config: &HttpConfig) -> Self {
        let auth = &config.auth;
        let profile = &config.profile;
        let style = match &auth.credentials {
            Credentials::ClientCredentials { style, .. } => style.unwrap_or(profile.token_style()),
            Credentials::Password { .. } => AuthStyle::Basic,
            Credentials::AccessKey { .. } | Credentials::Bearer { .. } => AuthStyle::Json,
        };
        let own_path = match &auth.credentials {
            Credentials::AccessKey { .. } => ACCESS_KEY_PATH,
            Credentials::Password { .. } => PASSWORD_PATH,
            Credentials::ClientCredentials { .. } | Credentials::Bearer { .. } => {
                profile.token_path().as_str()
            }
        };
        let path = auth
            .token_path
            .as_ref()
            .map_or(own_path, |path| path.as_str());
        let dialect = match &auth.credentials {
            Credentials::ClientCredentials { .. } => profile.token_scopes(),
            _ => &[],
        };
        let scope = auth.scopes.as_deref().unwrap_or(dialect).join(" ");
        Self {
            origin: auth.auth_url.as_ref().unwrap_or(&config.base_url).clone(),
            credentials: auth.credentials.clone(),
            style,
            path: path.to_owned(),
            scope: Some(scope).filter(|scope| !scope.is_empty()),
            audience: auth.audience.clone(),
            timeout: config.timeouts.token,
        }
    }

    /// Whether the API host is to be discovered.
    pub(super) fn discovers(&self) -> bool {
        matches!(self.credentials, Credentials::Password { .. })
    }

    /// The other spellings in which the secrets are sent.
    pub(super) fn secrets(&self) -> Vec<SecretText> {
        let secrets = self.credentials.secrets();
        let encoded = secrets.iter().map(form_encoded);
        let basic = match &self.credentials {
            Credentials::ClientCredentials {
                client_id,
                client_secret,
                ..
            }
            | Credentials::Password {
                client_id,
                client_secret,
                ..
            } => Some(basic(client_id, client_secret)),
            _ => None,
        };
        encoded.chain(basic).collect()
    }

    /// The token call.
    pub(super) fn call(&self) -> Call {
        let call = self.to_endpoint(Method::POST, self.path.clone());
        match &self.credentials {
            Credentials::AccessKey { id, secret } => call.json(json_object(&[
                ("accessKeyId", id.expose()),
                ("accessKeySecret", secret.expose()),
            ])),
            Credentials::Password {
                client_id,
                client_secret,
                username,
                password,
            } => {
                let mut fields = vec![
                    ("grant_type", "password"),
                    ("username", username.expose()),
                    ("password", password.expose()),
                ];
                fields.extend(self.wishes());
                with_basic(call, client_id, client_secret).body(FORM, form(&fields))
            }
            Credentials::ClientCredentials {
                client_id,
                client_secret,
                ..
            } => self.client_credentials(call, client_id, client_secret),
            // Never asked for: a ready token is not renewed.
            Credentials::Bearer { .. } => call,
        }
    }

    fn client_credentials(&self, call: Call, id: &SecretText, secret: &SecretText) -> Call {
        let mut fields = vec![("grant_type", "client_credentials")];
        let pair = [
            ("client_id", id.expose()),
            ("client_secret", secret.expose()),
        ];
        if self.style != AuthStyle::Basic {
            fields.extend(pair);
        }
        fields.extend(self.wishes());
        match self.style {
            AuthStyle::Body => call.body(FORM, form(&fields)),
            AuthStyle::Basic => with_basic(call, id, secret).body(FORM, form(&fields)),
            AuthStyle::Json => call.json(json_object(&fields)),
            AuthStyle::Query => {
                let query = |call: Call, (name, value): &(&str, &str)| call.query(name, value);
                fields.iter().fold(call, query).body(FORM, "")
            }
        }
    }

    /// The call that asks where the API of `tenant` is.
    pub(super) fn discovery(&self, tenant: &ResourceId) -> Call {
        self.to_endpoint(Method::GET, CONFIGURATION_PATH.to_owned())
            .query("tenantId", tenant.as_str())
    }

    fn to_endpoint(&self, method: Method, path: String) -> Call {
        let answer = (200, AnswerForm::Json);
        let call = Call::new(
            Operation::Token,
            method,
            path,
            answer,
            Permission::Role,
            self.timeout,
        );
        // A token that is granted twice does no harm.
        call.resend(Resend::Safe)
    }

    fn wishes(&self) -> impl Iterator<Item = (&str, &str)> {
        let scope = self.scope.as_deref().map(|scope| ("scope", scope));
        let audience = self
            .audience
            .as_deref()
            .map(|audience| ("audience", audience));
        scope.into_iter().chain(audience)
    }
}

fn with_basic(call: Call, id: &SecretText, secret: &SecretText) -> Call {
    let text = format!("Basic {}", basic(id, secret).expose());
    // Base64 fits into a header, so there is always one.
    match HeaderValue::try_from(text) {
        Ok(mut value) => {
            value.set_sensitive(true);
            call.header(AUTHORIZATION, value)
        }
        Err(_) => call,
    }
}

/// Id and secret as HTTP Basic has them, each form-encoded first, so that `:` and `%` survive.
fn basic(id: &SecretText, secret: &SecretText) -> SecretText {
    let (id, secret) = (form_encoded(id), form_encoded(secret));
    let pair = SecretText::new(format!("{}:{}", id.expose(), secret.expose()));
    SecretText::new(STANDARD.encode(pair.expose()))
}

fn form_encoded(text: &SecretText) -> SecretText {
    let mut encoded = String::with_capacity(3 * text.expose().len());
    encoded.extend(byte_serialize(text.expose().as_bytes()));
    SecretText::new(encoded)
}

fn form(fields: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn json_object(fields: &[(&str, &str)]) -> String {
    // A text can always be written as JSON.
    let quoted = |text: &str| SecretText::new(serde_json::to_string(text).unwrap_or_default());
    let member = |(name, value): &(&str, &str)| (quoted(name), quoted(value));
    let members: Vec<_> = fields.iter().map(member).collect();
    let lengths = members
        .iter()
        .map(|(name, value)| name.expose().len() + value.expose().len());
    // Made at its full length, for what grows leaves copies behind.
    let mut object = String::with_capacity(2 + lengths.map(|length| length + 2).sum::<usize>());
    object.push('{');
    for (name, value) in &members {
        if object.len() > 1 {
            object.push(',');
        }
        object.extend([name.expose(), ":", value.expose()]);
    }
    object.push('}');
    object
}

#[cfg(test)]
mod tests;
