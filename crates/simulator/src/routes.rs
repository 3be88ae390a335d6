//! The contract's endpoints, one file per resource.
//!
//! What they have in common stands here: bodies, tags, preconditions and idempotency keys.

use std::borrow::Cow;
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::{ETAG, IF_MATCH};
use cxda_adapters_memory::collection::{Collection, Keyed, Record};
use cxda_domain::instant::UtcMillis;
use cxda_domain::key::{Digest, IdempotencyKey};
use serde_json::Value;

use crate::config::{KeyHabit, SimConfig};
use crate::document::Document;
use crate::log::IDEMPOTENCY_KEY;
use crate::message::{Answer, Request};
use crate::profile::Concurrency;
use crate::tenant::{Moment, Tenant};

pub(crate) mod actions;
pub(crate) mod inspect;
mod paging;
pub(crate) mod receivers;
pub(crate) mod tables;
pub(crate) mod views;
pub(crate) mod webhooks;

/// A body, parsed to be judged and kept as text to be stored.
struct Body {
    judged: Value,
    kept: Document,
}

/// Reads a body that must be a JSON object.
fn body_of(request: &Request) -> Result<Body, Answer> {
    let parsed = serde_json::from_slice(&request.body).and_then(|judged| {
        Ok(Body {
            judged,
            kept: Document::parse(&request.body)?,
        })
    });
    parsed.map_err(|error| {
        let message = format!("the body is not a JSON object: {error}");
        Answer::problem(StatusCode::BAD_REQUEST, &message)
    })
}

/// The idempotency key of a request, where it has one and keys are honoured.
fn keyed(request: &Request, tenant: &mut Tenant, moment: Moment) -> Option<Keyed> {
    let key = request.header(IDEMPOTENCY_KEY)?;
    let name = match tenant.config.idempotency {
        KeyHabit::Ignored => return None,
        KeyHabit::Honoured | KeyHabit::ReplayingErrors => key.to_owned(),
        KeyHabit::Expiring(window) => tenant.keys.name_of(key, window, moment.elapsed),
    };
    Some(Keyed {
        key: IdempotencyKey::new(name),
        payload: Digest::of(&request.body),
    })
}

fn key_reused(config: &SimConfig) -> Answer {
    let message = "the idempotency key was used for another payload";
    Answer::problem(config.profile.conflicts.key_reused, message)
}

fn name_taken(what: &str) -> Answer {
    let message = format!("the name of the {what} is taken");
    Answer::problem(StatusCode::CONFLICT, &message)
}

/// The `ETag` of a representation.
fn tag_of<T>(record: &Record<T>, shown: &Document, concurrency: Concurrency) -> Option<String> {
    match concurrency {
        Concurrency::None => None,
        Concurrency::EntityTag => Some(format!("\"{}\"", record.tag)),
        Concurrency::ContentHash => {
            let canonical = serde_jcs::to_vec(shown).ok()?;
            Some(format!("\"{}\"", Digest::of(canonical)))
        }
    }
}

/// Refuses a request whose `If-Match` names another version than the present one.
fn check_precondition(
    request: &Request,
    present_tag: Option<&str>,
    config: &SimConfig,
) -> Result<(), Answer> {
    match (request.header(IF_MATCH), present_tag) {
        (Some(read_as), Some(present)) if read_as != "*" && read_as != present => {
            let message = "the resource was changed since it was read";
            Err(Answer::problem(config.profile.conflicts.stale, message))
        }
        _ => Ok(()),
    }
}

/// A representation with its tag.
fn tagged(status: StatusCode, shown: &Document, tag: Option<&str>) -> Answer {
    let answer = Answer::json(status, shown);
    match tag {
        Some(tag) => answer.with(ETAG, tag),
        None => answer,
    }
}

/// What a listing shows of `collection`: all but what was created, at the epoch milliseconds that `created_ms` tells, too
/// short a time ago.
fn listed<T: Clone>(
    collection: &Collection<T>,
    lag: Duration,
    now: UtcMillis,
    created_ms: impl Fn(&T) -> i64,
) -> Cow<'_, Collection<T>> {
    let lag_ms = i64::try_from(lag.as_millis()).unwrap_or(i64::MAX);
    let is_new =
        |record: &Record<T>| created_ms(&record.value).saturating_add(lag_ms) > now.epoch_millis();
    if lag.is_zero() || !collection.iter().any(|record| is_new(record)) {
        return Cow::Borrowed(collection);
    }
    let mut shown = collection.clone();
    for record in collection.iter().filter(|record| is_new(record)) {
        shown.remove(&record.id);
    }
    Cow::Owned(shown)
}

/// The epoch milliseconds `wait` after `now`.
fn later(now: UtcMillis, wait: Duration) -> i64 {
    let wait_ms = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
    now.epoch_millis().saturating_add(wait_ms)
}
