//! What the chain finds, and what a record looks like.

use cxda_domain::address::Address;
use cxda_domain::audit::{AuditMetrics, AuditedResource, Compliance};
use cxda_domain::instant::UtcMillis;
use cxda_domain::key::RunId;
use proptest::prelude::*;

use super::*;

fn entry(name: &str) -> AuditEntry {
    AuditEntry {
        audit_id: "audit-1".into(),
        run_id: RunId::new("run-1"),
        timestamp: UtcMillis::from_epoch_millis(1_709_220_600_000),
        actor: "ci".into(),
        tenant: "prod".into(),
        action: AuditAction::UpdateDataAction,
        phase: Phase::Done,
        resource: AuditedResource::new(&Address::action(name), "a1".parse().ok()),
        changes: vec!["cache".into()],
        metrics: Some(AuditMetrics {
            latency_ms: 12.0,
            attempts: 1,
            encrypted: None,
        }),
        compliance: Compliance {
            schema_validated: Some(true),
            ..Compliance::default()
        },
        error: None,
    }
}

fn log(names: &[&str]) -> Vec<String> {
    let mut head = ChainHead::start();
    let mut lines = Vec::new();
    for name in names {
        let (record, next) = seal(&head, &entry(name)).unwrap();
        lines.push(record.line);
        head = next;
    }
    lines
}

fn verdict(lines: &[String]) -> Result<u64, ChainError> {
    verify(lines.iter().map(String::as_str)).map(|head| head.seq())
}

fn fault(lines: &[String]) -> (u64, ChainFault) {
    let error = verdict(lines).unwrap_err();
    (error.seq, error.fault)
}

#[test]
fn a_record_is_one_line_of_members_in_the_order_of_the_contract() {
    insta::assert_snapshot!(log(&["score"])[0], @r#"{"seq":1,"auditId":"audit-1","runId":"run-1","timestamp":"2024-02-29T15:30:00.000Z","actor":"ci","tenant":"prod","action":"UPDATE_DATA_ACTION","phase":"done","resource":{"type":"action","id":"a1","name":"score"},"changes":["cache"],"metrics":{"latencyMs":12.0,"attempts":1},"compliance":{"schemaValidated":true,"dependencyVerified":null,"circularReferenceCheckPassed":null,"scriptSyntaxChecked":null,"testPassed":null},"error":null,"prevHash":"0000000000000000000000000000000000000000000000000000000000000000","hash":"76748fd1a7f58628a4cb9987730965e4178d150aa5a3537abe572926739804aa"}"#);
}

#[test]
fn the_hash_is_that_of_the_canonical_form_of_the_rest() {
    let line = &log(&["score"])[0];
    let mut members: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(line).unwrap();
    let hash = members.remove("hash").unwrap();
    assert!(
        serde_jcs::to_string(&members)
            .unwrap()
            .contains(r#""latencyMs":12}"#)
    );
    assert_eq!(
        hash,
        Digest::of(serde_jcs::to_vec(&members).unwrap()).as_str()
    );
}

#[test]
fn t_11_what_was_done_to_a_log_is_found_at_its_place() {
    let lines = log(&["one", "two", "three", "four"]);
    assert_eq!(verdict(&lines), Ok(4));
    assert_eq!(verdict(&[]), Ok(0));

    let mut edited = lines.clone();
    edited[1] = edited[1].replace("two", "tow");
    assert_eq!(fault(&edited), (2, ChainFault::Edited));

    let mut respaced = lines.clone();
    respaced[1] = respaced[1].replace(r#""seq":2"#, r#""seq": 2"#);
    assert_eq!(fault(&respaced), (2, ChainFault::Edited));

    let mut gap = lines.clone();
    gap.remove(1);
    assert_eq!(fault(&gap), (2, ChainFault::Missing { found: 3 }));

    let mut swapped = lines.clone();
    swapped.swap(1, 2);
    assert_eq!(fault(&swapped), (2, ChainFault::Missing { found: 3 }));

    let mut doubled = lines.clone();
    doubled.insert(2, doubled[1].clone());
    assert_eq!(fault(&doubled), (3, ChainFault::Inserted { found: 2 }));

    let mut spliced = lines.clone();
    spliced[2] = log(&["other", "log", "three"]).remove(2);
    assert_eq!(fault(&spliced), (3, ChainFault::Spliced));

    let mut foreign = lines;
    foreign[3] = "{}".into();
    assert_eq!(fault(&foreign), (4, ChainFault::Unreadable));
}

#[test]
fn t_11_every_flipped_bit_is_found_where_it_is() {
    let lines = log(&["one", "two"]);
    for at in 0..lines[0].len() {
        for bit in 0..8 {
            let mut bytes = lines[0].clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let Ok(line) = String::from_utf8(bytes) else {
                continue;
            };
            let error = verdict(&[line, lines[1].clone()]).unwrap_err();
            assert_eq!(error.seq, 1, "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn a_latency_that_is_no_length_of_time_is_not_sealed() {
    for (latency_ms, fits) in [
        (0.0, true),
        (-0.001, false),
        (f64::NAN, false),
        (f64::INFINITY, false),
        (1e300, false),
    ] {
        let mut entry = entry("x");
        entry.metrics = Some(AuditMetrics {
            latency_ms,
            attempts: 1,
            encrypted: None,
        });
        let sealed = seal(&ChainHead::start(), &entry);
        assert_eq!(sealed.is_ok(), fits, "{latency_ms}");
    }
}

proptest! {
    /// Whatever is sealed verifies, has a fraction in its latency, and is one line.
    #[test]
    fn sealing_then_verifying_is_silent(
        name in ".{0,20}",
        error in proptest::option::of("\\PC*|[\\x00-\\x1f\u{2028}\u{202e}\"\\\\]*"),
        latency_ms in 0.0..1e9_f64,
    ) {
        let mut entry = entry(&name);
        entry.error = error;
        entry.metrics = Some(AuditMetrics { latency_ms, attempts: 3, encrypted: None });
        let (record, head) = seal(&ChainHead::start(), &entry).unwrap();
        prop_assert!(!record.line.contains('\n'));
        let (_, rest) = record.line.split_once(r#""latencyMs":"#).unwrap();
        let (number, _) = rest.split_once(',').unwrap();
        prop_assert!(number.contains('.') && !number.contains('e'), "{}", number);
        prop_assert_eq!(verify([record.line.as_str()]), Ok(head));
        prop_assert_eq!(seq_of(&record.line), Some(1));
    }
}
