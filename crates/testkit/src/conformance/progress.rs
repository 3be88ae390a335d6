//! What everybody promises who is told of progress: to take each step, in any order, and to return.

use std::time::Duration;

use cxda_domain::address::Address;
use cxda_domain::request::RateLimit;
use cxda_ports::progress::{Hold, Progress, ProgressEvent};

/// The whole suite.
pub fn keeps_its_promises(progress: &dyn Progress) {
    let (one, other) = (Address::view("one"), Address::action("other"));
    progress.note(ProgressEvent::Ended {
        address: &other,
        done: false,
    });
    for seen in [0, 100, 200] {
        progress.note(ProgressEvent::Observing { seen });
    }
    progress.note(ProgressEvent::Applying { changes: 2 });
    for address in [&one, &other] {
        progress.note(ProgressEvent::Started(address));
    }
    for (by, wait) in [
        (Hold::RateLimit(RateLimit::DEFAULT), RateLimit::DEFAULT.per),
        (Hold::Pause, Duration::ZERO),
    ] {
        progress.note(ProgressEvent::Held { by, wait });
    }
    for (address, done) in [(&one, true), (&other, false)] {
        progress.note(ProgressEvent::Ended { address, done });
    }
}
