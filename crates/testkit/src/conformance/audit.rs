//! What every audit log promises. It must be empty.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Waker};

use cxda_domain::audit::SealedRecord;
use cxda_ports::audit::AuditSink;
use cxda_ports::error::AuditError;
use cxda_ports::journal::Journal;
use tokio::join;

use crate::samples::settlement;

/// The whole suite. `journal` seals the records; it must be fresh.
pub async fn keeps_its_promises(log: &dyn AuditSink, journal: &dyn Journal) {
    let mut records = Vec::new();
    for number in 1..=5 {
        let settled = journal.settle(&settlement(&number.to_string())).await;
        records.push(settled.unwrap());
    }
    let records: [SealedRecord; 5] = records.try_into().unwrap();
    records_are_put_into_their_order(log, &records).await;
    a_record_waits_for_those_before_it(log, &records).await;
    a_record_is_kept_once_and_never_changed(log, &records).await;
}

async fn records_are_put_into_their_order(log: &dyn AuditSink, records: &[SealedRecord; 5]) {
    assert_eq!(log.last_seq().await.unwrap(), 0);
    let (second, first) = join!(log.append(&records[1]), log.append(&records[0]));
    first.and(second).unwrap();
    assert_eq!(log.last_seq().await.unwrap(), 2);
}

async fn a_record_waits_for_those_before_it(log: &dyn AuditSink, records: &[SealedRecord; 5]) {
    let mut fourth = pin!(log.append(&records[3]));
    assert!(is_waiting(fourth.as_mut()));
    assert_eq!(log.last_seq().await.unwrap(), 2);
    assert!(is_waiting(fourth.as_mut()));
    log.append(&records[2]).await.unwrap();
    fourth.await.unwrap();
    assert_eq!(log.last_seq().await.unwrap(), 4);
}

async fn a_record_is_kept_once_and_never_changed(log: &dyn AuditSink, records: &[SealedRecord; 5]) {
    for record in [&records[3], &records[0]] {
        log.append(record).await.unwrap();
    }
    assert_eq!(log.last_seq().await.unwrap(), 4);
    let mut forged = records[1].clone();
    forged.line = forged.line.replace("prod", "test");
    let refused = log.append(&forged).await.unwrap_err();
    assert!(
        matches!(refused, AuditError::Broken { seq: 2, .. }),
        "{refused:?}"
    );
    log.append(&records[4]).await.unwrap();
    assert_eq!(log.last_seq().await.unwrap(), 5);
}

fn is_waiting<T>(future: Pin<&mut impl Future<Output = T>>) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    future.poll(&mut context).is_pending()
}
