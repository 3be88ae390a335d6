//! `cxda simulate` in a process of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The process; it is killed with the test.
#[derive(Debug)]
pub(crate) struct Served {
    process: Child,
    /// The first line that it printed.
    pub(crate) line: String,
}

impl Served {
    /// Starts it in `folder` and waits for its first line.
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_cxda"))
            .arg("simulate")
            .args(arguments)
            .env_clear()
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = process.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        Self { process, line }
    }

    /// The address that it printed.
    #[track_caller]
    pub(crate) fn base_url(&self) -> &str {
        self.line
            .trim_end()
            .strip_prefix("listening on ")
            .unwrap_or_else(|| panic!("unexpected first line {:?}", self.line))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
