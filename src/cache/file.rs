//! The file: created whole, written by one process at a time, thrown away when anything is wrong.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use redb::{Builder, ConcurrencyMode, Database, DatabaseError, ReadableDatabase};

use crate::cache::Health;
use crate::cache::guard::guarded;
use crate::cache::tables::{ReadTables, Tables};

/// Memory for pages. The engine's own default is a gigabyte.
const PAGE_CACHE: usize = 16 << 20;
/// How often, and with which pause, a writer asks for the lock before it gives up: two seconds.
const LOCK_ATTEMPTS: u32 = 400;
const LOCK_PAUSE: Duration = Duration::from_millis(5);
/// A file this many times longer than the bound, and [`OUTGROWN_SLACK`], is thrown away: the engine
/// gives no space back by itself, and the bound may have been lowered.
const OUTGROWN_FACTOR: u64 = 3;
const OUTGROWN_SLACK: u64 = 16 << 20;
const TEMPORARY_SUFFIX: &str = ".tmp";

/// Where the cache is. Beside it lies a lock file, which only writers use.
#[derive(Debug)]
pub(super) struct CacheFile {
    path: PathBuf,
}

impl CacheFile {
    pub(super) fn new(path: PathBuf) -> CacheFile {
        CacheFile { path }
    }

    pub(super) fn exists(&self) -> bool {
        self.path.exists()
    }

    /// The length in bytes; 0 when there is none.
    pub(super) fn len(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |data| data.len())
    }

    /// Reads without writing a byte. `None` when there is nothing to read now, and that is no damage:
    /// no file, or one whose writer was killed, which the next writer puts right.
    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&ReadTables) -> Result<T, redb::Error>,
    ) -> Result<Option<T>, String> {
        if !self.exists() {
            return Ok(None);
        }
        guarded(|| {
            let database = match builder().open_read_only(&self.path) {
                Ok(database) => database,
                Err(DatabaseError::RepairAborted) => return Ok(None),
                Err(error) => return Err(error.to_string()),
            };
            let transaction = database.begin_read().map_err(text)?;
            let tables = ReadTables::open(&transaction).map_err(text)?;
            work(&tables).map(Some).map_err(text)
        })
    }

    /// One write transaction. If it fails or panics, or if `damaged` says that a read did, the file
    /// is deleted and the transaction run once more on an empty one.
    pub(super) fn write(
        &self,
        damaged: bool,
        max_bytes: u64,
        work: &dyn Fn(&mut Tables<'_>) -> Result<(), redb::Error>,
    ) -> Health {
        let _lock = match self.lock() {
            Ok(lock) => lock,
            Err(why) => return Health::Skipped(why),
        };
        let outgrown = self.len() > max_bytes.saturating_mul(OUTGROWN_FACTOR).saturating_add(OUTGROWN_SLACK);
        let first = if damaged {
            Err("a read found it damaged".to_owned())
        } else if outgrown {
            Err("it had outgrown its bound".to_owned())
        } else {
            guarded(|| self.attempt(work))
        };
        let Err(why) = first else { return Health::Good };
        match self.remove().map_err(text).and_then(|()| guarded(|| self.attempt(work))) {
            Ok(()) => Health::Restarted(why),
            Err(again) => {
                // A file that fails from the start is of no use to anyone, and neither is this error.
                let _ = self.remove();
                Health::Skipped(again)
            }
        }
    }

    /// Deletes the file.
    pub(super) fn delete(&self) -> Health {
        if !self.exists() {
            return Health::Good;
        }
        match self.lock().and_then(|_lock| self.remove().map_err(text)) {
            Ok(()) => Health::Good,
            Err(why) => Health::Skipped(why),
        }
    }

    /// Deletes the file if no row is in it, also none that another process has put a moment ago.
    pub(super) fn delete_empty(&self) -> Health {
        let deleted = self.lock().and_then(|_lock| match self.read(ReadTables::counted) {
            Ok(Some((0, _))) => self.remove().map_err(text),
            _ => Ok(()),
        });
        deleted.map_or_else(Health::Skipped, |()| Health::Good)
    }

    fn attempt(&self, work: &dyn Fn(&mut Tables<'_>) -> Result<(), redb::Error>) -> Result<(), String> {
        if !self.exists() {
            self.create()?;
        }
        let database = builder().open(&self.path).map_err(text)?;
        transact(&database, work)?;
        database.close().map_err(text)
    }

    /// Creates an empty cache under another name and renames it: a process killed while the engine
    /// lays out a new file would otherwise leave one that never opens again.
    fn create(&self) -> Result<(), String> {
        let (dir, name) = self.place()?;
        sweep(dir, &name);
        let temporary = tempfile::Builder::new()
            .prefix(&temporary_prefix(&name))
            .suffix(TEMPORARY_SUFFIX)
            .tempfile_in(dir)
            .map_err(text)?;
        let database = builder().create(temporary.path()).map_err(text)?;
        transact(&database, &|_| Ok(()))?;
        database.close().map_err(text)?;
        temporary.as_file().sync_all().map_err(text)?;
        temporary.persist(&self.path).map_err(text)?;
        File::open(dir).and_then(|dir| dir.sync_all()).map_err(text)
    }

    fn remove(&self) -> io::Result<()> {
        let removed = if self.path.is_dir() { fs::remove_dir_all(&self.path) } else { fs::remove_file(&self.path) };
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// The writers' lock, asked for during two seconds. The engine has one of its own but no limit
    /// to waiting for it, and it cannot guard creating and deleting the file.
    fn lock(&self) -> Result<File, String> {
        let (dir, name) = self.place()?;
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(text)?;
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(dir.join(format!("{name}.lock")))
            .map_err(text)?;
        for _ in 0..LOCK_ATTEMPTS {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
                Err(TryLockError::Error(error)) => return Err(error.to_string()),
            }
        }
        Err("another process is writing it".to_owned())
    }

    fn place(&self) -> Result<(&Path, String), String> {
        match (self.path.parent(), self.path.file_name()) {
            (Some(dir), Some(name)) => Ok((dir, name.to_string_lossy().into_owned())),
            _ => Err(format!("{} is not the path of a file", self.path.display())),
        }
    }
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_concurrency_mode(ConcurrencyMode::MultiWriter).set_cache_size(PAGE_CACHE);
    builder
}

fn transact(database: &Database, work: &dyn Fn(&mut Tables<'_>) -> Result<(), redb::Error>) -> Result<(), String> {
    let transaction = database.begin_write().map_err(text)?;
    let mut tables = Tables::open(&transaction).map_err(text)?;
    work(&mut tables).map_err(text)?;
    drop(tables);
    transaction.commit().map_err(text)
}

fn temporary_prefix(name: &str) -> String {
    format!(".{name}.")
}

/// Removes what killed creators left. Only for the holder of the lock.
fn sweep(dir: &Path, name: &str) {
    let prefix = temporary_prefix(name);
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let found = entry.file_name();
        let found = found.to_string_lossy();
        if found.starts_with(&prefix) && found.ends_with(TEMPORARY_SUFFIX) {
            // One that cannot be removed is only untidy.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
