//! A copy of the whole database before its schema is changed.

use super::{connection, migrations};
use crate::error::{Error, Result};
use crate::publish::publish_new;
use chrono::{DateTime, Utc};
use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// The folder of the copies in the data folder.
const BACKUPS: &str = "backups";

/// How many copies made before migrations are kept.
const KEPT: usize = 5;

/// Copies the database as it stands into `backups/before-NNN-TIME.db`: one file, on the disk when this
/// returns. The caller holds the write lock, so that nothing is written meanwhile.
///
/// Pages are copied as they are, so that a database with a damaged page can be kept as well; `VACUUM INTO`
/// would fail there, and is no quicker (100 MB: 0.26 s, and 0.20 s this way).
///
/// # Errors
/// No room, no permission: the journal is as it was.
pub(super) fn before(folder: &Path, number: i64, at: DateTime<Utc>) -> Result<PathBuf> {
    let source = folder.join(connection::FILE_NAME);
    let backups = folder.join(BACKUPS);
    sweep(&backups);
    let doing = "cannot keep a copy of the journal as it is before its schema is changed";
    let help = "nothing was changed; free some space and run the command again, or take a copy of the journal \
                elsewhere and run `journal migrate up --no-backup`";
    let needed = connection::size(&source);
    if let Some(free) = connection::free_space(folder)
        && free < needed
    {
        let message = format!("{doing}: it takes {}, and {} are free", megabytes(needed), megabytes(free));
        return Err(Error::failure(message).hint(help));
    }
    let name = format!("before-{number:03}-{}", at.format("%Y%m%dT%H%M%SZ"));
    let made = publish_new(&backups, &name, "db", |path| copy(&source, path));
    made.map_err(|error| {
        let error = error.context(doing);
        if connection::free_space(folder).is_some_and(|free| free < needed) { error.hint(help) } else { error }
    })
}

fn copy(source: &Path, target: &Path) -> Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(source, flags)?;
    let mut copy = Connection::open(target)?;
    // The file is synchronised once, when it is whole.
    copy.pragma_update(None, "synchronous", "OFF")?;
    copy.pragma_update_and_check(None, "journal_mode", "OFF", |_| Ok(()))?;
    Backup::new(&source, &mut copy)?.step(-1)?;
    copy.close().map_err(|(_, error)| error)?;
    // The pages say that a log lies beside them; this file stands alone, as any client makes it with
    // `PRAGMA journal_mode = DELETE`.
    let file = OpenOptions::new().write(true).open(target).map_err(|error| Error::io("cannot write", target, error))?;
    file.write_all_at(&[1, 1], 18).map_err(|error| Error::io("cannot write", target, error))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let version = migrations::version(&Connection::open_with_flags(target, flags)?)?;
    if version == migrations::version(&source)? {
        return Ok(());
    }
    Err(Error::failure("the copy is not of the journal"))
}

/// Takes away all but the last copies that were made before migrations. What cannot be taken away stays.
pub(super) fn prune(folder: &Path) {
    for old in list(folder).iter().rev().skip(KEPT) {
        let _ = fs::remove_file(old);
    }
}

/// The copies that were made before migrations, oldest first.
pub(super) fn list(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder.join(BACKUPS)).into_iter().flatten().flatten().map(|file| file.path());
    let mut copies: Vec<PathBuf> = files.filter(|path| made_at(path).is_some()).collect();
    copies.sort_by_key(|path| made_at(path));
    copies
}

/// The part of the name that says when: names sort by it.
fn made_at(path: &Path) -> Option<String> {
    let (_, at) = path.file_name()?.to_str()?.strip_suffix(".db")?.strip_prefix("before-")?.split_once('-')?;
    Some(at.to_string())
}

/// Takes away what a killed process has left half: nobody else copies while the schema is locked.
fn sweep(backups: &Path) {
    for file in fs::read_dir(backups).into_iter().flatten().flatten() {
        if file.file_name().to_string_lossy().starts_with(".tmp-before-") {
            let _ = fs::remove_file(file.path());
        }
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
