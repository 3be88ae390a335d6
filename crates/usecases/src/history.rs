//! Reads what the journal's audit records tell about writes.

use cxda_domain::audit::SealedRecord;
use cxda_domain::history::RecordedWrite;
use cxda_ports::error::StoreError;
use cxda_ports::journal::Journal;

/// How many records are read at once, so that memory stays bounded.
const PAGE: usize = 1_000;

/// Every write that the journal's records tell of, on whichever tenant, the oldest first.
///
/// # Errors
///
/// [`StoreError`] if the journal cannot be read.
pub async fn recorded_writes(journal: &dyn Journal) -> Result<Vec<RecordedWrite>, StoreError> {
    let mut writes = Vec::new();
    each_record(journal, |record| {
        writes.extend(RecordedWrite::read(&record.line));
    })
    .await?;
    Ok(writes)
}

/// Shows each of the journal's records to `each`, in their order.
pub(crate) async fn each_record(
    journal: &dyn Journal,
    mut each: impl FnMut(&SealedRecord),
) -> Result<(), StoreError> {
    let mut after = 0;
    loop {
        let page = journal.records_after(after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.seq;
        page.iter().for_each(&mut each);
    }
}
