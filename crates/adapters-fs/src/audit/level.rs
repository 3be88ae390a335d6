//! Brings a log level with the store: looks at its end, appends what it lacks, flushes.
//!
//! It knows no thread and no path, so that it can be tested over a file that fails.

use std::error::Error;
use std::io;
use std::sync::Arc;

use cxda_domain::audit::SealedRecord;
use cxda_ports::error::StoreError;

use crate::store::SealedRecords;

/// What a log is written to, while nobody else writes there.
pub(super) trait Appending {
    /// The last record, after a torn end was set aside; `None` where there is none.
    fn last(&mut self) -> Result<Option<SealedRecord>, Fatal>;
    /// Writes `bytes` at the end.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Returns when everything written is on disk, whoever wrote it.
    fn flush(&mut self) -> io::Result<()>;
}

/// Where the records come from.
pub(super) trait Sealed {
    /// The records after number `after`, in order, at most `most`.
    fn after(&self, after: u64, most: usize) -> Result<Vec<SealedRecord>, StoreError>;
}

impl Sealed for SealedRecords {
    fn after(&self, after: u64, most: usize) -> Result<Vec<SealedRecord>, StoreError> {
        self.after(after, most)
    }
}

/// Why a log cannot be used any more.
#[derive(Clone, Debug)]
pub(super) enum Fatal {
    /// The file's line of this number is not the store's record.
    Broken(u64),
    /// The disk or the store refused. It is never asked again on the same handle: what a failed flush left behind, nobody knows.
    Refused(Arc<dyn Error + Send + Sync>),
}

impl From<io::Error> for Fatal {
    fn from(error: io::Error) -> Self {
        Self::Refused(Arc::new(error))
    }
}

impl From<StoreError> for Fatal {
    fn from(error: StoreError) -> Self {
        Self::Refused(Arc::new(error))
    }
}

/// How many records are read from the store at once, so that memory stays bounded.
pub(super) const PAGE: usize = 1_000;

/// Appends to `file` what it lacks of `sealed` and flushes it; tells the number of the last record.
///
/// It flushes also where nothing lacks: the last lines may be those of a process that ended before its own flush.
///
/// # Errors
///
/// - [`Fatal::Broken`] if the file does not end with a record of the store, or the store lacks one.
/// - [`Fatal::Refused`] if the file cannot be read or written, or the store not read.
pub(super) fn level(file: &mut impl Appending, sealed: &impl Sealed) -> Result<u64, Fatal> {
    let mut last = 0;
    if let Some(record) = file.last()? {
        last = record.seq;
        if sealed.after(last.saturating_sub(1), 1)? != [record] {
            return Err(Fatal::Broken(last));
        }
    }
    loop {
        let lacking = sealed.after(last, PAGE)?;
        if lacking.is_empty() {
            break;
        }
        let mut bytes = Vec::new();
        for SealedRecord { seq, line } in lacking {
            last += 1;
            if seq != last {
                return Err(Fatal::Broken(last));
            }
            bytes.extend_from_slice(line.as_bytes());
            bytes.push(b'\n');
        }
        file.append(&bytes)?;
    }
    file.flush()?;
    Ok(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk in memory whose `failing`th write or flush, counted from 1, fails.
    #[derive(Default)]
    struct Disk {
        text: String,
        steps: usize,
        failing: usize,
    }

    impl Disk {
        fn step(&mut self) -> io::Result<()> {
            self.steps += 1;
            if self.steps == self.failing {
                return Err(io::ErrorKind::StorageFull.into());
            }
            Ok(())
        }
    }

    impl Appending for Disk {
        fn last(&mut self) -> Result<Option<SealedRecord>, Fatal> {
            let last = self.text.lines().zip(1..).last();
            Ok(last.map(|(line, seq)| SealedRecord {
                seq,
                line: line.to_owned(),
            }))
        }

        fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
            self.step()?;
            self.text += std::str::from_utf8(bytes).unwrap();
            Ok(())
        }

        fn flush(&mut self) -> io::Result<()> {
            self.step()
        }
    }

    /// A store that has sealed records with these numbers.
    impl Sealed for Vec<u64> {
        fn after(&self, after: u64, most: usize) -> Result<Vec<SealedRecord>, StoreError> {
            let numbers = self.iter().filter(|seq| **seq > after).take(most);
            let record = |seq: &u64| SealedRecord {
                seq: *seq,
                line: format!("line {seq}"),
            };
            Ok(numbers.map(record).collect())
        }
    }

    fn sealed(last: u64) -> Vec<u64> {
        (1..=last).collect()
    }

    #[test]
    fn what_lacks_is_appended_in_order_and_shares_a_flush() {
        let mut disk = Disk::default();
        assert_eq!(level(&mut disk, &sealed(3)).unwrap(), 3);
        assert_eq!(disk.text, "line 1\nline 2\nline 3\n");
        assert_eq!(disk.steps, 2, "one write, one flush");
        let many = 2 * u64::try_from(PAGE).unwrap();
        assert_eq!(level(&mut disk, &sealed(many)).unwrap(), many);
        assert_eq!(disk.text.lines().count(), 2 * PAGE);
    }

    #[test]
    fn what_another_process_wrote_is_not_written_again_but_flushed() {
        let mut disk = Disk {
            text: "line 1\nline 2\n".into(),
            ..Disk::default()
        };
        assert_eq!(level(&mut disk, &sealed(2)).unwrap(), 2);
        assert_eq!(disk.text, "line 1\nline 2\n");
        assert_eq!(disk.steps, 1);
    }

    #[test]
    fn an_end_that_is_not_the_stores_or_a_gap_in_the_store_is_refused() {
        for (text, sealed, seq) in [
            ("another\n", vec![1, 2], 1),
            ("line 1\nline 2\n", vec![1], 2),
            ("line 1\nline 2\n", vec![], 2),
            ("line 1\n", vec![1, 3], 2),
        ] {
            let mut disk = Disk {
                text: text.into(),
                ..Disk::default()
            };
            let refused = level(&mut disk, &sealed).unwrap_err();
            assert!(matches!(refused, Fatal::Broken(found) if found == seq));
            assert_eq!((disk.text.as_str(), disk.steps), (text, 0));
        }
    }

    #[test]
    fn a_failed_write_or_flush_ends_it_there() {
        for failing in [1, 2] {
            let mut disk = Disk {
                failing,
                ..Disk::default()
            };
            let refused = level(&mut disk, &sealed(1)).unwrap_err();
            assert!(matches!(refused, Fatal::Refused(_)));
            assert_eq!(disk.steps, failing);
        }
    }
}
