//! Writing a file whole or not at all: temporary file, fsync, rename, fsync of the folder.

use crate::error::{Error, Result};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Replaces `path` by these bytes; its folder is created when missing. Mode 0600.
///
/// # Errors
/// Full disk, no permission: the file that was there still is.
pub fn publish(path: &Path, bytes: &[u8]) -> Result<()> {
    publish_with(path, |file| file.write_all(bytes))
}

/// Replaces `path` by what `write` writes.
pub fn publish_with(path: &Path, write: impl FnOnce(&mut File) -> std::io::Result<()>) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |error| Error::io("cannot write", path, error);
    create_private_folder(folder)?;
    let mut temporary = tempfile::Builder::new().prefix(".tmp-").tempfile_in(folder).map_err(failed)?;
    write(temporary.as_file_mut()).map_err(failed)?;
    temporary.as_file().sync_all().map_err(failed)?;
    temporary.persist(path).map_err(|error| failed(error.error))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

/// Gives a file that `make` fills a name that is free: `name.end`, `name-2.end`, …; whole or not at all.
/// Mode 0600; the folder is created when missing. Until it is whole its name begins with `.tmp-name`.
///
/// # Errors
/// What `make` fails with; full disk, no permission. Nothing is left behind.
pub fn publish_new(folder: &Path, name: &str, end: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    create_private_folder(folder)?;
    let failed = |error| Error::io("cannot write into", folder, error);
    let prefix = format!(".tmp-{name}-");
    let mut temporary = tempfile::Builder::new().prefix(&prefix).tempfile_in(folder).map_err(failed)?;
    make(temporary.path())?;
    temporary.as_file().sync_all().map_err(failed)?;
    for number in 1.. {
        let more = if number == 1 { String::new() } else { format!("-{number}") };
        let path = folder.join(format!("{name}{more}.{end}"));
        match temporary.persist_noclobber(&path) {
            Ok(_) => {
                File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
                return Ok(path);
            }
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => temporary = error.file,
            Err(error) => return Err(failed(error.error)),
        }
    }
    unreachable!("there is always a next number")
}

/// Opens a file that is there to be locked, and makes it when it is not there. Mode 0600.
///
/// # Errors
/// Full disk, no permission.
pub fn open_lock(path: &Path) -> Result<File> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path);
    file.map_err(|error| Error::io("cannot open", path, error))
}

/// Creates a folder and its parents for their owner only; one that is there stays as it is.
pub fn create_private_folder(folder: &Path) -> Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| Error::io("cannot create the folder", folder, error))
}
