//! A key of the journal's own in Redis, by which it tells that what it has put there is still there: whoever
//! flushes the database takes the key along, and then everything is written again.
//!
//! `journal_cli:mirror:<role>:<where the journal began to follow>` holds the cursor. Each journal has a key of its
//! own, for what another machine has written again is not all that this one had there. It lives for 30 days
//! after a sync that had something to send, so that the key of a machine that is gone does not stay. It may be
//! evicted at any time: that makes a rewrite, and nothing else.

use super::line::Line;
use super::{Address, Role, info};
use crate::error::Result;
use crate::journal::log::Position;
use crate::store::{Followed, Store};
use redis::Pipeline;
use serde::{Deserialize, Serialize};

/// How long it lives, in seconds.
const LIVES: u64 = 30 * 86_400;

/// What it holds while everything is written: a run that breaks off leaves it behind, and the next one begins again.
const BEGUN: &str = "begun";

/// What is remembered of a Redis beside the cursor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    /// The run of the server: one that was started anew may have lost what it had, or some of it.
    run: String,
    /// The last part of the key.
    began: String,
    role: Role,
}

/// The key, as it was found.
pub(super) struct Marker {
    key: String,
    note: Note,
    before: Option<Role>,
    /// Whether everything that was put there up to the cursor is there, but for what has expired or was evicted.
    pub(super) is_whole: bool,
}

impl Marker {
    /// Looks at it, together with the server's run: one question.
    pub(super) fn look(line: &mut Line, role: Role, followed: Option<&Followed>, to: Position) -> Result<Marker> {
        let known: Option<Note> = followed.and_then(|followed| serde_json::from_str(followed.note.as_deref()?).ok());
        let began = known.as_ref().map_or_else(|| text(to), |known| known.began.clone());
        let key = format!("journal_cli:mirror:{}:{began}", role.name());
        let mut questions = Pipeline::new();
        questions.cmd("INFO").arg("server").cmd("GET").arg(&key);
        let mut answers = line.send(&questions)?.into_iter();
        let server: String = line.read(answers.next().unwrap_or(redis::Value::Nil))?;
        let held: Option<String> = line.read(answers.next().unwrap_or(redis::Value::Nil))?;
        let note = Note { run: info(&server, "run_id"), began, role };
        let is_whole = known.as_ref() == Some(&note) && held.is_some_and(|held| held != BEGUN);
        Ok(Marker { key, note, before: known.map(|known| known.role), is_whole })
    }

    /// Whether tasks were put here that go elsewhere now.
    pub(super) fn had_tasks(&self) -> bool {
        self.before.is_some_and(Role::has_tasks) && !self.note.role.has_tasks()
    }

    /// Says there that everything is about to be written.
    pub(super) fn begin(&self, line: &mut Line) -> Result<()> {
        line.ask(redis::cmd("SET").arg(&self.key).arg(BEGUN).arg("EX").arg(LIVES))
    }

    /// Writes down, there and here, that everything up to a row of the log is there. Not where the key has gone
    /// meanwhile, for who knows what has gone with it: then the next run writes everything.
    pub(super) fn keep(&self, line: &mut Line, store: &mut Store, address: &Address, to: Position) -> Result<()> {
        let mut command = redis::cmd("SET");
        command.arg(&self.key).arg(text(to)).arg("XX").arg("EX").arg(LIVES);
        if line.ask::<Option<String>>(&command)?.is_none() {
            return store.unfollow(address.name()).map(drop);
        }
        store.follow(address.name(), to, Some(&serde_json::to_string(&self.note).unwrap_or_default()))
    }
}

/// A row of the log, told from that of any other journal.
fn text(at: Position) -> String {
    format!("{}-{:016x}", at.seq, at.nonce)
}
