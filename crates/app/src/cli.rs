//! The command line as typed values. It decides nothing.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use cxda_domain::address::AddressPattern;

mod apply;
mod datetime;
mod delete;
mod diff;
mod export;
mod global;
pub(crate) mod graph;
mod reference;
mod report;
mod scripts;
mod state;

pub(crate) use apply::{ApplyArgs, Detail, OnErrorChoice, PlanArgs, ScopeArgs};
pub(crate) use datetime::{DatetimeArgs, TimeOutput};
pub(crate) use delete::DeleteArgs;
pub(crate) use diff::DiffArgs;
pub(crate) use export::ExportArgs;
pub(crate) use global::{ColorChoice, Global, LogFormat, OutputFormat};
pub(crate) use reference::{
    CompletionsArgs, ExplainArgs, InitArgs, ManArgs, SchemaArgs, SchemaKind,
};
pub(crate) use report::{ReportArgs, WantedRun};
pub(crate) use scripts::{RunArgs, TestArgs};
pub(crate) use state::{
    AuditCommand, AuditTailArgs, CacheCommand, CacheInvalidateArgs, CacheRecordArgs,
    CacheStatsArgs, RotationArgs, VariablesCommand, VariablesListArgs, WebhooksCommand,
};

/// What the exit codes mean, below the help of the whole.
const EXIT_CODES: &str = "Exit codes:
  0 done or nothing to do     1 unexpected                2 changes (--detailed-exitcode)
  3 invalid manifests         4 authentication, scope     5 conflict
  6 partly applied            8 a test failed             9 refused
  10 locked by another run    11 audit log                12 tenant unreachable
  64 usage                    130/143 interrupted";

/// NICE CXone data actions as code: validate, plan and apply manifests.
#[derive(Debug, Parser)]
#[command(
    name = "cxda",
    version,
    about,
    max_term_width = 100,
    propagate_version = true, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// What `arguments`, the program's name first, say.
    ///
    /// # Errors
    ///
    /// What is wrong with them; also help and version where they ask for it.
    pub(crate) fn read(arguments: Vec<OsString>) -> Result<Self, clap::Error> {
        let command = Self::command().color(global::color_of(&arguments));
        let mut matches = command.try_get_matches_from(arguments)?;
        Self::from_arg_matches_mut(&mut matches)
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Begin a project that works at once on the built-in simulator
    Init(InitArgs),
    /// Check manifests by every rule that needs no tenant
    Validate(ValidateArgs),
    /// Show what apply would do, and what it would cost
    Plan(PlanArgs),
    /// Bring the tenant to match the manifests
    Apply(ApplyArgs),
    /// Show what depends on what, or what a change reaches; offline
    Graph(graph::GraphArgs),
    /// Show what the tenant has
    Get(GetArgs),
    /// Show how two tenants differ: `--tenant A --tenant B`
    Diff(DiffArgs),
    /// Delete resources by name: what was made or adopted from here
    Delete(DeleteArgs),
    /// Write what the tenant has as manifests and scripts, beside what is there
    Export(ExportArgs),
    /// Run the tests of the manifests, here or on the tenant's sandbox as well
    Test(TestArgs),
    /// Run the script of one action once, here
    Run(RunArgs),
    /// Send cache directives; count and show cache lookups
    #[command(subcommand)]
    Cache(CacheCommand),
    /// Show variables, and which encrypted ones are due to be changed; never a value
    #[command(subcommand)]
    Variables(VariablesCommand),
    /// Show, deliver or discard what webhooks are still to be told
    #[command(subcommand)]
    Webhooks(WebhooksCommand),
    /// Show how writes went: latency, success, hit rate, encryption rate
    Metrics,
    /// Verify the audit log, report on it, show its last records
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Make one HTML page of what is known of a tenant or of a run; offline
    Report(ReportArgs),
    /// Evaluate one date manipulation, offline
    Datetime(DatetimeArgs),
    /// Serve a simulated tenant
    Simulate(SimulateArgs),
    /// Check settings, tenant, store and audit log; writes nothing
    Doctor,
    /// Explain a rule in full: what it demands and why, a wrong and a right example
    Explain(ExplainArgs),
    /// Print a JSON Schema, for editors and programs
    Schema(SchemaArgs),
    /// Print what a shell needs to complete command lines
    Completions(CompletionsArgs),
    /// Write a manual page for each command
    Man(ManArgs),
}

impl Command {
    /// How many tenants this command can be given.
    pub(crate) fn most_tenants(&self) -> usize {
        match self {
            Self::Diff(_) => 2,
            _ => 1,
        }
    }

    /// Whether this command can print its result in `format`.
    pub(crate) fn prints(&self, format: OutputFormat) -> bool {
        match format {
            OutputFormat::Human => true,
            OutputFormat::Json => !matches!(self, Self::Completions(_)),
            OutputFormat::Markdown => matches!(self, Self::Plan(_)),
            OutputFormat::Prometheus => matches!(self, Self::Metrics),
            OutputFormat::Junit => matches!(self, Self::Test(_)),
            OutputFormat::Sarif => matches!(self, Self::Validate(_)),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    /// Files or folders; everything that the settings name where none is given
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct GetArgs {
    /// What to show
    #[arg(value_enum)]
    pub(crate) kind: GetKind,
    /// Only the one of exactly this name
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
}

/// What `get` shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GetKind {
    /// Materialized views
    Views,
    /// Data actions
    Actions,
    /// Tables
    Tables,
}

#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub(crate) listen: std::net::SocketAddr,
    /// A script of faults, to rehearse outages
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
    /// Keep the state in FILE
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
}

fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "expected a time such as 30s or 5m".to_owned())
}

fn address(text: &str) -> Result<AddressPattern, String> {
    text.parse()
        .map_err(|error: cxda_domain::address::AddressError| error.to_string())
}
