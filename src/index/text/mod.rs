//! The text index: which entries hold these words, in what order.
//!
//! A [`TextIndex`] is a folder that holds the words of every entry of the journal, and no text. It is
//! made and kept by [`TextIndex::catch_up`], which is cheap when nothing is pending, applies what the
//! change log has after the position kept in the index's last commit, and builds everything again
//! from nothing when there is no index, when it is damaged, of another version, or made from another
//! journal. [`TextIndex::search`] only reads, needs no lock, and sees the last commit.
//!
//! - `pieces`, `stop_words`, `analyzer`: from text to terms; `packed`: as they go into the index
//! - `schema`: what is held of an entry
//! - `catch_up`: following the log, building again
//! - `open`, `seal`, `lock`, `trouble`: opening with every cheap check; noticing damage; one writer;
//!   which failures a rebuild heals
//! - `compile`, `gathered`, `search`: from a query to ranked entries
//! - `highlight`: what in a text matched
//! - `near`: words like one that is not there

mod analyzer;
mod catch_up;
mod compile;
mod gathered;
mod highlight;
mod lock;
mod near;
mod open;
mod packed;
mod pieces;
mod schema;
mod seal;
mod search;
mod stop_words;
#[cfg(test)]
mod tests;
mod trouble;

use std::collections::HashSet;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use uuid::Uuid;

pub use highlight::Highlighter;
pub use near::{NearWord, exchanged};

use crate::error::Result;
use crate::index::{LockWait, OnProgress, OpenSource, Report};
use crate::journal::filter::Filter;
use crate::journal::log::Position;
use crate::journal::query::Query;

use compile::Compiler;
use open::Opened;
use schema::Fields;
use trouble::Trouble;

/// How often a search looks again when a writer exchanged the files under it.
const ATTEMPTS: u32 = 4;

/// The text index in one folder. Holds nothing open, but for one search after [`TextIndex::stands_at`].
#[derive(Clone)]
pub struct TextIndex {
    dir: PathBuf,
    fields: Fields,
    /// What was opened to see where it stands, for the search that follows.
    seen: Arc<Mutex<Option<Opened>>>,
}

/// What to look for, and how much of the result to give.
#[derive(Debug, Clone, Copy)]
pub struct TextRequest<'a> {
    /// Whose entries.
    pub user: Uuid,
    /// What was typed.
    pub query: &'a Query,
    /// Conditions that do not count towards the score.
    pub filter: &'a Filter,
    /// Entries to be passed over, as if they were not there: they are not found, and change no score.
    pub without: &'a HashSet<Uuid>,
    /// Hits to give at most; 0 only counts. A longer list begins with the shorter one.
    pub limit: usize,
    /// Whether entries with some of the words may follow when too few have all.
    pub relax: bool,
}

/// One entry found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TextHit {
    /// The entry.
    pub id: Uuid,
    /// Its BM25 score: comparable with those of the same search with the same `matched`, and with
    /// nothing else.
    pub score: f32,
    /// Whether everything asked for holds.
    pub matched: Matched,
}

/// How much of a query an entry answers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matched {
    /// Everything holds.
    All,
    /// Some of the words that were written side by side are missing.
    Some,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct TextResults {
    /// Best first: those with [`Matched::All`] before those with [`Matched::Some`]; then by score,
    /// newest first among equals, then by id.
    pub hits: Vec<TextHit>,
    /// Entries for which everything holds.
    pub total_all: u64,
    /// Further entries with some of the words; 0 when they were not looked for.
    pub total_some: u64,
    /// The query had nothing to look for: it was empty, or only stop words and punctuation.
    pub nothing_to_search: bool,
    /// Where the index that was searched stood.
    pub position: Position,
}

/// What [`TextIndex::verify`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Where the index stands.
    pub position: Position,
    /// How many entries it holds.
    pub entries: u64,
    /// Segment files whose checksum is wrong.
    pub damaged: Vec<String>,
    /// Files that nothing will ever remove.
    pub strays: Vec<String>,
}

impl fmt::Debug for TextIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TextIndex").field(&self.dir).finish()
    }
}

impl TextIndex {
    /// The index in this folder, whether or not there is one. The lock and, during a rebuild, the new
    /// index stand beside the folder: its name with `.lock`, `.new`, `.old` appended.
    pub fn new(dir: impl Into<PathBuf>) -> TextIndex {
        TextIndex { dir: dir.into(), fields: Fields::new(), seen: Arc::default() }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Brings the index to the head of the log.
    ///
    /// # Errors
    /// [`Kind::Busy`](crate::error::Kind::Busy) when another process is at it past the wait (a search
    /// then sees what was there before); what the source or `on_progress` return; a full disk, a
    /// folder that cannot be written. Damage is no error: it is healed, and the report says why.
    pub fn catch_up(
        &self,
        open_source: &mut OpenSource<'_>,
        wait: LockWait,
        on_progress: &mut OnProgress<'_>,
    ) -> Result<Report> {
        catch_up::catch_up(&self.dir, &self.fields, open_source, wait, on_progress)
    }

    /// Whether there is nothing to be brought up to date for a log that ends here: asked first, since most searches
    /// find it so, and this opens neither the log nor, for the search that follows, the index again.
    pub fn stands_at(&self, head: Position) -> bool {
        let opened = open::for_reading(&self.dir, &self.fields);
        let Ok(opened) = opened.map(|opened| Some(opened).filter(|opened| opened.position == head && opened.sealed))
        else {
            return false;
        };
        let stands = opened.is_some();
        if let Ok(mut seen) = self.seen.lock() {
            *seen = opened;
        }
        stands
    }

    /// Makes few segments of many, which a search opens sooner. For a process that nobody waits for: it writes
    /// most of the index anew, and does so only when a twentieth of the entries have come since.
    ///
    /// # Errors
    /// As [`catch_up`](TextIndex::catch_up), for which it may be left to another time.
    pub fn settle(&self) -> Result<bool> {
        catch_up::settle(&self.dir, &self.fields)
    }

    /// Builds the index again from nothing.
    ///
    /// # Errors
    /// As [`catch_up`](TextIndex::catch_up).
    pub fn rebuild(
        &self,
        open_source: &mut OpenSource<'_>,
        wait: LockWait,
        on_progress: &mut OnProgress<'_>,
    ) -> Result<Report> {
        catch_up::rebuild(&self.dir, &self.fields, open_source, wait, on_progress)
    }

    /// Where the index stands; `None` when there is none that can be used.
    pub fn position(&self) -> Option<Position> {
        open::for_reading(&self.dir, &self.fields).ok().map(|opened| opened.position)
    }

    /// Searches the last commit.
    ///
    /// # Errors
    /// [`Kind::NotFound`](crate::error::Kind::NotFound) when there is no index, and
    /// [`Kind::Corrupt`](crate::error::Kind::Corrupt) when it cannot be used: then
    /// [`rebuild`](TextIndex::rebuild) heals it.
    pub fn search(&self, request: &TextRequest<'_>) -> Result<TextResults> {
        self.read(|searcher, position| {
            let compiled = Compiler::new(&self.fields).compile(request.query, request.user, request.filter);
            let TextRequest { without, limit, relax, .. } = *request;
            let found = search::search(searcher, &self.fields, &compiled, without, limit, relax)?;
            Ok(TextResults {
                hits: found.hits,
                total_all: found.total_all,
                total_some: found.total_some,
                nothing_to_search: compiled.all.is_none(),
                position,
            })
        })
    }

    /// The words of a user's entries that are one or two letters away from this one, nearest first, then
    /// the more frequent; none when the word itself is there.
    ///
    /// # Errors
    /// As [`search`](TextIndex::search).
    pub fn near_words(&self, user: Uuid, word: &str) -> Result<Vec<NearWord>> {
        self.read(|searcher, _| near::near_words(searcher, &self.fields, user, word))
    }

    /// Reads everything and computes every checksum.
    ///
    /// # Errors
    /// As [`search`](TextIndex::search).
    pub fn verify(&self) -> Result<Verification> {
        let opened = open::for_reading(&self.dir, &self.fields).map_err(|trouble| trouble.into_error(&self.dir))?;
        let entries = self.read(|searcher, _| search::count(searcher))?;
        let directory = opened.index.directory();
        Ok(Verification {
            position: opened.position,
            entries,
            damaged: seal::verify_all(&self.dir, directory, &opened.metas),
            strays: seal::strays(&self.dir, directory),
        })
    }

    fn read<T>(&self, read: impl Fn(&tantivy::Searcher, Position) -> tantivy::Result<T>) -> Result<T> {
        let attempt = || {
            let seen = self.seen.lock().ok().and_then(|mut seen| seen.take());
            let opened = seen.map_or_else(|| open::for_reading(&self.dir, &self.fields), Ok)?;
            let searcher = opened.searcher(&self.dir)?;
            let result = read(&searcher, opened.position);
            result.map_err(|error| Trouble::of("cannot search the text index in", &self.dir, error))
        };
        let mut attempts = 1;
        loop {
            // The checks before make it unlikely; still, the library panics on some damage.
            let result = catch_unwind(AssertUnwindSafe(attempt))
                .unwrap_or_else(|_| Err(Trouble::Unusable("it could not be read".to_owned())));
            match result {
                Ok(result) => return Ok(result),
                // Between the reading of the list of files and their opening, a writer may have put
                // others in their place.
                Err(Trouble::Missing | Trouble::Unusable(_)) if attempts < ATTEMPTS => {
                    std::thread::sleep(Duration::from_millis(5 << attempts));
                    attempts += 1;
                }
                Err(trouble) => return Err(trouble.into_error(&self.dir)),
            }
        }
    }
}
