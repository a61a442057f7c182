//! One process at a time brings the index up to date.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::trouble::busy;
use crate::error::{Error, Result};
use crate::index::LockWait;

/// The right to change the index; given back when dropped, and by the kernel when the process dies.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock file beside the folder, making both folder above and file where needed.
    pub(super) fn take(dir: &Path, wait: LockWait) -> Result<Lock> {
        let path = beside(dir, ".lock");
        if let Some(parent) = path.parent().filter(|parent| !parent.is_dir()) {
            make_folder(parent)?;
        }
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = file.map_err(|error| Error::io("cannot open", &path, error))?;
        let failed = |error| Error::io("cannot lock", &path, error);
        if wait == LockWait::Forever {
            file.lock().map_err(failed)?;
            return Ok(Lock { _file: file });
        }
        let until = match wait {
            LockWait::UpTo(time) => Instant::now().checked_add(time),
            _ => None,
        };
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock { _file: file }),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
            match until {
                Some(until) if Instant::now() < until => std::thread::sleep(Duration::from_millis(5)),
                _ => return Err(busy(dir)),
            }
        }
    }
}

/// A path beside the folder: its name with something appended.
pub(super) fn beside(dir: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = dir.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Makes a folder, and those above it, for the user alone.
pub(super) fn make_folder(path: &Path) -> Result<()> {
    crate::index::make_folder(path)
}

/// Removes a folder or a file; that there is none is fine.
pub(super) fn remove(path: &Path) -> Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io("cannot remove", path, error)),
        _ => Ok(()),
    }
}
