//! Where installed models lie, and whether they are whole.

use std::collections::{BTreeMap, BTreeSet};
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
    /// What a classifier's own files say of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) classifier: Option<Classifier>,
    /// By path inside the folder, with `/`.
    pub(crate) files: BTreeMap<String, Recorded>,
}

/// What a classifier is like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Classifier {
    /// The labels, in the order of the scores.
    pub labels: Vec<String>,
    /// Whether each label is judged for itself; otherwise their scores sum up to 1.
    pub apart: bool,
    /// Word pieces read of one text, the two special ones included.
    pub max_pieces: usize,
}

/// What the folder of a model that is being removed ends in.
pub(crate) const REMOVED: &str = ".removed";

/// What stands between id and hash in the folder of a model that another revision has replaced.
const REPLACED: &str = "@";

/// Where a model that is being replaced by another revision is kept; nothing when it is the same, or
/// not whole. Until everything has been read anew, questions are answered with its vectors, and they
/// have to be read by it too.
pub(crate) fn keep_replaced(spec: &ModelSpec, home: &Path, old: &Path, new: &Path) -> Option<PathBuf> {
    if spec.kind != ModelKind::Embedding {
        return None;
    }
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
    /// The registry's id, or the name it was brought along under.
    pub id: String,
    /// The name results are filed under, `id@<8 hex>`: the hash is over the files that decide the
    /// results, so it also tells revisions apart. At most 100 characters.
    pub name: String,
    /// What it does.
    pub kind: ModelKind,
    /// The hub's commit its files belong to.
    pub revision: String,
    /// Numbers in each vector; of a classifier, its labels.
    pub dimensions: usize,
    /// Word pieces read of one text, the two special ones included.
    pub max_pieces: usize,
    /// What it is like, when it is a classifier.
    pub classifier: Option<Classifier>,
    /// The SHA-256 of its weights, lower-case hex.
    pub weights_sha256: String,
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

    /// Every installed model, each id once: those of the registry in its order, then the classifiers that
    /// were brought along, by name.
    pub fn list(&self) -> Result<Vec<InstalledModel>> {
        let brought = self.brought();
        let ids = MODELS.iter().map(|spec| spec.id).chain(brought.iter().map(String::as_str));
        ids.filter_map(|id| Some(open(id, &self.folder_of(id)?))).collect()
    }

    /// The names of the classifiers that were brought along.
    fn brought(&self) -> BTreeSet<String> {
        let entries = self.folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        names.filter(|name| registry::check_name(name).is_ok() && self.folder_of(name).is_some()).collect()
    }

    /// Every installed embedding model that is whole, of every folder: also those that [`ModelFolders::list`] does
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
                let spec = MODELS.iter().find(|spec| spec.id == id && spec.kind == ModelKind::Embedding)?;
                open(spec.id, folder).ok()
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
        let id = self.full_id(id)?;
        let folder = self.folder_of(id).ok_or_else(|| not_installed(id))?;
        open(id, &folder)
    }

    /// The id of a known model, by either of its names; or the name of a classifier that is there.
    fn full_id<'a>(&self, id: &'a str) -> Result<&'a str> {
        let unknown = match registry::find(id) {
            Ok(spec) => return Ok(spec.id),
            Err(unknown) => unknown,
        };
        match registry::check_name(id) {
            Ok(()) if self.folder_of(id).is_some() => Ok(id),
            _ => Err(unknown),
        }
    }

    /// Reads every file of the model and compares size and hash with what was installed.
    pub fn verify(&self, id: &str) -> Result<Verdict> {
        let id = self.full_id(id)?;
        let folder = self.folder_of(id).ok_or_else(|| not_installed(id))?;
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
        let known = registry::find(id).map_or(&[][..], |spec| spec.files);
        for file in known.iter().filter(|file| file.required) {
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
        let id = self.full_id(id)?;
        let folder = self.home()?.join(id);
        if !folder.is_dir() {
            let elsewhere = self.locate(id)?.folder;
            return Err(Error::failure(format!(
                "the model {id} lies in {}, which this command does not change",
                elsewhere.display()
            ))
            .hint("remove that folder yourself"));
        }
        // Renamed first, so that a removal cut short leaves no half model under the name.
        let doomed = self.home()?.join(format!(".{id}.{}{REMOVED}", std::process::id()));
        fs::rename(&folder, &doomed).map_err(|e| Error::io("cannot remove", &folder, e))?;
        fs::remove_dir_all(&doomed).map_err(|e| Error::io("cannot remove", &doomed, e))?;
        Ok(folder)
    }

    /// The folder new models go into.
    pub fn home(&self) -> Result<&Path> {
        self.folders.first().map(PathBuf::as_path).ok_or_else(|| Error::failure("no folder for models is configured"))
    }

    fn folder_of(&self, id: &str) -> Option<PathBuf> {
        self.folders.iter().map(|folder| folder.join(id)).find(|folder| folder.join(MANIFEST).is_file())
    }
}

fn not_installed(id: &str) -> Error {
    Error::new(Kind::ModelUnavailable, format!("the model {id} is not installed"))
        .hint(format!("install it: journal models install {id}"))
}

/// The model in this folder, by its manifest; sizes are compared, hashes are not.
fn open(id: &str, folder: &Path) -> Result<InstalledModel> {
    let manifest = read_manifest(folder)?;
    let corrupt = |what: String| {
        Error::new(Kind::Corrupt, format!("the model in {} is damaged: {what}", folder.display()))
            .hint(format!("install it again: journal models remove {id}, then journal models install {id}"))
    };
    if manifest.id != id {
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
    let (kind, dimensions, max_pieces) = match (&manifest.classifier, registry::find(id)) {
        (Some(found), _) => (ModelKind::Classifier, found.labels.len(), found.max_pieces),
        (None, Ok(spec)) if spec.kind == ModelKind::Embedding => (spec.kind, spec.dimensions, spec.max_pieces),
        (None, _) => return Err(corrupt("its manifest does not say what it is".to_string())),
    };
    Ok(InstalledModel {
        id: id.to_string(),
        name: manifest.name,
        kind,
        revision: manifest.revision,
        dimensions,
        max_pieces,
        classifier: manifest.classifier,
        weights_sha256: manifest.files.get("model.safetensors").map_or(String::new(), |file| file.sha256.clone()),
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
