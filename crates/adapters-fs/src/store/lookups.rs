//! Cache lookups in the store.

use std::collections::BTreeMap;

use async_trait::async_trait;
use cxda_domain::action::ActionName;
use cxda_domain::lookups::Lookups;
use cxda_ports::error::StoreError;
use cxda_ports::lookups::CacheLookups;
use rusqlite::params;

use super::Store;
use super::ledger::Ledger;
use super::queue::Fault;

#[async_trait]
impl CacheLookups for Store {
    async fn add_lookups(&self, action: &ActionName, lookups: Lookups) -> Result<(), StoreError> {
        let action = action.clone();
        self.write(move |ledger| ledger.add_lookups(&action, lookups))
            .await
    }

    async fn lookups(&self) -> Result<BTreeMap<ActionName, Lookups>, StoreError> {
        self.read(|ledger| ledger.lookups()).await
    }
}

impl Ledger<'_> {
    fn add_lookups(&self, action: &ActionName, added: Lookups) -> Result<(), Fault> {
        let kept = self.lookups()?.remove(action).unwrap_or_default();
        let now = kept.plus(added);
        // A column holds less than a count can: a sum that does not fit stays at the largest that does.
        let column = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.connection.execute(
            "INSERT INTO cache_lookups (tenant, origin, action, hits, misses) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET hits = ?4, misses = ?5",
            params![
                self.scope.tenant,
                self.scope.origin,
                action.as_str(),
                column(now.hits),
                column(now.misses),
            ],
        )?;
        Ok(())
    }

    fn lookups(&self) -> Result<BTreeMap<ActionName, Lookups>, Fault> {
        let found = self.all(
            "SELECT action, hits, misses FROM cache_lookups WHERE tenant = ?1 AND origin = ?2",
            params![self.scope.tenant, self.scope.origin],
            |row| {
                let lookups = Lookups {
                    hits: u64::try_from(row.get::<_, i64>(1)?)?,
                    misses: u64::try_from(row.get::<_, i64>(2)?)?,
                };
                Ok((row.get::<_, String>(0)?.parse()?, lookups))
            },
        )?;
        Ok(found.into_iter().collect())
    }
}
