//! What a tenant lets us see beside its answers: its clock, what its tokens may do, how it counts requests, and pauses.
//!
//! It is noted and never acted upon here.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use cxda_domain::instant::UtcMillis;
use cxda_domain::pause::Pause;
use cxda_ports::clock::Clock;
use http::header::DATE;
use http::{HeaderMap, StatusCode};
use httpdate::parse_http_date;

use crate::retry_after::retry_after;
use crate::sanitize::Screen;
use crate::transport::Reply;

/// The headers in which servers say how they count requests.
const RATE_HEADERS: [&str; 8] = [
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "ratelimit-policy",
    "ratelimit",
];
/// The most characters of one of these that are kept.
const MAX_RATE_CHARS: usize = 80;
/// The most scopes of a token that are kept.
const MAX_SCOPES: usize = 100;

/// What was seen of a tenant up to one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// How many answers came, whatever their status.
    pub answers: u64,
    /// By how many milliseconds our clock is ahead of the tenant's, negative where it is behind, judged by the quickest
    /// answer that named its date. A date has whole seconds, so this is true to about a second.
    pub clock_ahead_ms: Option<i64>,
    /// What the latest token answer said; `None` where no token was asked for.
    pub token: Option<SeenToken>,
    /// What the latest answers said about how requests are counted.
    pub rate: SeenRate,
    /// How many requests were refused for being one too many (429).
    pub refusals: u64,
    /// The latest instant before which the tenant asked not to be sent anything, for longer than a call waits.
    pub not_before: Option<UtcMillis>,
}

/// What a token answer said about the token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenToken {
    /// What the token may do, sanitized; `None` where the answer did not say.
    pub scopes: Option<Vec<String>>,
    /// How long it is taken to live.
    pub lifetime: Duration,
}

/// How a tenant counts requests, as far as it says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenRate {
    /// Its headers by their names, sanitized and cut.
    pub headers: BTreeMap<&'static str, String>,
    /// How many requests it allows.
    pub requests: Option<u64>,
    /// In which time, where it says so.
    pub per: Option<Duration>,
}

/// Takes note of what is seen.
#[derive(Debug, Default)]
pub(crate) struct Notes(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    seen: Seen,
    /// How long the answer took by which the clock was judged.
    judged_in: Option<Duration>,
}

impl Notes {
    /// Everything so far.
    pub(crate) fn snapshot(&self) -> Seen {
        self.with(|kept| kept.seen.clone())
    }

    /// Takes note of an answer that just came to a request sent at `began`.
    pub(crate) fn answered(
        &self,
        reply: &Reply,
        began: Duration,
        clock: &dyn Clock,
        screen: &Screen,
    ) {
        let (now, took) = (clock.now(), clock.elapsed().saturating_sub(began));
        let rate = rate(&reply.headers, screen);
        let not_before = pause(reply, now).map(Pause::until);
        self.with(|kept| {
            kept.seen.answers += 1;
            kept.judge_clock(&reply.headers, now, took);
            if !rate.headers.is_empty() {
                kept.seen.rate = rate;
            }
            if reply.status == StatusCode::TOO_MANY_REQUESTS {
                kept.seen.refusals += 1;
            }
            kept.seen.not_before = kept.seen.not_before.max(not_before);
        });
    }

    /// Takes note of a token that was granted for `lifetime` with `scope`, where the answer named one.
    pub(crate) fn granted(&self, scope: Option<&str>, lifetime: Duration, screen: &Screen) {
        let scopes = scope.map(|text| {
            let each = text.split_whitespace().take(MAX_SCOPES);
            each.map(|scope| screen.clean(scope)).collect()
        });
        self.with(|kept| kept.seen.token = Some(SeenToken { scopes, lifetime }));
    }

    fn with<T>(&self, work: impl FnOnce(&mut Kept) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Kept {
    /// The quicker an answer came, the less can have passed since its date was written.
    fn judge_clock(&mut self, headers: &HeaderMap, now: UtcMillis, took: Duration) {
        /// A date is cut to the second, so on average it is this much too early.
        const CUT_MS: i64 = 500;
        if self.judged_in.is_some_and(|best| best <= took) {
            return;
        }
        let Some(date_ms) = date_ms(headers) else {
            return;
        };
        let half_way = now.saturating_sub(took / 2);
        self.judged_in = Some(took);
        self.seen.clock_ahead_ms = Some(
            half_way
                .epoch_millis()
                .saturating_sub(date_ms.saturating_add(CUT_MS)),
        );
    }
}

fn date_ms(headers: &HeaderMap) -> Option<i64> {
    let date = parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()?;
    let since = date.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}

/// The pause that `reply` asks for.
///
/// Only a refusal for the sake of the whole tenant counts: a 409 with `Retry-After` speaks of one resource.
fn pause(reply: &Reply, now: UtcMillis) -> Option<Pause> {
    let whole = reply.status == StatusCode::TOO_MANY_REQUESTS || reply.status >= 500;
    let wait = whole.then(|| retry_after(&reply.headers, now)).flatten()?;
    Pause::asked(wait, now)
}

fn rate(headers: &HeaderMap, screen: &Screen) -> SeenRate {
    let mut rate = SeenRate::default();
    // Most answers have none, and looking each of them up costs more than that.
    if !headers
        .keys()
        .any(|name| name.as_str().contains("ratelimit"))
    {
        return rate;
    }
    for name in RATE_HEADERS {
        let Some(text) = headers.get(name).and_then(|value| value.to_str().ok()) else {
            continue;
        };
        let text = screen.clean(text);
        rate.headers
            .insert(name, text.chars().take(MAX_RATE_CHARS).collect());
        if name.ends_with("-limit") {
            rate.requests = rate.requests.or_else(|| leading_number(&text));
        }
        if name == "ratelimit-policy" {
            rate.requests = rate.requests.or_else(|| parameter(&text, "q"));
        }
        rate.per = rate
            .per
            .or_else(|| parameter(&text, "w").map(Duration::from_secs));
    }
    rate
}

/// The number with which `text` begins, as in `100, 100;w=60`.
fn leading_number(text: &str) -> Option<u64> {
    let digits = text.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// The number of the first parameter `name`, as in `"default";q=100;w=60`.
fn parameter(text: &str, name: &str) -> Option<u64> {
    text.split([';', ','])
        .filter_map(|part| part.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then(|| leading_number(value)).flatten())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use cxda_adapters_memory::clock::ManualClock;
    use cxda_domain::secret::SecretText;
    use http::{HeaderName, HeaderValue};

    use super::*;
    use crate::transport::BodySize;

    /// 1994-11-06T08:49:37Z.
    const NOW: UtcMillis = UtcMillis::from_epoch_millis(784_111_777_000);
    const DATE_THEN: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

    fn reply(status: u16, headers: &[(&'static str, &str)]) -> Reply {
        let header = |(name, value): &(&'static str, &str)| {
            let value = HeaderValue::from_str(value).unwrap();
            (HeaderName::from_static(name), value)
        };
        Reply {
            status,
            headers: headers.iter().map(header).collect(),
            body: Bytes::new(),
            size: BodySize::Whole,
        }
    }

    fn clock_at(now: UtcMillis) -> Arc<ManualClock> {
        Arc::new(ManualClock::starting_at(now))
    }

    fn after(replies: &[Reply]) -> Seen {
        let notes = Notes::default();
        let clock = clock_at(NOW);
        for reply in replies {
            notes.answered(reply, Duration::ZERO, &*clock, &Screen::default());
        }
        notes.snapshot()
    }

    #[test]
    fn the_clock_is_judged_half_way_of_the_quickest_answer() {
        let notes = Notes::default();
        let dated = reply(200, &[("date", DATE_THEN)]);
        let judge = |ahead_ms: i64, took_ms: u64| {
            let clock = ManualClock::starting_at(UtcMillis::from_epoch_millis(
                NOW.epoch_millis() + ahead_ms,
            ));
            let took = Duration::from_millis(took_ms);
            clock.advance(took);
            notes.answered(
                &dated,
                clock.elapsed().saturating_sub(took),
                &clock,
                &Screen::default(),
            );
            notes.snapshot().clock_ahead_ms
        };
        assert_eq!(judge(60_500, 400), Some(60_200));
        assert_eq!(judge(90_000, 401), Some(60_200), "a slower one tells less");
        assert_eq!(judge(-30_000, 100), Some(-30_450));
    }

    #[test]
    fn an_answer_without_a_usable_date_says_nothing_of_the_clock() {
        for date in ["", "yesterday", "Thu, 99 Nov 1994 08:49:37 GMT"] {
            assert_eq!(after(&[reply(200, &[("date", date)])]).clock_ahead_ms, None);
        }
        assert_eq!(after(&[reply(200, &[])]).answers, 1);
    }

    #[test]
    fn h_23_only_a_wait_beyond_300_s_that_concerns_the_whole_tenant_is_a_pause() {
        for (status, wait, paused_s) in [
            (429, "300", None),
            (429, "301", Some(301)),
            (503, "3600", Some(3_600)),
            (500, "301", Some(301)),
            (409, "3600", None),
            (200, "3600", None),
            (429, "soon", None),
            (429, "1000000000000", Some(86_400)),
        ] {
            let seen = after(&[reply(status, &[("retry-after", wait)])]);
            let ahead = seen
                .not_before
                .map(|until| until.duration_since(NOW).as_secs());
            assert_eq!(ahead, paused_s, "{status} {wait}");
        }
    }

    #[test]
    fn the_latest_of_several_pauses_is_kept_and_every_429_is_counted() {
        let refused = |wait| reply(429, &[("retry-after", wait)]);
        let seen = after(&[
            refused("900"),
            refused("600"),
            refused("1"),
            reply(200, &[]),
        ]);
        assert_eq!(
            seen.not_before,
            Some(NOW.saturating_add(Duration::from_mins(15)))
        );
        assert_eq!((seen.refusals, seen.answers), (3, 4));
    }

    #[test]
    fn how_requests_are_counted_is_read_from_every_known_form() {
        for (headers, requests, per_s) in [
            (&[("x-ratelimit-limit", "60")][..], Some(60), None),
            (&[("ratelimit-limit", "100, 100;w=60")], Some(100), Some(60)),
            (
                &[("ratelimit-policy", "\"default\";q=50;w=30")],
                Some(50),
                Some(30),
            ),
            (&[("ratelimit", "\"default\";r=49;t=12")], None, None),
            (&[("x-ratelimit-limit", "many")], None, None),
            (&[("x-ratelimit-limit", "99999999999999999999")], None, None),
        ] {
            let rate = after(&[reply(200, headers)]).rate;
            assert_eq!(rate.requests, requests, "{headers:?}");
            assert_eq!(rate.per.map(|per| per.as_secs()), per_s, "{headers:?}");
            assert_eq!(rate.headers.len(), 1, "{headers:?}");
        }
    }

    #[test]
    fn t_06_what_headers_and_scopes_say_is_sanitized_cut_and_without_secrets() {
        let screen = Screen::default();
        screen.hide([SecretText::new("canary-secret")]);
        let notes = Notes::default();
        let long = "9".repeat(500);
        let told = reply(
            200,
            &[
                ("x-ratelimit-reset", "canary-secret"),
                ("x-ratelimit-remaining", &long),
            ],
        );
        notes.answered(&told, Duration::ZERO, &*clock_at(NOW), &screen);
        let said = "a:read \u{1b}[31mb:write canary-secret";
        notes.granted(Some(said), Duration::from_mins(1), &screen);
        let seen = notes.snapshot();
        let shown = format!("{seen:?}");
        assert!(
            !shown.contains("canary") && !shown.contains('\u{1b}'),
            "{shown}"
        );
        assert_eq!(seen.rate.headers["x-ratelimit-remaining"].len(), 80);
        assert_eq!(seen.token.unwrap().scopes.unwrap().len(), 3);
    }

    #[test]
    fn a_token_answer_that_names_no_scope_leaves_them_unknown() {
        let notes = Notes::default();
        assert_eq!(notes.snapshot().token, None);
        notes.granted(None, Duration::from_mins(1), &Screen::default());
        assert_eq!(notes.snapshot().token.unwrap().scopes, None);
        notes.granted(Some(""), Duration::from_mins(1), &Screen::default());
        assert_eq!(notes.snapshot().token.unwrap().scopes, Some(Vec::new()));
    }
}
