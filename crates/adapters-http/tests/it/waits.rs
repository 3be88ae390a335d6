//! What a call waits for, in which order, for how long, and with which token it goes then.

use std::sync::Arc;
use std::time::Duration;

use cxda_adapters_http::HttpTenant;
use cxda_adapters_http::profile::ProfileOverrides;
use cxda_domain::request::RateLimit;
use cxda_ports::actions::ActionsApi;
use cxda_ports::clock::Clock;
use cxda_ports::error::{ApiError, ApiErrorKind};
use tokio::task::JoinHandle;

use crate::bench::{action_body, client_credentials, id, key};
use crate::stage::{Stage, reply, shown, status, token};

const SECOND: Duration = Duration::from_secs(1);
const HOUR_MS: i64 = 3_600_000;
const TEN_YEARS_MS: i64 = 10 * 365 * 24 * HOUR_MS;

type Ended = Result<u32, ApiError>;

async fn reading(tenant: &Arc<HttpTenant>, name: &'static str) -> JoinHandle<Ended> {
    let tenant = Arc::clone(tenant);
    let task = tokio::spawn(async move {
        let read = ActionsApi::read(&*tenant, &id(name)).await;
        read.map(|answer| answer.cost.attempts)
    });
    tokio::task::yield_now().await;
    task
}

fn limit(requests: u32) -> ProfileOverrides {
    ProfileOverrides {
        rate_limit: Some(RateLimit {
            requests,
            per: 60 * SECOND,
        }),
        ..ProfileOverrides::default()
    }
}

#[tokio::test(start_paused = true)]
async fn h_15_a_token_that_ended_while_a_call_waited_is_not_sent() {
    // Each token is good for 50 s of its 100 s, and four requests a minute are allowed.
    let stage = Stage::new(|sent| {
        if sent.asks_for_a_token() {
            token(sent.earlier + 1, 100)
        } else {
            shown(sent)
        }
    });
    let tenant = stage.tenant_with(client_credentials(), &limit(4));
    let mut tasks = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        tasks.push(reading(&tenant, name).await);
    }
    for task in tasks {
        assert_eq!(task.await.unwrap(), Ok(1));
    }
    let told: Vec<_> = stage
        .sent()
        .iter()
        .map(|sent| (sent.at.as_secs(), sent.header("authorization").to_owned()))
        .collect();
    let (first, second) = ("Bearer t1".to_owned(), "Bearer t2".to_owned());
    let want = [
        (0, "-".to_owned()),
        (0, first.clone()),
        (0, first.clone()),
        (0, first),
        (60, "-".to_owned()),
        (60, second.clone()),
        (60, second),
    ];
    assert_eq!(told, want);
}

#[tokio::test(start_paused = true)]
async fn h_15_where_tokens_end_faster_than_requests_may_go_calls_go_all_the_same() {
    let stage = Stage::new(|sent| {
        if sent.asks_for_a_token() {
            token(sent.earlier + 1, 30)
        } else {
            shown(sent)
        }
    });
    // A token call a minute and a request a minute, with tokens that are good for 15 s.
    let tenant = stage.tenant_with(client_credentials(), &limit(1));
    let read = reading(&tenant, "a").await;
    assert_eq!(read.await.unwrap(), Ok(1));
}

#[tokio::test(start_paused = true)]
async fn h_15_a_token_that_the_server_thinks_over_is_dropped_and_not_used_again() {
    let stage = Stage::new(|sent| match sent.asks_for_a_token() {
        true => token(sent.earlier + 1, 3_600),
        false if sent.header("authorization") == "Bearer t1" => status(401),
        false => shown(sent),
    });
    let tenant = stage.tenant(client_credentials());
    for (name, attempts) in [("a", 2), ("b", 1), ("c", 1)] {
        let read = reading(&tenant, name).await;
        assert_eq!(read.await.unwrap(), Ok(attempts), "{name}");
    }
    let refused = |token: &str| {
        let sent = stage.sent();
        let with = format!("Bearer {token}");
        sent.iter()
            .filter(|sent| sent.header("authorization") == with)
            .count()
    };
    assert_eq!((refused("t1"), refused("t2")), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn h_14_a_second_wave_of_401_of_the_same_token_costs_no_second_token() {
    // Half of the calls hear at once that the token is refused, half only when there is a new one.
    let stage = Stage::new(|sent| {
        if sent.asks_for_a_token() {
            return token(sent.earlier + 1, 3_600);
        }
        if sent.header("authorization") == "Bearer t1" {
            let late = sent.path.ends_with("late");
            let takes = if late { 3 * SECOND } else { SECOND };
            return (takes, status(401).1);
        }
        shown(sent)
    });
    let tenant = stage.tenant(client_credentials());
    let mut tasks = Vec::new();
    for each in 0..50 {
        let name = if each % 2 == 0 { "early" } else { "late" };
        tasks.push(reading(&tenant, name).await);
    }
    for task in tasks {
        assert_eq!(task.await.unwrap(), Ok(2));
    }
    let sent = stage.sent();
    assert_eq!(
        sent.iter().filter(|sent| sent.asks_for_a_token()).count(),
        2
    );
}

#[tokio::test(start_paused = true)]
async fn h_14_a_create_whose_token_is_refused_keeps_its_key() {
    let stage = Stage::new(|sent| match sent.asks_for_a_token() {
        true => token(sent.earlier + 1, 3_600),
        false if sent.earlier == 0 => status(401),
        false => {
            let body = r#"{"id":"a","name":"score"}"#;
            (Duration::ZERO, Ok(reply(201, &[], body)))
        }
    });
    let tenant = stage.tenant(client_credentials());
    let created = ActionsApi::create(&*tenant, &action_body("score"), &key("k")).await;
    assert_eq!(created.unwrap().cost.attempts, 2);
    let sent = stage.sent();
    let keys: Vec<&str> = sent
        .iter()
        .filter(|sent| !sent.asks_for_a_token())
        .map(|sent| sent.header("idempotency-key"))
        .collect();
    assert_eq!(keys, ["k", "k"]);
}

#[tokio::test(start_paused = true)]
async fn h_23_pauses_one_after_the_other_keep_no_call_beyond_its_deadline() {
    let stage = Stage::new(|_| {
        let refused = reply(429, &[("retry-after", "150")], "");
        (Duration::ZERO, Ok(refused))
    });
    let tenant = stage.ready();
    // The first learns of the pause, and each of the others would learn of one more.
    let mut tasks = vec![reading(&tenant, "a").await];
    stage.wait_until(SECOND).await;
    for name in ["b", "c", "d", "e"] {
        tasks.push(reading(&tenant, name).await);
    }
    for task in tasks {
        let error = task.await.unwrap().unwrap_err();
        let refused = matches!(error.kind, ApiErrorKind::RateLimited { .. });
        assert!(refused, "{error:?}");
    }
    assert!(
        stage.clock.elapsed() <= 181 * SECOND,
        "{:?}",
        stage.clock.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn our_own_rate_limit_counts_to_no_deadline() {
    let stage = Stage::new(shown);
    let auth = cxda_adapters_http::credentials::AuthConfig::new(crate::raw::ready_token());
    let tenant = stage.tenant_with(auth, &limit(1));
    let mut tasks = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        tasks.push(reading(&tenant, name).await);
    }
    for task in tasks {
        assert_eq!(task.await.unwrap(), Ok(1));
    }
    assert_eq!(stage.clock.elapsed(), 240 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn our_own_rate_limit_counts_to_no_deadline_where_it_holds_back_the_token_call_either() {
    let stage = Stage::new(|sent| {
        if sent.asks_for_a_token() {
            token(sent.earlier + 1, 400)
        } else {
            shown(sent)
        }
    });
    let overrides = ProfileOverrides {
        rate_limit: Some(RateLimit {
            requests: 2,
            per: 600 * SECOND,
        }),
        ..ProfileOverrides::default()
    };
    let tenant = stage.tenant_with(client_credentials(), &overrides);
    assert_eq!(reading(&tenant, "a").await.await.unwrap(), Ok(1));
    stage.wait_until(350 * SECOND).await;
    // The token ended; the next one may be asked for in 250 s.
    assert_eq!(reading(&tenant, "b").await.await.unwrap(), Ok(1));
    assert_eq!(stage.clock.elapsed(), 600 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn h_23_pauses_that_the_tenant_asks_for_count_to_the_deadline() {
    // Each refusal asks for 100 s, and every other call is refused first.
    let stage = Stage::new(|sent| {
        if sent.path.ends_with("greedy") {
            return (
                Duration::ZERO,
                Ok(reply(429, &[("retry-after", "100")], "")),
            );
        }
        shown(sent)
    });
    let tenant = stage.ready();
    let greedy = reading(&tenant, "greedy").await;
    let patient = reading(&tenant, "patient").await;
    assert_eq!(patient.await.unwrap(), Ok(1));
    assert_eq!(stage.clock.elapsed(), 100 * SECOND);
    let error = greedy.await.unwrap().unwrap_err();
    let asked = ApiErrorKind::RateLimited {
        retry_after: Some(100 * SECOND),
    };
    assert_eq!((error.kind, error.cost.attempts), (asked, 2));
    assert!(stage.clock.elapsed() < 180 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn h_23_a_call_that_a_pause_held_back_has_that_much_less_time() {
    // Each first request of a path is refused for 100 s.
    let stage = Stage::new(|sent| {
        if sent.earlier == 0 {
            return (
                Duration::ZERO,
                Ok(reply(429, &[("retry-after", "100")], "")),
            );
        }
        shown(sent)
    });
    let tenant = stage.ready();
    // What it did to the others stays when the one that was refused is gone.
    reading(&tenant, "a").await.abort();
    let queued = reading(&tenant, "b").await;
    let error = queued.await.unwrap().unwrap_err();
    let asked = ApiErrorKind::RateLimited {
        retry_after: Some(100 * SECOND),
    };
    assert_eq!((error.kind, error.cost.attempts), (asked, 1));
    assert_eq!(stage.clock.elapsed().as_secs(), 100);
}

#[tokio::test(start_paused = true)]
async fn h_34_jumps_of_the_wall_clock_in_the_middle_of_a_call_change_neither_waits_nor_outcome() {
    for jump in [HOUR_MS, -HOUR_MS, TEN_YEARS_MS, -TEN_YEARS_MS] {
        let stage = Stage::new(|sent| match sent.asks_for_a_token() {
            true => token(sent.earlier + 1, 3_600),
            false if sent.earlier == 0 => {
                // A date, measured against the answer's own.
                let headers = [
                    ("date", "Mon, 01 Jan 2024 00:00:00 GMT"),
                    ("retry-after", "Mon, 01 Jan 2024 00:00:20 GMT"),
                ];
                (SECOND, Ok(reply(503, &headers, "")))
            }
            false => (SECOND, shown(sent).1),
        });
        let tenant = stage.tenant(client_credentials());
        let reading = {
            let tenant = Arc::clone(&tenant);
            tokio::spawn(async move { ActionsApi::read(&*tenant, &id("a")).await })
        };
        // Once while the request is on its way, and back and forth while it waits.
        for (at, times) in [(500, 1), (5_000, -2), (10_000, 2)] {
            stage.wait_until(Duration::from_millis(at)).await;
            stage.clock.jump(jump * times);
        }
        let answer = reading.await.unwrap().unwrap();
        assert_eq!(answer.cost.latency, 2 * SECOND, "jump of {jump} ms");
        let second = &stage
            .sent()
            .into_iter()
            .rfind(|sent| sent.earlier == 1 && !sent.asks_for_a_token());
        let waited = second.as_ref().unwrap().at;
        // 20 s and half of 200 ms after the answer, never earlier.
        assert_eq!(waited, 21 * SECOND + SECOND / 10, "jump of {jump} ms");
        let tokens = stage
            .sent()
            .iter()
            .filter(|sent| sent.asks_for_a_token())
            .count();
        assert!(tokens <= 2, "{tokens} tokens after a jump of {jump} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn h_34_a_token_ends_at_the_earlier_of_both_clocks() {
    for (jump, slept, tokens) in [
        (0, 3_539, 1),
        (0, 3_540, 2),
        (HOUR_MS, 0, 2),
        (TEN_YEARS_MS, 0, 2),
        (-HOUR_MS, 3_539, 1),
        (-HOUR_MS, 3_540, 2),
        (-TEN_YEARS_MS, 3_540, 2),
    ] {
        let stage = Stage::new(|sent| {
            if sent.asks_for_a_token() {
                token(sent.earlier + 1, 3_600)
            } else {
                shown(sent)
            }
        });
        let tenant = stage.tenant(client_credentials());
        reading(&tenant, "a").await.await.unwrap().unwrap();
        stage.clock.jump(jump);
        stage.clock.wait(slept * SECOND).await;
        reading(&tenant, "a").await.await.unwrap().unwrap();
        let sent = stage.sent();
        let found = sent.iter().filter(|sent| sent.asks_for_a_token()).count();
        assert_eq!(found, tokens, "jump of {jump} ms, {slept} s later");
    }
}
