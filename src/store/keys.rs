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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::store::{Clock, Store};
    use chrono::{DateTime, Utc};
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};
    use rusqlite::Connection;
    use std::collections::BTreeSet;

    const MODELS: [&str; 2] = ["a", "b"];

    /// What is listed is what was there, without what is gone and with what came, whatever was done meanwhile and
    /// by whom; and so is what is counted.
    #[test]
    fn keys_that_are_followed_are_those_that_are_listed() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock { now: || DateTime::<Utc>::UNIX_EPOCH, new_id: |_| Uuid::now_v7() };
        drop(Store::open(folder.path(), clock).unwrap());
        let database = Connection::open(folder.path().join(crate::store::FILE_NAME)).unwrap();
        let mut random = StdRng::seed_from_u64(5);
        let listed = |snapshot: &Snapshot, model: &str| -> BTreeSet<i64> {
            snapshot.live_keys("user_embeddings", model, 0).unwrap().into_iter().collect()
        };
        let subjects: Vec<String> = (0..12).map(|_| Uuid::now_v7().to_string()).collect();
        for key in 1..=30 {
            let sql = "INSERT INTO embeddings(id, model, text_hash, vector) VALUES (?1, 'x', ?1, x'00')";
            database.execute(sql, [key]).unwrap();
        }
        let mut followed = 0;
        for _ in 0..60 {
            let before = Store::snapshot(folder.path(), "test").unwrap();
            let (since, held) = (before.head().unwrap().seq, MODELS.map(|model| listed(&before, model)));
            drop(before);
            for _ in 0..random.random_range(0..8) {
                let subject = &subjects[random.random_range(0..subjects.len())];
                let model = MODELS[random.random_range(0..2)];
                let (ordinal, key) = (random.random_range(0..3), random.random_range(1..=30));
                match random.random_range(0..4) {
                    0 => {
                        database.execute("DELETE FROM passages WHERE subject_id = ?1 AND model = ?2", [subject, model])
                    }
                    1 => database.execute(
                        "UPDATE OR IGNORE passages SET model = ?2, ordinal = ?3 WHERE subject_id = ?1 AND ordinal = 1",
                        params![subject, model, ordinal],
                    ),
                    _ => database.execute(
                        "INSERT OR IGNORE INTO passages(collection, subject_id, model, ordinal, byte_start, byte_end,
                         embedding_id) VALUES ('user_embeddings', ?1, ?2, ?3, 0, 1, ?4)",
                        params![subject, model, ordinal, key],
                    ),
                }
                .unwrap();
            }
            let after = Store::snapshot(folder.path(), "test").unwrap();
            for (model, held) in MODELS.into_iter().zip(held) {
                let live = listed(&after, model);
                let (added, removed) = after.keys_changed("user_embeddings", model, since).unwrap().unwrap();
                assert!(added.is_sorted() && added.iter().all(|key| live.contains(key)));
                assert!(held.difference(&live).count() <= removed);
                let mut expected: BTreeSet<i64> = held.intersection(&live).copied().collect();
                expected.extend(&added);
                assert_eq!(expected, live);
                let all: Vec<i64> = (0..=31).collect();
                let among = after.live_among("user_embeddings", model, &all).unwrap();
                assert_eq!(among.into_iter().collect::<BTreeSet<_>>(), live);
                let every: HashSet<Uuid> = subjects.iter().map(|subject| subject.parse().unwrap()).collect();
                let of_all = after.keys_of("user_embeddings", model, &every).unwrap();
                assert_eq!(of_all.into_iter().collect::<BTreeSet<_>>(), live);
                let sql = "SELECT count(*) FROM passages WHERE ordinal = 0 AND model = ?1";
                let count: u64 = database.query_row(sql, [model], |row| row.get(0)).unwrap();
                assert_eq!(after.analysed("user_embeddings", model).unwrap(), count);
                followed += added.len() + removed;
            }
        }
        assert!(followed > 200, "{followed}");
    }
}
