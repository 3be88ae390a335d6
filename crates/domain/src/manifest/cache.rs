//! Decodes the block `cache` (rules C001, C002, C003, C005, C006).

use crate::cache::{
    CacheKey, CachePolicy, Footprint, InvalidationAction, InvalidationDirective, Priority, Ttl,
    TtlMatrix, is_directive_source,
};
use crate::manifest::reader::{Findings, Found, word};
use crate::rule::Rule;

/// The cache policy at `found`; `None` where a finding stands in the way.
pub(super) fn decode(findings: &mut Findings, found: &Found<'_>) -> Option<CachePolicy> {
    let mut map = found.map(findings)?;
    let enabled = map
        .take("enabled")
        .map_or(Some(true), |found| found.boolean(findings));
    let key_at = if enabled == Some(false) {
        map.take("key")
    } else {
        map.require("key")
    };
    let key = key_at.as_ref().map(|found| key(findings, found));
    let matrix = match map.take("ttlMatrix") {
        Some(found) => ttl_matrix(findings, &found),
        None => Some(TtlMatrix::DEFAULT),
    };
    let priority_at = map.take("priority");
    let ttl_at = map.take("ttl");
    let priority = match &priority_at {
        Some(found) => {
            let words = Priority::ALL.map(Priority::as_str);
            word(findings, found, Rule::C003, Priority::from_word, &words)
        }
        None => Some(Priority::default()),
    };
    let explicit = ttl_at.as_ref().map(|found| {
        let seconds = found.integer(findings)?;
        Ttl::explicit(seconds)
            .map_err(|error| findings.report(Rule::C002, found, error.to_string()))
            .ok()
    });
    let exclusive = priority_at.is_none() || ttl_at.is_none();
    if let (Some(priority), false) = (&priority_at, exclusive) {
        let hint = "keep `ttl`, or keep `priority` and set `ttlMatrix`";
        findings.report_with_hint(
            Rule::C003,
            priority,
            "priority and ttl exclude each other",
            hint,
        );
    }
    let payload_at = map.take("payloadKb");
    let payload_kb = match &payload_at {
        Some(found) => payload(findings, found),
        None => Some(Footprint::DEFAULT_PAYLOAD_KB),
    };
    let invalidation = match map.take("invalidation") {
        Some(found) => found.items(findings).and_then(|items| {
            let decoded: Vec<_> = items.iter().map(|item| directive(findings, item)).collect();
            decoded.into_iter().collect()
        }),
        None => Some(Vec::new()),
    };
    map.close(findings);
    let key = match key {
        Some(key) => Some(key?),
        None if enabled? => return None,
        None => None,
    };
    let payload_kb = payload_kb?;
    let footprint = Footprint::estimate(key.as_ref().map_or("", CacheKey::as_str), payload_kb);
    if !footprint.fits() {
        let message = format!(
            "cache entry is estimated at {} bytes, expected at most {}",
            footprint.bytes(),
            Footprint::MAX_BYTES
        );
        findings.report(Rule::C005, payload_at.as_ref().unwrap_or(found), message);
        return None;
    }
    let ttl = match explicit {
        Some(ttl) => ttl?,
        None => matrix?.ttl(priority?),
    };
    exclusive.then_some(CachePolicy {
        enabled: enabled?,
        key,
        ttl,
        payload_kb,
        invalidation: invalidation?,
    })
}

fn key(findings: &mut Findings, found: &Found<'_>) -> Option<CacheKey> {
    findings.remember(found);
    let parsed = found.text(findings)?.parse::<CacheKey>();
    parsed
        .map_err(|error| findings.report(Rule::C001, found, error.to_string()))
        .ok()
}

fn ttl_matrix(findings: &mut Findings, found: &Found<'_>) -> Option<TtlMatrix> {
    let mut map = found.map(findings)?;
    let mut matrix = TtlMatrix::DEFAULT;
    let mut sound = true;
    for priority in Priority::ALL {
        let Some(entry) = map.take(priority.as_str()) else {
            continue;
        };
        let ttl = entry.integer(findings).and_then(|seconds| {
            Ttl::within(seconds, priority.max_ttl())
                .map_err(|error| {
                    let message = format!("{} {error}", priority.as_str());
                    findings.report(Rule::C002, &entry, message);
                })
                .ok()
        });
        match ttl {
            Some(ttl) => *matrix.ttl_mut(priority) = ttl,
            None => sound = false,
        }
    }
    (map.close(findings) && sound).then_some(matrix)
}

fn payload(findings: &mut Findings, found: &Found<'_>) -> Option<u64> {
    let payload_kb = found.integer(findings)?;
    if payload_kb < 0 {
        let message = format!("payload is {payload_kb} KiB, expected 0 or more");
        findings.report(Rule::C005, found, message);
        return None;
    }
    Some(u64::try_from(payload_kb).unwrap_or(u64::MAX))
}

fn directive(findings: &mut Findings, item: &Found<'_>) -> Option<InvalidationDirective> {
    let mut map = item.map(findings)?;
    let source = map.require("source").and_then(|found| {
        let source = found.text(findings)?;
        if is_directive_source(source) {
            return Some(source.to_owned());
        }
        findings.report(
            Rule::C006,
            &found,
            "source is not an http or https URL with a host",
        );
        None
    });
    let event_type = map.require("eventType").and_then(|found| {
        let event_type = found.text(findings)?;
        if !event_type.trim().is_empty() {
            return Some(event_type.to_owned());
        }
        findings.report(Rule::C006, &found, "event type is empty");
        None
    });
    let action = map.require("action").and_then(|found| {
        let words = InvalidationAction::ALL.map(InvalidationAction::as_str);
        word(
            findings,
            &found,
            Rule::C006,
            InvalidationAction::from_word,
            &words,
        )
    });
    map.close(findings);
    Some(InvalidationDirective {
        source: source?,
        event_type: event_type?,
        action: action?,
    })
}
