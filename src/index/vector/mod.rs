//! The vector index: which texts mean something close to this one?
//!
//! The truth is elsewhere: a table of embeddings, each with an id that is never reused and a unit
//! vector that never changes, and the passages that use them. The *live keys* of a collection and
//! a model are the embedding ids its passages use now. This module keeps a snapshot of them in one
//! immutable file, an HNSW graph or, when they are very many, sign codes, and answers a search from the
//! snapshot plus an exact scan of what it does not hold.
//!
//! What holds whatever happens to the file:
//! - Scores are computed from the stored f32 vectors, never taken from the snapshot, so they are
//!   the same whichever way a hit was found.
//! - The difference between the snapshot and the live keys is taken key by key, from a list of them or from
//!   what the log says of the time since: a deleted key is never returned, a new or restored one never missed.
//! - A file that is missing, damaged, of another model, or of another history than the truth is
//!   ignored, with a reason: the search then scans everything exactly. It is slower, not wrong.
//!
//! Reading order: [`VectorSource`] (what is asked of the truth), [`VectorIndex`] (where a snapshot
//! lives), `search`, `compact`, `verify`, then `snapshot` and `header` (the file), `codes`, `graph` (the
//! only file that names the engine) and `scan` (exact arithmetic).

mod codes;
mod compact;
mod graph;
mod header;
mod scan;
mod search;
mod snapshot;
#[cfg(test)]
mod tests;
mod verify;

use std::fmt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::journal::log::Position;

pub use compact::{CompactReport, GRAPH_UP_TO, LockPolicy, Outcome};
pub use scan::{dot, normalise};
pub use search::{Candidates, EXACT_LIMIT, Hit, How, VectorResult};
pub use verify::{State, Verdict};

/// The four collections of vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Collection {
    /// Passages of a user's entries.
    User,
    /// Topics and themes.
    Topic,
    /// Insights.
    Insight,
    /// Patterns across users.
    Global,
}

impl Collection {
    /// Every collection.
    pub const ALL: [Collection; 4] = [Collection::User, Collection::Topic, Collection::Insight, Collection::Global];

    /// Those whose texts are read by a model, each by one of its own.
    pub const READ: [Collection; 2] = [Collection::User, Collection::Topic];

    /// What its vectors are of, in a word.
    pub fn subjects(self) -> &'static str {
        match self {
            Collection::User => "entries",
            Collection::Topic => "topics",
            Collection::Insight => "insights",
            Collection::Global => "patterns",
        }
    }

    /// The name used in `passages.collection`, in file names and on the remote.
    pub fn name(self) -> &'static str {
        match self {
            Collection::User => "user_embeddings",
            Collection::Topic => "topic_embeddings",
            Collection::Insight => "insight_embeddings",
            Collection::Global => "global_embeddings",
        }
    }
}

impl fmt::Display for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the index asks of the truth, for one collection and one model, inside one read snapshot.
///
/// The log must move with every change of the live keys and with every new embedding: a snapshot
/// file is believed only while the log row it was built at is still there.
pub trait VectorSource {
    /// The last row of the change log in this read snapshot; [`Position::START`] when it is empty.
    fn head(&mut self) -> Result<Position>;

    /// Whether that log row is still there and bears that nonce.
    fn holds(&mut self, position: Position) -> Result<bool>;

    /// The live keys greater than `id`, ascending and distinct; 0 gives all of them.
    ///
    /// Answered from an index on `passages(collection, model, embedding_id)` alone. Of 100,000 it takes 20 ms,
    /// so a search of a whole collection asks [`VectorSource::changed_after`] where it can.
    fn live_after(&mut self, id: i64) -> Result<Vec<i64>>;

    /// How the live keys may have changed after this row of the log. `None` when so much has happened that
    /// listing them anew costs less than finding out.
    fn changed_after(&mut self, seq: i64) -> Result<Option<Changes>>;

    /// Those of these keys that are live, in the order given.
    fn live_among(&mut self, keys: &[i64]) -> Result<Vec<i64>>;

    /// Hands over the f32 vectors of these embedding ids in the order of the ids, each once, streamed. Ids
    /// without a row are passed over; an error from `visit` ends the walk and is returned.
    ///
    /// The ids come ascending. Where they lie close together, one walk over the range is three
    /// times as fast as a look-up of each.
    fn vectors(&mut self, ids: &[i64], visit: &mut dyn FnMut(i64, &[f32]) -> Result<()>) -> Result<()>;
}

/// How the live keys of a collection may have changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Live keys, ascending and distinct: at least all that were not live before.
    pub added: Vec<i64>,
    /// At most so many that were live before are not any more.
    pub removed: usize,
}

/// The index of one collection under one model: where its snapshot lives and what it must hold.
#[derive(Debug, Clone)]
pub struct VectorIndex {
    dir: PathBuf,
    collection: Collection,
    model: String,
    dims: usize,
    exact_limit: usize,
    graph_up_to: usize,
}

impl VectorIndex {
    /// The index in this folder (created when first needed) for this collection, this model (its
    /// full name with revision, any text) and this vector length. Touches nothing on disk.
    pub fn new(dir: impl Into<PathBuf>, collection: Collection, model: impl Into<String>, dims: usize) -> Self {
        VectorIndex {
            dir: dir.into(),
            collection,
            model: model.into(),
            dims,
            exact_limit: EXACT_LIMIT,
            graph_up_to: GRAPH_UP_TO,
        }
    }

    /// Candidate sets of at most this many keys are scanned exactly; [`EXACT_LIMIT`] unless set.
    #[must_use]
    pub fn with_exact_limit(mut self, exact_limit: usize) -> Self {
        self.exact_limit = exact_limit;
        self
    }

    /// A snapshot of up to so many keys is a graph, a larger one sign codes; [`GRAPH_UP_TO`] unless set.
    #[must_use]
    pub fn with_graph_up_to(mut self, graph_up_to: usize) -> Self {
        self.graph_up_to = graph_up_to;
        self
    }

    /// The collection.
    pub fn collection(&self) -> Collection {
        self.collection
    }

    /// The model's full name.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The number of dimensions of a vector.
    pub fn dims(&self) -> usize {
        self.dims
    }

    /// Where the snapshot is, or will be: `<dir>/<collection>.<model-slug>.usearch`.
    pub fn path(&self) -> PathBuf {
        self.dir.join(format!("{}.usearch", self.stem()))
    }

    /// Removes the snapshots of this collection under other models. One that cannot be removed is only
    /// in the way of nothing: it is not read.
    pub fn forget_others(&self) {
        let (ours, start) = (self.path(), format!("{}.", self.collection.name()));
        let Ok(entries) = std::fs::read_dir(&self.dir) else { return };
        for path in entries.flatten().map(|entry| entry.path()).filter(|path| *path != ours) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with(&start) && name.ends_with(".usearch") {
                let _ = std::fs::remove_file(&path);
            }
        }
    }

    fn lock_path(&self) -> PathBuf {
        self.dir.join(format!("{}.lock", self.stem()))
    }

    fn dir(&self) -> &Path {
        &self.dir
    }

    fn stem(&self) -> String {
        format!("{}.{}", self.collection.name(), model_slug(&self.model))
    }

    /// Tells one model from another in a snapshot's header, beyond what a file name can carry.
    fn identity(&self) -> u64 {
        let mut digest = Sha256::new();
        digest.update(self.collection.name());
        digest.update([0]);
        digest.update(&self.model);
        let digest = digest.finalize();
        u64::from_le_bytes(std::array::from_fn(|at| digest[at]))
    }
}

/// A model's name as part of a file name: lower-case letters, digits, `.`, `_` and `-` of the name,
/// cut to 48 characters, and eight hexadecimal digits of its hash, so that two names that
/// look alike on some file system never share a file.
fn model_slug(model: &str) -> String {
    let kept: String =
        model.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' }).take(48).collect();
    let kept = kept.to_ascii_lowercase();
    let digest = Sha256::digest(model.as_bytes());
    let tail: String = digest[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{tail}", kept.trim_matches(['.', '-']))
}
