//! Sessions, as they happen: a row when somebody sits down to write, closed when they are done.
//!
//! A lock file stands for a session that lasts, so that one whose process has gone is told from one
//! that goes on, and one of another machine from both. Whatever fails here is no reason to keep
//! anybody from writing.

use crate::app::{AGENT, App};
use crate::error::{Error, Kind, Result};
use crate::publish::create_private_folder;
use chrono::{DateTime, Utc};
use serde_json::json;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// A session that lasts, or has just ended.
pub(super) struct Recorder {
    id: Uuid,
    page: &'static str,
    start: DateTime<Utc>,
    end: Option<DateTime<Utc>>,
    path: PathBuf,
    _lock: File,
}

impl Recorder {
    /// Begins a session of the user of this command; `page` is the verb. `None` when it cannot be
    /// recorded.
    ///
    /// # Errors
    /// When the user is not let in: that is said before anybody writes.
    pub(super) fn begin(app: &mut App, page: &'static str) -> Result<Option<Recorder>> {
        let user = match app.user() {
            Ok(user) => user,
            Err(error) if matches!(error.kind(), Kind::Denied | Kind::NotFound | Kind::Usage) => return Err(error),
            Err(_) => return Ok(None),
        };
        Ok(Recorder::start(app, user, page).ok())
    }

    fn start(app: &mut App, user: Uuid, page: &'static str) -> Result<Recorder> {
        let folder = app.paths.sessions();
        create_private_folder(&folder)?;
        close_stale(app, user, &folder)?;
        let (id, start) = (app.new_id(), app.now());
        let path = folder.join(id.to_string());
        let lock = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&path);
        let lock = lock.map_err(|error| Error::io("cannot create", &path, error))?;
        let recorder = Recorder { id, page, start, end: None, path, _lock: lock };
        let begun = recorder
            ._lock
            .lock()
            .map_err(|error| Error::io("cannot lock", &recorder.path, error))
            .and_then(|()| app.store()?.begin_session(id, user, AGENT, &recorder.activities(start, &[])));
        if begun.is_err() {
            let _ = fs::remove_file(&recorder.path);
        }
        begun.map(|()| recorder)
    }

    /// The person is done writing; what comes after is not their time.
    pub(super) fn stop(&mut self, app: &App) {
        self.end = Some(app.now());
    }

    /// Closes the session, with the entries that were written in it.
    pub(super) fn close(self, app: &mut App, entries: &[Uuid]) {
        let end = self.end.unwrap_or_else(|| app.now());
        let activities = self.activities(end, entries);
        if app.store().and_then(|store| store.end_session(self.id, end, &activities)).is_ok() {
            let _ = fs::remove_file(&self.path);
        }
    }

    fn activities(&self, end: DateTime<Utc>, entries: &[Uuid]) -> String {
        let mut activities =
            json!({"pages_visited": [self.page], "time_spent": (end - self.start).num_seconds().max(0)});
        if !entries.is_empty() {
            activities["entries"] = entries.iter().map(Uuid::to_string).collect();
        }
        activities.to_string()
    }
}

/// Closes the sessions of this user whose process has gone without a word.
fn close_stale(app: &mut App, user: Uuid, folder: &Path) -> Result<()> {
    let files = fs::read_dir(folder).map_err(|error| Error::io("cannot read", folder, error))?;
    for path in files.filter_map(|file| Some(file.ok()?.path())) {
        let Some(id) = path.file_name().and_then(|name| Uuid::try_parse(name.to_str()?).ok()) else { continue };
        let Ok(file) = File::open(&path) else { continue };
        if file.try_lock().is_err() {
            continue;
        }
        let store = app.store()?;
        match store.open_session_of(id)? {
            Some(owner) if owner == user => store.abandon_session(id)?,
            Some(_) => continue,
            None => {}
        }
        let _ = fs::remove_file(&path);
    }
    Ok(())
}
