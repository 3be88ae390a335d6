//! `cxda doctor`: settings, credentials, tenant, manifests, store and audit log, each with a remedy. Writes nothing.

use std::error::Error;
use std::sync::Arc;

use cxda_adapters_fs::audit::{LogError, compare, verify};
use cxda_ports::actions::ActionsApi;
use cxda_ports::error::ApiError;
use cxda_ports::views::ViewsApi;
use cxda_usecases::validate::validate;

use crate::commands::{Context, Ended};
use crate::exit::{self, Exit};
use crate::render::checks::{Check, CheckStatus, checks_json, checks_text};
use crate::render::counted;
use crate::settings::{FILE_NAME, Settings};
use crate::system::SystemClock;
use crate::wiring::{self, Connection};

/// Checks in their order, and the cause of the first that failed.
#[derive(Default)]
struct Checkup {
    checks: Vec<Check>,
    exit: Option<Exit>,
}

impl Checkup {
    fn ok(&mut self, name: &'static str, detail: impl Into<String>) {
        self.add(name, CheckStatus::Ok, detail, None);
    }

    fn fail(&mut self, name: &'static str, exit: Exit, detail: impl Into<String>, remedy: &str) {
        self.add(name, CheckStatus::Failed, detail, Some(remedy.to_owned()));
        self.exit.get_or_insert(exit);
    }

    fn add(
        &mut self,
        name: &'static str,
        status: CheckStatus,
        detail: impl Into<String>,
        remedy: Option<String>,
    ) {
        self.checks.push(Check {
            name,
            status,
            detail: detail.into(),
            remedy,
        });
    }
}

pub(crate) async fn run(context: Context<'_>, clock: Arc<SystemClock>) -> Result<Exit, Ended> {
    let mut checkup = Checkup::default();
    let settings = context.settings()?;
    if settings.has_file {
        checkup.ok(
            "settings",
            settings.root.join(FILE_NAME).display().to_string(),
        );
    } else {
        let remedy = format!("write a {FILE_NAME} to make this folder a project");
        let detail = format!("{} has no {FILE_NAME}", settings.root.display());
        checkup.add("settings", CheckStatus::Warning, detail, Some(remedy));
    }
    manifests(&mut checkup, &settings).await;
    let secrets = wiring::secrets(&settings, context.environment);
    let connected = match settings.tenant(context.environment) {
        Ok(tenant) => wiring::connect(&settings, &tenant, &secrets, clock, wiring::Patience::Short)
            .await
            .map(|connection| (tenant, connection))
            .map_err(|error| (error.exit, chain(&error))),
        Err(error) => Err((Exit::Invalid, error.to_string())),
    };
    match connected {
        Ok((tenant, connection)) => {
            let profile = tenant.profile.name();
            let origin = &connection.heading.origin;
            checkup.ok(
                "tenant",
                format!("{} at {origin}, profile {profile}", tenant.name),
            );
            reach(&mut checkup, &connection).await;
            state(&mut checkup, &settings, &connection).await;
            connection.close().await;
        }
        Err((exit, detail)) => {
            checkup.fail("tenant", exit, detail, "mend the settings of the tenant");
        }
    }
    let text = if context.is_json() {
        checks_json(&checkup.checks)
    } else {
        checks_text(context.screen, &checkup.checks)
    };
    context.screen.result(&text);
    Ok(checkup.exit.unwrap_or(Exit::Done))
}

async fn manifests(checkup: &mut Checkup, settings: &Settings) {
    let project = match wiring::manifests(settings, Vec::new()) {
        Ok(source) => validate(&source).await.map_err(|error| chain(&error)),
        Err(error) => Err(chain(&error)),
    };
    match project {
        Err(detail) => checkup.fail(
            "manifests",
            Exit::Invalid,
            detail,
            "mend the settings of the project",
        ),
        Ok(project) if project.violations.has_errors() => {
            let detail = counted(project.violations.len(), "finding");
            checkup.fail(
                "manifests",
                Exit::Invalid,
                detail,
                "run `cxda validate` to read them",
            );
        }
        Ok(project) => {
            let count = counted(project.manifest.resources().len(), "resource");
            checkup.ok("manifests", format!("{count} declared"));
        }
    }
}

/// One page of each listing: token, scopes and answers in one go.
async fn reach(checkup: &mut Checkup, connection: &Connection) {
    let client = &connection.client;
    let views = ViewsApi::list(client, None).await.map(drop);
    note(checkup, connection, "views", views);
    let actions = ActionsApi::list(client, None).await.map(drop);
    note(checkup, connection, "actions", actions);
}

fn note(
    checkup: &mut Checkup,
    connection: &Connection,
    name: &'static str,
    read: Result<(), ApiError>,
) {
    match read {
        Ok(()) => checkup.ok(name, "can be listed"),
        Err(error) => {
            let remedy = connection.remedy(&error);
            let remedy = remedy
                .as_deref()
                .unwrap_or("look into the tenant's own log");
            checkup.fail(name, exit::of_api(&error), error.to_string(), remedy);
        }
    }
}

async fn state(checkup: &mut Checkup, settings: &Settings, connection: &Connection) {
    let journal = match wiring::journal_to_read(settings, wiring::scope(connection)) {
        Ok(journal) => journal,
        Err(error) => {
            let remedy = "restore the store from a backup, or move it away to begin anew";
            checkup.fail("store", error.exit, chain(&error), remedy);
            return;
        }
    };
    match journal.last_applied().await {
        Ok(applied) => {
            let count = counted(applied.len(), "resource");
            checkup.ok("store", format!("{count} applied from here"));
        }
        Err(error) => {
            let remedy = "restore the store from a backup, or move it away to begin anew";
            checkup.fail("store", exit::of_store(&error), chain(&error), remedy);
            return;
        }
    }
    if !settings.audit.exists() {
        checkup.add("audit log", CheckStatus::Skipped, "not written yet", None);
        return;
    }
    let compared = match verify(&settings.audit) {
        Ok(verified) => compare(&verified, &*journal)
            .await
            .map(|()| verified.head().seq()),
        Err(error) => Err(error),
    };
    match compared {
        Ok(records) => checkup.ok("audit log", format!("{records} records, the chain holds")),
        Err(error) => {
            let error: LogError = error;
            let remedy = "keep the file as evidence; it differs from what was written";
            checkup.fail("audit log", Exit::Audit, chain(&error), remedy);
        }
    }
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}
