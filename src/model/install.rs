//! Installing a model from a folder or an archive: found inside, checked, copied, published whole.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions, TryLockError};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::error::{Error, Kind, Result};
use crate::model::archive::{LIMITS, unpack};
use crate::model::classifier::{Described, describe};
use crate::model::files::{
    Classifier, InstalledModel, MANIFEST, Manifest, ModelFolders, REMOVED, Recorded, keep_replaced, record, result_name,
};
use crate::model::registry::{self, ModelKind, ModelSpec, classifier_files};

/// How deep a model may lie inside the given folder or archive.
const MAX_DEPTH: usize = 8;

/// Endings of the folders a model is put together in, and taken apart in.
const STAGING: &str = ".installing";

/// Installs the model from `source`: a folder laid out as sentence-transformers does, possibly
/// nested inside, or a `.zip`, `.whl`, `.tar` or `.tar.gz` with such a folder. A model installed
/// before under the same id is replaced.
///
/// # Errors
/// [`Kind::NotFound`] for an unknown id or a source that is not there, [`Kind::Usage`] for a source
/// that holds no such model (naming what is missing or different), [`Kind::Corrupt`] for a damaged
/// archive or file, [`Kind::Busy`] while another command installs. Nothing is left behind.
pub fn install_from(id: &str, source: &Path, folders: &ModelFolders) -> Result<InstalledModel> {
    let spec = registry::find(id)?;
    install_spec(spec, source, folders.home()?)?;
    folders.locate(spec.id)
}

/// Installs the classifier in `source`, whatever its labels are about, under a name of the caller's.
///
/// # Errors
/// As [`install_from`], and [`Kind::Usage`] when no model may have the name.
pub fn install_classifier(name: &str, source: &Path, folders: &ModelFolders) -> Result<InstalledModel> {
    registry::check_name(name)?;
    let files = classifier_files(None);
    install_spec(&ModelSpec::brought(name, "", "", &files), source, folders.home()?)?;
    folders.locate(name)
}

/// Installs into `home/<id>`.
pub(crate) fn install_spec(spec: &ModelSpec, source: &Path, home: &Path) -> Result<()> {
    let found = fs::metadata(source).map_err(|e| Error::io("cannot install from", source, e))?;
    fs::create_dir_all(home).map_err(|e| Error::io("cannot create", home, e))?;
    let _lock = lock(spec, home)?;
    sweep(spec, home)?;
    // Dropped on every way out, and with it whatever was copied so far.
    let staging = staging_folder(spec, home)?;
    if found.is_dir() {
        let root = find_root(spec, source, source)?;
        publish(spec, &root, &staging, home)
    } else {
        let unpacked = staging.path().join("unpacked");
        fs::create_dir(&unpacked).map_err(|e| Error::io("cannot create", &unpacked, e))?;
        let wanted = |path: &Path| spec.files.iter().any(|file| path.ends_with(file.path));
        unpack(source, &unpacked, LIMITS, wanted)?;
        let root = find_root(spec, &unpacked, source)?;
        publish(spec, &root, &staging, home)
    }
}

/// Keeps other installations of models into the same folder out, by a lock on the folder itself.
fn lock(spec: &ModelSpec, home: &Path) -> Result<File> {
    let folder = File::open(home).map_err(|e| Error::io("cannot open", home, e))?;
    match folder.try_lock() {
        Ok(()) => Ok(folder),
        Err(TryLockError::WouldBlock) => {
            let message = format!("cannot install {}: another command installs a model", spec.id);
            Err(Error::new(Kind::Busy, message).hint("wait for the other command to end"))
        }
        Err(TryLockError::Error(error)) => Err(Error::io("cannot lock", home, error)),
    }
}

/// Removes what a command that was killed has left.
fn sweep(spec: &ModelSpec, home: &Path) -> Result<()> {
    let entries = fs::read_dir(home).map_err(|e| Error::io("cannot read", home, e))?;
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let ours = name.strip_prefix('.').and_then(|rest| rest.strip_prefix(spec.id));
        if ours.is_some_and(|rest| rest.ends_with(STAGING) || rest.ends_with(REMOVED)) {
            fs::remove_dir_all(entry.path()).map_err(|e| Error::io("cannot remove", &entry.path(), e))?;
        }
    }
    Ok(())
}

fn staging_folder(spec: &ModelSpec, home: &Path) -> Result<TempDir> {
    tempfile::Builder::new()
        .prefix(&format!(".{}.", spec.id))
        .suffix(STAGING)
        .tempdir_in(home)
        .map_err(|error| Error::io("cannot create a folder in", home, error))
}

/// The folder under `top` with all required files. `shown` is what the user gave.
fn find_root(spec: &ModelSpec, top: &Path, shown: &Path) -> Result<PathBuf> {
    let mut closest: Option<Vec<&str>> = None;
    let mut pending = vec![(top.to_path_buf(), 0)];
    while let Some((folder, depth)) = pending.pop() {
        let missing: Vec<&str> = spec
            .files
            .iter()
            .filter(|file| file.required && !folder.join(file.path).is_file())
            .map(|file| file.path)
            .collect();
        if missing.is_empty() {
            return Ok(folder);
        }
        if closest.as_ref().is_none_or(|before| missing.len() < before.len()) {
            closest = Some(missing);
        }
        if depth < MAX_DEPTH {
            // A folder that cannot be read is no place to find the model in.
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                // Not through links, which may lead round in a circle.
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    pending.push((entry.path(), depth + 1));
                }
            }
        }
    }
    let missing = closest.unwrap_or_default().join(", ");
    let hint = match spec.kind {
        ModelKind::Embedding => {
            "give a folder or archive laid out as sentence-transformers saves a model; a classifier is installed \
             under a name of your own: --name NAME"
        }
        ModelKind::Classifier => "give a folder or archive with a model's files as the public hub has them",
    };
    Err(Error::usage(format!("{} does not hold {}: missing {missing}", shown.display(), spec.id)).hint(hint))
}

/// Copies the files of `root` into the staging folder, checks them, and renames the result into
/// its place.
fn publish(spec: &ModelSpec, root: &Path, staging: &TempDir, home: &Path) -> Result<()> {
    // Looked at before the long copy, to say at once what is wrong.
    for file in spec.files {
        let path = root.join(file.path);
        if let Some(length) =
            fs::metadata(&path).map(|found| found.len()).ok().filter(|found| *found > file.most_bytes())
        {
            let most = file.most_bytes();
            return Err(Error::new(Kind::Corrupt, format!("{} has {length} bytes, more than {most}", path.display())));
        }
    }
    match spec.kind {
        ModelKind::Embedding => check_configuration(spec, root)?,
        ModelKind::Classifier => drop(describe(root, spec)?),
    }
    let folder = staging.path().join("model");
    let mut files = BTreeMap::new();
    for file in spec.files {
        let source = root.join(file.path);
        if !file.required && !source.is_file() {
            continue;
        }
        let target = folder.join(file.path);
        let parent = target.parent().unwrap_or(&folder);
        fs::create_dir_all(parent).map_err(|e| Error::io("cannot create", parent, e))?;
        fs::copy(&source, &target).map_err(|e| Error::io("cannot copy", &source, e))?;
        // The copy is what counts, so the copy is hashed.
        let recorded = record(&target)?;
        if let Some(expected) = file.sha256.filter(|expected| *expected != recorded.sha256) {
            return Err(Error::new(
                Kind::Corrupt,
                format!(
                    "{} is damaged or belongs to another model: its SHA-256 is {}, that of {} is {expected}",
                    file.path, recorded.sha256, spec.id
                ),
            )
            .hint("fetch the model again from where it was published"));
        }
        fs::set_permissions(&target, Permissions::from_mode(0o600))
            .and_then(|()| File::open(&target)?.sync_all())
            .map_err(|e| Error::io("cannot write", &target, e))?;
        files.insert(file.path.to_string(), recorded);
    }
    // What is kept is said of the copy, whatever has become of the source.
    let described = match spec.kind {
        ModelKind::Embedding => None,
        ModelKind::Classifier => Some(describe(&folder, spec)?),
    };
    write_manifest(spec, described, files, &folder)?;
    for folder in spec.files.iter().filter_map(|file| folder.join(file.path).parent().map(Path::to_path_buf)) {
        sync_folder(&folder)?;
    }
    replace(spec, &folder, staging, home)
}

fn write_manifest(
    spec: &ModelSpec,
    described: Option<Described>,
    files: BTreeMap<String, Recorded>,
    folder: &Path,
) -> Result<()> {
    let manifest = Manifest {
        id: spec.id.to_string(),
        kind: spec.kind.name().to_string(),
        revision: spec.revision.to_string(),
        name: result_name(spec, &files),
        classifier: described.map(|found| Classifier {
            labels: found.labels,
            apart: found.apart,
            max_pieces: found.max_pieces,
        }),
        files,
    };
    let path = folder.join(MANIFEST);
    let text = serde_json::to_string_pretty(&manifest)
        .map_err(|error| Error::failure("cannot write the manifest").source(error))?;
    let write = || -> std::io::Result<()> {
        let mut file = File::create_new(&path)?;
        file.set_permissions(Permissions::from_mode(0o600))?;
        writeln!(file, "{text}")?;
        file.sync_all()
    };
    write().map_err(|error| Error::io("cannot write", &path, error))
}

/// Moves the finished folder to `home/<id>`; what was there moves into the staging folder and goes
/// away with it, unless it is another revision, whose vectors may still answer.
fn replace(spec: &ModelSpec, finished: &Path, staging: &TempDir, home: &Path) -> Result<()> {
    let place = home.join(spec.id);
    let old = staging.path().join("old");
    let moved = |e| Error::io("cannot put the model at", &place, e);
    let kept = keep_replaced(spec, home, &place, finished);
    let had_old = match fs::rename(&place, &old) {
        Ok(()) => true,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        Err(error) => return Err(moved(error)),
    };
    if let Err(error) = fs::rename(finished, &place) {
        if had_old {
            fs::rename(&old, &place).map_err(moved)?;
        }
        return Err(moved(error));
    }
    if let Some(kept) = kept.filter(|kept| had_old && !kept.exists()) {
        fs::rename(&old, &kept).map_err(|error| Error::io("cannot keep the old model at", &kept, error))?;
    }
    sync_folder(home)
}

fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| Error::io("cannot flush", folder, error))
}

/// Compares the values that decide what comes out with those of the registry, so that a folder
/// with another model of the same layout is refused in words.
fn check_configuration(spec: &ModelSpec, root: &Path) -> Result<()> {
    let expected = [
        ("config.json", "hidden_size", Value::from(spec.dimensions)),
        ("config.json", "num_hidden_layers", Value::from(spec.layers)),
        ("sentence_bert_config.json", "max_seq_length", Value::from(spec.max_pieces)),
        ("1_Pooling/config.json", "word_embedding_dimension", Value::from(spec.dimensions)),
        ("1_Pooling/config.json", "pooling_mode_mean_tokens", Value::from(true)),
    ];
    for (file, key, value) in expected {
        let path = root.join(file);
        let text = fs::read(&path).map_err(|e| Error::io("cannot read", &path, e))?;
        let found: Value = serde_json::from_slice(&text)
            .map_err(|error| Error::new(Kind::Corrupt, format!("{} cannot be understood: {error}", path.display())))?;
        if found.get(key) != Some(&value) {
            let found = found.get(key).map_or("absent".to_string(), Value::to_string);
            return Err(Error::usage(format!(
                "this is not {}: in {file}, {key} is {found} instead of {value}",
                spec.id
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "install_tests.rs"]
pub(crate) mod tests;
