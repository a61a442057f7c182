//! Opening the database, and what its failures mean to a person.

use super::schema::{self, How, Migrated};
use super::{Clock, migrations, monitor};
use crate::error::{Error, Kind, Result};
use rusqlite::{Connection, ErrorCode, OpenFlags};
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
    /// What was done to the schema.
    pub(super) migrated: Option<Migrated>,
}

/// Opens the database in this folder, creating and migrating it when needed.
///
/// Creation, the switch to write-ahead logging and migrations happen under a lock file, because the
/// busy handler does not cover the switch: eight first starts at once would fail without it.
pub(super) fn open(folder: &Path, clock: Clock) -> Result<Opened> {
    let path = folder.join(FILE_NAME);
    let (mut connection, version) = match open_or_create(folder)? {
        Ok(opened) => opened,
        Err(error) if is_unwritable(&path, &error) && path.exists() => {
            let connection = open_unwritable(&path, &error)?;
            return Ok(Opened { connection, unwritable: Some(cannot_open(&path, &error)), migrated: None });
        }
        Err(error) => return Err(cannot_open(&path, &error)),
    };
    if version > migrations::LATEST {
        return Err(schema::newer(&path, &connection, version));
    }
    let migrated = if version < migrations::LATEST {
        schema::up(folder, &mut connection, How { to: None, backup: true }, clock)?
    } else {
        None
    };
    Ok(Opened { connection, unwritable: None, migrated })
}

/// Opens the database in this folder for a change of its schema; gives its version.
pub(super) fn open_for_migration(folder: &Path) -> Result<(Connection, i64)> {
    open_or_create(folder)?.map_err(|error| cannot_open(&folder.join(FILE_NAME), &error))
}

fn open_or_create(folder: &Path) -> Result<rusqlite::Result<(Connection, i64)>> {
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
    Ok(Connection::open(&path).and_then(|mut connection| prepare(&mut connection).map(|version| (connection, version))))
}

/// Opens a database of any version for reading, and changes nothing.
pub(super) fn open_any_version(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(path, flags)
        .and_then(|mut connection| prepare(&mut connection).map(|_| connection));
    opened.or_else(|error| {
        if is_unwritable(path, &error) { open_immutable(path, &error) } else { Err(cannot_open(path, &error)) }
    })
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
    // What a savepoint keeps of the pages before it would otherwise go through a file.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(64);
    monitor::watch(connection)?;
    migrations::version(connection)
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
    let connection = open_immutable(path, why)?;
    let version = migrations::version(&connection).map_err(|_| cannot_open(path, why))?;
    if version > migrations::LATEST {
        return Err(schema::newer(path, &connection, version));
    }
    if version < migrations::LATEST {
        return Err(cannot_open(path, why)
            .context("the journal was written by an older version and has to be brought up to date"));
    }
    Ok(connection)
}

/// Opens a database beside which nothing can be written.
fn open_immutable(path: &Path, why: &rusqlite::Error) -> Result<Connection> {
    let wal = PathBuf::from(format!("{}-wal", path.display()));
    if fs::metadata(&wal).is_ok_and(|wal| wal.len() > 0) {
        return Err(cannot_open(path, why));
    }
    let escaped = path.display().to_string().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)
        .map_err(|error| cannot_open(path, &error))?;
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
        Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => {
            path.parent().and_then(free_space).is_some_and(|free| free < LITTLE_ROOM)
        }
        _ => false,
    }
}

/// The bytes that this user may still write in a folder.
pub(super) fn free_space(folder: &Path) -> Option<u64> {
    rustix::fs::statvfs(folder).ok().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// The bytes of a database and of the log beside it.
pub(super) fn size(path: &Path) -> u64 {
    let length = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
    length(path) + length(&PathBuf::from(format!("{}-wal", path.display())))
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

/// Waits until nobody else creates or changes the schema; held until it is dropped.
pub(super) fn lock(folder: &Path) -> Result<File> {
    let path = folder.join("journal.lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| Error::io("cannot open", &path, error))?;
    file.lock().map_err(|error| Error::io("cannot lock", folder, error))?;
    Ok(file)
}

fn cannot_open(path: &Path, error: &rusqlite::Error) -> Error {
    cannot("open", path, error)
}

pub(super) fn cannot(what: &str, path: &Path, error: &rusqlite::Error) -> Error {
    let reason = if is_full(path, error) { full() } else { from_sqlite(error) };
    reason.context(format_args!("cannot {what} the journal {}", path.display()))
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
