//! Comparing a snapshot with the truth, key by key and vector by vector.

use std::path::PathBuf;

use crate::error::Result;
use crate::index::vector::search::{difference, other_history};
use crate::index::vector::snapshot::{Snapshot, Unusable};
use crate::index::vector::{VectorIndex, VectorSource, scan};

/// What the snapshot file is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// There is none.
    Missing,
    /// There is one that cannot be used, for this reason. Searches do without it; compaction
    /// replaces it.
    Unusable(String),
    /// Every checksum, key and vector agrees, as far as it goes.
    Usable,
}

/// A snapshot compared with the truth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The file.
    pub path: PathBuf,
    /// What it is worth.
    pub state: State,
    /// Live keys.
    pub live: usize,
    /// Keys in the snapshot; 0 when it cannot be used.
    pub held: usize,
    /// Live keys that it does not hold. They are found all the same.
    pub missing: usize,
    /// Keys it holds that are not live. They are not found.
    pub dead: usize,
    /// Whether the next compaction will write it anew.
    pub due: bool,
}

impl VectorIndex {
    /// Reads the whole snapshot and every live vector, and compares them. Changes nothing.
    ///
    /// Errors: a stored vector that is missing or cannot be used (`Corrupt`), or what the source
    /// fails with. The state of the snapshot is in the verdict, never an error.
    pub fn verify(&self, source: &mut dyn VectorSource) -> Result<Verdict> {
        let live = source.live_after(0)?;
        let opened = match Snapshot::open(self) {
            Ok(snapshot) if source.holds(snapshot.position())? => Ok(snapshot),
            Ok(_) => Err(other_history()),
            Err(unusable) => Err(unusable),
        };
        let mut contradicted = false;
        scan::each_vector(source, &live, self.dims, &mut |key, vector| {
            if let Ok(snapshot) = &opened {
                contradicted |= snapshot.contradicts(key, vector);
            }
            Ok(())
        })?;
        let opened = if contradicted { Err(other_history()) } else { opened };
        let (state, held, missing, dead) = match &opened {
            Ok(snapshot) => {
                let change = difference(&live, snapshot.keys());
                (State::Usable, snapshot.keys().len(), change.outside.len(), change.dead)
            }
            Err(Unusable::Missing) => (State::Missing, 0, live.len(), 0),
            Err(unusable) => (State::Unusable(unusable.reason(self)), 0, live.len(), 0),
        };
        let due = match state {
            State::Usable => live.is_empty() || Self::is_due(live.len(), missing + dead),
            State::Missing => !live.is_empty(),
            State::Unusable(_) => true,
        };
        Ok(Verdict { path: self.path(), state, live: live.len(), held, missing, dead, due })
    }
}
