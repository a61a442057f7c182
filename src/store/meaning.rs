//! Vectors and the passages they stand for; what is still without them.

use super::Store;
use super::snapshot::read_vector;
use super::value::read_uuid;
use crate::error::{Error, Result};
use crate::journal::entry::full_text;
use rusqlite::{Connection, OptionalExtension};
use std::ops::Range;
use uuid::Uuid;

/// A text that has no vectors of a model yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingText {
    /// The collection its vectors will be in.
    pub collection: &'static str,
    /// The entry or topic.
    pub subject: Uuid,
    /// The text to analyse.
    pub text: String,
}

/// The vector of a part of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct PassageVector {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// SHA-256 over model name and passage: equal passages share a vector.
    pub text_hash: String,
    /// Unit length.
    pub vector: Vec<f32>,
}

/// Everything a model made of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPassage {
    /// What was analysed; kept only if it is still the text of the entry or topic.
    pub pending: PendingText,
    /// Its passages in order.
    pub passages: Vec<PassageVector>,
}

const ENTRIES: &str = "user_embeddings";
const TOPICS: &str = "topic_embeddings";

const FORGET_UNUSED: &str =
    "DELETE FROM embeddings WHERE NOT EXISTS (SELECT 1 FROM passages p WHERE p.embedding_id = embeddings.id)";

/// The rows of a collection's subjects that have no vectors of the model ?1.
fn pending_from(collection: &str) -> Result<&'static str> {
    match collection {
        ENTRIES => Ok("FROM journal_entries s WHERE NOT EXISTS (SELECT 1 FROM passages p
            WHERE p.collection = 'user_embeddings' AND p.subject_id = s.id AND p.model = ?1)"),
        TOPICS => Ok("FROM topics s WHERE NOT EXISTS (SELECT 1 FROM passages p
            WHERE p.collection = 'topic_embeddings' AND p.subject_id = s.id AND p.model = ?1)"),
        other => Err(Error::failure(format!("no model reads the texts of {other}"))),
    }
}

impl Store {
    /// How many entries, or topics, have no vectors of this model.
    pub fn pending_vectors(&self, collection: &str, model: &str) -> Result<u64> {
        let sql = format!("SELECT count(*) {}", pending_from(collection)?);
        Ok(self.connection.prepare_cached(&sql)?.query_row([model], |row| row.get(0))?)
    }

    /// The entries, or topics, without vectors of this model, newest first: all of them in one walk. Their
    /// texts are asked for when their turn comes.
    pub fn pending_subjects(&self, collection: &str, model: &str) -> Result<Vec<Uuid>> {
        let sql = format!("SELECT s.id {} ORDER BY s.created_at DESC", pending_from(collection)?);
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([model])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read_uuid(&row.get::<_, String>(0)?)?);
        }
        Ok(found)
    }

    /// The texts of these entries, or topics, as a model reads them; those that are gone are passed over.
    pub fn texts_of(&self, collection: &'static str, subjects: &[Uuid]) -> Result<Vec<PendingText>> {
        let mut found = Vec::with_capacity(subjects.len());
        for subject in subjects {
            let text = text_of(&self.connection, collection, *subject)?;
            found.extend(text.map(|text| PendingText { collection, subject: *subject, text }));
        }
        Ok(found)
    }

    /// Whether an entry or topic has no vectors of this model.
    pub fn is_pending(&self, collection: &str, model: &str, subject: Uuid) -> Result<bool> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT NOT EXISTS (SELECT 1 FROM passages WHERE collection = ?1 AND subject_id = ?2 AND model = ?3)",
            )?
            .query_row((collection, subject.to_string(), model), |row| row.get(0))?)
    }

    /// The stored vector of a text hash under a model.
    pub fn vector_of(&self, model: &str, text_hash: &str) -> Result<Option<Vec<f32>>> {
        let blob: Option<(i64, Vec<u8>)> = self
            .connection
            .prepare_cached("SELECT id, vector FROM embeddings WHERE model = ?1 AND text_hash = ?2")?
            .query_row((model, text_hash), |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        blob.map(|(key, bytes)| {
            let mut vector = Vec::new();
            read_vector(&bytes, key, &mut vector).map(|()| vector)
        })
        .transpose()
    }

    /// Keeps what a model made of these texts, in one transaction: the vectors under the model's name,
    /// the passages under `kept`. A text that was changed or deleted in the meantime is passed over: it
    /// is pending again, or gone. Returns how many were kept.
    pub fn save_passages(&mut self, model: &str, kept_as: &str, analysed: &[StoredPassage]) -> Result<usize> {
        self.write(None, |connection| {
            let mut kept = 0;
            for text in analysed {
                if text_of(connection, text.pending.collection, text.pending.subject)?.as_deref()
                    != Some(text.pending.text.as_str())
                {
                    continue;
                }
                save(connection, model, kept_as, text)?;
                kept += 1;
            }
            Ok((kept, String::new()))
        })
    }

    /// Removes all passages of a collection under other names than `keep`: from then on that model alone
    /// answers. Returns how many went.
    pub fn sweep_passages(&mut self, collection: &str, keep: &str) -> Result<usize> {
        if !self.is_changing_model(collection, keep)? {
            return Ok(0);
        }
        self.write(None, |connection| {
            let sql = "DELETE FROM passages WHERE collection = ?1 AND model <> ?2";
            Ok((connection.execute(sql, [collection, keep])?, String::new()))
        })
    }

    /// Removes vectors that no passage uses. Returns how many went.
    pub fn sweep_vectors(&mut self) -> Result<usize> {
        let unused: bool = self.connection.query_row(
            "SELECT EXISTS (SELECT 1 FROM embeddings x WHERE NOT EXISTS (SELECT 1 FROM passages p WHERE p.embedding_id = x.id))",
            [],
            |row| row.get(0),
        )?;
        if !unused {
            return Ok(0);
        }
        self.write(None, |connection| Ok((connection.execute(FORGET_UNUSED, [])?, String::new())))
    }

    /// Whether a collection has passages under another name than this: a change of its model is under way.
    pub fn is_changing_model(&self, collection: &str, model: &str) -> Result<bool> {
        // Two looks into the index; to ask for "another" would be a walk over all passages.
        Ok(self.connection.query_row(
            "SELECT EXISTS (SELECT 1 FROM passages WHERE collection = ?1 AND model < ?2)
                 OR EXISTS (SELECT 1 FROM passages WHERE collection = ?1 AND model > ?2)",
            [collection, model],
            |row| row.get(0),
        )?)
    }

    /// The models that vectors are of.
    pub fn vector_models(&self) -> Result<Vec<String>> {
        let mut statement = self.connection.prepare_cached("SELECT DISTINCT model FROM embeddings")?;
        let models = statement.query_map([], |row| row.get(0))?;
        Ok(models.collect::<rusqlite::Result<_>>()?)
    }

    /// Whether this model has read enough of a collection for what others made of it to go: all but a
    /// tenth of what they have read. A model that fails at every text takes nothing away.
    pub fn may_replace(&self, collection: &str, keep: &str) -> Result<bool> {
        if !self.is_changing_model(collection, keep)? {
            return Ok(true);
        }
        Ok(self.connection.query_row(
            "SELECT coalesce(sum(n.subject_id IS NULL) * 10 <= count(*), 1)
             FROM (SELECT DISTINCT subject_id FROM passages WHERE collection = ?1 AND model <> ?2) o
             LEFT JOIN passages n ON n.collection = ?1 AND n.subject_id = o.subject_id
                 AND n.model = ?2 AND n.ordinal = 0",
            [collection, keep],
            |row| row.get(0),
        )?)
    }

    /// The subjects that passages were kept of after this row of the change log, in that order.
    #[cfg(test)]
    pub(crate) fn passages_logged_after(&self, seq: i64) -> Vec<Uuid> {
        let sql = "SELECT row_id FROM change_log WHERE seq > ?1 AND table_name = 'passages' ORDER BY seq";
        let mut statement = self.connection.prepare(sql).expect("a statement");
        let rows = statement.query_map([seq], |row| row.get::<_, String>(0)).expect("rows");
        rows.map(|id| read_uuid(&id.expect("text")).expect("an id")).collect()
    }

    /// Forgets the vectors of these collections, so that analysis computes them again.
    pub fn forget_vectors(&mut self, collections: &[&str]) -> Result<()> {
        self.write(None, |connection| {
            for collection in collections {
                connection.execute("DELETE FROM passages WHERE collection = ?1", [collection])?;
            }
            connection.execute(FORGET_UNUSED, [])?;
            Ok(((), String::new()))
        })
    }
}

/// A topic's name and description, as the architecture embeds them.
fn topic_text(name: &str, description: &str) -> String {
    format!("{name} {description}").trim().to_string()
}

/// The text of an entry or topic, as a model reads it.
fn text_of(connection: &Connection, collection: &str, subject: Uuid) -> Result<Option<String>> {
    let sql = if collection == ENTRIES {
        "SELECT title, content FROM journal_entries WHERE id = ?1"
    } else {
        "SELECT name, coalesce(description, '') FROM topics WHERE id = ?1"
    };
    let found: Option<(Option<String>, String)> = connection
        .prepare_cached(sql)?
        .query_row([subject.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found.map(|(head, body)| match collection {
        ENTRIES => full_text(head.as_deref(), &body),
        _ => topic_text(&head.unwrap_or_default(), &body),
    }))
}

fn save(connection: &Connection, model: &str, kept_as: &str, text: &StoredPassage) -> Result<()> {
    let (collection, subject) = (text.pending.collection, text.pending.subject.to_string());
    connection
        .prepare_cached("DELETE FROM passages WHERE collection = ?1 AND subject_id = ?2 AND model = ?3")?
        .execute((collection, &subject, kept_as))?;
    for (ordinal, passage) in text.passages.iter().enumerate() {
        let known: Option<i64> = connection
            .prepare_cached("SELECT id FROM embeddings WHERE model = ?1 AND text_hash = ?2")?
            .query_row((model, &passage.text_hash), |row| row.get(0))
            .optional()?;
        let key = match known {
            Some(key) => key,
            None => {
                let bytes: Vec<u8> = passage.vector.iter().flat_map(|number| number.to_le_bytes()).collect();
                connection
                    .prepare_cached("INSERT INTO embeddings(model, text_hash, vector) VALUES (?1, ?2, ?3)")?
                    .execute((model, &passage.text_hash, bytes))?;
                connection.last_insert_rowid()
            }
        };
        connection
            .prepare_cached(
                "INSERT INTO passages(collection, subject_id, model, ordinal, byte_start, byte_end, embedding_id)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute((collection, &subject, kept_as, ordinal, passage.range.start, passage.range.end, key))?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::journal::entry::NewEntry;
    use crate::store::Clock;
    use chrono::{DateTime, Utc};

    fn read(store: &mut Store, model: &str, entries: &[(Uuid, String)]) {
        for (subject, text) in entries {
            let pending = PendingText { collection: ENTRIES, subject: *subject, text: text.clone() };
            let vector = PassageVector { range: 0..text.len(), text_hash: text.clone(), vector: vec![1.0, 0.0] };
            let kept = store.save_passages(model, model, &[StoredPassage { pending, passages: vec![vector] }]).unwrap();
            assert_eq!(kept, 1);
        }
    }

    /// A journal with so many entries, and their texts.
    fn journal(count: usize) -> (tempfile::TempDir, Store, Vec<(Uuid, String)>) {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock { now: || DateTime::<Utc>::UNIX_EPOCH, new_id: |_| Uuid::new_v4() };
        let mut store = Store::open(folder.path(), clock).unwrap();
        let user = store.default_user("somebody@example.org").unwrap();
        let entries = (0..count)
            .map(|number| {
                let text = format!("entry {number}");
                let entry = NewEntry::new(&text, DateTime::<Utc>::UNIX_EPOCH.date_naive());
                (store.add(user, &entry).unwrap().id, text)
            })
            .collect();
        (folder, store, entries)
    }

    #[test]
    fn a_model_that_fails_takes_nothing_away_and_one_odd_text_keeps_nothing() {
        let (_folder, mut store, entries) = journal(20);
        let may_replace = |store: &Store, model: &str| store.may_replace(ENTRIES, model).unwrap();
        assert!(may_replace(&store, "old@1"));
        read(&mut store, "old@1", &entries);
        assert!(may_replace(&store, "old@1") && !may_replace(&store, "new@2"));
        read(&mut store, "new@2", &entries[..17]);
        assert!(!may_replace(&store, "new@2"));
        read(&mut store, "new@2", &entries[17..18]);
        assert!(may_replace(&store, "new@2"));
        assert_eq!(store.sweep_passages(ENTRIES, "new@2").unwrap(), 20);
        assert_eq!(store.sweep_vectors().unwrap(), 20);
        assert!(!store.is_changing_model(ENTRIES, "new@2").unwrap());
        assert_eq!(store.vector_models().unwrap(), ["new@2"]);
        assert_eq!(store.sweep_passages(ENTRIES, "new@2").unwrap() + store.sweep_vectors().unwrap(), 0);
    }

    #[test]
    fn the_model_of_one_collection_is_nothing_to_the_other() {
        let (_folder, mut store, _) = journal(3);
        let topics = store.pending_subjects(TOPICS, "light@1").unwrap();
        let texts = store.texts_of(TOPICS, &topics).unwrap();
        let stored = texts.into_iter().map(|pending| {
            let vector = vec![0.0, 1.0];
            let passages =
                vec![PassageVector { range: 0..pending.text.len(), text_hash: pending.text.clone(), vector }];
            StoredPassage { pending, passages }
        });
        let stored: Vec<StoredPassage> = stored.collect();
        assert_eq!(store.save_passages("light@1", "light@1", &stored).unwrap(), topics.len());
        assert!(topics.len() > 20 && store.pending_vectors(TOPICS, "light@1").unwrap() == 0);
        assert_eq!(store.pending_vectors(ENTRIES, "light@1").unwrap(), 3);
        assert!(!store.is_changing_model(ENTRIES, "heavy@1").unwrap());
        assert!(store.is_changing_model(TOPICS, "heavy@1").unwrap());
        assert_eq!(store.sweep_passages(ENTRIES, "heavy@1").unwrap() + store.sweep_vectors().unwrap(), 0);
        store.forget_vectors(&[ENTRIES]).unwrap();
        assert_eq!(store.pending_vectors(TOPICS, "light@1").unwrap(), 0);
        store.forget_vectors(&[ENTRIES, TOPICS]).unwrap();
        assert!(store.vector_models().unwrap().is_empty());
    }

    #[test]
    fn a_topic_is_its_name_and_description_and_what_is_gone_is_passed_over() {
        let (_folder, mut store, entries) = journal(2);
        let user = store.default_user("somebody@example.org").unwrap();
        let titled = NewEntry {
            title: Some("A title".into()),
            ..NewEntry::new("The text.", DateTime::<Utc>::UNIX_EPOCH.date_naive())
        };
        let titled = store.add(user, &titled).unwrap().id;
        let text = |store: &Store, collection, subject| {
            let found = store.texts_of(collection, &[subject, Uuid::nil()]).unwrap();
            assert_eq!(found.len(), 1);
            found[0].text.clone()
        };
        assert_eq!(text(&store, ENTRIES, titled), "A title\n\nThe text.");
        assert_eq!(text(&store, ENTRIES, entries[0].0), "entry 0");
        let add = |id: u128, name: &str, description: Option<&str>| {
            let id = Uuid::from_u128(id);
            let sql = "INSERT INTO topics(id, name, description) VALUES (?1, ?2, ?3)";
            store.connection.execute(sql, (id.to_string(), name, description)).unwrap();
            id
        };
        let (described, bare) = (add(1, "Gardens", Some("What grows, and when")), add(2, "Rivers", None));
        assert_eq!(text(&store, TOPICS, described), "Gardens What grows, and when");
        assert_eq!(text(&store, TOPICS, bare), "Rivers");
    }
}
