//! Runs read back from records, and what of them is left undone.

use super::*;

/// What a record of the tenant `prod` says.
fn record(run: &str, second: u32, what: &str, phase: &str, name: &str) -> RecordedWrite {
    let line = format!(
        r#"{{"seq":1,"auditId":"a","runId":"{run}","timestamp":"2026-01-02T03:04:{second:02}.000Z","actor":"ci","tenant":"prod",
        "action":"{what}_DATA_ACTION","phase":"{phase}","resource":{{"type":"action","id":null,"name":"{name}"}},"changes":["script"],
        "metrics":{{"latencyMs":2.5,"attempts":1}},"error":null,"hash":"h"}}"#
    );
    RecordedWrite::read(&line).unwrap()
}

fn of(records: &[RecordedWrite]) -> History {
    History::of(records.to_vec(), "prod", None)
}

/// What is left undone, the newest first.
fn undone(records: &[RecordedWrite]) -> Vec<String> {
    let history = of(records);
    let failures = history.failures().into_iter();
    failures.map(|write| write.resource.name.clone()).collect()
}

#[test]
fn a_run_is_its_outcomes_and_when_it_was() {
    let history = of(&[
        record("one", 1, "CREATE", "intended", "score"),
        record("one", 2, "CREATE", "done", "score"),
        record("two", 7, "UPDATE", "intended", "score"),
        record("two", 9, "UPDATE", "failed", "score"),
    ]);
    let [one, two] = &history.runs[..] else {
        panic!("{history:#?}");
    };
    assert_eq!((one.id.as_str(), one.writes.len()), ("one", 1));
    assert_eq!((two.id.as_str(), two.writes.len()), ("two", 1));
    assert_eq!(two.ended.duration_since(two.began).as_secs(), 2);
    assert_eq!(
        (history.metrics.all.done, history.metrics.all.failed),
        (1, 1)
    );
    assert_eq!(two.writes[0].address(), Address::action("score"));
}

#[test]
fn other_tenants_other_runs_and_deliveries_are_left_out() {
    let mut foreign = record("two", 2, "CREATE", "done", "b_one");
    foreign.outcome.tenant = "test".into();
    let mut told = record("two", 3, "CREATE", "failed", "c_one");
    told.outcome.action = AuditAction::DeliverWebhook;
    let records = [record("one", 1, "CREATE", "done", "a_one"), foreign, told];
    let history = of(&records);
    assert_eq!(history.runs.len(), 1);
    assert_eq!(history.failures(), [] as [&RecordedWrite; 0]);
    let deliveries = &history.metrics.actions[&AuditAction::DeliverWebhook];
    assert_eq!(deliveries.failed, 1);
    let one = History::of(records.clone(), "prod", Some(&RunId::new("one")));
    assert_eq!(one.runs, history.runs);
    let none = History::of(records, "prod", Some(&RunId::new("three")));
    assert_eq!(none, History::default());
}

#[test]
fn an_intent_without_an_outcome_stays_until_a_later_run_settles_it() {
    let begun = record("one", 1, "CREATE", "intended", "score");
    assert_eq!(undone(std::slice::from_ref(&begun)), ["score"]);
    let settled = record("two", 9, "CREATE", "done", "score");
    let history = of(&[begun, settled]);
    assert_eq!(history.failures(), [] as [&RecordedWrite; 0]);
    let ids: Vec<&str> = history.runs.iter().map(|run| run.id.as_str()).collect();
    assert_eq!(ids, ["two"], "the first has nothing of its own");
}

#[test]
fn a_failure_lasts_until_it_is_mended() {
    let failed = |run: &str, second| record(run, second, "UPDATE", "failed", "score");
    let cases = [
        ("nothing follows", vec![failed("one", 1)], 1),
        (
            "the same is done in the same run",
            vec![
                failed("one", 1),
                record("one", 2, "UPDATE", "done", "score"),
            ],
            0,
        ),
        (
            "something else is done in the same run",
            vec![failed("one", 1), record("one", 2, "TEST", "done", "score")],
            1,
        ),
        (
            "something else is done in a later run",
            vec![
                failed("one", 1),
                record("two", 2, "DELETE", "done", "score"),
            ],
            0,
        ),
        (
            "another resource is written",
            vec![
                failed("one", 1),
                record("two", 2, "UPDATE", "done", "other"),
            ],
            1,
        ),
        (
            "it fails again",
            vec![failed("one", 1), failed("two", 2)],
            1,
        ),
        (
            "nobody knows how it ended",
            vec![record("one", 1, "UPDATE", "unknown", "score")],
            1,
        ),
    ];
    for (case, records, count) in cases {
        assert_eq!(undone(&records).len(), count, "case: {case}");
    }
    let newest = [
        record("one", 1, "UPDATE", "failed", "older"),
        record("one", 2, "UPDATE", "failed", "newer"),
    ];
    assert_eq!(undone(&newest), ["newer", "older"]);
}
