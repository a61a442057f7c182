//! Fetching a model from the public hub. The only code here that opens a network socket.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::model::files::{InstalledModel, ModelFolders, record};
use crate::model::install::install_spec;
use crate::model::registry::{self, FileSpec, ModelSpec, classifier_files};

/// Where models are published.
pub const HUB_URL: &str = "https://huggingface.co";

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The file being fetched, by its path inside the model.
    pub file: &'a str,
    /// Bytes of it on disk, those of an earlier try included.
    pub done: u64,
    /// Its length, when the hub has said it.
    pub total: Option<u64>,
}

/// How often a file is asked for, when connections break, before giving up.
const TRIES: usize = 5;

/// Installs the model from the hub at `base_url` (usually [`HUB_URL`]). A download cut short is
/// taken up where it ended, by this call or a later one; files with known hashes are checked.
///
/// # Errors
/// [`Kind::Network`] when the hub cannot be reached or answers badly, with a hint how to install
/// without it; [`Kind::Busy`] while another process fetches the same model; otherwise as
/// [`crate::model::install::install_from`].
pub fn install_from_hub(
    id: &str,
    base_url: &str,
    folders: &ModelFolders,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<InstalledModel> {
    let spec = registry::find(id)?;
    fetch_spec(spec, base_url, folders.home()?, progress)?;
    folders.locate(spec.id)
}

/// A classifier at the hub that is not among the known ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published<'a> {
    /// `owner/name`.
    pub repository: &'a str,
    /// The commit, 40 hexadecimal digits: a branch would be another model tomorrow.
    pub revision: &'a str,
    /// The SHA-256 of its weights, 64 hexadecimal digits, when somebody trustworthy has said it.
    pub sha256: Option<&'a str>,
}

impl Published<'_> {
    /// # Errors
    /// Usage, naming what is not written as it should be.
    fn check(&self) -> Result<()> {
        let part = |text: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            !text.is_empty() && text.chars().all(plain) && !text.starts_with('.')
        };
        let hex = |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit());
        if !self.repository.split_once('/').is_some_and(|(owner, name)| part(owner) && part(name)) {
            return Err(Error::usage(format!("{:?} is no repository of the hub", self.repository))
                .hint("it is written OWNER/NAME"));
        }
        if !hex(self.revision, 40) {
            return Err(Error::usage(format!("{:?} is no commit", self.revision))
                .hint("a commit has 40 hexadecimal digits; the hub shows it in the history of the model's files"));
        }
        match self.sha256 {
            Some(hash) if !hex(hash, 64) => {
                Err(Error::usage(format!("{hash:?} is no SHA-256: it has 64 hexadecimal digits")))
            }
            _ => Ok(()),
        }
    }
}

/// Installs a classifier of the hub's under a name of the caller's, as [`install_from_hub`] does.
///
/// # Errors
/// As [`install_from_hub`], and [`Kind::Usage`] when no model may have the name, or `published` is not written
/// as it should be.
pub fn install_published(
    name: &str,
    published: Published<'_>,
    base_url: &str,
    folders: &ModelFolders,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<InstalledModel> {
    registry::check_name(name)?;
    published.check()?;
    let sha256 = published.sha256.map(str::to_ascii_lowercase);
    let files = classifier_files(sha256.as_deref());
    let spec = ModelSpec::brought(name, published.repository, published.revision, &files);
    fetch_spec(&spec, base_url, folders.home()?, progress)?;
    folders.locate(name)
}

pub(crate) fn fetch_spec(
    spec: &ModelSpec,
    base_url: &str,
    home: &Path,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<()> {
    // Kept when the download fails, to be taken up again; named by revision, so that files of two
    // revisions never mix.
    let folder = home.join(format!(".{}.{}.download", spec.id, spec.revision));
    fs::create_dir_all(&folder).map_err(|e| Error::io("cannot create", &folder, e))?;
    let lock = folder.join("lock");
    let held = File::create(&lock).map_err(|e| Error::io("cannot open", &lock, e))?;
    held.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => Error::new(Kind::Busy, format!("the model {} is being fetched already", spec.id))
            .hint("wait for the other command to end"),
        TryLockError::Error(error) => Error::io("cannot lock", &lock, error),
    })?;

    let hub = Hub { agent: agent(), spec, base_url };
    for file in spec.files {
        hub.fetch(file, &folder, progress)?;
    }
    if let Err(error) = install_spec(spec, &folder, home) {
        // What has a hash has been checked. What has none, and may be the page of a network that wants a
        // login, must not be there for ever.
        for file in spec.files.iter().filter(|file| file.sha256.is_none()) {
            let _ = fs::remove_file(folder.join(file.path));
        }
        return Err(error);
    }
    fs::remove_dir_all(&folder).map_err(|e| Error::io("cannot remove", &folder, e))
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .user_agent(concat!("journaling-ai/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(Some(Duration::from_secs(15)))
        .timeout_connect(Some(Duration::from_secs(15)))
        .timeout_recv_response(Some(Duration::from_secs(30)))
        .timeout_per_read(Some(Duration::from_secs(30)))
        .build();
    ureq::Agent::new_with_config(config)
}

struct Hub<'a> {
    agent: ureq::Agent,
    spec: &'a ModelSpec<'a>,
    base_url: &'a str,
}

/// Why one try ended.
enum Broken {
    /// Worth another try.
    Again(String),
    /// Not.
    Never(Error),
}

impl Hub<'_> {
    fn fetch(&self, file: &FileSpec, folder: &Path, progress: &mut dyn FnMut(Progress<'_>)) -> Result<()> {
        let target = folder.join(file.path);
        if target.is_file() {
            // An earlier try may have been told another hash, or none.
            if check(file, &target)?.is_ok() {
                return Ok(());
            }
            fs::remove_file(&target).map_err(|e| Error::io("cannot remove", &target, e))?;
        }
        let parent = target.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|e| Error::io("cannot create", parent, e))?;
        let part = folder.join(format!("{}.part", file.path));
        let mut last = String::new();
        for attempt in 0..TRIES {
            std::thread::sleep(Duration::from_millis(200) * attempt as u32);
            match self.try_once(file, &part, progress) {
                Ok(true) => {
                    if let Err(fault) = check(file, &part)? {
                        // What is on disk is wrong, so it is no start to go on from.
                        fs::remove_file(&part).map_err(|e| Error::io("cannot remove", &part, e))?;
                        last = fault;
                        continue;
                    }
                    return fs::rename(&part, &target).map_err(|e| Error::io("cannot rename", &part, e));
                }
                Ok(false) if !file.required => return Ok(()),
                Ok(false) => return Err(self.unreachable(file, "the hub does not have it")),
                Err(Broken::Again(why)) => last = why,
                Err(Broken::Never(error)) => return Err(error),
            }
        }
        Err(self.unreachable(file, &format!("{last} (tried {TRIES} times)")))
    }

    /// One request, going on after the bytes that are there. False when there is no such file.
    fn try_once(&self, file: &FileSpec, part: &Path, progress: &mut dyn FnMut(Progress<'_>)) -> Result<bool, Broken> {
        let io = |error| Broken::Never(Error::io("cannot write", part, error));
        let mut disk = OpenOptions::new().create(true).truncate(false).write(true).open(part).map_err(io)?;
        let mut done = disk.seek(SeekFrom::End(0)).map_err(io)?;
        let mut request = self.agent.get(self.url(file));
        if done > 0 {
            request = request.header("Range", format!("bytes={done}-"));
        }
        let response = request.call().map_err(|error| Broken::Again(error.to_string()))?;
        let header = |name: &str| response.headers().get(name)?.to_str().ok().map(str::to_string);
        let length = header("content-length").and_then(|text| text.parse::<u64>().ok());
        match response.status().as_u16() {
            200 => {
                // The whole file, whether or not we asked for a part.
                disk.set_len(0).and_then(|()| disk.seek(SeekFrom::Start(0))).map_err(io)?;
                done = 0;
            }
            206 => {
                let range = header("content-range").unwrap_or_default();
                if !range.starts_with(&format!("bytes {done}-")) {
                    disk.set_len(0).map_err(io)?;
                    return Err(Broken::Again(format!("the hub sent the range {range:?}")));
                }
            }
            404 => {
                drop(disk);
                fs::remove_file(part).map_err(io)?;
                return Ok(false);
            }
            416 => {
                disk.set_len(0).map_err(io)?;
                return Err(Broken::Again("what was there is longer than the file".to_string()));
            }
            status @ (408 | 429 | 500..=599) => {
                return Err(Broken::Again(format!("the hub answered with status {status}")));
            }
            status => {
                let why = format!("the hub answered with status {status}");
                return Err(Broken::Never(self.unreachable(file, &why)));
            }
        }
        let total = length.map(|length| done + length);
        let mut body = response.into_body().into_reader();
        let mut buffer = vec![0_u8; 128 * 1024];
        loop {
            progress(Progress { file: file.path, done, total });
            let count = body.read(&mut buffer).map_err(|error| Broken::Again(error.to_string()))?;
            if count == 0 {
                break;
            }
            done += count as u64;
            let most = file.most_bytes();
            if done > most {
                drop(disk);
                fs::remove_file(part).map_err(io)?;
                return Err(Broken::Never(self.unreachable(file, &format!("it has more than {most} bytes"))));
            }
            disk.write_all(&buffer[..count]).map_err(io)?;
        }
        match total {
            Some(total) if total != done => {
                Err(Broken::Again(format!("the connection ended after {done} of {total} bytes")))
            }
            _ => disk.sync_all().map(|()| true).map_err(io),
        }
    }

    fn url(&self, file: &FileSpec) -> String {
        let ModelSpec { hub_repository, revision, .. } = self.spec;
        let base = self.base_url.trim_end_matches('/');
        format!("{base}/{hub_repository}/resolve/{revision}/{}", file.path)
    }

    fn unreachable(&self, file: &FileSpec, why: &str) -> Error {
        let url = self.url(file);
        Error::new(Kind::Network, format!("cannot fetch {url}: {why}")).hint(format!(
            "run the command again to go on where it ended; or get the model's files elsewhere and \
             install them without the network: journal models install {}{} --from <folder or archive>",
            if self.spec.is_brought() { "--name " } else { "" },
            self.spec.id
        ))
    }
}

/// The fault of a finished download, if it has one.
fn check(file: &FileSpec, part: &Path) -> Result<Result<(), String>> {
    let Some(expected) = file.sha256 else { return Ok(Ok(())) };
    let found = record(part)?.sha256;
    if found == expected {
        return Ok(Ok(()));
    }
    Ok(Err(format!("what came has the SHA-256 {found} instead of {expected}")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "hub_tests.rs"]
mod tests;
