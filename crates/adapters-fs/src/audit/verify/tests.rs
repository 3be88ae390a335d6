//! Damage to a log of 10,000 records: each kind is found, and the right record named.
//!
//! What stands before the damage was verified once; each case goes on from there.

use cxda_adapters_memory::clock::ManualClock;
use cxda_adapters_memory::journal::MemoryJournal;
use cxda_domain::instant::UtcMillis;
use cxda_testkit::samples::settlement;
use tempfile::TempDir;

use super::*;
use crate::atomic;

const RECORDS: usize = 10_000;
/// The index of the last.
const LAST: usize = RECORDS - 1;

struct Log {
    folder: TempDir,
    journal: MemoryJournal,
    lines: Vec<String>,
    /// What was verified before each line, and after the last.
    before: Vec<Verified>,
}

impl Log {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (journal, lines) = sealed(RECORDS, "op").await;
        let path = folder.path().join("audit.jsonl");
        atomic::replace(&path, joined(&lines).as_bytes()).unwrap();
        let mut verified = Verified {
            path: path.clone(),
            head: ChainHead::start(),
            last_line: String::new(),
            bytes: 0,
        };
        let mut before = vec![verified.clone()];
        verify_each(&path, |line| {
            verified.head = chain::advance(&verified.head, line).unwrap();
            line.clone_into(&mut verified.last_line);
            verified.bytes += u64::try_from(line.len()).unwrap() + 1;
            before.push(verified.clone());
        })
        .unwrap();
        Self {
            folder,
            journal,
            lines,
            before,
        }
    }

    /// What is found where `bytes` stand in the place of everything after line `index`, counted from 0.
    fn found(&self, index: usize, bytes: &[u8]) -> (u64, ChainFault) {
        let mut verified = self.before[index].clone();
        let sound = joined(&self.lines[..index]);
        self.put(&[sound.as_bytes(), bytes].concat());
        match verified.go_on(|_| {}) {
            Err(LogError::Broken { source, .. }) => (source.seq, source.fault),
            other => panic!("{other:?}"),
        }
    }

    fn put(&self, bytes: &[u8]) {
        atomic::replace(&self.folder.path().join("audit.jsonl"), bytes).unwrap();
    }

    /// The same for other lines.
    fn found_in(&self, index: usize, lines: &[String]) -> (u64, ChainFault) {
        self.found(index, joined(lines).as_bytes())
    }
}

/// `count` records about operations called after `name`, and who sealed them.
async fn sealed(count: usize, name: &str) -> (MemoryJournal, Vec<String>) {
    let journal = MemoryJournal::new();
    for number in 0..count {
        let settlement = settlement(&format!("{name} {number}"));
        journal.settle(&settlement).await.unwrap();
    }
    let records = journal.records_after(0, usize::MAX).await.unwrap();
    let lines = records.into_iter().map(|record| record.line).collect();
    (journal, lines)
}

fn joined(lines: &[String]) -> String {
    let ended = lines.iter().flat_map(|line| [line.as_str(), "\n"]);
    ended.collect()
}

fn seq(index: usize) -> u64 {
    u64::try_from(index).unwrap() + 1
}

#[tokio::test]
async fn t_11_damage_to_a_log_of_ten_thousand_records_is_found_at_the_right_record() {
    let log = Log::new().await;
    let (_, other) = sealed(200, "another log").await;
    for index in [0, 1, 37, 199, 4_999, 9_500, LAST - 1, LAST] {
        lines_that_were_moved(&log, index);
        if let Some(foreign) = other.get(index..) {
            lines_of_another_log(&log, index, foreign);
        }
    }
    flipped_bits(&log);
    a_tail_that_was_cut_off(&log).await;
}

fn lines_that_were_moved(log: &Log, index: usize) {
    let (at, rest) = (seq(index), &log.lines[index..]);
    let doubled = [&rest[..1], rest].concat();
    let fault = ChainFault::Inserted { found: at };
    assert_eq!(log.found_in(index, &doubled), (at + 1, fault));
    if index == LAST {
        return;
    }
    let fault = ChainFault::Missing { found: at + 1 };
    assert_eq!(log.found_in(index, &rest[1..]), (at, fault));

    let far = (index + 400).min(LAST);
    let mut swapped = rest.to_vec();
    swapped.swap(0, far - index);
    let fault = ChainFault::Swapped { with: seq(far) };
    assert_eq!(log.found_in(index, &swapped), (at, fault));
    if index + 1 < LAST {
        let early = [&log.lines[LAST..], rest].concat();
        let fault = ChainFault::Inserted { found: seq(LAST) };
        assert_eq!(log.found_in(index, &early), (at, fault));
    }
}

fn lines_of_another_log(log: &Log, index: usize, foreign: &[String]) {
    let one = [&foreign[..1], &log.lines[index + 1..]].concat();
    // The first record of any log continues nothing: that it is another's shows at the next.
    let named = if index == 0 { 2 } else { seq(index) };
    assert_eq!(log.found_in(index, &one), (named, ChainFault::Spliced));
    if index > 0 {
        assert_eq!(log.found_in(index, foreign), (named, ChainFault::Spliced));
    }
}

fn flipped_bits(log: &Log) {
    let mut bit = 0;
    for index in (0..RECORDS).step_by(271).chain([LAST]) {
        let rest = joined(&log.lines[index..RECORDS.min(index + 3)]).into_bytes();
        let line_feed = log.lines[index].len();
        for at in (index % 97..line_feed).step_by(97).chain([line_feed]) {
            let mut flipped = rest.clone();
            bit = (bit + 3) % 8;
            flipped[at] ^= 1 << bit;
            let (named, fault) = log.found(index, &flipped);
            assert_eq!(named, seq(index), "bit {bit} of byte {at}: {fault:?}");
        }
    }
}

async fn a_tail_that_was_cut_off(log: &Log) {
    let clock = ManualClock::starting_at(UtcMillis::UNIX_EPOCH);
    for kept in [0, 1, 5_000, LAST] {
        log.put(joined(&log.lines[..kept]).as_bytes());
        let mut alone = log.before[kept].clone();
        // The file alone looks sound.
        alone.go_on(|_| {}).unwrap();
        match compare(&alone, &log.journal, &clock).await {
            Err(LogError::Broken { source, .. }) => {
                assert_eq!((source.seq, source.fault), (seq(kept), ChainFault::CutOff));
            }
            other => panic!("{other:?}"),
        }
    }
}
