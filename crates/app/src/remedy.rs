//! What a person can do about a store or an audit log that cannot be used. Nothing here is done.

use std::io;
use std::path::Path;

use cxda_adapters_fs::audit::LogError;
use cxda_adapters_fs::audit::chain::ChainFault;
use cxda_ports::error::{AuditError, StoreError};
use cxda_usecases::apply::Failure;

/// About a store that cannot be used; `None` where the message says it all.
pub(crate) fn of_store(error: &StoreError) -> Option<String> {
    match error {
        StoreError::Newer { .. } => Some("use the newer cxda".to_owned()),
        StoreError::NoStore { path, .. } => Some(format!(
            "put a backup of {path} in its place; or move it away to begin anew, and the audit log with it: what was applied, open \
             writes, waiting webhooks and cache lookups are forgotten then, and the first apply adopts what is on the tenant"
        )),
        StoreError::Failed { source, .. } => {
            let kind = source.downcast_ref().map(io::Error::kind)?;
            let blocked = [io::ErrorKind::NotADirectory, io::ErrorKind::AlreadyExists];
            blocked
                .contains(&kind)
                .then(|| "a file stands where one of its folders must be: move it away".to_owned())
        }
        _ => None,
    }
}

/// About an audit log that a run could not write.
pub(crate) fn of_audit(error: &AuditError) -> Option<String> {
    match error {
        AuditError::Broken { .. } => Some("see `cxda audit verify`".to_owned()),
        AuditError::NotWritable { path, .. } => Some(format!(
            "make {path} a file that you can write to, on a disk with room"
        )),
        _ => None,
    }
}

/// About a change that failed; `None` where neither store nor audit log is why.
pub(crate) fn of_failure(failure: &Failure) -> Option<String> {
    match failure {
        Failure::Journal(error) | Failure::Unjournaled(error) => of_store(error),
        Failure::Audit(error) | Failure::Unaudited(error) => of_audit(error),
        _ => None,
    }
}

/// About an audit log at `path` that did not verify.
pub(crate) fn of_log(path: &Path, error: &LogError) -> String {
    let path = path.display();
    let fault = match error {
        LogError::Broken { source, .. } => &source.fault,
        LogError::Store(_) => return "mend the store first, then look again".to_owned(),
        _ => return format!("make {path} a file that you can read"),
    };
    match fault {
        ChainFault::Torn => {
            "run a command that writes, such as `cxda apply`: it sets the torn line aside and writes it anew from the store".to_owned()
        }
        ChainFault::CutOff => format!(
            "find out who shortened {path}; the next command that writes, such as `cxda apply`, appends from the store what it lacks"
        ),
        ChainFault::Unkept => format!(
            "put the store back that belongs to {path}; or begin a new log: move this one away and keep it, or name another file with \
             AUDIT_LOG_PATH"
        ),
        _ => format!(
            "keep {path} as evidence and find out who changed it; put a backup in its place, for nothing is applied without a sound log"
        ),
    }
}
