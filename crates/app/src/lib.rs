//! The thin binary: parse arguments, settle settings, wire adapters, run one use case, print, choose the exit code.

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use crate::cli::{Cli, Command};
use crate::env::Environment;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::progress::Bar;
use crate::render::Screen;

mod cli;
mod commands;
mod env;
mod exit;
mod guard;
mod init;
mod interrupt;
mod log;
mod pause;
mod progress;
mod remedy;
mod render;
mod schema;
mod settings;
mod system;
mod wiring;

/// Runs `cxda` with these arguments, the program's name first, and says how the process ends.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    guard::close_memory();
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if let Some(code) = wiring::served(&arguments) {
        return code;
    }
    let exit = catch_unwind(AssertUnwindSafe(|| run(arguments)));
    let exit = match exit.unwrap_or(Exit::Unexpected) {
        Exit::Done if render::is_result_lost() => Exit::Unexpected,
        exit => exit,
    };
    ExitCode::from(exit.code())
}

/// A path as if the process had been started in the folder named with `-C`.
fn in_directory(global: &cli::Global, path: &Path) -> PathBuf {
    let directory = global.directory.as_deref();
    directory.map_or_else(|| path.to_path_buf(), |directory| directory.join(path))
}

fn run(arguments: Vec<OsString>) -> Exit {
    let cli = match Cli::read(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, everything else is a mistake in the command line.
            let exit = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Done
            };
            Screen::PLAIN.printed(error.print());
            return exit;
        }
    };
    log::start(&cli.global);
    let screen = Screen::new(&cli.global, &Environment::of_process());
    guard::hide_values_of_panics(screen);
    let environment = match &cli.global.env_file {
        None => Environment::of_process(),
        Some(path) => match Environment::with_file(&in_directory(&cli.global, path)) {
            Ok(environment) => environment,
            Err(message) => {
                screen.error_message(&message);
                return Exit::Invalid;
            }
        },
    };
    let screen = Screen::new(&cli.global, &environment);
    if !cli.command.prints(cli.global.format) {
        screen.error_message("this command cannot print its result in that format (see -o)");
        return Exit::Usage;
    }
    if cli.global.tenants.len() > cli.command.most_tenants() {
        screen.error_message("this command speaks to one tenant (see --tenant)");
        return Exit::Usage;
    }
    if let Command::Datetime(arguments) = &cli.command {
        return commands::datetime::run(screen, arguments, cli.global.format);
    }
    // The command itself runs on this thread. Where a second worker could not be started, the runtime would wait for the
    // first one without end.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            screen.error_message(&format!("no threads can be started: {error}"));
            return Exit::Unexpected;
        }
    };
    let interrupt = match Interrupt::listen() {
        Ok(interrupt) => interrupt,
        Err(error) => {
            screen.error_message(&format!("signals cannot be listened to: {error}"));
            return Exit::Unexpected;
        }
    };
    let context = commands::Context {
        global: &cli.global,
        environment: &environment,
        screen,
        interrupt: &interrupt,
        bar: &Arc::new(Bar::new(screen)),
    };
    let exit = runtime.block_on(commands::run(context, &cli.command));
    // What still blocks a thread, such as a name lookup, must not hold the process.
    runtime.shutdown_background();
    exit
}
