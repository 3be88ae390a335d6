//! Whether the tenant lets us ask as often as the settings say.

use cxda_adapters_http::seen::Seen;
use cxda_domain::request::RateLimit;

use super::checkup::Checkup;

/// Compares `limit`, which the settings give, with what was `seen`.
pub(super) fn judge(checkup: &mut Checkup, tenant: &str, limit: RateLimit, seen: &Seen) {
    const NAME: &str = "rate limit";
    let settled = format!(
        "{} requests in {}",
        limit.requests,
        humantime::format_duration(limit.per)
    );
    if seen.refusals > 0 {
        let detail = format!(
            "the tenant refused {} of our {} requests for being too many (429); the settings allow {settled}",
            seen.refusals, seen.answers
        );
        let remedy = format!(
            "something else asks this tenant as well, or it allows less: lower `rate_limit` in [tenant.{tenant}.api]"
        );
        checkup.warn(NAME, detail, remedy);
        return;
    }
    let Some(requests) = seen.rate.requests else {
        let detail = format!("{settled}, as settled; the tenant does not say what it allows");
        checkup.ok(NAME, detail);
        return;
    };
    let (per, allowed) = match seen.rate.per {
        Some(per) => (
            per,
            format!("{requests} requests in {}", humantime::format_duration(per)),
        ),
        // A tenant that names no time is taken to mean the one of the settings.
        None => (
            limit.per,
            format!("{requests} requests in a time that it does not name"),
        ),
    };
    let ours = u128::from(limit.requests) * per.as_millis();
    let theirs = u128::from(requests) * limit.per.as_millis();
    if ours > theirs {
        let remedy =
            format!("lower `rate_limit` in [tenant.{tenant}.api] to what the tenant allows");
        let detail = format!("{settled}, as settled, but the tenant allows {allowed}");
        checkup.warn(NAME, detail, remedy);
    } else {
        checkup.ok(
            NAME,
            format!("{settled}, as settled; the tenant allows {allowed}"),
        );
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cxda_adapters_http::seen::SeenRate;

    use super::*;
    use crate::render::checks::CheckStatus;

    #[test]
    fn more_than_the_tenant_allows_is_a_warning() {
        use CheckStatus::{Ok, Warning};
        for (requests, per_s, status) in [
            (None, None, Ok),
            (Some(99), None, Warning),
            (Some(100), None, Ok),
            (Some(101), None, Ok),
            (Some(49), Some(30), Warning),
            (Some(50), Some(30), Ok),
            (Some(6_000), Some(3_600), Ok),
            (Some(5_999), Some(3_600), Warning),
            (Some(0), Some(60), Warning),
        ] {
            let rate = SeenRate {
                requests,
                per: per_s.map(Duration::from_secs),
                ..SeenRate::default()
            };
            let seen = Seen {
                rate,
                ..Seen::default()
            };
            let mut checkup = Checkup::default();
            judge(&mut checkup, "prod", RateLimit::DEFAULT, &seen);
            let check = &checkup.checks()[0];
            assert_eq!(check.status, status, "{requests:?} in {per_s:?}: {check:?}");
        }
    }

    #[test]
    fn a_single_429_is_a_warning() {
        let seen = Seen {
            refusals: 1,
            answers: 3,
            ..Seen::default()
        };
        let mut checkup = Checkup::default();
        judge(&mut checkup, "prod", RateLimit::DEFAULT, &seen);
        let check = &checkup.checks()[0];
        assert_eq!(check.status, CheckStatus::Warning);
        assert!(check.detail.contains("1 of our 3"), "{check:?}");
    }
}
