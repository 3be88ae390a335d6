//! `cxda diff`: how two tenants of the settings differ; writes nothing.

use std::sync::Arc;

use cxda_usecases::compare::{CompareError, Side, compare};

use crate::cli::DiffArgs;
use crate::commands::{Context, Ended};
use crate::exit::{self, Exit};
use crate::pause;
use crate::render::compared::Report;
use crate::settings::Settings;
use crate::system::SystemClock;
use crate::wiring::{self, Connection, Patience};

/// A tenant and the settings that chose it.
struct Reached {
    settings: Settings,
    connection: Connection,
}

pub(crate) async fn run(
    context: Context<'_>,
    arguments: &DiffArgs,
    clock: Arc<SystemClock>,
) -> Result<Exit, Ended> {
    let [first, second] = &context.global.tenants[..] else {
        let message = "diff compares two tenants: name both with --tenant";
        return Err(Ended::message(Exit::Usage, message));
    };
    let first = reach(context, first, &clock).await?;
    let second = match reach(context, second, &clock).await {
        Ok(second) => second,
        Err(ended) => {
            first.connection.close().await;
            return Err(ended);
        }
    };
    let ended = show(context, arguments, [&first, &second], &clock).await;
    for Reached {
        settings,
        connection,
    } in [first, second]
    {
        pause::keep(context.screen, &settings, &connection, &*clock).await;
        connection.close().await;
    }
    ended
}

async fn reach(
    context: Context<'_>,
    name: &str,
    clock: &Arc<SystemClock>,
) -> Result<Reached, Ended> {
    let settings = context.settings_of(Some(name))?;
    let tenant = settings.tenant(context.environment)?;
    let secrets = wiring::secrets(&settings, context.environment);
    let pace = context.pace(clock);
    let patience = Patience::AsSettled;
    let connection = wiring::connect(&settings, &tenant, &secrets, pace, patience).await?;
    Ok(Reached {
        settings,
        connection,
    })
}

async fn show(
    context: Context<'_>,
    arguments: &DiffArgs,
    tenants: [&Reached; 2],
    clock: &SystemClock,
) -> Result<Exit, Ended> {
    for Reached {
        settings,
        connection,
    } in tenants
    {
        let journal = wiring::journal_to_read(settings, wiring::scope(connection))?;
        pause::respect(settings, connection, &*journal, clock).await?;
    }
    let [first, second] = tenants.map(|reached| &reached.connection);
    let bar = &**context.bar;
    bar.begin();
    let compared = compare(first.ports(), second.ports(), bar, &arguments.targets).await;
    bar.clear();
    let compared = compared.map_err(|error| ended(error, [first, second]))?;
    let report = Report {
        tenants: [first, second].map(|connection| connection.heading.tenant.as_str()),
        compared: &compared,
    };
    let text = if context.is_json() {
        report.json()
    } else {
        report.text(context.screen)
    };
    // Either tenant may echo a secret of the other.
    let text = second.client.redact(&first.client.redact(&text));
    context.screen.result(&text);
    Ok(
        if arguments.detailed_exitcode && !compared.differences.is_empty() {
            Exit::Changes
        } else {
            Exit::Done
        },
    )
}

fn ended(error: CompareError, [first, second]: [&Connection; 2]) -> Ended {
    let exit = exit::of_compare(&error);
    let of = |side: Side| match side {
        Side::First => first,
        Side::Second => second,
    };
    let remedy = match &error {
        CompareError::NoTarget { .. } => None,
        CompareError::Observe { side, source } => {
            let tenant = &of(*side).heading.tenant;
            Some(match of(*side).remedy(source) {
                Some(remedy) => format!("of tenant {tenant}: {remedy}"),
                None => format!("look at tenant {tenant}"),
            })
        }
        CompareError::Ambiguous { side, .. } => {
            Some(format!("look at tenant {}", of(*side).heading.tenant))
        }
    };
    let ended = Ended::new(exit, error);
    match remedy {
        Some(remedy) => ended.hint(&remedy),
        None => ended,
    }
}
