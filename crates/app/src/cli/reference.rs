//! The arguments of commands about `cxda` itself.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Args, ValueEnum};
use clap_complete::Shell;
use cxda_domain::rule::Rule;

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The project's folder, made where it lacks
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// What to describe
    #[arg(value_name = "KIND", value_enum)]
    pub(crate) kind: SchemaKind,
}

/// What there is a schema of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaKind {
    /// A manifest
    Manifest,
    /// The settings, `cxda.toml`
    Config,
    /// What `plan -o json` prints
    Plan,
    /// What `apply -o json` prints
    Result,
    /// A line of the audit log
    Audit,
}

impl SchemaKind {
    /// The word on the command line.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Config => "config",
            Self::Plan => "plan",
            Self::Result => "result",
            Self::Audit => "audit",
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The code of a finding, such as V005, in any case
    #[arg(value_name = "CODE", value_parser = RuleCode, hide_possible_values = true)]
    pub(crate) rule: Rule,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
}

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Where the pages go, a folder that is there
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}

/// Reads the code of a rule, and tells the shell which there are.
#[derive(Clone, Debug)]
struct RuleCode;

impl TypedValueParser for RuleCode {
    type Value = Rule;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Rule, clap::Error> {
        str::parse::<Rule>.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let codes = Rule::ALL
            .iter()
            .map(|rule| PossibleValue::new(rule.code()).help(rule.summary()));
        Some(Box::new(codes))
    }
}
