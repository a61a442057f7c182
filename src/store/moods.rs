//! Moods that models give to entries whose writer has given none.
//!
//! Such a mood is no change to the entry: it follows from the text, and is found again from it. So it
//! leaves `updated_at` as it is, which keeps an edit that is under way valid, makes no version of its
//! own, is no step of undo, and wins over nobody's change where two sides are brought together.

use super::Store;
use super::log;
use super::row::read;
use super::sentiments::{of_entry, put};
use super::value::{read_uuid, timestamp};
use crate::error::Result;
use crate::journal::entry::{Entry, Sentiment};
use crate::journal::log::Position;
use crate::journal::mood::{Mood, MoodSource};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

/// A model that makes moods of what other models have said.
#[derive(Debug, Clone, Copy)]
pub struct MoodModel<'a> {
    /// The name its results are stored under.
    pub name: &'a str,
    /// The model whose results it reads: their name, or its beginning up to an `@`.
    pub reads: &'a str,
}

/// An entry of which such a model has something to say.
#[derive(Debug, Clone, PartialEq)]
pub struct Unsettled {
    /// The entry.
    pub entry: Uuid,
    /// Its text.
    pub content: String,
    /// What was said about it, of which the mood is made.
    pub read: Sentiment,
}

/// A text with its judgement, and the mood that this stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    /// What was judged.
    pub judged: Unsettled,
    /// The judgement.
    pub said: Sentiment,
    /// The mood among its scores.
    pub mood: Option<Mood>,
    /// Whether the mood may be set where there is none: nobody took away what was never there.
    pub may_fill: bool,
}

/// Without a judgement of the model, or with one that is older than what it is made of; and those that
/// have a mood of a model's, and not the one this model says: it was put back by undo, or by a file.
const UNSETTLED: &str = "FROM journal_entries e
    JOIN sentiment_analysis r ON r.entry_id = e.id
        AND (r.model_name = ?1 OR substr(r.model_name, 1, length(?1) + 1) = ?1 || '@')
    LEFT JOIN sentiment_analysis o ON o.entry_id = e.id AND o.model_name = ?2
    LEFT JOIN entry_details d ON d.entry_id = e.id
    WHERE (o.id IS NULL OR o.analyzed_at < r.analyzed_at
        OR d.mood_source = 'model' AND e.mood_score <> json_extract(o.emotions, '$.mood'))";

/// The entries that are touched by what came after a row of the log.
const TOUCHED_SINCE: &str = "AND e.id IN (
    SELECT row_id FROM change_log WHERE seq > ?3 AND +table_name IN ('journal_entries', 'entry_details')
    UNION SELECT s.entry_id FROM change_log c JOIN sentiment_analysis s ON s.id = c.row_id
        WHERE c.seq > ?3 AND +c.table_name = 'sentiment_analysis'
    UNION SELECT json_extract(before, '$.entry_id') FROM change_log
        WHERE seq > ?3 AND +table_name = 'sentiment_analysis' AND before IS NOT NULL)";

/// After so many rows of the log it is written down that all before them is settled: until then they are
/// read again, which is less than a write.
const WORTH_A_WRITE: i64 = 1000;

impl Store {
    /// How many entries wait for this model.
    pub fn count_unsettled_moods(&self, model: MoodModel) -> Result<u64> {
        let (since, touched) = self.settled_up_to(model)?;
        Ok(self
            .connection
            .prepare_cached(&format!("SELECT count(DISTINCT e.id) {UNSETTLED} {touched} AND ?3 IS NOT NULL"))?
            .query_row((model.reads, model.name, since), |row| row.get(0))?)
    }

    /// Entries that wait for this model, by id, from after `after`, so that a run meets each once. Of several
    /// results that it could read the latest counts.
    pub fn unsettled_moods(&self, model: MoodModel, after: Option<Uuid>, limit: usize) -> Result<Vec<Unsettled>> {
        let (since, touched) = self.settled_up_to(model)?;
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT e.id, e.content, r.id, max(r.analyzed_at) {UNSETTLED} {touched} AND ?3 IS NOT NULL AND e.id > ?4
             GROUP BY e.id ORDER BY e.id LIMIT ?5"
        ))?;
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let mut rows = statement.query((model.reads, model.name, since, after, limit))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let entry = read_uuid(&row.get::<_, String>(0)?)?;
            let read = read_uuid(&row.get::<_, String>(2)?)?;
            let said = of_entry(&self.connection, entry)?.into_iter().find(|said| said.id == read);
            if let Some(read) = said {
                found.push(Unsettled { entry, content: row.get(1)?, read });
            }
        }
        Ok(found)
    }

    /// The row of the log up to which everything is settled, and the condition that leaves the rest. Without
    /// one, as in a journal that was put back from a copy, every entry is looked at.
    fn settled_up_to(&self, model: MoodModel) -> Result<(i64, &'static str)> {
        let position = self
            .connection
            .prepare_cached("SELECT seq, nonce FROM projection_positions WHERE name = ?1")?
            .query_row([model.name], |row| Ok(Position { seq: row.get(0)?, nonce: row.get(1)? }))
            .optional()?;
        match position {
            Some(position) if log::holds(&self.connection, model.name, position)? => Ok((position.seq, TOUCHED_SINCE)),
            _ => Ok((0, "")),
        }
    }

    /// Says that everything was settled that the log had come to at `position`: a run that began there has
    /// met every entry that waited.
    pub fn moods_are_settled(&mut self, model: MoodModel, position: Position) -> Result<()> {
        let (since, touched) = self.settled_up_to(model)?;
        if position == Position::START || !touched.is_empty() && position.seq - since < WORTH_A_WRITE {
            return Ok(());
        }
        self.write(None, |connection| {
            connection.execute(
                "INSERT INTO projection_positions(name, seq, nonce) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET seq = excluded.seq, nonce = excluded.nonce",
                (model.name, position.seq, position.nonce),
            )?;
            Ok(((), String::new()))
        })
    }

    /// Keeps judgements of what is still as it was judged, in one transaction that is no step of undo,
    /// and sets the moods they stand for where a model may. Returns how many were kept.
    pub fn settle_moods(&mut self, settled: &[Settled]) -> Result<usize> {
        let now = (self.clock.now)();
        self.write(None, |connection| {
            let mut kept = 0;
            for Settled { judged, said, mood, may_fill } in settled {
                let Some(entry) = read(connection, judged.entry)? else { continue };
                if entry.content != judged.content || !entry.sentiments.contains(&judged.read) {
                    continue;
                }
                let known = entry.sentiments.iter().find(|known| known.model_name == said.model_name);
                // Never older than what it is made of, or it would be made again and again.
                let at = judged.read.analyzed_at.map_or(now, |read| read.max(now));
                let said = Sentiment { analyzed_at: Some(at), ..said.clone() };
                let same = known.is_some_and(|known| {
                    let at = known.analyzed_at.filter(|known| timestamp(*known) >= timestamp(at)).or(said.analyzed_at);
                    *known == Sentiment { id: known.id, analyzed_at: at, ..said.clone() }
                });
                if !same {
                    put(connection, entry.id, &said, now)?;
                }
                let ours = entry.mood_source == Some(MoodSource::Model);
                let empty = entry.mood.is_none() && entry.mood_source.is_none() && *may_fill && known.is_none();
                if let Some(mood) = mood.filter(|_| ours || empty) {
                    infer(connection, &entry, mood)?;
                }
                kept += 1;
            }
            Ok((kept, String::new()))
        })
    }
}

/// Gives an entry the mood that a model infers, when it is another than it has.
pub(super) fn infer(connection: &Connection, entry: &Entry, mood: Mood) -> Result<()> {
    let id = entry.id.to_string();
    if entry.mood != Some(mood) {
        connection
            .prepare_cached("UPDATE journal_entries SET mood_score = ?2 WHERE id = ?1")?
            .execute((&id, mood.value()))?;
    }
    if entry.mood_source != Some(MoodSource::Model) {
        connection
            .prepare_cached(
                "INSERT INTO entry_details(entry_id, written_at, time_zone, mood_source) VALUES (?1, ?2, 'UTC', ?3)
                 ON CONFLICT DO UPDATE SET mood_source = excluded.mood_source",
            )?
            .execute((&id, timestamp(entry.written_at.unwrap_or(entry.created_at)), MoodSource::Model.name()))?;
    }
    Ok(())
}
