//! Projections on disk: what the journal holds, arranged for finding.
//!
//! A projection is never the truth. It follows the change log, keeps the last row it has applied
//! inside its own commit, and can be thrown away at any time: the next [catch-up](text) builds it
//! again from its source. This module holds what a projection asks of that source; it is answered
//! over SQLite elsewhere, so that nothing here knows of a database.

pub mod text;
pub mod vector;

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::Duration;

use chrono::NaiveDate;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::journal::log::Position;

/// Makes the folder of a projection, and the one above it, for the user alone. A file that stands in
/// the place of either holds nothing that is needed, and is removed.
fn make_folder(folder: &Path) -> Result<()> {
    let make = || DirBuilder::new().recursive(true).mode(0o700).create(folder);
    let made = match make() {
        Err(error) if matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory) => {
            for place in folder.parent().into_iter().chain([folder]) {
                if fs::symlink_metadata(place).is_ok_and(|found| !found.is_dir() && !found.is_symlink()) {
                    fs::remove_file(place).map_err(|error| Error::io("cannot remove", place, error))?;
                }
            }
            make()
        }
        made => made,
    };
    made.map_err(|error| Error::io("cannot make the folder", folder, error))
}

/// What the text index holds of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The entry.
    pub id: Uuid,
    /// Whose entry it is.
    pub user_id: Uuid,
    /// Its title, as written.
    pub title: Option<String>,
    /// Its text, as written.
    pub content: String,
    /// The local day it belongs to.
    pub entry_date: NaiveDate,
    /// When it was written, in microseconds since 1970 in UTC.
    pub created_at: i64,
    /// Its mood score in hundredths (-100 to 100), when it has one.
    pub mood: Option<i64>,
    /// Whether it bears a star.
    pub starred: bool,
    /// The names of its topics.
    pub topics: Vec<String>,
}

/// One snapshot of the truth: everything it answers is of the same moment, until it is dropped.
pub trait TextSource {
    /// The last row of the change log; [`Position::START`] when there is none.
    fn head(&mut self) -> Result<Position>;

    /// Whether that row is still in the log with that nonce. [`Position::START`] is always held.
    fn holds(&mut self, position: Position) -> Result<bool>;

    /// The entries that rows after `after` touch, each once, in any order.
    fn changed(&mut self, after: i64) -> Result<Vec<Uuid>>;

    /// An entry's state in the snapshot; `None` when it has been deleted.
    fn document(&mut self, id: Uuid) -> Result<Option<Document>>;

    /// Hands over every entry, oldest first if that costs nothing. An error from `visit` ends the
    /// walk and is returned.
    fn each(&mut self, visit: &mut dyn FnMut(Document) -> Result<()>) -> Result<()>;

    /// How many entries [`each`](TextSource::each) will hand over.
    fn count(&mut self) -> Result<u64>;
}

/// Takes a snapshot when called. A catch-up calls it once for a cheap look, and again when it holds
/// the lock, so that what it applies is never older than what the holder before it applied.
pub type OpenSource<'a> = dyn FnMut() -> Result<Box<dyn TextSource + 'a>> + 'a;

/// How long to wait for another process that is bringing the same projection up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockWait {
    /// Not at all.
    No,
    /// At most this long.
    UpTo(Duration),
    /// Until it is done.
    Forever,
}

/// How far a catch-up has come, in entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Entries applied so far.
    pub done: u64,
    /// Entries to apply in all; an estimate during a rebuild.
    pub total: u64,
}

/// Called now and then during a catch-up. An error (an interruption, say) ends the catch-up, leaves
/// the projection as it was, and is returned.
pub type OnProgress<'a> = dyn FnMut(Progress) -> Result<()> + 'a;

/// What a catch-up has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Entries added, replaced or removed; 0 when nothing was pending.
    pub applied: u64,
    /// Why the projection was built again from nothing, when it was.
    pub rebuilt: Option<String>,
    /// Where the projection stands now.
    pub position: Position,
}
