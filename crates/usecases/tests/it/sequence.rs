//! The sequence around one write: intent, its record, the request, the outcome, its record. Nothing may change places.

use cxda_domain::audit::{Phase, SealedRecord};
use cxda_domain::key::Fingerprint;
use cxda_ports::actions::MockActionsApi;
use cxda_ports::audit::MockAuditSink;
use cxda_ports::error::{ApiError, ApiErrorKind};
use cxda_ports::journal::MockJournal;
use cxda_usecases::ports::TenantPorts;
use mockall::Sequence;

use crate::bench::{Bench, action, outcomes};

fn record(seq: u64) -> SealedRecord {
    SealedRecord {
        seq,
        line: "{}".into(),
    }
}

#[tokio::test]
async fn intent_and_record_stand_before_the_request_and_the_outcome_after_it() {
    let bench = Bench::new([action("score")]);
    let planned = bench.plan().await;
    let mut sequence = Sequence::new();
    let (mut journal, mut audit, mut actions) = (
        MockJournal::new(),
        MockAuditSink::new(),
        MockActionsApi::new(),
    );
    journal
        .expect_fingerprint()
        .returning(|_| Fingerprint::new("f"));
    journal.expect_open_intents().returning(|| Ok(Vec::new()));
    journal
        .expect_begin()
        .withf(|intent, entry| intent.key.is_some() && entry.phase == Phase::Intended)
        .times(1)
        .in_sequence(&mut sequence)
        .returning(|_, _| Ok(record(1)));
    audit
        .expect_append()
        .withf(|record| record.seq == 1)
        .times(1)
        .in_sequence(&mut sequence)
        .returning(|_| Ok(()));
    actions
        .expect_create()
        .times(1)
        .in_sequence(&mut sequence)
        .returning(|_, _| {
            let kind = ApiErrorKind::Rejected {
                problems: Vec::new(),
            };
            Err(ApiError::new(
                cxda_domain::request::Operation::CreateAction,
                kind,
                "",
            ))
        });
    journal
        .expect_settle()
        .withf(|settlement| settlement.resolved && settlement.record.phase == Phase::Failed)
        .times(1)
        .in_sequence(&mut sequence)
        .returning(|_| Ok(record(2)));
    audit
        .expect_append()
        .withf(|record| record.seq == 2)
        .times(1)
        .in_sequence(&mut sequence)
        .returning(|_| Ok(()));
    let rest = &*bench.tenant;
    let tenant = TenantPorts {
        actions: &actions,
        views: rest,
        tables: rest,
        relay: rest,
    };
    let applied = bench.apply_with(tenant, &journal, &audit, &planned).await;
    assert_eq!(outcomes(&applied)["action/score"], "failed");
}
