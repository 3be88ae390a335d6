//! What every signal to stop promises.

use std::future::ready;

use cxda_ports::stop::StopSignal;
use tokio::{join, select};

/// The whole suite, for a signal that is not raised yet and that `raise` raises.
pub async fn keeps_its_promises(signal: &dyn StopSignal, raise: impl FnOnce()) {
    is_not_raised(signal).await;
    // All who wait hear of it, and whoever comes later.
    join!(signal.raised(), signal.raised(), async { raise() });
    assert!(signal.is_raised());
    signal.raised().await;
    assert!(signal.is_raised(), "it stays so");
}

/// A signal that is not raised lets nobody through.
pub async fn is_not_raised(signal: &dyn StopSignal) {
    assert!(!signal.is_raised());
    select! {
        biased;
        () = signal.raised() => panic!("nobody raised it"),
        () = ready(()) => {}
    }
}
