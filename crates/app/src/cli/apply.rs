//! What `plan` and `apply` take.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use cxda_domain::address::AddressPattern;

use super::address;

/// How much of a plan is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Detail {
    /// A line for each kind of change
    Summary,
    /// A line for each change
    Compact,
    /// Every field of each change, differences in full length
    Full,
}

#[derive(Debug, Args)]
pub(crate) struct DetailArgs {
    /// How much of the changes to show; left out, the fields of up to 20 changes, or a line for each
    #[arg(long, value_enum)]
    pub(crate) detail: Option<Detail>,
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
    #[command(flatten)]
    pub(crate) shown: DetailArgs,
    /// Save the plan to FILE, for `cxda apply FILE`
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Exit with 2 where there are changes
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

/// How far a run that writes may go.
#[derive(Debug, Args)]
pub(crate) struct BoundArgs {
    /// How many resources may be deleted
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) allow_deletes: usize,
    /// How many changes may be under way at once
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = parallelism)]
    pub(crate) parallelism: usize,
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
    #[command(flatten)]
    pub(crate) shown: DetailArgs,
    #[command(flatten)]
    pub(crate) bounds: BoundArgs,
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

fn parallelism(text: &str) -> Result<usize, String> {
    let found = text
        .parse::<usize>()
        .ok()
        .filter(|count| (1..=64).contains(count));
    found.ok_or_else(|| "expected 1 to 64".to_owned())
}
