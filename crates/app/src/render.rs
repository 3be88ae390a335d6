//! What people and programs read. Only modules here print.

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anstyle::{AnsiColor, Style};

use crate::cli::{ColorChoice, Global, LogFormat};
use crate::env::{self, Environment};
use crate::log;

pub(crate) mod apply;
pub(crate) mod audit;
pub(crate) mod begun;
pub(crate) mod caches;
pub(crate) mod checks;
pub(crate) mod compared;
pub(crate) mod diagnostics;
mod excerpt;
pub(crate) mod explained;
pub(crate) mod exported;
pub(crate) mod graph;
pub(crate) mod junit;
mod line_diff;
pub(crate) mod listing;
pub(crate) mod metrics;
pub(crate) mod plan;
pub(crate) mod report;
pub(crate) mod safe;
pub(crate) mod sarif;
mod table;
pub(crate) mod tested;
pub(crate) mod variables;
pub(crate) mod webhooks;

/// The version of every JSON shape.
pub(crate) const FORMAT_VERSION: &str = "1.0";

/// How many characters stand side by side where stdout is no terminal, so that nothing depends on who looks.
const COLUMNS: usize = 120;

/// Whether something of the result is lost, because stdout did not take it.
static IS_LOST: AtomicBool = AtomicBool::new(false);

/// Whether stdout did not take all of the result.
pub(crate) fn is_result_lost() -> bool {
    IS_LOST.load(Ordering::Relaxed)
}

/// Stdout did not take the result.
#[derive(Debug, thiserror::Error)]
#[error("the result cannot be printed")]
struct NotPrinted(#[source] io::Error);

/// Where output goes, and how it may look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    /// Whether what is painted has colours.
    colored: bool,
    /// What was said of colours, by an argument or by the environment.
    colors: ColorChoice,
    /// How many columns stdout has, where it is a terminal.
    width: Option<usize>,
    /// Whether somebody looks at stderr and nothing but progress is written there meanwhile.
    pub(crate) animated: bool,
    /// How everything on stderr is written.
    log: LogFormat,
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
    /// Without colours and as text, where nobody said anything else.
    pub(crate) const PLAIN: Self = Self {
        colored: false,
        colors: ColorChoice::Never,
        width: None,
        animated: false,
        log: LogFormat::Text,
        quiet: false,
    };

    /// A terminal that says to be narrower is not believed.
    const NARROWEST: u16 = 40;

    /// The screen of this process.
    pub(crate) fn new(global: &Global, environment: &Environment) -> Self {
        let is_dumb = environment
            .filled(env::TERM)
            .is_some_and(|kind| kind == "dumb");
        let is_plain = is_dumb || environment.filled(env::NO_COLOR).is_some();
        let colors = match global.color {
            ColorChoice::Auto if is_plain => ColorChoice::Never,
            said => said,
        };
        // A bar between the lines of a log spoils both.
        let logs = global.verbose > 0 || global.log_format == LogFormat::Json;
        let animated = io::stderr().is_terminal() && !logs && !global.quiet;
        let width = terminal_size::terminal_size_of(io::stdout());
        Self {
            colored: colors.holds_on(&io::stdout()),
            colors,
            width: width.map(|(columns, _)| columns.0.max(Self::NARROWEST).into()),
            animated,
            log: global.log_format,
            quiet: global.quiet,
        }
    }

    /// The same, for text that is printed as a remark.
    pub(crate) fn beside(self) -> Self {
        Self {
            colored: self.colors.holds_on(&io::stderr()),
            ..self
        }
    }

    /// How many characters stand side by side on stdout.
    pub(crate) fn columns(self) -> usize {
        self.width.unwrap_or(COLUMNS)
    }

    /// `text`, safe to print: on a terminal in lines that fit, those after the first indented by `indent`; else in one line.
    pub(crate) fn fitted(self, text: &str, indent: usize) -> String {
        safe::wrapped_to(text, indent, self.width.unwrap_or(usize::MAX))
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

    /// Prints a result.
    pub(crate) fn result(self, text: &str) {
        let mut out = io::stdout().lock();
        let printed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        self.printed(printed);
    }

    /// Says where a result could not be printed. A reader that went away is no failure.
    pub(crate) fn printed(self, printed: io::Result<()>) {
        if let Err(error) = printed
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            IS_LOST.store(true, Ordering::Relaxed);
            self.error(&NotPrinted(error), None);
        }
    }

    /// Prints a remark beside the result, unless it must be quiet.
    pub(crate) fn remark(self, text: &str) {
        match self.log {
            LogFormat::Json => tracing::info!(target: log::REMARKS, "{text}"),
            LogFormat::Text if self.quiet => {}
            LogFormat::Text => self.error_text(&format!("{text}\n")),
        }
    }

    /// Ends the line on which a terminal shows `^C`.
    pub(crate) fn end_line(self) {
        if self.log == LogFormat::Text && io::stderr().is_terminal() {
            self.error_text("\n");
        }
    }

    /// Prints an error with all that it comes from, and what to do about it where that is known.
    pub(crate) fn error(self, error: &dyn Error, remedy: Option<&str>) {
        let causes: Vec<String> = causes(error).collect();
        if self.log == LogFormat::Json {
            let because = (!causes.is_empty()).then(|| causes.join(": "));
            tracing::error!(because, hint = remedy, "{error}");
            return;
        }
        let mut text = format!("error: {error}\n");
        for cause in causes {
            text.push_str(&format!("  because: {cause}\n"));
        }
        if let Some(remedy) = remedy {
            text.push_str(&format!("  hint: {remedy}\n"));
        }
        self.error_text(&safe::lines(&text));
    }

    /// Prints an error message.
    pub(crate) fn error_message(self, message: &str) {
        match self.log {
            LogFormat::Json => tracing::error!("{message}"),
            LogFormat::Text => self.error_text(&safe::lines(&format!("error: {message}\n"))),
        }
    }

    #[expect(
        clippy::unused_self,
        reason = "everything that prints goes through the screen"
    )]
    fn error_text(self, text: &str) {
        let mut out = io::stderr().lock();
        let _ = out.write_all(text.as_bytes());
    }
}

/// An error with all that it comes from, on one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    causes(error).fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// What `error` comes from, the nearest first.
fn causes<'a>(error: &'a (dyn Error + 'a)) -> impl Iterator<Item = String> + 'a {
    std::iter::successors(error.source(), |&cause| cause.source()).map(ToString::to_string)
}

/// A value as JSON text with a final line feed.
pub(crate) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).map_or_else(
        |error| format!("{{\"error\":{:?}}}\n", error.to_string()),
        |text| safe::json(&text) + "\n",
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

/// The window of a rate limit, in words that follow upon a number.
pub(crate) fn per(window: Duration) -> String {
    match window.as_secs() {
        60 => "a minute".to_owned(),
        _ => format!("per {}", humantime::format_duration(window)),
    }
}
