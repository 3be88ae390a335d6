//! Comparing the log's file with itself and with the store. It only reads.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cxda_ports::clock::Clock;
use cxda_ports::error::StoreError;
use cxda_ports::journal::Journal;

use super::chain::{self, ChainError, ChainFault, ChainHead};
use super::file::has_holes;
use super::level::PAGE;
use super::lines::Lines;

/// Why a log could not be verified.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The file's lines do not make a chain, or not the one that the store has.
    #[error("the audit log {path} is broken")]
    Broken {
        /// The file.
        path: String,
        /// Where, and how.
        #[source]
        source: ChainError,
    },
    /// The file cannot be read.
    #[error("the audit log {path} cannot be read")]
    Unreadable {
        /// The file.
        path: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A file whose lines make one chain from the first to the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    path: PathBuf,
    head: ChainHead,
    last_line: String,
    /// How many bytes of the file were looked at.
    bytes: u64,
}

impl Verified {
    /// Where the chain stands.
    pub fn head(&self) -> &ChainHead {
        &self.head
    }

    /// Verifies what the file holds after what was looked at so far.
    fn go_on(&mut self, mut each: impl FnMut(&str)) -> Result<(), LogError> {
        let path = self.path.clone();
        let unreadable = |source| LogError::Unreadable {
            path: path.display().to_string(),
            source,
        };
        let Some(mut lines) = Lines::after(&path, self.bytes).map_err(unreadable)? else {
            return Ok(());
        };
        while let Some(bytes) = lines.next().map_err(unreadable)? {
            match advance(&self.head, bytes) {
                Ok((head, line)) => {
                    self.head = head;
                    line.clone_into(&mut self.last_line);
                    self.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                    each(line);
                }
                Err(error) => {
                    let torn = has_holes(bytes);
                    let source = explained(error, torn, &mut lines).map_err(unreadable)?;
                    return Err(broken(&path, source));
                }
            }
        }
        Ok(())
    }
}

/// Verifies the chain of the log at `path`, line by line; a file that is not there holds no record.
///
/// Whether lines were cut off at its end, only [`compare`] can tell.
///
/// # Errors
///
/// - [`LogError::Broken`] at the first line that does not continue those before it.
/// - [`LogError::Unreadable`] if the file cannot be read.
pub fn verify(path: &Path) -> Result<Verified, LogError> {
    verify_each(path, |_| {})
}

/// As [`verify`], and shows each line to `each` once it is known to continue those before it.
///
/// # Errors
///
/// As [`verify`].
pub fn verify_each(path: &Path, each: impl FnMut(&str)) -> Result<Verified, LogError> {
    let mut verified = Verified {
        path: path.to_owned(),
        head: ChainHead::start(),
        last_line: String::new(),
        bytes: 0,
    };
    verified.go_on(each)?;
    Ok(verified)
}

/// The chain after the line `bytes`, line feed included, and the line.
fn advance<'a>(head: &ChainHead, bytes: &'a [u8]) -> Result<(ChainHead, &'a str), ChainError> {
    let error = |fault| ChainError {
        seq: head.seq() + 1,
        fault,
    };
    let line = bytes.strip_suffix(b"\n");
    let line = line.ok_or_else(|| error(ChainFault::Torn))?;
    let line = std::str::from_utf8(line).map_err(|_| error(ChainFault::Unreadable))?;
    Ok((chain::advance(head, line)?, line))
}

/// What `error` is in the light of the lines after it; `torn` tells whether its own line could have been torn.
fn explained(error: ChainError, torn: bool, after: &mut Lines) -> io::Result<ChainError> {
    let seq = error.seq;
    let fault = match error.fault {
        ChainFault::Unreadable if torn && after.next()?.is_none() => ChainFault::Torn,
        ChainFault::Missing { found } => match place_of(seq, after)? {
            None => ChainFault::Missing { found },
            Some(further) if seq + further == found => ChainFault::Swapped { with: found },
            Some(_) => ChainFault::Inserted { found },
        },
        fault => fault,
    };
    Ok(ChainError { seq, fault })
}

/// How many lines further on record `seq` stands.
fn place_of(seq: u64, after: &mut Lines) -> io::Result<Option<u64>> {
    let beginning = format!("{{\"seq\":{seq},");
    let mut further = 0;
    while let Some(bytes) = after.next()? {
        further += 1;
        if bytes.starts_with(beginning.as_bytes()) {
            return Ok(Some(further));
        }
    }
    Ok(None)
}

/// How often, and with which pauses, a line is looked for that is in the store alone.
const LOOKS: usize = 10;
const PAUSE: Duration = Duration::from_millis(100);

/// Compares a file that verified with the store, which must have been opened since.
///
/// A record is sealed in the store before its line is written, so a run that goes on meanwhile is given a second to write it.
///
/// # Errors
///
/// - [`LogError::Broken`] if the file holds less than the store, more, or something else.
/// - [`LogError::Unreadable`] if the file cannot be read.
/// - [`LogError::Store`] if the store cannot be read.
pub async fn compare(
    verified: &Verified,
    journal: &dyn Journal,
    clock: &dyn Clock,
) -> Result<(), LogError> {
    let seq = verified.head.seq();
    if seq > 0 {
        let kept = journal.records_after(seq - 1, 1).await?;
        // Each record's hash covers all records before it, so that it suffices to compare the last.
        if kept
            .first()
            .is_none_or(|record| record.line != verified.last_line)
        {
            return Err(first_difference(verified, journal).await?);
        }
    }
    if journal.records_after(seq, 1).await?.is_empty() {
        return Ok(());
    }
    let mut later = verified.clone();
    for _ in 0..LOOKS {
        clock.wait(PAUSE).await;
        later.go_on(|_| {})?;
        if later.head.seq() > seq {
            return Ok(());
        }
    }
    let fault = ChainFault::CutOff;
    let source = ChainError {
        seq: seq + 1,
        fault,
    };
    Err(broken(&verified.path, source))
}

/// Names the first record of a sound file that is not the store's.
async fn first_difference(
    verified: &Verified,
    journal: &dyn Journal,
) -> Result<LogError, LogError> {
    let mut lines = Vec::new();
    verify_each(&verified.path, |line| lines.push(line.to_owned()))?;
    let mut same = 0_u64;
    let fault = 'pages: loop {
        let kept = journal.records_after(same, PAGE).await?;
        let rest = lines.get(usize::try_from(same).unwrap_or(usize::MAX)..);
        let pairs = rest.unwrap_or_default().iter().zip(&kept);
        for (line, record) in pairs {
            if *line != record.line {
                break 'pages ChainFault::Foreign;
            }
            same += 1;
        }
        if kept.len() < PAGE {
            break ChainFault::Unkept;
        }
    };
    let source = ChainError {
        seq: same + 1,
        fault,
    };
    Ok(broken(&verified.path, source))
}

fn broken(path: &Path, source: ChainError) -> LogError {
    LogError::Broken {
        path: path.display().to_string(),
        source,
    }
}

#[cfg(test)]
mod tests;
