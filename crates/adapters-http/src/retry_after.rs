//! `Retry-After` as a duration.
//!
//! Whether anybody waits that long is not decided here.

use std::time::{Duration, SystemTime};

use cxda_domain::instant::UtcMillis;
use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use httpdate::parse_http_date;

/// The longest wait that is told apart from longer ones: a year.
const LONGEST: Duration = Duration::from_hours(365 * 24);

/// How long the answer asks to wait: whole seconds, or one of the three forms of an HTTP date, measured against the
/// answer's own `Date` where it has one, else against `now`. The larger of several; `None` where none is valid or all are past.
pub(crate) fn retry_after(headers: &HeaderMap, now: UtcMillis) -> Option<Duration> {
    let sent = headers
        .get(DATE)
        .and_then(|value| parse_http_date(value.to_str().ok()?).ok())
        .or_else(|| instant(now));
    headers
        .get_all(RETRY_AFTER)
        .iter()
        .filter_map(|value| one(value.to_str().ok()?.trim(), sent))
        .filter(|wait| !wait.is_zero())
        .max()
}

fn one(text: &str, sent: Option<SystemTime>) -> Option<Duration> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let wait = text.parse().map_or(LONGEST, Duration::from_secs);
        return Some(wait.min(LONGEST));
    }
    let until = parse_http_date(text).ok()?;
    let wait = until.duration_since(sent?).ok()?;
    Some(wait.min(LONGEST))
}

fn instant(now: UtcMillis) -> Option<SystemTime> {
    let millis = u64::try_from(now.epoch_millis()).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// 1994-11-06T08:49:37Z.
    const NOW: i64 = 784_111_777_000;

    fn wait(date: Option<&str>, values: &[&str], skew: i64) -> Option<u64> {
        let mut headers = HeaderMap::new();
        if let Some(date) = date {
            headers.insert(DATE, HeaderValue::from_str(date).unwrap());
        }
        for value in values {
            headers.append(RETRY_AFTER, HeaderValue::from_str(value).unwrap());
        }
        let now = UtcMillis::from_epoch_millis(NOW + skew);
        retry_after(&headers, now).map(|wait| wait.as_secs())
    }

    #[test]
    fn h_23_seconds() {
        for (text, want) in [
            ("1", Some(1)),
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("0", None),
        ] {
            assert_eq!(wait(None, &[text], 0), want, "case: {text:?}");
        }
    }

    #[test]
    fn h_24_dates_of_all_three_forms_are_measured_against_the_answers_own_date() {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        for (form, want) in [
            ("Sun, 06 Nov 1994 08:51:37 GMT", Some(120)),
            ("Sunday, 06-Nov-94 08:51:37 GMT", Some(120)),
            ("Sun Nov  6 08:51:37 1994", Some(120)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 08:49:36 GMT", None),
        ] {
            for skew in [-3_600_000, 0, 3_600_000] {
                assert_eq!(
                    wait(Some(date), &[form], skew),
                    want,
                    "case: {form}, skew {skew}"
                );
            }
            assert_eq!(wait(None, &[form], 0), want, "case: {form}, no date");
        }
    }

    #[test]
    fn h_25_absurd_values() {
        let year = Some(LONGEST.as_secs());
        for (values, want) in [
            (&["1000000000000"][..], year),
            (&["18446744073709551616"], year),
            (&["-5"], None),
            (&["+5"], None),
            (&["1.5"], None),
            (&[""], None),
            (&["abc"], None),
            (&["5", "9"], Some(9)),
            (&["9", "5"], Some(9)),
            (&["abc", "5"], Some(5)),
            (&[], None),
        ] {
            assert_eq!(wait(None, values, 0), want, "case: {values:?}");
        }
    }
}
