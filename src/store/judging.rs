//! Entries that a model has not judged, and what it says once it has.

use super::Store;
use super::moods::infer;
use super::row::read;
use super::sentiments::put;
use super::snapshot::read_vector;
use super::value::read_uuid;
use crate::error::Result;
use crate::journal::entry::{Sentiment, full_text};
use crate::journal::mood::{Mood, MoodSource};
use uuid::Uuid;

/// An entry, the text that was judged, the judgement, and the mood it stands for.
pub type Judged = (Uuid, String, Sentiment, Option<Mood>);

/// An entry with the vectors of its passages.
#[derive(Debug, Clone, PartialEq)]
pub struct EntryVectors {
    /// The entry.
    pub entry: Uuid,
    /// Title and text, of which the vectors were made.
    pub text: String,
    /// Length in bytes and vector of each passage, in order.
    pub passages: Vec<(usize, Vec<f32>)>,
}

impl Store {
    /// Entries that a model has said nothing about, with their texts: the first so many after an entry, by
    /// id, so that one walk meets each of them once.
    pub fn without_sentiment(&self, model: &str, after: Option<Uuid>, limit: usize) -> Result<Vec<(Uuid, String)>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT e.id, e.content FROM journal_entries e WHERE e.id > ?2 AND NOT EXISTS
                (SELECT 1 FROM sentiment_analysis s WHERE s.entry_id = e.id AND s.model_name = ?1)
             ORDER BY e.id LIMIT ?3",
        )?;
        let mut rows = statement.query((model, from(after), limit))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push((read_uuid(&row.get::<_, String>(0)?)?, row.get(1)?));
        }
        Ok(found)
    }

    /// How many entries a model has said nothing about.
    pub fn count_without_sentiment(&self, model: &str) -> Result<u64> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT count(*) FROM journal_entries e WHERE NOT EXISTS
                    (SELECT 1 FROM sentiment_analysis s WHERE s.entry_id = e.id AND s.model_name = ?1)",
            )?
            .query_row([model], |row| row.get(0))?)
    }

    /// How many entries none of these models has said anything about; `models` is a pattern as of GLOB.
    pub fn count_without_any_sentiment(&self, models: &str) -> Result<u64> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT count(*) FROM journal_entries e WHERE NOT EXISTS
                    (SELECT 1 FROM sentiment_analysis s WHERE s.entry_id = e.id AND s.model_name GLOB ?1)",
            )?
            .query_row([models], |row| row.get(0))?)
    }

    /// Entries that a model has said nothing about, with title and text: by id from the highest down, which is
    /// about the newest first, and after `before`.
    pub fn unjudged(&self, model: &str, before: Option<Uuid>, limit: usize) -> Result<Vec<(Uuid, String)>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT e.id, e.title, e.content FROM journal_entries e WHERE e.id < ?2 AND NOT EXISTS
                (SELECT 1 FROM sentiment_analysis s WHERE s.entry_id = e.id AND s.model_name = ?1)
             ORDER BY e.id DESC LIMIT ?3",
        )?;
        // An id has no letter behind f.
        let before = before.map_or("g".to_string(), |id| id.to_string());
        let mut rows = statement.query((model, before, limit))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let (title, content): (Option<String>, String) = (row.get(1)?, row.get(2)?);
            found.push((read_uuid(&row.get::<_, String>(0)?)?, full_text(title.as_deref(), &content)));
        }
        Ok(found)
    }

    /// Keeps judgements of texts that are still what was judged, in one transaction; a mood is set
    /// only where there is none or a model set it. Returns how many were kept.
    pub fn save_sentiments(&mut self, judged: &[Judged]) -> Result<usize> {
        let now = (self.clock.now)();
        self.write(None, |connection| {
            let mut kept = 0;
            for (id, text, sentiment, mood) in judged {
                let Some(entry) = read(connection, *id)? else { continue };
                if entry.content != *text {
                    continue;
                }
                put(connection, *id, sentiment, now)?;
                kept += 1;
                let ours = entry.mood_source == Some(MoodSource::Model) || entry.mood.is_none();
                if let Some(mood) = mood.filter(|mood| ours && entry.mood != Some(*mood)) {
                    infer(connection, &entry, mood)?;
                }
            }
            Ok((kept, String::new()))
        })
    }

    /// Entries that a model has said nothing about, with the vectors kept under the name `vectors`: the first
    /// so many after an entry, by id, so that one walk meets each of them once. Those that have no such
    /// vectors come without any.
    pub fn without_judgement_of_vectors(
        &self,
        model: &str,
        vectors: &str,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<EntryVectors>> {
        let mut entries = self.connection.prepare_cached(
            "SELECT e.id, e.title, e.content FROM journal_entries e WHERE e.id > ?2 AND NOT EXISTS
                (SELECT 1 FROM sentiment_analysis s WHERE s.entry_id = e.id AND s.model_name = ?1)
             ORDER BY e.id LIMIT ?3",
        )?;
        let mut passages = self.connection.prepare_cached(
            "SELECT x.id, p.byte_end - p.byte_start, x.vector FROM passages p JOIN embeddings x ON x.id = p.embedding_id
             WHERE p.collection = 'user_embeddings' AND p.subject_id = ?1 AND p.model = ?2 ORDER BY p.ordinal",
        )?;
        let mut rows = entries.query((model, from(after), limit))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let id: String = row.get(0)?;
            let (title, content): (Option<String>, String) = (row.get(1)?, row.get(2)?);
            let mut parts = Vec::new();
            let mut rows = passages.query((&id, vectors))?;
            while let Some(row) = rows.next()? {
                let mut vector = Vec::new();
                read_vector(row.get_ref(2)?.as_blob().unwrap_or_default(), row.get(0)?, &mut vector)?;
                parts.push((row.get(1)?, vector));
            }
            let text = full_text(title.as_deref(), &content);
            found.push(EntryVectors { entry: read_uuid(&id)?, text, passages: parts });
        }
        Ok(found)
    }

    /// Keeps judgements of entries whose title and text are still what was judged, in one transaction; what
    /// other models with names like `replaced` (a pattern as of GLOB) said of them gives way. Returns how
    /// many were kept.
    pub fn save_judgements(&mut self, judged: &[(Uuid, String, Sentiment)], replaced: &str) -> Result<usize> {
        if judged.is_empty() {
            return Ok(0);
        }
        let now = (self.clock.now)();
        self.write(None, |connection| {
            let mut kept = 0;
            for (id, text, sentiment) in judged {
                if read(connection, *id)?.is_some_and(|entry| entry.full_text() == *text) {
                    connection
                        .prepare_cached(
                            "DELETE FROM sentiment_analysis WHERE entry_id = ?1 AND model_name <> ?2 AND model_name GLOB ?3",
                        )?
                        .execute((id.to_string(), &sentiment.model_name, replaced))?;
                    put(connection, *id, sentiment, now)?;
                    kept += 1;
                }
            }
            Ok((kept, String::new()))
        })
    }
}

/// Where a walk by id goes on: every id is greater than an empty text.
fn from(after: Option<Uuid>) -> String {
    after.map(|id| id.to_string()).unwrap_or_default()
}
