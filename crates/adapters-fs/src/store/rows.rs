//! Domain values as columns, and back.
//!
//! A column that does not read back is a fault of the file, never a panic.

use cxda_domain::applied::LastApplied;
use cxda_domain::delivery::DeliveryState;
use cxda_domain::event::Event;
use cxda_domain::instant::UtcMillis;
use cxda_domain::key::{EntityTag, Fingerprint, IdempotencyKey, RunId};
use cxda_ports::journal::{Intent, OpenIntent};
use cxda_ports::outbox::{OutboxEntry, Outgoing};
use rusqlite::Row;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::queue::Fault;

/// The text of a value that JSON writes as one word, such as `createView`.
pub(super) fn word(value: &impl Serialize) -> Result<String, Fault> {
    match serde_json::to_value(value)? {
        Value::String(word) => Ok(word),
        other => Err(format!("{other} is no word").into()),
    }
}

fn from_word<T: DeserializeOwned>(word: String) -> Result<T, Fault> {
    Ok(serde_json::from_value(Value::String(word))?)
}

/// The row `address, id, fields, secrets, protect`.
pub(super) fn last_applied(row: &Row<'_>) -> Result<LastApplied, Fault> {
    Ok(LastApplied {
        address: from_word(row.get(0)?)?,
        id: from_word(row.get(1)?)?,
        fields: serde_json::from_str(&row.get::<_, String>(2)?)?,
        secrets: serde_json::from_str(&row.get::<_, String>(3)?)?,
        protect: row.get(4)?,
    })
}

/// The row `operation_id, run, operation, address, id, key, payload, base_tag, created_ms, phase, phase_ms, tells`.
pub(super) fn open_intent(row: &Row<'_>) -> Result<OpenIntent, Fault> {
    let intent = Intent {
        operation_id: row.get(0)?,
        run: RunId::new(row.get::<_, String>(1)?),
        operation: from_word(row.get(2)?)?,
        address: from_word(row.get(3)?)?,
        id: row
            .get::<_, Option<String>>(4)?
            .map(from_word)
            .transpose()?,
        key: row.get::<_, Option<String>>(5)?.map(IdempotencyKey::new),
        payload: Fingerprint::new(row.get::<_, String>(6)?),
        base_tag: row.get::<_, Option<String>>(7)?.map(EntityTag::new),
        created: UtcMillis::from_epoch_millis(row.get(8)?),
        tells: row
            .get::<_, Option<String>>(11)?
            .map(from_word)
            .transpose()?,
    };
    let since = row.get::<_, Option<i64>>(10)?;
    Ok(OpenIntent {
        phase: from_word(row.get(9)?)?,
        since: since.map_or(intent.created, UtcMillis::from_epoch_millis),
        intent,
    })
}

/// The row `id, webhook, kind, address, body, created_ms, state, due_ms, attempts, begun, failure`.
pub(super) fn outgoing(row: &Row<'_>) -> Result<Outgoing, Fault> {
    let due = UtcMillis::from_epoch_millis(row.get(7)?);
    let word: String = row.get(6)?;
    let states = [
        DeliveryState::Pending(due),
        DeliveryState::Delivered,
        DeliveryState::Dead,
    ];
    let state = states.into_iter().find(|state| state_word(*state) == word);
    Ok(Outgoing {
        entry: OutboxEntry {
            id: row.get(0)?,
            receiver: row.get::<_, String>(1)?.into(),
            event: Event {
                kind: from_word(row.get(2)?)?,
                address: from_word(row.get(3)?)?,
                body: row.get(4)?,
            },
            created: UtcMillis::from_epoch_millis(row.get(5)?),
        },
        state: state.ok_or_else(|| format!("{word} is no state of a delivery"))?,
        attempts: row.get(8)?,
        begun: row.get(9)?,
        failure: row.get(10)?,
    })
}

/// What the column `state` says.
pub(super) fn state_word(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Pending(_) => "pending",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Dead => "dead",
    }
}
