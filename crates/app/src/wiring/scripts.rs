//! Scripts: each is run by a child, which is this same program with an argument that no person gives.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::process::ExitCode;

use cxda_adapters_script::run::{self, CHILD_ARGUMENT, ChildRunner};

use super::WiringError;
use crate::exit::Exit;

/// Serves one script where `arguments` say that this process is such a child.
pub(crate) fn served(arguments: &[OsString]) -> Option<ExitCode> {
    match arguments {
        [_, argument] if argument == CHILD_ARGUMENT => Some(run::serve()),
        _ => None,
    }
}

/// What runs scripts.
pub(crate) fn scripts() -> Result<ChildRunner, WiringError> {
    let program = std::env::current_exe().map_err(|error| {
        let message = "scripts cannot be run: the place of this program is not known";
        WiringError::from_source(Exit::Unexpected, message, error)
    })?;
    Ok(ChildRunner::new(program, CHILD_ARGUMENT.into(), at_once()))
}

/// How many scripts run at once: as many as there are processors.
pub(crate) fn at_once() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}
