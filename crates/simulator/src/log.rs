//! What the simulator was sent, request by request, with everything secret taken out.
//!
//! Client secrets, tokens and the values of encrypted variables are never kept. A body that is not understood is
//! counted and not kept.

use std::collections::{BTreeMap, VecDeque};

use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use cxda_domain::instant::UtcMillis;
use cxda_domain::request::Operation;
use serde::Serialize;
use serde_json::value::RawValue;
use url::form_urlencoded;

use crate::document::Document;
use crate::message::Request;
use crate::receiver::{self, Delivered};
use crate::routes::webhooks::shown_target;

/// What stands in the place of a secret.
pub(crate) const REDACTED: &str = "<redacted>";
/// The headers that are kept, besides the scheme of `Authorization`.
const KEPT_HEADERS: [&str; 7] = [
    "accept",
    "content-type",
    "if-match",
    IDEMPOTENCY_KEY,
    "user-agent",
    receiver::ID,
    receiver::TIMESTAMP,
];
/// The header that carries an idempotency key.
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The fields of a token request that are kept, and whether their values are.
const TOKEN_FIELDS: [(&str, bool); 10] = [
    ("grant_type", true),
    ("scope", true),
    ("audience", true),
    ("client_id", false),
    ("client_secret", false),
    ("username", false),
    ("password", false),
    ("accessKeyId", false),
    ("accessKeySecret", false),
    ("tenantId", true),
];
/// How many bytes of bodies are kept; the oldest requests are dropped first.
const BODY_BYTES_KEPT: usize = 32 * 1024 * 1024;

/// One request that the simulator received.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogEntry {
    /// Counts the requests, from 1.
    pub number: u64,
    /// When it came.
    pub at: UtcMillis,
    /// The method.
    pub method: String,
    /// The path as it was sent.
    pub path: String,
    /// The query as it was sent; of a token request only what is no secret.
    pub query: String,
    /// What it asked for; `None` where no path matched.
    pub operation: Option<Operation>,
    /// Headers of interest, names in lower case; of `authorization` the scheme only.
    pub headers: BTreeMap<String, String>,
    /// How long its body was, in bytes.
    pub body_bytes: usize,
    /// Its body as JSON text, secrets redacted; `None` where there was none or it was not understood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Box<RawValue>>,
    /// The status it was answered with; `None` while it is not, and where the connection was closed instead.
    pub status: Option<u16>,
}

/// The latest requests.
#[derive(Debug)]
pub(crate) struct RequestLog {
    entries: VecDeque<LogEntry>,
    limit: usize,
    received: u64,
    kept_bytes: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogImage<'a> {
    format_version: &'a str,
    /// How many requests there were, those dropped from the log included.
    received: u64,
    entries: &'a VecDeque<LogEntry>,
}

impl RequestLog {
    /// An empty log of at most `limit` requests.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            limit,
            received: 0,
            kept_bytes: 0,
        }
    }

    /// Notes a request; returns its number.
    pub(crate) fn note(
        &mut self,
        request: &Request,
        operation: Option<Operation>,
        at: UtcMillis,
    ) -> u64 {
        let body = operation.and_then(|operation| kept_body(&request.body, operation));
        self.keep(request, operation, body, at)
    }

    /// Notes a delivery to a receiver of webhooks, with its body where it was taken; returns its number.
    pub(crate) fn note_delivery(
        &mut self,
        request: &Request,
        delivered: Option<Delivered>,
        at: UtcMillis,
    ) -> u64 {
        let taken = delivered == Some(Delivered::Taken);
        let body = taken.then(|| serde_json::from_slice(&request.body).ok());
        self.keep(request, None, body.flatten(), at)
    }

    fn keep(
        &mut self,
        request: &Request,
        operation: Option<Operation>,
        body: Option<Box<RawValue>>,
        at: UtcMillis,
    ) -> u64 {
        self.received += 1;
        self.kept_bytes += bytes_of(body.as_deref());
        self.entries.push_back(LogEntry {
            number: self.received,
            at,
            method: request.method.to_string(),
            path: request.path.clone(),
            query: kept_query(&request.query, operation),
            operation,
            headers: kept_headers(request),
            body_bytes: request.body.len(),
            body,
            status: None,
        });
        while (self.entries.len() > self.limit || self.kept_bytes > BODY_BYTES_KEPT)
            && let Some(oldest) = self.entries.pop_front()
        {
            self.kept_bytes -= bytes_of(oldest.body.as_deref());
        }
        self.received
    }

    /// Notes how the request of this number was answered.
    pub(crate) fn answered(&mut self, number: u64, status: StatusCode) {
        let found = self
            .entries
            .binary_search_by_key(&number, |entry| entry.number);
        if let Some(entry) = found
            .ok()
            .and_then(|position| self.entries.get_mut(position))
        {
            entry.status = Some(status.as_u16());
        }
    }

    /// The requests, the oldest first.
    pub(crate) fn entries(&self) -> Vec<LogEntry> {
        self.entries.iter().cloned().collect()
    }

    /// The log as JSON.
    pub(crate) fn image(&self) -> impl Serialize {
        LogImage {
            format_version: "1.0",
            received: self.received,
            entries: &self.entries,
        }
    }
}

fn bytes_of(body: Option<&RawValue>) -> usize {
    body.map_or(0, |body| body.get().len())
}

fn kept_headers(request: &Request) -> BTreeMap<String, String> {
    let mut kept: BTreeMap<String, String> = KEPT_HEADERS
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), request.header(name)?.to_owned())))
        .collect();
    if let Some(credentials) = request.header(AUTHORIZATION) {
        let scheme = match credentials.split_once(' ') {
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("bearer") => "Bearer",
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("basic") => "Basic",
            _ => REDACTED,
        };
        kept.insert(AUTHORIZATION.as_str().to_owned(), scheme.to_owned());
    }
    kept
}

fn kept_query(query: &str, operation: Option<Operation>) -> String {
    match operation {
        Some(Operation::Token) => {
            let mut kept = form_urlencoded::Serializer::new(String::new());
            for (name, value) in form_urlencoded::parse(query.as_bytes()) {
                if let Some(value) = kept_field(&name, &value) {
                    kept.append_pair(&name, value);
                }
            }
            kept.finish()
        }
        Some(_) => query.to_owned(),
        None => String::new(),
    }
}

/// What is kept of a field's value; `None` where not even its name is, for it might be the secret itself.
fn kept_field<'a>(name: &str, value: &'a str) -> Option<&'a str> {
    let (_, shown) = TOKEN_FIELDS.iter().find(|(known, _)| *known == name)?;
    Some(if *shown { value } else { REDACTED })
}

fn kept_body(body: &[u8], operation: Operation) -> Option<Box<RawValue>> {
    let kept = if operation == Operation::Token {
        kept_credentials(body)
    } else {
        kept_resource(Document::parse(body).ok()?)
    };
    serde_json::value::to_raw_value(&kept).ok()
}

fn kept_credentials(body: &[u8]) -> Document {
    let fields: Vec<(String, String)> = match Document::parse(body) {
        Ok(members) => TOKEN_FIELDS
            .iter()
            .filter_map(|(name, _)| Some(((*name).to_owned(), members.get(name)?)))
            .collect(),
        Err(_) => form_urlencoded::parse(body).into_owned().collect(),
    };
    let mut kept = Document::default();
    for (name, value) in &fields {
        if let Some(value) = kept_field(name, value) {
            kept.set(name, value);
        }
    }
    kept
}

fn kept_resource(mut body: Document) -> Document {
    if let Some(url) = body.get::<String>("targetUrl") {
        body.set("targetUrl", &shown_target(&url));
    }
    let Some(variables) = body.remove("variables") else {
        return body;
    };
    match serde_json::from_str::<Vec<Document>>(variables.get()) {
        Ok(mut variables) => {
            for variable in &mut variables {
                let plain = matches!(variable.text("encrypted"), None | Some("false" | "null"));
                if !plain && variable.text("value").is_some() {
                    variable.set("value", REDACTED);
                }
            }
            body.set("variables", &variables);
        }
        Err(_) => body.set("variables", REDACTED),
    }
    body
}

#[cfg(test)]
mod tests;
