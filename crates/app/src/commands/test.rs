//! `cxda test`: the tests of the manifests, here or on the tenant's sandbox as well, once or whenever a file changes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cxda_adapters_fs::edit::NewOutput;
use cxda_adapters_fs::manifests::{FsManifests, Stamps};
use cxda_ports::clock::Clock;
use cxda_ports::manifests::ScriptRequest;
use cxda_usecases::test::{TestPorts, TestResult, TestScope, Tested, test};

use crate::cli::{OutputFormat, TestArgs};
use crate::commands::{Context, Ended};
use crate::exit::{self, Exit};
use crate::pause;
use crate::render::chain;
use crate::render::junit::junit;
use crate::render::tested::{tested_json, tested_summary, tested_text};
use crate::settings::{FILE_NAME, Settings};
use crate::system::SystemClock;
use crate::wiring::{self, Connection, Patience};

/// How often `--watch` looks at the files.
const LOOK_EVERY: Duration = Duration::from_millis(250);

pub(crate) async fn run(
    context: Context<'_>,
    arguments: &TestArgs,
    clock: Arc<SystemClock>,
) -> Result<Exit, Ended> {
    if !arguments.watch {
        let round = round(context, arguments, &clock).await?;
        return Ok(round.exit);
    }
    let mut scripts = Vec::new();
    loop {
        let mut seen = look(context, &scripts).await;
        match round(context, arguments, &clock).await {
            Ok(round) if round.scripts != scripts => {
                scripts = round.scripts;
                seen = look(context, &scripts).await;
            }
            Ok(_) => {}
            Err(ended) => context.screen.error(ended.error(), None),
        }
        context
            .screen
            .remark("Waiting for a change; Ctrl-C ends this.");
        while look(context, &scripts).await == seen {
            clock.wait(LOOK_EVERY).await;
        }
        context.screen.remark("----");
    }
}

/// What the files of the project look like; nothing of them where the settings cannot be read.
async fn look(context: Context<'_>, scripts: &[ScriptRequest]) -> Stamps {
    let manifests = || wiring::manifests(&context.settings().ok()?, Vec::new()).ok();
    match manifests() {
        Some(manifests) => manifests.stamps(scripts, &[FILE_NAME]).await,
        None => Stamps::default(),
    }
}

/// All tests once.
struct Round {
    exit: Exit,
    /// The script files that the manifests name, be they there or not.
    scripts: Vec<ScriptRequest>,
}

async fn round(
    context: Context<'_>,
    arguments: &TestArgs,
    clock: &Arc<SystemClock>,
) -> Result<Round, Ended> {
    let settings = context.settings()?;
    if !arguments.remote {
        return test_and_show(context, arguments, &settings, None).await;
    }
    let tenant = settings.tenant(context.environment)?;
    let secrets = wiring::secrets(&settings, context.environment);
    let pace = context.pace(clock);
    let connecting = wiring::connect(&settings, &tenant, &secrets, pace, Patience::AsSettled);
    let connection = connecting.await?;
    let ended = on_tenant(context, arguments, &settings, &connection, clock).await;
    pause::keep(context.screen, &settings, &connection, &**clock).await;
    connection.close().await;
    ended
}

async fn on_tenant(
    context: Context<'_>,
    arguments: &TestArgs,
    settings: &Settings,
    connection: &Connection,
    clock: &SystemClock,
) -> Result<Round, Ended> {
    let journal = wiring::journal_to_read(settings, wiring::scope(connection))?;
    pause::respect(settings, connection, &*journal, clock).await?;
    test_and_show(context, arguments, settings, Some(connection)).await
}

async fn test_and_show(
    context: Context<'_>,
    arguments: &TestArgs,
    settings: &Settings,
    connection: Option<&Connection>,
) -> Result<Round, Ended> {
    let manifests = wiring::manifests(settings, Vec::new())?;
    let mut tested = run_tests(context, arguments, &manifests, connection).await?;
    if tested.project.violations.has_errors() {
        return Ok(Round {
            exit: context.invalid(&tested.project.violations),
            scripts: tested.project.scripts,
        });
    }
    if arguments.update && update(context, &manifests, &tested).await > 0 {
        tested = run_tests(context, arguments, &manifests, connection).await?;
    }
    let results = &tested.results;
    let text = match context.global.format {
        OutputFormat::Json => tested_json(results),
        OutputFormat::Junit => junit(results),
        OutputFormat::Human
        | OutputFormat::Prometheus
        | OutputFormat::Markdown
        | OutputFormat::Sarif => tested_text(context.screen, results),
    };
    let redacted = connection.map(|connection| connection.client.redact(&text));
    context.screen.result(redacted.as_deref().unwrap_or(&text));
    context.screen.remark(&tested_summary(results));
    Ok(Round {
        exit: if results.iter().all(TestResult::has_passed) {
            Exit::Done
        } else {
            Exit::TestFailed
        },
        scripts: tested.project.scripts,
    })
}

async fn run_tests(
    context: Context<'_>,
    arguments: &TestArgs,
    manifests: &FsManifests,
    connection: Option<&Connection>,
) -> Result<Tested, Ended> {
    let runner = wiring::scripts()?;
    let bar = &**context.bar;
    bar.begin();
    let ports = TestPorts {
        manifests,
        checker: &wiring::checker(),
        runner: &runner,
        tenant: connection.map(Connection::ports),
        progress: bar,
    };
    let scope = TestScope {
        addresses: arguments.addresses.clone(),
        filter: arguments.filter.clone(),
    };
    let tested = test(ports, &scope, wiring::scripts_at_once().get()).await;
    bar.clear();
    tested.map_err(|error| Ended::new(exit::of_test(&error), error))
}

/// Writes what came out into the manifests where another output is expected, says what it did, and how many outputs that were.
async fn update(context: Context<'_>, manifests: &FsManifests, tested: &Tested) -> usize {
    let screen = context.screen;
    let mut by_file: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for result in &tested.results {
        if let Some((origin, output)) = tested.new_output(result) {
            let new = NewOutput {
                document: origin.start,
                test: result.index,
                output: output.clone(),
            };
            let of_file = by_file.entry(&*origin.file).or_default();
            of_file.push((result.title(), new));
        }
    }
    let mut updated = 0;
    for (file, wanted) in by_file {
        let Some(read_as) = tested.project.digests.get(file) else {
            continue;
        };
        let (titles, outputs): (Vec<_>, Vec<_>) = wanted.into_iter().unzip();
        match manifests.put_outputs(file, read_as, outputs).await {
            Ok(results) => {
                for (title, result) in titles.iter().zip(results) {
                    match result {
                        Ok(()) => {
                            updated += 1;
                            screen.remark(&format!("Updated in {file}: {title}"));
                        }
                        Err(reason) => screen
                            .error_message(&format!("not updated in {file}: {title}: {reason}")),
                    }
                }
            }
            Err(error) => {
                screen.error_message(&format!("{file} was not updated: {}", chain(&error)));
            }
        }
    }
    updated
}
