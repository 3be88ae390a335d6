//! What a person sees of long work: a bar where somebody looks, and a line now and then where nobody does.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cxda_ports::clock::Clock;
use cxda_ports::progress::{Progress, ProgressEvent};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use terminal_size::{Height, Width, terminal_size_of};

use self::standing::Standing;
use crate::render::{Screen, safe};
use crate::system::SystemClock;

mod standing;

/// How often a bar moves while nothing happens.
const TICK: Duration = Duration::from_millis(120);
/// How many columns of a bar's line are not for words.
const FIXED_COLUMNS: usize = 30;
/// How many characters of words are shown, however narrow the screen.
const LEAST_CHARS: usize = 24;

/// The one place on stderr where progress is seen: nothing before it begins, and nothing after it is cleared.
#[derive(Debug)]
pub(crate) struct Bar {
    screen: Screen,
    clock: Arc<SystemClock>,
    work: Arc<Mutex<Option<Standing>>>,
    drawn: Mutex<ProgressBar>,
}

impl Bar {
    /// A bar for `screen`, drawn where somebody looks at it and nothing else is written beside.
    pub(crate) fn new(screen: Screen) -> Self {
        Self {
            screen,
            clock: Arc::new(SystemClock::new()),
            work: Arc::default(),
            drawn: Mutex::new(ProgressBar::hidden()),
        }
    }

    /// Shows from now on what it is told.
    pub(crate) fn begin(&self) {
        *lock(&self.work) = Some(Standing::beginning(self.clock.elapsed()));
        self.draw("{spinner} {words}", None);
    }

    /// Takes everything off the screen, until it begins again.
    pub(crate) fn clear(&self) {
        *lock(&self.work) = None;
        lock(&self.drawn).finish_and_clear();
    }

    /// Draws a new bar in the place of the one before.
    fn draw(&self, template: &str, length: Option<usize>) {
        let mut drawn = lock(&self.drawn);
        drawn.finish_and_clear();
        if !self.screen.animated {
            return;
        }
        let (work, clock) = (Arc::clone(&self.work), Arc::clone(&self.clock));
        let (Width(columns), _) = terminal_size_of(io::stderr()).unwrap_or((Width(80), Height(0)));
        let chars = usize::from(columns).saturating_sub(FIXED_COLUMNS);
        let chars = chars.max(LEAST_CHARS);
        let words = move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
            let words = lock(&work).as_ref().map(|work| work.words(clock.elapsed()));
            let _ = out.write_str(&safe::cut(&words.unwrap_or_default(), chars));
        };
        let style = ProgressStyle::with_template(template);
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        let length = length.map(|length| u64::try_from(length).unwrap_or(u64::MAX));
        *drawn = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr())
            .with_style(style.with_key("words", words));
        drawn.enable_steady_tick(TICK);
    }
}

impl Progress for Bar {
    fn note(&self, event: ProgressEvent<'_>) {
        let now = self.clock.elapsed();
        let (line, ended) = {
            let mut work = lock(&self.work);
            let Some(work) = work.as_mut() else { return };
            work.note(&event, now);
            let line = (!self.screen.animated).then(|| work.line(now)).flatten();
            (line, work.ended())
        };
        if let Some(line) = line {
            self.screen.remark(&line);
        }
        if let ProgressEvent::Applying { changes } = event {
            self.draw("{bar:12} {pos}/{len} {words} {elapsed}", Some(changes));
        } else {
            let ended = u64::try_from(ended).unwrap_or(u64::MAX);
            lock(&self.drawn).set_position(ended);
        }
    }
}

fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
