//! What `diff` takes besides its two tenants.

use clap::Args;
use cxda_domain::address::AddressPattern;

use super::address;

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// Compare only this address, such as `action/score` or `view/*`
    #[arg(long = "target", value_name = "ADDR", value_parser = address)]
    pub(crate) targets: Vec<AddressPattern>,
    /// Exit with 2 where they differ
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}
