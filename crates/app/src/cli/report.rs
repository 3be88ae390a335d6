//! What `report` takes.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use cxda_domain::key::RunId;

use super::duration;
use super::state::DEFAULT_MAX_AGE;

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// Write the page to FILE, also in the place of an earlier one
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Only this run: the id of one, or `last`
    #[arg(long, value_name = "ID")]
    pub(crate) run: Option<WantedRun>,
    /// How long an encrypted variable may stay as it is
    #[arg(long, value_name = "TIME", default_value = DEFAULT_MAX_AGE, value_parser = duration)]
    pub(crate) max_age: Duration,
}

/// Which run a report is about.
#[derive(Clone, Debug)]
pub(crate) enum WantedRun {
    /// The latest that wrote.
    Last,
    /// The one of this id.
    Named(RunId),
}

impl FromStr for WantedRun {
    type Err = Infallible;

    fn from_str(raw: &str) -> Result<Self, Infallible> {
        Ok(match raw {
            "last" => Self::Last,
            id => Self::Named(RunId::new(id)),
        })
    }
}
