//! What is kept between commands: pauses, the store and the audit log.

use cxda_adapters_fs::audit::{LogError, compare, verify};
use cxda_adapters_fs::store::Scope;
use cxda_domain::pause::Pause;
use cxda_ports::clock::Clock;
use cxda_ports::error::StoreError;
use cxda_ports::journal::Journal;

use super::checkup::Checkup;
use crate::exit::{self, Exit};
use crate::pause::until;
use crate::remedy;
use crate::render::{chain, counted};
use crate::settings::{Settings, Tenant};
use crate::wiring::{self, WiringError};

/// The store of `settings` as `tenant` sees it, where it can be opened.
pub(super) type Opened = Result<Box<dyn Journal>, WiringError>;

/// Opens the store for reading; where no tenant is known, what belongs to none.
pub(super) fn journal(settings: &Settings, tenant: Option<&Tenant>) -> Opened {
    let nobody = || Scope {
        tenant: String::new(),
        origin: String::new(),
    };
    let scope = tenant.map_or_else(nobody, wiring::scope_of);
    wiring::journal_to_read(settings, scope)
}

/// The pause that is in force.
pub(super) async fn pause(
    checkup: &mut Checkup,
    journal: &Opened,
    clock: &dyn Clock,
) -> Option<Pause> {
    const NAME: &str = "pause";
    let kept = match journal {
        Ok(journal) => journal.not_before().await.ok(),
        Err(_) => None,
    };
    let Some(kept) = kept else {
        checkup.skip(NAME, "the store cannot be read");
        return None;
    };
    let pause = kept.and_then(|kept| Pause::at(kept, clock.now()));
    match pause {
        Some(pause) => {
            let detail = format!("the tenant asked not to be sent anything {}", until(pause));
            let remedy = "wait: until then `plan`, `apply` and `get` send nothing and exit with 12; what asked too often should ask less";
            checkup.fail(NAME, Exit::Unreachable, detail, remedy);
        }
        None => checkup.ok(NAME, "none: the tenant did not ask to be left alone"),
    }
    pause
}

/// The store and the audit log beside it.
pub(super) async fn files(
    checkup: &mut Checkup,
    settings: &Settings,
    journal: Opened,
    clock: &dyn Clock,
) {
    let journal = store(checkup, settings, journal).await;
    audit_log(checkup, settings, journal, clock).await;
}

async fn store(
    checkup: &mut Checkup,
    settings: &Settings,
    journal: Opened,
) -> Option<Box<dyn Journal>> {
    const NAME: &str = "store";
    let shown = settings.store.display();
    let remedy = format!(
        "put a backup of {shown} in its place; or move it away to begin anew, after which the first apply adopts what is on the tenant"
    );
    let sound = |checkup: &mut Checkup, detail: String| match wiring::open_folder(settings) {
        None => checkup.ok(NAME, detail),
        Some(folder) => {
            let detail = format!("{detail}; others may look into {}", folder.display());
            let remedy = "run a command that writes, such as `cxda apply`: it makes the folder its owner's alone";
            checkup.warn(NAME, detail, remedy);
        }
    };
    let journal = match journal {
        Ok(journal) => journal,
        Err(error) => {
            let known = error.remedy.clone();
            checkup.fail(NAME, error.exit, chain(&error), known.unwrap_or(remedy));
            return None;
        }
    };
    if !settings.store.exists() {
        sound(checkup, "none yet: the first apply makes it".to_owned());
        return Some(journal);
    }
    let read = async {
        let applied = journal.last_applied().await?.len();
        let open = journal.open_intents().await?.len();
        Ok::<_, StoreError>((applied, open))
    };
    match read.await {
        Ok((applied, 0)) => {
            let count = counted(applied, "resource");
            sound(checkup, format!("{count} applied from here"));
        }
        Ok((applied, open)) => {
            let detail = format!(
                "{} applied from here, and {} whose outcome is not known",
                counted(applied, "resource"),
                counted(open, "write")
            );
            let remedy = "run `cxda apply`: it finds out what became of them";
            checkup.warn(NAME, detail, remedy);
        }
        Err(error) => {
            checkup.fail(NAME, exit::of_store(&error), chain(&error), remedy);
            return None;
        }
    }
    Some(journal)
}

async fn audit_log(
    checkup: &mut Checkup,
    settings: &Settings,
    journal: Option<Box<dyn Journal>>,
    clock: &dyn Clock,
) {
    const NAME: &str = "audit log";
    if !settings.audit.exists() && !settings.store.exists() {
        checkup.ok(NAME, "none yet: the first apply begins it");
        return;
    }
    let verified = match verify(&settings.audit) {
        Ok(verified) => verified,
        Err(error) => {
            broken(checkup, settings, &error);
            return;
        }
    };
    let records = verified.head().seq();
    let Some(journal) = journal else {
        let detail = format!(
            "{records} records, the chain holds; whether the end was cut off only the store could tell"
        );
        checkup.warn(NAME, detail, "mend the store first, then look again");
        return;
    };
    match compare(&verified, &*journal, clock).await {
        Ok(()) => {
            let detail = format!("{records} records, the chain holds and agrees with the store");
            checkup.ok(NAME, detail);
        }
        Err(error) => broken(checkup, settings, &error),
    }
}

fn broken(checkup: &mut Checkup, settings: &Settings, error: &LogError) {
    let remedy = remedy::of_log(&settings.audit, error);
    checkup.fail("audit log", Exit::Audit, chain(error), remedy);
}
