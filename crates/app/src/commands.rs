//! The commands: each wires what it needs, runs one use case, and prints what came of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cxda_domain::manifest::nearest;
use cxda_domain::violation::Violations;
use cxda_ports::error::ApiError;
use cxda_usecases::plan::PlanError;

use crate::cli::{Command, Global, OutputFormat};
use crate::env::Environment;
use crate::exit::{self, Exit};
use crate::interrupt::Interrupt;
use crate::progress::Bar;
use crate::render::Screen;
use crate::render::diagnostics::validation_text;
use crate::settings::{Settings, SettingsError};
use crate::system::SystemClock;
use crate::wiring::{Connection, Pace, WiringError};

mod apply;
mod audit;
mod cache;
mod carrying_out;
mod completions;
pub(crate) mod datetime;
mod delete;
mod diff;
mod doctor;
mod explain;
mod export;
mod get;
mod graph;
mod init;
mod man;
mod metrics;
mod plan;
mod report;
mod run;
mod schema;
mod simulate;
mod test;
mod validate;
mod variables;
mod webhooks;

/// What every command is given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) global: &'a Global,
    pub(crate) environment: &'a Environment,
    pub(crate) screen: Screen,
    pub(crate) interrupt: &'a Arc<Interrupt>,
    pub(crate) bar: &'a Arc<Bar>,
}

/// Why a command ended before it came to a result: what to say, and the exit code.
pub(crate) struct Ended {
    exit: Exit,
    error: Box<dyn std::error::Error>,
    remedy: Option<String>,
}

impl Ended {
    pub(crate) fn new(exit: Exit, error: impl std::error::Error + 'static) -> Self {
        Self {
            exit,
            error: Box::new(error),
            remedy: None,
        }
    }

    /// There is no plan of the tenant at `connection`.
    pub(crate) fn without_plan(error: PlanError, connection: &Connection) -> Self {
        let remedy = match &error {
            PlanError::Observe(error) => connection.remedy(error),
            _ => None,
        };
        Self {
            remedy,
            ..Self::new(exit::of_plan(&error), error)
        }
    }

    /// The tenant at `connection` does not show what was asked for.
    pub(crate) fn unread(error: ApiError, connection: &Connection) -> Self {
        Self {
            remedy: connection.remedy(&error),
            ..Self::new(exit::of_api(&error), error)
        }
    }

    /// What went wrong.
    pub(crate) fn error(&self) -> &dyn std::error::Error {
        &*self.error
    }

    pub(crate) fn message(exit: Exit, message: impl Into<String>) -> Self {
        Self::new(exit, WiringError::new(exit, message))
    }

    /// The same, asking for the nearest of `known` where that was likely meant by `wanted`.
    pub(crate) fn or_meant<'k>(
        self,
        wanted: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) -> Self {
        match nearest(wanted, known) {
            Some(near) => self.hint(&format!("did you mean `{near}`?")),
            None => self,
        }
    }

    /// The same with what to do about it.
    pub(crate) fn hint(self, remedy: &str) -> Self {
        Self {
            remedy: Some(remedy.to_owned()),
            ..self
        }
    }
}

impl From<WiringError> for Ended {
    fn from(mut error: WiringError) -> Self {
        Self {
            remedy: error.remedy.take(),
            ..Self::new(error.exit, error)
        }
    }
}

impl From<SettingsError> for Ended {
    fn from(error: SettingsError) -> Self {
        Self::new(Exit::Invalid, error)
    }
}

impl Context<'_> {
    /// The folder in which the command runs.
    pub(crate) fn folder(&self) -> Result<PathBuf, Ended> {
        let here = std::env::current_dir().map_err(|error| {
            Ended::message(
                Exit::Unexpected,
                format!("there is no current folder: {error}"),
            )
        })?;
        let Some(directory) = &self.global.directory else {
            return Ok(here);
        };
        let folder = here.join(directory);
        if folder.is_dir() {
            Ok(clean(&folder))
        } else {
            let message = format!("{} is not a folder (named with -C)", directory.display());
            Err(Ended::message(Exit::Invalid, message))
        }
    }

    /// The settings that hold in that folder.
    pub(crate) fn settings(&self) -> Result<Settings, Ended> {
        self.settings_of(self.global.tenant())
    }

    /// The same for the tenant `tenant`.
    fn settings_of(&self, tenant: Option<&str>) -> Result<Settings, Ended> {
        Ok(Settings::load(&self.folder()?, self.environment, tenant)?)
    }

    /// Shows what is wrong with the manifests.
    pub(crate) fn show_findings(&self, violations: &Violations) {
        let findings = validation_text(self.screen.beside(), violations, 0);
        self.screen.remark(findings.trim_end());
    }

    /// Shows what is wrong with the manifests, and says how the command then ends.
    pub(crate) fn invalid(&self, violations: &Violations) -> Exit {
        self.show_findings(violations);
        self.screen.error_message("the manifests hold mistakes");
        Exit::Invalid
    }

    /// By what a tenant's client goes: time, the wish to stop, and who is told of waiting.
    fn pace(&self, clock: &Arc<SystemClock>) -> Pace {
        Pace {
            clock: Arc::clone(clock),
            stop: Arc::clone(self.interrupt),
            progress: Arc::clone(self.bar),
        }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.global.format == OutputFormat::Json
    }

    /// Where a result goes that is for people; `None` where it is for programs.
    pub(crate) fn for_people(&self) -> Option<Screen> {
        (!self.is_json()).then_some(self.screen)
    }
}

/// A path without `.` parts, for messages.
fn clean(path: &Path) -> PathBuf {
    path.components()
        .filter(|part| !matches!(part, std::path::Component::CurDir))
        .collect()
}

/// Runs `command` and says how the process ends.
pub(crate) async fn run(context: Context<'_>, command: &Command) -> Exit {
    let ended = tokio::select! {
        biased;
        exit = context.interrupt.cut_short() => {
            context.screen.end_line();
            context.screen.remark("Stopped: nothing was written on the tenant.");
            return exit;
        }
        ended = carry_out(context, command) => ended,
    };
    ended.unwrap_or_else(|ended| {
        context.screen.error(&*ended.error, ended.remedy.as_deref());
        // A call that was stopped does not know by which signal.
        let by_signal = context.interrupt.exit();
        by_signal
            .filter(|_| ended.exit == Exit::Interrupted)
            .unwrap_or(ended.exit)
    })
}

async fn carry_out(context: Context<'_>, command: &Command) -> Result<Exit, Ended> {
    let clock = Arc::new(SystemClock::new());
    match command {
        Command::Init(arguments) => init::run(context, arguments),
        Command::Validate(arguments) => validate::run(context, arguments).await,
        Command::Plan(arguments) => plan::run(context, arguments, clock).await,
        Command::Apply(arguments) => apply::run(context, arguments, clock).await,
        Command::Graph(arguments) => graph::run(context, arguments).await,
        Command::Get(arguments) => get::run(context, arguments, clock).await,
        Command::Delete(arguments) => delete::run(context, arguments, clock).await,
        Command::Diff(arguments) => diff::run(context, arguments, clock).await,
        Command::Export(arguments) => export::run(context, arguments, clock).await,
        Command::Test(arguments) => test::run(context, arguments, clock).await,
        Command::Run(arguments) => run::run(context, arguments).await,
        Command::Cache(command) => cache::run(context, command, &clock).await,
        Command::Variables(command) => variables::run(context, command, &clock).await,
        Command::Webhooks(command) => webhooks::run(context, command, clock).await,
        Command::Metrics => metrics::run(context).await,
        Command::Audit(command) => audit::run(context, command, &*clock).await,
        Command::Report(arguments) => report::run(context, arguments, &clock).await,
        Command::Datetime(arguments) => Ok(datetime::run(
            context.screen,
            arguments,
            context.global.format,
        )),
        Command::Simulate(arguments) => simulate::run(context, arguments, clock).await,
        Command::Doctor => doctor::run(context, clock).await,
        Command::Explain(arguments) => Ok(explain::run(context, arguments)),
        Command::Schema(arguments) => Ok(schema::run(context, arguments)),
        Command::Completions(arguments) => Ok(completions::run(context, arguments)),
        Command::Man(arguments) => man::run(context, arguments),
    }
}
