//! The token endpoint and the check of bearer tokens.
//!
//! Of a token only its digest is kept, of a client secret nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use cxda_domain::key::Digest;
use serde::Serialize;

use self::fields::Fields;
use self::login::{Login, configuration, id_token};
use crate::config::{ScopePolicy, SimConfig};
use crate::message::{Answer, Request};

mod fields;
mod login;

/// Where an access key is exchanged for a token.
pub(crate) const ACCESS_KEY_PATH: &str = "/authentication/v1/token/access-key";
/// Where a user's password is exchanged for a token.
pub(crate) const PASSWORD_PATH: &str = "/auth/token";
/// Where it is said at which host a tenant's API is.
pub(crate) const CONFIGURATION_PATH: &str = "/.well-known/cxone-configuration";

/// The tokens that are out.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    live: BTreeMap<Digest, Grant>,
}

#[derive(Debug)]
struct Grant {
    /// The token is good before this time.
    until: Duration,
    scopes: Scopes,
}

#[derive(Debug)]
enum Scopes {
    Everything,
    Only(Vec<String>),
}

#[derive(Serialize)]
struct OauthError<'a> {
    error: &'a str,
    error_description: &'a str,
}

#[derive(Serialize)]
struct TokenAnswer<'a> {
    access_token: &'a str,
    token_type: &'a str,
    expires_in: u64,
    scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
}

/// Status, OAuth's word for it, and why.
type Refusal = (StatusCode, &'static str, &'static str);

impl Tokens {
    /// Answers a token endpoint, or the question where a tenant's API is; `fresh` becomes the token where the answer is one.
    pub(crate) fn issue(
        &mut self,
        request: &Request,
        config: &SimConfig,
        fresh: &str,
        now: Duration,
    ) -> Answer {
        if request.path == CONFIGURATION_PATH {
            return configuration(request);
        }
        match self.grant(request, config, fresh, now) {
            Ok(answer) => answer.with(CACHE_CONTROL, "no-store"),
            Err((status, error, error_description)) => Answer::json(
                status,
                &OauthError {
                    error,
                    error_description,
                },
            ),
        }
    }

    fn grant(
        &mut self,
        request: &Request,
        config: &SimConfig,
        fresh: &str,
        now: Duration,
    ) -> Result<Answer, Refusal> {
        let fields = Fields::of(request);
        let login = Login::of(request, &fields, config)?;
        login.check(&fields, config)?;
        let (scopes, shown) = scopes(&fields, config)?;
        self.live.retain(|_, grant| grant.until > now);
        let until = now + config.token_lifetime;
        self.live.insert(Digest::of(fresh), Grant { until, scopes });
        Ok(Answer::json(
            StatusCode::OK,
            &TokenAnswer {
                access_token: fresh,
                token_type: "Bearer",
                expires_in: config.token_lifetime.as_secs(),
                scope: &shown.join(" "),
                id_token: (login == Login::Password).then(id_token),
            },
        ))
    }

    /// Lets a request through whose token is good and has `scope`; else gives the answer that refuses it.
    pub(crate) fn check(
        &self,
        request: &Request,
        scope: Option<&str>,
        now: Duration,
    ) -> Result<(), Answer> {
        let Some(token) = request.header(AUTHORIZATION).and_then(bearer) else {
            return Err(unauthorized("the access token is missing"));
        };
        let Some(grant) = self.live.get(&Digest::of(token)) else {
            return Err(unauthorized("the access token is unknown"));
        };
        if grant.until <= now {
            return Err(unauthorized("the access token has expired"));
        }
        match (&grant.scopes, scope) {
            (Scopes::Only(granted), Some(scope)) if !granted.iter().any(|one| one == scope) => {
                Err(forbidden(scope))
            }
            _ => Ok(()),
        }
    }

    /// Makes every token invalid.
    pub(crate) fn revoke_all(&mut self) {
        self.live.clear();
    }
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

fn unauthorized(error_description: &str) -> Answer {
    let body = OauthError {
        error: "invalid_token",
        error_description,
    };
    Answer::json(StatusCode::UNAUTHORIZED, &body)
        .with(WWW_AUTHENTICATE, r#"Bearer error="invalid_token""#)
}

fn forbidden(scope: &str) -> Answer {
    let error_description = format!("the access token lacks the scope {scope}");
    let body = OauthError {
        error: "insufficient_scope",
        error_description: &error_description,
    };
    let challenge = format!(r#"Bearer error="insufficient_scope", scope="{scope}""#);
    Answer::json(StatusCode::FORBIDDEN, &body).with(WWW_AUTHENTICATE, &challenge)
}

/// The scopes that a token gets, and how they are shown.
fn scopes(fields: &Fields, config: &SimConfig) -> Result<(Scopes, Vec<String>), Refusal> {
    let asked: Vec<&str> = fields
        .get("scope")
        .unwrap_or_default()
        .split_ascii_whitespace()
        .collect();
    let ScopePolicy::Granted(granted) = &config.scopes else {
        let shown = if asked.is_empty() {
            config.profile.scopes.all()
        } else {
            asked.into_iter().map(str::to_owned).collect()
        };
        return Ok((Scopes::Everything, shown));
    };
    let wanted = |scope: &&String| asked.is_empty() || asked.contains(&scope.as_str());
    let given: Vec<String> = granted.iter().filter(wanted).cloned().collect();
    if given.is_empty() && !asked.is_empty() {
        let why = "none of the scopes is granted";
        return Err((StatusCode::BAD_REQUEST, "invalid_scope", why));
    }
    Ok((Scopes::Only(given.clone()), given))
}

#[cfg(test)]
mod tests;
