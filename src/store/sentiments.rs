//! What models said about entries.

use super::Store;
use super::value::{read_timestamp, read_uuid, timestamp};
use crate::error::Result;
use crate::journal::entry::Sentiment;
use crate::journal::mood::{Mood, MoodSource};
use chrono::{DateTime, Utc};
use rusqlite::Connection;
use uuid::Uuid;

/// Keeps what a model said; what it said before about the same entry gives way.
pub(super) fn put(connection: &Connection, entry: Uuid, sentiment: &Sentiment, now: DateTime<Utc>) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO sentiment_analysis(id, entry_id, model_name, sentiment_label, confidence_score, emotions, analyzed_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (entry_id, model_name) DO UPDATE SET sentiment_label = excluded.sentiment_label,
                confidence_score = excluded.confidence_score, emotions = excluded.emotions, analyzed_at = excluded.analyzed_at",
        )?
        .execute((
            sentiment.id.to_string(),
            entry.to_string(),
            &sentiment.model_name,
            &sentiment.label,
            sentiment.confidence as f64 / 10_000.0,
            &sentiment.emotions,
            timestamp(sentiment.analyzed_at.unwrap_or(now)),
        ))?;
    Ok(())
}

/// What models said about an entry, by model name.
pub(super) fn of_entry(connection: &Connection, entry: Uuid) -> Result<Vec<Sentiment>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, model_name, sentiment_label, confidence_score, emotions, analyzed_at
         FROM sentiment_analysis WHERE entry_id = ?1 ORDER BY model_name",
    )?;
    let mut rows = statement.query([entry.to_string()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        let analyzed_at: Option<String> = row.get(5)?;
        found.push(Sentiment {
            id: read_uuid(&id)?,
            model_name: row.get(1)?,
            label: row.get(2)?,
            confidence: (row.get::<_, f64>(3)? * 10_000.0).round() as i64,
            emotions: row.get(4)?,
            analyzed_at: analyzed_at.map(|at| read_timestamp(&at)).transpose()?,
        });
    }
    Ok(found)
}

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
                let Some(entry) = super::entries::read(connection, *id)? else { continue };
                if entry.content != *text {
                    continue;
                }
                put(connection, *id, sentiment, now)?;
                kept += 1;
                let ours = entry.mood_source == Some(MoodSource::Model) || entry.mood.is_none();
                if let Some(mood) = mood.filter(|mood| ours && entry.mood != Some(*mood)) {
                    super::entries::set_mood(connection, clock, &entry, mood, MoodSource::Model)?;
                }
            }
            Ok((kept, String::new()))
        })
    }
}
