//! The store's content: every statement that reads or writes a table.
//!
//! It runs inside a transaction that it neither begins nor ends.

use std::collections::BTreeMap;

use cxda_domain::address::Address;
use cxda_domain::applied::LastApplied;
use cxda_domain::audit::{AuditEntry, SealedRecord};
use cxda_domain::event::EventKind;
use cxda_domain::instant::UtcMillis;
use cxda_domain::key::{EntityTag, IdempotencyKey, ResourceId};
use cxda_ports::journal::{Intent, Memory, OpenIntent, Settlement};
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use super::Scope;
use super::queue::Fault;
use super::{rows, sealed};
use crate::audit::chain::{self, ChainHead};

mod outbox;

/// The tables, as one scope sees them.
pub(super) struct Ledger<'a> {
    pub(super) connection: &'a Connection,
    pub(super) scope: &'a Scope,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(connection: &'a Connection, scope: &'a Scope) -> Self {
        Self { connection, scope }
    }

    pub(super) fn last_applied(&self) -> Result<BTreeMap<Address, LastApplied>, Fault> {
        let found = self.all(
            "SELECT address, id, fields, secrets, protect FROM applied WHERE tenant = ?1 AND origin = ?2",
            params![self.scope.tenant, self.scope.origin],
            rows::last_applied,
        )?;
        let by_address = found.into_iter().map(|each| (each.address.clone(), each));
        Ok(by_address.collect())
    }

    pub(super) fn remember(&self, applied: &LastApplied) -> Result<(), Fault> {
        self.connection.execute(
            "INSERT INTO applied (tenant, origin, address, id, fields, secrets, protect)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT DO UPDATE SET id = ?4, fields = ?5, secrets = ?6, protect = ?7",
            params![
                self.scope.tenant,
                self.scope.origin,
                applied.address.to_string(),
                applied.id.as_str(),
                serde_json::to_string(&applied.fields)?,
                serde_json::to_string(&applied.secrets)?,
                applied.protect,
            ],
        )?;
        self.count_change()
    }

    fn forget(&self, address: &Address) -> Result<(), Fault> {
        self.connection.execute(
            "DELETE FROM applied WHERE tenant = ?1 AND origin = ?2 AND address = ?3",
            params![self.scope.tenant, self.scope.origin, address.to_string()],
        )?;
        self.count_change()
    }

    fn count_change(&self) -> Result<(), Fault> {
        self.connection.execute(
            "INSERT INTO serials (tenant, origin, serial) VALUES (?1, ?2, 1)
                 ON CONFLICT DO UPDATE SET serial = serial + 1",
            params![self.scope.tenant, self.scope.origin],
        )?;
        Ok(())
    }

    pub(super) fn serial(&self) -> Result<u64, Fault> {
        let serial: Option<i64> = self
            .connection
            .query_row(
                "SELECT serial FROM serials WHERE tenant = ?1 AND origin = ?2",
                params![self.scope.tenant, self.scope.origin],
                |row| row.get(0),
            )
            .optional()?;
        Ok(u64::try_from(serial.unwrap_or(0))?)
    }

    pub(super) fn open_intents(&self) -> Result<Vec<OpenIntent>, Fault> {
        self.all(
            "SELECT operation_id, run, operation, address, id, key, payload, base_tag, created_ms, phase, phase_ms, tells
             FROM intents WHERE tenant = ?1 AND origin = ?2 ORDER BY ordinal",
            params![self.scope.tenant, self.scope.origin],
            rows::open_intent,
        )
    }

    pub(super) fn keep_intent(&self, intent: &Intent) -> Result<(), Fault> {
        self.connection
            .execute("INSERT INTO intents (tenant, origin, operation_id, run, operation, address, id, key, payload, base_tag, created_ms, tells)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
                 ON CONFLICT (tenant, origin, operation_id) DO UPDATE SET run = ?4, operation = ?5, address = ?6,
                     id = ?7, key = ?8, payload = ?9, base_tag = ?10, created_ms = ?11, tells = ?12, phase = 'intended', phase_ms = NULL", params![
                self.scope.tenant,
                self.scope.origin,
                intent.operation_id,
                intent.run.as_str(),
                rows::word(&intent.operation)?,
                intent.address.to_string(),
                intent.id.as_ref().map(ResourceId::as_str),
                intent.key.as_ref().map(IdempotencyKey::as_str),
                intent.payload.as_str(),
                intent.base_tag.as_ref().map(EntityTag::as_str),
                intent.created.epoch_millis(),
                intent.tells.map(EventKind::as_str),
            ])?;
        Ok(())
    }

    /// As [`Ledger::keep_intent`], but only where the intent is open already.
    pub(super) fn resume(&self, intent: &Intent) -> Result<(), Fault> {
        let open: bool = self.connection.query_row(
            "SELECT EXISTS (SELECT 1 FROM intents WHERE tenant = ?1 AND origin = ?2 AND operation_id = ?3)",
            params![self.scope.tenant, self.scope.origin, intent.operation_id],
            |row| row.get(0),
        )?;
        if !open {
            return Err(format!("no intent {} is open", intent.operation_id).into());
        }
        self.keep_intent(intent)
    }

    pub(super) fn settle(&self, settlement: &Settlement) -> Result<SealedRecord, Fault> {
        if settlement.resolved {
            self.connection.execute(
                "DELETE FROM intents WHERE tenant = ?1 AND origin = ?2 AND operation_id = ?3",
                params![
                    self.scope.tenant,
                    self.scope.origin,
                    settlement.operation_id
                ],
            )?;
        } else {
            self.connection.execute(
                "UPDATE intents SET phase = ?4, phase_ms = ?5 WHERE tenant = ?1 AND origin = ?2 AND operation_id = ?3",
                params![
                    self.scope.tenant,
                    self.scope.origin,
                    settlement.operation_id,
                    rows::word(&settlement.record.phase)?,
                    settlement.record.timestamp.epoch_millis(),
                ],
            )?;
        }
        match &settlement.memory {
            Memory::Applied(applied) => self.remember(applied)?,
            Memory::Forgotten(address) => self.forget(address)?,
            Memory::Unchanged => {}
        }
        for entry in &settlement.outbox {
            self.put_out(entry)?;
        }
        self.seal(&settlement.record)
    }

    /// Adds `entry` to the chain.
    pub(super) fn seal(&self, entry: &AuditEntry) -> Result<SealedRecord, Fault> {
        let (record, head) = chain::seal(&self.chain_head()?, entry)?;
        self.connection.execute(
            "INSERT INTO audit_records (seq, line, hash) VALUES (?1, ?2, ?3)",
            params![i64::try_from(record.seq)?, record.line, head.hash()],
        )?;
        Ok(record)
    }

    fn chain_head(&self) -> Result<ChainHead, Fault> {
        // The head is read anew each time: another process may have written since.
        let last = self
            .connection
            .query_row(
                "SELECT seq, hash FROM audit_records ORDER BY seq DESC LIMIT 1",
                [],
                |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)),
            )
            .optional()?;
        match last {
            Some((seq, hash)) => Ok(ChainHead::at(u64::try_from(seq)?, hash)),
            None => Ok(ChainHead::start()),
        }
    }

    pub(super) fn records_after(
        &self,
        after: u64,
        most: usize,
    ) -> Result<Vec<SealedRecord>, Fault> {
        sealed::after(self.connection, after, most)
    }

    pub(super) fn not_before(&self) -> Result<Option<UtcMillis>, Fault> {
        let kept: Option<i64> = self
            .connection
            .query_row(
                "SELECT not_before_ms FROM pauses WHERE tenant = ?1 AND origin = ?2",
                params![self.scope.tenant, self.scope.origin],
                |row| row.get(0),
            )
            .optional()?;
        Ok(kept.map(UtcMillis::from_epoch_millis))
    }

    pub(super) fn keep_not_before(&self, instant: UtcMillis) -> Result<(), Fault> {
        self.connection.execute(
            "INSERT INTO pauses (tenant, origin, not_before_ms) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET not_before_ms = ?3",
            params![self.scope.tenant, self.scope.origin, instant.epoch_millis()],
        )?;
        Ok(())
    }

    pub(super) fn all<T>(
        &self,
        statement: &str,
        params: impl Params,
        read: impl Fn(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let mut statement = self.connection.prepare(statement)?;
        let mut rows = statement.query(params)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read(row)?);
        }
        Ok(found)
    }
}
