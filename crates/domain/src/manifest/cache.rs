//! Decodes the block `cache` (rules C001, C002, C003, C005, C006).

use crate::cache::{
    CacheKey, CacheKeyError, CachePolicy, Footprint, InvalidationAction, InvalidationDirective,
    Priority, Ttl, TtlMatrix, is_directive_source,
};
use crate::manifest::findings::Findings;
use crate::manifest::reader::{Found, accept, boolean, each, integer, map, string, word};
use crate::node::NodeValue;
use crate::rule::Rule;

/// The cache policy at `found`; `None` where a finding stands in the way.
pub(super) fn decode(findings: &mut Findings, found: &Found<'_>) -> Option<CachePolicy> {
    let mut fields = map(findings, found)?;
    let enabled = fields.or(findings, "enabled", true, boolean);
    let key_at = if enabled == Some(true) {
        fields.require("key")
    } else {
        fields.take("key")
    };
    let key = key_at.as_ref().and_then(|found| key(findings, found));
    if let (Some(true), Some(key)) = (enabled, &key) {
        findings.cache_under(key);
    }
    let matrix = fields.or(findings, "ttlMatrix", TtlMatrix::DEFAULT, ttl_matrix);
    let priority_at = fields.take("priority");
    let priority = match &priority_at {
        Some(found) => {
            let choices = Priority::ALL;
            word(findings, found, Rule::C003, &choices, Priority::as_str)
        }
        None => Some(Priority::default()),
    };
    let explicit = fields.optional(findings, "ttl", |findings, found| {
        let seconds = integer(findings, found)?;
        accept(findings, found, Rule::C002, Ttl::explicit(seconds))
    });
    let explicit_is_there = explicit != Some(None);
    let exclusive = priority_at.as_ref().filter(|_| explicit_is_there);
    if let Some(priority) = exclusive {
        let message = "priority and ttl exclude each other";
        let hint = "keep `ttl`, or keep `priority` and set `ttlMatrix`";
        findings.report_with_hint(Rule::C003, priority, message, hint);
    }
    let payload_at = fields.take("payloadKb");
    let payload_kb = match &payload_at {
        Some(found) => payload(findings, found),
        None => Some(Footprint::DEFAULT_PAYLOAD_KB),
    };
    let invalidation = fields.or(findings, "invalidation", Vec::new(), |findings, found| {
        each(findings, found, directive)
    });
    fields.close(findings);
    let largest = payload_at.as_ref().or(key_at.as_ref()).unwrap_or(found);
    fits(findings, largest, key_at.as_ref(), payload_kb?)?;
    let ttl = match explicit? {
        Some(ttl) => ttl,
        None => matrix?.ttl(priority?),
    };
    if exclusive.is_some() || key_at.is_some() && key.is_none() {
        return None;
    }
    Some(CachePolicy {
        enabled: enabled?,
        key,
        ttl,
        payload_kb: payload_kb?,
        invalidation: invalidation?,
    })
}

fn key(findings: &mut Findings, found: &Found<'_>) -> Option<CacheKey> {
    findings.remember(found);
    let key = string(findings, found)?.parse::<CacheKey>();
    key.map_err(|error| {
        let hint = match error {
            CacheKeyError::Unbalanced { .. } | CacheKeyError::EmptyPlaceholder { .. } => {
                Some("write a placeholder as `{name}`".to_owned())
            }
            CacheKeyError::NoAlphanumeric | CacheKeyError::Control { .. } => None,
        };
        let (mark, path) = (found.node.at, &found.path);
        findings.report_at(Rule::C001, mark, path, error.to_string(), hint);
    })
    .ok()
}

/// Estimates the entry, also where the key has a form of its own to be blamed for; reports one that is too large at `largest`.
fn fits(
    findings: &mut Findings,
    largest: &Found<'_>,
    key_at: Option<&Found<'_>>,
    payload_kb: u64,
) -> Option<()> {
    let key = match key_at.map(|found| &found.node.value) {
        Some(NodeValue::Text(key)) => key,
        _ => "",
    };
    let footprint = Footprint::estimate(key, payload_kb);
    if footprint.fits() {
        return Some(());
    }
    let message = format!(
        "cache entry is estimated at {} bytes, expected at most {}",
        footprint.bytes(),
        Footprint::MAX_BYTES
    );
    let hint = "it is (256 + bytes of the key + payloadKb × 1024) × 1.1: lower `payloadKb`";
    findings.report_with_hint(Rule::C005, largest, message, hint);
    None
}

fn ttl_matrix(findings: &mut Findings, found: &Found<'_>) -> Option<TtlMatrix> {
    let mut fields = map(findings, found)?;
    let mut matrix = TtlMatrix::DEFAULT;
    let mut sound = true;
    for priority in Priority::ALL {
        let default = matrix.ttl(priority);
        let ttl = fields.or(findings, priority.as_str(), default, |findings, found| {
            let seconds = integer(findings, found)?;
            let ttl = Ttl::within(seconds, priority.max_ttl())
                .map_err(|error| format!("{} {error}", priority.as_str()));
            accept(findings, found, Rule::C002, ttl)
        });
        match ttl {
            Some(ttl) => *matrix.ttl_mut(priority) = ttl,
            None => sound = false,
        }
    }
    (fields.close(findings) && sound).then_some(matrix)
}

fn payload(findings: &mut Findings, found: &Found<'_>) -> Option<u64> {
    let payload_kb = integer(findings, found)?;
    if payload_kb < 0 {
        let message = format!("payload is {payload_kb} KiB, expected 0 or more");
        findings.report(Rule::C005, found, message);
        return None;
    }
    Some(u64::try_from(payload_kb).unwrap_or(u64::MAX))
}

fn directive(findings: &mut Findings, item: &Found<'_>) -> Option<InvalidationDirective> {
    let mut fields = map(findings, item)?;
    let source = fields.required(findings, "source", |findings, found| {
        let source = string(findings, found)?;
        if is_directive_source(&source) {
            return Some(source);
        }
        // The message does not repeat it: a URL that is refused may hold a password.
        let message = "source is no http or https URL with a plain host, without a user and without a fragment";
        findings.report(Rule::C006, found, message);
        None
    });
    let event_type = fields.required(findings, "eventType", |findings, found| {
        let event_type = string(findings, found)?;
        if event_type.trim().is_empty() {
            findings.report(Rule::C006, found, "event type is empty");
            return None;
        }
        Some(event_type)
    });
    let action = fields.required(findings, "action", |findings, found| {
        let choices = InvalidationAction::ALL;
        word(
            findings,
            found,
            Rule::C006,
            &choices,
            InvalidationAction::as_str,
        )
    });
    fields.close(findings);
    Some(InvalidationDirective {
        source: source?,
        event_type: event_type?,
        action: action?,
    })
}
