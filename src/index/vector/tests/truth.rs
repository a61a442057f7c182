//! A truth in memory, with vectors in clusters as the meanings of real texts are.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::error::Result;
use crate::index::vector::{Changes, Hit, VectorSource, dot, normalise};
use crate::journal::log::Position;

pub(super) const DIMS: usize = 64;

#[derive(Clone)]
pub(super) struct Truth {
    pub(super) log: Vec<Position>,
    pub(super) embeddings: BTreeMap<i64, Vec<f32>>,
    pub(super) live: BTreeSet<i64>,
    /// What each log row made live, and how many others it took.
    changes: HashMap<i64, (Vec<i64>, usize)>,
    /// After so many log rows nobody tells what has changed.
    pub(super) patience: usize,
    centres: Vec<Vec<f32>>,
    random: StdRng,
}

impl Truth {
    pub(super) fn with(count: usize) -> Truth {
        let mut random = StdRng::seed_from_u64(7);
        let centres = (0..40).map(|_| gaussian(&mut random, DIMS)).collect();
        let mut truth = Truth {
            log: vec![],
            embeddings: BTreeMap::new(),
            live: BTreeSet::new(),
            changes: HashMap::new(),
            patience: usize::MAX,
            centres,
            random,
        };
        truth.add(count);
        truth
    }

    /// A log row with a nonce that no other truth has.
    pub(super) fn log(&mut self) {
        let seq = self.log.len() as i64 + 1;
        self.log.push(Position { seq, nonce: rand::random_range(1..i64::MAX) });
    }

    fn log_change(&mut self, added: Vec<i64>, removed: usize) {
        self.log();
        self.changes.insert(self.log.len() as i64, (added, removed));
    }

    pub(super) fn add(&mut self, count: usize) {
        let mut added = Vec::new();
        for _ in 0..count {
            let vector = self.vector();
            let id = self.embeddings.last_key_value().map_or(1, |(id, _)| id + 1);
            self.embeddings.insert(id, vector);
            self.live.insert(id);
            added.push(id);
        }
        self.log_change(added, 0);
    }

    pub(super) fn delete(&mut self, ids: impl IntoIterator<Item = i64>) {
        let mut removed = 0;
        for id in ids {
            assert!(self.live.remove(&id));
            removed += 1;
        }
        self.log_change(vec![], removed);
    }

    pub(super) fn restore(&mut self, ids: impl IntoIterator<Item = i64>) {
        let mut added = Vec::new();
        for id in ids {
            assert!(self.embeddings.contains_key(&id) && self.live.insert(id));
            added.push(id);
        }
        self.log_change(added, 0);
    }

    fn vector(&mut self) -> Vec<f32> {
        let centre = self.random.random_range(0..self.centres.len());
        let noise = gaussian(&mut self.random, DIMS);
        let sum: Vec<f32> = self.centres[centre].iter().zip(noise).map(|(centre, noise)| centre + noise).collect();
        normalise(&sum).unwrap()
    }

    /// Queries from the same clusters, the same ones each time.
    pub(super) fn queries(&self, count: usize) -> Vec<Vec<f32>> {
        let mut other = Truth { random: StdRng::seed_from_u64(99), ..self.clone() };
        (0..count).map(|_| other.vector()).collect()
    }

    pub(super) fn score(&self, query: &[f32], key: i64) -> f32 {
        dot(query, &self.embeddings[&key]).clamp(-1.0, 1.0)
    }

    pub(super) fn nearest(&self, query: &[f32], keys: impl Iterator<Item = i64>, k: usize) -> Vec<Hit> {
        let mut hits: Vec<Hit> = keys.map(|key| Hit { key, similarity: self.score(query, key) }).collect();
        hits.sort_by(|a, b| b.similarity.total_cmp(&a.similarity).then(a.key.cmp(&b.key)));
        hits.truncate(k);
        hits
    }
}

fn gaussian(random: &mut StdRng, length: usize) -> Vec<f32> {
    (0..length).map(|_| (0..12).map(|_| random.random::<f32>()).sum::<f32>() - 6.0).collect()
}

impl VectorSource for &Truth {
    fn head(&mut self) -> Result<Position> {
        Ok(self.log.last().copied().unwrap_or(Position::START))
    }

    fn holds(&mut self, position: Position) -> Result<bool> {
        Ok(self.log.contains(&position))
    }

    fn live_after(&mut self, id: i64) -> Result<Vec<i64>> {
        Ok(self.live.range(id + 1..).copied().collect())
    }

    fn changed_after(&mut self, seq: i64) -> Result<Option<Changes>> {
        if self.log.len() - seq as usize > self.patience {
            return Ok(None);
        }
        let mut changes = Changes::default();
        for row in seq + 1..=self.log.len() as i64 {
            let Some((added, removed)) = self.changes.get(&row) else { continue };
            changes.added.extend(added.iter().filter(|id| self.live.contains(id)));
            changes.removed += removed;
        }
        changes.added.sort_unstable();
        changes.added.dedup();
        Ok(Some(changes))
    }

    fn live_among(&mut self, keys: &[i64]) -> Result<Vec<i64>> {
        Ok(keys.iter().copied().filter(|key| self.live.contains(key)).collect())
    }

    fn vectors(&mut self, ids: &[i64], visit: &mut dyn FnMut(i64, &[f32]) -> Result<()>) -> Result<()> {
        for id in ids {
            if let Some(vector) = self.embeddings.get(id) {
                visit(*id, vector)?;
            }
        }
        Ok(())
    }
}
