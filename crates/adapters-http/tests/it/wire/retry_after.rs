//! `Retry-After` as it comes over the wire, in every form and in none.

use std::sync::Arc;
use std::time::Duration;

use cxda_adapters_http::HttpTenant;
use cxda_adapters_memory::ids::FixedJitter;
use cxda_adapters_memory::stop::NeverStops;
use cxda_ports::clock::Clock as _;
use cxda_ports::error::ApiErrorKind;

use super::peer::{ACTION, Ask, Peer, clock, config_with, ok, ready_token};

/// Numbers that are a mistake.
const HUGE: [&str; 4] = [
    "1000000000000",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999999999",
];

/// How long a read waited before its second attempt, when the first was refused with `status` and `headers`; an error
/// where there was no second one.
async fn waited(status: u16, headers: &str) -> Result<Duration, ApiErrorKind> {
    let refusal = format!("HTTP/1.1 {status} No\r\n{headers}Content-Length: 0\r\n\r\n");
    let peer = Peer::start(move |mut line| {
        let refusal = refusal.clone();
        async move {
            line.request().await;
            line.say(refusal).await;
            while line.request().await.is_some() {
                line.say(ok(ACTION)).await;
            }
        }
    })
    .await;
    let clock = clock();
    let config = config_with(&peer.base(), ready_token(), |_| {});
    let began = clock.elapsed();
    let tenant = HttpTenant::new(
        config,
        Arc::<_>::clone(&clock) as _,
        Arc::new(FixedJitter::NONE),
        Arc::new(NeverStops),
    )
    .unwrap();
    match Ask::Read.of(&tenant).await {
        Ok(attempts) => {
            assert_eq!(attempts, 2, "{headers:?}");
            Ok(clock.elapsed().saturating_sub(began))
        }
        Err(error) => {
            assert_eq!(peer.requests().len(), 1, "{headers:?}");
            Err(error.kind)
        }
    }
}

#[tokio::test]
async fn h_23_seconds_are_waited_in_every_spelling_of_the_header() {
    for header in [
        "Retry-After: 7",
        "retry-after: 7",
        "RETRY-AFTER:7",
        "Retry-After: \t 7 \t",
        "Retry-After: 007",
    ] {
        for status in [429, 503] {
            let waited = waited(status, &format!("{header}\r\n")).await;
            assert_eq!(
                waited,
                Ok(Duration::from_secs(7)),
                "{header:?} with {status}"
            );
        }
    }
    assert_eq!(
        waited(429, "Retry-After: 170\r\n").await,
        Ok(Duration::from_secs(170))
    );
}

#[tokio::test]
async fn h_24_dates_count_from_the_date_of_the_answer() {
    // The clock of the client says midnight of 2024-01-01, and is an hour late.
    let date = "Date: Mon, 01 Jan 2024 01:00:00 GMT\r\n";
    for at in [
        "Mon, 01 Jan 2024 01:00:09 GMT",
        "Monday, 01-Jan-24 01:00:09 GMT",
        "Mon Jan  1 01:00:09 2024",
    ] {
        let waited = waited(429, &format!("{date}Retry-After: {at}\r\n")).await;
        assert_eq!(waited, Ok(Duration::from_secs(9)), "{at}");
    }
    let own = waited(429, "Retry-After: Mon, 01 Jan 2024 00:00:09 GMT\r\n").await;
    assert_eq!(own, Ok(Duration::from_secs(9)), "no date in the answer");
}

#[tokio::test]
async fn h_25_absurd_values_are_as_good_as_none() {
    let none = waited(429, "").await;
    for value in [
        "",
        " ",
        "abc",
        "-5",
        "1e3",
        "0x10",
        "7s",
        "7 8",
        "7;8",
        "NaN",
        "inf",
        "Mon, 32 Jan 2024 00:00:09 GMT",
        "Mon, 01 Jan 2024",
        "tomorrow",
        "\u{ff17}",
    ] {
        let waited = waited(429, &format!("Retry-After: {value}\r\n")).await;
        assert_eq!(waited, none, "{value:?}");
    }
    let past =
        "Date: Mon, 01 Jan 2024 01:00:00 GMT\r\nRetry-After: Mon, 01 Jan 2024 00:00:09 GMT\r\n";
    assert_eq!(waited(429, past).await, none, "a date in the past");
}

#[tokio::test]
async fn h_25_of_two_headers_the_longer_one_counts() {
    for (first, second, longer) in [
        ("3", "7", 7),
        ("7", "3", 7),
        ("abc", "7", 7),
        ("7", "-5", 7),
        ("7", "7", 7),
    ] {
        let headers = format!("Retry-After: {first}\r\nRetry-After: {second}\r\n");
        assert_eq!(
            waited(429, &headers).await,
            Ok(Duration::from_secs(longer)),
            "{first} and {second}"
        );
    }
}

#[tokio::test]
async fn h_25_what_nobody_waits_for_is_given_up_at_once() {
    for value in HUGE.into_iter().chain(["200", "301", "86400"]) {
        let waited = waited(429, &format!("Retry-After: {value}\r\n")).await;
        let Err(ApiErrorKind::RateLimited {
            retry_after: Some(_),
        }) = waited
        else {
            panic!("{value}: {waited:?}");
        };
    }
}
