//! Data actions.
//!
//! The sandbox test says what is to be run, and what the answer is when it ran. It runs nothing by itself.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use cxda_adapters_memory::collection::{Draft, InsertError, Precondition, Record, ReplaceError};
use cxda_domain::node::Mark;
use cxda_domain::script::ScriptEnd;
use cxda_ports::script::ScriptRun;
use serde::Serialize;
use serde_json::Value;

use super::paging::{Listed, page};
use super::{
    Body, body_of, check_precondition, key_reused, keyed, later, listed, name_taken, tag_of, tagged,
};
use crate::config::{FilterHabit, SimConfig};
use crate::document::Document;
use crate::message::{Answer, FieldError, Request};
use crate::rules::{self, Purpose};
use crate::state::{SimState, StoredAction};
use crate::tenant::{Moment, Tenant};
use crate::variables::{StoredVariable, take_in};

/// One page of the actions, or of those that `filter=name=X` picks.
pub(crate) fn list(tenant: &Tenant, request: &Request, moment: Moment) -> Answer {
    let lag = tenant.config.list_lag;
    let actions = listed(&tenant.state.actions, lag, moment.now, |action| {
        action.created_ms
    });
    let actions = actions.as_ref();
    let filter = request.parameter("filter");
    let name = match filter.as_deref().map(|filter| filter.strip_prefix("name=")) {
        None => None,
        Some(Some(name)) => Some(name),
        Some(None) => {
            return Answer::problem(StatusCode::BAD_REQUEST, "filter is not name=VALUE");
        }
    };
    let listed = match (name, tenant.config.filter) {
        (None, _) | (_, FilterHabit::Ignored) => Listed::All(actions),
        (Some(name), FilterHabit::Exact) => Listed::Some(actions.named(name).collect()),
        (Some(name), FilterHabit::Contains) => Listed::Some(
            actions
                .iter()
                .filter(|record| record.name.contains(name))
                .collect(),
        ),
    };
    let style = tenant.config.profile.actions_paging;
    let show = |record: &Record<StoredAction>| shown(record, &tenant.config, moment);
    page(&listed, request, style, tenant.config.page_size_limit, show)
}

/// One action.
pub(crate) fn get(tenant: &Tenant, id: &str, moment: Moment) -> Answer {
    match tenant.state.actions.get(id) {
        Some(record) => whole(StatusCode::OK, tenant, record, moment),
        None => Answer::not_found("action"),
    }
}

/// Makes an action.
pub(crate) fn create(tenant: &mut Tenant, request: &Request, moment: Moment) -> Answer {
    try_create(tenant, request, moment).unwrap_or_else(|refusal| refusal)
}

fn try_create(tenant: &mut Tenant, request: &Request, moment: Moment) -> Result<Answer, Answer> {
    let mut body = body_of(request)?;
    let keyed = keyed(request, tenant, moment);
    if let Some(keyed) = &keyed {
        match tenant.state.actions.answered(keyed) {
            Ok(Some(first)) => return Ok(whole(StatusCode::CREATED, tenant, first, moment)),
            Ok(None) => {}
            Err(_) => return Err(key_reused(&tenant.config)),
        }
    }
    judge(&tenant.state, &body, Purpose::Create)?;
    for ignored in &tenant.config.ignored_on_create {
        body.kept.remove(ignored);
    }
    let name = body.kept.get("name").unwrap_or_default();
    let variables = variables_of(&mut body.kept, None)?;
    let created_ms = moment.now.epoch_millis();
    let draft = Draft {
        id: tenant.ids.fresh(),
        name,
        value: StoredAction {
            members: body.kept.without(&StoredAction::SERVER_OWNED),
            variables,
            created_ms,
            modified_ms: created_ms,
            published_from_ms: later(moment.now, tenant.config.publishing),
            gone_from_ms: None,
        },
    };
    let inserted = tenant
        .state
        .actions
        .insert(draft, keyed)
        .map_err(|error| match error {
            InsertError::KeyReused => key_reused(&tenant.config),
            InsertError::IdTaken { .. } | InsertError::NameTaken { .. } => name_taken("action"),
        })?;
    tenant.changed();
    Ok(whole(
        StatusCode::CREATED,
        tenant,
        inserted.record(),
        moment,
    ))
}

/// Puts an action in the place of another.
pub(crate) fn replace(tenant: &mut Tenant, id: &str, request: &Request, moment: Moment) -> Answer {
    try_replace(tenant, id, request, moment).unwrap_or_else(|refusal| refusal)
}

fn try_replace(
    tenant: &mut Tenant,
    id: &str,
    request: &Request,
    moment: Moment,
) -> Result<Answer, Answer> {
    let mut body = body_of(request)?;
    let absent = || Answer::not_found("action");
    let present = tenant
        .state
        .actions
        .get(id)
        .map(Arc::clone)
        .ok_or_else(absent)?;
    let config = &tenant.config;
    if let State::Busy { name, left } = state_of(&present.value, moment) {
        let message = format!("the state of the action is {name}");
        return Err(Answer::problem(config.profile.conflicts.busy, &message).retry_after(left));
    }
    let representation = shown(&present, config, moment);
    let present_tag = tag_of(&present, &representation, config.profile.concurrency);
    check_precondition(request, present_tag.as_deref(), config)?;
    judge(&tenant.state, &body, Purpose::Replace)?;
    let name: String = body.kept.get("name").unwrap_or_default();
    let action = StoredAction {
        variables: variables_of(&mut body.kept, present.value.variables.as_deref())?,
        members: body.kept.without(&StoredAction::SERVER_OWNED),
        created_ms: present.value.created_ms,
        modified_ms: moment.now.epoch_millis(),
        published_from_ms: later(moment.now, config.publishing),
        gone_from_ms: None,
    };
    let replaced = tenant
        .state
        .actions
        .replace(id, Precondition::Tag(&present.tag), &name, action)
        .map_err(|error| match error {
            ReplaceError::NameTaken { .. } => name_taken("action"),
            ReplaceError::NotFound | ReplaceError::VersionMismatch { .. } => absent(),
        })?;
    tenant.changed();
    Ok(whole(StatusCode::OK, tenant, &replaced, moment))
}

/// Takes an action away.
pub(crate) fn delete(tenant: &mut Tenant, id: &str, moment: Moment) -> Answer {
    if !tenant
        .state
        .depart(id, later(moment.now, tenant.config.deleting))
    {
        return Answer::not_found("action");
    }
    tenant.state.sweep(moment.now);
    tenant.changed();
    Answer::empty(StatusCode::NO_CONTENT)
}

#[derive(Serialize)]
struct Verdict {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Verdict {
    fn failed(error: String) -> Answer {
        let verdict = Self {
            status: "FAILED",
            output: None,
            error: Some(error),
        };
        Answer::json(StatusCode::OK, &verdict)
    }
}

/// The run that a sandbox test asks for; its clock stands still at `moment`, and its randomness follows from that.
///
/// # Errors
///
/// The answer, where nothing is to be run.
pub(crate) fn test(
    tenant: &Tenant,
    id: &str,
    request: &Request,
    moment: Moment,
) -> Result<ScriptRun, Answer> {
    let record = tenant.state.actions.get(id);
    let record = record.ok_or_else(|| Answer::not_found("action"))?;
    let body = body_of(request)?;
    let Some(input) = body.judged.get("input") else {
        let missing = FieldError {
            field: "input".to_owned(),
            message: "is required".to_owned(),
        };
        let message = "the test is invalid";
        return Err(Answer::field_errors(
            StatusCode::BAD_REQUEST,
            message,
            &[missing],
        ));
    };
    let members = &record.value.members;
    if members.get("enabled") != Some(true) {
        return Err(Verdict::failed("the action is not enabled".to_owned()));
    }
    let script: Option<Value> = members.get("script");
    let content = script
        .as_ref()
        .and_then(|script| script.get("content")?.as_str())
        .filter(|content| !content.trim().is_empty())
        .ok_or_else(|| Verdict::failed("the action has no script".to_owned()))?;
    Ok(ScriptRun {
        source: content.to_owned(),
        input: input.to_string(),
        now: Some(moment.now),
        random_seed: Some(moment.now.epoch_millis()),
    })
}

/// The answer to a sandbox test whose script ended so.
pub(crate) fn tested(end: ScriptEnd) -> Answer {
    match end {
        ScriptEnd::Returned(output) => {
            let verdict = Verdict {
                status: "SUCCESS",
                output: Some(output),
                error: None,
            };
            Answer::json(StatusCode::OK, &verdict)
        }
        ScriptEnd::Threw {
            message,
            at: Some(Mark { line, column }),
        } => Verdict::failed(format!("{message} (line {line}, column {column})")),
        ScriptEnd::Threw { message, at: None } => Verdict::failed(message),
        ScriptEnd::Stopped(limit) => Verdict::failed(limit.to_string()),
    }
}

fn judge(state: &SimState, body: &Body, purpose: Purpose) -> Result<(), Answer> {
    let exists = |name: &str| state.actions.named(name).next().is_some();
    refuse(&rules::action::judge(&body.judged, purpose, exists).into_vec())
}

fn refuse(findings: &[FieldError]) -> Result<(), Answer> {
    if findings.is_empty() {
        return Ok(());
    }
    let message = "the action is invalid";
    Err(Answer::field_errors(
        StatusCode::BAD_REQUEST,
        message,
        findings,
    ))
}

/// Takes the variables out of a body that was judged; `None` where it has none.
fn variables_of(
    body: &mut Document,
    present: Option<&[StoredVariable]>,
) -> Result<Option<Vec<StoredVariable>>, Answer> {
    let sent: Option<Vec<Document>> = body.get("variables");
    body.remove("variables");
    let Some(sent) = sent else {
        return Ok(None);
    };
    match take_in(sent, present.unwrap_or_default()) {
        Ok(variables) => Ok(Some(variables)),
        Err(findings) => {
            refuse(&findings)?;
            Ok(None)
        }
    }
}

/// Where an action stands.
enum State {
    Published,
    /// It cannot be replaced for so much longer.
    Busy {
        name: &'static str,
        left: Duration,
    },
}

fn state_of(action: &StoredAction, moment: Moment) -> State {
    let left = |until_ms: i64| {
        let left_ms = until_ms.saturating_sub(moment.now.epoch_millis());
        Duration::from_millis(u64::try_from(left_ms).unwrap_or_default())
    };
    let (name, left) = match action.gone_from_ms {
        Some(gone_from_ms) => ("DELETING", left(gone_from_ms)),
        None => ("PUBLISHING", left(action.published_from_ms)),
    };
    if left.is_zero() {
        State::Published
    } else {
        State::Busy { name, left }
    }
}

fn whole(
    status: StatusCode,
    tenant: &Tenant,
    record: &Record<StoredAction>,
    moment: Moment,
) -> Answer {
    let action = shown(record, &tenant.config, moment);
    let tag = tag_of(record, &action, tenant.config.profile.concurrency);
    tagged(status, &action, tag.as_deref())
}

fn shown(record: &Record<StoredAction>, config: &SimConfig, moment: Moment) -> Document {
    let stored = &record.value;
    let mut action = stored.members.clone();
    action.set("id", &record.id);
    if let Some(variables) = &stored.variables {
        let shown: Vec<Document> = variables
            .iter()
            .map(|variable| variable.shown(config.secret_values))
            .collect();
        action.set("variables", &shown);
    }
    let state = match state_of(stored, moment) {
        State::Published => "PUBLISHED",
        State::Busy { name, .. } => name,
    };
    action.set("state", state);
    action.set("createdTimestamp", &stored.created_ms);
    action.set("modifiedTimestamp", &stored.modified_ms);
    action
}
