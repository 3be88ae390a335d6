//! What every audit log promises. It must be empty.

use cxda_domain::audit::SealedRecord;
use cxda_ports::audit::AuditSink;
use cxda_ports::error::AuditError;
use cxda_ports::journal::Journal;
use tokio::join;

use crate::samples::settlement;

/// The whole suite. `journal` is the one that the log knows; it must be fresh. `lines` reads the log back.
pub async fn keeps_its_promises(
    log: &dyn AuditSink,
    journal: &dyn Journal,
    lines: &dyn Fn() -> Vec<String>,
) {
    let seal = async |number: u64| {
        let settled = journal.settle(&settlement(&number.to_string())).await;
        settled.unwrap()
    };
    let first = seal(1).await;
    log.append(&first).await.unwrap();
    assert_eq!(lines(), std::slice::from_ref(&first.line));

    let [second, third, fourth] = [seal(2).await, seal(3).await, seal(4).await];
    log.append(&third).await.unwrap();
    let kept = lines();
    assert!(
        kept.starts_with(&[&first, &second, &third].map(|record| record.line.clone())),
        "what was sealed before it is there, in order"
    );

    let (again, before, last) = join!(log.append(&first), log.append(&second), log.append(&fourth));
    again.and(before).and(last).unwrap();
    let all = [first, second, third, fourth].map(|record| record.line);
    assert_eq!(lines(), all, "each once");

    let elsewhere = SealedRecord {
        seq: 6,
        line: "{}".to_owned(),
    };
    let refused = log.append(&elsewhere).await.unwrap_err();
    assert!(
        matches!(refused, AuditError::Broken { seq: 6, .. }),
        "{refused:?}"
    );
    log.append(&seal(5).await).await.unwrap();
    assert_eq!(lines().len(), 5);
}
