//! What every command takes.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::duration;

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Run as if started in DIR
    #[arg(
        help_heading = "Global options",
        short = 'C',
        long = "directory",
        value_name = "DIR",
        global = true
    )]
    pub(crate) directory: Option<PathBuf>,
    /// Which tenant of the settings to speak to; `diff` takes two
    #[arg(
        id = "tenant",
        help_heading = "Global options",
        long = "tenant",
        value_name = "NAME",
        global = true
    )]
    pub(crate) tenants: Vec<String>,
    /// Read environment variables also from FILE; those of the process go before
    #[arg(
        help_heading = "Global options",
        long,
        value_name = "FILE",
        global = true
    )]
    pub(crate) env_file: Option<PathBuf>,
    /// How to print the result
    #[arg(help_heading = "Global options", short = 'o', value_name = "FORMAT", value_enum, default_value_t = OutputFormat::Human, global = true)]
    pub(crate) format: OutputFormat,
    /// Print nothing but the result and errors
    #[arg(help_heading = "Global options", short, long, global = true)]
    pub(crate) quiet: bool,
    /// Log more on stderr: -v what is done, -vv each request
    #[arg(help_heading = "Global options", short, long, action = clap::ArgAction::Count, global = true)]
    pub(crate) verbose: u8,
    /// How to write the log
    #[arg(help_heading = "Global options", long, value_enum, default_value_t = LogFormat::Text, global = true)]
    pub(crate) log_format: LogFormat,
    /// When to use colours; `always` wins over `NO_COLOR`
    #[arg(help_heading = "Global options", long, value_enum, default_value_t = ColorChoice::Auto, global = true)]
    pub(crate) color: ColorChoice,
    /// Never ask
    #[arg(help_heading = "Global options", long, global = true)]
    pub(crate) no_input: bool,
    /// How long a command that writes waits for another run to end
    #[arg(help_heading = "Global options", long, value_name = "TIME", default_value = "0s", value_parser = duration, global = true)]
    pub(crate) lock_timeout: Duration,
}

impl Global {
    /// The tenant that was named, of two the first.
    pub(crate) fn tenant(&self) -> Option<&str> {
        self.tenants.first().map(String::as_str)
    }
}

/// How a result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people
    Human,
    /// For programs
    Json,
    /// For a comment on a pull request (of `plan`)
    Markdown,
    /// For Prometheus (of `metrics`)
    Prometheus,
    /// As JUnit XML (of `test`)
    Junit,
    /// As SARIF 2.1.0, for code scanning (of `validate`)
    Sarif,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// A line for each event
    Text,
    /// A JSON object for each event
    Json,
}

/// When colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal
    Auto,
    /// Also where the output is no terminal
    Always,
    /// Not at all
    Never,
}

impl ColorChoice {
    /// Whether what is printed on `stream` has colours.
    pub(crate) fn holds_on(self, stream: &impl IsTerminal) -> bool {
        match self {
            Self::Auto => stream.is_terminal(),
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// What `arguments` say of colours: help and mistakes are printed before they are read as a whole.
pub(super) fn color_of(arguments: &[OsString]) -> clap::ColorChoice {
    const OPTION: &str = "--color";
    let mut words = arguments.iter().filter_map(|word| word.to_str());
    let choice = words.find_map(|word| match word.strip_prefix(OPTION)? {
        "" => Some(None),
        rest => rest.strip_prefix('=').map(Some),
    });
    let choice = choice.and_then(|choice| choice.or_else(|| words.next()));
    choice
        .and_then(|word| word.parse().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use clap::ColorChoice::{Always, Auto, Never};

    use super::*;

    #[test]
    fn colours_of_help_are_what_the_option_says_wherever_it_stands() {
        for (line, want) in [
            ("cxda --help", Auto),
            ("cxda --color never --help", Never),
            ("cxda plan --help --color=always", Always),
            ("cxda --color", Auto),
            ("cxda --color mauve", Auto),
            ("cxda --colour never", Auto),
        ] {
            let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(color_of(&arguments), want, "case: {line}");
        }
    }
}
