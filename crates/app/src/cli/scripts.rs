//! What `test` and `run` take.

use std::path::PathBuf;

use clap::Args;
use cxda_domain::address::{Address, AddressPattern, ResourceKind};
use cxda_domain::instant::UtcMillis;

use super::address;

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

fn action_address(text: &str) -> Result<Address, String> {
    let address: Address = text
        .parse()
        .map_err(|error: cxda_domain::address::AddressError| error.to_string())?;
    match address.kind {
        ResourceKind::Action => Ok(address),
        ResourceKind::View => Err("a view has no script, expected `action/NAME`".to_owned()),
    }
}
