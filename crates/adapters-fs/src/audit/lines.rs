//! The log's lines for reading, while others may append.
//!
//! It judges no line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Take};
use std::num::NonZeroUsize;
use std::path::Path;

use super::file::{MAX_LINE_BYTES, Tail};
use crate::atomic;

/// The lines of a log, from a place on, up to where it ended when it was opened.
pub(super) struct Lines {
    reader: Take<BufReader<File>>,
    bytes: Vec<u8>,
}

impl Lines {
    /// The lines of the log at `path` after its first `start` bytes; `None` where there is no log.
    pub(super) fn after(path: &Path, start: u64) -> io::Result<Option<Self>> {
        let Some((mut file, end)) = open(path)? else {
            return Ok(None);
        };
        file.seek(SeekFrom::Start(start))?;
        Ok(Some(Self {
            reader: BufReader::new(file).take(end.saturating_sub(start)),
            bytes: Vec::new(),
        }))
    }

    /// The next line with its line feed, which only the last one may lack, or one that is longer than any record.
    pub(super) fn next(&mut self) -> io::Result<Option<&[u8]>> {
        self.bytes.clear();
        let mut line = (&mut self.reader).take(MAX_LINE_BYTES);
        let read = line.read_until(b'\n', &mut self.bytes)?;
        Ok((read > 0).then_some(&self.bytes))
    }
}

/// The last `most` whole lines of the log at `path`, the oldest first; a torn one at the end is left out.
///
/// # Errors
///
/// The error of the system; a log that is not there has no lines.
pub fn tail(path: &Path, most: NonZeroUsize) -> io::Result<Vec<Vec<u8>>> {
    match open(path)? {
        Some((mut file, end)) => Ok(Tail::read(&mut file, end, most.get())?.lines),
        None => Ok(Vec::new()),
    }
}

/// The log at `path` and where it ends.
///
/// The end is looked at while nobody writes, so that no line is half there; what stands before it no longer changes.
fn open(path: &Path) -> io::Result<Option<(File, u64)>> {
    let file = match atomic::open_to_read(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    file.lock_shared()?;
    let end = file.metadata()?.len();
    file.unlock()?;
    Ok(Some((file, end)))
}
