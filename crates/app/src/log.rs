//! The log on stderr: lines for people, or one JSON object a line for programs.
//!
//! In JSON, remarks and errors go the same way, so that every line on stderr is an object.

use tracing_subscriber::EnvFilter;

use crate::cli::{Global, LogFormat};

/// What remarks are logged as; they are shown at every level but the quiet one.
pub(crate) const REMARKS: &str = "cxda::remark";

/// Starts the log: warnings, with `-v` what happens, with `-vv` each request. Other crates' words stay out.
pub(crate) fn start(global: &Global) {
    let level = match global.verbose {
        0 if global.quiet => "error",
        0 => "warn",
        1 => "info",
        _ => "debug",
    };
    let ours = [
        "cxda",
        "cxda_usecases",
        "cxda_adapters_http",
        "cxda_adapters_fs",
        "cxda_simulator",
    ];
    let mut directives: Vec<String> = ours.iter().map(|name| format!("{name}={level}")).collect();
    if !global.quiet {
        directives.push(format!("{REMARKS}=info"));
    }
    let filter = EnvFilter::new(format!("error,{}", directives.join(",")));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // It would tell on stderr that stderr cannot be written, and panic.
        .log_internal_errors(false)
        .with_ansi(false)
        .with_target(false);
    // A second start in one process, as in tests, keeps the first.
    let _ = match global.log_format {
        LogFormat::Text => builder.without_time().try_init(),
        LogFormat::Json => builder
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .try_init(),
    };
}
