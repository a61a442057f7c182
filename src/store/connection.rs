//! Opening the database, and what its failures mean to a person.

use super::migrations;
use crate::error::{Error, Kind, Result};
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The name of the database in the data folder.
pub const FILE_NAME: &str = "journal.db";

/// How often a writer looks again before it gives up: some 25 seconds in all.
const BUSY_TRIES: i32 = 15_000;

/// With less room than this, in bytes, the files that readers share cannot be made.
const LITTLE_ROOM: u64 = 64 * 1024;

/// A database that is open.
pub(super) struct Opened {
    pub(super) connection: Connection,
    /// Why nothing can be written, when nothing can.
    pub(super) unwritable: Option<Error>,
}

/// Opens the database in this folder, creating and migrating it when needed.
///
/// Creation, the switch to write-ahead logging and migrations happen under a lock file, because the
/// busy handler does not cover the switch: eight first starts at once would fail without it.
pub(super) fn open(folder: &Path) -> Result<Opened> {
    let path = folder.join(FILE_NAME);
    // A database that was cut to nothing looks like a new one; what was made from it tells.
    if path.metadata().is_ok_and(|file| file.len() == 0) && folder.join("index").exists() {
        return Err(Error::new(
            Kind::Corrupt,
            format!("the journal {} is empty, but it has been indexed", path.display()),
        )
        .hint("put back a copy; to begin a new journal here, remove the file and the folder `index` beside it"));
    }
    if !path.exists() {
        create_folder(folder)?;
    }
    let opened = Connection::open(&path)
        .and_then(|mut connection| prepare(&mut connection).map(|version| (connection, version)));
    let (mut connection, version) = match opened {
        Ok(opened) => opened,
        Err(error) if is_unwritable(&path, &error) && path.exists() => {
            let connection = open_unwritable(&path, &error)?;
            return Ok(Opened { connection, unwritable: Some(cannot_open(&path, &error)) });
        }
        Err(error) => return Err(cannot_open(&path, &error)),
    };
    if version > migrations::LATEST {
        return Err(Error::failure(format!(
            "the journal {} has schema version {version}, and this journal understands up to {}",
            path.display(),
            migrations::LATEST
        ))
        .hint("it was written by a newer version: install that one"));
    }
    if version < migrations::LATEST {
        let lock = lock_file(folder)?;
        lock.lock().map_err(|error| Error::io("cannot lock", folder, error))?;
        connection
            .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0))
            .map_err(|error| cannot_open(&path, &error))?;
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| cannot_open(&path, &error))?;
        migrations::up(&transaction)?;
        transaction.commit().map_err(|error| cannot_open(&path, &error))?;
    }
    Ok(Opened { connection, unwritable: None })
}

/// Opens a second connection to a database that is open already, for reading.
pub(super) fn open_reader(folder: &Path) -> Result<Connection> {
    let path = folder.join(FILE_NAME);
    Connection::open(&path).and_then(|mut connection| prepare(&mut connection).map(|_| connection)).or_else(|error| {
        if is_unwritable(&path, &error) { open_unwritable(&path, &error) } else { Err(cannot_open(&path, &error)) }
    })
}

/// Settings that belong to a connection; returns the schema version.
fn prepare(connection: &mut Connection) -> rusqlite::Result<i64> {
    connection.busy_handler(Some(wait_a_little))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "journal_size_limit", 16 * 1024 * 1024)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Sleeps 0.3 to 3 ms. SQLite's own busy timeout backs off to 100 ms and starves some of many
/// writers (p99 of 8 writers: 356–549 ms with it, 107–131 ms with this).
pub(super) fn wait_a_little(tries: i32) -> bool {
    let spread = std::process::id().wrapping_mul(7919).wrapping_add((tries as u32).wrapping_mul(104_729));
    std::thread::sleep(Duration::from_micros(300 + u64::from(spread % 2700)));
    tries < BUSY_TRIES
}

/// A journal on a medium that cannot be written, or has no room for the files that readers share, is
/// still readable, as long as no other process has left unfinished work beside it.
fn open_unwritable(path: &Path, why: &rusqlite::Error) -> Result<Connection> {
    let wal = PathBuf::from(format!("{}-wal", path.display()));
    if fs::metadata(&wal).is_ok_and(|wal| wal.len() > 0) {
        return Err(cannot_open(path, why));
    }
    let escaped = path.display().to_string().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)
        .map_err(|error| cannot_open(path, &error))?;
    let version: i64 =
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(|_| cannot_open(path, why))?;
    if version != migrations::LATEST {
        return Err(cannot_open(path, why));
    }
    Ok(connection)
}

fn is_unwritable(path: &Path, error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied))
        || is_full(path, error)
}

/// Whether this failure is for want of room: making the files that readers share fails as an error of
/// the disk, which says nothing of the reason.
fn is_full(path: &Path, error: &rusqlite::Error) -> bool {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => true,
        Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => path
            .parent()
            .and_then(|folder| rustix::fs::statvfs(folder).ok())
            .is_some_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < LITTLE_ROOM),
        _ => false,
    }
}

/// Creates the data folder, for its owner only.
fn create_folder(folder: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| Error::io("cannot create the data folder", folder, error))
}

fn lock_file(folder: &Path) -> Result<File> {
    let path = folder.join("journal.lock");
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| Error::io("cannot open", &path, error))
}

fn cannot_open(path: &Path, error: &rusqlite::Error) -> Error {
    let reason = if is_full(path, error) { full() } else { from_sqlite(error) };
    reason.context(format_args!("cannot open the journal {}", path.display()))
}

fn full() -> Error {
    Error::failure("the disk is full").hint("free some space and run the command again; what was saved before is safe")
}

/// What a failure of SQLite means.
pub(super) fn from_sqlite(error: &rusqlite::Error) -> Error {
    let text = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => full(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Error::new(Kind::Busy, "another program is writing to the journal").hint("try again in a moment")
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            Error::new(Kind::Corrupt, format!("the database is damaged ({text})"))
                .hint("run `journal doctor` to see what is left, and put back a copy")
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            Error::failure(format!("the journal cannot be written ({text})"))
                .hint("make the data folder writable, or choose another with --data-dir")
        }
        Some(ErrorCode::SystemIoFailure) => Error::failure(format!("the disk reported an error ({text})"))
            .hint("check the free space and the disk; what was saved before is safe"),
        _ => Error::failure(format!("the database refused: {text}")),
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        from_sqlite(&error)
    }
}
