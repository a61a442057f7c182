//! Finding the server's executable and starting it.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::model::socket::prepare_folder;

/// Where the server is and how to start it. All paths are absolute.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// The socket: see [`crate::model::socket::socket_paths`].
    pub socket: PathBuf,
    /// The file whose lock the one server holds.
    pub lock: PathBuf,
    /// The server's executable: see [`crate::model::start::find_server`].
    pub server: PathBuf,
    /// How long a started server stays with nobody connected; whole seconds.
    pub idle: Duration,
    /// Threads a started server computes with; absent for all cores but one.
    pub threads: Option<usize>,
    /// Whether a started server computes vectors in 32-bit floats even where the processor multiplies
    /// bfloat16. That takes two thirds of the time and moves a vector by 0.00002 on average (one minus the
    /// cosine), with the same results of search: see BENCHMARKS.md.
    pub exact: bool,
    /// How long to wait for a started server to listen. It listens before it loads a model.
    pub start_timeout: Duration,
    /// What started servers write on stderr.
    pub stderr_log: PathBuf,
}

/// The file name of the server.
pub const SERVER_NAME: &str = "journal-model";

/// A log longer than this is emptied before the next server starts, in bytes.
const MAX_LOG_BYTES: u64 = 256 * 1024;

/// Read by the threads of libtorch, before the server's own first line runs.
const WAIT_POLICY: &str = "OMP_WAIT_POLICY";

/// How the C library of Linux keeps freed memory, read before the server's own first line runs. Tensors of
/// a batch have some megabytes; given back and asked for again at each layer, their pages cost a fifth of
/// all the time: 256 texts of 75 words took 7.5 seconds of the processor and 1.2 to 2.0 of the system,
/// and now 7.5 and 0.04, at the same peak of 378 MB. Two arenas bound what is kept, however many
/// connections have computed.
const KEEP_MEMORY: [(&str, &str); 3] =
    [("MALLOC_MMAP_THRESHOLD_", "33554432"), ("MALLOC_TRIM_THRESHOLD_", "268435456"), ("MALLOC_ARENA_MAX", "2")];

/// How much of the log's end goes into an error, in bytes.
const TAIL_BYTES: u64 = 2000;

/// Finds the server: beside the running executable, in `../libexec` from there, then in the folders
/// of `search_path` (the value of `PATH`).
pub fn find_server(executable: &Path, search_path: Option<&OsStr>) -> Result<PathBuf> {
    let executable = fs::canonicalize(executable).unwrap_or_else(|_| executable.to_path_buf());
    let beside = executable.parent().unwrap_or(Path::new("/"));
    let mut folders = vec![beside.to_path_buf(), beside.join("../libexec")];
    if let Some(search_path) = search_path {
        folders.extend(std::env::split_paths(search_path).filter(|folder| folder.is_absolute()));
    }
    folders
        .into_iter()
        .map(|folder| folder.join(SERVER_NAME))
        .find(|candidate| {
            fs::metadata(candidate).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
        })
        .ok_or_else(|| missing(format!("this build has no model server: {SERVER_NAME} is not beside journal")))
}

fn missing(message: String) -> Error {
    Error::new(Kind::ModelUnavailable, message).hint(
        "run `make install`, or build with `--features model-server` and put journal-model beside \
         journal; search by words works without it",
    )
}

/// What servers wrote on stderr since some moment.
#[derive(Debug)]
pub(crate) struct StderrLog {
    path: PathBuf,
    since: u64,
}

impl StderrLog {
    /// From now on.
    pub(crate) fn from_now(path: &Path) -> Self {
        let since = fs::metadata(path).map_or(0, |found| found.len());
        StderrLog { path: path.to_path_buf(), since }
    }

    /// The last lines, or nothing.
    pub(crate) fn tail(&self) -> String {
        let read = || -> std::io::Result<Vec<u8>> {
            let mut file = File::open(&self.path)?;
            let length = file.metadata()?.len();
            // Emptied by another starter in the meantime: then all of it is new.
            let since = if self.since > length { 0 } else { self.since };
            file.seek(SeekFrom::Start(since.max(length.saturating_sub(TAIL_BYTES))))?;
            let mut bytes = Vec::new();
            file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().map(|bytes| String::from_utf8_lossy(&bytes).trim().to_string()).unwrap_or_default()
    }

    /// Adds the last lines to an error's message, and what can be done to its hint.
    pub(crate) fn explain(&self, message: String) -> Error {
        let tail = self.tail();
        let error = if tail.is_empty() {
            Error::new(Kind::ModelUnavailable, message)
        } else {
            Error::new(Kind::ModelUnavailable, format!("{message}; its last words: {tail}"))
        };
        error.hint(format!(
            "run the command again; if it stays, see {} and check the installation of {SERVER_NAME} \
             (`make install`)",
            self.path.display()
        ))
    }
}

/// Starts the server, detached: it leaves our session by itself, holds none of our streams, and its
/// stderr goes to the log.
pub(crate) fn start(config: &ClientConfig) -> Result<Child> {
    for path in [&config.socket, &config.lock, &config.stderr_log] {
        prepare_folder(path.parent().unwrap_or(Path::new("/")))?;
    }
    let log = OpenOptions::new().create(true).append(true).mode(0o600).open(&config.stderr_log);
    let log = log.map_err(|error| Error::io("cannot open", &config.stderr_log, error))?;
    if log.metadata().is_ok_and(|found| found.len() > MAX_LOG_BYTES) {
        // In append mode the next write starts at the new end.
        let _ = log.set_len(0);
    }
    let mut command = Command::new(&config.server);
    command.arg("--socket").arg(&config.socket).arg("--lock").arg(&config.lock);
    command.arg("--idle").arg(config.idle.as_secs().to_string());
    if let Some(threads) = config.threads {
        command.arg("--threads").arg(threads.to_string());
    }
    if config.exact {
        command.args(["--precision", "f32"]);
    }
    // Computing threads that wait by spinning take the core from whoever they wait for: on a busy machine
    // a short query took 77 ms on two of them, and 15 ms when they sleep.
    command.env(WAIT_POLICY, "PASSIVE").envs(KEEP_MEMORY);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).current_dir("/");
    command
        .spawn()
        .map_err(|error| missing(format!("cannot start the model server {}: {error}", config.server.display())))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn executable(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "#!/bin/sh\n").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn the_server_beside_us_comes_before_libexec_and_the_path() {
        let scratch = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(scratch.path()).unwrap();
        let journal = root.join("bin/journal");
        executable(&journal);
        let elsewhere = root.join("elsewhere");
        fs::create_dir_all(&elsewhere).unwrap();
        fs::write(elsewhere.join(SERVER_NAME), "not executable").unwrap();
        let error = find_server(&journal, Some(elsewhere.as_os_str())).unwrap_err();
        assert_eq!(error.kind(), Kind::ModelUnavailable);
        assert!(error.hint_text().unwrap().contains("make install"));

        executable(&elsewhere.join(SERVER_NAME));
        let found = |search: Option<&OsStr>| find_server(&journal, search);
        assert_eq!(found(Some(elsewhere.as_os_str())).unwrap(), elsewhere.join(SERVER_NAME));
        assert!(found(None).is_err());
        executable(&root.join("libexec").join(SERVER_NAME));
        let libexec = fs::canonicalize(found(None).unwrap()).unwrap();
        assert_eq!(libexec, root.join("libexec").join(SERVER_NAME));
        executable(&root.join("bin").join(SERVER_NAME));
        assert_eq!(found(None).unwrap(), root.join("bin").join(SERVER_NAME));
    }

    #[test]
    fn the_tail_is_what_was_written_since_and_bounded() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("log");
        fs::write(&path, "old\n").unwrap();
        let log = StderrLog::from_now(&path);
        assert_eq!(log.tail(), "");
        assert!(!log.explain("it died".into()).message().contains("last words"));
        fs::write(&path, "old\nnew reason\n").unwrap();
        assert_eq!(log.tail(), "new reason");
        fs::write(&path, format!("{}end", "x".repeat(100_000))).unwrap();
        assert!(log.tail().ends_with("xend") && log.tail().len() == 2000);
        fs::write(&path, "y").unwrap();
        assert_eq!(log.tail(), "y");
    }
}
