//! Finding the nearest vectors: exactly when there are few, through the snapshot when there are many.

use crate::error::{Error, Result};
use crate::index::vector::header::Form;
use crate::index::vector::snapshot::{Snapshot, Unusable};
use crate::index::vector::{VectorIndex, VectorSource, scan};

/// Up to this many candidates are scanned exactly.
///
/// Measured with `benches/vector.rs` (384 dimensions, from SQLite, everything opened anew): 1,000 vectors take
/// 0.8 ms when scanned and 0.7 through the graph; 10,000 take 8.7 and 1.5; 100,000 take 83 and, by their codes, 4.8.
/// Up to here exactness costs nothing that could be noticed.
pub const EXACT_LIMIT: usize = 2_500;

/// How many of the newest keys of a snapshot are compared with the truth at each search.
const WITNESSES: usize = 4;

/// Which keys may be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Candidates<'a> {
    /// Every live key of the collection.
    All,
    /// These keys and no others: ascending, distinct, and live in the source's read snapshot.
    Keys(&'a [i64]),
}

/// A vector that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// The embedding id.
    pub key: i64,
    /// The cosine of query and stored vector, in [-1, 1].
    pub similarity: f32,
}

/// Which way the hits were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Every candidate was scored.
    Exact,
    /// The sign codes of the snapshot, which held every candidate.
    Codes,
    /// The same, and an exact scan of the candidates that it does not hold.
    CodesDelta,
    /// The graph of the snapshot, which held every candidate.
    Hnsw,
    /// The same, and an exact scan of the candidates that it does not hold.
    HnswDelta,
}

impl How {
    /// The word shown to people and scripts.
    pub fn name(self) -> &'static str {
        match self {
            How::Exact => "exact",
            How::Codes => "codes",
            How::CodesDelta => "codes+delta",
            How::Hnsw => "hnsw",
            How::HnswDelta => "hnsw+delta",
        }
    }
}

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct VectorResult {
    /// The nearest candidates, most similar first, then by key; at most as many as asked for.
    pub hits: Vec<Hit>,
    /// Which way they were found.
    pub how: How,
    /// Why the snapshot was not used although the candidates were many. `None` when all is well.
    pub reason: Option<String>,
}

impl VectorIndex {
    /// The `k` candidates nearest to a query of length one.
    ///
    /// The filter is applied before ranking, so it never hides a candidate behind others that it
    /// excludes. Hits are approximate only when `how` is not [`How::Exact`]; scores are exact always.
    ///
    /// Errors: a query of the wrong length, not finite, or not of length one (`Usage`); a stored
    /// vector that is missing or cannot be used (`Corrupt`); what the source fails with. The
    /// state of the snapshot file is never an error.
    pub fn search(
        &self,
        source: &mut dyn VectorSource,
        query: &[f32],
        candidates: Candidates<'_>,
        k: usize,
    ) -> Result<VectorResult> {
        if let Some(fault) = scan::fault(query, self.dims) {
            return Err(Error::usage(format!("the query vector {fault}")));
        }
        let live;
        let keys = match candidates {
            Candidates::Keys(keys) => keys,
            Candidates::All => {
                if let Some(result) = self.of_all(source, query, k)? {
                    return Ok(result);
                }
                live = source.live_after(0)?;
                &live
            }
        };
        debug_assert!(keys.is_sorted_by(|a, b| a < b), "keys are ascending and distinct");
        if keys.len() <= self.exact_limit.max(k) {
            return exact(source, query, keys, k, None);
        }
        match self.through_snapshot(source, query, keys, k)? {
            Ok(result) => Ok(result),
            Err(unusable) => exact(source, query, keys, k, Some(unusable.reason(self))),
        }
    }

    /// Searches everything without a list of what is live: the snapshot's keys are, but for what the log says
    /// of the time since, and those that are found are asked for. Nothing where the snapshot cannot be used, holds
    /// few, or is too far behind: the list is then worth its time, and says why.
    fn of_all(&self, source: &mut dyn VectorSource, query: &[f32], k: usize) -> Result<Option<VectorResult>> {
        if Snapshot::says_to_hold(self) <= self.exact_limit.max(k) {
            return Ok(None);
        }
        let Ok(snapshot) = Snapshot::open(self) else { return Ok(None) };
        if !source.holds(snapshot.position())? {
            return Ok(None);
        }
        let Some(changes) = source.changed_after(snapshot.position().seq)? else { return Ok(None) };
        let Difference { outside, .. } = difference(&changes.added, snapshot.keys());
        // Of those that are found some may be gone: so many more are looked for.
        let enough = k.saturating_add(changes.removed);
        let Ok(mut found) = snapshot.near(query, enough, None) else { return Ok(None) };
        found.extend(snapshot.keys().iter().rev().take(WITNESSES));
        found.sort_unstable();
        found.dedup();
        if changes.removed > 0 {
            found = source.live_among(&found)?;
        }
        if found.len() < k.min(snapshot.keys().len().saturating_sub(changes.removed)) {
            return Ok(None);
        }
        found.extend(&outside);
        Ok(scored(source, query, found, k, &snapshot, !outside.is_empty())?.ok())
    }

    /// The outer result is what the truth fails with, the inner what is wrong with the snapshot.
    fn through_snapshot(
        &self,
        source: &mut dyn VectorSource,
        query: &[f32],
        keys: &[i64],
        k: usize,
    ) -> Result<Result<VectorResult, Unusable>> {
        let snapshot = match Snapshot::open(self) {
            Ok(snapshot) => snapshot,
            Err(unusable) => return Ok(Err(unusable)),
        };
        if !source.holds(snapshot.position())? {
            return Ok(Err(other_history()));
        }
        let Difference { inside, outside, dead } = difference(keys, snapshot.keys());
        let mut found = match snapshot.near(query, k, (dead > 0).then_some(&inside)) {
            Ok(found) => found,
            Err(error) => return Ok(Err(Unusable::Because(error.message().to_owned()))),
        };
        if found.len() < k.min(inside.len()) {
            let why = format!("reached {} of {} candidates", found.len(), inside.len());
            return Ok(Err(Unusable::Because(why)));
        }
        found.extend(inside.iter().rev().take(WITNESSES));
        found.extend(&outside);
        scored(source, query, found, k, &snapshot, !outside.is_empty())
    }
}

/// The best `k` of what was found, scored exactly; `delta` says whether some of it is not in the snapshot.
fn scored(
    source: &mut dyn VectorSource,
    query: &[f32],
    mut found: Vec<i64>,
    k: usize,
    snapshot: &Snapshot,
    delta: bool,
) -> Result<Result<VectorResult, Unusable>> {
    found.sort_unstable();
    found.dedup();
    let mut contradicted = false;
    let hits = scan::best(source, query, &found, k, &mut |key, vector| {
        contradicted |= snapshot.contradicts(key, vector);
    })?;
    if contradicted {
        return Ok(Err(other_history()));
    }
    let how = match (snapshot.form(), delta) {
        (Form::Codes, false) => How::Codes,
        (Form::Codes, true) => How::CodesDelta,
        (Form::Graph, false) => How::Hnsw,
        (Form::Graph, true) => How::HnswDelta,
    };
    Ok(Ok(VectorResult { hits, how, reason: None }))
}

fn exact(
    source: &mut dyn VectorSource,
    query: &[f32],
    keys: &[i64],
    k: usize,
    reason: Option<String>,
) -> Result<VectorResult> {
    let hits = scan::best(source, query, keys, k, &mut |_, _| {})?;
    Ok(VectorResult { hits, how: How::Exact, reason })
}

/// What is wrong with a snapshot whose log row or vectors are not those of the truth.
pub(super) fn other_history() -> Unusable {
    Unusable::Because("belongs to another state of the journal than the one now in place".into())
}

/// Two ascending lists of keys compared.
pub(super) struct Difference {
    /// Wanted and in the snapshot.
    pub(super) inside: Vec<i64>,
    /// Wanted and not in the snapshot.
    pub(super) outside: Vec<i64>,
    /// How many are in the snapshot and not wanted.
    pub(super) dead: usize,
}

/// Compares what is wanted with what a snapshot holds.
pub(super) fn difference(wanted: &[i64], held: &[i64]) -> Difference {
    let mut inside = Vec::with_capacity(wanted.len().min(held.len()));
    let mut outside = Vec::new();
    let mut rest = held.iter().peekable();
    for &key in wanted {
        while rest.next_if(|held| **held < key).is_some() {}
        if rest.next_if(|held| **held == key).is_some() {
            inside.push(key);
        } else {
            outside.push(key);
        }
    }
    let dead = held.len() - inside.len();
    Difference { inside, outside, dead }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::btree_set;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn difference_equals_set_operations(
            wanted in btree_set(1i64..80, 0..50),
            held in btree_set(1i64..80, 0..50),
        ) {
            let list = |set: &BTreeSet<i64>| set.iter().copied().collect::<Vec<_>>();
            let found = difference(&list(&wanted), &list(&held));
            prop_assert_eq!(found.inside, wanted.intersection(&held).copied().collect::<Vec<_>>());
            prop_assert_eq!(found.outside, wanted.difference(&held).copied().collect::<Vec<_>>());
            prop_assert_eq!(found.dead, held.difference(&wanted).count());
        }
    }
}
