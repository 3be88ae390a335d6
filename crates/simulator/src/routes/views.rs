//! Materialized views.
//!
//! A view is pending after it was made and building after its indexes were ordered; both end by the clock alone.

use std::sync::Arc;

use axum::http::StatusCode;
use cxda_adapters_memory::collection::{Draft, InsertError, Precondition, Record, ReplaceError};
use cxda_domain::instant::UtcMillis;

use super::paging::{Listed, page};
use super::{
    Body, body_of, check_precondition, key_reused, keyed, later, listed, name_taken, tag_of, tagged,
};
use crate::document::Document;
use crate::message::{Answer, FieldError, Request};
use crate::rules::{self, Purpose};
use crate::state::{SimState, StoredView};
use crate::tenant::{Moment, Tenant};

/// What the answer to a create shows.
const SHOWN_ON_CREATE: [&str; 5] = ["id", "name", "status", "sourceTableId", "createdAt"];

/// One page of the views.
pub(crate) fn list(tenant: &Tenant, request: &Request, moment: Moment) -> Answer {
    let style = tenant.config.profile.views_paging;
    let lag = tenant.config.list_lag;
    let views = listed(&tenant.state.views, lag, moment.now, |view| view.created_ms);
    let listed = Listed::All(views.as_ref());
    let show = |record: &Record<StoredView>| shown(record, moment.now);
    page(&listed, request, style, tenant.config.page_size_limit, show)
}

/// One view.
pub(crate) fn get(tenant: &Tenant, id: &str, moment: Moment) -> Answer {
    match tenant.state.views.get(id) {
        Some(record) => whole(tenant, record, moment),
        None => Answer::not_found("view"),
    }
}

/// Makes a view.
pub(crate) fn create(tenant: &mut Tenant, request: &Request, moment: Moment) -> Answer {
    try_create(tenant, request, moment).unwrap_or_else(|refusal| refusal)
}

fn try_create(tenant: &mut Tenant, request: &Request, moment: Moment) -> Result<Answer, Answer> {
    let body = body_of(request)?;
    let keyed = keyed(request, tenant, moment);
    if let Some(keyed) = &keyed {
        match tenant.state.views.answered(keyed) {
            Ok(Some(first)) => return Ok(created(tenant, first, moment)),
            Ok(None) => {}
            Err(_) => return Err(key_reused(&tenant.config)),
        }
    }
    judge(&tenant.state, &body, Purpose::Create, None)?;
    let created_ms = moment.now.epoch_millis();
    let draft = Draft {
        id: tenant.ids.fresh(),
        name: body.kept.get("name").unwrap_or_default(),
        value: StoredView {
            members: body.kept.without(&StoredView::SERVER_OWNED),
            created_ms,
            active_from_ms: later(moment.now, tenant.config.view_pending),
            indexed_from_ms: created_ms,
        },
    };
    let inserted = tenant
        .state
        .views
        .insert(draft, keyed)
        .map_err(|error| match error {
            InsertError::KeyReused => key_reused(&tenant.config),
            InsertError::IdTaken { .. } | InsertError::NameTaken { .. } => name_taken("view"),
        })?;
    tenant.changed();
    Ok(created(tenant, inserted.record(), moment))
}

/// Puts a view in the place of another.
pub(crate) fn replace(tenant: &mut Tenant, id: &str, request: &Request, moment: Moment) -> Answer {
    try_replace(tenant, id, request, moment).unwrap_or_else(|refusal| refusal)
}

fn try_replace(
    tenant: &mut Tenant,
    id: &str,
    request: &Request,
    moment: Moment,
) -> Result<Answer, Answer> {
    let body = body_of(request)?;
    let present = tenant
        .state
        .views
        .get(id)
        .map(Arc::clone)
        .ok_or(Answer::not_found("view"))?;
    let config = &tenant.config;
    let representation = shown(&present, moment.now);
    let present_tag = tag_of(&present, &representation, config.profile.concurrency);
    check_precondition(request, present_tag.as_deref(), config)?;
    judge(&tenant.state, &body, Purpose::Replace, Some(id))?;
    let name: String = body.kept.get("name").unwrap_or_default();
    let view = StoredView {
        members: body.kept.without(&StoredView::SERVER_OWNED),
        ..present.value.clone()
    };
    let replaced = tenant
        .state
        .views
        .replace(id, Precondition::Tag(&present.tag), &name, view)
        .map_err(|error| match error {
            ReplaceError::NameTaken { .. } => name_taken("view"),
            ReplaceError::NotFound | ReplaceError::VersionMismatch { .. } => {
                Answer::not_found("view")
            }
        })?;
    tenant.changed();
    Ok(whole(tenant, &replaced, moment))
}

/// Takes a view away.
pub(crate) fn delete(tenant: &mut Tenant, id: &str) -> Answer {
    match tenant.state.views.remove(id) {
        Some(_) => {
            tenant.changed();
            Answer::empty(StatusCode::NO_CONTENT)
        }
        None => Answer::not_found("view"),
    }
}

/// Orders the indexes of a view; they are there once the clock says so.
pub(crate) fn build_indexes(tenant: &mut Tenant, id: &str, moment: Moment) -> Answer {
    let indexed_from_ms = later(moment.now, tenant.config.index_build);
    let order = |view: &mut StoredView| view.indexed_from_ms = indexed_from_ms;
    if !tenant.state.views.amend(id, order) {
        return Answer::not_found("view");
    }
    tenant.changed();
    let mut accepted = Document::default();
    accepted.set("id", id);
    accepted.set("status", "BUILDING");
    Answer::json(StatusCode::ACCEPTED, &accepted)
}

fn judge(
    state: &SimState,
    body: &Body,
    purpose: Purpose,
    own_id: Option<&str>,
) -> Result<(), Answer> {
    let exists = |id: &str| {
        let known = state.tables.get(id).is_some() || state.views.get(id).is_some();
        known && own_id != Some(id)
    };
    let findings: Vec<FieldError> = rules::view::judge(&body.judged, purpose, exists).into_vec();
    if findings.is_empty() {
        return Ok(());
    }
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    Err(Answer::field_errors(
        status,
        "the view is invalid",
        &findings,
    ))
}

fn whole(tenant: &Tenant, record: &Record<StoredView>, moment: Moment) -> Answer {
    let view = shown(record, moment.now);
    let tag = tag_of(record, &view, tenant.config.profile.concurrency);
    tagged(StatusCode::OK, &view, tag.as_deref())
}

fn created(tenant: &Tenant, record: &Record<StoredView>, moment: Moment) -> Answer {
    let view = shown(record, moment.now);
    let tag = tag_of(record, &view, tenant.config.profile.concurrency);
    tagged(
        StatusCode::CREATED,
        &view.only(&SHOWN_ON_CREATE),
        tag.as_deref(),
    )
}

fn shown(record: &Record<StoredView>, now: UtcMillis) -> Document {
    let stored = &record.value;
    let status = if now.epoch_millis() < stored.active_from_ms {
        "PENDING"
    } else if now.epoch_millis() < stored.indexed_from_ms {
        "BUILDING"
    } else {
        "ACTIVE"
    };
    let mut view = stored.members.clone();
    view.set("id", &record.id);
    view.set("status", status);
    let created_at = UtcMillis::from_epoch_millis(stored.created_ms);
    view.set("createdAt", &created_at);
    view
}
