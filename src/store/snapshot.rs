//! One unchanging view of the journal for a projection: everything it answers is of one moment.

use super::filtering::conditions;
use super::listing::{self, Cursor, Sort};
use super::value::read_uuid;
use super::{connection, log, row};
use crate::error::{Error, Kind, Result};
use crate::journal::entry::Entry;
use crate::journal::filter::Filter;
use crate::journal::log::Position;
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::Path;
use uuid::Uuid;

/// A part of an entry, topic or insight that a vector stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The entry, topic or insight.
    pub subject: Uuid,
    /// Bytes of the text that was analysed.
    pub range: Range<usize>,
}

/// A reading connection inside one transaction.
pub struct Snapshot {
    connection: Connection,
    projection: &'static str,
}

impl Snapshot {
    pub(super) fn open(folder: &Path, projection: &'static str) -> Result<Snapshot> {
        let connection = connection::open_reader(folder)?;
        connection.execute_batch("BEGIN")?;
        // The view is fixed by the first read.
        log::head(&connection)?;
        Ok(Snapshot { connection, projection })
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The last row of the change log.
    pub fn head(&self) -> Result<Position> {
        log::head(&self.connection)
    }

    /// Whether a projection that stands here can go on from here: the row is there, bears this nonce,
    /// and no migration has changed since what the projection holds.
    pub fn holds(&self, position: Position) -> Result<bool> {
        log::holds(&self.connection, self.projection, position)
    }

    /// The entries touched by log rows after `after`: by their own row, their details, a topic put on
    /// or taken off, or the new name of a topic.
    pub fn changed_entries(&self, after: i64) -> Result<Vec<Uuid>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT DISTINCT substr(row_id, 1, 36) FROM change_log WHERE seq > ?1
                AND +table_name IN ('journal_entries', 'entry_details', 'entry_topics')
             UNION
             SELECT et.entry_id FROM change_log c JOIN entry_topics et ON et.topic_id = c.row_id
                WHERE c.seq > ?1 AND +c.table_name = 'topics' AND c.op = 'update'",
        )?;
        let mut rows = statement.query([after])?;
        let mut ids = Vec::new();
        while let Some(row) = rows.next()? {
            ids.push(read_uuid(&row.get::<_, String>(0)?)?);
        }
        Ok(ids)
    }

    /// An entry with its topics and sentiments.
    pub fn entry(&self, id: Uuid) -> Result<Option<Entry>> {
        row::read(&self.connection, id)
    }

    /// Hands over every entry, oldest first.
    pub fn each_entry(&self, visit: &mut dyn FnMut(Entry) -> Result<()>) -> Result<()> {
        let mut statement = self.connection.prepare(&format!("{} ORDER BY e.created_at", row::columns()))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            visit(row::entry(&self.connection, row)?)?;
        }
        Ok(())
    }

    /// Hands over at most `limit` entries that pass the filter, in this order, after `cursor`, until
    /// `visit` says no; none is held longer. Returns where to go on when there are more.
    ///
    /// # Errors
    /// As [`list`](super::Store::list), and what `visit` fails with.
    pub fn walk(
        &self,
        user: Uuid,
        filter: &Filter,
        sort: Sort,
        cursor: Option<&str>,
        limit: usize,
        visit: &mut dyn FnMut(Entry) -> Result<bool>,
    ) -> Result<Option<Cursor>> {
        listing::walk(&self.connection, user, filter, sort, cursor, limit, visit)
    }

    /// How many entries of a user pass the filter.
    pub fn count(&self, user: Uuid, filter: &Filter) -> Result<u64> {
        listing::count(&self.connection, user, filter)
    }

    /// How many entries there are.
    pub fn entry_count(&self) -> Result<u64> {
        Ok(self.connection.query_row("SELECT count(*) FROM journal_entries", [], |row| row.get(0))?)
    }

    /// The vectors in use in a collection under a model whose key is greater than `after`, ascending.
    pub fn live_keys(&self, collection: &str, model: &str, after: i64) -> Result<Vec<i64>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT DISTINCT embedding_id FROM passages WHERE collection = ?1 AND model = ?2 AND embedding_id > ?3
             ORDER BY embedding_id",
        )?;
        let keys = statement.query_map((collection, model, after), |row| row.get(0))?;
        Ok(keys.collect::<rusqlite::Result<_>>()?)
    }

    /// The ids of a user's entries that pass the filter.
    pub fn entry_ids(&self, user: Uuid, filter: &Filter) -> Result<HashSet<Uuid>> {
        let (clauses, values) = conditions(&self.connection, user, filter)?;
        let sql = format!(
            "SELECT e.id FROM journal_entries e LEFT JOIN entry_details d ON d.entry_id = e.id WHERE {}",
            clauses.join(" AND ")
        );
        let mut statement = self.connection.prepare(&sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let mut ids = HashSet::new();
        while let Some(row) = rows.next()? {
            ids.insert(read_uuid(&row.get::<_, String>(0)?)?);
        }
        Ok(ids)
    }

    /// How many entries have no vectors of this model: those without a first passage.
    pub fn pending_entries(&self, collection: &str, model: &str) -> Result<u64> {
        Ok(self.entry_count()?.saturating_sub(self.analysed(collection, model)?))
    }

    /// How many entries or topics have passages under this name.
    pub fn analysed(&self, collection: &str, model: &str) -> Result<u64> {
        Ok(self
            .connection
            .prepare_cached("SELECT count(*) FROM passages WHERE collection = ?1 AND model = ?2 AND ordinal = 0")?
            .query_row((collection, model), |row| row.get(0))?)
    }

    /// The names that passages of a collection are kept under. More than one while a change of the
    /// model is under way.
    pub fn passage_names(&self, collection: &str) -> Result<Vec<String>> {
        // From one name to the next through the index, without a walk over all passages.
        let mut next = self
            .connection
            .prepare_cached("SELECT model FROM passages WHERE collection = ?1 AND model > ?2 ORDER BY model LIMIT 1")?;
        let mut names: Vec<String> = Vec::new();
        loop {
            let after = names.last().map_or("", String::as_str);
            match next.query_row((collection, after), |row| row.get(0)).optional()? {
                Some(name) => names.push(name),
                None => return Ok(names),
            }
        }
    }

    /// Whether everything that has passages under the name `other` has some under `model` too.
    pub fn covers(&self, collection: &str, model: &str, other: &str) -> Result<bool> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT NOT EXISTS (SELECT 1 FROM passages o WHERE o.collection = ?1 AND o.model = ?3 AND o.ordinal = 0
                 AND NOT EXISTS (SELECT 1 FROM passages p
                     WHERE p.collection = ?1 AND p.subject_id = o.subject_id AND p.model = ?2))",
            )?
            .query_row((collection, model, other), |row| row.get(0))?)
    }

    /// Numbers in the vectors of the passages under this name; nothing when there are none.
    pub fn dimensions(&self, collection: &str, model: &str) -> Result<Option<usize>> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT length(e.vector) / 4 FROM passages p JOIN embeddings e ON e.id = p.embedding_id
                 WHERE p.collection = ?1 AND p.model = ?2 LIMIT 1",
            )?
            .query_row((collection, model), |row| row.get(0))
            .optional()?)
    }

    /// Whether the journal has one user at most.
    pub fn has_one_user(&self) -> Result<bool> {
        Ok(self.connection.query_row("SELECT count(*) <= 1 FROM users", [], |row| row.get(0))?)
    }

    /// The vectors that these entries use, ascending.
    pub fn keys_of(&self, collection: &str, model: &str, subjects: &HashSet<Uuid>) -> Result<Vec<i64>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT embedding_id FROM passages WHERE collection = ?1 AND subject_id = ?2 AND model = ?3",
        )?;
        let mut keys = Vec::new();
        for subject in subjects {
            for key in statement.query_map((collection, subject.to_string(), model), |row| row.get(0))? {
                keys.push(key?);
            }
        }
        keys.sort_unstable();
        keys.dedup();
        Ok(keys)
    }

    /// Hands over vectors by key, ascending; keys without one are passed over.
    ///
    /// Where the keys lie close together the table is walked: a row that is passed over costs less
    /// than a look-up.
    pub fn vectors(&self, keys: &[i64], visit: &mut dyn FnMut(i64, &[f32]) -> Result<()>) -> Result<()> {
        if let (Some(first), Some(last)) = (keys.first(), keys.last())
            && keys.is_sorted()
            && last.saturating_sub(*first) < 4 * keys.len() as i64
        {
            return self.walk_vectors(keys, *first, *last, visit);
        }
        let mut statement = self.connection.prepare_cached("SELECT vector FROM embeddings WHERE id = ?1")?;
        let mut vector = Vec::new();
        for key in keys {
            let mut rows = statement.query([key])?;
            if let Some(row) = rows.next()? {
                read_vector(row.get_ref(0)?.as_blob().map_err(|_| odd_vector(*key))?, *key, &mut vector)?;
                visit(*key, &vector)?;
            }
        }
        Ok(())
    }

    fn walk_vectors(
        &self,
        keys: &[i64],
        first: i64,
        last: i64,
        visit: &mut dyn FnMut(i64, &[f32]) -> Result<()>,
    ) -> Result<()> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT id, vector FROM embeddings WHERE id BETWEEN ?1 AND ?2 ORDER BY id")?;
        let mut rows = statement.query([first, last])?;
        let mut wanted = keys.iter().copied().peekable();
        let mut vector = Vec::new();
        while let Some(row) = rows.next()? {
            let key: i64 = row.get(0)?;
            while wanted.next_if(|next| *next < key).is_some() {}
            if wanted.next_if_eq(&key).is_some() {
                read_vector(row.get_ref(1)?.as_blob().map_err(|_| odd_vector(key))?, key, &mut vector)?;
                visit(key, &vector)?;
            }
        }
        Ok(())
    }

    /// What each of these vectors stands for.
    pub fn passages(&self, collection: &str, model: &str, keys: &[i64]) -> Result<HashMap<i64, Vec<Passage>>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT subject_id, byte_start, byte_end FROM passages
             WHERE embedding_id = ?1 AND collection = ?2 AND model = ?3 ORDER BY subject_id, ordinal",
        )?;
        let mut found = HashMap::new();
        for key in keys {
            let mut rows = statement.query((key, collection, model))?;
            let mut passages = Vec::new();
            while let Some(row) = rows.next()? {
                let subject = read_uuid(&row.get::<_, String>(0)?)?;
                passages.push(Passage { subject, range: row.get(1)?..row.get(2)? });
            }
            found.insert(*key, passages);
        }
        Ok(found)
    }

    /// The keys of the passages of one entry, topic or insight, in the order of the text.
    pub fn keys_of_subject(&self, collection: &str, model: &str, subject: Uuid) -> Result<Vec<i64>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT embedding_id FROM passages WHERE collection = ?1 AND subject_id = ?2 AND model = ?3 ORDER BY ordinal",
        )?;
        let keys = statement.query_map((collection, subject.to_string(), model), |row| row.get(0))?;
        Ok(keys.collect::<rusqlite::Result<_>>()?)
    }

    /// The sum of the vectors of each entry, topic or insight that has more than one passage.
    pub fn sums_of_subjects(
        &self,
        collection: &str,
        model: &str,
        subjects: &[Uuid],
    ) -> Result<HashMap<Uuid, Vec<f32>>> {
        let mut owners: HashMap<i64, Vec<Uuid>> = HashMap::new();
        for subject in subjects {
            let keys = self.keys_of_subject(collection, model, *subject)?;
            if keys.len() > 1 {
                keys.iter().for_each(|key| owners.entry(*key).or_default().push(*subject));
            }
        }
        let mut keys: Vec<i64> = owners.keys().copied().collect();
        keys.sort_unstable();
        let mut sums: HashMap<Uuid, Vec<f32>> = HashMap::new();
        self.vectors(&keys, &mut |key, vector| {
            for subject in owners.get(&key).into_iter().flatten() {
                let sum = sums.entry(*subject).or_insert_with(|| vec![0.0; vector.len()]);
                sum.iter_mut().zip(vector).for_each(|(sum, number)| *sum += number);
            }
            Ok(())
        })?;
        Ok(sums)
    }
}

/// Reads little-endian f32 numbers.
pub(super) fn read_vector(bytes: &[u8], key: i64, vector: &mut Vec<f32>) -> Result<()> {
    let (numbers, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(odd_vector(key));
    }
    vector.clear();
    vector.extend(numbers.iter().map(|number| f32::from_le_bytes(*number)));
    Ok(())
}

fn odd_vector(key: i64) -> Error {
    Error::new(Kind::Corrupt, format!("the vector {key} in the database is damaged"))
        .hint("`journal reindex embeddings` computes all vectors again")
}
