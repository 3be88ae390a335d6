//! The `cxda` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    cxda::main(std::env::args_os())
}
