//! The exact forms of what `audit` prints.

use cxda_adapters_fs::audit::chain::ChainFault;

use super::*;

fn line(seq: u64, name: &str, phase: &str, error: &str) -> String {
    let name = serde_json::to_string(name).unwrap();
    format!(
        r#"{{"seq":{seq},"auditId":"id","runId":"run","timestamp":"2026-01-02T03:04:05.678Z","actor":"ci","tenant":"prod","action":"UPDATE_DATA_ACTION","phase":"{phase}","resource":{{"type":"action","id":"a-1","name":{name}}},"changes":["cache"],"metrics":{{"latencyMs":12.5,"attempts":1,"encryptedSent":4,"encryptedStored":3}},"error":{error}}}"#
    )
}

fn lines(all: &[String]) -> Vec<Vec<u8>> {
    all.iter().map(|line| line.clone().into_bytes()).collect()
}

#[test]
fn a_sound_log() {
    let sound = |screen, records, held| sound(screen, Path::new("audit.jsonl"), records, held);
    let said = [
        sound(Some(Screen::PLAIN), 14, Held::ByStore),
        sound(Some(Screen::PLAIN), 1, Held::ByStore),
        sound(Some(Screen::PLAIN), 0, Held::WithoutStore),
    ];
    insta::assert_snapshot!(said.concat(), @r"
    14 records: the chain holds and agrees with the store.
    1 record: it is sound and agrees with the store.
    0 records: the chain holds.
    There is no store, so nobody knows whether the end was cut off.
    ");
    insta::assert_snapshot!(sound(None, 14, Held::WithoutStore), @r#"
    {
      "formatVersion": "1.0",
      "path": "audit.jsonl",
      "valid": true,
      "records": 14,
      "comparedWithStore": false,
      "fault": null
    }
    "#);
}

#[test]
fn a_broken_log() {
    let broken = Broken {
        path: Path::new("audit.jsonl"),
        error: &ChainError {
            seq: 3,
            fault: ChainFault::Swapped { with: 7 },
        },
        remedy: "find out who did it",
    };
    insta::assert_snapshot!(broken.json(), @r#"
    {
      "formatVersion": "1.0",
      "path": "audit.jsonl",
      "valid": false,
      "records": 2,
      "comparedWithStore": null,
      "fault": {
        "record": 3,
        "kind": "swapped",
        "message": "audit record 3 was swapped with record 7",
        "hint": "find out who did it"
      }
    }
    "#);
}

#[test]
fn a_report() {
    let records = [SealedRecord {
        seq: 1,
        line: line(1, "score", "done", "null"),
    }];
    let mut metrics = Metrics::default();
    metrics.add(&records[0].outcome().unwrap());
    let full = Report {
        generated: UtcMillis::UNIX_EPOCH,
        records: &records,
        metrics: &metrics,
        hit_rate: Some(0.5),
    };
    let value: serde_json::Value = serde_json::from_str(&report(None, &full).unwrap()).unwrap();
    assert_eq!(value["entries"][0]["auditId"], "id");
    let figures = report(None, &full).unwrap();
    insta::assert_snapshot!(figures.split_once("    {").unwrap().0, @r#"
    {
      "generatedAt": "1970-01-01T00:00:00.000Z",
      "totalLogEntries": 1,
      "averageLatencyMs": 12.5,
      "currentHitRate": 0.5,
      "encryptionSuccessRate": 0.75,
      "entries": [
    "#);
    insta::assert_snapshot!(report(Some(Screen::PLAIN), &full).unwrap(), @r"
    Generated              1970-01-01T00:00:00.000Z
    Records                1
    Writes                 1 done, 0 failed, 0 unknown
    Average latency        12.5 ms
    Cache hit rate         50.0 %
    Encrypted values kept  75.0 %
    ");
    let empty = Report {
        records: &[],
        metrics: &Metrics::default(),
        hit_rate: None,
        ..full
    };
    insta::assert_snapshot!(report(None, &empty).unwrap(), @r#"
    {
      "generatedAt": "1970-01-01T00:00:00.000Z",
      "totalLogEntries": 0,
      "averageLatencyMs": null,
      "currentHitRate": null,
      "encryptionSuccessRate": null,
      "entries": []
    }
    "#);
    insta::assert_snapshot!(report(Some(Screen::PLAIN), &empty).unwrap(), @r"
    Generated              1970-01-01T00:00:00.000Z
    Records                0
    Writes                 0 done, 0 failed, 0 unknown
    Average latency        -
    Cache hit rate         -
    Encrypted values kept  -
    ");
}

#[test]
fn t_12_the_last_records_are_a_line_each_whatever_they_hold() {
    let hostile = "a\nb\r\u{1b}[2J\u{202e}\u{2028}\u{85}c";
    let note = serde_json::to_string(hostile).unwrap();
    let lines = lines(&[
        line(9, "score", "intended", "null"),
        line(10, &"long".repeat(30), "done", "null"),
        line(12_345, hostile, "failed", &note),
    ]);
    let text = tail_text(&lines).unwrap();
    assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
    insta::assert_snapshot!(text, @r"
        9  2026-01-02 03:04:05Z  intended  update action/score on prod by ci
       10  2026-01-02 03:04:05Z  done      update action/longlonglonglonglonglonglo…
           on prod by ci
    12345  2026-01-02 03:04:05Z  failed    update action/a b �[2J���c on prod by ci
           a b �[2J���c
    ");
    let items = tail_json(&lines[2..]).unwrap();
    assert!(items.chars().all(|c| c == '\n' || !c.is_control()));
    let again: serde_json::Value = serde_json::from_str(&items).unwrap();
    assert_eq!(again["items"][0]["resource"]["name"], hostile);
    insta::assert_snapshot!(tail_json(&[]).unwrap(), @r#"
    {
      "formatVersion": "1.0",
      "items": []
    }
    "#);
    for garbage in ["{}", "x", ""].map(|line| vec![line.as_bytes().to_vec()]) {
        assert!(tail_text(&garbage).is_err());
        assert!(tail_json(&garbage).is_err());
    }
}
