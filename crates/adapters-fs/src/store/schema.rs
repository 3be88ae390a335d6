//! Opening the SQLite file: its settings, its tables, and how older files become current ones.
//!
//! The tables' content is the ledger's matter.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cxda_ports::error::StoreError;
use rusqlite::backup::Backup;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, TransactionBehavior};

use super::failed;
use super::queue::Fault;
use crate::atomic;

/// What brings a file from each version to the next; the number of steps is the current version.
const MIGRATIONS: [&str; 4] = [
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
];

/// How many pages are copied between two looks for somebody who writes.
const PAGES_A_STEP: std::ffi::c_int = 1_024;

/// How often a store is asked to write to its log first while others ask the same.
const SWITCHES: u32 = 100;

/// How long to wait for another process that is just writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a store cannot be opened.
#[derive(Debug)]
pub(super) enum Refusal {
    Newer { found: i64 },
    Failed(Fault),
}

impl Refusal {
    /// The same of the store at `path`.
    pub(super) fn at(self, path: &Path) -> StoreError {
        match self {
            Self::Newer { found } => StoreError::Newer {
                path: path.display().to_string(),
                found,
                known: current(),
            },
            Self::Failed(source) => failed(path, "opened", source),
        }
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Opens `path` for reading and writing, makes it where it lacks, and brings it to the current version.
pub(super) fn open(path: &Path) -> Result<Connection, Refusal> {
    // SQLite gives the files that it makes beside the store the mode of the store.
    drop(atomic::open_private(path)?);
    let mut connection = connect(path)?;
    // Nothing is changed in a file that is no store.
    version(&connection)?;
    if !logs_ahead(&connection)? {
        log_ahead(&connection)?;
        // Where the disk refuses that, this connection neither fails nor says so. A new one reads what the file says.
        drop(connection);
        connection = connect(path)?;
        if !logs_ahead(&connection)? {
            let refused = io::Error::other("the disk does not take its write-ahead log");
            return Err(refused.into());
        }
    }
    migrate(&mut connection)?;
    Ok(connection)
}

/// Lets the file write to its log first. Of several processes that begin with one store at once each waits for the others.
fn log_ahead(connection: &Connection) -> rusqlite::Result<()> {
    for _ in 0..SWITCHES {
        match connection.execute_batch("PRAGMA journal_mode = WAL;") {
            // Where another does the same, SQLite gives up at once; for the lock of a transaction it waits.
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK;")?;
            }
            switched => return switched,
        }
    }
    connection.execute_batch("PRAGMA journal_mode = WAL;")
}

/// A connection for reading and writing to the file `path`, which is there.
fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // Whatever fails from here on: the files are closed as they are. Their next reader brings them together, on handles of its own.
    keep_log(&connection, true)?;
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")?;
    Ok(connection)
}

/// Whether the file writes to its log first.
fn logs_ahead(connection: &Connection) -> rusqlite::Result<bool> {
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    Ok(mode == "wal")
}

/// Whether the write-ahead log stays behind when `connection` is closed: bringing it into the store would flush it once more.
pub(super) fn keep_log(connection: &Connection, keep: bool) -> rusqlite::Result<()> {
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep)
        .map(drop)
}

/// Opens `path` for reading; `None` where there is no store, or one that nothing was written to.
pub(super) fn open_read_only(path: &Path) -> Result<Option<Connection>, Refusal> {
    match atomic::open_to_read(path) {
        Ok(file) => drop(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = if beside(path, "-wal").exists() {
        Connection::open_with_flags(path, flags)
    } else {
        // All of the store is in its one file. Any other way of opening it would make the files beside it, and leave them.
        Connection::open_with_flags(immutable(path), flags | OpenFlags::SQLITE_OPEN_URI)
    };
    let connection = opened?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    let version = version(&connection)?;
    if version == 0 {
        Ok(None)
    } else if version == current() {
        Ok(Some(connection))
    } else {
        current_copy(&connection).map(Some)
    }
}

/// Opens for reading the store `path`, which is open for writing and current for as long as this connection lives.
pub(super) fn open_beside_writer(path: &Path) -> Result<Connection, Refusal> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

/// A copy in memory of an older store that must stay as it is, brought to the current version.
fn current_copy(older: &Connection) -> Result<Connection, Refusal> {
    let mut copy = Connection::open_in_memory()?;
    let backup = Backup::new(older, &mut copy)?;
    backup.run_to_completion(PAGES_A_STEP, Duration::ZERO, None)?;
    drop(backup);
    migrate(&mut copy)?;
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

fn migrate(connection: &mut Connection) -> Result<(), Refusal> {
    // The version is read inside the transaction: of two processes that open a new file, one makes the tables.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = version(&transaction)?;
    for (step, statements) in (1_i64..).zip(MIGRATIONS) {
        if step > version {
            transaction.execute_batch(statements)?;
            transaction.pragma_update(None, "user_version", step)?;
        }
    }
    Ok(transaction.commit()?)
}

/// The version of a store's tables; 0 of one that nothing was written to.
pub(super) fn version(connection: &Connection) -> Result<i64, Refusal> {
    // One statement sees the file as it is at one time, also while somebody makes the tables.
    let (version, is_empty) = connection.query_row(
        "SELECT user_version, NOT EXISTS (SELECT 1 FROM sqlite_schema) FROM pragma_user_version",
        [],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?)),
    )?;
    match version {
        0 if !is_empty => Err(Refusal::Failed(Box::new(NotOurs))),
        _ if (0..=current()).contains(&version) => Ok(version),
        found => Err(Refusal::Newer { found }),
    }
}

/// A database that no `cxda` made.
#[derive(Debug, thiserror::Error)]
#[error("it is a database of something else")]
pub(super) struct NotOurs;

fn current() -> i64 {
    (0..).zip(MIGRATIONS).fold(0, |version, _| version + 1)
}

/// The key of the fingerprints: the one that the store keeps, else `fresh`, which it keeps from now on.
pub(super) fn fingerprint_key(
    connection: &mut Connection,
    fresh: [u8; 32],
) -> Result<[u8; 32], Refusal> {
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
pub(super) fn kept_key(connection: &Connection) -> Result<Option<[u8; 32]>, Refusal> {
    let kept = connection
        .query_row(
            "SELECT value FROM meta WHERE name = 'fingerprint_key'",
            [],
            |row| row.get(0),
        )
        .optional();
    Ok(kept?)
}
