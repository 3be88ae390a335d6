//! What a token request says, and in which of many ways it says it.
//!
//! It judges nothing.

use std::borrow::Cow;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use url::form_urlencoded;

use crate::message::Request;
use crate::profile::AuthStyle;

/// Id and secret, and how they came.
pub(super) struct Offer {
    pub(super) style: AuthStyle,
    pub(super) id: String,
    pub(super) secret: String,
}

/// What a token request says, wherever it says it.
pub(super) struct Fields {
    basic: Option<(String, String)>,
    query: Vec<(String, String)>,
    body: Vec<(String, String)>,
    body_style: AuthStyle,
}

impl Fields {
    /// What `request` says.
    pub(super) fn of(request: &Request) -> Self {
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
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        field(&self.body, name).or_else(|| field(&self.query, name))
    }

    /// Every way in which id and secret came.
    pub(super) fn offers(&self) -> Vec<Offer> {
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
