//! `cxda report`: one page of what manifests, store and audit log tell of a tenant or of a run. Nothing is sent.
//!
//! The page is made whatever is found; what is wrong stands on it, and decides the exit code afterwards.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cxda_adapters_fs::atomic;
use cxda_adapters_fs::audit::{LogError, Verified, compare, verify_each};
use cxda_adapters_fs::store::Store;
use cxda_domain::address::Address;
use cxda_domain::applied::LastApplied;
use cxda_domain::history::{History, RecordedWrite};
use cxda_domain::instant::UtcMillis;
use cxda_domain::key::RunId;
use cxda_domain::manifest::Manifest;
use cxda_domain::project_graph::ProjectGraph;
use cxda_domain::rotation::due_secrets;
use cxda_domain::rule::Severity;
use cxda_domain::variable::VariableValue;
use cxda_ports::clock::Clock;
use cxda_ports::journal::Journal;
use cxda_ports::lookups::CacheLookups;
use cxda_ports::outbox::Outbox;
use cxda_usecases::history::recorded_writes;
use cxda_usecases::validate::validate;

use crate::cli::{ReportArgs, WantedRun};
use crate::commands::{Context, Ended};
use crate::exit::Exit;
use crate::remedy;
use crate::render::audit::Held;
use crate::render::report::{
    Declared, EncryptedVariable, LogFault, LogState, MARK, Report, State, page, report_json,
};
use crate::settings::Settings;
use crate::system::SystemClock;
use crate::wiring::{self, WiringError};

pub(crate) async fn run(
    context: Context<'_>,
    arguments: &ReportArgs,
    clock: &SystemClock,
) -> Result<Exit, Ended> {
    let out = match &arguments.out {
        Some(path) => Some(spared(context.folder()?.join(path))?),
        None => None,
    };
    let settings = context.settings()?;
    let scope = wiring::scope_of(&settings.tenant(context.environment)?);
    let mut logged = Vec::new();
    let read = verify_each(&settings.audit, |line| {
        logged.extend(RecordedWrite::read(line));
    });
    // Opened after the file was read, so that it holds whatever the file held.
    let store = wiring::store_to_read(&settings, scope.clone())?;
    let log = judged(&settings, read, store.as_ref(), clock).await?;
    let records = match &store {
        Some(store) => recorded_writes(store).await.map_err(WiringError::from)?,
        None => logged,
    };
    let history = history(records, &scope.tenant, arguments.run.as_ref())?;
    let now = clock.now();
    let state = match arguments.run {
        Some(_) => None,
        None => Some(state(&settings, store.as_ref(), arguments.max_age, now).await?),
    };
    let project = settings.root.file_name().unwrap_or_default();
    let report = Report {
        generated: now,
        project: &project.to_string_lossy(),
        tenant: &scope.tenant,
        origin: &scope.origin,
        log: &log,
        history: &history,
        state: state.as_ref(),
    };
    hand_out(context, out.as_deref(), report)?;
    Ok(judgement(context, report))
}

/// The report where it was asked for: as a file, on stdout, or both.
fn hand_out(context: Context<'_>, out: Option<&Path>, report: Report<'_>) -> Result<(), Ended> {
    let screen = context.screen;
    if context.is_json() {
        screen.result(&report_json(report));
    }
    if context.is_json() && out.is_none() {
        return Ok(());
    }
    let page = page(report).map_err(|error| Ended::new(Exit::Unexpected, error))?;
    let Some(path) = out else {
        screen.result(&page);
        return Ok(());
    };
    atomic::replace(path, page.as_bytes()).map_err(|error| {
        let message = format!("{} cannot be written", path.display());
        WiringError::from_source(Exit::Unexpected, message, error)
    })?;
    screen.remark(&format!("Written to {}.", path.display()));
    Ok(())
}

/// `path`, where nothing else stands than an earlier report.
fn spared(path: PathBuf) -> Result<PathBuf, Ended> {
    let is_ours = match atomic::read(&path) {
        Ok(text) => text.is_none_or(|text| text.contains(MARK)),
        Err(_) => false,
    };
    if is_ours {
        return Ok(path);
    }
    let message = format!(
        "{} is there and is no report: it stays as it is",
        path.display()
    );
    let hint = "name another file with --out, or move that one away";
    Err(Ended::message(Exit::Refused, message).hint(hint))
}

/// How the command ends where the report itself could be made.
fn judgement(context: Context<'_>, report: Report<'_>) -> Exit {
    if let Some(fault) = &report.log.fault {
        context
            .screen
            .error_message(&format!("{} (see `cxda audit verify`)", fault.message));
        return Exit::Audit;
    }
    let declared = report.state.map(|state| &state.declared);
    if declared.is_none_or(|declared| declared.errors == 0) {
        return Exit::Done;
    }
    let message =
        "the manifests hold mistakes, and only what is sound is shown (see `cxda validate`)";
    context.screen.error_message(message);
    Exit::Invalid
}

/// What became of the comparison of the audit log with itself and with the store.
async fn judged(
    settings: &Settings,
    read: Result<Verified, LogError>,
    store: Option<&Store>,
    clock: &dyn Clock,
) -> Result<LogState, Ended> {
    let held = match store {
        Some(_) => Held::ByStore,
        None => Held::WithoutStore,
    };
    let compared = match (read, store) {
        (Ok(verified), Some(store)) => compare(&verified, store, clock).await.map(|()| verified),
        (read, _) => read,
    };
    let error = match compared {
        Ok(verified) => {
            return Ok(LogState {
                records: verified.head().seq(),
                hash: (verified.head().seq() > 0).then(|| verified.head().hash().to_owned()),
                held,
                fault: None,
            });
        }
        Err(LogError::Store(error)) => return Err(WiringError::from(error).into()),
        Err(error) => error,
    };
    let hint = remedy::of_log(&settings.audit, &error);
    let (records, kind, message) = match &error {
        LogError::Broken { source, .. } => (
            source.seq.saturating_sub(1),
            source.fault.word(),
            source.to_string(),
        ),
        other => (0, "unreadable", other.to_string()),
    };
    Ok(LogState {
        records,
        hash: None,
        held,
        fault: Some(LogFault {
            kind,
            message,
            hint,
        }),
    })
}

/// What `records` tell of `tenant`, or of the run that is wanted.
fn history(
    records: Vec<RecordedWrite>,
    tenant: &str,
    wanted: Option<&WantedRun>,
) -> Result<History, Ended> {
    let Some(wanted) = wanted else {
        return Ok(History::of(records, tenant, None));
    };
    let named = match wanted {
        WantedRun::Named(id) => Some(id.clone()),
        WantedRun::Last => last_run(&records, tenant),
    };
    let history = named.map(|id| History::of(records, tenant, Some(&id)));
    let history = history.filter(|history| !history.runs.is_empty());
    history.ok_or_else(|| {
        let message = match wanted {
            WantedRun::Named(id) => format!("no run {id} wrote on {tenant}"),
            WantedRun::Last => format!("no run wrote on {tenant} yet"),
        };
        Ended::message(Exit::Usage, message).hint("`cxda report` without --run lists all runs")
    })
}

/// The latest run that wrote on `tenant`.
fn last_run(records: &[RecordedWrite], tenant: &str) -> Option<RunId> {
    let is_write = |record: &&RecordedWrite| {
        record.outcome.tenant == tenant && !record.outcome.action.is_delivery()
    };
    let last = records.iter().rev().find(is_write)?;
    Some(last.run_id.clone())
}

/// What manifests and store tell of the tenant, besides its writes.
async fn state(
    settings: &Settings,
    store: Option<&Store>,
    max_age: Duration,
    now: UtcMillis,
) -> Result<State, Ended> {
    let manifests = wiring::manifests(settings, Vec::new())?;
    let project = validate(&manifests, &wiring::checker())
        .await
        .map_err(|error| Ended::new(Exit::Invalid, error))?;
    let errors = project.violations.iter();
    let errors = errors.filter(|violation| violation.severity() == Severity::Error);
    // That there is no manifest is said by the page itself.
    let (errors, findings) = if project.is_empty() {
        (0, 0)
    } else {
        (errors.count(), project.violations.len())
    };
    let (mut applied, mut lookups, mut outbox) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    if let Some(store) = store {
        applied = store.last_applied().await.map_err(WiringError::from)?;
        lookups = store.lookups().await.map_err(WiringError::from)?;
        outbox = store.entries(0).await.map_err(WiringError::from)?;
    }
    let variables = project.manifest.actions();
    let variables = variables.flat_map(|(action, _)| action.variables.iter().flatten());
    Ok(State {
        declared: Declared {
            resources: project.manifest.resources().len(),
            errors,
            warnings: findings - errors,
            plain_variables: variables.filter(|variable| !variable.encrypted).count(),
            graph: ProjectGraph::of(&project.manifest),
        },
        encrypted: encrypted(&project.manifest, &applied, max_age, now),
        max_age,
        lookups,
        outbox,
    })
}

/// The encrypted variables that manifests declare or that were applied, by action and name.
fn encrypted(
    manifest: &Manifest,
    applied: &BTreeMap<Address, LastApplied>,
    max_age: Duration,
    now: UtcMillis,
) -> Vec<EncryptedVariable> {
    let mut variables: BTreeMap<(String, String), EncryptedVariable> = BTreeMap::new();
    let mut of = |action: &str, name: &str, change: &dyn Fn(&mut EncryptedVariable)| {
        let named = (action.to_owned(), name.to_owned());
        let variable = variables
            .entry(named)
            .or_insert_with(|| EncryptedVariable::new(action, name));
        change(variable);
    };
    for (action, _) in manifest.actions() {
        for variable in action.variables.iter().flatten() {
            if let (true, VariableValue::From(source)) = (variable.encrypted, &variable.value) {
                of(action.name.as_str(), variable.name.as_str(), &|known| {
                    known.source = Some(source.to_string());
                });
            }
        }
    }
    for applied in applied.values() {
        for (name, secret) in &applied.secrets {
            of(&applied.address.name, name, &|known| {
                known.is_applied = true;
                known.since = secret.since;
            });
        }
    }
    for due in due_secrets(applied, max_age, now) {
        of(&due.address.name, &due.name, &|known| known.is_due = true);
    }
    variables.into_values().collect()
}
