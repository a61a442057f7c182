//! Opening an index, with every check that is cheap.

use std::io;
use std::path::Path;
use std::sync::Arc;

use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{DirectoryLock, FileHandle, Lock, MmapDirectory, WatchCallback, WatchHandle, WritePtr};
use tantivy::index::IndexMeta;
use tantivy::{Directory, Index, ReloadPolicy, Searcher};

use super::schema::{self, Fields};
use super::seal;
use super::trouble::Trouble;
use crate::journal::log::Position;

/// An index whose layout, position and files have been checked.
pub(super) struct Opened {
    pub(super) index: Index,
    pub(super) metas: IndexMeta,
    pub(super) position: Position,
    /// Whether every file was as the seal says.
    pub(super) sealed: bool,
}

/// Opens for reading. Needs no right to write.
pub(super) fn for_reading(dir: &Path, fields: &Fields) -> Result<Opened, Trouble> {
    open(dir, fields, |mmap| Index::open(ReadDirectory(mmap)))
}

/// Opens for writing. Under the lock only: the list of files is read here, and a list read before
/// another process wrote would lose that process's files.
pub(super) fn for_writing(dir: &Path, fields: &Fields) -> Result<Opened, Trouble> {
    open(dir, fields, |mmap| Index::open(mmap))
}

fn open(
    dir: &Path,
    fields: &Fields,
    open: impl FnOnce(MmapDirectory) -> tantivy::Result<Index>,
) -> Result<Opened, Trouble> {
    match std::fs::metadata(dir) {
        Ok(meta) if meta.is_dir() => {}
        Ok(_) => return Err(Trouble::Unusable("it is not a folder".to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Trouble::Missing),
        Err(error) => return Err(Trouble::Final(crate::error::Error::io("cannot open", dir, error))),
    }
    let trouble = |error| Trouble::of("cannot open the text index in", dir, error);
    let mmap = MmapDirectory::open(dir).map_err(|error| trouble(error.into()))?;
    let index = open(mmap).map_err(trouble)?;
    let metas = index.load_metas().map_err(trouble)?;
    if metas.schema != fields.schema {
        return Err(Trouble::Unusable("it was built by another version".to_owned()));
    }
    let position = schema::read_note(metas.payload.as_deref()).map_err(Trouble::Unusable)?;
    let sealed = seal::check(dir, index.directory(), &metas)?;
    Ok(Opened { index, metas, position, sealed })
}

impl Opened {
    /// Loads the segments, and compares what `meta.json` says of them (it has no checksum) with what
    /// they hold.
    pub(super) fn searcher(&self, dir: &Path) -> Result<Searcher, Trouble> {
        let trouble = |error| Trouble::of("cannot open the text index in", dir, error);
        // Another policy would start a thread that watches the folder.
        let reader = self.index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().map_err(trouble)?;
        let searcher = reader.searcher();
        for segment in searcher.segment_readers() {
            let column = segment.fast_fields().u64(schema::ID_HIGH).map_err(trouble)?;
            let deleted = segment.alive_bitset().map_or(0, |alive| segment.max_doc() - alive.num_alive_docs() as u32);
            let said = self.metas.segments.iter().find(|meta| meta.id() == segment.segment_id());
            let said = said.map(|meta| (meta.max_doc(), meta.num_deleted_docs()));
            if said.is_some_and(|said| said != (column.num_docs(), deleted)) {
                return Err(Trouble::Unusable("its list of segments is damaged".to_owned()));
            }
        }
        Ok(searcher)
    }
}

/// A folder that is only read. The library takes a lock even for that, against a writer that removes
/// files at the same moment; on a medium that cannot be written there is no such writer, and the lock
/// is left out.
#[derive(Debug, Clone)]
struct ReadDirectory(MmapDirectory);

impl Directory for ReadDirectory {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.0.get_file_handle(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.0.exists(path)
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.0.atomic_read(path)
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        match self.0.acquire_lock(lock) {
            Err(LockError::IoError(error)) if is_read_only(&error) => Ok(DirectoryLock::from(Box::new(()))),
            result => result,
        }
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.0.watch(callback)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        Err(DeleteError::IoError { io_error: Arc::new(refusal()), filepath: path.to_owned() })
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        Err(OpenWriteError::wrap_io_error(refusal(), path.to_owned()))
    }

    fn atomic_write(&self, _path: &Path, _data: &[u8]) -> io::Result<()> {
        Err(refusal())
    }

    fn sync_directory(&self) -> io::Result<()> {
        Ok(())
    }
}

fn refusal() -> io::Error {
    io::ErrorKind::ReadOnlyFilesystem.into()
}

fn is_read_only(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied)
}
