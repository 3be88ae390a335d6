//! Listings, cut into pages by token or by number.
//!
//! A page makes only its own entries; what stands before and after it is not touched.

use std::num::NonZeroUsize;
use std::sync::Arc;

use axum::http::StatusCode;
use cxda_adapters_memory::collection::{Collection, Record};
use serde::Serialize;

use crate::document::Document;
use crate::message::{Answer, Request};
use crate::profile::PagingStyle;

/// The page size where a request names none.
const DEFAULT_PAGE_SIZE: u32 = 100;

/// What a listing lists.
pub(super) enum Listed<'a, T> {
    /// A whole collection.
    All(&'a Collection<T>),
    /// These of its records.
    Some(Vec<&'a Arc<Record<T>>>),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TokenPage {
    entities: Vec<Document>,
    next_page_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NumberedPage {
    entities: Vec<Document>,
    total: usize,
    page: u32,
    page_size: u32,
}

/// The page that `request` asks for.
pub(super) fn page<T>(
    listed: &Listed<'_, T>,
    request: &Request,
    style: PagingStyle,
    size_limit: u32,
    show: impl Fn(&Record<T>) -> Document,
) -> Answer {
    let answer = match style {
        PagingStyle::Token => by_token(listed, request, size_limit, show),
        PagingStyle::Number => by_number(listed, request, size_limit, show),
    };
    answer.unwrap_or_else(|what| {
        let message = format!("{what} is out of range");
        Answer::problem(StatusCode::BAD_REQUEST, &message)
    })
}

fn by_token<T>(
    listed: &Listed<'_, T>,
    request: &Request,
    size_limit: u32,
    show: impl Fn(&Record<T>) -> Document,
) -> Result<Answer, &'static str> {
    let (_, limit) = page_size(request, size_limit)?;
    let token = request
        .parameter("pageToken")
        .filter(|token| !token.is_empty());
    let page = match listed {
        Listed::All(collection) => {
            let page = collection
                .page_after(token.as_deref(), limit)
                .map_err(|_| "pageToken")?;
            let entities = page.records.iter().map(|record| show(record)).collect();
            TokenPage {
                entities,
                next_page_token: page.next,
            }
        }
        // What a filter leaves is short: it comes as one page.
        Listed::Some(records) => TokenPage {
            entities: records.iter().map(|record| show(record)).collect(),
            next_page_token: None,
        },
    };
    Ok(Answer::json(StatusCode::OK, &page))
}

fn by_number<T>(
    listed: &Listed<'_, T>,
    request: &Request,
    size_limit: u32,
    show: impl Fn(&Record<T>) -> Document,
) -> Result<Answer, &'static str> {
    let (page_size, limit) = page_size(request, size_limit)?;
    let number = counted(request, "page", 1)?;
    let offset = (number as usize - 1).saturating_mul(limit.get());
    let (entities, total) = match listed {
        Listed::All(collection) => {
            let page = collection.page_at(offset, limit);
            (
                page.records.iter().map(|record| show(record)).collect(),
                page.total,
            )
        }
        Listed::Some(records) => {
            let shown = records.iter().skip(offset).take(limit.get());
            (shown.map(|record| show(record)).collect(), records.len())
        }
    };
    let page = NumberedPage {
        entities,
        total,
        page: number,
        page_size,
    };
    Ok(Answer::json(StatusCode::OK, &page))
}

fn page_size(request: &Request, size_limit: u32) -> Result<(u32, NonZeroUsize), &'static str> {
    let size = counted(request, "pageSize", DEFAULT_PAGE_SIZE)?.min(size_limit.max(1));
    let limit = NonZeroUsize::new(size as usize).ok_or("pageSize")?;
    Ok((size, limit))
}

/// The parameter as a number of 1 or more.
fn counted(request: &Request, name: &'static str, default: u32) -> Result<u32, &'static str> {
    match request.parameter(name) {
        None => Ok(default),
        Some(text) => text.parse().ok().filter(|&number| number > 0).ok_or(name),
    }
}
