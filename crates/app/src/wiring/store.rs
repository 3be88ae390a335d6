//! What survives a run: the store, the audit log and the lock.

use std::time::Duration;

use cxda_adapters_fs::audit::{AuditLog, LogError, level, verify};
use cxda_adapters_fs::lock::ProjectLock;
use cxda_adapters_fs::store::{Scope, Store};
use cxda_adapters_memory::journal::MemoryJournal;
use cxda_domain::instant::UtcMillis;
use cxda_ports::clock::Clock;
use cxda_ports::error::StoreError;
use cxda_ports::journal::Journal;

use super::{Connection, WiringError};
use crate::exit::{self, Exit};
use crate::settings::{STATE_FOLDER, Settings, Tenant, TenantKind};
use crate::system::fresh_key;

/// The lock of commands that write, below the state folder.
const LOCK: &str = "lock";

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
    pub(crate) store: Store,
    pub(crate) audit: AuditLog,
    _lock: ProjectLock,
}

/// Takes the lock, opens store and audit log, brings the log level with the store and verifies its chain.
pub(crate) async fn writing(
    settings: &Settings,
    scope: Scope,
    clock: &dyn Clock,
    wait: Duration,
) -> Result<Writing, WiringError> {
    const PAUSE: Duration = Duration::from_millis(100);
    let folder = settings.root.join(STATE_FOLDER);
    let holder = format!("process {} of {}", std::process::id(), settings.actor);
    let start = clock.elapsed();
    let mut told = false;
    let lock = loop {
        match ProjectLock::acquire(&folder.join(LOCK), &holder) {
            Ok(lock) => break lock,
            Err(StoreError::Locked { holder }) if clock.elapsed().saturating_sub(start) < wait => {
                if !std::mem::replace(&mut told, true) {
                    tracing::info!(holder, "waits for the lock");
                }
                clock.wait(PAUSE).await;
            }
            Err(error) => return Err(error.into()),
        }
    };
    let store = store(settings, scope)?;
    let not_usable = |error: LogError| {
        let exit = match &error {
            LogError::Store(error) => exit::of_store(error),
            _ => Exit::Audit,
        };
        WiringError::from_source(
            exit,
            "the audit log cannot be used, so nothing was sent",
            error,
        )
    };
    let audit = AuditLog::new(settings.audit.clone()).map_err(|error| not_usable(error.into()))?;
    level(&store, &audit).await.map_err(not_usable)?;
    // Its end is the store's by now; only the whole chain tells that nothing before it was changed.
    verify(&settings.audit).map_err(not_usable)?;
    Ok(Writing {
        store,
        audit,
        _lock: lock,
    })
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
    let key = fresh_key().map_err(|error| {
        let message = "there is no randomness for a new store";
        WiringError::from_source(Exit::Unexpected, message, error)
    })?;
    Ok(Store::open(&settings.store, scope, key)?)
}
