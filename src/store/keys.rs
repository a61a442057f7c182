//! Which vectors are in use: by which collection and model, by which entries, and since when.

use super::snapshot::Snapshot;
use crate::error::Result;
use rusqlite::{OptionalExtension, params};
use std::collections::HashSet;
use uuid::Uuid;

/// When so many texts have been read anew, the keys in use are sooner listed than followed.
const FOLLOWED_SUBJECTS: usize = 4_000;

/// The keys of the passages of one entry, topic or insight.
const OF_SUBJECT: &str =
    "SELECT embedding_id FROM passages WHERE collection = ?1 AND subject_id = ?2 AND model = ?3 ORDER BY ordinal";

/// Looking up the passages of one entry costs as much as passing over so many.
const LOOK_UP_COST: u64 = 8;

impl Snapshot {
    /// The vectors in use in a collection under a model whose key is greater than `after`, ascending.
    pub fn live_keys(&self, collection: &str, model: &str, after: i64) -> Result<Vec<i64>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT DISTINCT embedding_id FROM passages WHERE collection = ?1 AND model = ?2 AND embedding_id > ?3
             ORDER BY embedding_id",
        )?;
        let keys = statement.query_map((collection, model, after), |row| row.get(0))?;
        Ok(keys.collect::<rusqlite::Result<_>>()?)
    }

    /// How the keys in use may have changed after a row of the log: those of the texts that were read since,
    /// ascending, and how many passages were taken away. Nothing when finding out costs more than
    /// [`Snapshot::live_keys`].
    pub fn keys_changed(&self, collection: &str, model: &str, after: i64) -> Result<Option<(Vec<i64>, usize)>> {
        let (mut subjects, mut removed) = (HashSet::new(), 0);
        let mut statement = self.connection.prepare_cached(
            "SELECT row_id, op FROM change_log INDEXED BY idx_change_log_passages
                 WHERE seq > ?1 AND table_name = 'passages'",
        )?;
        let mut rows = statement.query([after])?;
        while let Some(row) = rows.next()? {
            removed += usize::from(row.get_ref(1)?.as_str().is_ok_and(|op| op != "insert"));
            let subject = row.get_ref(0)?.as_str().unwrap_or_default();
            if !subjects.contains(subject) {
                subjects.insert(subject.to_string());
            }
            if subjects.len() > FOLLOWED_SUBJECTS {
                return Ok(None);
            }
        }
        let mut keys = Vec::new();
        let mut statement = self.connection.prepare_cached(OF_SUBJECT)?;
        for subject in &subjects {
            for key in statement.query_map(params![collection, subject, model], |row| row.get(0))? {
                keys.push(key?);
            }
        }
        keys.sort_unstable();
        keys.dedup();
        Ok(Some((keys, removed)))
    }

    /// Those of these keys that are in use in a collection under a model, in the order given.
    pub fn live_among(&self, collection: &str, model: &str, keys: &[i64]) -> Result<Vec<i64>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT 1 FROM passages WHERE collection = ?1 AND model = ?2 AND embedding_id = ?3 LIMIT 1",
        )?;
        let mut live = Vec::with_capacity(keys.len());
        for key in keys {
            if statement.exists(params![collection, model, key])? {
                live.push(*key);
            }
        }
        Ok(live)
    }

    /// The vectors that these entries use, ascending.
    ///
    /// Of many entries all passages are gone through: a row that is passed over costs less than a look-up.
    pub fn keys_of(&self, collection: &str, model: &str, subjects: &HashSet<Uuid>) -> Result<Vec<i64>> {
        let mut keys = Vec::new();
        if subjects.len() as u64 * LOOK_UP_COST > self.analysed(collection, model)? {
            let mut statement = self
                .connection
                .prepare_cached("SELECT subject_id, embedding_id FROM passages WHERE collection = ?1 AND model = ?2")?;
            let mut rows = statement.query((collection, model))?;
            while let Some(row) = rows.next()? {
                if row.get_ref(0)?.as_str().is_ok_and(|id| id.parse().is_ok_and(|id: Uuid| subjects.contains(&id))) {
                    keys.push(row.get(1)?);
                }
            }
        } else {
            for subject in subjects {
                keys.extend(self.keys_of_subject(collection, model, *subject)?);
            }
        }
        keys.sort_unstable();
        keys.dedup();
        Ok(keys)
    }

    /// The keys of the passages of one entry, topic or insight, in the order of the text.
    pub fn keys_of_subject(&self, collection: &str, model: &str, subject: Uuid) -> Result<Vec<i64>> {
        let mut statement = self.connection.prepare_cached(OF_SUBJECT)?;
        let keys = statement.query_map((collection, subject.to_string(), model), |row| row.get(0))?;
        Ok(keys.collect::<rusqlite::Result<_>>()?)
    }

    /// How many entries or topics have passages under this name.
    pub fn analysed(&self, collection: &str, model: &str) -> Result<u64> {
        Ok(self
            .connection
            .prepare_cached("SELECT subjects FROM analysed WHERE collection = ?1 AND model = ?2")?
            .query_row((collection, model), |row| row.get(0))
            .optional()?
            .unwrap_or(0))
    }
}
