//! What survives a run: the store, the audit log and the lock.

use std::path::PathBuf;
use std::time::Duration;

use cxda_adapters_fs::atomic;
use cxda_adapters_fs::audit::{AuditLog, LogError, compare, verify};
use cxda_adapters_fs::lock::TenantLock;
use cxda_adapters_fs::store::{Scope, SealedRecords, Store};
use cxda_adapters_memory::journal::MemoryJournal;
use cxda_domain::instant::UtcMillis;
use cxda_ports::clock::Clock;
use cxda_ports::error::{AuditError, StoreError};
use cxda_ports::journal::Journal;

use super::{Connection, WiringError};
use crate::exit::Exit;
use crate::remedy;
use crate::settings::{STATE_FOLDER, Settings, Tenant, TenantKind};
use crate::system::fresh_key;

/// The folder for the locks of commands that write, below the state folder.
const LOCKS: &str = "locks";

/// The store for reading; `None` where there is none yet.
pub(crate) fn store_to_read(
    settings: &Settings,
    scope: Scope,
) -> Result<Option<Store>, WiringError> {
    Ok(Store::open_read_only(&settings.store, scope)?)
}

/// The journal for reading; an empty one where there is no store yet.
pub(crate) fn journal_to_read(
    settings: &Settings,
    scope: Scope,
) -> Result<Box<dyn Journal>, WiringError> {
    Ok(match store_to_read(settings, scope)? {
        Some(store) => Box::new(store),
        None => Box::new(MemoryJournal::new()),
    })
}

/// What a command that writes holds while it runs.
#[derive(Debug)]
pub(crate) struct Writing {
    // Before the store, whose connection is to be the last.
    pub(crate) audit: AuditLog,
    pub(crate) store: Store,
    _lock: TenantLock,
}

/// Takes the lock of `tenant` for `command`; where another run has it, tries again for as long as `wait`.
pub(crate) async fn lock(
    settings: &Settings,
    tenant: &Tenant,
    command: &str,
    clock: &dyn Clock,
    wait: Duration,
) -> Result<TenantLock, WiringError> {
    const PAUSE: Duration = Duration::from_millis(100);
    close_folders(settings)?;
    let folder = settings.root.join(STATE_FOLDER).join(LOCKS);
    // The built-in simulator is one tenant of the project, under whatever names.
    let name = match tenant.kind {
        TenantKind::Simulator => "simulator".to_owned(),
        TenantKind::Remote(_) => format!("tenant {}", tenant.name),
    };
    let (process, actor) = (std::process::id(), &settings.actor);
    let start = clock.elapsed();
    let mut told = false;
    loop {
        let since = clock.now();
        // The actor stands last: it may be long, and what is long is cut.
        let holder = format!("{command}, process {process}, since {since}, by {actor}");
        match TenantLock::acquire(&folder, &name, &holder) {
            Ok(lock) => return Ok(lock),
            Err(StoreError::Locked { holder }) if clock.elapsed().saturating_sub(start) < wait => {
                if !std::mem::replace(&mut told, true) {
                    tracing::info!(holder, "waits for the lock");
                }
                clock.wait(PAUSE).await;
            }
            Err(error @ StoreError::Locked { .. }) => {
                let name = &tenant.name;
                let message =
                    format!("nothing was sent to {name} (--lock-timeout waits for the other run)");
                return Err(WiringError::from_source(Exit::Locked, message, error));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Opens store and audit log under `lock`, brings the log level with the store and verifies its chain.
pub(crate) async fn writing(
    settings: &Settings,
    scope: Scope,
    lock: TenantLock,
    clock: &dyn Clock,
) -> Result<Writing, WiringError> {
    let store = store(settings, scope)?;
    let sealed = SealedRecords::open(&settings.store)?;
    let audit = AuditLog::new(settings.audit.clone(), sealed).map_err(not_writable)?;
    let broken = match audit.level().await {
        Ok(()) => None,
        Err(error @ AuditError::Broken { .. }) => Some(error),
        Err(error) => return Err(not_writable(error)),
    };
    // Whether or not its end is the store's by now: only the whole chain tells that nothing before it was changed, and what is.
    let verified = verify(&settings.audit).map_err(|error| not_usable(settings, error))?;
    if let Some(error) = broken {
        let compared = compare(&verified, &store, clock).await;
        compared.map_err(|error| not_usable(settings, error))?;
        return Err(not_writable(error));
    }
    Ok(Writing {
        audit,
        store,
        _lock: lock,
    })
}

const NOT_USABLE: &str = "the audit log cannot be used, so nothing was sent";

fn not_writable(error: AuditError) -> WiringError {
    WiringError {
        remedy: remedy::of_audit(&error),
        ..WiringError::from_source(Exit::Audit, NOT_USABLE, error)
    }
}

fn not_usable(settings: &Settings, error: LogError) -> WiringError {
    WiringError {
        remedy: Some(remedy::of_log(&settings.audit, &error)),
        ..WiringError::from_source(Exit::Audit, NOT_USABLE, error)
    }
}

/// The folders of the project in which things are kept.
fn folders(settings: &Settings) -> [PathBuf; 2] {
    let state = settings.root.join(STATE_FOLDER);
    [state.join(LOCKS), state]
}

/// One of these folders that others than its owner may look into.
pub(crate) fn open_folder(settings: &Settings) -> Option<PathBuf> {
    let is_open = |folder: &PathBuf| atomic::is_open_to_others(folder);
    folders(settings).into_iter().find(is_open)
}

/// Makes these folders their owner's alone, where they are not.
fn close_folders(settings: &Settings) -> Result<(), WiringError> {
    for folder in folders(settings) {
        atomic::close_folder(&folder).map_err(|error| {
            let message = format!("{} is open to others", folder.display());
            WiringError::from_source(Exit::Unexpected, message, error)
        })?;
    }
    Ok(())
}

/// Whose journal belongs to `connection`.
pub(crate) fn scope(connection: &Connection) -> Scope {
    Scope {
        tenant: connection.heading.tenant.clone(),
        origin: connection.origin.clone(),
    }
}

/// The same of a tenant that nobody has connected to.
pub(crate) fn scope_of(tenant: &Tenant) -> Scope {
    let origin = match &tenant.kind {
        TenantKind::Simulator => super::simulator::ORIGIN.to_owned(),
        TenantKind::Remote(remote) => remote.base_url.origin().as_str().to_owned(),
    };
    Scope {
        tenant: tenant.name.clone(),
        origin,
    }
}

/// Keeps that the tenant asked not to be sent anything before `not_before`; makes the store where there is none.
pub(crate) async fn keep_pause(
    settings: &Settings,
    scope: Scope,
    not_before: UtcMillis,
) -> Result<(), WiringError> {
    let store = store(settings, scope)?;
    Ok(store.keep_not_before(not_before).await?)
}

/// The store for reading and writing, made where there is none yet.
pub(crate) fn store(settings: &Settings, scope: Scope) -> Result<Store, WiringError> {
    close_folders(settings)?;
    let key = fresh_key().map_err(|error| {
        let message = "there is no randomness for a new store";
        WiringError::from_source(Exit::Unexpected, message, error)
    })?;
    Ok(Store::open(&settings.store, scope, key)?)
}
