//! Rows counted by table: a first sync writes too many to remember each.

use super::RowKey;
use crate::store::REPLICATED;

/// How many rows of each table something happened to; and which, where somebody wants to know.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    counts: [usize; REPLICATED.len()],
    keys: Vec<RowKey>,
    remembers: bool,
}

impl Tally {
    /// None yet; with `remembers` also which.
    pub fn new(remembers: bool) -> Tally {
        Tally { remembers, ..Tally::default() }
    }

    /// One more.
    pub fn push(&mut self, key: RowKey) {
        self.counts[key.order() % REPLICATED.len()] += 1;
        if self.remembers {
            self.keys.push(key);
        }
    }

    /// Adds others; which they were is remembered if it was there.
    pub fn add(&mut self, more: Tally) {
        self.counts.iter_mut().zip(more.counts).for_each(|(count, more)| *count += more);
        self.remembers |= more.remembers;
        self.keys.extend(more.keys);
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.counts.iter().sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The tables that have some, by name, and how many.
    pub fn tables(&self) -> impl Iterator<Item = (&'static str, usize)> {
        REPLICATED
            .into_iter()
            .zip(self.counts)
            .filter(|(_, count)| *count > 0)
            .map(|(table, count)| (table.name, count))
    }

    /// Which, where that is remembered.
    pub fn keys(&self) -> &[RowKey] {
        &self.keys
    }
}

impl Extend<RowKey> for Tally {
    fn extend<T: IntoIterator<Item = RowKey>>(&mut self, keys: T) {
        keys.into_iter().for_each(|key| self.push(key));
    }
}
