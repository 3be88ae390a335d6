//! What only the log on disk promises; what every audit log promises is the conformance suite's.

use std::io::Write;
use std::time::Duration;

use cxda_adapters_memory::clock::ManualClock;
use cxda_domain::address::Address;
use cxda_domain::audit::{AuditAction, AuditEntry, AuditedResource, Compliance, Phase};
use cxda_domain::instant::UtcMillis;
use cxda_domain::key::RunId;
use cxda_ports::clock::Clock;
use cxda_ports::journal::{Journal, Memory, Settlement};
use tempfile::TempDir;

use super::chain::{ChainError, ChainFault};
use super::*;
use crate::store::{Scope, Store};

struct Place {
    folder: TempDir,
    journal: Store,
}

impl Place {
    /// A folder without a log, and a store with `records` records.
    async fn new(records: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Self {
            journal: store_in(&folder),
            folder,
        };
        for _ in 0..records {
            place.seal().await;
        }
        place
    }

    async fn seal(&self) -> SealedRecord {
        let settlement = Settlement {
            operation_id: "op".into(),
            resolved: true,
            memory: Memory::Unchanged,
            record: entry("id"),
            outbox: Vec::new(),
        };
        self.journal.settle(&settlement).await.unwrap()
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("below").join("audit.jsonl")
    }

    fn log(&self) -> AuditLog {
        self.log_of(self)
    }

    /// The log of this place, believed to be that of the store of `other`.
    fn log_of(&self, other: &Self) -> AuditLog {
        let sealed = SealedRecords::open(&store_path(&other.folder)).unwrap();
        AuditLog::new(self.path(), sealed).unwrap()
    }

    async fn level(&self) -> Result<(), AuditError> {
        self.log().level().await
    }

    async fn verdict(&self) -> Result<u64, ChainError> {
        let clock = ManualClock::starting_at(UtcMillis::UNIX_EPOCH);
        self.verdict_while(&clock).await
    }

    async fn verdict_while(&self, clock: &dyn Clock) -> Result<u64, ChainError> {
        let judged = match verify(&self.path()) {
            Ok(verified) => {
                let compared = compare(&verified, &self.journal, clock).await;
                compared.map(|()| verified.head().seq())
            }
            Err(error) => Err(error),
        };
        judged.map_err(|error| match error {
            LogError::Broken { source, .. } => source,
            other => panic!("{other:?}"),
        })
    }

    fn text(&self) -> String {
        let mut text = String::new();
        let mut file = crate::atomic::open_to_read(&self.path()).unwrap();
        std::io::Read::read_to_string(&mut file, &mut text).unwrap();
        text
    }

    fn overwrite(&self, text: impl AsRef<[u8]>) {
        crate::atomic::make_folder(self.path().parent().unwrap()).unwrap();
        crate::atomic::replace(&self.path(), text.as_ref()).unwrap();
    }

    fn side(&self, number: u64) -> Vec<u8> {
        let path = self.path().with_extension(format!("jsonl.torn-{number}"));
        let mut bytes = Vec::new();
        let mut file = crate::atomic::open_to_read(&path).unwrap();
        std::io::Read::read_to_end(&mut file, &mut bytes).unwrap();
        bytes
    }
}

fn store_path(folder: &TempDir) -> PathBuf {
    folder.path().join("state.db")
}

fn store_in(folder: &TempDir) -> Store {
    let scope = Scope {
        tenant: "prod".into(),
        origin: "https://na1.example".into(),
    };
    Store::open(&store_path(folder), scope, [7; 32]).unwrap()
}

fn entry(audit_id: &str) -> AuditEntry {
    AuditEntry {
        audit_id: audit_id.into(),
        run_id: RunId::new("r"),
        timestamp: UtcMillis::from_epoch_millis(0),
        actor: "ci".into(),
        tenant: "prod".into(),
        action: AuditAction::CreateDataAction,
        phase: Phase::Done,
        resource: AuditedResource::new(&Address::action("score"), None),
        changes: Vec::new(),
        metrics: None,
        compliance: Compliance::default(),
        error: None,
    }
}

fn broken_at(result: Result<(), AuditError>) -> u64 {
    match result.unwrap_err() {
        AuditError::Broken { seq, .. } => seq,
        other => panic!("{other:?}"),
    }
}

fn fault(seq: u64, fault: ChainFault) -> Result<u64, ChainError> {
    Err(ChainError { seq, fault })
}

#[tokio::test]
async fn the_file_is_brought_level_by_appending() {
    let place = Place::new(3).await;
    assert_eq!(place.verdict().await, fault(1, ChainFault::CutOff));
    place.level().await.unwrap();
    let before = place.text();
    assert_eq!(place.verdict().await, Ok(3));
    place.seal().await;
    place.level().await.unwrap();
    assert!(place.text().starts_with(&before));
    assert_eq!(place.verdict().await, Ok(4));
}

#[tokio::test]
async fn nothing_is_made_before_the_first_call() {
    let place = Place::new(0).await;
    drop(place.log());
    assert!(!place.path().exists());
    place.level().await.unwrap();
    assert_eq!(place.text(), "");
}

#[tokio::test]
async fn a_torn_last_line_is_set_aside_and_written_anew() {
    let place = Place::new(3).await;
    place.level().await.unwrap();
    let whole = place.text();
    let last = whole.trim_end().rfind('\n').unwrap() + 1;
    let mut zeros = whole.clone().into_bytes()[..last].to_vec();
    zeros.extend([0; 4096]);
    let damaged: [(&[u8], &[u8]); 4] = [
        // Written in part.
        (
            &whole.as_bytes()[..last + 5],
            &whole.as_bytes()[last..last + 5],
        ),
        // Written whole but for the line feed.
        (
            &whole.as_bytes()[..whole.len() - 1],
            &whole.as_bytes()[last..whole.len() - 1],
        ),
        // Blocks that were reserved and never filled.
        (&zeros, &[0; 4096]),
        // The same with the end of the line, which the disk took.
        (
            &[&zeros[..], b"\"}\n"].concat(),
            &[&[0; 4096][..], b"\"}\n"].concat(),
        ),
    ];
    for (number, (file, torn)) in (1..).zip(damaged) {
        place.overwrite(file);
        place.level().await.unwrap();
        assert_eq!(place.text(), whole);
        assert_eq!(place.side(number), torn);
        assert_eq!(place.verdict().await, Ok(3));
    }
}

#[tokio::test]
async fn a_torn_first_line_leaves_an_empty_log() {
    let place = Place::new(0).await;
    place.overwrite("{\"seq\":1,");
    place.level().await.unwrap();
    assert_eq!(
        (place.text().as_str(), place.side(1).as_slice()),
        ("", &b"{\"seq\":1,"[..])
    );
}

#[tokio::test]
async fn t_11_a_file_that_differs_otherwise_is_refused_and_left_alone() {
    let place = Place::new(3).await;
    place.level().await.unwrap();
    let whole = place.text();

    // No whole last line is torn, whatever stands there.
    let cut = whole.trim_end().rfind('\n').unwrap() + 1;
    for (kept, last) in [(cut, "x\n"), (cut, "{\"seq\"\n"), (whole.len(), "\n")] {
        let garbage = whole[..kept].to_owned() + last;
        place.overwrite(&garbage);
        let seq = u64::try_from(garbage.lines().count()).unwrap();
        assert_eq!(broken_at(place.level().await), seq);
        assert_eq!(place.text(), garbage);
        assert_eq!(place.verdict().await, fault(seq, ChainFault::Unreadable));
    }

    // A last line that was edited is not torn.
    let edited = whole.replace("prod", "test");
    place.overwrite(&edited);
    assert_eq!(broken_at(place.level().await), 3);
    assert_eq!(place.text(), edited);

    // A store that was lost, or is an older one, does not continue this log.
    place.overwrite(&whole);
    let (lost, older) = (Place::new(0).await, Place::new(1).await);
    for foreign in [&lost, &older] {
        assert_eq!(broken_at(place.log_of(foreign).level().await), 3);
    }
    assert_eq!(place.text(), whole);
    let clock = ManualClock::starting_at(UtcMillis::UNIX_EPOCH);
    let verified = verify(&place.path()).unwrap();
    for (seq, found, journal) in [
        (1, ChainFault::Unkept, &lost.journal),
        (2, ChainFault::Unkept, &older.journal),
    ] {
        let error = compare(&verified, journal, &clock).await.unwrap_err();
        let LogError::Broken { source, .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!(source, ChainError { seq, fault: found });
    }
}

#[tokio::test]
async fn t_11_a_sound_log_that_is_not_the_stores_is_refused_and_its_first_foreign_record_named() {
    let place = Place::new(3).await;
    place.level().await.unwrap();
    // Whoever edits a record can seal it and all after it anew; only the store knows better.
    let first = place.journal.records_after(0, 1).await.unwrap().remove(0);
    let mut head = chain::advance(&chain::ChainHead::start(), &first.line).unwrap();
    let mut text = first.line + "\n";
    for _ in 0..2 {
        let (record, next) = chain::seal(&head, &entry("another")).unwrap();
        text = text + &record.line + "\n";
        head = next;
    }
    place.overwrite(&text);
    assert_eq!(verify(&place.path()).unwrap().head().seq(), 3);
    assert_eq!(place.verdict().await, fault(2, ChainFault::Foreign));
    assert_eq!(broken_at(place.level().await), 3);

    // A file that goes on where the store ends.
    place.overwrite("");
    place.level().await.unwrap();
    let head = verify(&place.path()).unwrap().head().clone();
    let (more, _) = chain::seal(&head, &entry("more")).unwrap();
    place.overwrite(place.text() + &more.line + "\n");
    assert_eq!(place.verdict().await, fault(4, ChainFault::Unkept));
}

#[tokio::test]
async fn t_11_verifying_finds_damage_at_its_place_and_changes_nothing() {
    let place = Place::new(3).await;
    place.level().await.unwrap();
    let whole = place.text();
    let cut = whole.trim_end().rfind('\n').unwrap() + 1;
    for (damaged, seq, found) in [
        (whole.replacen("prod", "test", 1), 1, ChainFault::Edited),
        (whole[..whole.len() - 1].to_owned(), 3, ChainFault::Torn),
        (whole.clone() + "{}\n", 4, ChainFault::Unreadable),
        (whole.clone() + "\n", 4, ChainFault::Unreadable),
        (whole.clone() + "\0\0\n", 4, ChainFault::Torn),
        (whole.clone() + "\0\0\nx\n", 4, ChainFault::Unreadable),
        (whole[..cut].to_owned(), 3, ChainFault::CutOff),
        (String::new(), 1, ChainFault::CutOff),
    ] {
        place.overwrite(&damaged);
        assert_eq!(place.verdict().await, fault(seq, found));
        assert_eq!(place.text(), damaged);
    }
}

#[tokio::test]
async fn a_line_that_is_under_way_is_waited_for() {
    let place = Place::new(2).await;
    place.level().await.unwrap();
    place.seal().await;
    let meanwhile = Writing(place.log());
    assert_eq!(place.verdict_while(&meanwhile).await, Ok(2));
    assert_eq!(place.verdict().await, Ok(3));
}

/// While somebody waits, a run writes its lines.
#[derive(Debug)]
struct Writing(AuditLog);

#[async_trait]
impl Clock for Writing {
    fn now(&self) -> UtcMillis {
        UtcMillis::UNIX_EPOCH
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    async fn wait(&self, _: Duration) {
        self.0.level().await.unwrap();
    }
}

#[tokio::test]
async fn several_logs_write_one_file_each_what_lacks_whoever_sealed_it() {
    let place = Place::new(0).await;
    let logs = [place.log(), place.log(), place.log()];
    for round in 0..20 {
        let records = [
            place.seal().await,
            place.seal().await,
            // Whoever sealed this ended before it wrote anything.
            place.seal().await,
            place.seal().await,
        ];
        let (first, second, third) = tokio::join!(
            logs[round % 3].append(&records[3]),
            logs[(round + 1) % 3].append(&records[1]),
            logs[(round + 2) % 3].append(&records[0]),
        );
        first.and(second).and(third).unwrap();
    }
    assert_eq!(place.verdict().await, Ok(80));
}

#[tokio::test]
async fn the_last_lines_are_read_from_the_end() {
    let place = Place::new(3).await;
    let last = |most| {
        let lines = tail(&place.path(), std::num::NonZeroUsize::new(most).unwrap()).unwrap();
        let text = |line: Vec<u8>| String::from_utf8(line).unwrap() + "\n";
        lines.into_iter().map(text).collect::<String>()
    };
    assert_eq!(last(2), "", "no log yet");
    place.level().await.unwrap();
    let whole = place.text();
    let second = whole.find('\n').unwrap() + 1;
    for (most, expected) in [(2, &whole[second..]), (3, &whole), (usize::MAX, &whole)] {
        assert_eq!(last(most), expected, "{most}");
    }
    place.overwrite(whole.clone() + "{\"seq\"");
    assert_eq!(last(9), whole, "a torn line is left out");
    place.overwrite("{\"seq\"");
    assert_eq!(last(9), "");
}

#[tokio::test]
async fn a_log_longer_than_one_window_is_read_from_its_end() {
    let place = Place::new(400).await;
    place.level().await.unwrap();
    assert!(place.text().len() > 3 * 64 * 1024);
    assert_eq!(place.verdict().await, Ok(400));
    let most = std::num::NonZeroUsize::new(399).unwrap();
    assert_eq!(tail(&place.path(), most).unwrap().len(), 399);
    place.seal().await;
    place.level().await.unwrap();
    assert_eq!(place.verdict().await, Ok(401));
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_fails_every_call() {
    let place = Place::new(1).await;
    std::fs::create_dir_all(place.path()).unwrap();
    let log = place.log();
    let record = place.journal.records_after(0, 1).await.unwrap().remove(0);
    for _ in 0..2 {
        let refused = log.append(&record).await.unwrap_err();
        assert!(matches!(refused, AuditError::NotWritable { .. }));
    }
    // What was asked once is not asked again, even where it would work by now.
    std::fs::remove_dir(place.path()).unwrap();
    assert!(log.append(&record).await.is_err());
    assert!(place.log().append(&record).await.is_ok());
}

#[cfg(unix)]
#[tokio::test]
async fn t_05_the_log_and_what_is_set_aside_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new(2).await;
    place.level().await.unwrap();
    let mut file = crate::atomic::open_private(&place.path()).unwrap();
    file.write_all(b"torn").unwrap();
    place.level().await.unwrap();
    let below = place.path().parent().unwrap().to_owned();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&below), 0o700);
    let files: Vec<_> = below.read_dir().unwrap().collect();
    assert_eq!(files.len(), 2);
    for file in files {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
}
