//! Noticing damage before it is read.
//!
//! The index library keeps a checksum in the footer of every segment file and looks at it only when
//! asked, because that reads everything. Read as they are, files with flipped bytes give wrong hits,
//! or a panic. So each commit is followed by a seal: a list of the files it consists of, with length,
//! inode and time of last change (ctime, which nothing but a change of the file moves, and which
//! cannot be set back). Whoever opens the index looks at these, one `stat` per file, and computes the
//! checksums of exactly those files that are not as the seal says: after a commit whose seal is not
//! written yet, after a copy of the folder, after damage by any program. Only decay of the medium
//! itself goes unseen until [`verify_all`], which `journal doctor` runs.
//!
//! A seal that is missing or unreadable seals nothing; it is not needed for correctness.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tantivy::directory::ManagedDirectory;
use tantivy::index::{IndexMeta, SegmentComponent};

use super::trouble::Trouble;

const SEAL: &str = ".seal.json";

/// What a file looks like from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    length: u64,
    inode: u64,
    /// Seconds and nanoseconds.
    changed: (i64, i64),
}

impl Stamp {
    fn of(path: &Path) -> std::io::Result<Stamp> {
        let meta = fs::metadata(path)?;
        Ok(Stamp { length: meta.len(), inode: meta.ino(), changed: (meta.ctime(), meta.ctime_nsec()) })
    }
}

type Seal = BTreeMap<String, Stamp>;

/// The list of segments. It has no checksum: when it is not as the seal says, what it says of the
/// segments is compared with what they hold.
const META: &str = "meta.json";

/// The segment files of a commit, relative to the folder.
fn files_of(metas: &IndexMeta) -> Vec<PathBuf> {
    use SegmentComponent::{Delete, FastFields, FieldNorms, Positions, Postings, Store, Terms};
    let mut files = Vec::new();
    for segment in &metas.segments {
        files.extend(
            [FastFields, FieldNorms, Positions, Postings, Store, Terms].map(|part| segment.relative_path(part)),
        );
        if segment.has_deletes() {
            files.push(segment.relative_path(Delete));
        }
    }
    files
}

/// Checks every file that is not as the seal says. Returns whether all were.
pub(super) fn check(dir: &Path, directory: &ManagedDirectory, metas: &IndexMeta) -> Result<bool, Trouble> {
    let seal = fs::read(dir.join(SEAL)).ok().and_then(|text| serde_json::from_slice::<Seal>(&text).ok());
    let seal = seal.unwrap_or_default();
    let listed = directory.list_managed_files();
    let mut sealed = Stamp::of(&dir.join(META)).ok().as_ref() == seal.get(META);
    for file in files_of(metas) {
        let name = file.to_string_lossy().into_owned();
        // A file that is not on the library's own list would never be removed.
        if !listed.contains(&file) {
            return Err(Trouble::Unusable(format!("{name} is not on its list of files")));
        }
        match Stamp::of(&dir.join(&file)) {
            Ok(stamp) if seal.get(&name) == Some(&stamp) => {}
            Ok(_) => {
                sealed = false;
                check_file(dir, directory, &file)?;
            }
            Err(error) => return Err(Trouble::Unusable(format!("{name}: {error}"))),
        }
    }
    Ok(sealed)
}

fn check_file(dir: &Path, directory: &ManagedDirectory, file: &Path) -> Result<(), Trouble> {
    let name = file.display();
    match directory.validate_checksum(file) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Trouble::Unusable(format!("{name} is damaged"))),
        Err(error) => Err(Trouble::of(&format!("cannot read {name} in"), dir, error.into())),
    }
}

/// Computes every checksum, whatever the seal says. Returns the names of the damaged files.
pub(super) fn verify_all(dir: &Path, directory: &ManagedDirectory, metas: &IndexMeta) -> Vec<String> {
    let damaged = |file: &PathBuf| check_file(dir, directory, file).is_err();
    files_of(metas).iter().filter(|file| damaged(file)).map(|file| file.display().to_string()).collect()
}

/// Writes the seal of a commit whose files are known to be good. Under the lock only.
///
/// A file changed within the clock tick of this very moment is left out: a later change could bear
/// the same time. It is checked at each opening until the next seal. Failing to write is not a
/// failure: then everything is checked.
pub(super) fn write(dir: &Path, metas: &IndexMeta) {
    let temporary = dir.join(format!("{SEAL}.new"));
    let written = fs::write(&temporary, b"").and_then(|()| {
        let now = Stamp::of(&temporary)?.changed;
        let mut seal = Seal::new();
        for file in files_of(metas).into_iter().chain([PathBuf::from(META)]) {
            let stamp = Stamp::of(&dir.join(&file))?;
            if stamp.changed < now {
                seal.insert(file.to_string_lossy().into_owned(), stamp);
            }
        }
        fs::write(&temporary, serde_json::to_vec(&seal)?)?;
        fs::rename(&temporary, dir.join(SEAL))
    });
    if written.is_err() {
        // Whatever stands there now seals nothing that it does not describe.
        let _ = fs::remove_file(&temporary);
    }
}

/// Removes what killed writers left: the library's temporary files, and an unfinished seal. Under
/// the lock only.
pub(super) fn sweep(dir: &Path) {
    let Ok(files) = fs::read_dir(dir) else { return };
    for file in files.flatten() {
        let name = file.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(".tmp") || *name == *format!("{SEAL}.new") {
            let _ = fs::remove_file(file.path());
        }
    }
}

/// Removes the files that belong to nothing, such as those whose names a damaged list has lost. Under the
/// lock only, and after [`check`], which has seen that every file of the commit is on the list.
pub(super) fn remove_strays(dir: &Path, directory: &ManagedDirectory) {
    for name in strays(dir, directory) {
        let _ = fs::remove_file(dir.join(name));
    }
}

/// The files in the folder that belong to no commit and to no list: the library will never remove them.
pub(super) fn strays(dir: &Path, directory: &ManagedDirectory) -> Vec<String> {
    let listed: HashSet<PathBuf> = directory.list_managed_files();
    let Ok(files) = fs::read_dir(dir) else { return Vec::new() };
    let names = files.flatten().map(|file| PathBuf::from(file.file_name()));
    let stray = |name: &PathBuf| !listed.contains(name) && !name.to_string_lossy().starts_with('.');
    names.filter(stray).map(|name| name.display().to_string()).collect()
}
