//! Entries as they are read: one row of entry and details, then topics and sentiments.

use super::value::{read_date, read_timestamp, read_uuid};
use super::{sentiments, topics};
use crate::error::{Error, Result};
use crate::journal::entry::Entry;
use crate::journal::mood::{Mood, MoodSource};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row};
use uuid::Uuid;

const COLUMNS: &str = "SELECT e.id, e.user_id, e.title, e.content, e.entry_date, e.created_at, e.updated_at,
    e.mood_score, e.word_count, d.written_at, d.time_zone, coalesce(d.starred, 0), d.mood_source, d.import_source,
    d.import_id, d.metadata FROM journal_entries e LEFT JOIN entry_details d ON d.entry_id = e.id";

pub(super) fn read(connection: &Connection, id: Uuid) -> Result<Option<Entry>> {
    let mut statement = connection.prepare_cached(&format!("{COLUMNS} WHERE e.id = ?1"))?;
    let mut rows = statement.query([id.to_string()])?;
    rows.next()?.map(|row| entry(connection, row)).transpose()
}

/// Reads one row of [`COLUMNS`], with its topics and sentiments.
pub(super) fn entry(connection: &Connection, row: &Row) -> Result<Entry> {
    let mut entry = bare_entry(row)?;
    entry.topics = topics::of_entry(connection, entry.id)?;
    entry.sentiments = sentiments::of_entry(connection, entry.id)?;
    Ok(entry)
}

fn bare_entry(row: &Row) -> Result<Entry> {
    let text = |column: usize| row.get::<_, Option<String>>(column);
    let time =
        |column: usize| -> Result<Option<DateTime<Utc>>> { text(column)?.map(|at| read_timestamp(&at)).transpose() };
    let id: String = row.get(0)?;
    let created_at = time(5)?.unwrap_or_default();
    Ok(Entry {
        id: read_uuid(&id)?,
        user_id: text(1)?.map(|id| read_uuid(&id)).transpose()?.unwrap_or_default(),
        title: text(2)?,
        content: row.get(3)?,
        entry_date: read_date(&row.get::<_, String>(4)?)?,
        created_at,
        updated_at: time(6)?.unwrap_or(created_at),
        mood: row.get::<_, Option<f64>>(7)?.and_then(Mood::from_f64),
        word_count: row.get::<_, Option<i64>>(8)?.unwrap_or(0),
        written_at: time(9)?,
        time_zone: text(10)?,
        starred: row.get(11)?,
        mood_source: text(12)?.and_then(|name| MoodSource::from_name(&name)),
        import_source: text(13)?,
        import_id: text(14)?,
        metadata: text(15)?,
        topics: Vec::new(),
        sentiments: Vec::new(),
    })
}

pub(super) fn columns() -> &'static str {
    COLUMNS
}

/// How an entry is named in a summary: its title, or its first words.
pub(super) fn name_of(title: Option<&str>, content: &str) -> String {
    let text = title.filter(|title| !title.trim().is_empty()).unwrap_or(content);
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut short: String = line.chars().take(40).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    format!("“{short}”")
}

/// There is no such entry, and how it may come back.
pub(super) fn gone(id: Uuid) -> Error {
    Error::not_found(format!("there is no entry {id}")).hint("`journal undo` brings back what was deleted last")
}
