//! Entries that a model has not judged, and what it says once it has.

use super::Store;
use super::row::read;
use super::sentiments::put;
use super::value::read_uuid;
use super::writer::set_mood;
use crate::error::Result;
use crate::journal::entry::Sentiment;
use crate::journal::mood::{Mood, MoodSource};
use uuid::Uuid;

/// An entry, the text that was judged, the judgement, and the mood it stands for.
pub type Judged = (Uuid, String, Sentiment, Option<Mood>);

impl Store {
    /// Entries that a model has said nothing about, with their texts.
    pub fn without_sentiment(&self, model: &str, limit: usize) -> Result<Vec<(Uuid, String)>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT e.id, e.content FROM journal_entries e WHERE NOT EXISTS
                (SELECT 1 FROM sentiment_analysis s WHERE s.entry_id = e.id AND s.model_name = ?1) LIMIT ?2",
        )?;
        let mut rows = statement.query((model, limit))?;
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

    /// Keeps judgements of texts that are still what was judged, in one transaction; a mood is set
    /// only where there is none or a model set it. Returns how many were kept.
    pub fn save_sentiments(&mut self, judged: &[Judged]) -> Result<usize> {
        let now = (self.clock.now)();
        let clock = self.clock;
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
                    set_mood(connection, clock, &entry, mood, MoodSource::Model)?;
                }
            }
            Ok((kept, String::new()))
        })
    }
}
