//! What `export` takes.

use std::path::PathBuf;

use clap::Args;
use cxda_domain::address::AddressPattern;

use super::address;

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The folder for the files; `manifests` in the project's folder where none is given
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    /// Export only this address, such as `action/score` or `view/*`
    #[arg(long = "target", value_name = "ADDR", value_parser = address)]
    pub(crate) targets: Vec<AddressPattern>,
}
