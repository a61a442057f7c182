//! A journal of its own in a throw-away folder, used through the real program.

#![allow(dead_code)]

use std::ffi::OsStr;
use std::fmt::{self, Write as _};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// How long background work may take until it is said to hang.
const PATIENCE: Duration = Duration::from_secs(300);

/// Real time and ids, for a store that is opened without the program.
pub(crate) fn clock() -> journaling_ai::store::Clock {
    journaling_ai::store::Clock { now: journaling_ai::app::now, new_id: journaling_ai::app::new_id }
}

/// A data folder, two configurations, a home without anything in it. What still runs in it when it
/// is dropped is ended.
pub(crate) struct Sandbox {
    folder: TempDir,
    data: PathBuf,
    model: Option<PathBuf>,
}

impl Sandbox {
    /// An empty journal, with the embedding model when this build has a server for it.
    pub(crate) fn new() -> Sandbox {
        Sandbox::with_models(models())
    }

    /// An empty journal for which no model is installed.
    pub(crate) fn without_model() -> Sandbox {
        Sandbox::with_models(None)
    }

    fn with_models(model: Option<PathBuf>) -> Sandbox {
        let folder = tempfile::Builder::new().prefix("journal-").tempdir().unwrap();
        for place in ["home", "tmp"] {
            fs::create_dir(folder.path().join(place)).unwrap();
        }
        for analyze in ["manual", "auto"] {
            let settings = format!("analyze = \"{analyze}\"\nmodel_threads = 1\nmodel_idle_seconds = 60\n");
            fs::write(folder.path().join(format!("{analyze}.toml")), settings).unwrap();
        }
        let data = folder.path().join("data");
        Sandbox { folder, data, model }
    }

    /// The throw-away folder around everything.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The data folder.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// From now on the journal is in another folder.
    pub(crate) fn move_to(&mut self, data: PathBuf) {
        self.data = data;
    }

    /// Whether entries get vectors here.
    pub(crate) fn has_model(&self) -> bool {
        self.model.is_some()
    }

    /// Leaves the folder on the disk when the test is over, to be looked at.
    pub(crate) fn keep(&mut self) {
        self.folder.disable_cleanup(true);
    }

    /// The program on the journal in this data folder, in an environment of its own.
    pub(crate) fn command_on(&self, data: &Path, analyze: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_journal"));
        command.env_clear().env("PATH", "/usr/bin:/bin").env("TZ", "UTC").env("USER", "tester");
        command.env("HOME", self.folder().join("home")).env("TMPDIR", self.folder().join("tmp"));
        command.env("NO_COLOR", "1").env("EDITOR", "false");
        if let Some(libraries) = std::env::var_os("LD_LIBRARY_PATH") {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        if let Some(model) = &self.model {
            command.env("JOURNAL_MODEL_PATH", model);
        }
        command.arg("--data-dir").arg(data);
        command.arg("--config").arg(self.folder().join(format!("{analyze}.toml")));
        command.stdin(Stdio::null());
        command
    }

    /// The program, which analyses only when told to.
    pub(crate) fn command(&self) -> Command {
        self.command_on(&self.data, "manual")
    }

    /// Runs it.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Outcome {
        let mut command = self.command();
        command.args(args);
        Outcome::of(command)
    }

    /// Runs it and expects success.
    pub(crate) fn ok<S: AsRef<OsStr>>(&self, args: &[S]) -> Outcome {
        self.run(args).expect(0)
    }

    /// Runs it with `--json` and expects success and a document.
    pub(crate) fn json<S: AsRef<OsStr>>(&self, args: &[S]) -> Value {
        let mut command = self.command();
        command.args(args).arg("--json");
        Outcome::of(command).expect(0).json()
    }

    /// Adds an entry and gives its id.
    pub(crate) fn add(&self, text: &str) -> String {
        self.json(&["add", text])["id"].as_str().unwrap().to_owned()
    }

    /// The ids a search finds, best first.
    pub(crate) fn search(&self, args: &[&str]) -> Vec<String> {
        ids(&self.json(&[&["search"], args].concat())["results"])
    }

    /// What `doctor` finds, however it ends.
    pub(crate) fn findings(&self) -> Vec<Value> {
        let mut command = self.command();
        command.args(["doctor", "--json"]);
        let outcome = Outcome::of(command);
        let report = outcome.json();
        assert_eq!(report["clean"], Value::Bool(outcome.code() == Some(0)), "{outcome}");
        report["findings"].as_array().unwrap_or_else(|| panic!("{outcome}")).clone()
    }

    /// Expects that `doctor` has nothing at all to say.
    pub(crate) fn expect_well(&self) {
        let findings = self.findings();
        assert!(findings.is_empty(), "doctor in {}: {findings:#?}", self.data.display());
    }

    /// Process ids and command lines of what runs for this sandbox. Only where there is `/proc`.
    pub(crate) fn processes(&self) -> Vec<(u32, String)> {
        let place = self.folder().to_str().unwrap();
        let mut found = Vec::new();
        for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Ok(id) = process.file_name().to_string_lossy().parse::<u32>() else { continue };
            let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            if id != std::process::id() && line.contains(place) {
                found.push((id, line));
            }
        }
        found
    }

    /// Waits until no process is left.
    pub(crate) fn vanish(&self) {
        let since = Instant::now();
        while !self.processes().is_empty() {
            assert!(since.elapsed() < PATIENCE, "they stay: {:?}", self.processes());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until nothing works in the background any more; the model server may stay.
    pub(crate) fn settle(&self) {
        let since = Instant::now();
        loop {
            let working: Vec<_> = self.processes().into_iter().filter(|(_, line)| !is_server(line)).collect();
            if working.is_empty() {
                return;
            }
            assert!(since.elapsed() < PATIENCE, "it hangs: {working:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        for (id, _) in self.processes() {
            kill(id);
        }
    }
}

/// Whether this is the command line of a model server.
pub(crate) fn is_server(line: &str) -> bool {
    line.split(' ').next().is_some_and(|program| program.ends_with("journal-model"))
}

/// Ends a process without warning.
pub(crate) fn kill(id: u32) {
    if let Some(id) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        let _ = kill_process(id, Signal::KILL);
    }
}

/// What came of a command.
pub(crate) struct Outcome {
    pub(crate) command: String,
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

impl Outcome {
    /// Runs a command to its end.
    pub(crate) fn of(mut command: Command) -> Outcome {
        let since = Instant::now();
        let output = command.output().unwrap();
        Outcome::new(&command, output.status, &output.stdout, &output.stderr, since.elapsed())
    }

    /// From what is known of it.
    pub(crate) fn new(command: &Command, status: ExitStatus, stdout: &[u8], stderr: &[u8], took: Duration) -> Outcome {
        let mut line = String::from("journal");
        for arg in command.get_args() {
            let _ = write!(line, " {}", shell_words::quote(&arg.to_string_lossy()));
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Outcome { command: line, status, stdout: text(stdout), stderr: text(stderr), took }
    }

    /// The exit code; none when it was killed.
    pub(crate) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Expects this exit code, and no word of a panic.
    pub(crate) fn expect(self, code: i32) -> Outcome {
        assert!(self.code() == Some(code) && !self.stderr.contains("panicked"), "expected exit code {code}\n{self}");
        self
    }

    /// The document on standard output.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text: &str| -> String { text.chars().take(4000).collect() };
        writeln!(f, "$ {}\n{} after {:?}", shown(&self.command), self.status, self.took)?;
        write!(f, "--- stdout\n{}\n--- stderr\n{}", shown(&self.stdout), shown(&self.stderr))
    }
}

/// The ids in a list.
pub(crate) fn ids(list: &Value) -> Vec<String> {
    let list = list.as_array().unwrap_or_else(|| panic!("not a list: {list}"));
    list.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// The folder of fetched models, when this build has a server for them. A missing one fails the test
/// with the command that fetches it.
fn models() -> Option<PathBuf> {
    if !cfg!(feature = "model-server") {
        return None;
    }
    let folder = match std::env::var_os("JOURNAL_TEST_MODEL") {
        Some(model) => PathBuf::from(model).parent().unwrap().to_path_buf(),
        None => {
            let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
            let cache = cache.unwrap_or_else(|| std::env::home_dir().unwrap().join(".cache"));
            cache.join("journaling-ai/build/models")
        }
    };
    let model = folder.join("all-MiniLM-L6-v2");
    assert!(model.is_dir(), "there is no {}; fetch it: make deps", model.display());
    Some(folder)
}
