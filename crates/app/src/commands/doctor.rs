//! `cxda doctor`: from the settings to the audit log, what works, what does not, and what to do about it.
//!
//! It writes nothing, neither here nor on the tenant, and it comes to its end also where nobody answers.

use std::sync::Arc;
use std::time::Duration;

use cxda_domain::pause::Pause;
use cxda_ports::clock::Clock;
use cxda_ports::secrets::SecretSource;

use crate::commands::{Context, Ended};
use crate::exit::Exit;
use crate::render::chain;
use crate::render::checks::{checks_json, checks_text};
use crate::settings::{Settings, Tenant};
use crate::system::SystemClock;
use crate::wiring;

use checkup::Checkup;

mod answers;
mod checkup;
mod clocks;
mod network;
mod project;
mod rates;
mod scopes;
mod scripts;
mod state;

/// The checks that send something to the tenant, in the order in which they are shown.
const OF_TENANT: [&str; 11] = [
    "name",
    "connection",
    "TLS",
    "token",
    "clock",
    "views",
    "actions",
    "tables",
    "scopes",
    "rate limit",
    "entity tags",
];

pub(crate) async fn run(context: Context<'_>, clock: Arc<SystemClock>) -> Result<Exit, Ended> {
    let mut checkup = Checkup::default();
    match context.settings() {
        Ok(settings) => examine(context, &mut checkup, &settings, &clock).await,
        Err(ended) => {
            let remedy = "mend what the message names; `cxda schema config` names every setting";
            checkup.fail("settings", Exit::Invalid, chain(ended.error()), remedy);
            let rest = ["manifests", scripts::NAME, "tenant", "credentials", "pause"];
            for name in rest
                .into_iter()
                .chain(OF_TENANT)
                .chain(["store", "audit log"])
            {
                checkup.skip(name, "without settings nobody knows what to look at");
            }
        }
    }
    let text = if context.is_json() {
        checks_json(checkup.checks())
    } else {
        checks_text(context.screen, checkup.checks())
    };
    context.screen.result(&text);
    Ok(checkup.exit())
}

async fn examine(
    context: Context<'_>,
    checkup: &mut Checkup,
    settings: &Settings,
    clock: &Arc<SystemClock>,
) {
    project::settings(checkup, settings);
    project::manifests(checkup, settings).await;
    scripts::scripts(checkup).await;
    let tenant = match settings.tenant(context.environment) {
        Ok(tenant) => tenant,
        Err(error) => {
            let remedy = "mend [tenant.NAME] in the settings, or choose a tenant with --tenant";
            checkup.fail("tenant", Exit::Invalid, chain(&error), remedy);
            for name in ["credentials", "pause"].into_iter().chain(OF_TENANT) {
                checkup.skip(name, "no tenant is known");
            }
            let journal = state::journal(settings, None);
            state::files(checkup, settings, journal, &**clock).await;
            return;
        }
    };
    project::tenant(checkup, &tenant);
    let secrets = wiring::secrets(settings, context.environment);
    network::credentials(checkup, &tenant, &secrets).await;
    let journal = state::journal(settings, Some(&tenant));
    let paused = state::pause(checkup, &journal, &**clock).await;
    if let Some(pause) = paused {
        skip_tenant(checkup, pause);
    } else {
        visit(context, checkup, settings, &tenant, &secrets, clock).await;
    }
    state::files(checkup, settings, journal, &**clock).await;
}

fn skip_tenant(checkup: &mut Checkup, pause: Pause) {
    let why = format!("nothing is sent before {}", pause.until());
    for name in OF_TENANT {
        checkup.skip(name, why.clone());
    }
}

/// Everything for which something is sent.
async fn visit(
    context: Context<'_>,
    checkup: &mut Checkup,
    settings: &Settings,
    tenant: &Tenant,
    secrets: &dyn SecretSource,
    clock: &Arc<SystemClock>,
) {
    let reached = network::reach(checkup, tenant, &**clock).await;
    let patience = wiring::Patience::Short;
    let why = if !reached {
        "the tenant cannot be reached".to_owned()
    } else if checkup.failed("credentials") {
        "there are no usable credentials".to_owned()
    } else {
        let pace = context.pace(clock);
        let connecting = wiring::connect(settings, tenant, secrets, pace, patience);
        match connecting.await {
            Ok(connection) => {
                answers::hear(checkup, settings, tenant, &connection, &**clock).await;
                connection.close().await;
                return;
            }
            Err(error) => {
                let remedy = "see the message; without an HTTP client nothing can be sent";
                checkup.fail("TLS", error.exit, chain(&error), remedy);
                "there is no HTTP client".to_owned()
            }
        }
    };
    for name in OF_TENANT {
        checkup.skip_unless_done(name, &why);
    }
}

/// What `work` comes to; `None` where it takes longer than `limit`.
async fn within<T>(clock: &dyn Clock, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        done = work => Some(done),
        () = clock.wait(limit) => None,
    }
}
