//! Data actions in the registry.
//!
//! An adapter translates, both ways, and decides nothing: what follows an error is up to the use cases.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cxda_domain::action::ActionName;
use cxda_domain::address::ResourceKind;
use cxda_domain::body::ActionBody;
use cxda_domain::key::{EntityTag, IdempotencyKey, ResourceId};
use cxda_domain::observed::{Document, ObservedResource, Versioned};
use cxda_domain::projection::Projection;
use cxda_domain::reconcile::CreateGuard;
use cxda_domain::request::Operation;
use cxda_domain::script::ScriptEnd;
use cxda_ports::actions::{ActionsApi, Deleted, SandboxAnswer};
use cxda_ports::error::{Answer, ApiError, ApiErrorKind, CallCost};
use cxda_ports::page::{Page, PageCursor};
use cxda_ports::script::{ScriptRun, ScriptRunner};
use serde_json::{Map, Value, json};

use crate::registry::{Draft, Registry, RegistryError, Row, Sealed};

/// The members of a row that manifests speak of; a registry may keep others beside them.
const MANAGED: [&str; 9] = [
    "description",
    "type",
    "trigger",
    "script",
    "enabled",
    "dependencies",
    "cache",
    "variables",
    "dateProcessing",
];
/// What a call costs. A client that sends requests counts them, and measures by the port `Clock`.
const COST: CallCost = CallCost {
    attempts: 1,
    latency: Duration::ZERO,
};

/// The registry as a tenant's data actions. Its scripts run wherever `scripts` runs them.
#[derive(Debug)]
pub struct RegistryActions {
    registry: Arc<Registry>,
    scripts: Arc<dyn ScriptRunner>,
    page_size: NonZeroUsize,
}

impl RegistryActions {
    /// Speaks to `registry`, and lists `page_size` rows at a time.
    pub fn new(
        registry: Arc<Registry>,
        scripts: Arc<dyn ScriptRunner>,
        page_size: NonZeroUsize,
    ) -> Self {
        Self {
            registry,
            scripts,
            page_size,
        }
    }

    fn update(
        &self,
        current: &Versioned<ObservedResource>,
        draft: Draft,
    ) -> Result<Answer<ObservedResource>, ApiError> {
        let operation = Operation::ReplaceAction;
        let number = number(operation, &current.value.id)?;
        let tag = current.tag.as_ref().map(EntityTag::as_str);
        let revision = tag.and_then(|tag| tag.parse().ok());
        // Without the revision that was read, nobody could tell whether another writer came first.
        let revision = revision.ok_or_else(|| failed(operation, RegistryError::Moved))?;
        let row = self.registry.update(number, revision, draft);
        show(operation, &row.map_err(|error| failed(operation, error))?).map(answer)
    }
}

#[async_trait]
impl ActionsApi for RegistryActions {
    async fn list(
        &self,
        cursor: Option<PageCursor>,
    ) -> Result<Answer<Page<ObservedResource>>, ApiError> {
        let operation = Operation::ListActions;
        // The cursor is our own text: the last number of the page before.
        let after = match &cursor {
            None => 0,
            Some(cursor) => cursor.as_str().parse().map_err(|_| malformed(operation))?,
        };
        let page = self.registry.after(after, self.page_size.get());
        let (rows, has_more) = page.map_err(|error| failed(operation, error))?;
        let last = rows.last().filter(|_| has_more);
        let next = last.map(|row| PageCursor::new(row.number.to_string()));
        let items: Result<_, _> = rows.iter().map(|row| show(operation, row)).collect();
        Ok(answer(Page {
            items: items?,
            next,
            total: None,
        }))
    }

    async fn find(&self, name: &ActionName) -> Result<Answer<Vec<ObservedResource>>, ApiError> {
        let operation = Operation::ListActions;
        let found = self.registry.named(name.as_str());
        let found = found.map_err(|error| failed(operation, error))?;
        let shown: Result<_, _> = found.iter().map(|row| show(operation, row)).collect();
        shown.map(answer)
    }

    async fn read(&self, id: &ResourceId) -> Result<Answer<Versioned<ObservedResource>>, ApiError> {
        let operation = Operation::GetAction;
        let row = self.registry.read(number(operation, id)?);
        let row = row.map_err(|error| failed(operation, error))?;
        Ok(answer(Versioned {
            value: show(operation, &row)?,
            tag: Some(EntityTag::new(row.revision.to_string())),
        }))
    }

    fn create_guard(&self) -> CreateGuard {
        CreateGuard::Key
    }

    async fn create(
        &self,
        body: &ActionBody,
        key: &IdempotencyKey,
    ) -> Result<Answer<ObservedResource>, ApiError> {
        let operation = Operation::CreateAction;
        let mut draft = draft(Map::from_iter([("enabled".to_owned(), json!(true))]), body);
        draft.sealed.get_or_insert_default();
        let row = self.registry.insert(key.as_str(), &draft);
        show(operation, &row.map_err(|error| failed(operation, error))?).map(answer)
    }

    async fn replace(
        &self,
        current: &Versioned<ObservedResource>,
        body: &ActionBody,
    ) -> Result<Answer<ObservedResource>, ApiError> {
        let columns = columns(Operation::ReplaceAction, &current.value)?;
        self.update(current, draft(columns, body))
    }

    async fn restore(
        &self,
        current: &Versioned<ObservedResource>,
        before: &ObservedResource,
    ) -> Result<Answer<ObservedResource>, ApiError> {
        let draft = Draft {
            name: before.name.clone(),
            columns: columns(Operation::ReplaceAction, before)?,
            sealed: None,
        };
        self.update(current, draft)
    }

    async fn delete(&self, id: &ResourceId) -> Result<Answer<Deleted>, ApiError> {
        let operation = Operation::DeleteAction;
        let was_there = match number(operation, id) {
            Ok(number) => self.registry.delete(number),
            Err(_) => Ok(false),
        };
        let was_there = was_there.map_err(|error| failed(operation, error))?;
        Ok(answer(if was_there {
            Deleted::Gone
        } else {
            Deleted::AlreadyAbsent
        }))
    }

    async fn test(&self, id: &ResourceId, input: &str) -> Result<Answer<SandboxAnswer>, ApiError> {
        let operation = Operation::TestAction;
        let row = self.registry.read(number(operation, id)?);
        let row = row.map_err(|error| failed(operation, error))?;
        let script = row.columns["script"]["content"].as_str();
        let run = ScriptRun {
            source: script.ok_or_else(|| malformed(operation))?.to_owned(),
            input: input.to_owned(),
            now: None,
            random_seed: None,
        };
        let ran = self.scripts.run(&run).await;
        let ran = ran.map_err(|error| {
            ApiError::new(operation, ApiErrorKind::Unavailable, error.to_string())
        })?;
        let (output, error) = match ran.end {
            ScriptEnd::Returned(output) => (Some(output.to_string()), None),
            ScriptEnd::Threw { message, .. } => (None, Some(message)),
            ScriptEnd::Stopped(limit) => (None, Some(limit.to_string())),
        };
        Ok(answer(SandboxAnswer {
            succeeded: error.is_none(),
            output,
            error,
        }))
    }
}

/// `columns` with what `body` manages in its place; all else goes back as it came.
fn draft(mut columns: Map<String, Value>, body: &ActionBody) -> Draft {
    for (name, value) in body.projection().fields().clone() {
        match (columns.get_mut(&name), value) {
            // A cache block without a key leaves key and TTL alone.
            (Some(Value::Object(kept)), Value::Object(sent)) if name == "cache" => {
                kept.extend(sent);
            }
            (_, value) => drop(columns.insert(name, value)),
        }
    }
    let sealed = body.variables.as_ref().map(|variables| {
        let encrypted = variables.iter().filter(|variable| variable.encrypted);
        let entries = encrypted.map(|each| (each.name.to_string(), each.value.clone()));
        entries.collect::<Sealed>()
    });
    Draft {
        name: body.name.to_string(),
        columns,
        sealed,
    }
}

/// All columns of a row, as they were read.
fn columns(operation: Operation, shown: &ObservedResource) -> Result<Map<String, Value>, ApiError> {
    serde_json::from_str(shown.document.as_str()).map_err(|_| malformed(operation))
}

/// A row in the words of the domain.
fn show(operation: Operation, row: &Row) -> Result<ObservedResource, ApiError> {
    let id = format!("row-{}", row.number);
    let mut fields = row.columns.clone();
    fields.retain(|name, _| MANAGED.contains(&name.as_str()));
    Ok(ObservedResource {
        kind: ResourceKind::Action,
        id: id.parse().map_err(|_| malformed(operation))?,
        name: row.name.clone(),
        status: None,
        fields: Projection::new(fields),
        document: Document::new(Value::Object(row.columns.clone()).to_string()),
    })
}

/// The number of a row; an id that is none of ours is not there.
fn number(operation: Operation, id: &ResourceId) -> Result<u64, ApiError> {
    let number = id
        .as_str()
        .strip_prefix("row-")
        .and_then(|number| number.parse().ok());
    number.ok_or_else(|| failed(operation, RegistryError::Absent))
}

fn answer<T>(value: T) -> Answer<T> {
    Answer { value, cost: COST }
}

/// The failure of `operation` in the words of the port. What the use cases do next hangs on this alone.
fn failed(operation: Operation, error: RegistryError) -> ApiError {
    let kind = match error {
        RegistryError::Absent => ApiErrorKind::NotFound,
        RegistryError::NameTaken => ApiErrorKind::AlreadyExists,
        RegistryError::RequestReused => ApiErrorKind::KeyMismatch,
        RegistryError::Moved => ApiErrorKind::VersionMismatch,
        RegistryError::Offline => ApiErrorKind::Unreachable,
        RegistryError::Unanswered if operation.writes() => ApiErrorKind::OutcomeUnknown,
        RegistryError::Unanswered => ApiErrorKind::Unavailable,
    };
    ApiError {
        cost: COST,
        ..ApiError::new(operation, kind, "")
    }
}

fn malformed(operation: Operation) -> ApiError {
    ApiError::new(operation, ApiErrorKind::Malformed, "")
}
