//! Work that waits for a disk, away from the threads on which everything else runs.

use std::io;

/// Runs `work` where nobody else waits for it.
///
/// # Errors
///
/// Those of `work`; also if it was stopped.
pub(crate) async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let joined = tokio::task::spawn_blocking(work).await;
    joined.unwrap_or_else(|stopped| Err(io::Error::other(stopped)))
}
