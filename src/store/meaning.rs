//! Vectors and the passages they stand for; what is still without them.

use super::Store;
use super::snapshot::read_vector;
use super::value::read_uuid;
use crate::error::Result;
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

const PENDING_ENTRIES: &str = "FROM journal_entries e WHERE NOT EXISTS (SELECT 1 FROM passages p
    WHERE p.collection = 'user_embeddings' AND p.subject_id = e.id AND p.model = ?1)";
const PENDING_TOPICS: &str = "FROM topics t WHERE NOT EXISTS (SELECT 1 FROM passages p
    WHERE p.collection = 'topic_embeddings' AND p.subject_id = t.id AND p.model = ?1)";

impl Store {
    /// How many entries and topics have no vectors of this model.
    pub fn pending_vectors(&self, model: &str) -> Result<(u64, u64)> {
        let count = |from: &str| -> Result<u64> {
            Ok(self
                .connection
                .prepare_cached(&format!("SELECT count(*) {from}"))?
                .query_row([model], |row| row.get(0))?)
        };
        Ok((count(PENDING_ENTRIES)?, count(PENDING_TOPICS)?))
    }

    /// Texts without vectors of this model, newest entries first, then topics. `skip` names subjects
    /// that could not be analysed.
    pub fn pending_texts(&self, model: &str, limit: usize, skip: &[Uuid]) -> Result<Vec<PendingText>> {
        let mut found = Vec::new();
        let entries = format!("SELECT e.id, e.title, e.content {PENDING_ENTRIES} ORDER BY e.created_at DESC LIMIT ?2");
        let topics = format!("SELECT t.id, t.name, coalesce(t.description, '') {PENDING_TOPICS} LIMIT ?2");
        for (sql, collection) in [(entries, ENTRIES), (topics, TOPICS)] {
            let mut statement = self.connection.prepare_cached(&sql)?;
            let mut rows = statement.query((model, limit + skip.len()))?;
            while let Some(row) = rows.next()? {
                let subject = read_uuid(&row.get::<_, String>(0)?)?;
                if skip.contains(&subject) || found.len() >= limit {
                    continue;
                }
                let (head, body): (Option<String>, String) = (row.get(1)?, row.get(2)?);
                let text = if collection == ENTRIES {
                    full_text(head.as_deref(), &body)
                } else {
                    topic_text(&head.unwrap_or_default(), &body)
                };
                found.push(PendingText { collection, subject, text });
            }
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
                if current_text(connection, &text.pending)?.as_deref() != Some(text.pending.text.as_str()) {
                    continue;
                }
                save(connection, model, kept_as, text)?;
                kept += 1;
            }
            Ok((kept, String::new()))
        })
    }

    /// Removes vectors that nothing uses, and all passages under other names than `keep`: from then on
    /// that model alone answers. Returns how many vectors and passages went.
    pub fn sweep_vectors(&mut self, keep: &str) -> Result<usize> {
        let unused: bool = self.connection.query_row(
            "SELECT EXISTS (SELECT 1 FROM embeddings x WHERE NOT EXISTS (SELECT 1 FROM passages p WHERE p.embedding_id = x.id))",
            [],
            |row| row.get(0),
        )?;
        if !unused && !self.is_changing_model(keep)? {
            return Ok(0);
        }
        self.write(None, |connection| {
            let passages = connection.execute("DELETE FROM passages WHERE model <> ?1", [keep])?;
            let vectors = connection.execute(
                "DELETE FROM embeddings WHERE NOT EXISTS (SELECT 1 FROM passages p WHERE p.embedding_id = embeddings.id)",
                [],
            )?;
            Ok((passages + vectors, String::new()))
        })
    }

    /// Whether there are passages under another name than this: a change of the model is under way.
    pub fn is_changing_model(&self, model: &str) -> Result<bool> {
        Ok(self
            .connection
            .query_row("SELECT EXISTS (SELECT 1 FROM passages WHERE model <> ?1)", [model], |row| row.get(0))?)
    }

    /// The models that vectors are of.
    pub fn vector_models(&self) -> Result<Vec<String>> {
        let mut statement = self.connection.prepare_cached("SELECT DISTINCT model FROM embeddings")?;
        let models = statement.query_map([], |row| row.get(0))?;
        Ok(models.collect::<rusqlite::Result<_>>()?)
    }

    /// Whether this model has read enough for what others made of the texts to go: all but a tenth of
    /// what they have read. A model that fails at every text takes nothing away.
    pub fn may_replace(&self, keep: &str) -> Result<bool> {
        Ok(self.connection.query_row(
            "SELECT coalesce(sum(n.subject_id IS NULL) * 10 <= count(*), 1)
             FROM (SELECT DISTINCT collection, subject_id FROM passages WHERE model <> ?1) o
             LEFT JOIN passages n ON n.collection = o.collection AND n.subject_id = o.subject_id
                 AND n.model = ?1 AND n.ordinal = 0",
            [keep],
            |row| row.get(0),
        )?)
    }

    /// Forgets all vectors, so that analysis computes them again.
    pub fn forget_vectors(&mut self) -> Result<()> {
        self.write(None, |connection| {
            connection.execute_batch("DELETE FROM passages; DELETE FROM embeddings;")?;
            Ok(((), String::new()))
        })
    }
}

/// A topic's name and description, as the architecture embeds them.
fn topic_text(name: &str, description: &str) -> String {
    format!("{name} {description}").trim().to_string()
}

fn current_text(connection: &Connection, pending: &PendingText) -> Result<Option<String>> {
    let sql = if pending.collection == ENTRIES {
        "SELECT title, content FROM journal_entries WHERE id = ?1"
    } else {
        "SELECT name, coalesce(description, '') FROM topics WHERE id = ?1"
    };
    let found: Option<(Option<String>, String)> = connection
        .prepare_cached(sql)?
        .query_row([pending.subject.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found.map(|(head, body)| match pending.collection {
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

    #[test]
    fn a_model_that_fails_takes_nothing_away_and_one_odd_text_keeps_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock { now: || DateTime::<Utc>::UNIX_EPOCH, new_id: |_| Uuid::new_v4() };
        let mut store = Store::open(folder.path(), clock).unwrap();
        let user = store.default_user("somebody@example.org").unwrap();
        let entries: Vec<(Uuid, String)> = (0..20)
            .map(|number| {
                let text = format!("entry {number}");
                let entry = NewEntry::new(&text, DateTime::<Utc>::UNIX_EPOCH.date_naive());
                (store.add(user, &entry).unwrap().id, text)
            })
            .collect();
        assert!(store.may_replace("old@1").unwrap());
        read(&mut store, "old@1", &entries);
        assert!(store.may_replace("old@1").unwrap() && !store.may_replace("new@2").unwrap());
        read(&mut store, "new@2", &entries[..17]);
        assert!(!store.may_replace("new@2").unwrap());
        read(&mut store, "new@2", &entries[17..18]);
        assert!(store.may_replace("new@2").unwrap());
        assert_eq!(store.sweep_vectors("new@2").unwrap(), 40);
        assert!(!store.is_changing_model("new@2").unwrap());
        assert_eq!(store.vector_models().unwrap(), ["new@2"]);
        assert_eq!(store.sweep_vectors("new@2").unwrap(), 0);
    }
}
