//! Unpacking a model out of an archive somebody downloaded. Nothing in it is trusted: one entry that
//! would leave the folder condemns the whole archive, and sizes are counted as they are unpacked.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Component, Path, PathBuf};

use flate2::read::GzDecoder;

use crate::error::{Error, Kind, Result};

/// Bounds on an archive, against ones made to fill the disk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes unpacked, all together.
    pub(crate) bytes: u64,
    /// Entries, the skipped ones included.
    pub(crate) entries: usize,
}

/// Roomy for any model of the kinds known here.
pub(crate) const LIMITS: Limits = Limits { bytes: 4 * 1024 * 1024 * 1024, entries: 20_000 };

/// Unpacks the entries whose path `wanted` accepts into `target`, which exists and is empty. The
/// format (zip or wheel, tar, tar.gz) is told by the first bytes.
///
/// # Errors
/// [`Kind::Usage`] when the file is no such archive, [`Kind::Corrupt`] when it is cut short,
/// damaged, beyond the limits, or has an entry that is absolute, climbs with `..` or is a link.
pub(crate) fn unpack(archive: &Path, target: &Path, limits: Limits, wanted: impl Fn(&Path) -> bool) -> Result<()> {
    let mut file = File::open(archive).map_err(|e| Error::io("cannot open", archive, e))?;
    let mut start = Vec::new();
    (&mut file)
        .take(512)
        .read_to_end(&mut start)
        .and_then(|_| file.seek(SeekFrom::Start(0)))
        .map_err(|e| Error::io("cannot read", archive, e))?;
    let mut sink = Sink { archive, target, limits, wanted, entries: 0, bytes: 0 };
    if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
        unpack_zip(file, &mut sink)
    } else if start.starts_with(&[0x1f, 0x8b]) {
        unpack_tar(GzDecoder::new(file), &mut sink)
    } else if start.get(257..262) == Some(b"ustar") {
        unpack_tar(file, &mut sink)
    } else {
        Err(Error::usage(format!(
            "{} is neither a folder nor an archive (.zip, .whl, .tar, .tar.gz)",
            archive.display()
        )))
    }
}

struct Sink<'a, W> {
    archive: &'a Path,
    target: &'a Path,
    limits: Limits,
    wanted: W,
    entries: usize,
    bytes: u64,
}

impl<W: Fn(&Path) -> bool> Sink<'_, W> {
    fn damaged(&self, why: impl std::fmt::Display) -> Error {
        Error::new(Kind::Corrupt, format!("cannot unpack {}: {why}", self.archive.display()))
            .hint("fetch the archive again, from a source you trust")
    }

    /// Takes in one entry: `path` as written in the archive.
    fn entry(&mut self, path: &Path, is_file: bool, mut contents: impl Read) -> Result<()> {
        self.entries += 1;
        if self.entries > self.limits.entries {
            return Err(self.damaged(format!("more than {} entries", self.limits.entries)));
        }
        let mut clean = PathBuf::new();
        for part in path.components() {
            match part {
                Component::Normal(name) => clean.push(name),
                Component::CurDir => {}
                _ => {
                    return Err(self.damaged(format!("the entry {} leads out of the archive", path.display())));
                }
            }
        }
        if !is_file || !(self.wanted)(&clean) {
            return Ok(());
        }
        let target = self.target.join(&clean);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(|e| Error::io("cannot create", parent, e))?;
        }
        // `create_new`: an archive that names a file twice is refused like any other trick.
        let mut file = File::create_new(&target).map_err(|e| match e.kind() {
            io::ErrorKind::AlreadyExists => self.damaged(format!("{} twice", clean.display())),
            _ => Error::io("cannot write", &target, e),
        })?;
        let mut buffer = vec![0_u8; 256 * 1024];
        loop {
            let count =
                contents.read(&mut buffer).map_err(|error| self.damaged(format!("{}: {error}", clean.display())))?;
            if count == 0 {
                return Ok(());
            }
            self.bytes += count as u64;
            if self.bytes > self.limits.bytes {
                return Err(self.damaged(format!("more than {} bytes", self.limits.bytes)));
            }
            file.write_all(&buffer[..count]).map_err(|e| Error::io("cannot write", &target, e))?;
        }
    }

    fn link(&self, path: &Path) -> Error {
        self.damaged(format!("the entry {} is a link or a device", path.display()))
    }
}

fn unpack_zip<W: Fn(&Path) -> bool>(file: File, sink: &mut Sink<'_, W>) -> Result<()> {
    let mut archive = zip::ZipArchive::new(file).map_err(|error| sink.damaged(error))?;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|error| sink.damaged(error))?;
        let name = entry.name().map_err(|error| sink.damaged(error))?.into_owned();
        // A backslash is a separator to some programs and a letter to others.
        if name.contains(['\\', '\0']) {
            return Err(sink.damaged(format!("the entry {name:?} has an ambiguous name")));
        }
        let path = PathBuf::from(name);
        if entry.is_symlink() {
            return Err(sink.link(&path));
        }
        let is_file = !entry.is_dir();
        sink.entry(&path, is_file, entry)?;
    }
    Ok(())
}

fn unpack_tar<W: Fn(&Path) -> bool>(reader: impl Read, sink: &mut Sink<'_, W>) -> Result<()> {
    let mut archive = tar::Archive::new(reader);
    let entries = archive.entries().map_err(|error| sink.damaged(error))?;
    for entry in entries {
        let entry = entry.map_err(|error| sink.damaged(error))?;
        let path = entry.path().map_err(|error| sink.damaged(error))?.into_owned();
        let kind = entry.header().entry_type();
        // Headers about other entries (long names, attributes) never get here, except global ones.
        if !(kind.is_file() || kind.is_dir() || kind.is_pax_global_extensions()) {
            return Err(sink.link(&path));
        }
        sink.entry(&path, kind.is_file(), entry)?;
    }
    Ok(())
}
