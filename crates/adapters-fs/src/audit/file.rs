//! The log's file: its last whole line, a torn end set aside, lines appended.
//!
//! It orders nothing and answers nobody.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::de::IgnoredAny;

use super::chain;
use super::writer::{Appending, Fatal};
use crate::atomic;

/// The most bytes of one line. A longer one was not written here.
const MAX_LINE_BYTES: u64 = 16 * 1024 * 1024;

pub(super) struct LogFile(File);

impl LogFile {
    /// Opens the log at `path` and makes it where it lacks, sets a torn last line aside, and tells the number of the last record.
    ///
    /// # Errors
    ///
    /// - [`Fatal::Broken`] if the last whole line is no record.
    /// - [`Fatal::Refused`] if the disk says so.
    pub(super) fn open(path: &Path) -> Result<(Self, u64), Fatal> {
        let mut file = atomic::open_private(path)?;
        let mut tail = Tail::read(&mut file)?;
        if let Some(torn) = tail.torn() {
            set_aside(&mut file, path, torn)?;
            tail = Tail::read(&mut file)?;
        }
        match tail.last_seq() {
            Some(seq) => Ok((Self(file), seq)),
            None => Err(Fatal::Broken(count_lines(&mut file)?)),
        }
    }
}

impl Appending for LogFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn line(&mut self, number: u64) -> io::Result<Option<String>> {
        // The file is opened to append, so that the place of reading does not matter to writing.
        self.0.seek(SeekFrom::Start(0))?;
        let index = usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
        BufReader::new(&mut self.0).lines().nth(index).transpose()
    }
}

/// The end of a log: its last whole line, and what stands after it.
struct Tail {
    /// Where the last whole line begins.
    line_start: u64,
    /// The last whole line without its line feed; `None` where there is none.
    line: Option<Vec<u8>>,
    /// Where the bytes after the last line feed begin.
    rest_start: u64,
    /// How long the file is.
    end: u64,
}

impl Tail {
    fn read(file: &mut File) -> io::Result<Self> {
        let end = file.seek(SeekFrom::End(0))?;
        let mut window: u64 = 64 * 1024;
        loop {
            let start = end.saturating_sub(window);
            let bytes = read_from(file, start, end)?;
            let mut feeds = bytes
                .iter()
                .enumerate()
                .rev()
                .filter(|(_, byte)| **byte == b'\n');
            let (last, previous) = (feeds.next(), feeds.next());
            if previous.is_some() || start == 0 {
                let after = |feed: Option<(usize, &u8)>| feed.map_or(0, |(index, _)| index + 1);
                let (line_at, rest_at) = (after(previous), after(last));
                return Ok(Self {
                    line_start: start + offset(line_at),
                    line: last.map(|(index, _)| bytes[line_at..index].to_vec()),
                    rest_start: start + offset(rest_at),
                    end,
                });
            }
            if window > MAX_LINE_BYTES {
                return Err(io::Error::other("a line of the audit log is too long"));
            }
            window *= 2;
        }
    }

    /// Where the torn end begins: what follows the last line feed, else a last line that is not even JSON. A line that is JSON
    /// and no record was not torn but changed.
    fn torn(&self) -> Option<u64> {
        let is_json = |line| serde_json::from_slice::<IgnoredAny>(line).is_ok();
        if self.rest_start < self.end {
            Some(self.rest_start)
        } else {
            let line = self.line.as_deref()?;
            (!is_json(line)).then_some(self.line_start)
        }
    }

    /// The number of the last record; 0 where there is no line, `None` where the last line is no record.
    fn last_seq(&self) -> Option<u64> {
        match &self.line {
            None => Some(0),
            Some(line) => chain::seq_of(std::str::from_utf8(line).ok()?),
        }
    }
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
    let mut side = side_file(path)?;
    file.seek(SeekFrom::Start(start))?;
    io::copy(file, &mut side)?;
    side.sync_all()?;
    atomic::sync_folder(atomic::folder_of(path))?;
    file.set_len(start)?;
    file.sync_all()
}

/// A new file beside `path`: the first of `.torn-1`, `.torn-2` … that is not there.
fn side_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut number = 1_u64;
    loop {
        match options.open(side_path(path, number)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            opened => return opened,
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
