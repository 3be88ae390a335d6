//! The child's side: it gives up what it does not need, reads one request, runs it, answers, and ends.
//!
//! It prints nothing but its answer. Where anything is amiss it says nothing and fails, which is never taken for a result.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use super::engine;
use super::frame::Request;

/// Serves one run from standard input to standard output. To be called before anything else is done in the process.
pub fn serve() -> ExitCode {
    match serve_one() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve_one() -> io::Result<()> {
    #[cfg(unix)]
    super::confine::confine()?;
    let mut request = Vec::new();
    io::stdin().lock().read_to_end(&mut request)?;
    let request = Request::parse(&request)?;
    let answer = engine::run(request).to_bytes()?;
    let mut stdout = io::stdout().lock();
    stdout.write_all(&answer)?;
    stdout.flush()
}
