//! What every count of cache lookups promises. It must be fresh, and nobody else may use it.

use cxda_domain::lookups::Lookups;
use cxda_ports::lookups::CacheLookups;

/// The whole suite.
pub async fn keeps_its_promises(counts: &dyn CacheLookups) {
    assert!(counts.lookups().await.unwrap().is_empty());
    let (score, route) = ("score_calc".parse().unwrap(), "Route-1".parse().unwrap());
    for (hits, misses) in [(3, 0), (0, 1), (0, 0)] {
        let lookups = Lookups { hits, misses };
        counts.add_lookups(&score, lookups).await.unwrap();
    }
    let (hits, misses) = (0, 2);
    let lookups = Lookups { hits, misses };
    counts.add_lookups(&route, lookups).await.unwrap();
    let kept = counts.lookups().await.unwrap();
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[&score].hit_rate(), Some(0.75));
    assert_eq!(kept[&route], lookups);

    let most = Lookups {
        hits: u64::MAX,
        misses: 0,
    };
    for _ in 0..2 {
        counts.add_lookups(&route, most).await.unwrap();
    }
    let hits = counts.lookups().await.unwrap()[&route].hits;
    assert!(i64::try_from(hits).is_err() || hits == i64::MAX as u64);
}
