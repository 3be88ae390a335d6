//! Reads the figures about writes out of the journal's audit records.

use cxda_domain::metrics::Metrics;
use cxda_ports::error::StoreError;
use cxda_ports::journal::Journal;

use crate::history::each_record;

/// The figures about everything that is on record of the tenant that the settings call `tenant`.
///
/// # Errors
///
/// [`StoreError`] if the records cannot be read.
pub async fn metrics(journal: &dyn Journal, tenant: &str) -> Result<Metrics, StoreError> {
    let mut metrics = Metrics::default();
    each_record(journal, |record| {
        if let Some(outcome) = record.outcome().filter(|outcome| outcome.tenant == tenant) {
            metrics.add(&outcome);
        }
    })
    .await?;
    Ok(metrics)
}
