//! What only the store on disk promises; what every journal promises is the conformance suite's.

use std::path::{Path, PathBuf};

use cxda_domain::audit::{AuditAction, AuditedResource, Compliance, Phase};
use cxda_domain::instant::UtcMillis;
use cxda_domain::key::{Digest, IdempotencyKey, RunId};
use cxda_domain::request::Operation;
use tempfile::TempDir;

use cxda_domain::applied::KeptSecret;

use super::*;
use crate::audit::chain;

const KEY: [u8; 32] = [7; 32];

fn scope(tenant: &str) -> Scope {
    Scope {
        tenant: tenant.into(),
        origin: "https://na1.example".into(),
    }
}

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a folder?#%").join("state.db");
    (folder, path)
}

fn applied(name: &str) -> LastApplied {
    LastApplied {
        address: Address::action(name),
        id: "a1".parse().unwrap(),
        fields: BTreeMap::from([("enabled".into(), Digest::of("true"))]),
        secrets: BTreeMap::from([("token".into(), KeptSecret::undated(Fingerprint::new("f")))]),
        protect: true,
    }
}

fn intent(operation_id: &str) -> Intent {
    Intent {
        operation_id: operation_id.into(),
        run: RunId::new("r"),
        operation: Operation::CreateAction,
        address: Address::action("score"),
        id: None,
        key: Some(IdempotencyKey::new("k")),
        payload: Fingerprint::new("body"),
        base_tag: None,
        tells: None,
        created: UtcMillis::from_epoch_millis(-1),
    }
}

fn entry(tenant: &str) -> AuditEntry {
    AuditEntry {
        audit_id: "id".into(),
        run_id: RunId::new("r"),
        timestamp: UtcMillis::from_epoch_millis(0),
        actor: "ci".into(),
        tenant: tenant.into(),
        action: AuditAction::CreateDataAction,
        phase: Phase::Intended,
        resource: AuditedResource::new(&Address::action("score"), None),
        changes: Vec::new(),
        metrics: None,
        compliance: Compliance::default(),
        error: None,
    }
}

#[tokio::test]
async fn what_was_kept_is_there_after_reopening() {
    let (_folder, path) = place();
    let store = Store::open(&path, scope("a"), KEY).unwrap();
    store.adopt(&[applied("one")]).await.unwrap();
    let record = store.begin(&intent("op"), &entry("a")).await.unwrap();
    drop(store);

    let store = Store::open(&path, scope("a"), KEY).unwrap();
    assert_eq!(
        store.last_applied().await.unwrap(),
        BTreeMap::from([(Address::action("one"), applied("one"))])
    );
    assert_eq!(store.open_intents().await.unwrap()[0].intent, intent("op"));
    assert_eq!(store.records_after(0, usize::MAX).await.unwrap(), [record]);
}

#[tokio::test]
async fn tenants_share_nothing_but_the_chain() {
    let (_folder, path) = place();
    let one = Store::open(&path, scope("a"), KEY).unwrap();
    let other = Store::open(&path, scope("b"), KEY).unwrap();
    one.adopt(&[applied("one")]).await.unwrap();
    one.begin(&intent("op"), &entry("a")).await.unwrap();
    other.begin(&intent("op"), &entry("b")).await.unwrap();

    assert!(other.last_applied().await.unwrap().is_empty());
    assert_eq!(one.open_intents().await.unwrap().len(), 1);
    let records = one.records_after(0, usize::MAX).await.unwrap();
    let lines = records.iter().map(|record| record.line.as_str());
    assert_eq!(chain::verify(lines).unwrap().seq(), 2);
}

#[tokio::test]
async fn writes_that_meet_all_take_a_place_in_the_chain() {
    let (_folder, path) = place();
    let store = Arc::new(Store::open(&path, scope("a"), KEY).unwrap());
    let mut tasks = Vec::new();
    for number in 0..100 {
        let store = Arc::clone(&store);
        tasks.push(tokio::spawn(async move {
            let intent = intent(&number.to_string());
            store.begin(&intent, &entry("a")).await.unwrap().seq
        }));
    }
    let mut places = Vec::new();
    for task in tasks {
        places.push(task.await.unwrap());
    }
    places.sort_unstable();
    assert_eq!(places, (1..=100).collect::<Vec<_>>());
    let records = store.records_after(0, usize::MAX).await.unwrap();
    let lines = records.iter().map(|record| record.line.as_str());
    assert_eq!(chain::verify(lines).unwrap().seq(), 100);
}

#[test]
fn fingerprints_are_keyed_by_the_first_key_of_the_store() {
    let (_folder, path) = place();
    let secret = SecretText::new("what do ya want for nothing?");
    // RFC 4231, test case 2, whose key is shorter than the store's.
    let mut jefe = [0; 32];
    jefe[..4].copy_from_slice(b"Jefe");
    let first = Store::open(&path, scope("a"), jefe).unwrap();
    let fingerprint = first.fingerprint(&secret);
    assert_eq!(
        fingerprint.as_str(),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
    drop(first);
    let again = Store::open(&path, scope("b"), KEY).unwrap();
    assert_eq!(again.fingerprint(&secret), fingerprint);
    assert_ne!(again.fingerprint(&SecretText::new("other")), fingerprint);
}

#[tokio::test]
async fn a_pause_is_kept_for_its_tenant_alone_and_outlives_the_process() {
    let (_folder, path) = place();
    let instant = UtcMillis::from_epoch_millis(1_709_220_600_000);
    let store = Store::open(&path, scope("a"), KEY).unwrap();
    store.keep_not_before(instant).await.unwrap();
    drop(store);
    for (tenant, kept) in [("a", Some(instant)), ("b", None)] {
        let reader = Store::open_read_only(&path, scope(tenant)).unwrap();
        assert_eq!(reader.unwrap().not_before().await.unwrap(), kept);
    }
}

fn bytes(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut file = crate::atomic::open_to_read(path).unwrap();
    std::io::Read::read_to_end(&mut file, &mut bytes).unwrap();
    bytes
}

/// A store as the first version of its tables had it, with one resource that has one secret.
fn first_version(path: &Path) {
    crate::atomic::make_folder(path.parent().unwrap()).unwrap();
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch(include_str!("schema/1.sql"))
        .unwrap();
    connection.pragma_update(None, "user_version", 1).unwrap();
    connection
        .execute("INSERT INTO meta VALUES ('fingerprint_key', ?1)", [KEY])
        .unwrap();
    let applied = "INSERT INTO applied VALUES ('a', 'https://na1.example', 'action/one', 'id-one', '{}', '{\"token\":\"f\"}', 0)";
    connection.execute_batch(applied).unwrap();
}

#[tokio::test]
async fn a_store_of_the_first_version_is_read_as_it_is_and_brought_up_to_be_written() {
    let (_folder, path) = place();
    first_version(&path);
    let before = bytes(&path);
    let secrets = BTreeMap::from([(
        "token".to_owned(),
        KeptSecret::undated(Fingerprint::new("f")),
    )]);
    let reader = Store::open_read_only(&path, scope("a")).unwrap().unwrap();
    assert_eq!(reader.not_before().await.unwrap(), None);
    let applied = reader.last_applied().await.unwrap();
    assert_eq!(applied.values().next().unwrap().secrets, secrets);
    drop(reader);
    assert_eq!(bytes(&path), before);

    let instant = UtcMillis::from_epoch_millis(7);
    let store = Store::open(&path, scope("a"), KEY).unwrap();
    store.keep_not_before(instant).await.unwrap();
    assert_eq!(store.not_before().await.unwrap(), Some(instant));
    assert_eq!(store.last_applied().await.unwrap(), applied);
}

#[test]
fn a_store_of_a_newer_version_is_refused() {
    let (_folder, path) = place();
    drop(Store::open(&path, scope("a"), KEY).unwrap());
    let connection = Connection::open(&path).unwrap();
    let newer = schema::version(&connection).unwrap() + 1;
    connection
        .pragma_update(None, "user_version", newer)
        .unwrap();
    drop(connection);
    for refused in [
        Store::open(&path, scope("a"), KEY).map(drop),
        Store::open_read_only(&path, scope("a")).map(drop),
    ] {
        let Err(StoreError::Newer { found, known, .. }) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!((found, known), (newer, newer - 1));
    }
}

#[test]
fn what_is_no_store_is_refused_and_left_as_it_is() {
    let (_folder, path) = place();
    let refused = || {
        for refused in [
            Store::open(&path, scope("a"), KEY).map(drop),
            Store::open_read_only(&path, scope("a")).map(drop),
        ] {
            assert!(
                matches!(refused, Err(StoreError::NoStore { .. })),
                "{refused:?}"
            );
        }
    };
    first_version(&path);
    let truncated = bytes(&path)[..5000].to_vec();
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 0).unwrap();
    drop(connection);
    for file in [bytes(&path), truncated, vec![b'x'; 4096], vec![b'x'; 9]] {
        crate::atomic::replace(&path, &file).unwrap();
        refused();
        assert_eq!(bytes(&path), file);
    }
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    refused();
}

#[tokio::test]
async fn t_19_reading_makes_and_changes_no_file() {
    let (folder, path) = place();
    assert!(
        Store::open_read_only(&path, scope("a")).unwrap().is_none(),
        "there is none"
    );
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);

    let store = Store::open(&path, scope("a"), KEY).unwrap();
    store.adopt(&[applied("one")]).await.unwrap();
    // A store that is in use, or was left by a crash, has its latest in the file beside it.
    let reader = Store::open_read_only(&path, scope("a")).unwrap().unwrap();
    assert_eq!(reader.last_applied().await.unwrap().len(), 1);
    drop(reader);
    drop(store);

    let reader = Store::open_read_only(&path, scope("a")).unwrap().unwrap();
    assert_eq!(reader.last_applied().await.unwrap().len(), 1);
    assert!(reader.adopt(&[applied("two")]).await.is_err());
    drop(reader);
    let files = path.parent().unwrap().read_dir().unwrap().count();
    assert_eq!(files, 1);
}

#[cfg(unix)]
#[tokio::test]
async fn t_05_the_store_and_what_lies_beside_it_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = place();
    let store = Store::open(&path, scope("a"), KEY).unwrap();
    store.adopt(&[applied("one")]).await.unwrap();
    let folder = path.parent().unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(folder), 0o700);
    let mut files = 0;
    for file in folder.read_dir().unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
        files += 1;
    }
    assert_eq!(files, 3);
}

#[tokio::test]
async fn t_13_the_store_holds_no_secret() {
    let (_folder, path) = place();
    let canary = "canary-of-the-store";
    let store = Store::open(&path, scope("a"), KEY).unwrap();
    let fingerprint = store.fingerprint(&SecretText::new(canary));
    let mut resource = applied("one");
    resource
        .secrets
        .insert("token".into(), KeptSecret::undated(fingerprint));
    store.adopt(&[resource]).await.unwrap();
    drop(store);
    let mut bytes = Vec::new();
    let mut file = crate::atomic::open_to_read(&path).unwrap();
    std::io::Read::read_to_end(&mut file, &mut bytes).unwrap();
    let found = bytes
        .windows(canary.len())
        .any(|window| window == canary.as_bytes());
    assert!(!found);
}
