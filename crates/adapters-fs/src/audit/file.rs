//! The log's file for writing: its last whole line, a torn end set aside, lines appended, alone among all processes.
//!
//! It orders nothing and answers nobody.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use cxda_domain::audit::SealedRecord;

use super::chain;
use super::level::{Appending, Fatal};
use crate::atomic;

/// The most bytes of one line. A longer one was not written here.
pub(super) const MAX_LINE_BYTES: u64 = 16 * 1024 * 1024;

pub(super) struct LogFile {
    path: PathBuf,
    file: File,
}

impl LogFile {
    /// Opens the log at `path` and makes it where it lacks.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            file: atomic::open_private(path)?,
        })
    }

    /// Does `work` while no other process writes the log. Where it fails, the file is to be closed.
    pub(super) fn alone<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Fatal>,
    ) -> Result<T, Fatal> {
        self.file.lock()?;
        let done = work(self)?;
        self.file.unlock()?;
        Ok(done)
    }
}

impl Appending for LogFile {
    fn last(&mut self) -> Result<Option<SealedRecord>, Fatal> {
        let mut tail = Tail::of(&mut self.file)?;
        if let Some(torn) = tail.torn() {
            set_aside(&mut self.file, &self.path, torn)?;
            tail = Tail::of(&mut self.file)?;
        }
        let Some(line) = tail.lines.pop() else {
            return Ok(None);
        };
        let record = String::from_utf8(line).ok().and_then(|line| {
            let seq = chain::seq_of(&line)?;
            Some(SealedRecord { seq, line })
        });
        match record {
            Some(record) => Ok(Some(record)),
            None => Err(Fatal::Broken(count_lines(&mut self.file)?)),
        }
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// The end of a log: its last whole lines, and what stands after them.
pub(super) struct Tail {
    /// The last whole lines, without their line feeds.
    pub(super) lines: Vec<Vec<u8>>,
    /// Where the last of them begins.
    last_start: u64,
    /// Where the bytes after the last line feed begin.
    rest_start: u64,
    /// How long the file is.
    end: u64,
}

impl Tail {
    fn of(file: &mut File) -> io::Result<Self> {
        let end = file.metadata()?.len();
        Self::read(file, end, 1)
    }

    /// The last `most` lines, at least one, of the first `end` bytes of `file`.
    pub(super) fn read(file: &mut File, end: u64, most: usize) -> io::Result<Self> {
        let enough = MAX_LINE_BYTES.saturating_mul(offset(most));
        let mut window: u64 = 64 * 1024;
        loop {
            let start = end.saturating_sub(window);
            let bytes = read_from(file, start, end)?;
            let is_feed = |at: &usize| bytes[*at] == b'\n';
            // The latest first, one more than lines: a line begins after the line feed before it.
            let feeds: Vec<usize> = (0..bytes.len())
                .rev()
                .filter(is_feed)
                .take(most.saturating_add(1))
                .collect();
            if feeds.len() > most || start == 0 {
                let starts = feeds.iter().skip(1).map(|feed| feed + 1).chain([0]);
                let lines = feeds.iter().zip(starts).take(most);
                let mut lines: Vec<_> = lines.map(|(&feed, from)| from..feed).collect();
                lines.reverse();
                return Ok(Self {
                    last_start: start + offset(lines.last().map_or(0, |line| line.start)),
                    rest_start: start + offset(feeds.first().map_or(0, |feed| feed + 1)),
                    lines: lines.into_iter().map(|line| bytes[line].to_vec()).collect(),
                    end,
                });
            }
            if window > enough {
                return Err(io::Error::other("a line of the audit log is too long"));
            }
            window *= 2;
        }
    }

    /// Where the torn end begins: what follows the last line feed, else a last line with holes.
    fn torn(&self) -> Option<u64> {
        if self.rest_start < self.end {
            Some(self.rest_start)
        } else {
            has_holes(self.lines.last()?).then_some(self.last_start)
        }
    }
}

/// Whether the disk never took a part of a last line, of which a power loss then leaves NUL bytes. No record holds one, and every
/// other whole line that is no record was not torn but changed.
pub(super) fn has_holes(line: &[u8]) -> bool {
    line.contains(&0)
}

fn offset(index: usize) -> u64 {
    u64::try_from(index).unwrap_or(u64::MAX)
}

fn read_from(file: &mut File, start: u64, end: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(end - start).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Moves what follows `start` into a file beside the log. It is cut off only after the copy is on disk.
fn set_aside(file: &mut File, path: &Path, start: u64) -> io::Result<()> {
    let (mut side, side_path) = side_file(path)?;
    file.seek(SeekFrom::Start(start))?;
    io::copy(file, &mut side)?;
    side.sync_all()?;
    atomic::sync_folder(atomic::folder_of(path))?;
    file.set_len(start)?;
    file.sync_all()?;
    tracing::warn!(
        "the last line of the audit log was torn; it was set aside in {}",
        side_path.display()
    );
    Ok(())
}

/// A new file beside `path`: the first of `.torn-1`, `.torn-2` … that is not there.
fn side_file(path: &Path) -> io::Result<(File, PathBuf)> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut number = 1_u64;
    loop {
        let side = side_path(path, number);
        match options.open(&side) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            opened => return Ok((opened?, side)),
        }
    }
}

fn side_path(path: &Path, number: u64) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(format!(".torn-{number}"));
    name.into()
}

fn count_lines(file: &mut File) -> io::Result<u64> {
    file.seek(SeekFrom::Start(0))?;
    let mut reader = BufReader::new(file);
    let mut lines = 0;
    while reader.skip_until(b'\n')? > 0 {
        lines += 1;
    }
    Ok(lines)
}
