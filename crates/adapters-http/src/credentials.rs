//! Credentials of every kind and how they are turned into a token.
//!
//! Values are at hand here; where they are read from is the caller's affair.

use std::time::Duration;

use cxda_domain::secret::SecretText;

use crate::base_url::BaseUrl;
use crate::profile::ApiPath;

/// How client id and secret reach the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthStyle {
    /// As fields of the form.
    Body,
    /// As HTTP Basic, each form-encoded first.
    Basic,
    /// As members of a JSON object.
    Json,
    /// As parameters of the query.
    Query,
}

impl AuthStyle {
    /// Every style.
    pub const ALL: [Self; 4] = [Self::Body, Self::Basic, Self::Json, Self::Query];

    /// Its word in settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Basic => "basic",
            Self::Json => "json",
            Self::Query => "query",
        }
    }

    /// The style that `word` names, in exact case.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.as_str() == word)
    }
}

/// The kinds of credentials, as settings name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthKind {
    /// OAuth 2.0 client credentials.
    ClientCredentials,
    /// An access key's id and secret.
    AccessKey,
    /// The grant `password`, with discovery of the API host.
    Password,
    /// A ready token.
    Bearer,
}

impl AuthKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::ClientCredentials,
        Self::AccessKey,
        Self::Password,
        Self::Bearer,
    ];

    /// Its word in settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
            Self::AccessKey => "access_key",
            Self::Password => "password",
            Self::Bearer => "bearer",
        }
    }

    /// The kind that `word` names, in exact case.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.as_str() == word)
    }
}

/// Credentials with their values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// Of [`AuthKind::ClientCredentials`].
    ClientCredentials {
        /// The client's id.
        client_id: SecretText,
        /// Its secret.
        client_secret: SecretText,
        /// How both reach the token endpoint; `None` takes the profile's style.
        style: Option<AuthStyle>,
    },
    /// Of [`AuthKind::AccessKey`].
    AccessKey {
        /// The key's id.
        id: SecretText,
        /// Its secret.
        secret: SecretText,
    },
    /// Of [`AuthKind::Password`].
    Password {
        /// The client's id.
        client_id: SecretText,
        /// Its secret.
        client_secret: SecretText,
        /// The access key's id.
        username: SecretText,
        /// Its secret.
        password: SecretText,
    },
    /// Of [`AuthKind::Bearer`].
    Bearer {
        /// The token, which cannot be renewed.
        token: SecretText,
    },
}

impl Credentials {
    /// Their kind.
    pub fn kind(&self) -> AuthKind {
        match self {
            Self::ClientCredentials { .. } => AuthKind::ClientCredentials,
            Self::AccessKey { .. } => AuthKind::AccessKey,
            Self::Password { .. } => AuthKind::Password,
            Self::Bearer { .. } => AuthKind::Bearer,
        }
    }

    /// What must never be shown of them. Ids are no secrets.
    pub(crate) fn secrets(&self) -> Vec<SecretText> {
        let secrets: &[&SecretText] = match self {
            Self::ClientCredentials { client_secret, .. } => &[client_secret],
            Self::AccessKey { secret, .. } => &[secret],
            Self::Password {
                client_secret,
                password,
                ..
            } => &[client_secret, password],
            Self::Bearer { token } => &[token],
        };
        secrets.iter().copied().cloned().collect()
    }
}

/// How a tenant's token is got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthConfig {
    /// Who asks.
    pub credentials: Credentials,
    /// Where the token endpoint is; `None` means at the tenant's base URL.
    pub auth_url: Option<BaseUrl>,
    /// The token endpoint's path; `None` takes the kind's or the profile's.
    pub token_path: Option<ApiPath>,
    /// The scopes that are asked for; `None` takes the profile's, an empty list sends none.
    pub scopes: Option<Vec<String>>,
    /// The audience that is asked for.
    pub audience: Option<String>,
    /// How long before its end a token is renewed; at most half of its lifetime is taken.
    pub expiry_margin: Duration,
}

impl AuthConfig {
    /// [`AuthConfig::expiry_margin`] where settings name none: a minute.
    pub const EXPIRY_MARGIN: Duration = Duration::from_mins(1);

    /// `credentials` with everything else as the profile has it.
    pub fn new(credentials: Credentials) -> Self {
        Self {
            credentials,
            auth_url: None,
            token_path: None,
            scopes: None,
            audience: None,
            expiry_margin: Self::EXPIRY_MARGIN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_what_they_print() {
        for each in AuthStyle::ALL {
            assert_eq!(AuthStyle::from_word(each.as_str()), Some(each));
        }
        for each in AuthKind::ALL {
            assert_eq!(AuthKind::from_word(each.as_str()), Some(each));
        }
    }

    #[test]
    fn t_04_debug_shows_no_value() {
        let text = |text: &str| SecretText::new(text);
        let config = AuthConfig::new(Credentials::Password {
            client_id: text("canary-1"),
            client_secret: text("canary-2"),
            username: text("canary-3"),
            password: text("canary-4"),
        });
        assert!(!format!("{config:?}").contains("canary"));
    }
}
