//! What every jitter promises.

use cxda_ports::ids::Jitter;

/// The whole suite.
pub fn keeps_its_promises(jitter: &dyn Jitter) {
    for _ in 0..1_000 {
        let fraction = jitter.fraction();
        assert!((0.0..1.0).contains(&fraction), "{fraction} is a fraction");
    }
}
