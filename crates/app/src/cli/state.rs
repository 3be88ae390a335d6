//! What the commands take that show or change what was kept: `cache`, `webhooks`, `variables`, `audit`.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::{Args, Subcommand};
use cxda_domain::action::ActionName;

use super::duration;

/// The age that an encrypted variable may reach where nobody says otherwise.
pub(super) const DEFAULT_MAX_AGE: &str = "90d";

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
