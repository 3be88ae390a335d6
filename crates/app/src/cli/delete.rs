//! What `delete` takes.

use clap::Args;
use cxda_domain::address::AddressPattern;

use super::address;
use super::apply::BoundArgs;

#[derive(Debug, Args)]
pub(crate) struct DeleteArgs {
    /// What to delete, such as `action/score` or `action/tmp_*`
    #[arg(value_name = "ADDR", required = true, value_parser = address)]
    pub(crate) addresses: Vec<AddressPattern>,
    /// Answer the question with yes
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) bounds: BoundArgs,
}
