//! The command line as typed values. It decides nothing.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use cxda_domain::action::ActionName;
use cxda_domain::address::{Address, AddressPattern, ResourceKind};
use cxda_domain::instant::UtcMillis;

mod datetime;
pub(crate) mod graph;
mod reference;

pub(crate) use datetime::{DatetimeArgs, TimeOutput};
pub(crate) use reference::{CompletionsArgs, ExplainArgs, ManArgs};

/// What the exit codes mean, below the help of the whole.
const EXIT_CODES: &str = "Exit codes:
  0 done or nothing to do     1 unexpected                2 changes (--detailed-exitcode)
  3 invalid manifests         4 authentication, scope     5 conflict
  6 partly applied            8 a test failed             9 refused
  10 locked by another run    11 audit log                12 tenant unreachable
  64 usage                    130/143 interrupted";

/// The age that an encrypted variable may reach where nobody says otherwise.
const DEFAULT_MAX_AGE: &str = "90d";

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

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Run as if started in DIR
    #[arg(
        help_heading = "Global options",
        short = 'C',
        long = "directory",
        value_name = "DIR",
        global = true
    )]
    pub(crate) directory: Option<PathBuf>,
    /// Which tenant of the settings to speak to
    #[arg(
        help_heading = "Global options",
        long,
        value_name = "NAME",
        global = true
    )]
    pub(crate) tenant: Option<String>,
    /// Read environment variables also from FILE; those of the process go before
    #[arg(
        help_heading = "Global options",
        long,
        value_name = "FILE",
        global = true
    )]
    pub(crate) env_file: Option<PathBuf>,
    /// How to print the result
    #[arg(help_heading = "Global options", short = 'o', value_name = "FORMAT", value_enum, default_value_t = OutputFormat::Human, global = true)]
    pub(crate) format: OutputFormat,
    /// Print nothing but the result and errors
    #[arg(help_heading = "Global options", short, long, global = true)]
    pub(crate) quiet: bool,
    /// Log more on stderr: -v what is done, -vv each request
    #[arg(help_heading = "Global options", short, long, action = clap::ArgAction::Count, global = true)]
    pub(crate) verbose: u8,
    /// How to write the log
    #[arg(help_heading = "Global options", long, value_enum, default_value_t = LogFormat::Text, global = true)]
    pub(crate) log_format: LogFormat,
    /// When to use colours; `always` wins over `NO_COLOR`
    #[arg(help_heading = "Global options", long, value_enum, default_value_t = ColorChoice::Auto, global = true)]
    pub(crate) color: ColorChoice,
    /// Never ask
    #[arg(help_heading = "Global options", long, global = true)]
    pub(crate) no_input: bool,
    /// How long a command that writes waits for another run to end
    #[arg(help_heading = "Global options", long, value_name = "TIME", default_value = "0s", value_parser = duration, global = true)]
    pub(crate) lock_timeout: Duration,
}

/// How a result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people
    Human,
    /// For programs
    Json,
    /// For Prometheus (of `metrics`)
    Prometheus,
    /// As JUnit XML (of `test`)
    Junit,
}

impl Command {
    /// Whether this command can print its result in `format`.
    pub(crate) fn prints(&self, format: OutputFormat) -> bool {
        match format {
            OutputFormat::Human => true,
            OutputFormat::Json => !matches!(self, Self::Completions(_)),
            OutputFormat::Prometheus => matches!(self, Self::Metrics),
            OutputFormat::Junit => matches!(self, Self::Test(_)),
        }
    }
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// A line for each event
    Text,
    /// A JSON object for each event
    Json,
}

/// When colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal
    Auto,
    /// Also where the output is no terminal
    Always,
    /// Not at all
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
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
    /// Evaluate one date manipulation, offline
    Datetime(DatetimeArgs),
    /// Serve a simulated tenant
    Simulate(SimulateArgs),
    /// Check settings, tenant, store and audit log; writes nothing
    Doctor,
    /// Explain a rule in full: what it demands and why, a wrong and a right example
    Explain(ExplainArgs),
    /// Print what a shell needs to complete command lines
    Completions(CompletionsArgs),
    /// Write a manual page for each command
    Man(ManArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    /// Files or folders; everything that the settings name where none is given
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
}

/// What to plan.
#[derive(Debug, Args)]
pub(crate) struct ScopeArgs {
    /// Plan only this address, such as `action/score` or `view/*`, and what it depends on
    #[arg(long = "target", value_name = "ADDR", value_parser = address)]
    pub(crate) targets: Vec<AddressPattern>,
    /// Delete what this project made and no manifest names any more
    #[arg(long)]
    pub(crate) prune: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    /// Save the plan to FILE, for `cxda apply FILE`
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Exit with 2 where there are changes
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// A plan saved with `cxda plan --out`; refused where anything moved since
    #[arg(value_name = "PLANFILE", conflicts_with_all = ["targets", "prune"])]
    pub(crate) plan_file: Option<PathBuf>,
    /// Answer the question with yes
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    /// How many resources may be deleted
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) allow_deletes: usize,
    /// How many changes may be under way at once
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = parallelism)]
    pub(crate) parallelism: usize,
    /// Which tests of the manifests are run
    #[arg(long, value_enum, default_value_t = TestChoice::Local)]
    pub(crate) test: TestChoice,
    /// What becomes of the rest after a failure
    #[arg(long, value_enum, default_value_t = OnErrorChoice::Continue)]
    pub(crate) on_error: OnErrorChoice,
}

/// Which tests an apply runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestChoice {
    /// None
    None,
    /// Here, before anything is sent
    Local,
    /// On the tenant's sandbox, after each create and update
    Remote,
    /// Both
    All,
}

impl TestChoice {
    pub(crate) fn is_here(self) -> bool {
        matches!(self, Self::Local | Self::All)
    }

    pub(crate) fn is_there(self) -> bool {
        matches!(self, Self::Remote | Self::All)
    }
}

/// What becomes of the rest after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnErrorChoice {
    /// Begin nothing new
    Stop,
    /// Go on with what does not depend on it
    Continue,
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
pub(crate) struct TestArgs {
    /// Only these, such as `action/score` or `action/crm_*`
    #[arg(value_name = "ADDR", value_parser = address)]
    pub(crate) addresses: Vec<AddressPattern>,
    /// Only tests in whose `action/NAME: TEST` this text stands
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,
    /// Run each test on the tenant's sandbox as well, and say where it differs
    #[arg(long)]
    pub(crate) remote: bool,
    /// Write what came out into the manifests where a test expects another `output`
    #[arg(long, conflicts_with = "remote")]
    pub(crate) update: bool,
    /// Run again whenever a file of the project changes
    #[arg(long)]
    pub(crate) watch: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The action, such as `action/score`
    #[arg(value_name = "ADDR", value_parser = action_address)]
    pub(crate) address: Address,
    /// The input as JSON: a file, or `-` for stdin
    #[arg(long, value_name = "FILE")]
    pub(crate) input: PathBuf,
    /// What the script's clock shows, such as 2024-02-29T15:30:00Z; without it there is none
    #[arg(long, value_name = "T")]
    pub(crate) now: Option<UtcMillis>,
    /// The seed of the script's randomness; without it there is none
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) random_seed: Option<i64>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// Tell those whom an action's directives name that its entries are stale
    Invalidate(CacheInvalidateArgs),
    /// Add lookups to those of an action
    Record(CacheRecordArgs),
    /// Show the hit rate of each action
    Stats(CacheStatsArgs),
}

#[derive(Debug, Args)]
pub(crate) struct CacheInvalidateArgs {
    /// The action
    #[arg(value_name = "ACTION")]
    pub(crate) action: ActionName,
    /// Only directives about this event
    #[arg(long, value_name = "TYPE")]
    pub(crate) event: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CacheRecordArgs {
    /// The action
    #[arg(value_name = "ACTION")]
    pub(crate) action: ActionName,
    /// Lookups that found their entry
    #[arg(long, value_name = "N")]
    pub(crate) hits: u64,
    /// Lookups that did not
    #[arg(long, value_name = "N")]
    pub(crate) misses: u64,
}

#[derive(Debug, Args)]
pub(crate) struct CacheStatsArgs {
    /// Only this action
    #[arg(value_name = "ACTION")]
    pub(crate) action: Option<ActionName>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WebhooksCommand {
    /// Show what is not delivered, and what was delivered last
    List,
    /// Try now all that is pending or dead, due or not
    Deliver,
    /// Give up what is not delivered
    Discard(DiscardArgs),
}

#[derive(Debug, Args)]
pub(crate) struct DiscardArgs {
    /// Which one, as `webhooks list` names it
    #[arg(value_name = "ID")]
    pub(crate) id: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum VariablesCommand {
    /// Show the variables that the manifests declare
    List(VariablesListArgs),
    /// Show encrypted variables that were not changed for too long
    Rotation(RotationArgs),
}

#[derive(Debug, Args)]
pub(crate) struct VariablesListArgs {
    /// Only this action
    #[arg(value_name = "ACTION")]
    pub(crate) action: Option<ActionName>,
}

#[derive(Debug, Args)]
pub(crate) struct RotationArgs {
    /// Only this action
    #[arg(value_name = "ACTION")]
    pub(crate) action: Option<ActionName>,
    /// How long an encrypted variable may stay as it is
    #[arg(long, value_name = "TIME", default_value = DEFAULT_MAX_AGE, value_parser = duration)]
    pub(crate) max_age: Duration,
    /// Exit with 2 where any is due
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Check that no record was changed, taken away or put in; needs no tenant
    Verify,
    /// Show all records and what they say in figures
    Report,
    /// Show the last records, also while a run writes
    Tail(AuditTailArgs),
}

#[derive(Debug, Args)]
pub(crate) struct AuditTailArgs {
    /// How many records, 1 or more
    #[arg(short = 'n', long, value_name = "N", default_value = "10")]
    pub(crate) lines: NonZeroUsize,
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

fn action_address(text: &str) -> Result<Address, String> {
    let address: Address = text
        .parse()
        .map_err(|error: cxda_domain::address::AddressError| error.to_string())?;
    match address.kind {
        ResourceKind::Action => Ok(address),
        ResourceKind::View => Err("a view has no script, expected `action/NAME`".to_owned()),
    }
}

fn parallelism(text: &str) -> Result<usize, String> {
    let found = text
        .parse::<usize>()
        .ok()
        .filter(|count| (1..=64).contains(count));
    found.ok_or_else(|| "expected 1 to 64".to_owned())
}
