//! The arguments of `cxda graph`.

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct GraphArgs {
    /// How to show it: `text`, or `json` with -o json, where nothing is said
    #[arg(
        id = "graph_format",
        long = "format",
        value_name = "FORMAT",
        value_enum
    )]
    pub(crate) format: Option<GraphFormat>,
    /// Show what a change of this reaches, such as `action/score` or `table/ID`
    #[arg(long, value_name = "ADDR")]
    pub(crate) impact: Option<String>,
}

/// How a graph is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// A tree: below each thing what it depends on; with --impact what depends on it
    Text,
    /// For Graphviz
    Dot,
    /// For Mermaid, as Markdown pages show it
    Mermaid,
    /// A picture
    Svg,
    /// For programs
    Json,
}
