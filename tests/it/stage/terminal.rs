//! Runs the binary on a terminal, as somebody sits at it.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Command, Stdio};

use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::Project;

/// Where stderr goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stderr {
    /// To the terminal too.
    Shown,
    /// Elsewhere.
    Kept,
}

/// What somebody at a terminal saw, what stderr held where it went elsewhere, and the exit code.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) terminal: String,
    pub(crate) stderr: String,
    pub(crate) code: Option<i32>,
}

/// What `cxda ARGUMENTS` in `project` shows on a terminal of so many `columns`, without colours and without what it remarks.
pub(crate) fn on_terminal(project: &Project, arguments: &[&str], columns: usize) -> String {
    let terminal = Terminal {
        columns: columns.try_into().unwrap(),
        stderr: Stderr::Kept,
        environment: &[("NO_COLOR", "1")],
    };
    let seen = terminal.run(project, arguments, "");
    seen.terminal.replace("\r\n", "\n")
}

/// Runs `cxda ARGUMENTS` in `project` with `environment` alone, and types `input`.
pub(crate) fn seen(
    project: &Project,
    arguments: &[&str],
    environment: &[(&str, &str)],
    stderr: Stderr,
    input: &str,
) -> Seen {
    let terminal = Terminal {
        columns: 80,
        stderr,
        environment,
    };
    terminal.run(project, arguments, input)
}

struct Terminal<'a> {
    columns: u16,
    stderr: Stderr,
    environment: &'a [(&'a str, &'a str)],
}

impl Terminal<'_> {
    fn run(&self, project: &Project, arguments: &[&str], input: &str) -> Seen {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap();
        let theirs = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(OFlags::NOCTTY.bits().cast_signed())
            .open(OsStr::from_bytes(name.as_bytes()))
            .unwrap();
        let size = Winsize {
            ws_row: 24,
            ws_col: self.columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&theirs, size).unwrap();
        let end = || Stdio::from(theirs.try_clone().unwrap());
        let mut child = Command::new(env!("CARGO_BIN_EXE_cxda"))
            .args(arguments)
            .env_clear()
            .envs(self.environment.iter().copied())
            .current_dir(project.path())
            .stdin(end())
            .stdout(end())
            .stderr(match self.stderr {
                Stderr::Shown => end(),
                Stderr::Kept => Stdio::piped(),
            })
            .spawn()
            .unwrap();
        drop(theirs);
        let mut ours = File::from(ours);
        ours.write_all(input.as_bytes()).unwrap();
        // Both at once, for the child waits where nobody reads.
        let pipe = child.stderr.take();
        let said = std::thread::spawn(move || {
            let mut said = String::new();
            if let Some(mut pipe) = pipe {
                pipe.read_to_string(&mut said).unwrap();
            }
            said
        });
        // The end of a terminal that nobody holds any more is an error, not an end of file.
        let mut shown = Vec::new();
        let _ = ours.read_to_end(&mut shown);
        Seen {
            terminal: String::from_utf8_lossy(&shown).into_owned(),
            stderr: said.join().unwrap(),
            code: child.wait().unwrap().code(),
        }
    }
}
