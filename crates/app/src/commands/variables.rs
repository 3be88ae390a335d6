//! `cxda variables`: what manifests declare, and which encrypted ones are due to be changed. No value is read.

use cxda_domain::action::ActionName;
use cxda_domain::rotation::due_secrets;
use cxda_ports::clock::Clock;
use cxda_usecases::validate::validate;

use crate::cli::{RotationArgs, VariablesCommand, VariablesListArgs};
use crate::commands::cache::known;
use crate::commands::{Context, Ended};
use crate::exit::Exit;
use crate::render::counted;
use crate::render::diagnostics::validation_text;
use crate::render::variables::{RotationSummary, days, rotation, variables};
use crate::system::SystemClock;
use crate::wiring::{self, WiringError};

pub(crate) async fn run(
    context: Context<'_>,
    command: &VariablesCommand,
    clock: &SystemClock,
) -> Result<Exit, Ended> {
    match command {
        VariablesCommand::List(arguments) => list(context, arguments).await,
        VariablesCommand::Rotation(arguments) => show_due(context, arguments, clock).await,
    }
}

async fn list(context: Context<'_>, arguments: &VariablesListArgs) -> Result<Exit, Ended> {
    let settings = context.settings()?;
    let manifests = wiring::manifests(&settings, Vec::new())?;
    let project = validate(&manifests, &wiring::checker())
        .await
        .map_err(|error| Ended::new(Exit::Invalid, error))?;
    let screen = context.screen;
    if project.violations.has_errors() {
        let resources = project.manifest.resources().len();
        let findings = validation_text(screen, &project.violations, resources);
        screen.remark(findings.trim_end());
        return Ok(Exit::Invalid);
    }
    let only = arguments.action.as_ref().map(ActionName::as_str);
    let manifest = &project.manifest;
    let known = || manifest.actions().map(|(action, _)| action.name.as_str());
    if let Some(name) = only
        && !known().any(|known| known == name)
    {
        let message = format!("no manifest declares an action named {name}");
        return Err(Ended::message(Exit::Usage, message).or_meant(name, known()));
    }
    let text = variables(context.for_people(), manifest, only);
    screen.result(&text);
    if text.is_empty() {
        screen.remark("No variables are declared.");
    }
    Ok(Exit::Done)
}

async fn show_due(
    context: Context<'_>,
    arguments: &RotationArgs,
    clock: &SystemClock,
) -> Result<Exit, Ended> {
    let settings = context.settings()?;
    let scope = wiring::scope_of(&settings.tenant(context.environment)?);
    let journal = wiring::journal_to_read(&settings, scope)?;
    let mut applied = journal.last_applied().await.map_err(WiringError::from)?;
    if let Some(only) = &arguments.action {
        known(&settings, &*journal, only).await?;
        applied.retain(|address, _| address.name == only.as_str());
    }
    let (now, max_age) = (clock.now(), arguments.max_age);
    let due = due_secrets(&applied, max_age, now);
    let summary = RotationSummary {
        encrypted: applied.values().map(|each| each.secrets.len()).sum(),
        due: due.len(),
    };
    let screen = context.screen;
    screen.result(&rotation(context.for_people(), &due, summary, max_age, now));
    let RotationSummary { encrypted, due } = summary;
    if encrypted == 0 {
        screen.remark("No encrypted variables were applied from here.");
    } else {
        let age = match days(max_age) {
            0 => humantime::format_duration(max_age).to_string(),
            days => counted(usize::try_from(days).unwrap_or(usize::MAX), "day"),
        };
        let encrypted = counted(encrypted, "encrypted variable");
        screen.remark(&format!("Not changed within {age}: {due} of {encrypted}."));
    }
    Ok(if due > 0 && arguments.detailed_exitcode {
        Exit::Changes
    } else {
        Exit::Done
    })
}
