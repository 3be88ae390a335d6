//! The rate limit over the wire.

use std::time::Duration;

use crate::bench::{ACTIONS, Bench, config, fresh};

#[tokio::test]
async fn the_hundred_and_first_request_of_a_minute_is_told_how_long_to_wait() {
    let bench = Bench::fresh().await;
    for _ in 0..100 {
        assert_eq!(bench.get(ACTIONS).await.status, 200);
    }
    bench.clock.advance(Duration::from_millis(500));
    let over = bench.get(ACTIONS).await;
    assert_eq!((over.status, over.header("retry-after")), (429, "60"));
    assert_eq!(over.json()["message"], "too many requests");
    bench.fetch_token("/oauth/token").await;
    bench.clock.advance(Duration::from_millis(59_500));
    assert_eq!(bench.get(ACTIONS).await.status, 200);
}

#[tokio::test]
async fn without_a_limit_nobody_waits() {
    let mut config = config();
    config.rate_limit = None;
    let bench = Bench::of(config, fresh()).await;
    for _ in 0..150 {
        assert_eq!(bench.get(ACTIONS).await.status, 200);
    }
}
