//! The ways to log in: client credentials, an access key, a user's password.
//!
//! Which scopes a token then has is not decided here.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use super::fields::{Fields, Offer};
use super::{ACCESS_KEY_PATH, PASSWORD_PATH, Refusal};
use crate::config::{Credentials, SimConfig};
use crate::message::{Answer, Request};
use crate::profile::AuthStyle;

/// The id of the simulated tenant, as an id token tells it.
const TENANT_ID: &str = "11eb0000-0000-4000-8000-000000000001";

/// A way to log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Login {
    ClientCredentials,
    AccessKey,
    Password,
}

impl Login {
    /// The way that a request takes.
    pub(super) fn of(
        request: &Request,
        fields: &Fields,
        config: &SimConfig,
    ) -> Result<Self, Refusal> {
        if request.path == ACCESS_KEY_PATH {
            return Ok(Self::AccessKey);
        }
        let is_own = request.path != PASSWORD_PATH || config.profile.paths.token == PASSWORD_PATH;
        match fields.get("grant_type") {
            Some("client_credentials") if is_own => Ok(Self::ClientCredentials),
            Some("password") if request.path == PASSWORD_PATH => Ok(Self::Password),
            Some(_) => Err(bad("unsupported_grant_type", "the grant is unknown here")),
            None => Err(bad("invalid_request", "grant_type is missing")),
        }
    }

    /// Refuses what nobody may log in with.
    pub(super) fn check(self, fields: &Fields, config: &SimConfig) -> Result<(), Refusal> {
        match self {
            Self::ClientCredentials => {
                let offer = only_offer(fields)?;
                if !config.profile.auth_styles.contains(&offer.style) {
                    return Err(refused("client id and secret do not come in this way here"));
                }
                accept(&config.credentials, &offer.id, &offer.secret)
            }
            Self::AccessKey => {
                let said = |name| fields.get(name).unwrap_or_default();
                let (id, secret) = (said("accessKeyId"), said("accessKeySecret"));
                accept(&config.credentials, id, secret)
            }
            Self::Password => {
                let offer = only_offer(fields)?;
                if offer.style != AuthStyle::Basic {
                    return Err(refused("client id and secret do not come as HTTP Basic"));
                }
                accept(&config.credentials, &offer.id, &offer.secret)?;
                let is_said = |name| fields.get(name).is_some_and(|text| !text.is_empty());
                if !is_said("username") || !is_said("password") {
                    return Err(bad("invalid_grant", "user name or password is missing"));
                }
                Ok(())
            }
        }
    }
}

fn bad(error: &'static str, why: &'static str) -> Refusal {
    (StatusCode::BAD_REQUEST, error, why)
}

fn refused(why: &'static str) -> Refusal {
    (StatusCode::UNAUTHORIZED, "invalid_client", why)
}

/// Id and secret, which must come in one way only.
fn only_offer(fields: &Fields) -> Result<Offer, Refusal> {
    let mut offers = fields.offers();
    let missing = refused("client id and secret are missing");
    let offer = offers.pop().ok_or(missing)?;
    if !offers.is_empty() {
        let why = "client id and secret come in more than one way";
        return Err(bad("invalid_request", why));
    }
    Ok(offer)
}

fn accept(credentials: &Credentials, id: &str, secret: &str) -> Result<(), Refusal> {
    let accepted = match credentials {
        Credentials::Any => !id.is_empty() && !secret.is_empty(),
        Credentials::Exactly {
            id: own,
            secret: own_secret,
        } => id == own && secret == own_secret,
    };
    if accepted {
        Ok(())
    } else {
        Err(refused("client id or secret is wrong"))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Claims<'a> {
    tenant_id: &'a str,
}

/// An id token that names the tenant and that nobody signed.
pub(super) fn id_token() -> String {
    let claims = Claims {
        tenant_id: TENANT_ID,
    };
    let claims = serde_json::to_string(&claims).unwrap_or_default();
    let [header, claims] =
        [r#"{"alg":"none","typ":"JWT"}"#, &claims].map(|part| URL_SAFE_NO_PAD.encode(part));
    format!("{header}.{claims}.")
}

#[derive(Serialize)]
struct Configuration<'a> {
    api_endpoint: &'a str,
}

/// Says that the API of the tenant is here.
pub(super) fn configuration(request: &Request) -> Answer {
    if request.parameter("tenantId").as_deref() != Some(TENANT_ID) {
        return Answer::not_found("tenant");
    }
    let api_endpoint = request.origin.as_deref().unwrap_or_default();
    Answer::json(StatusCode::OK, &Configuration { api_endpoint })
}
