//! How projections follow the truth: what they ask is answered from SQLite here.
//!
//! The indexes know no database and the store knows no index; this is the only place that knows
//! both.

use crate::error::Result;
use crate::index::text::TextIndex;
use crate::index::vector::{Changes, Collection, CompactReport, LockPolicy, VectorIndex, VectorSource};
use crate::index::{Document, LockWait, OnProgress, Report, TextSource};
use crate::journal::entry::Entry;
use crate::journal::log::Position;
use crate::store::{Snapshot, Store};
use std::path::Path;
use uuid::Uuid;

/// The name of the text index in `projection_state`.
pub const TEXT: &str = "text_index";
/// The name of the vector snapshots in `projection_state`.
pub const VECTORS: &str = "vector_index";

/// Entries, as the text index asks for them.
struct Texts(Snapshot);

impl TextSource for Texts {
    fn head(&mut self) -> Result<Position> {
        self.0.head()
    }

    fn holds(&mut self, position: Position) -> Result<bool> {
        self.0.holds(position)
    }

    fn changed(&mut self, after: i64) -> Result<Vec<Uuid>> {
        self.0.changed_entries(after)
    }

    fn document(&mut self, id: Uuid) -> Result<Option<Document>> {
        Ok(self.0.entry(id)?.map(document))
    }

    fn each(&mut self, visit: &mut dyn FnMut(Document) -> Result<()>) -> Result<()> {
        self.0.each_entry(&mut |entry| visit(document(entry)))
    }

    fn count(&mut self) -> Result<u64> {
        self.0.entry_count()
    }
}

fn document(entry: Entry) -> Document {
    Document {
        id: entry.id,
        user_id: entry.user_id,
        title: entry.title,
        content: entry.content,
        entry_date: entry.entry_date,
        created_at: entry.created_at.timestamp_micros(),
        mood: entry.mood.map(|mood| mood.hundredths()),
        starred: entry.starred,
        topics: entry.topics.into_iter().map(|topic| topic.name).collect(),
    }
}

/// The vectors of one collection under one model, as the vector index asks for them.
pub struct Vectors<'a> {
    /// The view of the journal.
    pub snapshot: &'a Snapshot,
    /// The collection.
    pub collection: Collection,
    /// The model's name with its revision.
    pub model: &'a str,
}

impl VectorSource for Vectors<'_> {
    fn head(&mut self) -> Result<Position> {
        self.snapshot.head()
    }

    fn holds(&mut self, position: Position) -> Result<bool> {
        self.snapshot.holds(position)
    }

    fn live_after(&mut self, id: i64) -> Result<Vec<i64>> {
        self.snapshot.live_keys(self.collection.name(), self.model, id)
    }

    fn changed_after(&mut self, seq: i64) -> Result<Option<Changes>> {
        let changed = self.snapshot.keys_changed(self.collection.name(), self.model, seq)?;
        Ok(changed.map(|(added, removed)| Changes { added, removed }))
    }

    fn live_among(&mut self, keys: &[i64]) -> Result<Vec<i64>> {
        self.snapshot.live_among(self.collection.name(), self.model, keys)
    }

    fn vectors(&mut self, ids: &[i64], visit: &mut dyn FnMut(i64, &[f32]) -> Result<()>) -> Result<()> {
        self.snapshot.vectors(ids, visit)
    }
}

/// The same over a snapshot of its own, for a compaction that opens it when it holds the lock.
struct OwnedVectors {
    snapshot: Snapshot,
    collection: Collection,
    model: String,
}

impl OwnedVectors {
    fn borrowed(&self) -> Vectors<'_> {
        Vectors { snapshot: &self.snapshot, collection: self.collection, model: &self.model }
    }
}

impl VectorSource for OwnedVectors {
    fn head(&mut self) -> Result<Position> {
        self.borrowed().head()
    }

    fn holds(&mut self, position: Position) -> Result<bool> {
        self.borrowed().holds(position)
    }

    fn live_after(&mut self, id: i64) -> Result<Vec<i64>> {
        self.borrowed().live_after(id)
    }

    fn changed_after(&mut self, seq: i64) -> Result<Option<Changes>> {
        self.borrowed().changed_after(seq)
    }

    fn live_among(&mut self, keys: &[i64]) -> Result<Vec<i64>> {
        self.borrowed().live_among(keys)
    }

    fn vectors(&mut self, ids: &[i64], visit: &mut dyn FnMut(i64, &[f32]) -> Result<()>) -> Result<()> {
        self.borrowed().vectors(ids, visit)
    }
}

/// Brings the text index up to date with the journal in `data`.
pub fn catch_up_text(data: &Path, index: &TextIndex, wait: LockWait, progress: &mut OnProgress) -> Result<Report> {
    index.catch_up(&mut || Ok(Box::new(Texts(Store::snapshot(data, TEXT)?))), wait, progress)
}

/// Brings the snapshot of one collection up to date with the journal in `data`.
pub fn compact_vectors(
    data: &Path,
    index: &VectorIndex,
    lock: LockPolicy,
    force: bool,
    progress: &mut dyn FnMut(u64, u64) -> Result<()>,
) -> Result<CompactReport> {
    let open = || {
        let snapshot = Store::snapshot(data, VECTORS)?;
        Ok(OwnedVectors { snapshot, collection: index.collection(), model: index.model().to_string() })
    };
    index.compact(open, lock, force, progress)
}

/// Builds the text index anew, whatever its state.
pub fn rebuild_text(data: &Path, index: &TextIndex, progress: &mut OnProgress) -> Result<Report> {
    index.rebuild(&mut || Ok(Box::new(Texts(Store::snapshot(data, TEXT)?))), LockWait::Forever, progress)
}
