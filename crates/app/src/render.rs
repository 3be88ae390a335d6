//! What people and programs read. Only modules here print.

use std::io::{IsTerminal, Write};

use anstyle::{AnsiColor, Style};

use crate::cli::{ColorChoice, Global};
use crate::env::{self, Environment};

pub(crate) mod apply;
pub(crate) mod checks;
pub(crate) mod diagnostics;
mod line_diff;
pub(crate) mod listing;
pub(crate) mod plan;
pub(crate) mod safe;

/// The version of every JSON shape.
pub(crate) const FORMAT_VERSION: &str = "1.0";

/// Where output goes, and how it may look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    /// Whether stdout takes colours.
    colored: bool,
    /// Whether stderr is a terminal, for progress and questions.
    pub(crate) interactive: bool,
    /// Whether anything but the result and errors is printed.
    pub(crate) quiet: bool,
}

/// The few styles that there are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tone {
    Create,
    Update,
    Delete,
    Error,
    Warning,
    Strong,
    Faint,
}

impl Screen {
    /// The screen of this process.
    pub(crate) fn new(global: &Global, environment: &Environment) -> Self {
        let colored = match global.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                environment.filled(env::NO_COLOR).is_none() && std::io::stdout().is_terminal()
            }
        };
        let interactive = std::io::stderr().is_terminal();
        Self {
            colored,
            interactive,
            quiet: global.quiet,
        }
    }

    /// `text` in `tone`.
    pub(crate) fn paint(self, tone: Tone, text: &str) -> String {
        if !self.colored {
            return text.to_owned();
        }
        let style = match tone {
            Tone::Create => AnsiColor::Green.on_default(),
            Tone::Update => AnsiColor::Yellow.on_default(),
            Tone::Delete => AnsiColor::Red.on_default(),
            Tone::Error => AnsiColor::Red.on_default().bold(),
            Tone::Warning => AnsiColor::Yellow.on_default().bold(),
            Tone::Strong => Style::new().bold(),
            Tone::Faint => Style::new().dimmed(),
        };
        format!("{style}{text}{style:#}")
    }

    /// Prints a result. A reader that went away is no failure.
    #[expect(
        clippy::unused_self,
        reason = "everything that prints goes through the screen"
    )]
    pub(crate) fn result(self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// Prints a remark beside the result, unless it must be quiet.
    pub(crate) fn remark(self, text: &str) {
        if !self.quiet {
            self.error_text(&format!("{text}\n"));
        }
    }

    /// Prints an error with all that it comes from.
    pub(crate) fn error(self, error: &dyn std::error::Error) {
        let mut text = format!("error: {error}\n");
        let mut source = error.source();
        while let Some(cause) = source {
            text.push_str(&format!("  because: {cause}\n"));
            source = cause.source();
        }
        self.error_text(&safe::lines(&text));
    }

    /// Prints what to do about an error.
    pub(crate) fn remedy(self, remedy: &str) {
        self.error_text(&safe::lines(&format!("  hint: {remedy}\n")));
    }

    /// Prints an error message.
    pub(crate) fn error_message(self, message: &str) {
        self.error_text(&safe::lines(&format!("error: {message}\n")));
    }

    #[expect(
        clippy::unused_self,
        reason = "everything that prints goes through the screen"
    )]
    fn error_text(self, text: &str) {
        let mut out = std::io::stderr().lock();
        let _ = out.write_all(text.as_bytes());
    }
}

/// A value as JSON text with a final line feed.
pub(crate) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).map_or_else(
        |error| format!("{{\"error\":{:?}}}\n", error.to_string()),
        |text| text + "\n",
    )
}

/// `count` things, in words.
pub(crate) fn counted(count: usize, thing: &str) -> String {
    if count == 1 {
        format!("1 {thing}")
    } else {
        format!("{count} {thing}s")
    }
}
