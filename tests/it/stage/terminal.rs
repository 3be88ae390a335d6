//! A terminal that the binary takes for a person's.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::Project;

/// What `cxda ARGUMENTS` in `project` shows on a terminal of so many `columns`, without colours.
pub(crate) fn on_terminal(project: &Project, arguments: &[&str], columns: usize) -> String {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let theirs = File::options()
        .read(true)
        .write(true)
        .open(OsStr::from_bytes(name.as_bytes()))
        .unwrap();
    let size = Winsize {
        ws_row: 24,
        ws_col: columns.try_into().unwrap(),
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&theirs, size).unwrap();
    let mut running = Command::new(env!("CARGO_BIN_EXE_cxda"))
        .env_clear()
        .env("NO_COLOR", "1")
        .current_dir(project.path())
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(theirs)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut shown = Vec::new();
    // The end of the other side is an error here; what was read before it is there.
    let _ = File::from(ours).read_to_end(&mut shown);
    running.wait().unwrap();
    String::from_utf8(shown).unwrap().replace("\r\n", "\n")
}
