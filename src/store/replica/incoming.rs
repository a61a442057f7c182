//! Which rows a pull brings.

use super::RowKey;
use crate::store::REPLICATED;
use std::collections::HashSet;

/// The rows of a pull: some by name, and of some tables all there are.
#[derive(Debug, Default)]
pub struct Incoming {
    keys: HashSet<RowKey>,
    tables: [bool; REPLICATED.len()],
}

impl Incoming {
    /// These rows, and all of these tables.
    pub fn new(keys: impl Iterator<Item = RowKey>, tables: [bool; REPLICATED.len()]) -> Incoming {
        Incoming { keys: keys.collect(), tables }
    }

    /// Whether this row may be among them.
    pub fn contains(&self, key: &RowKey) -> bool {
        self.tables[key.order()] || self.keys.contains(key)
    }
}
