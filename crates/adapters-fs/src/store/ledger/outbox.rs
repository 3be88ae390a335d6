//! The statements of the outbox.

use std::collections::BTreeSet;

use cxda_domain::audit::{AuditEntry, SealedRecord};
use cxda_domain::delivery::DeliveryState;
use cxda_domain::instant::UtcMillis;
use cxda_domain::receiver::Receiver;
use cxda_ports::outbox::{Attempt, OutboxEntry, Outgoing};
use rusqlite::{OptionalExtension, params};

use super::Ledger;
use crate::store::queue::Fault;
use crate::store::rows;

impl Ledger<'_> {
    pub(in crate::store) fn put_out(&self, entry: &OutboxEntry) -> Result<(), Fault> {
        self.connection.execute(
            "INSERT INTO outbox (tenant, origin, id, webhook, kind, address, body, state, created_ms, due_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'pending', ?8, ?8)",
            params![
                self.scope.tenant,
                self.scope.origin,
                entry.id,
                entry.receiver.to_string(),
                entry.event.kind.as_str(),
                entry.event.address.to_string(),
                entry.event.body,
                entry.created.epoch_millis(),
            ],
        )?;
        Ok(())
    }

    pub(in crate::store) fn entries(&self, delivered: usize) -> Result<Vec<Outgoing>, Fault> {
        self.all(
            "SELECT id, webhook, kind, address, body, created_ms,
                 CASE WHEN state = 'pending' AND (tenant, origin, webhook) IN (SELECT tenant, origin, webhook FROM gone_receivers)
                     THEN 'dead' ELSE state END,
                 due_ms, attempts, begun, failure
             FROM outbox WHERE ordinal IN
                 (SELECT ordinal FROM outbox WHERE tenant = ?1 AND origin = ?2 AND state <> 'delivered' UNION ALL
                  SELECT * FROM (SELECT ordinal FROM outbox WHERE tenant = ?1 AND origin = ?2 AND state = 'delivered'
                                 ORDER BY ordinal DESC LIMIT ?3))
             ORDER BY ordinal",
            params![
                self.scope.tenant,
                self.scope.origin,
                i64::try_from(delivered).unwrap_or(i64::MAX)
            ],
            rows::outgoing,
        )
    }

    pub(in crate::store) fn begin_attempt(
        &self,
        id: &str,
        record: &AuditEntry,
    ) -> Result<Option<SealedRecord>, Fault> {
        let begun: Option<bool> = self
            .connection
            .query_row(
                "SELECT begun FROM outbox WHERE tenant = ?1 AND origin = ?2 AND id = ?3",
                params![self.scope.tenant, self.scope.origin, id],
                |row| row.get(0),
            )
            .optional()?;
        match begun {
            None => return Err(absent(id)),
            Some(true) => return Ok(None),
            Some(false) => {}
        }
        self.connection.execute(
            "UPDATE outbox SET begun = 1 WHERE tenant = ?1 AND origin = ?2 AND id = ?3",
            params![self.scope.tenant, self.scope.origin, id],
        )?;
        self.seal(record).map(Some)
    }

    pub(in crate::store) fn end_attempt(&self, attempt: &Attempt) -> Result<SealedRecord, Fault> {
        let due = match attempt.state {
            DeliveryState::Pending(due) => Some(due.epoch_millis()),
            DeliveryState::Delivered | DeliveryState::Dead => None,
        };
        let kept = self.connection.execute(
            "UPDATE outbox SET state = ?4, due_ms = coalesce(?5, due_ms), attempts = ?6, begun = 0, failure = ?7
             WHERE tenant = ?1 AND origin = ?2 AND id = ?3",
            params![
                self.scope.tenant,
                self.scope.origin,
                attempt.id,
                rows::state_word(attempt.state),
                due,
                attempt.attempts,
                attempt.failure,
            ],
        )?;
        if kept == 0 {
            return Err(absent(&attempt.id));
        }
        self.seal(&attempt.record)
    }

    pub(in crate::store) fn discard(&self, id: &str) -> Result<bool, Fault> {
        let removed = self.connection.execute(
            "DELETE FROM outbox WHERE tenant = ?1 AND origin = ?2 AND id = ?3 AND state <> 'delivered'",
            params![self.scope.tenant, self.scope.origin, id],
        )?;
        Ok(removed > 0)
    }

    pub(in crate::store) fn gone(&self) -> Result<BTreeSet<Receiver>, Fault> {
        let found = self.all(
            "SELECT webhook FROM gone_receivers WHERE tenant = ?1 AND origin = ?2",
            params![self.scope.tenant, self.scope.origin],
            |row| Ok(Receiver::from(row.get::<_, String>(0)?)),
        )?;
        Ok(found.into_iter().collect())
    }

    pub(in crate::store) fn note_gone(
        &self,
        receiver: &Receiver,
        since: Option<UtcMillis>,
    ) -> Result<(), Fault> {
        let (tenant, origin) = (&self.scope.tenant, &self.scope.origin);
        let receiver = receiver.to_string();
        match since {
            Some(since) => self.connection.execute(
                "INSERT INTO gone_receivers (tenant, origin, webhook, since_ms) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO NOTHING",
                params![tenant, origin, receiver, since.epoch_millis()],
            ),
            None => self.connection.execute(
                "DELETE FROM gone_receivers WHERE tenant = ?1 AND origin = ?2 AND webhook = ?3",
                params![tenant, origin, receiver],
            ),
        }?;
        Ok(())
    }
}

fn absent(id: &str) -> Fault {
    format!("the outbox has no entry {id}").into()
}
