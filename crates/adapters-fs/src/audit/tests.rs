//! What only the log on disk promises; what every audit log promises is the conformance suite's.

use std::io::Write;

use cxda_adapters_memory::journal::MemoryJournal;
use cxda_domain::address::Address;
use cxda_domain::audit::{AuditAction, AuditEntry, AuditedResource, Compliance, Phase};
use cxda_domain::instant::UtcMillis;
use cxda_domain::key::RunId;
use cxda_ports::journal::{Journal, Memory, Settlement};
use tempfile::TempDir;

use super::chain::{ChainError, ChainFault};
use super::*;

struct Place {
    folder: TempDir,
    journal: MemoryJournal,
}

impl Place {
    /// A folder without a log, and a journal with `records` records.
    async fn new(records: usize) -> Self {
        let place = Self {
            folder: tempfile::tempdir().unwrap(),
            journal: MemoryJournal::new(),
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
        AuditLog::new(self.path()).unwrap()
    }

    async fn level(&self) -> Result<(), LogError> {
        level(&self.journal, &self.log()).await
    }

    async fn verdict(&self) -> Result<u64, LogError> {
        let verified = verify(&self.path())?;
        compare(&verified, &self.journal).await?;
        Ok(verified.head().seq())
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

fn broken_at<T: fmt::Debug>(result: Result<T, LogError>) -> u64 {
    match result.unwrap_err() {
        LogError::Audit(AuditError::Broken { seq, .. }) => seq,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_file_is_brought_level_by_appending() {
    let place = Place::new(3).await;
    assert_eq!(broken_at(place.verdict().await), 1, "it holds less");
    place.level().await.unwrap();
    let before = place.text();
    assert_eq!(place.verdict().await.unwrap(), 3);
    place.seal().await;
    place.level().await.unwrap();
    assert!(place.text().starts_with(&before));
    assert_eq!(place.verdict().await.unwrap(), 4);
}

#[tokio::test]
async fn nothing_is_made_before_the_first_call() {
    let place = Place::new(0).await;
    drop(place.log());
    assert!(!place.path().exists());
    assert_eq!(place.log().last_seq().await.unwrap(), 0);
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
        // A line feed without the line before it.
        (
            &[&whole.as_bytes()[..last], b"{\"seq\"\n"].concat(),
            b"{\"seq\"\n",
        ),
    ];
    for (number, (file, torn)) in (1..).zip(damaged) {
        place.overwrite(file);
        place.level().await.unwrap();
        assert_eq!(place.text(), whole);
        assert_eq!(place.side(number), torn);
        assert_eq!(place.verdict().await.unwrap(), 3);
    }
}

#[tokio::test]
async fn a_torn_first_line_leaves_an_empty_log() {
    let place = Place::new(0).await;
    place.overwrite("{\"seq\":1,");
    assert_eq!(place.log().last_seq().await.unwrap(), 0);
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
    let other = Place::new(0).await;
    other.seal().await;
    other.level().await.unwrap();

    // Two lines at the end that are no records are more than one writer can tear.
    let lines: Vec<_> = whole.lines().collect();
    let garbage = format!("{}\nx\ny\n", lines[0]);
    place.overwrite(&garbage);
    assert_eq!(broken_at(place.level().await), 2);

    // A last line that was edited is not torn.
    let edited = whole.replace("prod", "test");
    place.overwrite(&edited);
    assert_eq!(broken_at(place.level().await), 3);
    assert_eq!(place.text(), edited);

    // A journal that was lost, or belongs elsewhere, does not continue this log.
    place.overwrite(&whole);
    let lost = MemoryJournal::new();
    assert_eq!(broken_at(level(&lost, &place.log()).await), 3);
    let foreign = level(&other.journal, &place.log()).await;
    assert_eq!(broken_at(foreign), 3);
    assert_eq!(place.text(), whole);
}

#[tokio::test]
async fn t_11_a_last_record_that_is_not_the_stores_is_refused() {
    let place = Place::new(1).await;
    let start = chain::ChainHead::start();
    let (elsewhere, _) = chain::seal(&start, &entry("another")).unwrap();
    place.log().append(&elsewhere).await.unwrap();
    assert_eq!(verify(&place.path()).unwrap().head().seq(), 1);
    assert_eq!(broken_at(place.verdict().await), 1);
    assert_eq!(broken_at(place.level().await), 1);
}

#[tokio::test]
async fn t_11_verifying_finds_damage_at_its_place_and_changes_nothing() {
    let place = Place::new(3).await;
    place.level().await.unwrap();
    let whole = place.text();
    for (damaged, seq, fault) in [
        (whole.replacen("prod", "test", 1), 1, ChainFault::Edited),
        (whole[..whole.len() - 1].to_owned(), 3, ChainFault::Torn),
        (whole.clone() + "\n", 4, ChainFault::Unreadable),
    ] {
        place.overwrite(&damaged);
        let source = match verify(&place.path()) {
            Err(LogError::Chain { source, .. }) => source,
            other => panic!("{other:?}"),
        };
        assert_eq!(source, ChainError { seq, fault });
        assert_eq!(place.text(), damaged);
    }
    let cut = whole.trim_end().rfind('\n').unwrap() + 1;
    place.overwrite(&whole[..cut]);
    assert_eq!(verify(&place.path()).unwrap().head().seq(), 2);
    assert_eq!(
        broken_at(place.verdict().await),
        3,
        "a tail that was cut off"
    );
}

#[tokio::test]
async fn a_log_longer_than_one_window_is_read_from_its_end() {
    let place = Place::new(400).await;
    place.level().await.unwrap();
    assert!(place.text().len() > 3 * 64 * 1024);
    assert_eq!(place.log().last_seq().await.unwrap(), 400);
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_fails_every_call() {
    let place = Place::new(1).await;
    std::fs::create_dir_all(place.path()).unwrap();
    let log = place.log();
    let record = place.journal.records_after(0).await.unwrap().remove(0);
    for _ in 0..2 {
        let refused = log.append(&record).await.unwrap_err();
        assert!(matches!(refused, AuditError::NotWritable { .. }));
        assert!(log.last_seq().await.is_err());
    }
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
