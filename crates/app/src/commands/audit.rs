//! `cxda audit`: whether the log is sound, what it says in figures, and its last records. Nothing is sent or written.

use cxda_adapters_fs::audit::{LogError, compare, tail, verify, verify_each};
use cxda_adapters_fs::store::Scope;
use cxda_domain::audit::SealedRecord;
use cxda_domain::lookups::Lookups;
use cxda_domain::metrics::Metrics;
use cxda_ports::clock::Clock;
use cxda_ports::lookups::CacheLookups as _;

use crate::cli::{AuditCommand, AuditTailArgs};
use crate::commands::{Context, Ended};
use crate::exit::{self, Exit};
use crate::remedy;
use crate::render::audit::{Broken, Held, Report, report, sound, tail_json, tail_text};
use crate::settings::Settings;
use crate::wiring::{self, WiringError};

pub(crate) async fn run(
    context: Context<'_>,
    command: &AuditCommand,
    clock: &dyn Clock,
) -> Result<Exit, Ended> {
    match command {
        AuditCommand::Verify => show_verdict(context, clock).await,
        AuditCommand::Report => show_report(context, clock).await,
        AuditCommand::Tail(arguments) => show_tail(context, arguments),
    }
}

async fn show_verdict(context: Context<'_>, clock: &dyn Clock) -> Result<Exit, Ended> {
    let settings = context.settings()?;
    let verified = match verify(&settings.audit) {
        Ok(verified) => verified,
        Err(error) => return unsound(context, &settings, error),
    };
    // Opened after the file was read, so that it holds whatever the file held.
    let nobody = Scope {
        tenant: String::new(),
        origin: String::new(),
    };
    let held = match wiring::store_to_read(&settings, nobody)? {
        None => Held::WithoutStore,
        Some(store) => match compare(&verified, &store, clock).await {
            Ok(()) => Held::ByStore,
            Err(error) => return unsound(context, &settings, error),
        },
    };
    let records = verified.head().seq();
    let text = sound(context.for_people(), &settings.audit, records, held);
    context.screen.result(&text);
    Ok(Exit::Done)
}

/// Says what is wrong with the log; for programs as the result, else as an error.
fn unsound(context: Context<'_>, settings: &Settings, error: LogError) -> Result<Exit, Ended> {
    if let (true, LogError::Broken { source, .. }) = (context.is_json(), &error) {
        let remedy = remedy::of_log(&settings.audit, &error);
        let broken = Broken {
            path: &settings.audit,
            error: source,
            remedy: &remedy,
        };
        context.screen.result(&broken.json());
        return Ok(Exit::Audit);
    }
    Err(unusable(settings, error))
}

fn unusable(settings: &Settings, error: LogError) -> Ended {
    let exit = match &error {
        LogError::Store(error) => exit::of_store(error),
        _ => Exit::Audit,
    };
    let remedy = Some(remedy::of_log(&settings.audit, &error));
    Ended {
        remedy,
        ..Ended::new(exit, error)
    }
}

async fn show_report(context: Context<'_>, clock: &dyn Clock) -> Result<Exit, Ended> {
    let settings = context.settings()?;
    let mut lines = Vec::new();
    let read = verify_each(&settings.audit, |line| lines.push(line.to_owned()));
    read.map_err(|error| unusable(&settings, error))?;
    let numbered = (1..).zip(lines);
    let records: Vec<SealedRecord> = numbered
        .map(|(seq, line)| SealedRecord { seq, line })
        .collect();
    let mut metrics = Metrics::default();
    let outcomes = records.iter().filter_map(SealedRecord::outcome);
    outcomes.for_each(|outcome| metrics.add(&outcome));
    let text = report(
        context.for_people(),
        &Report {
            generated: clock.now(),
            records: &records,
            metrics: &metrics,
            hit_rate: lookups(context, &settings).await?.hit_rate(),
        },
    );
    let text = text.map_err(|error| Ended::new(Exit::Audit, error))?;
    context.screen.result(&text);
    Ok(Exit::Done)
}

/// The cache lookups of the tenant that is chosen; none where no tenant or no store is.
async fn lookups(context: Context<'_>, settings: &Settings) -> Result<Lookups, Ended> {
    let none = Lookups::default();
    let Ok(tenant) = settings.tenant(context.environment) else {
        return Ok(none);
    };
    let Some(store) = wiring::store_to_read(settings, wiring::scope_of(&tenant))? else {
        return Ok(none);
    };
    let lookups = store.lookups().await.map_err(WiringError::from)?;
    Ok(lookups.into_values().fold(none, Lookups::plus))
}

fn show_tail(context: Context<'_>, arguments: &AuditTailArgs) -> Result<Exit, Ended> {
    let settings = context.settings()?;
    let lines = tail(&settings.audit, arguments.lines).map_err(|source| {
        let path = settings.audit.display().to_string();
        unusable(&settings, LogError::Unreadable { path, source })
    })?;
    let shown = if context.is_json() {
        tail_json(&lines)
    } else {
        tail_text(&lines)
    };
    let text = shown.map_err(|error| Ended {
        remedy: Some("see `cxda audit verify`".to_owned()),
        ..Ended::new(
            Exit::Audit,
            WiringError::from_source(
                Exit::Audit,
                "among the last lines of the audit log is one that is no record",
                error,
            ),
        )
    })?;
    context.screen.result(&text);
    if lines.is_empty() {
        context.screen.remark("The audit log holds no record.");
    }
    Ok(Exit::Done)
}
