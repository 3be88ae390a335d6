//! Keeps the memory of the process out of core files, and values out of what is said of a panic.
//!
//! It wipes nothing: secrets do that themselves when they are dropped.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{self, Location};

use crate::render::Screen;

/// Sees to it that no core file is written and that nobody but the administrator can look into the process.
///
/// Where the system refuses, the process goes on: it is then as open as any other.
pub(crate) fn close_memory() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        let _ = setrlimit(Resource::Core, none);
    }
    #[cfg(target_os = "linux")]
    {
        // The limit does not hold where cores are piped to a program; this does.
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

/// Lets a panic say where it happened and not what was at hand: its message may hold a piece of any text.
pub(crate) fn hide_values_of_panics(screen: Screen) {
    panic::set_hook(Box::new(move |info| {
        screen.error_message(&internal_error(info.location(), &Backtrace::capture()));
    }));
}

fn internal_error(place: Option<&Location<'_>>, backtrace: &Backtrace) -> String {
    let place = place.map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    if backtrace.status() == BacktraceStatus::Captured {
        format!("internal error at {place}\n{backtrace}")
    } else {
        format!("internal error at {place} (RUST_BACKTRACE=1 shows how it came there)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_by_its_place() {
        let place = Location::caller();
        let told = internal_error(Some(place), &Backtrace::disabled());
        assert!(
            told.starts_with("internal error at crates/app/src/guard.rs:"),
            "{told}"
        );
        assert!(told.contains("RUST_BACKTRACE"), "{told}");
        let told = internal_error(Some(place), &Backtrace::force_capture());
        assert!(told.contains("a_panic_is_told_by_its_place"), "{told}");
        let told = internal_error(None, &Backtrace::disabled());
        assert!(
            told.starts_with("internal error at an unknown place"),
            "{told}"
        );
    }
}
