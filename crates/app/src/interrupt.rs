//! SIGINT and SIGTERM: at once where nothing is under way, and after what is under way where something is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use crate::exit::Exit;
use crate::render::Screen;

/// Listens for the wish to stop.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Whether something is under way that must be brought to its end.
    careful: AtomicBool,
    /// Whether nothing new may be begun.
    stop: AtomicBool,
    /// The exit code of the first signal; 0 before.
    exit: AtomicU8,
}

impl Interrupt {
    /// Listens from now on; must be called inside a runtime.
    ///
    /// The first signal ends the process, unless [`Interrupt::stop_flag`] was asked for before; the second always does.
    pub(crate) fn listen(screen: Screen) -> Self {
        let interrupt = Self::default();
        let shared = Arc::clone(&interrupt.0);
        tokio::spawn(async move {
            let first = signalled().await;
            shared.exit.store(first.code(), Ordering::Relaxed);
            shared.stop.store(true, Ordering::Relaxed);
            if shared.careful.load(Ordering::Relaxed) {
                screen.remark(
                    "Stopping: what is under way is brought to its end. Once more stops at once.",
                );
                signalled().await;
            }
            // The journal knows what was sent, so that stopping here loses nothing.
            std::process::exit(first.code().into());
        });
        interrupt
    }

    /// From now on a first signal only raises this flag: whoever asks for it looks at it and comes to an end.
    pub(crate) fn stop_flag(&self) -> &AtomicBool {
        self.0.careful.store(true, Ordering::Relaxed);
        &self.0.stop
    }

    /// How the process ends where it was interrupted.
    pub(crate) fn exit(&self) -> Option<Exit> {
        let code = self.0.exit.load(Ordering::Relaxed);
        [Exit::Interrupted, Exit::Terminated]
            .into_iter()
            .find(|exit| exit.code() == code)
    }
}

/// Returns with the first signal from now on.
#[cfg(unix)]
pub(crate) async fn signalled() -> Exit {
    use tokio::signal::unix::{SignalKind, signal};
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await.is_some(),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => Exit::Interrupted,
        _ = terminated => Exit::Terminated,
    }
}

/// Returns with the first signal from now on.
#[cfg(not(unix))]
pub(crate) async fn signalled() -> Exit {
    let _ = tokio::signal::ctrl_c().await;
    Exit::Interrupted
}
