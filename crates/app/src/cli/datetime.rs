//! The arguments of `cxda datetime`.

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct DatetimeArgs {
    /// An ISO 8601 timestamp; without an offset it is UTC
    #[arg(long, value_name = "T")]
    pub(crate) timestamp: String,
    /// An IANA name, such as `America/New_York`
    #[arg(long, value_name = "Z")]
    pub(crate) timezone: String,
    /// `ADD_OFFSET` or `SUBTRACT_OFFSET`
    #[arg(long, value_name = "OP")]
    pub(crate) operation: String,
    /// Minutes, 0 or more
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    pub(crate) offset_minutes: i128,
    /// Fraction digits of the result, 0 to 3
    #[arg(
        long,
        value_name = "N",
        default_value_t = 3,
        allow_negative_numbers = true
    )]
    pub(crate) precision: i128,
    /// How to print the result: in UTC, or as local time with its offset
    #[arg(long, value_enum, default_value_t = TimeOutput::Utc)]
    pub(crate) output: TimeOutput,
    /// Add to the local time instead of the instant
    #[arg(long)]
    pub(crate) wall: bool,
}

/// How a date and time is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TimeOutput {
    /// In UTC, with `Z`
    Utc,
    /// As local time with its offset
    Local,
}
