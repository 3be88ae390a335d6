//! Opening the SQLite file: its settings, its tables, and how older files become current ones.
//!
//! The tables' content is the ledger's matter.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cxda_ports::error::StoreError;
use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior};

use super::opening;
use crate::atomic;

/// What brings a file from each version to the next; the number of steps is the current version.
const MIGRATIONS: [&str; 3] = [
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
];

/// How many pages are copied between two looks for somebody who writes.
const PAGES_A_STEP: std::ffi::c_int = 1_024;

/// How long to wait for another process that is just writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens `path` for reading and writing, makes it where it lacks, and brings it to the current version.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    // SQLite gives the files that it makes beside the store the mode of the store.
    drop(atomic::open_private(path).map_err(opening)?);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(opening)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(opening)?;
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
        )
        .map_err(opening)?;
    migrate(&mut connection, path)?;
    Ok(connection)
}

/// Opens `path` for reading; `None` where there is no store, or one that nothing was written to.
pub(super) fn open_read_only(path: &Path) -> Result<Option<Connection>, StoreError> {
    match atomic::open_to_read(path) {
        Ok(file) => drop(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(opening(error)),
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = if beside(path, "-wal").exists() {
        Connection::open_with_flags(path, flags)
    } else {
        // All of the store is in its one file. Any other way of opening it would make the files beside it, and leave them.
        Connection::open_with_flags(immutable(path), flags | OpenFlags::SQLITE_OPEN_URI)
    };
    let connection = opened.map_err(opening)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(opening)?;
    let version = version(&connection, path)?;
    if version == 0 {
        Ok(None)
    } else if version == current() {
        Ok(Some(connection))
    } else {
        current_copy(&connection, path).map(Some)
    }
}

/// Opens for reading the store `path`, which is open for writing and current for as long as this connection lives.
pub(super) fn open_beside_writer(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(opening)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(opening)?;
    Ok(connection)
}

/// A copy in memory of an older store that must stay as it is, brought to the current version.
fn current_copy(older: &Connection, path: &Path) -> Result<Connection, StoreError> {
    let mut copy = Connection::open_in_memory().map_err(opening)?;
    let backup = Backup::new(older, &mut copy).map_err(opening)?;
    backup
        .run_to_completion(PAGES_A_STEP, Duration::ZERO, None)
        .map_err(opening)?;
    drop(backup);
    migrate(&mut copy, path)?;
    Ok(copy)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// The URI by which SQLite takes `path` for a file that nobody changes.
fn immutable(path: &Path) -> String {
    let mut uri = String::from("file:");
    for &byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/.-_".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push('%');
            for nibble in [byte >> 4, byte & 0xf] {
                uri.extend(char::from_digit(u32::from(nibble), 16));
            }
        }
    }
    uri + "?immutable=1"
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    // The version is read inside the transaction: of two processes that open a new file, one makes the tables.
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(opening)?;
    let version = version(&transaction, path)?;
    for (step, statements) in (1_i64..).zip(MIGRATIONS) {
        if step > version {
            transaction.execute_batch(statements).map_err(opening)?;
            transaction
                .pragma_update(None, "user_version", step)
                .map_err(opening)?;
        }
    }
    transaction.commit().map_err(opening)
}

pub(super) fn version(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    let version: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(opening)?;
    if (0..=current()).contains(&version) {
        Ok(version)
    } else {
        Err(StoreError::Newer {
            path: path.display().to_string(),
        })
    }
}

fn current() -> i64 {
    (0..).zip(MIGRATIONS).fold(0, |version, _| version + 1)
}

/// The key of the fingerprints: the one that the store keeps, else `fresh`, which it keeps from now on.
pub(super) fn fingerprint_key(
    connection: &mut Connection,
    fresh: [u8; 32],
) -> rusqlite::Result<[u8; 32]> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let key = if let Some(kept) = kept_key(&transaction)? {
        kept
    } else {
        transaction.execute(
            "INSERT INTO meta (name, value) VALUES ('fingerprint_key', ?1)",
            [fresh],
        )?;
        fresh
    };
    transaction.commit()?;
    Ok(key)
}

/// The key of the fingerprints that the store keeps.
pub(super) fn kept_key(connection: &Connection) -> rusqlite::Result<Option<[u8; 32]>> {
    connection
        .query_row(
            "SELECT value FROM meta WHERE name = 'fingerprint_key'",
            [],
            |row| row.get(0),
        )
        .optional()
}
