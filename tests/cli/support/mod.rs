//! A journal of its own for each test, and what came of a command.

#[cfg(feature = "model-server")]
mod hub;
mod outcome;
mod pty;

#[cfg(feature = "model-server")]
pub(crate) use hub::{Hub, Manners};
pub(crate) use outcome::{Outcome, field};
pub(crate) use pty::{Terminal, plain};

use serde_json::Value;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The program under test.
pub(crate) const JOURNAL: &str = env!("CARGO_BIN_EXE_journal");

/// The time in every test: a Monday, eleven o'clock in Berlin.
pub(crate) const NOW: &str = "2026-03-16T10:00:00Z";

/// The journal that comes with the program.
pub(crate) fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/sample-journal.jsonl")
}

/// The folder of a tiny model that comes with the tests.
#[cfg(feature = "model-server")]
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models").join(name)
}

/// The lines of the sample, as JSON.
pub(crate) fn sample_lines() -> Vec<Value> {
    fs::read_to_string(sample()).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Folders for data, configuration, sockets and temporary files, and an environment that knows
/// nothing else.
pub(crate) struct Sandbox {
    folder: Folder,
    variables: Vec<(String, OsString)>,
}

enum Folder {
    Temporary(TempDir),
    #[cfg_attr(not(feature = "model-server"), allow(dead_code))]
    Kept(PathBuf),
}

impl Sandbox {
    /// An empty journal that analyses nothing by itself.
    pub(crate) fn new() -> Sandbox {
        let folder = tempfile::Builder::new().prefix("jt").tempdir().unwrap();
        Sandbox::in_folder(Folder::Temporary(folder))
    }

    /// The sample journal.
    pub(crate) fn with_sample() -> Sandbox {
        let sandbox = Sandbox::new();
        sandbox.run(["import", sample().to_str().unwrap()]).ok();
        sandbox
    }

    fn in_folder(folder: Folder) -> Sandbox {
        let mut sandbox = Sandbox { folder, variables: Vec::new() };
        for name in ["home", "run", "tmp"] {
            fs::create_dir_all(sandbox.path(name)).unwrap();
        }
        fs::write(sandbox.config(), "analyze = \"manual\"\n").unwrap();
        let variables: [(&str, OsString); 9] = [
            ("HOME", sandbox.path("home").into()),
            ("XDG_RUNTIME_DIR", sandbox.path("run").into()),
            ("TMPDIR", sandbox.path("tmp").into()),
            ("JOURNAL_DATA_DIR", sandbox.data().into()),
            ("JOURNAL_CONFIG", sandbox.config().into()),
            ("JOURNAL_NOW", NOW.into()),
            ("TZ", "Europe/Berlin".into()),
            ("LANG", "C.UTF-8".into()),
            ("PATH", "/usr/local/bin:/usr/bin:/bin".into()),
        ];
        sandbox.variables = variables.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
        sandbox
    }

    /// A journal that outlives its test, for what is dear to make. The folder is emptied first.
    #[cfg(feature = "model-server")]
    pub(crate) fn kept(name: &str) -> Sandbox {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Sandbox::in_folder(Folder::Kept(folder))
    }

    /// With another variable, or another value of one.
    pub(crate) fn with(mut self, name: &str, value: impl Into<OsString>) -> Sandbox {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.into(), value.into()));
        self
    }

    /// Without a variable.
    #[allow(dead_code)]
    pub(crate) fn without(mut self, name: &str) -> Sandbox {
        self.variables.retain(|(known, _)| known != name);
        self
    }

    /// The database, for what no command shows.
    #[allow(dead_code)]
    pub(crate) fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.data().join("journal.db")).unwrap()
    }

    /// A path inside the sandbox.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        match &self.folder {
            Folder::Temporary(folder) => folder.path().join(name),
            Folder::Kept(folder) => folder.join(name),
        }
    }

    /// The data folder; the first command creates it.
    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// The configuration file.
    pub(crate) fn config(&self) -> PathBuf {
        self.path("config.toml")
    }

    /// Writes a file and gives its path as text.
    pub(crate) fn file(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_string()
    }

    /// Writes a shell script and gives its path as text.
    pub(crate) fn script(&self, name: &str, body: &str) -> String {
        let path = self.file(name, format!("#!/bin/sh\n{body}\n"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// The drafts that were kept.
    pub(crate) fn drafts(&self) -> Vec<PathBuf> {
        let Ok(folder) = fs::read_dir(self.data().join("drafts")) else { return Vec::new() };
        folder.map(|entry| entry.unwrap().path()).collect()
    }

    /// The command, not yet started, in the environment of the sandbox.
    pub(crate) fn command<S: AsRef<str>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(JOURNAL);
        command.args(args.into_iter().map(|arg| arg.as_ref().to_string()));
        command.env_clear().envs(self.variables.clone()).current_dir(self.path("."));
        command
    }

    /// Runs `journal` with nothing on standard input.
    pub(crate) fn run<S: AsRef<str>>(&self, args: impl IntoIterator<Item = S>) -> Outcome {
        let mut command = self.command(args);
        let output = command.stdin(Stdio::null()).output().unwrap();
        Outcome::new(&command, output)
    }

    /// Runs `journal` with these bytes on standard input.
    pub(crate) fn pipe<S: AsRef<str>>(&self, args: impl IntoIterator<Item = S>, bytes: impl AsRef<[u8]>) -> Outcome {
        let mut command = self.command(args);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let bytes = bytes.as_ref();
        let output = std::thread::scope(|scope| {
            // A command that refuses its arguments never reads.
            scope.spawn(move || drop(stdin.write_all(bytes).map(|()| stdin)));
            child.wait_with_output().unwrap()
        });
        Outcome::new(&command, output)
    }

    /// Runs a line of shell script; `journal` is in its PATH.
    pub(crate) fn shell(&self, script: &str) -> Outcome {
        let mut command = Command::new("/bin/bash");
        command.args(["-c", script]).env_clear().envs(self.variables.clone()).current_dir(self.path("."));
        let folder = Path::new(JOURNAL).parent().unwrap();
        command.env("PATH", format!("{}:/usr/bin:/bin", folder.display()));
        let output = command.stdin(Stdio::null()).output().unwrap();
        Outcome::new(&command, output)
    }

    /// Adds an entry and gives its short id.
    pub(crate) fn add<const N: usize>(&self, args: [&str; N]) -> String {
        let all: Vec<&str> = ["add"].into_iter().chain(args).collect();
        self.run(all).ok().text().trim().to_string()
    }

    /// The whole entry as `show --json` prints it.
    pub(crate) fn show(&self, id: &str) -> Value {
        self.run(["show", id, "--json"]).ok().json()
    }

    /// Every entry as `export` prints it.
    pub(crate) fn export(&self) -> String {
        self.run(["export"]).ok().text()
    }

    /// How many entries there are.
    pub(crate) fn count(&self) -> u64 {
        self.run(["list", "--count"]).ok().text().trim().parse().unwrap()
    }
}
