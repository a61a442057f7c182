//! Where installed models lie, and whether they are whole.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, Kind, Result};
use crate::model::ModelRef;
use crate::model::registry::{self, MODELS, ModelKind, ModelSpec};

/// The file written into each installed folder.
pub const MANIFEST: &str = "journal-model.json";

/// What was installed, as kept in [`MANIFEST`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) revision: String,
    pub(crate) name: String,
    /// By path inside the folder, with `/`.
    pub(crate) files: BTreeMap<String, Recorded>,
}

/// What the folder of a model that is being removed ends in.
pub(crate) const REMOVED: &str = ".removed";

/// What stands between id and hash in the folder of a model that another revision has replaced.
const REPLACED: &str = "@";

/// Where a model that is being replaced by another revision is kept; nothing when it is the same, or
/// not whole. Until everything has been read anew, questions are answered with its vectors, and they
/// have to be read by it too.
pub(crate) fn keep_replaced(spec: &ModelSpec, home: &Path, old: &Path, new: &Path) -> Option<PathBuf> {
    let (old, new) = (read_manifest(old).ok()?, read_manifest(new).ok()?);
    let hash = old.name.strip_prefix(spec.id)?.strip_prefix(REPLACED)?;
    let safe = !hash.is_empty() && hash.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (safe && old.name != new.name).then(|| home.join(&old.name))
}

/// Size and hash of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Recorded {
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

/// A model on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledModel {
    /// The registry's id.
    pub id: String,
    /// The name results are filed under, `id@<8 hex>`: the hash is over the files that decide the
    /// results, so it also tells revisions apart. At most 100 characters.
    pub name: String,
    /// What it does.
    pub kind: ModelKind,
    /// The hub's commit its files belong to.
    pub revision: String,
    /// Numbers in each vector.
    pub dimensions: usize,
    /// Word pieces read of one text, the two special ones included.
    pub max_pieces: usize,
    /// Where the files are.
    pub folder: PathBuf,
    /// All files together, in bytes.
    pub bytes: u64,
}

impl InstalledModel {
    /// What requests to the server name it by.
    pub fn reference(&self) -> ModelRef {
        ModelRef { id: self.id.clone(), name: self.name.clone(), folder: self.folder.clone() }
    }
}

/// What [`ModelFolders::verify`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Files looked at.
    pub checked: usize,
    /// What is wrong, one sentence a file; empty when all is well.
    pub faults: Vec<String>,
}

/// The folders models are looked for in, first come, first served. New models go into the first.
#[derive(Debug, Clone)]
pub struct ModelFolders {
    folders: Vec<PathBuf>,
}

impl ModelFolders {
    /// These folders, in order; they need not exist.
    pub fn new(folders: Vec<PathBuf>) -> Self {
        ModelFolders { folders }
    }

    /// Every installed model, each id once, in the registry's order.
    pub fn list(&self) -> Result<Vec<InstalledModel>> {
        MODELS.iter().filter_map(|spec| Some(open(spec, &self.folder_of(spec)?))).collect()
    }

    /// Every installed model that is whole, of every folder: also those that [`ModelFolders::list`] does
    /// not show because another of the same id comes first, or has replaced them.
    pub fn every(&self) -> Vec<InstalledModel> {
        let entries = self.folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
        let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        folders.sort();
        folders
            .iter()
            .filter_map(|folder| {
                let name = folder.file_name()?.to_str()?;
                let id = name.split_once(REPLACED).map_or(name, |(id, _)| id);
                open(MODELS.iter().find(|spec| spec.id == id)?, folder).ok()
            })
            .collect()
    }

    /// Removes models that were replaced by another revision, and kept because vectors of them still
    /// answered, except those with a name in `used`.
    pub fn remove_replaced(&self, used: &[String]) -> Result<()> {
        let home = self.home()?;
        for model in self.every() {
            let replaced = model.folder.parent() == Some(home)
                && model.folder.file_name().is_some_and(|name| name.to_string_lossy().contains(REPLACED));
            if replaced && !used.contains(&model.name) {
                fs::remove_dir_all(&model.folder).map_err(|e| Error::io("cannot remove", &model.folder, e))?;
            }
        }
        Ok(())
    }

    /// The installed model with this id.
    ///
    /// # Errors
    /// [`Kind::NotFound`] when no such model is known, [`Kind::ModelUnavailable`] when it is known
    /// and not installed, [`Kind::Corrupt`] when its manifest cannot be read or a file is missing or
    /// has another size.
    pub fn locate(&self, id: &str) -> Result<InstalledModel> {
        let spec = registry::find(id)?;
        let folder = self.folder_of(spec).ok_or_else(|| not_installed(spec))?;
        open(spec, &folder)
    }

    /// Reads every file of the model and compares size and hash with what was installed.
    pub fn verify(&self, id: &str) -> Result<Verdict> {
        let spec = registry::find(id)?;
        let folder = self.folder_of(spec).ok_or_else(|| not_installed(spec))?;
        let manifest = read_manifest(&folder)?;
        let mut faults = Vec::new();
        for (path, recorded) in &manifest.files {
            match record(&folder.join(path)) {
                Ok(found) if found == *recorded => {}
                Ok(found) if found.bytes != recorded.bytes => {
                    faults.push(format!("{path} has {} bytes instead of {}", found.bytes, recorded.bytes))
                }
                Ok(_) => faults.push(format!("{path} has other contents than when installed")),
                Err(error) => faults.push(error.to_string()),
            }
        }
        for file in spec.files.iter().filter(|file| file.required) {
            if !manifest.files.contains_key(file.path) {
                faults.push(format!("{} is not in the manifest", file.path));
            }
        }
        Ok(Verdict { checked: manifest.files.len(), faults })
    }

    /// Removes the model from the first folder, where models are installed to.
    ///
    /// # Errors
    /// [`Kind::ModelUnavailable`] when it is not installed; [`Kind::Failure`] when it came with the
    /// program or lies in a folder that is only read.
    pub fn remove(&self, id: &str) -> Result<PathBuf> {
        let spec = registry::find(id)?;
        let folder = self.home()?.join(spec.id);
        if !folder.is_dir() {
            let elsewhere = self.locate(id)?.folder;
            return Err(Error::failure(format!(
                "the model {} lies in {}, which this command does not change",
                spec.id,
                elsewhere.display()
            ))
            .hint("remove that folder yourself"));
        }
        // Renamed first, so that a removal cut short leaves no half model under the name.
        let doomed = self.home()?.join(format!(".{}.{}{REMOVED}", spec.id, std::process::id()));
        fs::rename(&folder, &doomed).map_err(|e| Error::io("cannot remove", &folder, e))?;
        fs::remove_dir_all(&doomed).map_err(|e| Error::io("cannot remove", &doomed, e))?;
        Ok(folder)
    }

    /// The folder new models go into.
    pub fn home(&self) -> Result<&Path> {
        self.folders.first().map(PathBuf::as_path).ok_or_else(|| Error::failure("no folder for models is configured"))
    }

    fn folder_of(&self, spec: &ModelSpec) -> Option<PathBuf> {
        self.folders.iter().map(|folder| folder.join(spec.id)).find(|folder| folder.join(MANIFEST).is_file())
    }
}

fn not_installed(spec: &ModelSpec) -> Error {
    Error::new(Kind::ModelUnavailable, format!("the model {} is not installed", spec.id))
        .hint(format!("install it: journal models install {}", spec.id))
}

/// The model in this folder, by its manifest; sizes are compared, hashes are not.
fn open(spec: &'static ModelSpec, folder: &Path) -> Result<InstalledModel> {
    let manifest = read_manifest(folder)?;
    let corrupt = |what: String| {
        Error::new(Kind::Corrupt, format!("the model in {} is damaged: {what}", folder.display()))
            .hint(format!("install it again: journal models remove {0}, then journal models install {0}", spec.id))
    };
    if manifest.id != spec.id {
        return Err(corrupt(format!("its manifest names {:?}", manifest.id)));
    }
    for (path, recorded) in &manifest.files {
        match fs::metadata(folder.join(path)) {
            Ok(found) if found.is_file() && found.len() == recorded.bytes => {}
            Ok(found) => {
                let (is, was) = (found.len(), recorded.bytes);
                return Err(corrupt(format!("{path} has {is} bytes instead of {was}")));
            }
            Err(error) => return Err(corrupt(format!("{path}: {error}"))),
        }
    }
    let absolute = std::path::absolute(folder).map_err(|error| Error::io("cannot name the folder", folder, error))?;
    Ok(InstalledModel {
        id: spec.id.to_string(),
        name: manifest.name,
        kind: spec.kind,
        revision: manifest.revision,
        dimensions: spec.dimensions,
        max_pieces: spec.max_pieces,
        folder: absolute,
        bytes: manifest.files.values().map(|file| file.bytes).sum(),
    })
}

fn read_manifest(folder: &Path) -> Result<Manifest> {
    let path = folder.join(MANIFEST);
    let text = fs::read(&path).map_err(|error| Error::io("cannot read", &path, error))?;
    serde_json::from_slice(&text).map_err(|error| {
        Error::new(Kind::Corrupt, format!("{} cannot be understood: {error}", path.display()))
            .hint("remove the folder and install the model again")
    })
}

/// Size and hash of a file.
pub(crate) fn record(path: &Path) -> Result<Recorded> {
    let failed = |error| Error::io("cannot read", path, error);
    let mut file = File::open(path).map_err(failed)?;
    let mut hash = Sha256::new();
    let mut bytes = 0;
    let mut buffer = vec![0_u8; 256 * 1024];
    loop {
        let count = file.read(&mut buffer).map_err(failed)?;
        if count == 0 {
            break;
        }
        hash.update(&buffer[..count]);
        bytes += count as u64;
    }
    Ok(Recorded { bytes, sha256: HEXLOWER.encode(&hash.finalize()) })
}

/// The name results are filed under.
pub(crate) fn result_name(spec: &ModelSpec, files: &BTreeMap<String, Recorded>) -> String {
    let mut hash = Sha256::new();
    for file in spec.files.iter().filter(|file| file.decides_results) {
        if let Some(recorded) = files.get(file.path) {
            hash.update(format!("{} {}\n", file.path, recorded.sha256));
        }
    }
    format!("{}@{}", spec.id, &HEXLOWER.encode(&hash.finalize())[..8])
}
