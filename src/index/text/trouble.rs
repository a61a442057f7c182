//! What can go wrong with the index, sorted by what to do about it.

use std::io;
use std::path::Path;

use tantivy::TantivyError;
use tantivy::directory::error::{LockError, OpenDirectoryError, OpenReadError, OpenWriteError};

use crate::error::{Error, Kind};

/// A failure of something that touches the index.
#[derive(Debug)]
pub(super) enum Trouble {
    /// There is no index.
    Missing,
    /// The index cannot be used, for this reason; building it again helps.
    Unusable(String),
    /// Building it again does not help: a full disk, a lock, an interruption, the source.
    Final(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Trouble::Final(error)
    }
}

impl Trouble {
    /// Sorts a failure of the index library.
    pub(super) fn of(doing: &str, dir: &Path, error: TantivyError) -> Trouble {
        match io_error_of(&error) {
            Some(io) if is_final(io.kind()) => Trouble::Final(Error::io(doing, dir, copy(io))),
            _ if matches!(error, TantivyError::LockFailure(LockError::LockBusy, _)) => {
                Trouble::Final(busy(dir).source(error))
            }
            // The indexing threads hand over their errors as text.
            _ if error.to_string().contains("os error 28") => {
                Trouble::Final(Error::io(doing, dir, io::ErrorKind::StorageFull.into()))
            }
            _ => Trouble::Unusable(error.to_string()),
        }
    }

    /// As an error of the command.
    pub(super) fn into_error(self, dir: &Path) -> Error {
        let dir = dir.display();
        match self {
            Trouble::Missing => Error::not_found(format!("there is no text index in {dir}"))
                .hint("run `journal reindex`, or search again: the next search builds it"),
            Trouble::Unusable(reason) => Error::new(Kind::Corrupt, format!("the text index in {dir}: {reason}"))
                .hint("run `journal reindex`; nothing in the journal is lost"),
            Trouble::Final(error) => error,
        }
    }
}

/// Somebody else is bringing the index up to date.
pub(super) fn busy(dir: &Path) -> Error {
    Error::new(
        Kind::Busy,
        format!("the text index in {} is being brought up to date by another process", dir.display()),
    )
    .hint("try again in a moment")
}

fn is_final(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(kind, StorageFull | QuotaExceeded | PermissionDenied | ReadOnlyFilesystem)
}

fn copy(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

fn io_error_of(error: &TantivyError) -> Option<&io::Error> {
    match error {
        TantivyError::IoError(io)
        | TantivyError::LockFailure(LockError::IoError(io), _)
        | TantivyError::OpenReadError(OpenReadError::IoError { io_error: io, .. })
        | TantivyError::OpenWriteError(OpenWriteError::IoError { io_error: io, .. })
        | TantivyError::OpenDirectoryError(OpenDirectoryError::IoError { io_error: io, .. }) => Some(io),
        _ => None,
    }
}
