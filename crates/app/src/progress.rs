//! Progress bars on a terminal; silence everywhere else.

use std::time::Duration;

use cxda_ports::progress::{Progress, ProgressEvent};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::render::{Screen, safe};

/// How often a bar moves while nothing happens.
const TICK: Duration = Duration::from_millis(120);

/// One bar on stderr, drawn only where somebody looks at it.
#[derive(Debug)]
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// A bar that is seen on a terminal where nothing else is written beside.
    pub(crate) fn new(screen: Screen) -> Self {
        let target = if screen.animated {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(ProgressStyle::default_spinner());
        if screen.animated {
            bar.enable_steady_tick(TICK);
        }
        Self(bar)
    }

    /// Takes the bar off the screen.
    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

impl Progress for Bar {
    fn note(&self, event: ProgressEvent<'_>) {
        match event {
            ProgressEvent::Observing { seen } => {
                self.0
                    .set_message(format!("reading the tenant, {seen} resources"));
            }
            ProgressEvent::Testing { done, of } => {
                self.0.set_message(format!("testing, {done} of {of}"));
            }
            ProgressEvent::Applying { changes } => {
                self.0.reset();
                self.0
                    .set_length(u64::try_from(changes).unwrap_or(u64::MAX));
                let style =
                    ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg} {elapsed}");
                self.0
                    .set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            }
            ProgressEvent::Started(address) => {
                self.0.set_message(safe::line(&address.to_string()));
            }
            ProgressEvent::Ended { .. } => self.0.inc(1),
        }
    }
}
