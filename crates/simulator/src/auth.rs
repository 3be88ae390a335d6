//! The token endpoint and the check of bearer tokens.
//!
//! Of a token only its digest is kept, of a client secret nothing.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cxda_domain::key::Digest;
use serde::Serialize;
use serde_json::Value;
use url::form_urlencoded;

use crate::config::{Credentials, ScopePolicy, SimConfig};
use crate::message::{Answer, Request};
use crate::profile::AuthStyle;

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
}

impl Tokens {
    /// Answers the token endpoint; `fresh` becomes the token where the answer is one.
    pub(crate) fn issue(
        &mut self,
        request: &Request,
        config: &SimConfig,
        fresh: &str,
        now: Duration,
    ) -> Answer {
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
    ) -> Result<Answer, (StatusCode, &'static str, &'static str)> {
        let bad = |error, why| (StatusCode::BAD_REQUEST, error, why);
        let refused = |why| (StatusCode::UNAUTHORIZED, "invalid_client", why);
        let fields = Fields::of(request);
        match fields.get("grant_type") {
            Some("client_credentials") => {}
            Some(_) => {
                return Err(bad(
                    "unsupported_grant_type",
                    "only client_credentials is known",
                ));
            }
            None => return Err(bad("invalid_request", "grant_type is missing")),
        }
        let mut offers = fields.offers();
        let offer = offers
            .pop()
            .ok_or(refused("client id and secret are missing"))?;
        if !offers.is_empty() {
            return Err(bad(
                "invalid_request",
                "client id and secret come in more than one way",
            ));
        }
        if !config.profile.auth_styles.contains(&offer.style) {
            return Err(refused("client id and secret do not come in this way here"));
        }
        if !accepts(&config.credentials, &offer) {
            return Err(refused("client id or secret is wrong"));
        }
        let asked: Vec<&str> = fields
            .get("scope")
            .unwrap_or_default()
            .split_ascii_whitespace()
            .collect();
        let (scopes, shown) = match &config.scopes {
            ScopePolicy::Ignored if asked.is_empty() => {
                (Scopes::Everything, config.profile.scopes.all())
            }
            ScopePolicy::Ignored => (
                Scopes::Everything,
                asked.into_iter().map(str::to_owned).collect(),
            ),
            ScopePolicy::Granted(granted) => {
                let wanted = |scope: &&String| asked.is_empty() || asked.contains(&scope.as_str());
                let given: Vec<String> = granted.iter().filter(wanted).cloned().collect();
                if given.is_empty() && !asked.is_empty() {
                    return Err(bad("invalid_scope", "none of the scopes is granted"));
                }
                (Scopes::Only(given.clone()), given)
            }
        };
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

fn accepts(credentials: &Credentials, offer: &Offer) -> bool {
    match credentials {
        Credentials::Any => !offer.id.is_empty() && !offer.secret.is_empty(),
        Credentials::Exactly { id, secret } => offer.id == *id && offer.secret == *secret,
    }
}

/// Id and secret, and how they came.
struct Offer {
    style: AuthStyle,
    id: String,
    secret: String,
}

/// What a token request says, wherever it says it.
struct Fields {
    basic: Option<(String, String)>,
    query: Vec<(String, String)>,
    body: Vec<(String, String)>,
    body_style: AuthStyle,
}

impl Fields {
    fn of(request: &Request) -> Self {
        let json = request
            .header(CONTENT_TYPE)
            .is_some_and(|kind| kind.starts_with("application/json"));
        let (body, body_style) = if json {
            (json_fields(&request.body), AuthStyle::Json)
        } else {
            (form_fields(&request.body), AuthStyle::Body)
        };
        Self {
            basic: request.header(AUTHORIZATION).and_then(basic),
            query: form_fields(request.query.as_bytes()),
            body,
            body_style,
        }
    }

    /// The field of this name, from the body or else the query.
    fn get(&self, name: &str) -> Option<&str> {
        field(&self.body, name).or_else(|| field(&self.query, name))
    }

    /// Every way in which id and secret came.
    fn offers(&self) -> Vec<Offer> {
        let offer = |style, id: &str, secret: &str| Offer {
            style,
            id: id.to_owned(),
            secret: secret.to_owned(),
        };
        let pair = |style, fields: &[(String, String)]| {
            let (id, secret) = (field(fields, "client_id"), field(fields, "client_secret"));
            secret.map(|secret| offer(style, id.unwrap_or_default(), secret))
        };
        let basic = self
            .basic
            .as_ref()
            .map(|(id, secret)| offer(AuthStyle::Basic, id, secret));
        let body = pair(self.body_style, &self.body);
        let query = pair(AuthStyle::Query, &self.query);
        [basic, body, query].into_iter().flatten().collect()
    }
}

fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

fn form_fields(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

fn json_fields(text: &[u8]) -> Vec<(String, String)> {
    match serde_json::from_slice(text) {
        Ok(Value::Object(members)) => members
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())))
            .collect(),
        _ => Vec::new(),
    }
}

/// Id and secret of HTTP Basic, each form-decoded as RFC 6749 asks for.
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((form_decoded(id), form_decoded(secret)))
}

fn form_decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    let decoded: Cow<'_, str> = percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy();
    decoded.into_owned()
}

#[cfg(test)]
mod tests;
