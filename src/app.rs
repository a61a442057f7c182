//! The composition root: builds each part when it is first needed. Time, randomness and the
//! environment enter here and nowhere else. Which user a command is for is decided in `app/users`, who is
//! let in in `app/login`, and where the deployment's servers are in `app/deployment`.

#[cfg(feature = "sync")]
mod deployment;
mod login;
mod users;

use crate::cache::Cache;
use crate::config::{Config, ConfigFile};
use crate::error::{Error, Kind, Result};
use crate::index::text::TextIndex;
use crate::index::vector::Collection;
use crate::model::registry::{DEFAULT_EMBEDDING_MODEL, ENTRY_MODELS, TOPIC_MODELS};
use crate::model::socket::socket_paths;
use crate::model::start::find_server;
use crate::model::{ClientConfig, InstalledModel, ModelClient, ModelFolders};
use crate::output::Printer;
use crate::paths::Paths;
use crate::publish::open_lock;
use crate::store::{Clock, Store};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use rand::TryRngCore;
use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use uuid::{NoContext, Timestamp, Uuid};

/// How long a started model server may take until it listens.
const SERVER_START: Duration = Duration::from_secs(60);

/// The name of this program where a program is named: in sessions and logins.
pub const AGENT: &str = concat!("journal/", env!("CARGO_PKG_VERSION"));

/// The variable that holds a password itself.
const PASSWORD: &str = "JOURNAL_PASSWORD";

/// What the flags that every command has say.
#[derive(Debug, Clone, Default)]
pub struct Globals {
    /// `--user`.
    pub user: Option<String>,
    /// Never ask.
    pub no_input: bool,
    /// `--data-dir`, to be passed on to the process that analyses in the background.
    pub data_dir: Option<PathBuf>,
    /// `--config`, likewise.
    pub config: Option<PathBuf>,
}

/// Everything a command may need, opened on first use.
pub struct App {
    /// Where files lie.
    pub paths: Paths,
    /// The settings.
    pub config: Config,
    /// The way out.
    pub printer: Printer,
    globals: Globals,
    store: Option<Store>,
    user: Option<Uuid>,
    interrupted: Option<Arc<AtomicBool>>,
}

impl App {
    /// Reads the configuration and opens nothing.
    ///
    /// # Errors
    /// Usage when the configuration, `TZ` or `JOURNAL_NOW` cannot be understood.
    pub fn new(paths: Paths, globals: Globals, printer: Printer) -> Result<App> {
        fixed_now()?;
        take_password();
        let config = ConfigFile::read(&paths.config)?.resolve()?;
        Ok(App { paths, config, printer, globals, store: None, user: None, interrupted: None })
    }

    /// The journal, opened and migrated.
    pub fn store(&mut self) -> Result<&mut Store> {
        match &mut self.store {
            Some(store) => Ok(store),
            none => {
                let mut store = Store::open(&self.paths.data, clock())?;
                if let Some(migrated) = store.take_migrated()
                    && !self.printer.is_json()
                {
                    let copy = migrated.backup.map(|path| path.display().to_string()).unwrap_or_default();
                    self.printer.note(&format!(
                        "The journal was brought up to date for this program ({}). As it was before: {copy}",
                        migrated.names.join(", ")
                    ));
                }
                Ok(none.insert(store))
            }
        }
    }

    /// Lets go of the journal until it is needed again: while somebody writes, nobody holds it open.
    pub fn rest(&mut self) {
        self.store = None;
    }

    /// The journal, when this command has opened it.
    pub fn store_if_open(&self) -> Option<&Store> {
        self.store.as_ref()
    }

    /// The time.
    pub fn now(&self) -> DateTime<Utc> {
        now()
    }

    /// A new id.
    pub fn new_id(&self) -> Uuid {
        new_id(now())
    }

    /// The writer's zone: configured, else `TZ`, else the system's, else UTC.
    pub fn zone(&self) -> Tz {
        let variable = || std::env::var("TZ").ok()?.trim_start_matches(':').parse().ok();
        let system = || iana_time_zone::get_timezone().ok()?.parse().ok();
        self.config.time_zone.or_else(variable).or_else(system).unwrap_or(Tz::UTC)
    }

    /// The local date of an instant, where the day begins when the configuration says so.
    pub fn day_of(&self, instant: DateTime<Utc>, zone: Tz) -> NaiveDate {
        let start = self.config.day_start.signed_duration_since(NaiveTime::MIN);
        (instant.with_timezone(&zone).naive_local() - start).date()
    }

    /// Today.
    pub fn today(&self) -> NaiveDate {
        self.day_of(now(), self.zone())
    }

    /// The instant of a local date and time; in the hour that a change of clocks skips, the first
    /// instant after it.
    pub fn instant(&self, date: NaiveDate, time: NaiveTime, zone: Tz) -> DateTime<Utc> {
        let local = date.and_time(time);
        let found = zone.from_local_datetime(&local).earliest();
        let later = || zone.from_local_datetime(&(local + TimeDelta::hours(1))).earliest();
        found.or_else(later).map_or_else(|| local.and_utc(), |at| at.with_timezone(&Utc))
    }

    /// The text index.
    pub fn text_index(&self) -> TextIndex {
        TextIndex::new(self.paths.text_index())
    }

    /// The cache.
    pub fn cache(&self) -> Cache {
        Cache::new(self.paths.cache(), self.config.cache_bytes)
    }

    /// Where models are looked for.
    pub fn model_folders(&self) -> ModelFolders {
        let mut folders = vec![self.paths.models()];
        let beside = std::env::current_exe().ok().and_then(|exe| exe.canonicalize().ok());
        folders.extend(beside.and_then(|exe| Some(exe.parent()?.parent()?.join("share/journaling-ai/models"))));
        folders.extend(std::env::var_os("JOURNAL_MODEL_PATH").map(PathBuf::from));
        ModelFolders::new(folders)
    }

    /// The model that reads the texts of a collection: the one that the configuration names, else the first
    /// installed of those that may.
    ///
    /// # Errors
    /// Model unavailable, saying how to install it.
    pub fn model(&self, collection: Collection) -> Result<InstalledModel> {
        let (named, may_read) = match collection {
            Collection::Topic => (&self.config.topic_model, TOPIC_MODELS),
            _ => (&self.config.entry_model, ENTRY_MODELS),
        };
        let folders = self.model_folders();
        if let Some(id) = named {
            return folders.locate(id);
        }
        for id in may_read {
            match folders.locate(id) {
                Err(error) if error.kind() == Kind::ModelUnavailable => {}
                found => return found,
            }
        }
        // What to begin with.
        folders.locate(DEFAULT_EMBEDDING_MODEL)
    }

    /// The model that reads a collection if it is installed; nothing when it is not.
    pub fn model_if_installed(&self, collection: Collection) -> Result<Option<InstalledModel>> {
        if_installed(self.model(collection)).map(Result::ok)
    }

    /// What reads each collection, or why nothing does.
    pub fn readers(&self) -> Result<Vec<(Collection, Result<InstalledModel>)>> {
        let reader = |collection| Ok((collection, if_installed(self.model(collection))?));
        Collection::READ.into_iter().map(reader).collect()
    }

    /// The model with this id if it is installed.
    pub fn installed(&self, id: &str) -> Result<Option<InstalledModel>> {
        if_installed(self.model_folders().locate(id)).map(Result::ok)
    }

    /// The classifiers that the configuration names: those that are there, and why the others cannot be used.
    pub fn classifiers(&self) -> (Vec<InstalledModel>, Vec<(String, Error)>) {
        let (folders, mut there, mut missing) = (self.model_folders(), Vec::new(), Vec::new());
        for name in &self.config.classifiers {
            match folders.locate(name) {
                Ok(model) => there.push(model),
                Err(error) if error.kind() == Kind::NotFound => {
                    let error = Error::new(Kind::ModelUnavailable, format!("the model {name} is not installed"))
                        .hint(format!("install it: journal models install --name {name} --from PATH"));
                    missing.push((name.clone(), error));
                }
                Err(error) => missing.push((name.clone(), error)),
            }
        }
        (there, missing)
    }

    /// How to reach the model server.
    ///
    /// # Errors
    /// Model unavailable when this build has none.
    pub fn model_server(&self) -> Result<ClientConfig> {
        let executable = std::env::current_exe()
            .map_err(|error| Error::failure(format!("cannot tell where this program is: {error}")))?;
        let server = find_server(&executable, std::env::var_os("PATH").as_deref())?;
        let paths = socket_paths(&self.paths.data, &self.paths.runtime)?;
        Ok(ClientConfig {
            socket: paths.socket,
            lock: paths.lock,
            server,
            idle: Duration::from_secs(self.config.model_idle_seconds),
            threads: self.config.model_threads,
            exact: self.config.model_exact,
            start_timeout: SERVER_START,
            stderr_log: paths.stderr_log,
        })
    }

    /// A way to connect later, when it is known that the model is needed: it borrows nothing.
    pub fn model_connector(&self) -> impl FnMut() -> Result<ModelClient> + use<> {
        let server = self.model_server();
        move || match &server {
            Ok(config) => ModelClient::connect_or_start(config.clone()),
            Err(error) => Err(error.again()),
        }
    }

    /// Whether a person can be asked.
    pub fn can_ask(&self) -> bool {
        !self.globals.no_input && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// From now on Ctrl-C sets this flag instead of ending the program.
    pub fn interrupted(&mut self) -> Result<Arc<AtomicBool>> {
        if let Some(flag) = &self.interrupted {
            return Ok(flag.clone());
        }
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            // A second Ctrl-C ends the program at once: nothing is lost by it.
            signal_hook::flag::register_conditional_shutdown(signal, 130, flag.clone())
                .and_then(|_| signal_hook::flag::register(signal, flag.clone()))
                .map_err(|error| Error::failure(format!("cannot listen for Ctrl-C: {error}")))?;
        }
        Ok(self.interrupted.insert(flag).clone())
    }

    /// Starts an analysis in the background unless one runs or the configuration says `manual`.
    ///
    /// It never fails: what is pending stays pending, and the next command sees to it.
    pub fn wake_analysis(&self) {
        if !self.config.analyze_in_background || self.analysis_runs() {
            return;
        }
        let Ok(executable) = std::env::current_exe() else { return };
        let mut command = Command::new(executable);
        command.args(["analyze", "--background", "--quiet", "--no-input"]);
        if let Some(folder) = &self.globals.data_dir {
            command.arg("--data-dir").arg(std::path::absolute(folder).unwrap_or_else(|_| folder.clone()));
        }
        if let Some(file) = &self.globals.config {
            command.arg("--config").arg(std::path::absolute(file).unwrap_or_else(|_| file.clone()));
        }
        if let Some(user) = &self.globals.user {
            command.arg("--user").arg(user);
        }
        command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // A session of its own, so that closing the terminal does not end it.
        // SAFETY: setsid is async-signal-safe and touches no memory of this process.
        unsafe {
            command.pre_exec(|| rustix::process::setsid().map(|_| ()).map_err(io::Error::from));
        }
        // Nobody waits for it; it is adopted when this process ends.
        let _ = command.spawn();
    }

    /// Whether another process is analysing.
    pub fn analysis_runs(&self) -> bool {
        match self.analysis_lock() {
            Ok(file) => matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock)),
            Err(_) => false,
        }
    }

    /// The file whose lock the one analysis holds.
    pub fn analysis_lock(&self) -> Result<std::fs::File> {
        let path = self.paths.analyze_lock();
        open_lock(&path)
    }
}

/// That a model is not installed is something to be told, and no failure.
fn if_installed(found: Result<InstalledModel>) -> Result<Result<InstalledModel>> {
    match found {
        Err(error) if error.kind() != Kind::ModelUnavailable => Err(error),
        found => Ok(found),
    }
}

/// Where the store's time and ids come from.
pub fn clock() -> Clock {
    Clock { now, new_id }
}

/// The time: the clock's, or that of `JOURNAL_NOW` for tests and demonstrations.
pub fn now() -> DateTime<Utc> {
    fixed_now().ok().flatten().unwrap_or_else(Utc::now)
}

fn fixed_now() -> Result<Option<DateTime<Utc>>> {
    static FIXED: OnceLock<Option<DateTime<Utc>>> = OnceLock::new();
    if let Some(fixed) = FIXED.get() {
        return Ok(*fixed);
    }
    let fixed = match std::env::var("JOURNAL_NOW") {
        Ok(text) => Some(DateTime::parse_from_rfc3339(&text).map(|at| at.with_timezone(&Utc)).map_err(|_| {
            Error::usage(format!("JOURNAL_NOW='{text}' is not a time")).hint("write it as 2026-01-31T18:00:00Z")
        })?),
        Err(_) => None,
    };
    Ok(*FIXED.get_or_init(|| fixed))
}

/// A UUIDv7 of this instant: ids sort by time, and their tails are random.
pub fn new_id(at: DateTime<Utc>) -> Uuid {
    let seconds = at.timestamp().max(0).unsigned_abs();
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, at.timestamp_subsec_nanos()))
}

/// Random bytes that nobody can guess.
///
/// # Errors
/// Failure when the system has none.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    rand::rngs::OsRng
        .try_fill_bytes(&mut bytes)
        .map_err(|error| Error::failure(format!("the system gives no random numbers: {error}")))?;
    Ok(bytes)
}

/// A place among so many, by chance: one that nobody can guess, or the one that a seed always gives.
/// Nothing when there is no place.
///
/// # Errors
/// Failure when the system has no random numbers.
pub fn pick(count: u64, seed: Option<u64>) -> Result<Option<u64>> {
    let number = match seed {
        // The finish of SplitMix64: seeds that are close give places that are not.
        Some(seed) => {
            let mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        }
        None => u64::from_le_bytes(random()?),
    };
    // The high bits of the product: no place is likelier than another by more than 2^-64 of count.
    Ok((count > 0).then(|| ((u128::from(number) * u128::from(count)) >> 64) as u64))
}

/// The password in the environment, for scripts.
///
/// # Errors
/// When the file it names cannot be read.
fn password_variable() -> Result<Option<String>> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(path) = set("JOURNAL_PASSWORD_FILE") {
        return read_password(Path::new(&path)).map(Some);
    }
    let taken = TAKEN.get().cloned().flatten();
    taken
        .map(|password| password.into_string().map_err(|_| Error::usage("JOURNAL_PASSWORD is not UTF-8 text")))
        .transpose()
}

/// The password of the environment, which is not there any more.
static TAKEN: OnceLock<Option<OsString>> = OnceLock::new();

/// Takes the password out of the environment, so that no editor, pager or server started by this
/// program sees it.
fn take_password() {
    TAKEN.get_or_init(|| {
        let password = std::env::var_os(PASSWORD).filter(|value| !value.is_empty())?;
        // SAFETY: the program has begun a moment ago and has this one thread.
        unsafe { std::env::remove_var(PASSWORD) };
        Some(password)
    });
}

/// The password in a file, without the line break at its end.
///
/// # Errors
/// When it cannot be read, or is no text.
pub fn read_password(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(|error| Error::io("cannot read the password in", path, error))?;
    password_text(bytes, &path.display().to_string())
}

/// Bytes as a password, without the line break at their end.
///
/// # Errors
/// Usage when they are no text, naming where they come from.
pub fn password_text(bytes: Vec<u8>, whence: &str) -> Result<String> {
    let mut text =
        String::from_utf8(bytes).map_err(|_| Error::usage(format!("the password in {whence} is not UTF-8 text")))?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

/// The name of the person at this machine.
fn system_login() -> String {
    std::env::var("USER").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "me".into())
}
