//! How far this machine's clock may be from the tenant's.

use super::checkup::Checkup;
use crate::exit::Exit;

/// Up to here all is well, in milliseconds.
const FINE_MS: u64 = 30_000;
/// Up to here things still work, in milliseconds.
const BEARABLE_MS: u64 = 300_000;

/// Judges a clock that is `ahead_ms` ahead of the tenant's, negative where it is behind.
pub(super) fn judge(checkup: &mut Checkup, ahead_ms: Option<i64>) {
    let Some(ahead_ms) = ahead_ms else {
        checkup.skip("clock", "no answer of the tenant named its date");
        return;
    };
    let apart_ms = ahead_ms.unsigned_abs();
    let seconds = apart_ms.saturating_add(500) / 1_000;
    let detail = match (seconds, ahead_ms > 0) {
        (0 | 1, _) => "within a second of the tenant's".to_owned(),
        (_, true) => format!("{seconds} s ahead of the tenant's, give or take a second"),
        (_, false) => format!("{seconds} s behind the tenant's, give or take a second"),
    };
    let remedy = "set this machine's clock, best by letting it follow a time server (NTP)";
    match apart_ms {
        0..=FINE_MS => checkup.ok("clock", detail),
        _ if apart_ms <= BEARABLE_MS => checkup.warn("clock", detail, remedy),
        _ => {
            let detail = format!("{detail}: tokens seem to end too early or too late");
            checkup.fail("clock", Exit::Unexpected, detail, remedy);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::checks::CheckStatus;

    #[test]
    fn up_to_30_s_is_fine_and_up_to_5_min_bearable_both_ways() {
        use CheckStatus::{Failed, Ok, Warning};
        for (apart_ms, status) in [
            (0, Ok),
            (29_999, Ok),
            (30_000, Ok),
            (30_001, Warning),
            (300_000, Warning),
            (300_001, Failed),
            (i64::MAX, Failed),
        ] {
            for ahead_ms in [apart_ms, -apart_ms] {
                let mut checkup = Checkup::default();
                judge(&mut checkup, Some(ahead_ms));
                assert_eq!(checkup.checks()[0].status, status, "{ahead_ms} ms");
            }
        }
    }

    #[test]
    fn a_clock_that_nobody_could_compare_is_not_judged() {
        let mut checkup = Checkup::default();
        judge(&mut checkup, None);
        assert_eq!(checkup.checks()[0].status, CheckStatus::Skipped);
    }

    #[test]
    fn which_clock_is_ahead_is_said() {
        for (ahead_ms, words) in [
            (1_499, "within a second"),
            (1_500, "2 s ahead"),
            (-61_000, "61 s behind"),
        ] {
            let mut checkup = Checkup::default();
            judge(&mut checkup, Some(ahead_ms));
            let detail = &checkup.checks()[0].detail;
            assert!(detail.contains(words), "{detail}");
        }
    }
}
