//! The snapshot file: read with every check before the engine sees a byte, written all or nothing.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use memmap2::Mmap;

use crate::error::{Error, Result};
use crate::index::vector::VectorIndex;
use crate::index::vector::codes::Codes;
use crate::index::vector::graph::Graph;
use crate::index::vector::header::{self, Form, HEADER_LEN, Header};
use crate::journal::log::Position;

/// Why a snapshot cannot be used. Not an error: the answer is then found without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unusable {
    /// There is no file.
    Missing,
    /// There is one, and this is wrong with it.
    Because(String),
}

impl Unusable {
    /// The reason as a person reads it.
    pub(super) fn reason(&self, index: &VectorIndex) -> String {
        match self {
            Unusable::Missing => {
                format!("the vector index {} {} has not been built", index.collection, index.model)
            }
            Unusable::Because(why) => {
                format!("the vector index {} {} {why}", index.collection, index.model)
            }
        }
    }
}

/// An open snapshot: every byte of it has been compared with its checksum.
pub(super) struct Snapshot {
    // The graph, where there is one, reads from the map: it is declared, and therefore dropped, before it.
    graph: Option<Graph>,
    map: Mmap,
    header: Header,
    keys: Vec<i64>,
    marks: Vec<u32>,
}

impl Snapshot {
    /// Opens the snapshot of an index.
    ///
    /// The checksum is taken at every open: nothing else tells a rotten file from a good one. It takes half a
    /// millisecond for the codes of 100,000 vectors, 6 to 8 for their graph (93 MB).
    pub(super) fn open(index: &VectorIndex) -> Result<Snapshot, Unusable> {
        let file = match File::open(index.path()) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Unusable::Missing),
            Err(error) => return Err(because(format!("cannot be opened: {error}"))),
        };
        // SAFETY: a snapshot file is never written in place; it is replaced by renaming another over
        // it, and the old one stays as it was for whoever has it open.
        let map = unsafe { Mmap::map(&file) }.map_err(|error| because(format!("cannot be read: {error}")))?;
        let header = Header::decode(&map).map_err(because)?;
        if header.identity != index.identity() {
            return Err(because("was made for another collection or model"));
        }
        if usize::try_from(header.dims).ok() != Some(index.dims) {
            return Err(because(format!("has vectors of {} numbers", header.dims)));
        }
        let (Some(image_offset), Some(file_len)) = (header.image_offset(), header.file_len()) else {
            return Err(because("has a damaged header"));
        };
        if map.len() != file_len {
            return Err(because(format!("is {} bytes long instead of {file_len}", map.len())));
        }
        let (tables, image) = map[HEADER_LEN..].split_at(image_offset - HEADER_LEN);
        if crc32fast::hash(tables) != header.tables_sum {
            return Err(because("has a damaged list of keys"));
        }
        if sum(image) != header.image_sum {
            return Err(because("has a damaged image"));
        }
        let count = header.count as usize;
        let (keys, marks) = header::decode_tables(tables, count);
        let graph = match header.form {
            Form::Codes => Codes::of(image, index.dims, count).map(|_| None),
            // SAFETY: the checksum says that these are the bytes the engine wrote. They belong to the
            // map, which is kept in the same value, declared after the graph and so dropped after it,
            // and whose pages do not move when the value does.
            Form::Graph => unsafe { Graph::view(index.dims, image) }.map(Some),
        };
        let graph = graph.map_err(|error| because(format!("cannot be used: {}", error.message())))?;
        if let Some(graph) = graph.as_ref().filter(|graph| graph.len() != count) {
            return Err(because(format!("lists {count} keys but holds {}", graph.len())));
        }
        Ok(Snapshot { graph, map, header, keys, marks })
    }

    /// How many keys the snapshot of an index says to hold, without reading it; 0 when there is none.
    pub(super) fn says_to_hold(index: &VectorIndex) -> usize {
        let mut start = [0; HEADER_LEN];
        let read = File::open(index.path()).and_then(|mut file| file.read_exact(&mut start));
        let header = read.ok().and_then(|()| Header::decode(&start).ok());
        header.map_or(0, |header| usize::try_from(header.count).unwrap_or(0))
    }

    /// The state of the log it was made at.
    pub(super) fn position(&self) -> Position {
        self.header.position
    }

    /// The keys it holds, ascending.
    pub(super) fn keys(&self) -> &[i64] {
        &self.keys
    }

    /// Whether this vector is not the one the key had when the snapshot was made. Keys are never
    /// given twice in one history, so it means that the snapshot belongs to another.
    pub(super) fn contradicts(&self, key: i64, vector: &[f32]) -> bool {
        self.keys.binary_search(&key).is_ok_and(|at| self.marks[at] != mark(vector))
    }

    /// What it holds of its vectors.
    pub(super) fn form(&self) -> Form {
        self.header.form
    }

    /// Enough of its keys, or of those `wanted`, for the `k` nearest to the query to be among them: those that
    /// lie near by the codes or in the graph.
    pub(super) fn near(&self, query: &[f32], k: usize, wanted: Option<&Vec<i64>>) -> Result<Vec<i64>> {
        let Some(graph) = &self.graph else {
            let codes = Codes::of(self.image(), query.len(), self.keys.len())?;
            return Ok(codes.nearest(query, k, &self.keys, wanted.map(Vec::as_slice)));
        };
        // More than asked for, because 16-bit vectors may order near neighbours differently; the exact
        // scores then choose.
        let count = k.saturating_mul(2).max(64).min(wanted.map_or(self.keys.len(), Vec::len));
        let allowed = wanted.map(|wanted| |key: i64| wanted.binary_search(&key).is_ok());
        graph.nearest(query, count, allowed.as_ref().map(|allowed| allowed as &dyn Fn(i64) -> bool))
    }

    /// The graph, copied so that it can be changed.
    pub(super) fn graph_to_change(&self, index: &VectorIndex) -> Result<Graph> {
        Graph::load(index.dims, self.image())
    }

    fn image(&self) -> &[u8] {
        // The offset was computed from this header when the file was opened.
        &self.map[self.map.len() - self.header.image_len as usize..]
    }
}

fn because(why: impl Into<String>) -> Unusable {
    Unusable::Because(why.into())
}

/// A short name for a vector's exact bits.
pub(super) fn mark(vector: &[f32]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for number in vector {
        hasher.update(&number.to_le_bytes());
    }
    hasher.finalize()
}

/// CRC-32 of an image.
fn sum(image: &[u8]) -> u32 {
    crc32fast::hash(image)
}

/// Writes a snapshot and puts it in place of the old one. `entries` are the keys, ascending, with
/// the marks of their vectors. Gives the length of the file in bytes.
pub(super) fn write(
    index: &VectorIndex,
    position: Position,
    entries: &[(i64, u32)],
    form: Form,
    image: &[u8],
) -> Result<u64> {
    let tables = header::encode_tables(entries);
    let header = Header {
        form,
        position,
        highest: entries.last().map_or(0, |(key, _)| *key),
        identity: index.identity(),
        dims: u32::try_from(index.dims).map_err(|_| Error::usage(format!("{} dimensions are too many", index.dims)))?,
        count: entries.len() as u64,
        image_len: image.len() as u64,
        tables_sum: crc32fast::hash(&tables),
        image_sum: sum(image),
    };
    publish(&index.path(), |file| {
        file.write_all(&header.encode())?;
        file.write_all(&tables)?;
        file.write_all(image)
    })
}

/// Puts a file in place all or nothing: written under another name, flushed to the disk, renamed.
/// Whatever fails, the file that was there stays and nothing else is left. Gives its length.
fn publish(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<u64> {
    let (Some(dir), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(Error::usage(format!("{} is not the path of a file", path.display())));
    };
    let fault = |error| Error::io("writing", path, error);
    let mut temporary = tempfile::Builder::new()
        .prefix(&temporary_prefix(&name.to_string_lossy()))
        .suffix(TEMPORARY_SUFFIX)
        .tempfile_in(dir)
        .map_err(fault)?;
    let mut writer = BufWriter::with_capacity(1 << 20, temporary.as_file_mut());
    fill(&mut writer).and_then(|()| writer.flush()).map_err(fault)?;
    drop(writer);
    temporary.as_file().sync_all().map_err(fault)?;
    let length = temporary.as_file().metadata().map_err(fault)?.len();
    if path.is_dir() {
        // Nothing of ours: a file cannot be renamed over it.
        fs::remove_dir_all(path).map_err(fault)?;
    }
    temporary.persist(path).map_err(|error| fault(error.error))?;
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(fault)?;
    Ok(length)
}

const TEMPORARY_SUFFIX: &str = ".tmp";

fn temporary_prefix(name: &str) -> String {
    format!(".{name}.")
}

/// Removes what killed writers of this index left. Only for the holder of its lock.
pub(super) fn sweep(index: &VectorIndex) -> usize {
    let path = index.path();
    let prefix = temporary_prefix(&path.file_name().unwrap_or_default().to_string_lossy());
    let Ok(entries) = fs::read_dir(index.dir()) else { return 0 };
    entries
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with(&prefix) && name.ends_with(TEMPORARY_SUFFIX)
        })
        .filter(|entry| fs::remove_file(entry.path()).is_ok())
        .count()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_leaves_the_old_file_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.usearch");
        publish(&path, |file| file.write_all(b"old")).unwrap();
        let error = publish(&path, |file| {
            file.write_all(&[1; 3 << 20])?;
            Err(io::ErrorKind::StorageFull.into())
        })
        .unwrap_err();
        assert!(error.message().contains("the disk is full"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_mark_follows_every_bit() {
        assert_eq!(mark(&[1.0, 2.0]), mark(&[1.0, 2.0]));
        assert_ne!(mark(&[0.0, 2.0]), mark(&[-0.0, 2.0]));
        assert_ne!(mark(&[1.0, 2.0]), mark(&[2.0, 1.0]));
    }
}
