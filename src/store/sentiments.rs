//! What models said about entries.

use super::columns::ColumnType;
use super::value::{read_timestamp, read_uuid, timestamp};
use crate::error::{Error, Result};
use crate::journal::entry::Sentiment;
use chrono::{DateTime, Utc};
use rusqlite::Connection;
use uuid::Uuid;

/// Keeps what a model said; what it said before about the same entry gives way.
///
/// # Errors
/// Usage when a value breaks a rule of the schema, naming the rule.
pub(super) fn put(connection: &Connection, entry: Uuid, sentiment: &Sentiment, now: DateTime<Utc>) -> Result<()> {
    check(sentiment)?;
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
        ))
        .map_err(|error| {
            if error.to_string().contains("UNIQUE constraint failed: sentiment_analysis.id") {
                return id_taken(sentiment);
            }
            error.into()
        })?;
    Ok(())
}

/// Whether sentiments of an entry that is not there yet can be kept.
///
/// # Errors
/// Usage when a value breaks a rule of the schema, or an id is another's.
pub(super) fn check_new(connection: &Connection, sentiments: &[Sentiment]) -> Result<()> {
    let mut is_there = connection.prepare_cached("SELECT 1 FROM sentiment_analysis WHERE id = ?1")?;
    for (index, sentiment) in sentiments.iter().enumerate() {
        check(sentiment)?;
        let twice = |other: &Sentiment| other.id == sentiment.id && other.model_name != sentiment.model_name;
        if sentiments[..index].iter().any(twice) || is_there.exists([sentiment.id.to_string()])? {
            return Err(id_taken(sentiment));
        }
    }
    Ok(())
}

fn id_taken(sentiment: &Sentiment) -> Error {
    Error::usage(format!("there is a sentiment with the id {} already, of another entry", sentiment.id))
}

/// The rules of the schema that a file can break, in words.
fn check(sentiment: &Sentiment) -> Result<()> {
    let emotions = sentiment.emotions.as_deref();
    for (name, kind, value) in [
        ("model_name", ColumnType::Varchar(100), Some(sentiment.model_name.as_str())),
        ("sentiment_label", ColumnType::Varchar(50), Some(sentiment.label.as_str())),
        ("emotions", ColumnType::Json, emotions),
    ] {
        if let Some(Err(misfit)) = value.map(|value| kind.read(value)) {
            return Err(Error::usage(format!("the {name} of a sentiment {misfit}")));
        }
    }
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
